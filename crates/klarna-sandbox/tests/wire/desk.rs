//! A merchant's desk: a sandbox on a manual clock and the calls that tests make on it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kassa_environment::{ManualClock, SeededEntropy};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub const USER: &str = "UG100219_a1b2c3";
pub const PASSWORD: &str = "Secret-of-the-older-kind";
pub const KEY: &str = "klarna_test_api_0123456789abcdef";

pub struct Desk {
    pub sandbox: Arc<Sandbox>,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    pub authorization: String,
}

/// An answer that was read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    pub fn member(&self, name: &str) -> String {
        self.json()[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.text))
            .to_owned()
    }

    /// Status, code and first message of an error.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let message = body["error_messages"][0].as_str().unwrap_or_default();
        (self.status, self.member("error_code"), message.to_owned())
    }
}

pub fn credential(user: &str, key: &str) -> Credential {
    Credential {
        username: user.to_owned(),
        password: PASSWORD.to_owned(),
        api_key: key.to_owned(),
        merchant_name: "Acme".to_owned(),
    }
}

pub fn config() -> SandboxConfig {
    SandboxConfig {
        public_url: "http://sandbox.test".to_owned(),
        credentials: vec![
            credential(USER, KEY),
            credential("UG999999_zz", "klarna_test_api_other"),
        ],
        ..SandboxConfig::default()
    }
}

pub fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

impl Desk {
    pub fn new() -> Self {
        Self::open(config())
    }

    pub fn open(config: SandboxConfig) -> Self {
        let start: Timestamp = "2026-03-02T09:30:00Z".parse().unwrap();
        Self::open_at(config, start)
    }

    pub fn open_at(config: SandboxConfig, start: Timestamp) -> Self {
        let clock = Arc::new(ManualClock::new(start));
        let entropy = Arc::new(SeededEntropy::new(7));
        let sandbox = Sandbox::open(config, clock.clone(), entropy).unwrap();
        Self::of(sandbox, clock)
    }

    /// The same sandbox with the credentials of another world.
    pub fn opened_by(&self, key: &str) -> Self {
        Self {
            sandbox: Arc::clone(&self.sandbox),
            clock: Arc::clone(&self.clock),
            router: self.router.clone(),
            authorization: format!("Basic {key}"),
        }
    }

    /// The same sandbox with the user name and password of another world.
    pub fn logged_in(&self, username: &str, password: &str) -> Self {
        Self {
            authorization: basic(&format!("{username}:{password}")),
            ..self.opened_by("")
        }
    }

    /// A desk at a sandbox that was opened elsewhere.
    pub fn of(sandbox: Arc<Sandbox>, clock: Arc<ManualClock>) -> Self {
        Self {
            router: sandbox.router(),
            sandbox,
            clock,
            authorization: basic(&format!("{USER}:{PASSWORD}")),
        }
    }

    /// A world made on the fly, opened by its key.
    pub async fn made(&self, body: &Value) -> Self {
        let made = self.post("/sandbox/v1/worlds", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        self.opened_by(&made.member("api_key"))
    }

    /// Sends a text as it is.
    pub async fn send_text(&self, method: &str, path: &str, text: String) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", &self.authorization);
        self.send(request.body(Body::from(text)).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    pub async fn call_with(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", &self.authorization)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, body).await
    }

    /// A session id for this body.
    pub async fn session(&self, body: &Value) -> String {
        let answer = self.post("/payments/v1/sessions", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.member("session_id")
    }

    pub async fn shopper(&self, session: &str, body: &Value) -> Answer {
        self.post(&format!("/sandbox/v1/sessions/{session}/shopper"), body)
            .await
    }

    /// The authorization token of a bare approval.
    pub async fn approve(&self, session: &str) -> String {
        let answer = self.shopper(session, &json!({"action": "approve"})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.member("authorization_token")
    }

    pub async fn place(&self, token: &str, body: &Value) -> Answer {
        self.post(&format!("/payments/v1/authorizations/{token}/order"), body)
            .await
    }

    /// A placed order for this body.
    pub async fn order(&self, body: &Value) -> String {
        let session = self.session(body).await;
        let token = self.approve(&session).await;
        let answer = self.place(&token, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.member("order_id")
    }

    /// Changes switches of the world.
    pub async fn switch(&self, settings: Value) {
        let answer = self.call("PATCH", "/sandbox/v1/settings", &settings).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Lets the next call of an operation end with a status.
    pub async fn fault(&self, operation: &str, kind: &str, status: u16) {
        let rule = json!({"operation": operation, "kind": kind, "status": status});
        let answer = self.post("/sandbox/v1/faults", &rule).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    pub async fn advance(&self, seconds: i64) {
        let answer = self
            .post("/sandbox/v1/clock/advance", &json!({"seconds": seconds}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// A European cart: 2 × 100.00 less 5.00 at 25 %, shipping 49.00.
pub fn cart() -> Value {
    json!({
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "order_amount": 24_400, "order_tax_amount": 4880,
        "order_lines": [
            {"type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 10_000,
             "tax_rate": 2500, "total_discount_amount": 500, "total_amount": 19_500, "total_tax_amount": 3900},
            {"type": "shipping_fee", "reference": "SHIP", "name": "Shipping", "quantity": 1, "unit_price": 4900,
             "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980}
        ],
        "billing_address": {"given_name": "Alice", "family_name": "Test", "email": "customer@email.se",
            "street_address": "Södra Blasieholmshamnen 2", "postal_code": "11148", "city": "Stockholm", "country": "SE",
            "phone": "+46701740615"}
    })
}
