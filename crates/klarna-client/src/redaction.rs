//! Bodies fit for people to read: names of fields stay, personal data and secrets do not.

use serde_json::Value;

const HIDDEN: &str = "[hidden]";
const LONGEST: usize = 4_096;
const SECRET_FIELDS: [&str; 29] = [
    "attention",
    "authorization_token",
    "body",
    "card",
    "city",
    "client_token",
    "confirmation",
    "customer_token",
    "date_of_birth",
    "direct_debit",
    "email",
    "family_name",
    "gender",
    "given_name",
    "last_four_ssn",
    "national_identification_number",
    "notification",
    "organization_name",
    "organization_registration_id",
    "phone",
    "postal_code",
    "push",
    "authorization",
    "redirect_url",
    "street_address",
    "street_address2",
    "title",
    "token_id",
    "vat_id",
];

/// The body as JSON with personal data hidden; text that is not JSON is cut short; `None` when empty.
#[must_use]
pub fn redacted(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let Ok(mut value) = serde_json::from_slice(body) else {
        let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
        return Some(Value::String(text));
    };
    hide(&mut value);
    let length = value.to_string().len();
    if length > LONGEST {
        return Some(Value::String(format!("[{length} bytes]")));
    }
    Some(value)
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if SECRET_FIELDS.contains(&name.as_str()) && !field.is_null() {
                    *field = Value::String(HIDDEN.to_owned());
                } else {
                    hide(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_and_secrets_are_hidden_and_amounts_stay() {
        let body = br#"{"order_amount": 100, "billing_address": {"email": "a@example.com", "country": "DE"},
            "client_token": "t", "order_lines": [{"name": "A"}]}"#;
        let shown = redacted(body).unwrap();
        assert_eq!(shown["order_amount"], 100);
        assert_eq!(shown["billing_address"]["email"], HIDDEN);
        assert_eq!(shown["billing_address"]["country"], "DE");
        assert_eq!(shown["client_token"], HIDDEN);
        assert_eq!(shown["order_lines"][0]["name"], "A");
        assert_eq!(
            redacted(b"<html>"),
            Some(Value::String("<html>".to_owned()))
        );
        assert_eq!(redacted(b""), None);
    }
}
