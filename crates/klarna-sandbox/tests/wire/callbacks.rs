//! Callbacks to the merchant, over real loopback sockets.

use serde_json::{Value, json};

use crate::desk::{Desk, cart};
use crate::merchant::Merchant;

pub fn cart_with(urls: Value) -> Value {
    let mut body = cart();
    body["merchant_urls"] = urls;
    body
}

#[tokio::test]
async fn each_approval_is_told_to_the_authorization_url() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let session = desk
        .session(&cart_with(
            json!({"authorization": format!("{address}/auth?secret=1")}),
        ))
        .await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        tokens.push(desk.approve(&session).await);
        desk.sandbox.tick().await;
    }
    let heard = merchant.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[1].0, "/auth?secret=1");
    let body: Value = serde_json::from_str(&heard[1].1).unwrap();
    assert_eq!(
        body,
        json!({"authorization_token": tokens[1], "session_id": session})
    );
}

#[tokio::test]
async fn an_authorization_callback_is_retried_three_times_with_doubling_pauses() {
    let (merchant, address) = Merchant::open(&[500, 404, 302, 500]).await;
    let desk = Desk::new();
    let session = desk
        .session(&cart_with(json!({"authorization": address})))
        .await;
    desk.approve(&session).await;
    for (pause, heard) in [
        (0, 1),
        (0, 1),
        (1, 2),
        (1, 2),
        (1, 3),
        (3, 3),
        (1, 4),
        (60, 4),
    ] {
        desk.clock.advance(pause);
        desk.sandbox.tick().await;
        assert_eq!(merchant.heard().len(), heard);
    }
    let listed = desk.get("/sandbox/v1/deliveries").await.json();
    let delivery = &listed["deliveries"][0];
    assert_eq!(
        (&delivery["kind"], &delivery["state"]),
        (&json!("authorization"), &json!("given_up"))
    );
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 4);
    assert_eq!(delivery["attempts"][2]["status"], 302);
    assert_eq!(delivery["attempts"][2]["answer"], "answered 302");
    assert_eq!(delivery["body"]["authorization_token"], "***");
}

#[tokio::test]
async fn a_merchant_that_is_not_there_is_logged() {
    let desk = Desk::new();
    let session = desk
        .session(&cart_with(json!({"authorization": "http://127.0.0.1:1/"})))
        .await;
    desk.approve(&session).await;
    desk.sandbox.tick().await;
    let attempt =
        desk.get("/sandbox/v1/deliveries").await.json()["deliveries"][0]["attempts"][0].clone();
    assert!(
        attempt["status"].is_null() && attempt["error"].is_string(),
        "{attempt}"
    );
}

#[tokio::test]
async fn push_is_an_empty_post_with_its_placeholders_filled() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let body =
        cart_with(json!({"push": format!("{address}/push?o={{order.id}}&s={{session.id}}")}));
    let session = desk.session(&body).await;
    let token = desk.approve(&session).await;
    let order = desk.place(&token, &body).await.member("order_id");
    desk.sandbox.tick().await;
    assert_eq!(
        merchant.heard(),
        [(format!("/push?o={order}&s={session}"), String::new())]
    );
}

async fn pending_order(desk: &Desk, address: &str, decision: &str) -> String {
    let body = cart_with(json!({"notification": format!("{address}/note")}));
    let session = desk.session(&body).await;
    let visit = json!({"action": "pend", "minutes": 5, "decision": decision});
    let token = desk
        .shopper(&session, &visit)
        .await
        .member("authorization_token");
    desk.place(&token, &body).await.member("order_id")
}

#[tokio::test]
async fn a_fraud_decision_is_told_at_its_minute_until_a_200() {
    let (merchant, address) = Merchant::open(&[500, 204, 200]).await;
    let desk = Desk::new();
    let order = pending_order(&desk, &address, "accept").await;
    for (pause, heard) in [(299, 0), (1, 1), (599, 1), (1, 2), (600, 3), (600, 3)] {
        desk.advance(pause).await;
        desk.sandbox.tick().await;
        assert_eq!(merchant.heard().len(), heard, "after {pause}");
    }
    let body: Value = serde_json::from_str(&merchant.heard()[0].1).unwrap();
    assert_eq!(
        body,
        json!({"order_id": order, "event_type": "FRAUD_RISK_ACCEPTED"})
    );
}

#[tokio::test]
async fn a_fraud_notification_ends_after_24_hours() {
    let (merchant, address) = Merchant::open(&[500; 200]).await;
    let desk = Desk::new();
    pending_order(&desk, &address, "reject").await;
    desk.advance(300).await;
    for _ in 0..200 {
        desk.sandbox.tick().await;
        desk.advance(600).await;
    }
    // At the decision and every ten minutes for a day.
    assert_eq!(merchant.heard().len(), 145);
    assert!(merchant.heard()[0].1.contains("FRAUD_RISK_REJECTED"));
}

#[tokio::test]
async fn the_background_calls_back_without_being_asked() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let background = tokio::spawn(desk.sandbox.clone().background(async {
        // A dropped sender stops the loop as well.
        let _ = stopped.await;
    }));
    let session = desk
        .session(&cart_with(json!({"authorization": address})))
        .await;
    desk.approve(&session).await;
    while merchant.heard().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stop);
    background.await.unwrap();
}

#[tokio::test]
async fn callbacks_survive_a_restart() {
    let (merchant, address) = Merchant::open(&[]).await;
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let mut config = crate::desk::config();
        config.directory = Some(directory.path().to_owned());
        Desk::open(config)
    };
    let desk = open();
    let session = desk
        .session(&cart_with(json!({"authorization": address})))
        .await;
    desk.approve(&session).await;
    drop(desk);
    open().sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 1);
}

#[tokio::test]
async fn a_stopped_order_is_told_until_a_200_and_can_be_taken_over() {
    let (merchant, address) = Merchant::open(&[202, 200]).await;
    let desk = Desk::new();
    let urls = json!({"notification": format!("{address}/fraud/{{order.id}}")});
    let order = desk.order(&cart_with(urls)).await;
    let stop = format!("/sandbox/v1/orders/{order}/stop");
    assert_eq!(desk.post(&stop, &Value::Null).await.status, 204);
    desk.sandbox.tick().await;
    desk.advance(600).await;
    desk.sandbox.tick().await;
    desk.advance(600).await;
    desk.sandbox.tick().await;
    let heard = merchant.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].0, format!("/fraud/{order}"));
    let body: Value = serde_json::from_str(&heard[0].1).unwrap();
    assert_eq!(
        body,
        json!({"order_id": order, "event_type": "FRAUD_RISK_STOPPED"})
    );
    let path = format!("/ordermanagement/v1/orders/{order}");
    assert_eq!(desk.get(&path).await.json()["fraud_status"], "REJECTED");
    // Once only, and the merchant may still take the risk.
    assert_eq!(desk.post(&stop, &Value::Null).await.status, 409);
    let capture = json!({"captured_amount": 24_400});
    assert_eq!(
        desk.post(&format!("{path}/captures"), &capture)
            .await
            .status,
        201
    );
}
