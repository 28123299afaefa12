//! JSON schemas of resources, from their descriptors.
//!
//! Invariant: an attribute is required in a create exactly when the descriptor says so without a condition.

use kassa_storage::Descriptor;
use kassa_storage::descriptor::{Attribute, AttributeType, Relationship, Required};
use serde_json::{Map, Value, json};

/// `KlarnaPayment` for `klarna_payments`.
pub(super) fn name_of(descriptor: &Descriptor) -> String {
    descriptor
        .singular
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect()
}

/// Schemas that every resource uses.
pub(super) fn shared() -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let schemas = json!({
        "Errors": {
            "type": "object",
            "required": ["errors"],
            "properties": {"errors": {"type": "array", "items": {
                "type": "object",
                "required": ["title", "detail", "code", "status"],
                "properties": {
                    "title": text(), "detail": text(),
                    "code": {"type": "string", "enum": super::codes()},
                    "status": {"type": ["string", "integer"]},
                    "source": {"type": "object", "properties": {"pointer": text(), "parameter": text()}},
                    "meta": {"type": "object"},
                },
            }}},
        },
        "Identifier": {
            "type": "object",
            "required": ["type", "id"],
            "properties": {"type": text(), "id": text()},
        },
        "Relationship": {
            "type": "object",
            "properties": {
                "links": {"type": "object", "properties": {"self": text(), "related": text()}},
                "data": {"oneOf": [
                    {"type": "null"},
                    {"$ref": "#/components/schemas/Identifier"},
                    {"type": "array", "items": {"$ref": "#/components/schemas/Identifier"}},
                ]},
            },
        },
        "Meta": {
            "type": "object",
            "properties": {"mode": {"enum": ["test", "live"]}, "organization_id": text(), "trace_id": text()},
        },
        "AnyDocument": {"type": "object", "required": ["data"], "properties": {"data": {}}},
        "TokenRequest": {
            "type": "object",
            "required": ["grant_type", "client_id"],
            "properties": {
                "grant_type": {"enum": [
                    "client_credentials", "password", "refresh_token", "authorization_code",
                    "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ]},
                "client_id": text(), "client_secret": text(), "scope": text(),
                "username": text(), "password": text(), "refresh_token": text(),
                "code": text(), "redirect_uri": text(), "code_verifier": text(), "assertion": text(),
            },
        },
        "Token": {
            "type": "object",
            "required": ["access_token", "token_type", "expires_in", "scope", "created_at"],
            "properties": {
                "access_token": text(), "token_type": {"const": "Bearer"},
                "expires_in": {"type": "integer"}, "scope": text(), "created_at": {"type": "integer"},
                "owner_id": text(), "owner_type": text(), "refresh_token": text(),
            },
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}

/// The schemas of one resource.
pub(super) fn of(descriptor: &'static Descriptor) -> Vec<(String, Value)> {
    let name = name_of(descriptor);
    let reference = format!("#/components/schemas/{name}");
    let mut schemas = vec![
        (name.clone(), resource(descriptor)),
        (
            format!("{name}Document"),
            json!({"type": "object", "required": ["data"], "properties": {
                "data": {"oneOf": [{"$ref": reference}, {"type": "null"}]},
                "included": {"type": "array", "items": {"type": "object"}},
                "meta": {"$ref": "#/components/schemas/Meta"},
            }}),
        ),
        (
            format!("{name}List"),
            json!({"type": "object", "required": ["data", "meta"], "properties": {
                "data": {"type": "array", "items": {"$ref": reference}},
                "included": {"type": "array", "items": {"type": "object"}},
                "meta": {"type": "object", "properties": {
                    "record_count": {"type": "integer"}, "page_count": {"type": "integer"},
                }},
                "links": {"type": "object", "additionalProperties": {"type": "string"}},
            }}),
        ),
    ];
    if descriptor.verbs.create {
        schemas.push((format!("{name}Create"), request(descriptor, true)));
    }
    if descriptor.verbs.update {
        schemas.push((format!("{name}Update"), request(descriptor, false)));
    }
    schemas
}

fn resource(descriptor: &'static Descriptor) -> Value {
    let attributes: Map<String, Value> = descriptor
        .attributes
        .iter()
        .filter(|found| found.read)
        .map(|found| (found.name.to_owned(), attribute(found)))
        .collect();
    let relationships: Map<String, Value> = descriptor
        .relationships
        .iter()
        .map(|found| {
            (
                found.name.to_owned(),
                json!({"$ref": "#/components/schemas/Relationship"}),
            )
        })
        .collect();
    json!({
        "type": "object",
        "required": ["id", "type", "attributes"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": descriptor.kind},
            "links": {"type": "object", "properties": {"self": {"type": "string"}}},
            "attributes": {"type": "object", "properties": attributes},
            "relationships": {"type": "object", "properties": relationships},
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
    })
}

fn request(descriptor: &'static Descriptor, creating: bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for found in descriptor.attributes {
        if if creating { found.create } else { found.update } {
            properties.insert(found.name.to_owned(), attribute(found));
            if creating && found.required == Required::Yes {
                required.push(found.name);
            }
        }
    }
    for trigger in descriptor.triggers {
        if if creating {
            trigger.create
        } else {
            trigger.update
        } {
            properties.insert(
                trigger.name.to_owned(),
                json!({"type": type_name(trigger.ty), "writeOnly": true}),
            );
        }
    }
    let relationships: Map<String, Value> = descriptor
        .relationships
        .iter()
        .filter(|found| if creating { found.create } else { found.update })
        .map(|found| (found.name.to_owned(), linkage(found)))
        .collect();
    let related: Vec<&str> = descriptor
        .relationships
        .iter()
        .filter(|found| creating && found.create && found.required)
        .map(|found| found.name)
        .collect();
    let members: &[&str] = if creating { &["type"] } else { &["type", "id"] };
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {
            "type": "object",
            "required": members,
            "properties": {
                "type": {"const": descriptor.kind},
                "id": {"type": "string"},
                "attributes": {"type": "object", "properties": properties, "required": required, "additionalProperties": false},
                "relationships": {"type": "object", "properties": relationships, "required": related, "additionalProperties": false},
            },
        }},
    })
}

fn linkage(relationship: &Relationship) -> Value {
    let target = json!({
        "type": "object",
        "required": ["type", "id"],
        "properties": {"type": {"enum": relationship.to}, "id": {"type": "string"}},
    });
    let data = if relationship.many {
        json!({"type": "array", "items": target})
    } else {
        json!({"oneOf": [target, {"type": "null"}]})
    };
    json!({"type": "object", "required": ["data"], "properties": {"data": data}})
}

fn attribute(found: &Attribute) -> Value {
    let mut schema = Map::new();
    let name = type_name(found.ty);
    let ty = if found.nullable {
        json!([name, "null"])
    } else {
        json!(name)
    };
    schema.insert("type".to_owned(), ty);
    if found.ty == AttributeType::Datetime {
        schema.insert("format".to_owned(), "date-time".into());
    }
    if found.ty == AttributeType::Integer {
        schema.insert("format".to_owned(), "int64".into());
    }
    if !found.values.is_empty() {
        let mut values: Vec<Value> = found.values.iter().map(|value| json!(value)).collect();
        if found.nullable {
            values.push(Value::Null);
        }
        schema.insert("enum".to_owned(), values.into());
    }
    if let Some(default) = found
        .default
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
    {
        schema.insert("default".to_owned(), default);
    }
    schema.into()
}

fn type_name(ty: AttributeType) -> &'static str {
    match ty {
        AttributeType::String | AttributeType::Datetime => "string",
        AttributeType::Integer => "integer",
        AttributeType::Float => "number",
        AttributeType::Boolean => "boolean",
        AttributeType::Object => "object",
        AttributeType::Array => "array",
    }
}
