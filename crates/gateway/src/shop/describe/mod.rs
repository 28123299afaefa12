//! What is served, told from the descriptors: as facts for programs, as typings, as a page for people.
//!
//! Invariant: nothing here names a type or an attribute by itself; a resource added to the registry is told of too.

mod facts;
mod page;
mod typings;

use kassa_storage::descriptor::{AttributeType, Verbs};

pub use facts::facts;
pub use page::page;
pub use typings::typings;

/// The verbs of a type by name, in the order of the documentation.
fn verbs(verbs: Verbs) -> Vec<&'static str> {
    [
        ("list", verbs.list),
        ("retrieve", verbs.retrieve),
        ("create", verbs.create),
        ("update", verbs.update),
        ("delete", verbs.delete),
    ]
    .into_iter()
    .filter_map(|(name, offered)| offered.then_some(name))
    .collect()
}

/// The name of an attribute's type.
fn type_name(ty: AttributeType) -> &'static str {
    match ty {
        AttributeType::String => "string",
        AttributeType::Integer => "integer",
        AttributeType::Float => "float",
        AttributeType::Boolean => "boolean",
        AttributeType::Datetime => "datetime",
        AttributeType::Object => "object",
        AttributeType::Array => "array",
    }
}
