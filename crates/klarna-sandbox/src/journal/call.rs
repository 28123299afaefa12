//! A request as the journal keeps it, with enough of the answer to tell whether a replay gives the same.
//!
//! Invariant: what chance and the machine's clock did to an answer is in here (correlation id, fault, rate limit), so a
//! replay depends on the journal alone. `Date` is no part of an answer, and `Content-Length` follows from the body.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::Struck;
use crate::http::{Rendered, Standing};

/// One request with the proof of its answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The number of the request in its world, in the order of arrival.
    #[serde(rename = "n")]
    pub(crate) number: u64,
    /// `Klarna-Correlation-Id`.
    pub(crate) id: String,
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// `Klarna-Idempotency-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// `Kassa-Fault`, one value after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) asked: Vec<String>,
    /// The body as it was sent, where the command does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Sent>,
    /// The public address at that moment.
    pub(crate) url: String,
    /// The fault that hit the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Struck>,
    /// Where the call stood against its rate limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<Standing>,
    /// What left of the answer; nothing when the connection was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Answer>,
}

/// A body as it was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sent {
    Text(String),
    Base64(String),
    /// It was refused unread.
    TooLarge,
}

/// An answer, at least its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Of status, headers and body.
    pub(crate) digest: String,
    /// In the order of their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) headers: Option<Vec<(String, String)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
}

impl Sent {
    pub(crate) fn of(body: &[u8]) -> Option<Self> {
        if body.is_empty() {
            return None;
        }
        Some(match std::str::from_utf8(body) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(body)),
        })
    }

    /// The bytes, as far as they are known.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Base64(text) => STANDARD.decode(text).unwrap_or_default(),
            Self::TooLarge => Vec::new(),
        }
    }
}

impl Answer {
    /// The proof of an answer; `whole` keeps its headers and body, too.
    pub(crate) fn of(rendered: &Rendered, whole: bool) -> Self {
        let headers = sorted(rendered);
        let mut hasher = Sha256::new();
        hasher.update(rendered.status.to_be_bytes());
        for (name, value) in &headers {
            for part in [name, value.as_ref()] {
                hasher.update(part.as_bytes());
                hasher.update([0]);
            }
        }
        hasher.update([0]);
        hasher.update(&rendered.body);
        let digest: [u8; 32] = hasher.finalize().into();
        let digest = u128::from_be_bytes(std::array::from_fn(|index| digest[index]));
        let body = whole.then(|| String::from_utf8_lossy(&rendered.body).into_owned());
        Self {
            status: rendered.status,
            digest: format!("{digest:032x}"),
            headers: whole.then(|| {
                let owned = headers.into_iter();
                owned
                    .map(|(name, value)| (name.to_owned(), value.into_owned()))
                    .collect()
            }),
            body,
        }
    }

    /// Where this recorded answer and one of today part; `None` when they are the same to the byte.
    pub(crate) fn difference(&self, now: &Rendered) -> Option<String> {
        let again = Self::of(now, true);
        if self.digest == again.digest {
            return None;
        }
        if self.status != again.status {
            let body = again.body.unwrap_or_default();
            return Some(format!(
                "status {} was recorded, now {}: {body}",
                self.status, again.status
            ));
        }
        let (Some(headers), Some(body)) = (&self.headers, &self.body) else {
            let body = again.body.unwrap_or_default();
            return Some(format!(
                "headers or body differ (only their digest was recorded); now {} {body}",
                again.status
            ));
        };
        let new_headers = again.headers.unwrap_or_default();
        if *headers != new_headers {
            let pairs = headers.iter().zip(&new_headers);
            let (was, is) = pairs
                .filter(|(was, is)| was != is)
                .map(|(was, is)| {
                    (
                        format!("{}: {}", was.0, was.1),
                        format!("{}: {}", is.0, is.1),
                    )
                })
                .next()
                .unwrap_or_else(|| (format!("{headers:?}"), format!("{new_headers:?}")));
            return Some(format!("header `{was}` was recorded, now `{is}`"));
        }
        Some(body_difference(body, &again.body.unwrap_or_default()))
    }
}

/// Headers as text in the order of their names, without those that the connection adds.
fn sorted(rendered: &Rendered) -> Vec<(&str, Cow<'_, str>)> {
    let mut headers: Vec<_> = rendered
        .headers
        .iter()
        .filter(|(name, _)| !matches!(**name, header::DATE | header::CONTENT_LENGTH))
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort_unstable();
    headers
}

fn body_difference(was: &str, is: &str) -> String {
    let at = was
        .char_indices()
        .zip(is.char_indices())
        .find(|((_, was), (_, is))| was != is)
        .map_or(was.len().min(is.len()), |((at, _), _)| at);
    let around = |text: &str| -> String {
        let from = text.floor_char_boundary(at.saturating_sub(30));
        let tail = text.get(from..).unwrap_or_default();
        tail.chars().take(80).collect()
    };
    format!(
        "the body differs from byte {at} on: `{}` was recorded, now `{}`",
        around(was),
        around(is)
    )
}
