//! Relationships of a draft: do the rows exist, may the caller name them, and what the body keeps of them.
//!
//! Invariant: a body names only rows that existed in the snapshot of the decision; deleting them is refused later.

use kassa_storage::{
    ChangeSet, Descriptor, Guard, Key, Put, Record, Relationship, RelationshipSource,
};
use serde_json::{Map, Value};

use crate::error::{GatewayError, Violation};
use crate::shop::graph::{Draft, LinkInput};
use crate::shop::read::Reader;
use crate::shop::read::include::target_kinds;
use crate::shop::resources::registry;
use crate::shop::unique;

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
            // Kept on the other side: `adopt` writes it there.
            Some(_) if matches!(relationship.source, RelationshipSource::Inverse { .. }) => {}
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

/// Rows that a draft names in relationships which are kept on the other side (the coupons of a rule): they now point
/// to `key`. A row that is not named keeps where it points, because it could not be without.
///
/// # Errors
/// 422 for rows that do not exist, that are not for this caller, or that cannot be moved.
pub(crate) async fn adopt(
    reader: &mut Reader<'_>,
    descriptor: &Descriptor,
    draft: &Draft,
    key: &Key,
    now_us: i64,
    set: &mut ChangeSet,
) -> Result<(), GatewayError> {
    for relationship in descriptor.relationships {
        let RelationshipSource::Inverse { via } = relationship.source else {
            continue;
        };
        let named = match draft.relationships.get(relationship.name) {
            None | Some(LinkInput::One(None)) => continue,
            Some(LinkInput::One(Some(one))) => std::slice::from_ref(one),
            Some(LinkInput::Many(many)) => many,
        };
        for (kind, id) in named {
            let found = find(reader, relationship, kind, id).await?;
            let mut record = found.map_err(GatewayError::violation)?;
            let back = registry()
                .find(&record.key.kind)
                .and_then(|kind| kind.relationship(via));
            let Some(back) = back.filter(|back| back.update && record.is_root()) else {
                let violation = Violation::relationship(
                    relationship.name,
                    "invalid",
                    format!("{kind}/{id} cannot be moved"),
                );
                return Err(GatewayError::violation(violation));
            };
            if set.puts.iter().any(|put| put.record.key == record.key) {
                continue;
            }
            let claims = |record: &Record| {
                let descriptor = registry().find(&record.key.kind);
                descriptor.map(|found| unique::claims(found, &record.key, &record.body))
            };
            let held = claims(&record).unwrap_or_default();
            let guard = Guard::At(record.version);
            keep(&mut record.body, back, key);
            record.updated_at = now_us;
            let wanted = claims(&record).unwrap_or_default();
            let given_up = held.into_iter().filter(|claim| !wanted.contains(claim));
            set.releases.extend(given_up);
            set.claims.extend(wanted);
            set.puts.push(Put { record, guard });
        }
    }
    Ok(())
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
            | ("order_subscription_items", "item")
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
    if relationship.source == RelationshipSource::Computed || registry().find(kind).is_none() {
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
