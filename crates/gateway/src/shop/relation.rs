//! Relationships of a draft: do the rows exist, may the caller name them, and what the body keeps of them.
//!
//! Invariant: a body names only rows that existed in the snapshot of the decision; deleting them is refused later.

use kassa_storage::{Descriptor, Key, Record, Relationship, RelationshipSource};
use serde_json::{Map, Value};

use crate::error::{GatewayError, Violation};
use crate::shop::graph::{Draft, LinkInput};
use crate::shop::read::Reader;
use crate::shop::read::include::target_kinds;
use crate::shop::resources::registry;

/// Writes the draft's relationships into `body` and returns the rows they name.
///
/// # Errors
/// 422 for rows that do not exist or are not for this caller, for missing required ones, and for types that are
/// not served.
pub(crate) async fn apply(
    reader: &mut Reader<'_>,
    descriptor: &Descriptor,
    draft: &Draft,
    body: &mut Map<String, Value>,
    creating: bool,
) -> Result<Vec<Record>, GatewayError> {
    let mut violations = Vec::new();
    let mut rows = Vec::new();
    for relationship in descriptor.relationships {
        match draft.relationships.get(relationship.name) {
            None => {
                let missing =
                    creating && relationship.required && !derived(descriptor, relationship);
                if missing {
                    violations.push(blank(relationship));
                }
            }
            Some(LinkInput::One(None)) if relationship.required => {
                violations.push(blank(relationship));
            }
            Some(LinkInput::One(None)) => {
                body.remove(&format!("{}_id", relationship.name));
                body.remove(&format!("{}_type", relationship.name));
            }
            Some(LinkInput::One(Some((kind, id)))) => {
                match find(reader, relationship, kind, id).await? {
                    Ok(record) => {
                        keep(body, relationship, &record.key);
                        rows.push(record);
                    }
                    Err(violation) => violations.push(violation),
                }
            }
            Some(LinkInput::Many(_)) => violations.push(Violation::relationship(
                relationship.name,
                "invalid",
                "is set from the other side",
            )),
        }
    }
    if violations.is_empty() {
        return Ok(rows);
    }
    Err(GatewayError::Invalid(violations))
}

/// Writes a stored to-one relationship.
pub(crate) fn keep(body: &mut Map<String, Value>, relationship: &Relationship, target: &Key) {
    body.insert(
        format!("{}_id", relationship.name),
        target.id.clone().into(),
    );
    if relationship.to.len() > 1 {
        body.insert(
            format!("{}_type", relationship.name),
            target.kind.as_ref().into(),
        );
    }
}

/// Relationships that an attribute may stand for: a SKU by its code, a customer by the email.
fn derived(descriptor: &Descriptor, relationship: &Relationship) -> bool {
    matches!(
        (descriptor.kind, relationship.name),
        (
            "prices" | "sku_list_items" | "stock_items" | "tax_categories",
            "sku"
        ) | ("customer_addresses", "customer")
    )
}

fn blank(relationship: &Relationship) -> Violation {
    Violation::relationship(relationship.name, "blank", "can't be blank")
}

/// The row that a link names, or why it cannot be used.
pub(crate) async fn find(
    reader: &mut Reader<'_>,
    relationship: &Relationship,
    kind: &str,
    id: &str,
) -> Result<Result<Record, Violation>, GatewayError> {
    let refuse = |word: &str, message: String| {
        Ok(Err(Violation::relationship(
            relationship.name,
            word,
            message,
        )
        .with_value(id.into())))
    };
    if relationship.source != RelationshipSource::Stored || registry().find(kind).is_none() {
        return refuse("invalid", format!("{kind} are not served"));
    }
    // An abstract type stands for its concrete ones.
    let kinds = match registry().find(kind) {
        Some(found) if !found.concrete.is_empty() => found.concrete.to_vec(),
        _ => vec![kind],
    };
    let allowed = target_kinds(relationship);
    let keys: Vec<Key> = kinds
        .into_iter()
        .filter(|kind| allowed.contains(kind))
        .map(|kind| Key::new(kind.to_owned(), id))
        .collect();
    if keys.is_empty() {
        return refuse("invalid", format!("cannot be one of {kind}"));
    }
    let Some(record) = reader.snapshot.records(&keys).await?.into_iter().next() else {
        return refuse("invalid", format!("{kind}/{id} does not exist"));
    };
    if !reader.judge(&record).await? {
        return refuse("invalid", format!("{kind}/{id} does not exist"));
    }
    Ok(Ok(record))
}
