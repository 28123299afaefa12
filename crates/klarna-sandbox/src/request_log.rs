//! The last requests of a world, for finding out what happened by any id.
//!
//! Invariant: bounded, in memory, and redacted when it is read: tokens, names, addresses and numbers of people never
//! leave it. The raw bytes are kept only to redact them lazily.

use std::collections::VecDeque;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Bytes of a body that the log keeps.
const BODY_LIMIT: usize = 16 * 1024;

/// Members that are never shown.
const SECRET: [&str; 18] = [
    "authorization",
    "client_token",
    "authorization_token",
    "national_identification_number",
    "last_four_ssn",
    "date_of_birth",
    "email",
    "phone",
    "given_name",
    "family_name",
    "street_address",
    "street_address2",
    "password",
    "api_key",
    "attachment",
    "vat_id",
    "organization_registration_id",
    "customer_token",
];

/// One request with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) at: Timestamp,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operation: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) correlation_id: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) fault: Option<&'static str>,
    pub(crate) request: Bytes,
    pub(crate) response: Bytes,
    pub(crate) duration_us: i64,
}

/// The bounded log.
#[derive(Debug)]
pub(crate) struct RequestLog {
    limit: usize,
    entries: VecDeque<Logged>,
}

impl RequestLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: VecDeque::new(),
        }
    }

    pub(crate) fn add(&mut self, mut entry: Logged) {
        if self.limit == 0 {
            return;
        }
        while self.entries.len() >= self.limit {
            self.entries.pop_front();
        }
        for body in [&mut entry.request, &mut entry.response] {
            if body.len() > BODY_LIMIT {
                *body = Bytes::new();
            }
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Entries with this correlation id, or mentioning the text anywhere, newest first.
    pub(crate) fn find(
        &self,
        correlation_id: Option<&str>,
        text: Option<&str>,
        limit: usize,
    ) -> Vec<Value> {
        self.entries
            .iter()
            .rev()
            .filter(|entry| correlation_id.is_none_or(|id| entry.correlation_id == id))
            .filter(|entry| text.is_none_or(|text| entry.mentions(text)))
            .take(limit)
            .map(Logged::shown)
            .collect()
    }
}

impl Logged {
    fn mentions(&self, text: &str) -> bool {
        let within = |bytes: &Bytes| {
            !text.is_empty()
                && bytes
                    .windows(text.len())
                    .any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
        };
        self.path.contains(text)
            || self.correlation_id == text
            || self.operation == text
            || self.idempotency_key.as_deref() == Some(text)
            || within(&self.request)
            || within(&self.response)
    }

    fn shown(&self) -> Value {
        json!({
            "time": self.at.to_string(),
            "method": self.method,
            "path": shown_path(&self.path),
            "operation": self.operation,
            "status": self.status,
            "correlation_id": self.correlation_id,
            "idempotency_key": self.idempotency_key,
            "fault": self.fault,
            "duration_us": self.duration_us,
            "request": shown_body(&self.request),
            "response": shown_body(&self.response),
        })
    }
}

/// Authorization and customer tokens in a path are secrets: their head is enough to recognise them.
fn shown_path(path: &str) -> String {
    let mut hide = false;
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| {
            let hidden = hide && segment.len() > 8;
            hide = matches!(segment, "authorizations" | "tokens");
            if hidden {
                let head: String = segment.chars().take(8).collect();
                format!("{head}…")
            } else {
                segment.to_owned()
            }
        })
        .collect();
    segments.join("/")
}

fn shown_body(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    match serde_json::from_slice(body) {
        Ok(mut value) => {
            redact(&mut value);
            value
        }
        Err(_) => Value::from(format!("{} bytes that are no JSON", body.len())),
    }
}

/// Replaces the values of secret members, at any depth.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if SECRET.contains(&name.as_str()) && !value.is_null() {
                    *value = Value::from("***");
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(path: &str, request: &'static str) -> Logged {
        Logged {
            at: Timestamp::UNIX_EPOCH,
            method: "POST".into(),
            path: path.into(),
            operation: "place_order",
            status: Some(200),
            correlation_id: "c-1".into(),
            idempotency_key: None,
            fault: None,
            request: Bytes::from_static(request.as_bytes()),
            response: Bytes::new(),
            duration_us: 1,
        }
    }

    #[test]
    fn people_and_tokens_are_redacted() {
        let mut log = RequestLog::new(2);
        log.add(logged(
            "/payments/v1/authorizations/0b1e5c3a-0000-4000-8000-000000000000/order",
            r#"{"billing_address": {"email": "a@example.com", "city": "Berlin"}}"#,
        ));
        let found = log.find(Some("c-1"), None, 10);
        let text = found[0].to_string();
        assert!(!text.contains("example.com"), "{text}");
        assert!(!text.contains("000000000000"), "{text}");
        assert!(text.contains("Berlin"));
    }

    #[test]
    fn the_log_is_bounded_and_found_by_any_id() {
        let mut log = RequestLog::new(2);
        for reference in [r#"{"r":"one"}"#, r#"{"r":"two"}"#, r#"{"r":"three"}"#] {
            log.add(logged("/x", reference));
        }
        assert_eq!(log.find(None, None, 10).len(), 2);
        assert_eq!(log.find(None, Some("three"), 10).len(), 1);
        assert!(log.find(None, Some("one"), 10).is_empty());
    }
}
