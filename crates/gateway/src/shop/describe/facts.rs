//! The descriptors as JSON, in the form in which facts of the commerce API are published.

use kassa_storage::descriptor::{
    Attribute, AttributeSource, Relationship, RelationshipSource, Required, Trigger,
};
use kassa_storage::{Descriptor, Registry};
use serde_json::{Map, Value, json};

use super::{type_name, verbs};

/// Every type of `registry` with its verbs, attributes, triggers and relationships.
///
/// Beyond what is published it says where a value comes from: `computed` is worked out for each answer and therefore
/// neither filtered nor sorted by, `via` names the relationship on the other side.
#[must_use]
pub fn facts(registry: Registry) -> Value {
    let resources: Map<String, Value> = registry
        .0
        .iter()
        .map(|descriptor| (descriptor.kind.to_owned(), of(descriptor)))
        .collect();
    json!({ "resources": resources })
}

fn of(descriptor: &Descriptor) -> Value {
    let attributes: Map<String, Value> = descriptor
        .attributes
        .iter()
        .map(|found| (found.name.to_owned(), attribute(found)))
        .collect();
    let triggers: Map<String, Value> = descriptor
        .triggers
        .iter()
        .map(|found| (found.name.to_owned(), trigger(found)))
        .collect();
    let relationships: Map<String, Value> = descriptor
        .relationships
        .iter()
        .map(|found| (found.name.to_owned(), relationship(found)))
        .collect();
    json!({
        "id": descriptor.singular,
        "singleton": descriptor.singleton,
        "verbs": verbs(descriptor.verbs),
        "concrete": descriptor.concrete,
        "attributes": attributes,
        "triggers": triggers,
        "relationships": relationships,
    })
}

fn attribute(found: &Attribute) -> Value {
    let mut facts = json!({
        "type": type_name(found.ty),
        "read": found.read,
        "create": found.create,
        "update": found.update,
        "filter": found.filter,
        "sort": found.sort,
        "nullable": found.nullable,
        "integration_only": found.restricted,
        "computed": found.source == AttributeSource::Computed,
        "derived_money": matches!(found.source, AttributeSource::DerivedMoney(_)),
        "required_on_create": match found.required {
            Required::No => json!(false),
            Required::Yes => json!(true),
            Required::If(condition) => json!({"if": condition}),
        },
    });
    if !found.values.is_empty() {
        facts["enum"] = json!(found.values);
    }
    if let Some(default) = found
        .default
        .and_then(|text| serde_json::from_str(text).ok())
    {
        facts["default"] = default;
    }
    facts
}

fn trigger(found: &Trigger) -> Value {
    json!({
        "type": type_name(found.ty),
        "create": found.create,
        "update": found.update,
        "integration_only": found.restricted,
    })
}

fn relationship(found: &Relationship) -> Value {
    let mut facts = json!({
        "cardinality": if found.many { "to_many" } else { "to_one" },
        "targets": found.to,
        "create": found.create,
        "update": found.update,
        "include": found.include,
        "filter": found.filter,
        "sort": found.sort,
        "required_on_create": found.required,
        "computed": found.source == RelationshipSource::Computed,
    });
    if let RelationshipSource::Inverse { via } = found.source {
        facts["via"] = json!(via);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::resources::registry;

    #[test]
    fn flags_and_sources_are_told() {
        let facts = facts(registry());
        let skus = &facts["resources"]["skus"];
        assert_eq!(skus["id"], "sku");
        assert_eq!(skus["attributes"]["code"]["required_on_create"], true);
        assert_eq!(skus["attributes"]["inventory"]["computed"], true);
        assert_eq!(skus["relationships"]["prices"]["via"], "sku");
        let category = &skus["relationships"]["shipping_category"];
        assert_eq!([&category["filter"], &category["sort"]], [true, true]);
        assert_eq!(
            facts["resources"]["transactions"]["verbs"],
            json!(["list", "retrieve"])
        );
        assert_eq!(
            facts["resources"].as_object().map(Map::len),
            Some(registry().0.len())
        );
    }
}
