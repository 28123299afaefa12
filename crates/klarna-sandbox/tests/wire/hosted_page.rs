//! The Hosted Payment Page: its calls, its statuses, its callbacks and its outbox.

mod callbacks;
mod creating;
mod distributing;
mod options;
mod pages;
mod staff;
mod statuses;

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

/// An HPP session as its creation answered.
pub struct Page {
    pub created: Value,
}

impl Page {
    pub fn id(&self) -> &str {
        self.created["session_id"].as_str().unwrap()
    }

    pub fn path(&self) -> String {
        format!("/hpp/v1/sessions/{}", self.id())
    }
}

/// A creation body for a payment session.
pub fn creation(payment_session: &str, rest: &Value) -> Value {
    let url = format!("http://sandbox.test/payments/v1/sessions/{payment_session}");
    let mut body = json!({"payment_session_url": url});
    for (name, value) in rest.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

pub async fn create(desk: &Desk, payment_session: &str, rest: Value) -> Answer {
    desk.post("/hpp/v1/sessions", &creation(payment_session, &rest))
        .await
}

/// A page for a new payment session with this cart.
pub async fn page_for(desk: &Desk, cart: &Value, rest: Value) -> Page {
    let session = desk.session(cart).await;
    let answer = create(desk, &session, rest).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    Page {
        created: answer.json(),
    }
}

pub async fn page(desk: &Desk, rest: Value) -> Page {
    page_for(desk, &cart(), rest).await
}

/// A cart that is paid for in a store or over the phone.
pub fn cart_of(channel: &str) -> Value {
    let mut body = cart();
    body["acquiring_channel"] = channel.into();
    body
}

pub async fn act(desk: &Desk, page: &Page, body: Value) -> Answer {
    let path = format!("/sandbox/v1/hpp-sessions/{}/shopper", page.id());
    desk.post(&path, &body).await
}

/// Lets the shopper act and gives the session's status afterwards.
pub async fn status_after(desk: &Desk, page: &Page, action: &str) -> String {
    let answer = act(desk, page, json!({"action": action})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let read = desk.get(&page.path()).await.json();
    assert_eq!(answer.json()["session"], read);
    read["status"].as_str().unwrap().to_owned()
}
