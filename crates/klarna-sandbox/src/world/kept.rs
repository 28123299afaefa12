//! What a session keeps of the body that was sent, written down without building it first.
//!
//! Invariant: the text is what serialising [`super::fields::known`] would give, member for member and in the same order: the
//! described members that are not null, in the order of their descriptions.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};

use super::fields::{Field, Kind, present};

/// The described members of an object, some of them with values of Klarna's own.
pub(crate) struct Kept<'a> {
    pub(crate) sent: &'a Map<String, Value>,
    pub(crate) described: [&'static [Field]; 2],
    /// They stand in the place of what was sent, or at the end where nothing was.
    pub(crate) own: &'a [(&'static str, &'a str)],
}

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.described.into_iter().flatten() {
            let Some(value) = present(self.sent, field.name) else {
                continue;
            };
            match self.own.iter().find(|(name, _)| *name == field.name) {
                Some((name, own)) => map.serialize_entry(name, own)?,
                None => map.serialize_entry(field.name, &Described(value, field.kind))?,
            }
        }
        for (name, own) in self.own {
            if present(self.sent, name).is_none() {
                map.serialize_entry(name, own)?;
            }
        }
        map.end()
    }
}

/// A value without what its description does not have.
struct Described<'a>(&'a Value, Kind);

impl Serialize for Described<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (Value::Object(object), Kind::Object(fields)) => {
                let mut map = serializer.serialize_map(None)?;
                for field in fields {
                    if let Some(value) = present(object, field.name) {
                        map.serialize_entry(field.name, &Described(value, field.kind))?;
                    }
                }
                map.end()
            }
            (Value::Array(list), Kind::List { item, .. }) => {
                let mut sequence = serializer.serialize_seq(Some(list.len()))?;
                for value in list {
                    sequence.serialize_element(&Described(value, Kind::Object(item)))?;
                }
                sequence.end()
            }
            (other, _) => WithoutNulls(other).serialize(serializer),
        }
    }
}

struct WithoutNulls<'a>(&'a Value);

impl Serialize for WithoutNulls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                let kept = object.iter().filter(|(_, value)| !value.is_null());
                serializer.collect_map(kept.map(|(name, value)| (name, WithoutNulls(value))))
            }
            Value::Array(list) => serializer.collect_seq(list.iter().map(WithoutNulls)),
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{fields, schema};
    use super::*;

    #[test]
    fn the_text_is_that_of_the_known_members() {
        let sent = json!({
            "order_lines": [
                {"name": "A", "unknown": 1, "reference": null, "total_amount": 1, "quantity": 1,
                 "product_identifiers": {"color": "red", "else": 1}, "merchant_data": "x"},
                "no object",
                {},
            ],
            "merchant_data": "{\"a\":null}",
            "options": null,
            "unknown": {"a": [null, {"b": null, "c": [null]}]},
            "custom_payment_method_ids": ["a", null, {"b": null, "c": 1}],
            "billing_address": {"city": "Malmö", "unknown": 1, "email": null},
            "purchase_country": "se",
            "purchase_currency": "SEK",
            "order_amount": 1,
            "locale": "sv-se",
        });
        let sent = sent.as_object().unwrap();
        let mut known = fields::known(sent, schema::MARKET);
        known.extend(fields::known(sent, schema::SESSION));
        known.insert("purchase_country".into(), "SE".into());
        known.insert("locale".into(), "sv-SE".into());
        known.insert("acquiring_channel".into(), "ECOMMERCE".into());
        let kept = Kept {
            sent,
            described: [schema::MARKET, schema::SESSION],
            own: &[
                ("purchase_country", "SE"),
                ("locale", "sv-SE"),
                ("acquiring_channel", "ECOMMERCE"),
            ],
        };
        assert_eq!(
            serde_json::to_string(&kept).unwrap(),
            Value::from(known).to_string()
        );
    }
}
