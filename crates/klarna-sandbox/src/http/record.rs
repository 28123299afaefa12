//! What the journal keeps of a request, and the request that a replay makes of it.
//!
//! Invariant: a replayed request goes through the same code as a fresh one; only what came from chance, from the machine's
//! clock or from a fault rule is taken from the journal. No header from outside can ask for that.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use kassa_environment::SeededEntropy;

use super::rate::Standing;
use super::render::{self, Rendered};
use super::struck::Outgoing;
use crate::Sandbox;
use crate::fault::{HeaderFaults, Strike, Struck};
use crate::journal::{Answer, Call, Entry, Sent};
use crate::slot::Moment;
use crate::world::{Command, Numbered, Reply, uuid};

/// What a replay puts in the place of chance: it travels with the request, out of reach of the wire.
#[derive(Debug, Clone)]
pub(crate) struct Script(pub(crate) Arc<Entry>);

impl Script {
    pub(super) fn call(&self) -> Option<&Call> {
        self.0.call.as_ref()
    }

    pub(super) fn at(&self) -> Timestamp {
        self.0.at
    }

    /// The time and chance of then.
    pub(crate) fn moment(&self) -> Moment<'static> {
        Moment::Then {
            at: self.0.at,
            seed: self.0.seed,
        }
    }

    pub(crate) fn command(&self) -> Option<Command> {
        self.0.command.clone()
    }

    /// The fault that struck then.
    pub(super) fn struck(&self) -> Option<&Struck> {
        self.call()?.fault.as_ref()
    }

    /// Whether the request was refused at the door though it could have become a command.
    pub(super) fn was_refused(&self) -> bool {
        self.0.command.is_none() && self.struck().is_none()
    }
}

/// A request as it arrived in its world.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) correlation_id: String,
    pub(super) key: Option<String>,
    pub(super) body: Bytes,
    pub(super) script: Option<Script>,
    pub(super) url: String,
    number: u64,
    method: String,
    path: String,
    too_large: bool,
    /// `Kassa-Fault`, one value after the other.
    asked: Vec<String>,
}

impl Facts {
    /// A request with its number, which a replayed one has already; without a body it was too large to be read.
    pub(super) fn of(
        sandbox: &Sandbox,
        numbered: Option<Numbered>,
        parts: &Parts,
        path: &str,
        body: Option<Bytes>,
    ) -> Self {
        let script = parts.extensions.get::<Script>().cloned();
        let (number, correlation_id) = match script.as_ref().and_then(Script::call) {
            Some(call) => (call.number, call.id.clone()),
            None => {
                let Numbered { number, seed } = numbered.unwrap_or_default();
                let id = match seed {
                    Some(seed) => uuid(&SeededEntropy::new(seed), 4),
                    None => uuid(&*sandbox.entropy, 4),
                };
                (number, id)
            }
        };
        Self {
            correlation_id,
            key: text_of(&parts.headers, "klarna-idempotency-key"),
            too_large: body.is_none(),
            body: body.unwrap_or_default(),
            url: sandbox.public_url(),
            number,
            method: parts.method.to_string(),
            path: path.to_owned(),
            asked: fault_headers(&parts.headers),
            script,
        }
    }

    /// The time and chance of a command that comes with this request.
    pub(super) fn moment<'a>(&self, sandbox: &'a Sandbox, asked: &'a HeaderFaults) -> Moment<'a> {
        match &self.script {
            Some(script) => script.moment(),
            None => sandbox.now_under(asked),
        }
    }

    pub(super) fn rendered(&self, reply: &Reply) -> Rendered {
        render::reply(reply, &self.correlation_id, &self.url)
    }

    /// The body for the journal, unless the command has it anyway.
    pub(super) fn sent(&self, command: Option<&Command>) -> Option<Sent> {
        if self.too_large {
            return Some(Sent::TooLarge);
        }
        match command.and_then(Command::body) {
            Some(body) if !body.is_null() => None,
            _ => Sent::of(&self.body),
        }
    }

    /// The record of this request.
    pub(super) fn call(
        &self,
        sent: Option<Sent>,
        strike: Option<&Strike>,
        rate: Option<Standing>,
        outgoing: &Outgoing,
        whole: bool,
    ) -> Call {
        Call {
            number: self.number,
            id: self.correlation_id.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            key: self.key.clone(),
            body: sent,
            url: self.url.clone(),
            fault: strike.map(Strike::struck),
            asked: self.asked.clone(),
            rate,
            answer: outgoing.leaving().map(|answer| Answer::of(&answer, whole)),
        }
    }
}

/// Whether a request is to be numbered: a replayed one has its number.
pub(super) fn is_fresh(parts: &Parts) -> bool {
    let script = parts.extensions.get::<Script>();
    script.and_then(Script::call).is_none()
}

/// The values of `Kassa-Fault` as they can be sent again.
fn fault_headers(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all("kassa-fault").iter();
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}

/// The length that a request announces.
pub(super) fn announced(headers: &HeaderMap) -> usize {
    text_of(headers, header::CONTENT_LENGTH.as_str())
        .and_then(|length| length.parse().ok())
        .unwrap_or(0)
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}
