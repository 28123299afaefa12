//! Links: the edges that a record's stored relationships make, derived from its descriptor.
//!
//! Invariant: a record's links are a function of its body alone. A driver keeps their written form beside the body
//! ([`encode`]), so that an update compares two texts and touches the links table only when they differ.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::descriptor::{Registry, Relationship, RelationshipSource};
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
    links
}

/// What a stored relationship points to, read from the body's `<name>_id` (and `<name>_type`) or `<name>_ids`.
#[must_use]
pub fn targets(relationship: &Relationship, body: &Map<String, Value>) -> Vec<Key> {
    let Some(first) = relationship.to.first() else {
        return Vec::new();
    };
    let name = relationship.name;
    let kind = body
        .get(&format!("{name}_type"))
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
            json!({"customer_id": "c", "source_id": "p", "source_type": "wire_payments",
                   "tags_ids": ["a", "b", "a"], "market_id": null, "other_id": "x"}),
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
            ]
        );
        assert_eq!(decode(&order.key, &encode(&links)).unwrap(), links);
    }

    #[test]
    fn a_type_without_descriptor_has_no_links() {
        let row = record("settings", json!({"customer_id": "c"}));
        assert!(links(&REGISTRY, &row).is_empty());
        assert_eq!(encode(&[]), "");
    }
}
