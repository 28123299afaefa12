//! A running gateway, as the commands of an operator see it: an integration's token and its public API.
//!
//! Invariant: a command that goes through here has the rights of its integration and no others.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use kassa_klarna_client::{Transport, transport};
use serde_json::{Value, json};
use tokio::sync::RwLock;
use tower::ServiceExt;

/// Connecting.
const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer, bytes.
const ANSWER_MAX: usize = 16 * 1024 * 1024;
/// The media type of the commerce API.
const JSON_API: &str = "application/vnd.api+json";
/// Waits before a call that was turned away for its rate is sent again, seconds.
const AGAIN: [u64; 5] = [1, 2, 5, 10, 20];

/// Where the gateway is, and who asks.
#[derive(Debug, Clone)]
pub struct Account {
    /// Address, without a trailing slash.
    pub url: String,
    /// The integration.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// A running gateway.
#[derive(Clone)]
pub struct Remote {
    sockets: Transport,
    account: Account,
    token: Arc<RwLock<String>>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; null when it is empty or not JSON.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// The gateway's reasons, field by field.
    pub fn expect_success(self) -> anyhow::Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        bail!("{}: {}", self.status, self.reasons().join("; "))
    }

    /// Why the gateway refused: the detail of each error.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let detail = |error: &Value| error["detail"].as_str().map(str::to_owned);
        let reasons: Vec<String> = errors.iter().filter_map(detail).collect();
        if reasons.is_empty() {
            return vec!["no reason given".to_owned()];
        }
        reasons
    }
}

impl Remote {
    /// Gets a token.
    ///
    /// # Errors
    /// When the gateway does not answer or refuses the credentials.
    pub async fn connect(account: Account) -> anyhow::Result<Self> {
        let remote = Self {
            sockets: transport::sockets(CONNECT, ANSWER_MAX),
            account,
            token: Arc::default(),
        };
        remote.renew().await?;
        Ok(remote)
    }

    async fn renew(&self) -> anyhow::Result<()> {
        let grant = json!({
            "grant_type": "client_credentials",
            "client_id": self.account.client_id,
            "client_secret": self.account.client_secret,
        });
        let url = format!("{}/oauth/token", self.account.url);
        let request = Request::post(&url).header(header::CONTENT_TYPE, "application/json");
        let answer = self.exchange(request, Some(&grant)).await?;
        let body = answer.expect_success().with_context(|| url)?;
        let token = body["access_token"].as_str();
        *self.token.write().await = token
            .context("the gateway gave no access token")?
            .to_owned();
        Ok(())
    }

    /// Calls `path`. A token that has ended is renewed, and a call that came too early is sent again later: in both
    /// cases the gateway did nothing.
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut waits = AGAIN.iter();
        let mut renewed = false;
        loop {
            let answer = self.once(&method, path, body).await?;
            let code = answer.body["errors"][0]["code"].as_str();
            if code == Some("INVALID_TOKEN") && !renewed {
                renewed = true;
                self.renew().await?;
                continue;
            }
            let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
            match waits.next().filter(|_| limited) {
                Some(seconds) => {
                    kassa_environment::sleep(Duration::from_secs(*seconds)).await;
                }
                None => return Ok(answer),
            }
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let media = if path.starts_with("/api/") {
            JSON_API
        } else {
            "application/json"
        };
        let token = format!("Bearer {}", self.token.read().await);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.account.url))
            .header(header::ACCEPT, media)
            .header(header::CONTENT_TYPE, media)
            .header(header::AUTHORIZATION, token);
        self.exchange(request, body).await
    }

    async fn exchange(
        &self,
        request: http::request::Builder,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let url = &self.account.url;
        let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = request
            .body(bytes)
            .with_context(|| format!("{url} is no address"))?;
        let response = match self.sockets.clone().oneshot(request).await {
            Ok(response) => response,
            Err(error) => bail!("{url} does not answer: {error:?}"),
        };
        Ok(Answer {
            status: response.status(),
            body: serde_json::from_slice(response.body()).unwrap_or_default(),
        })
    }
}
