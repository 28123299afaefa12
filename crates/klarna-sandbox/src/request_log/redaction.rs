//! What the log never shows: tokens, and what belongs to people.
//!
//! Invariant: redaction happens when an entry is read, on a copy; a member is hidden by its name, at any depth.

use bytes::Bytes;
use serde_json::Value;

/// Members that are never shown.
const SECRET: [&str; 23] = [
    "api_key",
    "attachment",
    "attention",
    "authorization",
    "authorization_token",
    "care_of",
    "client_token",
    "customer_token",
    "date_of_birth",
    "email",
    "family_name",
    "given_name",
    "house_extension",
    "house_number",
    "last_four_ssn",
    "national_identification_number",
    "organization_name",
    "organization_registration_id",
    "password",
    "phone",
    "street_address",
    "street_address2",
    "vat_id",
];

/// Authorization and customer tokens in a path are secrets: their head is enough to recognise them.
pub(super) fn shown_path(path: &str) -> String {
    let mut hide = false;
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| {
            let hidden = hide && segment.len() > 8;
            hide = matches!(segment, "authorizations" | "tokens");
            if hidden {
                let head: String = segment.chars().take(8).collect();
                format!("{head}…")
            } else {
                segment.to_owned()
            }
        })
        .collect();
    segments.join("/")
}

pub(super) fn shown_body(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    match serde_json::from_slice(body) {
        Ok(mut value) => {
            redact(&mut value);
            value
        }
        Err(_) => Value::from(format!("{} bytes that are no JSON", body.len())),
    }
}

/// Whether a member holds what is never shown.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET.binary_search(&name).is_ok()
}

/// Replaces the values of secret members, at any depth.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if is_secret(name) && !value.is_null() {
                    *value = Value::from("***");
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_because_they_are_searched_by_halving() {
        assert!(SECRET.is_sorted());
    }

    #[test]
    fn secrets_are_hidden_at_any_depth() {
        let mut value =
            serde_json::json!({"a": [{"email": "a@example.com", "city": "Berlin", "phone": null}]});
        redact(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a": [{"email": "***", "city": "Berlin", "phone": null}]})
        );
    }
}
