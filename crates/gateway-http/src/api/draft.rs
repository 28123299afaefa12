//! A request document as a draft: names checked against the descriptor, values against their types.
//!
//! Invariant: a draft names only what POST or PATCH accepts for this type; who may send it is the gateway's question.

use kassa_gateway::shop::graph::{Draft, LinkInput};
use kassa_jsonapi::{Fault, Identifier, Linkage, RequestDocument};
use kassa_storage::{Descriptor, Key};
use serde_json::Value;

use super::value::check;

/// The draft in `document` for a new resource, or for the one with `id`.
pub(crate) fn draft(
    document: RequestDocument,
    descriptor: &'static Descriptor,
    id: Option<&str>,
) -> Result<Draft, Fault> {
    check_identity(&document, descriptor, id)?;
    let creating = id.is_none();
    let mut draft = Draft::default();
    for (name, value) in document.attributes {
        let pointer = format!("/data/attributes/{}", escaped(&name));
        let (ty, writable, trigger) = if let Some(attribute) = descriptor.attribute(&name) {
            let writable = if creating {
                attribute.create
            } else {
                attribute.update
            };
            (attribute.ty, writable, false)
        } else if let Some(trigger) = descriptor.trigger(&name) {
            let writable = if creating {
                trigger.create
            } else {
                trigger.update
            };
            (trigger.ty, writable, true)
        } else {
            return Err(unknown(descriptor, &name, pointer));
        };
        if !writable {
            return Err(not_writable(descriptor, &name, pointer, creating));
        }
        let sent = named_value(&name, &value);
        let value = check(ty, value, trigger).map_err(|misfit| {
            let detail = format!("{name} is {sent}; it must be {}", misfit.expected);
            Fault::pointer(misfit.code, pointer, detail)
        })?;
        let map = if trigger {
            &mut draft.triggers
        } else {
            &mut draft.attributes
        };
        map.insert(name, value);
    }
    for (name, linkage) in document.relationships {
        let pointer = format!("/data/relationships/{}", escaped(&name));
        let Some(relationship) = descriptor.relationship(&name) else {
            return Err(unknown(descriptor, &name, pointer));
        };
        let writable = if creating {
            relationship.create
        } else {
            relationship.update
        };
        if !writable {
            return Err(not_writable(descriptor, &name, pointer, creating));
        }
        let input = link_input(relationship, linkage, &pointer)?;
        draft.relationships.insert(name, input);
    }
    Ok(draft)
}

/// What was sent, for an error: short values as they came, others and secrets by their type.
fn named_value(name: &str, value: &Value) -> String {
    const LONGEST: usize = 40;
    let secret = ["password", "secret", "token"]
        .iter()
        .any(|part| name.contains(part));
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(_) if secret => "text".to_owned(),
        _ if secret => "no text".to_owned(),
        Value::String(text) if text.chars().count() > LONGEST => {
            let beginning: String = text.chars().take(LONGEST).collect();
            format!("{beginning:?} and more")
        }
        other => other.to_string(),
    }
}

/// Orders that a draft names: what the call is about.
pub(crate) fn subjects(draft: &Draft) -> Vec<Key> {
    draft
        .relationships
        .values()
        .filter_map(|input| match input {
            LinkInput::One(Some((kind, id))) if kind == "orders" => {
                Some(Key::new("orders", id.as_str()))
            }
            _ => None,
        })
        .collect()
}

fn check_identity(
    document: &RequestDocument,
    descriptor: &Descriptor,
    id: Option<&str>,
) -> Result<(), Fault> {
    if document.kind != descriptor.kind {
        return Err(Fault::pointer(
            "TYPE_MISMATCH",
            "/data/type",
            format!(
                "the type is {}, the URL is about {}",
                document.kind, descriptor.kind
            ),
        ));
    }
    match (id, &document.id) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Fault::pointer(
            "PARAM_NOT_ALLOWED",
            "/data/id",
            "ids of new resources are made by the server",
        )),
        (Some(_), None) => Err(Fault::pointer(
            "PARAM_MISSING",
            "/data/id",
            "the id must stand in the document as well as in the URL",
        )),
        (Some(id), Some(sent)) if id == sent => Ok(()),
        (Some(id), Some(sent)) => Err(Fault::pointer(
            "KEY_NOT_INCLUDED_IN_URL",
            "/data/id",
            format!("the document is about {sent}, the URL about {id}"),
        )),
    }
}

fn link_input(
    relationship: &kassa_storage::descriptor::Relationship,
    linkage: Linkage,
    pointer: &str,
) -> Result<LinkInput, Fault> {
    let known = |target: Identifier| {
        if relationship.to.contains(&target.kind.as_str()) {
            Ok((target.kind, target.id))
        } else {
            Err(Fault::pointer(
                "TYPE_MISMATCH",
                format!("{pointer}/data"),
                format!(
                    "{} leads to {}, not to {}",
                    relationship.name,
                    relationship.to.join(" or "),
                    target.kind
                ),
            ))
        }
    };
    let wrong_number = |expected| {
        Err(Fault::pointer(
            "INVALID_LINKS_OBJECT",
            format!("{pointer}/data"),
            format!("{} takes {expected}", relationship.name),
        ))
    };
    match (relationship.many, linkage) {
        (false, Linkage::One(target)) => Ok(LinkInput::One(target.map(known).transpose()?)),
        (true, Linkage::Many(targets)) => targets
            .into_iter()
            .map(known)
            .collect::<Result<_, _>>()
            .map(LinkInput::Many),
        (false, Linkage::Many(_)) => wrong_number("one resource or null"),
        (true, Linkage::One(_)) => wrong_number("a list of resources"),
    }
}

fn unknown(descriptor: &Descriptor, name: &str, pointer: String) -> Fault {
    Fault::pointer(
        "INVALID_FIELD",
        pointer,
        format!("{name} is no field of {}", descriptor.kind),
    )
}

fn not_writable(descriptor: &Descriptor, name: &str, pointer: String, creating: bool) -> Fault {
    let verb = if creating { "create" } else { "update" };
    Fault::pointer(
        "PARAM_NOT_ALLOWED",
        pointer,
        format!("{name} cannot be sent to {verb} {}", descriptor.kind),
    )
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
