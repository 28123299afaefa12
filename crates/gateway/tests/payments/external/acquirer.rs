//! A gateway of the shop's own on loopback: keeps what arrives, has one effect for each key, and loses what it is told
//! to lose.

use std::collections::{HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is done and said so.
    Yes,
    /// It is not done, and said why.
    No,
    /// It is not done, and the answer breaks off.
    LostBefore,
    /// It is done, and the answer breaks off.
    LostAfter,
    /// It is done, and nobody ever answers.
    Silence,
    /// It is not looked at: this status and nothing else.
    Status(u16),
    /// It is done for this much.
    Amount(i64),
}

/// One call that arrived.
#[derive(Debug, Clone)]
pub struct Call {
    pub asks: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Debug, Default)]
struct Books {
    calls: Vec<Call>,
    script: VecDeque<Mode>,
    /// What was done, by key.
    effects: HashMap<String, Value>,
}

/// The gateway.
#[derive(Debug, Clone)]
pub struct Acquirer {
    pub url: String,
    books: Arc<Mutex<Books>>,
    arrived: Arc<Notify>,
}

impl Acquirer {
    pub async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let acquirer = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            books: Arc::default(),
            arrived: Arc::default(),
        };
        let taker = acquirer.clone();
        let take = async move |Path(asks): Path<String>, headers: HeaderMap, body: Bytes| {
            taker.take(asks, headers, body).await
        };
        let router = Router::new().route("/{asks}", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        acquirer
    }

    /// The next calls go so; all others well.
    pub fn script(&self, modes: &[Mode]) {
        let mut books = self.books.lock().unwrap();
        books.script = modes.iter().copied().collect();
    }

    /// What was asked so far.
    pub fn calls(&self, asks: &str) -> Vec<Call> {
        let books = self.books.lock().unwrap();
        let all = books.calls.iter().filter(|call| call.asks == asks);
        all.cloned().collect()
    }

    /// How many things were done.
    pub fn effects(&self, asks: &str) -> usize {
        let books = self.books.lock().unwrap();
        let all = books.effects.values();
        all.filter(|effect| effect["asks"] == asks).count()
    }

    /// Waits until something arrives.
    pub async fn something(&self) {
        self.arrived.notified().await;
    }

    async fn take(&self, asks: String, headers: HeaderMap, body: Bytes) -> Response {
        let call = Call {
            asks,
            headers,
            body,
        };
        let (mode, effect) = {
            let mut books = self.books.lock().unwrap();
            let mode = books.script.pop_front().unwrap_or(Mode::Yes);
            books.calls.push(call.clone());
            let refuses = matches!(mode, Mode::No | Mode::LostBefore | Mode::Status(_));
            let number = books.effects.len();
            let effect = (!refuses).then(|| {
                let key = call.header("idempotency-key");
                let done = books.effects.entry(key);
                done.or_insert_with(|| effect(&call, mode, number)).clone()
            });
            (mode, effect)
        };
        self.arrived.notify_one();
        match (mode, effect) {
            (Mode::Silence, _) => std::future::pending().await,
            (Mode::LostBefore | Mode::LostAfter, _) => broken_off(),
            (Mode::Status(status), _) => StatusCode::from_u16(status).unwrap().into_response(),
            (_, Some(effect)) => axum::Json(effect["answer"].clone()).into_response(),
            (_, None) => {
                let error = json!({ "code": "51", "message": "insufficient funds" });
                let answer = json!({ "success": false, "data": { "error": error } });
                (StatusCode::PAYMENT_REQUIRED, axum::Json(answer)).into_response()
            }
        }
    }
}

fn effect(call: &Call, mode: Mode, number: usize) -> Value {
    let asks = call.asks.as_str();
    let attributes = &call.json()["data"]["attributes"];
    let asked = match asks {
        "authorize" => attributes["total_amount_with_taxes_cents"].as_i64(),
        _ => attributes["amount_cents"].as_i64(),
    };
    let amount = match mode {
        Mode::Amount(amount) => Some(amount),
        _ => asked,
    };
    let data = match asks {
        "token" => json!({ "payment_source_token": format!("vault-{number}") }),
        _ => json!({
            "transaction_token": format!("{asks}-{number}"),
            "amount_cents": amount,
            "metadata": { "acquirer": "own" },
        }),
    };
    json!({ "asks": asks, "answer": { "success": true, "data": data } })
}

/// A 200 whose body ends before it should.
fn broken_off() -> Response {
    let cut = futures_util::stream::iter([
        Ok(Bytes::from_static(b"{\"success\":")),
        Err(std::io::Error::other("cut")),
    ]);
    Response::new(Body::from_stream(cut))
}

impl Call {
    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// An attribute of what the document is about.
    pub fn attribute(&self, name: &str) -> Value {
        self.json()["data"]["attributes"][name].clone()
    }

    /// The included row of a type.
    pub fn included(&self, kind: &str) -> Value {
        let document = self.json();
        let all = document["included"].as_array().unwrap().iter();
        let mut of_kind = all.filter(|row| row["type"] == kind);
        of_kind
            .next()
            .unwrap_or_else(|| panic!("a {kind} in {document}"))
            .clone()
    }

    /// Checks both signatures with another library than the one that signs.
    #[track_caller]
    pub fn verify(&self, secret: &str) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let compatible = STANDARD.decode(self.header("x-commercelayer-signature"));
        hmac::verify(&key, &self.body, &compatible.unwrap()).unwrap();
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let mut signed = format!("{id}.{at}.").into_bytes();
        signed.extend_from_slice(&self.body);
        let header = self.header("webhook-signature");
        let standard = STANDARD.decode(header.strip_prefix("v1,").unwrap());
        hmac::verify(&key, &signed, &standard.unwrap()).unwrap();
    }
}
