//! Customers: one for each email, with a password once they signed up.

use kassa_storage::Key;
use serde_json::{Map, Value, json};

use super::configuration::{Change, refuse};
use super::noun::Secrets;
use crate::access::secrets::PASSWORD_BYTES;
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Longest email, in characters (RFC 5321, 4.5.3.1.3).
const EMAIL: usize = 254;

/// An email as it is compared and kept: trimmed and in lower case.
///
/// # Errors
/// 422 on `field` for text that no mail could be sent to.
pub(crate) fn email(field: &str, text: &str) -> Result<String, GatewayError> {
    let email = text.trim().to_lowercase();
    let shape = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.')
    });
    let plain = email
        .chars()
        .all(|character| !character.is_whitespace() && !character.is_control());
    if shape && plain && email.chars().count() <= EMAIL {
        return Ok(email);
    }
    Err(refuse(field, "invalid", "is not an email address"))
}

/// The stored form of a new password.
///
/// # Errors
/// 422 on `field` for an empty or endless one.
pub(crate) async fn password_hash(
    gateway: &Gateway,
    field: &str,
    password: &str,
) -> Result<String, GatewayError> {
    if password.trim().is_empty() {
        return Err(refuse(field, "blank", "can't be blank"));
    }
    if password.len() > PASSWORD_BYTES {
        return Err(refuse(field, "too_long", "is too long"));
    }
    gateway.password_hash(password.to_owned()).await
}

/// Completes and judges a customer.
pub(crate) fn complete(change: &mut Change<'_>, secrets: &Secrets) -> Result<(), GatewayError> {
    let address = email("email", change.text("email").unwrap_or_default())?;
    change.set_field("email", address);
    change.body.remove("password");
    if let Some(hash) = &secrets.password_hash {
        change.set_field("password_hash", hash.clone());
        change.set_field("has_password", true);
    }
    if change.old.is_none() {
        change.set_field("status", "prospect");
        change.owner = Some(change.key.id.clone());
    }
    Ok(())
}

/// The body of a customer that an order's email makes.
pub(crate) fn new_body(email: &str, password_hash: Option<&str>) -> Map<String, Value> {
    let body =
        json!({ "email": email, "status": "prospect", "has_password": password_hash.is_some() });
    let mut body = body.as_object().cloned().unwrap_or_default();
    if let Some(hash) = password_hash {
        body.insert("password_hash".to_owned(), hash.into());
    }
    body
}

/// The claim that leads from an email to its customer.
pub(crate) fn email_claim(email: &str) -> kassa_storage::ClaimKey {
    super::unique::claim("customers", "email", email)
}

/// The key of a customer.
pub(crate) fn key(id: &str) -> Key {
    Key::new("customers", id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_compared_in_lower_case() {
        assert_eq!(
            email("email", " Jane@Example.COM ").unwrap(),
            "jane@example.com"
        );
        for wrong in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "a b@example.com",
            "a@b@c",
        ] {
            assert!(email("email", wrong).is_err(), "{wrong}");
        }
    }
}
