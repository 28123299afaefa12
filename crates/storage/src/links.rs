//! Links: what a record points to by its stored relationships, and what it is called by its indexed attributes.
//!
//! Invariant: a record's links are a function of its body alone. A driver keeps their written form beside the body
//! ([`encode`]), so that an update compares two texts and touches the links table only when they differ. An indexed
//! attribute is a link to a key without a type, whose id is the value; it narrows a search, and the body decides.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::descriptor::{
    Attribute, AttributeSource, AttributeType, Registry, Relationship, RelationshipSource,
};
use crate::record::{Key, Link, Record};

/// The links of `record`; none for a type without a descriptor.
#[must_use]
pub fn links(registry: &Registry, record: &Record) -> Vec<Link> {
    let Some(descriptor) = registry.find(&record.key.kind) else {
        return Vec::new();
    };
    let mut links = Vec::new();
    for relationship in descriptor.relationships {
        if relationship.source != RelationshipSource::Stored {
            continue;
        }
        for to in targets(relationship, &record.body) {
            let link = Link {
                from: record.key.clone(),
                name: Cow::Borrowed(relationship.name),
                to,
            };
            if !links.contains(&link) {
                links.push(link);
            }
        }
    }
    for attribute in descriptor
        .attributes
        .iter()
        .filter(|found| has_index(found))
    {
        if let Some(value) = record.body.get(attribute.name).and_then(index_text) {
            links.push(Link {
                from: record.key.clone(),
                name: Cow::Borrowed(attribute.name),
                to: Key::new("", value),
            });
        }
    }
    links
}

/// Bytes of a value that its link keeps.
const INDEXED_BYTES_MAX: usize = 200;

/// Whether links are kept for `attribute`: it is stored, indexed, and of a type with one written form per value.
#[must_use]
pub fn has_index(attribute: &Attribute) -> bool {
    attribute.indexed
        && attribute.source == AttributeSource::Stored
        && matches!(
            attribute.ty,
            AttributeType::String
                | AttributeType::Integer
                | AttributeType::Boolean
                | AttributeType::Datetime
        )
}

/// The id under which a value is linked; `None` for what is not indexed.
fn index_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(index_prefix(text).to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(fact) => Some(fact.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The part of a text that is linked: all of it, unless it is long.
#[must_use]
pub fn index_prefix(text: &str) -> &str {
    if text.len() <= INDEXED_BYTES_MAX {
        return text;
    }
    let mut end = INDEXED_BYTES_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What a stored relationship points to, read from the body's `<name>_id` (and `<name>_type`) or `<name>_ids`.
#[must_use]
pub fn targets(relationship: &Relationship, body: &Map<String, Value>) -> Vec<Key> {
    let Some(first) = relationship.to.first() else {
        return Vec::new();
    };
    let name = relationship.name;
    // An attribute of that name may mean something else where there is only one type: an order's `customer_type`.
    let several = relationship.to.len() > 1;
    let named = several.then(|| body.get(&format!("{name}_type")));
    let kind = named
        .flatten()
        .and_then(Value::as_str)
        .map_or(Cow::Borrowed(*first), |kind| Cow::Owned(kind.to_owned()));
    let ids: Vec<&str> = if relationship.many {
        body.get(&format!("{name}_ids"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    } else {
        body.get(&format!("{name}_id"))
            .and_then(Value::as_str)
            .into_iter()
            .collect()
    };
    ids.into_iter()
        .filter(|id| !id.is_empty())
        .map(|id| Key::new(kind.clone(), id))
        .collect()
}

/// The written form of a record's links: empty for none, else a JSON array of `[name, type, id]`.
#[must_use]
pub fn encode(links: &[Link]) -> String {
    if links.is_empty() {
        return String::new();
    }
    let rows: Vec<[&str; 3]> = links
        .iter()
        .map(|link| {
            [
                link.name.as_ref(),
                link.to.kind.as_ref(),
                link.to.id.as_str(),
            ]
        })
        .collect();
    serde_json::to_string(&rows).expect("texts always serialise")
}

/// Reads the written form back, for the record `from`.
///
/// # Errors
/// What is wrong with the text.
pub fn decode(from: &Key, text: &str) -> Result<Vec<Link>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<[String; 3]> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(rows
        .into_iter()
        .map(|[name, kind, id]| Link {
            from: from.clone(),
            name: Cow::Owned(name),
            to: Key::new(kind, id),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::REGISTRY;

    fn record(kind: &'static str, body: Value) -> Record {
        let Value::Object(body) = body else {
            panic!("a body is an object");
        };
        Record::root(Key::new(kind, "x"), body, 1)
    }

    #[test]
    fn links_come_from_stored_relationships() {
        let order = record(
            "orders",
            json!({"customer_id": "c", "customer_type": "new", "source_id": "p", "source_type": "wire_payments",
                   "tags_ids": ["a", "b", "a"], "market_id": null, "other_id": "x",
                   "number": "12", "total_amount_cents": 5, "placed_at": null}),
        );
        let links = links(&REGISTRY, &order);
        let shown: Vec<_> = links
            .iter()
            .map(|link| {
                (
                    link.name.as_ref(),
                    link.to.kind.as_ref(),
                    link.to.id.as_str(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("customer", "customers", "c"),
                ("source", "wire_payments", "p"),
                ("tags", "tags", "a"),
                ("tags", "tags", "b"),
                ("number", "", "12"),
                ("total_amount_cents", "", "5"),
            ]
        );
        assert_eq!(decode(&order.key, &encode(&links)).unwrap(), links);
    }

    #[test]
    fn a_long_value_is_linked_by_its_beginning() {
        let text = "å".repeat(150);
        assert_eq!(index_prefix(&text), "å".repeat(100));
        assert_eq!(index_prefix(&format!("a{text}")).len(), 199);
        assert_eq!(index_prefix("short"), "short");
    }

    #[test]
    fn a_type_without_descriptor_has_no_links() {
        let row = record("settings", json!({"customer_id": "c"}));
        assert!(links(&REGISTRY, &row).is_empty());
        assert_eq!(encode(&[]), "");
    }
}
