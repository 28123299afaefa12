//! The seam that carries bytes: one `tower` service from request to response.
//!
//! Invariant: the error says whether a byte of the request can have reached the other side.

use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::Service;
use tower::util::BoxCloneSyncService;

/// A cloneable service of whole requests and responses.
pub type Transport = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, TransportError>;

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No byte of the request left: no connection could be made.
    #[error("no connection: {0}")]
    NotSent(String),
    /// The request may have arrived; no whole response came back.
    #[error("no whole response: {0}")]
    Broken(String),
}

/// The transport over real sockets. TLS is set up at the first `https` request, so that a start against a local
/// sandbox does not wait for the system's certificates.
#[must_use]
pub fn sockets(connect_timeout: Duration, max_response_bytes: usize) -> Transport {
    Transport::new(Sockets {
        connect_timeout,
        max_response_bytes,
        clients: std::sync::Arc::new(Clients::default()),
    })
}

type PlainClient = Client<HttpConnector, Full<Bytes>>;
type TlsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

#[derive(Debug, Default)]
struct Clients {
    plain: OnceLock<PlainClient>,
    tls: OnceLock<TlsClient>,
}

#[derive(Debug, Clone)]
struct Sockets {
    connect_timeout: Duration,
    max_response_bytes: usize,
    clients: std::sync::Arc<Clients>,
}

impl Service<Request<Bytes>> for Sockets {
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = std::pin::Pin<
        Box<dyn Future<Output = Result<Response<Bytes>, TransportError>> + Send + 'static>,
    >;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let sockets = self.clone();
        Box::pin(async move { sockets.exchange(request).await })
    }
}

impl Sockets {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let tls = is_tls(request.uri())?;
        let request = request.map(Full::new);
        let response = if tls {
            let client = self.clients.tls.get_or_init(|| self.tls_client()).clone();
            client.request(request).await
        } else {
            let client = self
                .clients
                .plain
                .get_or_init(|| self.plain_client())
                .clone();
            client.request(request).await
        };
        let response = response.map_err(|error| {
            let reason = reason(&error);
            if error.is_connect() {
                TransportError::NotSent(reason)
            } else {
                TransportError::Broken(reason)
            }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.max_response_bytes)
            .collect()
            .await
            .map_err(|error| TransportError::Broken(error.to_string()))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }

    fn connector(&self) -> HttpConnector {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(self.connect_timeout));
        connector
    }

    fn plain_client(&self) -> PlainClient {
        client_builder().build(self.connector())
    }

    fn tls_client(&self) -> TlsClient {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let builder = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider.clone());
        // Without system certificates every handshake fails and every call answers "not sent": no guess is made.
        let builder = builder.unwrap_or_else(|error| {
            tracing::error!(%error, "the system has no usable certificates");
            let config = rustls::ClientConfig::builder_with_provider(provider.into())
                .with_safe_default_protocol_versions()
                .expect("the provider speaks the default protocol versions")
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(config)
        });
        let connector = builder
            .https_only()
            .enable_all_versions()
            .wrap_connector(self.connector());
        client_builder().build(connector)
    }
}

fn client_builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(20))
        .retry_canceled_requests(true);
    builder
}

fn is_tls(uri: &Uri) -> Result<bool, TransportError> {
    match uri.scheme_str() {
        Some("https") => Ok(true),
        Some("http") => Ok(false),
        _ => Err(TransportError::NotSent(
            "the base url is neither http nor https".to_owned(),
        )),
    }
}

/// The whole chain of causes: the outermost text alone says only "client error".
fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
