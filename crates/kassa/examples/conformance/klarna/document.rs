//! Klarna's published OpenAPI 3.0 documents, read into what an answer can be held against.
//!
//! Invariant: nothing of a document is left out in silence. A construct that is not understood here is an error, so
//! a newer document cannot make the comparison weaker without anyone noticing.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::expectations::Expectations;

/// The documents, with the names under which they are reported.
pub const DOCUMENTS: &[(&str, &str)] = &[
    ("payments", "klarna-payments.openapi.yaml"),
    ("order management", "klarna-order-management.openapi.yaml"),
    ("customer token", "klarna-customer-token.openapi.yaml"),
    (
        "hosted payment page",
        "klarna-hosted-payment-page.openapi.yaml",
    ),
];

/// What the four documents publish together; another number means that a document was misread or replaced.
const OPERATIONS: usize = 31;

/// One published operation.
pub struct Operation {
    /// The document it is in.
    pub api: &'static str,
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// Whether the document describes a body to send.
    pub takes_body: bool,
    /// The documented answers by status.
    pub answers: BTreeMap<u16, Answer>,
}

/// One documented answer.
pub struct Answer {
    /// Holds a body against its schema; `None` where no body is documented.
    pub schema: Option<Validator>,
    /// Headers that the document names.
    pub headers: Vec<String>,
}

impl Operation {
    /// `GET /payments/v1/sessions/{session_id}`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether a concrete path belongs to this operation's template.
    pub fn is_at(&self, path: &str) -> bool {
        let (mut ours, mut theirs) = (self.path.split('/'), path.split('/'));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(one), Some(other)) if one.starts_with('{') || one == other => {}
                _ => return false,
            }
        }
    }
}

/// Reads all four documents, their known slips corrected.
pub fn read(folder: &Path, expectations: &Expectations) -> Result<Vec<Operation>> {
    let mut operations = Vec::new();
    for (api, file) in DOCUMENTS {
        let document = corrected(folder, file, expectations)?;
        operations
            .extend(operations_of(api, &document).with_context(|| format!("understand {file}"))?);
    }
    ensure!(
        operations.len() == OPERATIONS,
        "the documents name {} operations, not {OPERATIONS}",
        operations.len()
    );
    Ok(operations)
}

/// One document, its known slips corrected.
pub fn corrected(folder: &Path, file: &str, expectations: &Expectations) -> Result<Value> {
    let text = crate::read(&folder.join(file))?;
    let mut document: Value =
        serde_saphyr::from_str(&text).with_context(|| format!("read {file}"))?;
    expectations.correct(file, &mut document)?;
    Ok(document)
}

fn operations_of(api: &'static str, document: &Value) -> Result<Vec<Operation>> {
    let schemas = schemas(document)?;
    let mut operations = Vec::new();
    for (path, item) in members(document, "paths")? {
        for (method, operation) in item.as_object().context("a path holds no methods")? {
            if method == "parameters" {
                continue;
            }
            let name = format!("{method} {path}");
            let mut answers = BTreeMap::new();
            for (status, answer) in members(operation, "responses")? {
                let status = status
                    .parse()
                    .with_context(|| format!("{name} documents the status `{status}`"))?;
                let answer = answer_of(answer, &schemas)
                    .with_context(|| format!("{name}, status {status}"))?;
                answers.insert(status, answer);
            }
            operations.push(Operation {
                api,
                method: method.to_uppercase(),
                path: path.clone(),
                takes_body: operation.get("requestBody").is_some(),
                answers,
            });
        }
    }
    Ok(operations)
}

fn answer_of(answer: &Value, schemas: &Value) -> Result<Answer> {
    let headers = match answer.get("headers") {
        Some(headers) => headers.as_object().context("headers are no object")?,
        None => &Map::new(),
    };
    let content = match answer.get("content") {
        Some(content) => content.as_object().context("content is no object")?,
        None => &Map::new(),
    };
    let schema = match content.iter().next() {
        None => None,
        Some((kind, body)) => {
            ensure!(
                content.len() == 1 && kind == "application/json",
                "the body may be something else than JSON"
            );
            let schema = body.get("schema").context("a body without a schema")?;
            Some(validator(schema, schemas)?)
        }
    };
    Ok(Answer {
        schema,
        headers: headers.keys().cloned().collect(),
    })
}

/// OpenAPI 3.0 schemas are JSON Schema's draft 4 with a few words of their own; `schemas` rewrote those.
fn validator(schema: &Value, schemas: &Value) -> Result<Validator> {
    let mut whole = as_draft_4(schema)?;
    let members = whole.as_object_mut().context("a schema is no object")?;
    members.insert("components".to_owned(), json!({"schemas": schemas}));
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .build(&whole)
        .map_err(|error| anyhow::anyhow!("the schema cannot be used: {error}"))
}

fn schemas(document: &Value) -> Result<Value> {
    let mut schemas = Map::new();
    let components = document.get("components").context("no components")?;
    for (name, schema) in members(components, "schemas")? {
        let schema = as_draft_4(schema).with_context(|| format!("schema `{name}`"))?;
        schemas.insert(name.clone(), schema);
    }
    Ok(schemas.into())
}

/// One schema in the words of draft 4.
///
/// Objects are closed: a member that Klarna does not publish would be our invention, and a client generated from the
/// document may stumble over it.
fn as_draft_4(schema: &Value) -> Result<Value> {
    let schema = schema.as_object().context("a schema is no object")?;
    let mut draft = Map::new();
    for (word, value) in schema {
        match word.as_str() {
            "properties" => {
                let properties = value.as_object().context("properties are no object")?;
                let rewritten: Result<Map<String, Value>> = properties
                    .iter()
                    .map(|(name, schema)| Ok((name.clone(), as_draft_4(schema)?)))
                    .collect();
                draft.insert(word.clone(), rewritten?.into());
                draft.insert("additionalProperties".to_owned(), false.into());
            }
            "items" => {
                draft.insert(word.clone(), as_draft_4(value)?);
            }
            "$ref" => {
                // Names of schemas hold spaces, which a reference may not.
                let reference = value.as_str().context("a reference is no text")?;
                draft.insert(word.clone(), reference.replace(' ', "%20").into());
            }
            "enum" | "format" | "maxItems" | "maxLength" | "maximum" | "minItems" | "minLength"
            | "minimum" | "pattern" | "required" | "type" | "uniqueItems" => {
                draft.insert(word.clone(), value.clone());
            }
            // Words for people, and `readOnly`, which binds requests only.
            "default" | "deprecated" | "description" | "example" | "readOnly" | "title" | "xml" => {
            }
            "nullable" => {}
            other => anyhow::bail!("the word `{other}` is not understood"),
        }
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        return Ok(json!({"anyOf": [draft, {"type": "null"}]}));
    }
    Ok(draft.into())
}

fn members<'a>(parent: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    parent
        .get(name)
        .and_then(Value::as_object)
        .with_context(|| format!("no `{name}`"))
}
