//! One POST to an address that a user gave.
//!
//! Invariant: no redirect is followed, no connection is used twice, no more of an answer is kept than allowed, and all
//! of it ends in time. The error says whether the request can have reached the other side. TLS is prepared at the
//! first `https` target, so a start never waits for the system's certificates.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::TokioExecutor;
use kassa_environment::timeout;

use crate::address::Targets;
use crate::resolver::{Reachable, Resolver};
use crate::signature::Signing;
use crate::target::{Target, TargetRefused};

type Connector = HttpConnector<Resolver<GaiResolver, Reachable>>;
type Plain = Client<Connector, Full<Bytes>>;
type Secure = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// A JSON body for somebody.
#[derive(Debug, Clone)]
pub struct Post<'a> {
    /// Where to, as the user gave it.
    pub url: &'a str,
    /// The body; sent as `application/json`.
    pub body: Bytes,
    /// Says that two calls are one, to those who honour `Idempotency-Key`.
    pub idempotency_key: Option<&'a str>,
    /// What signs it.
    pub signing: Signing<'a>,
}

/// How long a call may take and how much of its answer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// From the first look at the name to the end of the answer.
    pub answer_within: Duration,
    /// Bytes of the answer's body that are kept.
    pub answer_bytes: usize,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// What the status is called.
    pub reason: &'static str,
    /// The body, or its beginning.
    pub body: Bytes,
    /// Whether the body ended within the limits.
    pub whole: bool,
}

impl Answer {
    /// Whether the status is of the 2xx kind.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// The address may not be called; nothing left this machine.
    #[error("the address {0}")]
    Refused(#[from] TargetRefused),
    /// No connection could be made; nothing was said.
    #[error("no connection: {0}")]
    NotSent(String),
    /// The request may have arrived; no answer came back.
    #[error("no answer: {0}")]
    Broken(String),
    /// The request may have arrived; no answer came back in time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
}

impl CallFailure {
    /// Whether the other side cannot have seen the request.
    #[must_use]
    pub fn proves_nothing_happened(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::NotSent(_))
    }
}

/// Calls addresses that users gave.
#[derive(Debug)]
pub struct Outbound {
    targets: Targets,
    plain: OnceLock<Plain>,
    secure: OnceLock<Result<Secure, String>>,
}

impl Outbound {
    /// A caller that reaches no further than `targets`.
    #[must_use]
    pub fn new(targets: Targets) -> Self {
        Self {
            targets,
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        }
    }

    /// How far it reaches.
    #[must_use]
    pub fn targets(&self) -> Targets {
        self.targets
    }

    /// Signs `post` and sends it.
    ///
    /// # Errors
    /// Why there is no answer, and by its kind whether the request can have arrived.
    pub async fn send(&self, post: &Post<'_>, limits: CallLimits) -> Result<Answer, CallFailure> {
        let target = Target::parse(post.url, self.targets)?;
        let request = request(&target, post)?;
        let mut answer = None;
        let exchange = async {
            let sent = if target.is_plain() {
                self.plain().request(request).await
            } else {
                self.secure()?.request(request).await
            };
            let response = sent.map_err(|error| failure(&error))?;
            read(response, limits.answer_bytes, &mut answer).await;
            Ok(())
        };
        let ended = timeout(limits.answer_within, exchange).await;
        match (answer, ended) {
            (Some(answer), _) => Ok(answer),
            (None, Ok(Err(failure))) => Err(failure),
            (None, Ok(Ok(())) | Err(_)) => Err(CallFailure::TimedOut(limits.answer_within)),
        }
    }

    fn connector(&self, plain: bool) -> Connector {
        let mut connector = HttpConnector::new_with_resolver(Resolver {
            inner: GaiResolver::new(),
            admission: Reachable {
                targets: self.targets,
                plain,
            },
        });
        connector.enforce_http(plain);
        connector
    }

    fn plain(&self) -> &Plain {
        self.plain.get_or_init(|| {
            Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(self.connector(true))
        })
    }

    fn secure(&self) -> Result<&Secure, CallFailure> {
        let made = self.secure.get_or_init(|| {
            let provider = rustls::crypto::aws_lc_rs::default_provider();
            let connector = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(provider)
                .map_err(|error| format!("the system has no usable certificates: {error}"))?
                .https_only()
                .enable_http1()
                .wrap_connector(self.connector(false));
            Ok(Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(connector))
        });
        made.as_ref()
            .map_err(|reason| CallFailure::NotSent(reason.clone()))
    }
}

fn request(target: &Target, post: &Post<'_>) -> Result<Request<Full<Bytes>>, CallFailure> {
    let unsendable = |error: &dyn Error| CallFailure::NotSent(error.to_string());
    let mut request = Request::post(target.uri())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(
            header::USER_AGENT,
            concat!("kassa/", env!("CARGO_PKG_VERSION")),
        )
        .body(Full::new(post.body.clone()))
        .map_err(|error| unsendable(&error))?;
    let key = post.idempotency_key.map(str::to_owned);
    let key = key.map(|key| ("idempotency-key", key));
    for (name, value) in post.signing.headers(&post.body).into_iter().chain(key) {
        let value = HeaderValue::from_str(&value).map_err(|error| unsendable(&error))?;
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    Ok(request)
}

/// Puts the status into `answer`, and then what arrives of the body. A body that stalls, breaks or is too long changes
/// nothing about the status.
async fn read(response: Response<Incoming>, bytes_max: usize, answer: &mut Option<Answer>) {
    let status = response.status();
    let answer = answer.insert(Answer {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default(),
        body: Bytes::new(),
        whole: false,
    });
    let mut body = response.into_body();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return;
        };
        let data = frame.into_data().unwrap_or_default();
        let kept = data.len().min(bytes_max - bytes.len());
        bytes.extend_from_slice(&data[..kept]);
        answer.body = Bytes::copy_from_slice(&bytes);
        if kept < data.len() {
            return;
        }
    }
    answer.whole = true;
}

/// What a failed exchange proves, with the innermost cause, which is the one that helps.
fn failure(error: &hyper_util::client::legacy::Error) -> CallFailure {
    let mut innermost: &dyn Error = error;
    loop {
        if let Some(refused) = refusal(innermost) {
            return CallFailure::Refused(refused);
        }
        match innermost.source() {
            Some(source) => innermost = source,
            None => break,
        }
    }
    let reason = innermost.to_string();
    if error.is_connect() {
        CallFailure::NotSent(reason)
    } else {
        CallFailure::Broken(reason)
    }
}

/// The refusal that a resolver of ours has wrapped into an I/O error.
fn refusal(error: &(dyn Error + 'static)) -> Option<TargetRefused> {
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    inner.downcast_ref::<TargetRefused>().cloned()
}
