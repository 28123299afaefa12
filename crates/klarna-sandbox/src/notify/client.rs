//! One POST to a merchant.
//!
//! Invariant: no redirect is followed and no body is read; the status is the whole answer. TLS is prepared at the
//! first `https://` target, so a sandbox that never needs it never loads certificates.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kassa_environment::timeout;
use serde_json::Value;

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(2);
/// Time for connecting and answering together.
const WHOLE: Duration = Duration::from_secs(4);

type Plain = HyperClient<HttpConnector, Full<Bytes>>;
type Secure = HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>;

#[derive(Debug, Default)]
pub(super) struct Client {
    plain: OnceLock<Plain>,
    secure: OnceLock<Result<Secure, String>>,
}

impl Client {
    /// Posts a JSON body, or an empty one, and tells the status.
    ///
    /// # Errors
    /// Why there was no answer, in words.
    pub(super) async fn post(&self, url: &str, body: Option<&Value>) -> Result<u16, String> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("user-agent", "kassa-sandbox")
            .header("accept", "*/*");
        let bytes = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request
            .body(Full::new(bytes))
            .map_err(|error| error.to_string())?;
        let answer = match request.uri().scheme_str() {
            Some("http") => self.plain().request(request),
            Some("https") => self.secure()?.request(request),
            _ => return Err("the address is neither http nor https".to_owned()),
        };
        match timeout(WHOLE, answer).await {
            Ok(Ok(response)) => Ok(response.status().as_u16()),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    fn plain(&self) -> &Plain {
        self.plain.get_or_init(|| {
            let mut connector = HttpConnector::new();
            connector.set_connect_timeout(Some(CONNECT));
            HyperClient::builder(TokioExecutor::new()).build(connector)
        })
    }

    fn secure(&self) -> Result<&Secure, String> {
        let made = self.secure.get_or_init(|| {
            let mut connector = HttpConnector::new();
            connector.set_connect_timeout(Some(CONNECT));
            connector.enforce_http(false);
            let connector = HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(hyper_rustls_provider())
                .map_err(|error| error.to_string())?
                .https_or_http()
                .enable_http1()
                .wrap_connector(connector);
            Ok(HyperClient::builder(TokioExecutor::new()).build(connector))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

fn hyper_rustls_provider() -> rustls::crypto::CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// The innermost cause, which is the one that helps.
fn told(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
