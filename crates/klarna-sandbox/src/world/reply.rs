//! What the world answers: a status, a body, a few headers. Rendering to bytes happens in `http/`.
//!
//! Invariant: a reply carries no correlation id and no host name, so a stored reply can be given again verbatim.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The answer to one command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// The body.
    pub body: ReplyBody,
    /// Headers beyond the common set. A `Location` value is a path; the HTTP side puts the public address before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

/// The body of a [`Reply`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyBody {
    /// No body at all.
    Empty,
    /// A JSON document.
    Json(Value),
    /// Klarna's error object; the correlation id is added when it is sent.
    Error(Box<ErrorBody>),
}

/// Klarna's error object without its correlation id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// `error_code`.
    pub code: String,
    /// `error_messages`.
    pub messages: Vec<String>,
    /// Members that only some errors have, such as `fraud_status`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Reply {
    /// A success with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            body: ReplyBody::Json(body),
            headers: Vec::new(),
        }
    }

    /// A success without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            body: ReplyBody::Empty,
            headers: Vec::new(),
        }
    }

    /// An error with one message.
    #[must_use]
    pub fn error(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self::errors(status, code, vec![message.into()])
    }

    /// An error with any number of messages.
    #[must_use]
    pub fn errors(status: u16, code: &str, messages: Vec<String>) -> Self {
        Self {
            status,
            body: ReplyBody::Error(Box::new(ErrorBody {
                code: code.to_owned(),
                messages,
                extra: Map::new(),
            })),
            headers: Vec::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The JSON body of a success.
    #[must_use]
    pub fn document(&self) -> Option<&Value> {
        match &self.body {
            ReplyBody::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The id of what a call made, where a header and no body tells it: a capture, a refund.
    #[must_use]
    pub fn made(&self) -> Option<&str> {
        let headers = self.headers.iter();
        let mut ids =
            headers.filter(|(name, _)| matches!(name.as_str(), "Capture-Id" | "Refund-Id"));
        ids.next().map(|(_, id)| id.as_str())
    }

    /// The code of an error.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        match &self.body {
            ReplyBody::Error(error) => Some(&error.code),
            _ => None,
        }
    }

    /// An error as the control API quotes it; `None` for a success.
    #[must_use]
    pub fn refusal(&self) -> Option<Value> {
        match &self.body {
            ReplyBody::Error(error) => Some(json!({
                "status": self.status,
                "error_code": error.code,
                "error_messages": error.messages,
            })),
            _ => None,
        }
    }

    /// The first message of an error.
    #[must_use]
    pub fn error_message(&self) -> Option<&str> {
        match &self.body {
            ReplyBody::Error(error) => error.messages.first().map(String::as_str),
            _ => None,
        }
    }
}

/// A refusal that ends a command early, or the success that does.
pub(crate) type Outcome = Result<Reply, Reply>;

/// `400 BAD_VALUE` in the wire form `Bad value: <path>[, <path>...]`.
pub(crate) fn bad_value(paths: &[String]) -> Reply {
    Reply::error(400, "BAD_VALUE", format!("Bad value: {}", paths.join(", ")))
}

/// `400 BAD_REQUEST`, which says nothing more.
#[must_use]
pub fn bad_request() -> Reply {
    Reply::errors(400, "BAD_REQUEST", Vec::new())
}
