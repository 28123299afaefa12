//! Somebody on loopback who is told things: keeps what arrives and answers as it is told to.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kassa_gateway::jobs;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::house::{House, Visitor};

/// One call that arrived.
#[derive(Debug, Clone)]
pub struct Call {
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The receiver.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    status: Arc<AtomicU16>,
    arrived: Arc<Notify>,
}

/// A status that is no status: the receiver takes the call and never answers.
pub const SILENCE: u16 = 0;

impl Receiver {
    pub async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hooks", listener.local_addr().unwrap()),
            calls: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
            arrived: Arc::default(),
        };
        let taker = receiver.clone();
        let take = async move |headers: HeaderMap, body: Bytes| taker.take(headers, body).await;
        let router = Router::new().route("/hooks", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    async fn take(&self, headers: HeaderMap, body: Bytes) -> StatusCode {
        self.calls.lock().unwrap().push(Call { headers, body });
        self.arrived.notify_one();
        match self.status.load(Ordering::SeqCst) {
            SILENCE => std::future::pending().await,
            status => StatusCode::from_u16(status).unwrap(),
        }
    }

    /// From now on it answers so.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// What arrived since the last time.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// Topics that arrived since the last time, sorted.
    pub fn topics(&self) -> Vec<String> {
        let mut topics: Vec<String> = self
            .calls()
            .iter()
            .map(|call| call.header("x-commercelayer-topic"))
            .collect();
        topics.sort();
        topics
    }

    /// Waits until something arrives.
    pub async fn something(&self) {
        self.arrived.notified().await;
    }
}

impl Call {
    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Checks both signatures with another library than the one that signs.
    #[track_caller]
    pub fn verify(&self, secret: &str) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let compatible = STANDARD
            .decode(self.header("x-commercelayer-signature"))
            .unwrap();
        hmac::verify(&key, &self.body, &compatible).unwrap();
        let mut signed = format!(
            "{}.{}.",
            self.header("webhook-id"),
            self.header("webhook-timestamp")
        )
        .into_bytes();
        signed.extend_from_slice(&self.body);
        let header = self.header("webhook-signature");
        let standard = STANDARD
            .decode(header.strip_prefix("v1,").unwrap())
            .unwrap();
        hmac::verify(&key, &signed, &standard).unwrap();
    }
}

impl House {
    /// Does all work that is due.
    pub async fn work(&self) {
        jobs::tick(&self.gateway).await.unwrap();
    }
}

impl Visitor<'_> {
    /// A webhook; answers its id and shared secret.
    pub async fn webhook(
        &self,
        topic: &str,
        receiver: &Receiver,
        includes: &[&str],
    ) -> (String, String) {
        let attributes = json!({
            "name": "Test", "topic": topic, "callback_url": receiver.url, "include_resources": includes,
        });
        let answer = self
            .create("webhooks", attributes, json!({}))
            .await
            .expect(201);
        (
            answer.id(),
            answer.text_at("/data/attributes/shared_secret"),
        )
    }

    /// Rows of the delivery log, oldest first.
    pub async fn callbacks(&self) -> Vec<Value> {
        let answer = self
            .get("/api/event_callbacks?page[size]=25&sort=created_at")
            .await
            .expect(200);
        answer.body["data"].as_array().unwrap().clone()
    }
}
