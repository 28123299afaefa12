//! Holds one answer against the document, and against what every answer of Klarna has.
//!
//! Invariant: a verdict names each thing that is not as published, in words that do not depend on ids or amounts, so
//! that the same thing seen a thousand times is one finding.

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::document::{Answer, Operation};
use super::sandbox::Exchange;

/// The checker; it holds the schema of Klarna's error body, which most documented errors leave out.
pub struct Judge {
    error_body: Validator,
}

/// What is not as published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The document does not name the status for this operation.
    Undocumented { code: String },
    /// The body, a header, or what all answers have in common.
    Deviation(String),
}

impl Judge {
    pub fn new() -> anyhow::Result<Self> {
        let schema = error_body(&[]);
        let error_body = jsonschema::options()
            .with_draft(Draft::Draft4)
            .build(&schema)
            .map_err(|error| anyhow::anyhow!("the schema of error bodies: {error}"))?;
        Ok(Self { error_body })
    }

    /// Everything about this answer that is not as published.
    pub fn findings(&self, operation: &Operation, exchange: &Exchange) -> Vec<Finding> {
        let mut findings = Vec::new();
        let answer = operation.answers.get(&exchange.status);
        if answer.is_none() {
            let code = exchange.json()["error_code"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            findings.push(Finding::Undocumented { code });
        }
        let schema = answer.and_then(|answer| answer.schema.as_ref());
        let mut deviations = self.body(schema, exchange);
        deviations.extend(
            answer
                .map(|answer| headers(answer, exchange))
                .unwrap_or_default(),
        );
        deviations.extend(common(exchange));
        findings.extend(deviations.into_iter().map(Finding::Deviation));
        findings
    }

    fn body(&self, schema: Option<&Validator>, exchange: &Exchange) -> Vec<String> {
        let is_error = exchange.status >= 400;
        if exchange.body.is_empty() {
            return match (schema, is_error) {
                (None, false) => Vec::new(),
                _ => vec!["body: missing".to_owned()],
            };
        }
        let Ok(body) = serde_json::from_str(&exchange.body) else {
            return vec!["body: no JSON".to_owned()];
        };
        let mut found = Vec::new();
        if is_error {
            found.extend(against(&self.error_body, &body, "error body"));
        }
        match schema {
            Some(schema) => found.extend(against(schema, &body, "body")),
            None if !is_error => found.push("body: not documented".to_owned()),
            None => {}
        }
        found
    }
}

/// The schema of Klarna's error body: three members, in all APIs. Without codes any code is good.
// Klarna: docs/klarna/authentication.md
pub fn error_body(codes: &[String]) -> Value {
    let mut code = json!({"type": "string", "pattern": "^[A-Z]+(_[A-Z]+)*$"});
    if !codes.is_empty() {
        code["enum"] = codes.into();
    }
    json!({
        "type": "object",
        "required": ["error_code", "error_messages", "correlation_id"],
        "properties": {
            "error_code": code,
            "error_messages": {"type": "array", "items": {"type": "string"}},
            "correlation_id": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        },
    })
}

/// One line for each rule of the schema that the body breaks: where, and which rule.
fn against(schema: &Validator, body: &Value, what: &str) -> Vec<String> {
    let mut found: Vec<String> = schema
        .iter_errors(body)
        .map(|error| {
            let place: Vec<String> = error
                .instance_path()
                .to_string()
                .split('/')
                .map(|part| match part.parse::<usize>() {
                    Ok(_) => "*".to_owned(),
                    Err(_) => part.to_owned(),
                })
                .collect();
            let rule = error.schema_path().to_string();
            let rule = rule.rsplit('/').next().unwrap_or_default();
            let detail = match rule {
                "additionalProperties" | "required" => format!(": {error}"),
                _ => String::new(),
            };
            format!("{what} {} breaks {rule}{detail}", place.join("/"))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn headers(answer: &Answer, exchange: &Exchange) -> Vec<String> {
    let mut found = Vec::new();
    for name in &answer.headers {
        match exchange.header(name) {
            None | Some("") => found.push(format!("header {name}: missing")),
            Some(_) => {}
        }
    }
    // What was created is at `Location`, absolute, and its id is the last part: the name of the header ends in `-Id`.
    let created = answer.headers.iter().find(|name| name.ends_with("-Id"));
    if let (Some(name), Some(location)) = (created, exchange.header("location")) {
        let id = exchange.header(name).unwrap_or_default();
        if !location.starts_with("http") || !location.ends_with(&format!("/{id}")) {
            found.push(format!("header Location: does not lead to the {name}"));
        }
    }
    found
}

/// What recorded answers of all operations have: a correlation id, equal in header and error body, and a JSON type.
fn common(exchange: &Exchange) -> Vec<String> {
    let mut found = Vec::new();
    let header = exchange.header("klarna-correlation-id");
    match header {
        None => found.push("header Klarna-Correlation-Id: missing".to_owned()),
        Some(id) => {
            if let Some(other) = exchange.json()["correlation_id"].as_str()
                && other != id
            {
                found.push("correlation id: header and body differ".to_owned());
            }
        }
    }
    let kind = exchange.header("content-type").unwrap_or_default();
    if !exchange.body.is_empty() && !kind.starts_with("application/json") {
        found.push(format!("header Content-Type: {kind}"));
    }
    found
}
