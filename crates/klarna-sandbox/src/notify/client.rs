//! One POST to a merchant.
//!
//! Invariant: no redirect is followed, no connection is used twice, and no more than the first bytes of an answer are
//! read; the status is the whole answer. TLS is prepared at the first `https://` target, so a sandbox that never needs
//! it never loads certificates.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::TokioExecutor;
use kassa_environment::timeout;
use kassa_outbound::Resolver;

use super::target::check_literal;
use crate::config::CallbackTargets;
use crate::world::Delivery;

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(2);
/// Time for the first bytes of the body, once the status is there.
const BODY: Duration = Duration::from_secs(1);
/// Bytes of a body that are kept.
const BODY_BYTES: usize = 512;

type Connector = HttpConnector<Resolver<GaiResolver, CallbackTargets>>;
type Plain = HyperClient<Connector, Full<Bytes>>;
type Secure = HyperClient<HttpsConnector<Connector>, Full<Bytes>>;

/// What a merchant answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The first bytes of the body, as text.
    pub(super) head: Option<String>,
}

#[derive(Debug)]
pub(super) struct Client {
    targets: CallbackTargets,
    plain: OnceLock<Plain>,
    secure: OnceLock<Result<Secure, String>>,
}

impl Client {
    pub(super) fn new(targets: CallbackTargets) -> Self {
        Self {
            targets,
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        }
    }

    /// Makes a callback: a JSON body or an empty one.
    ///
    /// # Errors
    /// Why there was no answer, in words.
    pub(super) async fn make(&self, delivery: &Delivery) -> Result<Answer, String> {
        let request = request(delivery)?;
        check_literal(self.targets, request.uri())?;
        let answer = match request.uri().scheme_str() {
            Some("http") => self.plain().request(request),
            Some("https") => self.secure()?.request(request),
            _ => return Err("the address is neither http nor https".to_owned()),
        };
        match timeout(delivery.kind.answer_within(), answer).await {
            Ok(Ok(response)) => Ok(read(response).await),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    fn connector(&self) -> Connector {
        let mut connector = HttpConnector::new_with_resolver(Resolver {
            inner: GaiResolver::new(),
            admission: self.targets,
        });
        connector.set_connect_timeout(Some(CONNECT));
        connector
    }

    fn plain(&self) -> &Plain {
        self.plain.get_or_init(|| {
            HyperClient::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(self.connector())
        })
    }

    fn secure(&self) -> Result<&Secure, String> {
        let made = self.secure.get_or_init(|| {
            let mut connector = self.connector();
            connector.enforce_http(false);
            let connector = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())
                .map_err(|error| error.to_string())?
                .https_or_http()
                .enable_http1()
                .wrap_connector(connector);
            Ok(HyperClient::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(connector))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

fn request(delivery: &Delivery) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(&delivery.url)
        .header("user-agent", "kassa-sandbox")
        .header("accept", "*/*");
    let bytes = match &delivery.body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Bytes::from(body.to_string())
        }
        None => Bytes::new(),
    };
    request
        .body(Full::new(bytes))
        .map_err(|error| error.to_string())
}

/// The status, and what arrives of the body in time. A body that stalls changes nothing about the status.
async fn read(response: Response<Incoming>) -> Answer {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    let reading = async {
        while bytes.len() < BODY_BYTES {
            let Some(Ok(frame)) = body.frame().await else {
                return;
            };
            let data = frame.into_data().unwrap_or_default();
            let room = BODY_BYTES - bytes.len();
            bytes.extend(data.iter().take(room));
        }
    };
    // What arrived until then is enough.
    let _ = timeout(BODY, reading).await;
    let head = (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned());
    Answer { status, head }
}

/// The innermost cause, which is the one that helps.
fn told(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
