//! The comparison of a create-order body with what was authorized.
//!
//! Invariant: amounts, market, lines and addresses take part; references, URLs, locale, customer and pass-through
//! data do not. A whole address that is left out, or that was not authorized, is no difference.

use serde_json::{Map, Value};

use super::fields::{integer, list, object, text};
use super::reply::Reply;
use super::schema;

/// Line members that are compared as numbers, absent meaning zero.
const LINE_NUMBERS: [&str; 6] = [
    "quantity",
    "unit_price",
    "tax_rate",
    "total_amount",
    "total_discount_amount",
    "total_tax_amount",
];
/// Line members that are compared as text, absent meaning empty.
const LINE_TEXTS: [&str; 4] = ["type", "reference", "name", "quantity_unit"];

/// `409 BAD_VALUE` that lists the differences.
pub(crate) fn refusal(different: &[String]) -> Reply {
    let message = format!("Not matching fields: [{}]", different.join(", "));
    Reply::error(409, "BAD_VALUE", message)
}

/// The entries of `Not matching fields: [...]`, in the order of the real samples.
pub(crate) fn differences(
    authorized: &Map<String, Value>,
    order: &Map<String, Value>,
) -> Vec<String> {
    let mut different = Vec::new();
    for name in ["purchase_country", "purchase_currency"] {
        let (before, now) = (text(authorized, name), text(order, name));
        if !before
            .unwrap_or_default()
            .eq_ignore_ascii_case(now.unwrap_or_default())
        {
            different.push(name.to_owned());
        }
    }
    if integer(authorized, "order_amount") != integer(order, "order_amount") {
        different.push("order_amount".to_owned());
    }
    if let (Some(before), Some(now)) = (
        integer(authorized, "order_tax_amount"),
        integer(order, "order_tax_amount"),
    ) && before != now
    {
        different.push("order_tax_amount".to_owned());
    }
    compare_lines(authorized, order, &mut different);
    compare_addresses(authorized, order, &mut different);
    different
}

/// Lines are an ordered list; another count is the only thing said about it.
fn compare_lines(
    authorized: &Map<String, Value>,
    order: &Map<String, Value>,
    different: &mut Vec<String>,
) {
    let before = list(authorized, "order_lines");
    let now = list(order, "order_lines");
    if before.len() != now.len() {
        different.push(format!(
            "Incorrect number of items in the cart. Expected: {}, Actual: {}",
            before.len(),
            now.len()
        ));
        return;
    }
    for (index, (before, now)) in before.iter().zip(now).enumerate() {
        let (Some(before), Some(now)) = (before.as_object(), now.as_object()) else {
            continue;
        };
        for name in LINE_NUMBERS {
            if integer(before, name).unwrap_or(0) != integer(now, name).unwrap_or(0) {
                different.push(format!("order_lines[{index}].{name}"));
            }
        }
        for name in LINE_TEXTS {
            if text(before, name).unwrap_or_default() != text(now, name).unwrap_or_default() {
                different.push(format!("order_lines[{index}].{name}"));
            }
        }
    }
}

/// A shipping address that was not authorized counts as a copy of the billing address only when nothing is sent.
pub(crate) fn compare_addresses(
    authorized: &Map<String, Value>,
    order: &Map<String, Value>,
    different: &mut Vec<String>,
) {
    for name in ["billing_address", "shipping_address"] {
        let (Some(before), Some(now)) = (object(authorized, name), object(order, name)) else {
            continue;
        };
        for field in schema::ADDRESS {
            let before = text(before, field.name).unwrap_or_default();
            let now = text(now, field.name).unwrap_or_default();
            // A field that had no value when it was authorized may be filled in now.
            let same = before.is_empty()
                || before == now
                || (field.name == "country" && before.eq_ignore_ascii_case(now));
            if !same {
                different.push(format!("{name}.{}", field.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cart() -> Value {
        json!({"purchase_country": "SE", "purchase_currency": "SEK", "order_amount": 1000, "order_tax_amount": 200,
            "order_lines": [{"name": "A", "quantity": 1, "unit_price": 1000, "tax_rate": 2500, "total_amount": 1000,
                "total_tax_amount": 200}],
            "billing_address": {"given_name": "Alice", "postal_code": "11148", "country": "SE"}})
    }

    fn compare(authorized: &Value, order: &Value) -> Vec<String> {
        differences(authorized.as_object().unwrap(), order.as_object().unwrap())
    }

    #[test]
    fn equal_bodies_match() {
        assert!(compare(&cart(), &cart()).is_empty());
    }

    #[test]
    fn a_changed_postal_code_is_named_by_path() {
        let mut order = cart();
        order["billing_address"]["postal_code"] = json!("11149");
        assert_eq!(compare(&cart(), &order), ["billing_address.postal_code"]);
    }

    #[test]
    fn another_number_of_lines_is_told_by_count() {
        let mut order = cart();
        let line = order["order_lines"][0].clone();
        order["order_lines"] = json!([line, line, line]);
        order["order_amount"] = json!(3000);
        assert_eq!(
            compare(&cart(), &order),
            [
                "order_amount",
                "Incorrect number of items in the cart. Expected: 1, Actual: 3"
            ]
        );
    }

    #[test]
    fn a_field_that_authorize_had_not_may_come_now() {
        let mut order = cart();
        order["billing_address"]["city"] = json!("Stockholm");
        order["shipping_address"] = json!({"city": "Stockholm"});
        assert!(compare(&cart(), &order).is_empty());
        order.as_object_mut().unwrap().remove("billing_address");
        assert!(compare(&cart(), &order).is_empty());
    }

    #[test]
    fn references_urls_and_locale_may_change() {
        let mut order = cart();
        order["merchant_reference1"] = json!("R1");
        order["locale"] = json!("en-SE");
        order["merchant_urls"] = json!({"confirmation": "https://example.com/"});
        assert!(compare(&cart(), &order).is_empty());
    }

    #[test]
    fn lines_are_an_ordered_list() {
        let line = |name: &str| json!({"name": name, "quantity": 1, "unit_price": 500, "total_amount": 500});
        let mut before = cart();
        before["order_lines"] = json!([line("A"), line("B")]);
        let mut now = cart();
        now["order_lines"] = json!([line("B"), line("A")]);
        assert_eq!(
            compare(&before, &now),
            ["order_lines[0].name", "order_lines[1].name"]
        );
    }
}
