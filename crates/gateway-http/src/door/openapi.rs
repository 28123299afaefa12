//! `/openapi.json`: the API's description, made from the same descriptors that serve it.
//!
//! Invariant: nothing is described that is not served; a resource added to the registry appears by itself.

mod schema;

use axum::response::{IntoResponse, Response};
use http::header;
use kassa_gateway::shop::resources::registry;
use kassa_storage::Descriptor;
use serde_json::{Map, Value, json};

use crate::error::CODES;
use crate::request::media::JSON_API;
use schema::name_of;

/// `GET /openapi.json`. Made at each request: it is asked for seldom and would be the largest thing in memory.
pub(crate) async fn document() -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        openapi().to_string(),
    )
        .into_response()
}

fn openapi() -> Value {
    let mut paths = Map::new();
    let mut components = schema::shared();
    for descriptor in registry().0 {
        add_paths(&mut paths, descriptor);
        components.extend(schema::of(descriptor));
    }
    paths.insert("/oauth/token".to_owned(), token_path());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kassa",
            "version": "1",
            "summary": "Klarna payments through a commerce JSON:API.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "parameters": parameters(),
            "schemas": components,
        },
    })
}

fn add_paths(paths: &mut Map<String, Value>, descriptor: &'static Descriptor) {
    let name = name_of(descriptor);
    if descriptor.singleton {
        let read = operation(
            "retrieve",
            descriptor,
            "200",
            &format!("{name}Document"),
            None,
        );
        paths.insert(
            format!("/api/{}", descriptor.singular),
            json!({"get": read}),
        );
        return;
    }
    paths.insert(format!("/api/{}", descriptor.kind), collection(descriptor));
    paths.insert(format!("/api/{}/{{id}}", descriptor.kind), one(descriptor));
    for relationship in descriptor.relationships {
        let target = match (relationship.to, relationship.many) {
            ([kind], many) => registry().find(kind).map(|target| {
                format!(
                    "{}{}",
                    name_of(target),
                    if many { "List" } else { "Document" }
                )
            }),
            _ => None,
        };
        let operation_id = format!("{}_{}", descriptor.kind, relationship.name);
        let answer = target.unwrap_or_else(|| "AnyDocument".to_owned());
        paths.insert(
            format!("/api/{}/{{id}}/{}", descriptor.kind, relationship.name),
            json!({
                "parameters": [{"$ref": "#/components/parameters/id"}],
                "get": {
                    "operationId": operation_id,
                    "tags": [descriptor.kind],
                    "parameters": references(&["include", "page_number", "page_size"]),
                    "responses": responses("200", &answer),
                },
            }),
        );
    }
}

fn collection(descriptor: &'static Descriptor) -> Value {
    let (name, verbs) = (name_of(descriptor), descriptor.verbs);
    let mut collection = Map::new();
    if verbs.list {
        let list = operation("list", descriptor, "200", &format!("{name}List"), None);
        collection.insert("get".to_owned(), list);
    }
    if verbs.create {
        let body = Some(format!("{name}Create"));
        let create = operation(
            "create",
            descriptor,
            "201",
            &format!("{name}Document"),
            body,
        );
        collection.insert("post".to_owned(), create);
    }
    collection.into()
}

fn one(descriptor: &'static Descriptor) -> Value {
    let (name, verbs) = (name_of(descriptor), descriptor.verbs);
    let mut one = Map::new();
    one.insert(
        "parameters".to_owned(),
        json!([{"$ref": "#/components/parameters/id"}]),
    );
    if verbs.retrieve {
        let read = operation(
            "retrieve",
            descriptor,
            "200",
            &format!("{name}Document"),
            None,
        );
        one.insert("get".to_owned(), read);
    }
    if verbs.update {
        let body = Some(format!("{name}Update"));
        let update = operation(
            "update",
            descriptor,
            "200",
            &format!("{name}Document"),
            body,
        );
        one.insert("patch".to_owned(), update);
    }
    if verbs.delete {
        let mut delete = operation("delete", descriptor, "204", "", None);
        delete["responses"]["204"] = json!({"description": "deleted"});
        one.insert("delete".to_owned(), delete);
    }
    one.into()
}

fn operation(
    verb: &str,
    descriptor: &Descriptor,
    status: &str,
    answer: &str,
    body: Option<String>,
) -> Value {
    let parameters = match verb {
        "list" => references(&["include", "sort", "page_number", "page_size", "filter"]),
        "delete" => json!([]),
        _ => references(&["include"]),
    };
    let mut operation = json!({
        "operationId": format!("{verb}_{}", descriptor.kind),
        "tags": [descriptor.kind],
        "parameters": parameters,
        "responses": responses(status, answer),
    });
    if let Some(schema) = body {
        operation["requestBody"] = json!({"required": true, "content": content(&schema)});
    }
    operation
}

fn responses(status: &str, schema: &str) -> Value {
    json!({
        status: {"description": "the resource", "content": content(schema)},
        "default": {"description": "refused", "content": content("Errors")},
    })
}

fn content(schema: &str) -> Value {
    json!({JSON_API: {"schema": {"$ref": format!("#/components/schemas/{schema}")}}})
}

fn references(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
        .collect()
}

fn parameters() -> Value {
    let query = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "query", "description": description, "schema": schema});
    json!({
        "id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
        "include": query("include", "Dotted relationship paths, comma-separated, up to four levels deep.", json!({"type": "string"})),
        "sort": query("sort", "Attributes, comma-separated; a leading minus sorts largest first.", json!({"type": "string"})),
        "page_number": query("page[number]", "From 1.", json!({"type": "integer", "minimum": 1, "default": 1})),
        "page_size": query("page[size]", "Rows of a page.", json!({"type": "integer", "minimum": 1, "maximum": 25, "default": 10})),
        "filter": {
            "name": "filter[q]",
            "in": "query",
            "style": "deepObject",
            "explode": true,
            "description": "filter[q][<attribute>_<predicate>]=<value>; several must all hold.",
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    })
}

fn token_path() -> Value {
    json!({
        "post": {
            "operationId": "issue_token",
            "security": [],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRequest"}}}},
            "responses": {
                "200": {"description": "a token", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"}}}},
                "default": {"description": "refused", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Errors"}}}},
            },
        },
    })
}

/// Codes that error objects may carry.
fn codes() -> Vec<&'static str> {
    CODES.iter().map(|known| known.code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` in the document.
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    match value {
                        Value::String(target) if key == "$ref" => found.push(target.clone()),
                        _ => collect(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 100);
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_resource_has_its_paths() {
        let document = openapi();
        for descriptor in registry().0 {
            let path = if descriptor.singleton {
                format!("/api/{}", descriptor.singular)
            } else {
                format!("/api/{}", descriptor.kind)
            };
            let found = &document["paths"][&path];
            assert_eq!(
                found.get("post").is_some(),
                descriptor.verbs.create && !descriptor.singleton,
                "{path}"
            );
        }
        assert!(document["paths"]["/api/orders/{id}/line_items"]["get"].is_object());
    }
}
