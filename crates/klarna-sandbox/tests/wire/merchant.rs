//! A merchant that writes down what it is told and answers as it was instructed, over real loopback sockets.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
pub struct Merchant {
    heard: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Merchant {
    /// Opens for business; `answers` are given in order, then 200.
    pub async fn open(answers: &[u16]) -> (Self, String) {
        let merchant = Self::default();
        merchant
            .answers
            .lock()
            .unwrap()
            .extend(answers.iter().rev());
        let router = Router::new().fallback(hear).with_state(merchant.clone());
        (merchant, serve(router).await)
    }

    /// Path and body of each call.
    pub fn heard(&self) -> Vec<(String, String)> {
        self.heard.lock().unwrap().clone()
    }
}

/// Serves a router on a port of its own and tells the address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn hear(State(merchant): State<Merchant>, method: Method, uri: Uri, body: Bytes) -> Response {
    assert_eq!(method, Method::POST);
    let told = (uri.to_string(), String::from_utf8(body.to_vec()).unwrap());
    merchant.heard.lock().unwrap().push(told);
    let answer = merchant.answers.lock().unwrap().pop().unwrap_or(200);
    let status = StatusCode::from_u16(answer).unwrap();
    (status, format!("answered {answer}")).into_response()
}
