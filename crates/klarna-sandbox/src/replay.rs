//! Doing everything again that a journal tells, and comparing every answer to the byte.
//!
//! Invariant: nothing but the journal takes part: a fresh world in memory, a clock that shows what the entries say, and
//! the same code that answered first.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kassa_environment::{ManualClock, SeededEntropy};
use tower::ServiceExt as _;

use crate::http::{BODY_LIMIT, Rendered, Script};
use crate::journal::{self, Call, Entry, Sent};
use crate::slot::{Moment, Replacement, SharedSlot};
use crate::world::{Birth, RULES_VERSION, Settings, World};
use crate::{Credential, Sandbox, SandboxConfig, SandboxError};

/// The key of the world in which everything happens again.
const KEY: &str = "klarna_test_api_replay";

/// What came of a replay.
#[derive(Debug)]
pub struct Replayed {
    /// Things that were done again.
    pub entries: usize,
    /// Answers that were compared.
    pub answers: usize,
    /// Whether the journal was written under the rules of today.
    pub same_rules: bool,
    /// Whether the journal lacks its end.
    pub truncated: bool,
    /// The first answer that is another one now.
    pub difference: Option<Difference>,
}

/// An answer that is another one now.
#[derive(Debug)]
pub struct Difference {
    /// The line of the journal, counted from 1.
    pub line: usize,
    /// Method and path.
    pub request: String,
    /// Its correlation id, for the log of then.
    pub correlation_id: String,
    /// What differs first.
    pub what: String,
}

/// Why a journal cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is no journal.
    #[error("line {line}: {reason}")]
    Damaged {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The sandbox did not do its work.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A line holds a request that cannot be made.
    #[error("line {line}: {reason}")]
    Request {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Does everything again that an exported journal tells, up to the first answer that differs.
///
/// # Errors
/// When the text is no journal.
pub async fn replay(text: &str) -> Result<Replayed, ReplayError> {
    let parsed = journal::parse(text).map_err(|damage| ReplayError::Damaged {
        line: damage.line,
        reason: damage.reason,
    })?;
    let mut replayed = Replayed {
        entries: 0,
        answers: 0,
        same_rules: parsed.header.rules == RULES_VERSION,
        truncated: parsed.header.truncated,
        difference: None,
    };
    let plain = Birth::plain("Sandbox shop", Settings::default());
    let born = parsed.header.born.unwrap_or(plain);
    let world = parsed.base.unwrap_or_else(|| World::born(&born));
    let stage = Stage::set(&born, world).await?;
    let before = if parsed.header.base { 2 } else { 1 };
    for (index, entry) in parsed.entries.into_iter().enumerate() {
        let line = before + index + 1;
        replayed.entries += 1;
        let call = entry.call.clone();
        let what = stage.play(entry, line).await?;
        let Some(call) = call else { continue };
        replayed.answers += 1;
        if let Some(what) = what {
            replayed.difference = Some(Difference {
                line,
                request: format!("{} {}", call.method, call.path),
                correlation_id: call.id,
                what,
            });
            break;
        }
    }
    Ok(replayed)
}

/// The sandbox in which everything happens again.
struct Stage {
    sandbox: Arc<Sandbox>,
    router: Router,
    slot: SharedSlot,
}

impl Stage {
    async fn set(born: &Birth, world: World) -> Result<Self, SandboxError> {
        let credential = Credential {
            username: "replay".to_owned(),
            password: KEY.to_owned(),
            api_key: KEY.to_owned(),
            merchant_name: born.name.clone(),
        };
        let config = SandboxConfig {
            credentials: vec![credential],
            ..SandboxConfig::default()
        };
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let sandbox = Sandbox::open(config, clock, Arc::new(SeededEntropy::new(0)))?;
        let slot = sandbox.world(0).await?;
        let by = Replacement {
            world,
            born: Some(born.clone()),
            base: None,
            entries: Vec::new(),
        };
        sandbox.replace_world(&slot, by).await?;
        Ok(Self {
            router: sandbox.router(),
            sandbox,
            slot,
        })
    }

    /// Does one thing again; says what differs, if something does.
    async fn play(&self, entry: Entry, line: usize) -> Result<Option<String>, ReplayError> {
        let (at, seed) = (entry.at, entry.seed);
        let Some(call) = entry.call.clone() else {
            if let Some(command) = entry.command {
                let moment = Moment::Then { at, seed };
                self.slot.execute(command, moment).await?;
            }
            return Ok(None);
        };
        self.sandbox.set_public_url(&call.url);
        let request = request(&call, entry).map_err(|error| ReplayError::Request {
            line,
            reason: error.to_string(),
        })?;
        let now = self.answer(request).await;
        Ok(match (&call.answer, now) {
            (Some(then), Some(now)) => then.difference(&now),
            (None, None) => None,
            (None, Some(now)) => Some(format!(
                "the connection was dropped, now status {} is answered",
                now.status
            )),
            (Some(then), None) => Some(format!(
                "status {} was recorded, now the connection is dropped",
                then.status
            )),
        })
    }

    /// What comes of the answer; nothing when the connection is dropped before its first byte.
    async fn answer(&self, request: Request<Body>) -> Option<Rendered> {
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, mut body) = response.into_parts();
        let (mut bytes, mut broke) = (Vec::new(), false);
        while let Some(frame) = body.frame().await {
            match frame.map(|frame| frame.into_data()) {
                Ok(data) => bytes.extend_from_slice(&data.unwrap_or_default()),
                Err(_) => broke = true,
            }
        }
        let whole = !broke || !bytes.is_empty();
        whole.then(|| Rendered {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: bytes.into(),
        })
    }
}

/// The request of a recorded call.
fn request(call: &Call, entry: Entry) -> Result<Request<Body>, axum::http::Error> {
    let mut request = Request::builder()
        .method(call.method.as_str())
        .uri(&call.path)
        .header(header::AUTHORIZATION, format!("Basic {KEY}"));
    if let Some(key) = &call.key {
        request = request.header("klarna-idempotency-key", key);
    }
    for asked in &call.asked {
        request = request.header("kassa-fault", asked);
    }
    if call.body == Some(Sent::TooLarge) {
        request = request.header(header::CONTENT_LENGTH, BODY_LIMIT + 1);
    }
    let body = match (&call.body, &entry.command) {
        (Some(sent), _) => sent.bytes(),
        (None, Some(command)) => match command.body() {
            Some(body) if !body.is_null() => body.to_string().into_bytes(),
            _ => Vec::new(),
        },
        (None, None) => Vec::new(),
    };
    request
        .extension(Script(Arc::new(entry)))
        .body(Body::from(body))
}
