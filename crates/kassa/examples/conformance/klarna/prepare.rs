//! The documents for programs that take them as they are: corrected, and completed by what Klarna answers beyond them.
//!
//! Invariant: one list, `expectations.toml`, says what is known to differ; nothing is corrected here on its own.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::document::{DOCUMENTS, corrected};
use super::expectations::Expectations;
use super::judge::error_body;

/// Writes each document as JSON, named after its API.
pub fn write(folder: &Path, expectations: &Expectations, into: &Path) -> Result<()> {
    for (api, file) in DOCUMENTS {
        let mut document = corrected(folder, file, expectations)?;
        let mut errors = Map::new();
        let paths = document.get_mut("paths").and_then(Value::as_object_mut);
        for (path, item) in paths.context("no `paths`")? {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                let answers = operation
                    .get_mut("responses")
                    .and_then(Value::as_object_mut);
                if let Some(answers) = answers {
                    let more = expectations.undocumented(&method.to_uppercase(), path);
                    complete(answers, more, &mut errors);
                }
            }
        }
        let schemas = document
            .pointer_mut("/components/schemas")
            .and_then(Value::as_object_mut);
        schemas.context("no schemas")?.extend(errors);
        let name = format!("{}.json", api.replace(' ', "-"));
        std::fs::write(into.join(&name), document.to_string())
            .with_context(|| format!("write {name}"))?;
    }
    Ok(())
}

/// Adds the statuses that the document leaves out, and the error body to the errors that it leaves bare.
fn complete<'a>(
    answers: &mut Map<String, Value>,
    undocumented: impl Iterator<Item = (u16, &'a [String])>,
    errors: &mut Map<String, Value>,
) {
    for (status, codes) in undocumented {
        let mut answer = json!({"description": "beyond the document"});
        if !codes.is_empty() {
            answer["content"] = content(codes, errors);
        }
        answers.entry(status.to_string()).or_insert(answer);
    }
    for (status, answer) in answers {
        // A 401 is a page of the edge.
        let is_error = status.starts_with(['4', '5']) && status != "401";
        if is_error && answer.get("content").is_none() {
            answer["content"] = content(&[], errors);
        }
    }
}

/// A body that is Klarna's error, with one of these codes where there are any; its schema is put into `errors`.
fn content(codes: &[String], errors: &mut Map<String, Value>) -> Value {
    let name = match codes {
        [] => "any_error".to_owned(),
        codes => format!("error_{}", codes.join("_or_").to_lowercase()),
    };
    let reference = format!("#/components/schemas/{name}");
    errors.entry(name).or_insert_with(|| error_body(codes));
    json!({"application/json": {"schema": {"$ref": reference}}})
}
