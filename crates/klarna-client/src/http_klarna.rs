//! Klarna over HTTP: one time limit per call, repetition only where it is harmless.
//!
//! Invariant: a request whose effect could double is sent at most once per [`Klarna::send`], unless the attempt
//! before it provably never arrived or was refused by the rate limit.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use jiff::Timestamp;
use kassa_environment::{Clock, Elapsed, Entropy, sleep, timeout};
use kassa_klarna_api::{KlarnaError, KlarnaReply, PreparedRequest};
use tower::Service;

use crate::{Klarna, KlarnaEndpoint, Transport, TransportError};

/// Header of our own on an answer that followed an attempt without a clear end within the same call.
pub const EARLIER_ATTEMPT_UNKNOWN: &str = "kassa-earlier-attempt-unknown";

/// How long and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// One call with all its repetitions. The published shop client gives up at 15 s.
    pub total: Duration,
    /// Attempts within it.
    pub attempts: u32,
    /// Wait before the second attempt; doubles.
    pub first_wait: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(8),
            attempts: 3,
            first_wait: Duration::from_millis(200),
        }
    }
}

/// Klarna behind a [`Transport`].
#[derive(Debug, Clone)]
pub struct HttpKlarna {
    transport: Transport,
    machine_clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    limits: CallLimits,
}

impl HttpKlarna {
    /// Klarna over `transport`; `machine_clock` limits calls, `entropy` scatters waits.
    #[must_use]
    pub fn new(
        transport: Transport,
        machine_clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        limits: CallLimits,
    ) -> Self {
        Self {
            transport,
            machine_clock,
            entropy,
            limits,
        }
    }

    /// Klarna over sockets with the default limits.
    #[must_use]
    pub fn over_sockets(machine_clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let transport = crate::transport::sockets(Duration::from_secs(3), 2 * 1024 * 1024);
        Self::new(transport, machine_clock, entropy, CallLimits::default())
    }

    async fn attempt(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<KlarnaReply, TransportError> {
        let mut transport = self.transport.clone();
        match timeout(limit, transport.call(request)).await {
            Ok(response) => response.map(reply),
            Err(Elapsed) => Err(TransportError::Broken("no answer in time".to_owned())),
        }
    }

    /// How long to wait before the next attempt, if there may be one.
    fn wait_before_next(
        &self,
        request: &PreparedRequest,
        attempt: u32,
        result: &Result<KlarnaReply, TransportError>,
    ) -> Option<Duration> {
        if attempt >= self.limits.attempts {
            return None;
        }
        let doubled = self
            .limits
            .first_wait
            .saturating_mul(1 << (attempt - 1).min(8));
        let wait = match result {
            // The limit refuses before anything happens, so any call may be repeated. The header may be missing.
            Ok(reply) if reply.status == 429 => reply
                .header("x-ratelimit-reset")
                .and_then(|seconds| seconds.parse().ok())
                .map_or(doubled, Duration::from_secs),
            Ok(reply) if reply.status >= 500 && request.may_be_repeated() => doubled,
            Err(TransportError::NotSent(_)) => doubled,
            Err(TransportError::Broken(_)) if request.may_be_repeated() => doubled,
            Ok(_) | Err(TransportError::Broken(_)) => return None,
        };
        let scatter = self.entropy.next_u64() % 100;
        Some(wait.saturating_add(Duration::from_millis(scatter)))
    }

    fn left(&self, deadline: Timestamp) -> Duration {
        let left = deadline.duration_since(self.machine_clock.now());
        Duration::try_from(left).unwrap_or(Duration::ZERO)
    }
}

#[async_trait]
impl Klarna for HttpKlarna {
    async fn send(
        &self,
        endpoint: &KlarnaEndpoint,
        request: &PreparedRequest,
    ) -> Result<KlarnaReply, KlarnaError> {
        let deadline = self.machine_clock.now() + self.limits.total;
        let prepared = http_request(endpoint, request)?;
        let mut attempt = 1;
        let mut earlier_unknown = false;
        loop {
            let result = self.attempt(prepared.clone(), self.left(deadline)).await;
            observe(request, attempt, &result);
            let wait = self.wait_before_next(request, attempt, &result);
            match wait.filter(|wait| *wait < self.left(deadline)) {
                Some(wait) => sleep(wait).await,
                None => return conclude(result, earlier_unknown),
            }
            earlier_unknown |= has_no_clear_end(&result);
            attempt += 1;
        }
    }
}

fn observe(request: &PreparedRequest, attempt: u32, result: &Result<KlarnaReply, TransportError>) {
    let operation = request.operation.as_str();
    match result {
        Ok(reply) => tracing::info!(
            operation,
            attempt,
            status = reply.status,
            correlation_id = reply.correlation_id().unwrap_or_default(),
            "klarna answered"
        ),
        Err(error) => tracing::warn!(operation, attempt, %error, "klarna did not answer"),
    }
}

fn has_no_clear_end(result: &Result<KlarnaReply, TransportError>) -> bool {
    match result {
        Ok(reply) => reply.status >= 500,
        Err(TransportError::Broken(_)) => true,
        Err(TransportError::NotSent(_)) => false,
    }
}

/// What is certain after the last attempt: a clear end says nothing about an earlier attempt that had none.
fn conclude(
    result: Result<KlarnaReply, TransportError>,
    earlier_unknown: bool,
) -> Result<KlarnaReply, KlarnaError> {
    match result {
        Ok(mut reply) => {
            if earlier_unknown {
                let name = EARLIER_ATTEMPT_UNKNOWN.to_owned();
                reply.headers.push((name, "true".to_owned()));
            }
            Ok(reply)
        }
        Err(TransportError::NotSent(reason)) if !earlier_unknown => {
            Err(KlarnaError::NotSent { reason })
        }
        Err(TransportError::NotSent(reason) | TransportError::Broken(reason)) => {
            Err(KlarnaError::OutcomeUnknown {
                reason,
                status: None,
                correlation_id: None,
            })
        }
    }
}

fn http_request(
    endpoint: &KlarnaEndpoint,
    request: &PreparedRequest,
) -> Result<Request<Bytes>, KlarnaError> {
    let url = format!(
        "{}{}",
        endpoint.base_url.trim_end_matches('/'),
        request.path
    );
    let mut authorization = HeaderValue::from_str(&endpoint.credentials.authorization_header())
        .map_err(|_| not_sent("the credentials hold characters that no header can carry"))?;
    authorization.set_sensitive(true);
    let mut builder = Request::builder()
        .method(request.method.as_str())
        .uri(url)
        .header(header::AUTHORIZATION, authorization)
        .header(header::ACCEPT, "application/json")
        .header(
            header::USER_AGENT,
            concat!("kassa/", env!("CARGO_PKG_VERSION")),
        );
    if !request.body.is_empty() {
        builder = builder.header(header::CONTENT_TYPE, "application/json");
    }
    if let Some(key) = &request.idempotency_key {
        builder = builder.header("klarna-idempotency-key", key);
    }
    builder
        .body(Bytes::from(request.body.clone()))
        .map_err(|error| not_sent(&format!("the request cannot be built: {error}")))
}

fn not_sent(reason: &str) -> KlarnaError {
    KlarnaError::NotSent {
        reason: reason.to_owned(),
    }
}

fn reply(response: Response<Bytes>) -> KlarnaReply {
    let (head, body) = response.into_parts();
    let headers = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    KlarnaReply {
        status: head.status.as_u16(),
        headers,
        body: body.to_vec(),
    }
}
