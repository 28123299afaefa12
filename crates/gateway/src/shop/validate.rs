//! What a descriptor alone can say about a draft.
//!
//! Invariant: what passes here has the right shape; whether it makes sense is asked of the noun's own rules.

use kassa_commerce::limits;
use kassa_money::Currency;
use kassa_storage::descriptor::{AttributeType, Required};
use kassa_storage::{Attribute, Descriptor};
use regex::Regex;
use serde_json::{Map, Value};

use crate::error::{GatewayError, Violation};
use crate::shop::graph::Draft;

/// Longest text of one attribute, in characters. Ours: far beyond names and notes, short of a nuisance.
const TEXT: usize = 10_000;

/// The body that `draft` makes of `old`: defaults first on a create, then what was sent.
///
/// # Errors
/// 422 with every violation that the descriptor knows of.
pub(crate) fn body(
    descriptor: &Descriptor,
    draft: &Draft,
    old: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, GatewayError> {
    let mut body = old.cloned().unwrap_or_default();
    let mut violations = Vec::new();
    for attribute in descriptor.attributes {
        let sent = draft.attributes.get(attribute.name);
        match (sent, old) {
            (Some(value), _) => {
                if let Some(violation) = judge(descriptor.kind, attribute, value) {
                    violations.push(violation);
                } else if value.is_null() {
                    body.remove(attribute.name);
                } else {
                    body.insert(attribute.name.to_owned(), value.clone());
                }
            }
            (None, None) => {
                if let Some(default) = attribute.default
                    && let Ok(value) = serde_json::from_str(default)
                {
                    body.insert(attribute.name.to_owned(), value);
                } else if attribute.required == Required::Yes {
                    violations.push(blank(attribute.name));
                }
            }
            (None, Some(_)) => {}
        }
    }
    if violations.is_empty() {
        return Ok(body);
    }
    Err(GatewayError::Invalid(violations))
}

/// `can't be blank` on an attribute.
pub(crate) fn blank(name: &str) -> Violation {
    Violation::attribute(name, "blank", "can't be blank")
}

fn judge(kind: &str, attribute: &Attribute, value: &Value) -> Option<Violation> {
    let name = attribute.name;
    let required = attribute.required == Required::Yes || !attribute.nullable;
    let empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    if empty {
        return required.then(|| blank(name));
    }
    if let Some(text) = value.as_str() {
        return judge_text(attribute, text).map(|violation| violation.with_value(value.clone()));
    }
    if let (AttributeType::Integer, Some(number)) = (attribute.ty, value.as_i64()) {
        let smallest = if counts(kind, name) { 0 } else { i64::MIN };
        if number < smallest {
            let violation = Violation::attribute(
                name,
                "greater_than_or_equal_to",
                "must be greater than or equal to 0",
            );
            return Some(violation.with_value(value.clone()));
        }
        let largest = if name.ends_with("_cents") {
            limits::AMOUNT
        } else {
            i64::from(i32::MAX)
        };
        if number > largest {
            let message = format!("must be less than or equal to {largest}");
            let violation = Violation::attribute(name, "less_than_or_equal_to", message);
            return Some(violation.with_value(value.clone()));
        }
    }
    if attribute.ty == AttributeType::Integer && !value.is_i64() {
        let violation =
            Violation::attribute(name, "not_a_number", "is not a whole number in range");
        return Some(violation.with_value(value.clone()));
    }
    None
}

/// Whole numbers that are never negative: amounts of configuration, pieces, hours. An adjustment may be of either sign.
fn counts(kind: &str, name: &str) -> bool {
    (name.ends_with("_cents") && kind != "adjustments")
        || name.ends_with("_hours")
        || name.ends_with("_cutoff")
        || name.ends_with("_limit")
        || matches!(
            name,
            "quantity" | "priority" | "pieces_per_pack" | "position" | "up_to"
        )
}

fn judge_text(attribute: &Attribute, text: &str) -> Option<Violation> {
    let name = attribute.name;
    if text.chars().count() > TEXT {
        let message = format!("is too long (at most {TEXT} characters)");
        return Some(Violation::attribute(name, "too_long", message));
    }
    if !attribute.values.is_empty() && !attribute.values.contains(&text) {
        let message = format!(
            "is not included in the list: {}",
            attribute.values.join(", ")
        );
        return Some(Violation::attribute(name, "inclusion", message));
    }
    if name.ends_with("_regex") && (text.len() > limits::REGEX_LENGTH || Regex::new(text).is_err())
    {
        return Some(Violation::attribute(
            name,
            "invalid",
            "is not a regular expression",
        ));
    }
    if name == "currency_code" && text.parse::<Currency>().is_err() {
        return Some(Violation::attribute(
            name,
            "inclusion",
            "is not a currency code",
        ));
    }
    if attribute.ty == AttributeType::Datetime && text.parse::<jiff::Timestamp>().is_err() {
        return Some(Violation::attribute(
            name,
            "invalid",
            "is not an ISO 8601 time",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shop::resources::registry;

    fn words(kind: &str, attributes: Value) -> Vec<(String, String)> {
        let descriptor = registry().find(kind).unwrap();
        let draft = Draft {
            attributes: attributes.as_object().unwrap().clone(),
            ..Draft::default()
        };
        match body(descriptor, &draft, None) {
            Err(GatewayError::Invalid(violations)) => violations
                .into_iter()
                .map(|violation| (format!("{:?}", violation.field), violation.error))
                .collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_create_needs_what_is_required() {
        let found = words("skus", json!({}));
        assert!(
            found
                .iter()
                .any(|(field, word)| field.contains("code") && word == "blank")
        );
        assert!(words("skus", json!({"code": "A", "name": "Anna"})).is_empty());
        assert_eq!(words("skus", json!({"code": " ", "name": "Anna"})).len(), 1);
    }

    #[test]
    fn values_outside_the_list_are_told() {
        let found = words(
            "shipping_methods",
            json!({"name": "x", "scheme": "drone", "price_amount_cents": 1}),
        );
        assert_eq!(found[0].1, "inclusion");
        let found = words("price_lists", json!({"name": "x", "currency_code": "XQX"}));
        assert_eq!(found[0].1, "inclusion");
    }

    #[test]
    fn amounts_are_bounded() {
        let negative = words("prices", json!({"amount_cents": -1}));
        assert_eq!(negative[0].1, "greater_than_or_equal_to");
        let huge = words("prices", json!({"amount_cents": 9_000_000_000_000_i64}));
        assert_eq!(huge[0].1, "less_than_or_equal_to");
        let beyond = words(
            "prices",
            json!({"amount_cents": 18_446_744_073_709_551_615_u64}),
        );
        assert_eq!(beyond[0].1, "not_a_number");
    }

    #[test]
    fn patterns_must_compile() {
        let found = words(
            "shipping_zones",
            json!({"name": "x", "country_code_regex": "("}),
        );
        assert_eq!(found[0].1, "invalid");
    }

    #[test]
    fn a_default_is_taken_when_nothing_is_sent() {
        let descriptor = registry().find("shipping_methods").unwrap();
        let draft = Draft {
            attributes: json!({"name": "x", "price_amount_cents": 1})
                .as_object()
                .unwrap()
                .clone(),
            ..Draft::default()
        };
        assert_eq!(body(descriptor, &draft, None).unwrap()["scheme"], "flat");
    }
}
