//! Klarna's callbacks: nothing is believed, and a wrong address says nothing.

use axum::body::Body;
use http::{Request, header};
use kassa_storage::{Key, Scope};
use serde_json::json;

use crate::house::{Answer, House};

async fn post(house: &House, path: &str, body: &str) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    house.send(request).await
}

#[tokio::test]
async fn a_wrong_secret_is_not_found() {
    let house = House::open().await;
    let (_, source) = house.guest("EU").await.checkout().await;
    let body = json!({"authorization_token": "0b1d9815-165e-42e2-8867-35bc03789e00"}).to_string();
    for ticket in ["wrong", "x.test~wrong", "acme.test~"] {
        let path = format!("/klarna/authorizations/{source}/{ticket}");
        post(&house, &path, &body)
            .await
            .error(404, "RECORD_NOT_FOUND");
    }
    post(
        &house,
        &format!("/klarna/pushes/{source}/x.test~wrong/order"),
        "",
    )
    .await
    .error(404, "RECORD_NOT_FOUND");
}

#[tokio::test]
async fn an_address_that_is_no_text_is_not_found() {
    let house = House::open().await;
    let body = json!({"authorization_token": "x"}).to_string();
    for path in [
        "/klarna/authorizations/a/%ff",
        "/klarna/notifications/%ff/b",
        "/klarna/pushes/a/b/%ff",
    ] {
        let answer = post(&house, path, &body).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        assert!(answer.body["errors"][0]["code"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_callback_is_malformed() {
    let house = House::open().await;
    for path in ["/klarna/authorizations/a/b", "/klarna/notifications/a/b"] {
        post(&house, path, "{")
            .await
            .error(400, "INVALID_DATA_FORMAT");
    }
}

/// The secret part of the address that Klarna was given for `source`.
async fn ticket(house: &House, source: &str) -> String {
    for realm in house.gateway.store().realms().await.unwrap() {
        let scope = Scope::realm(realm.clone());
        let mut snapshot = house.gateway.snapshot(&scope).await.unwrap();
        let record = snapshot
            .record(&Key::new("klarna_payments", source))
            .await
            .unwrap();
        if let Some(secret) = record
            .as_ref()
            .and_then(|record| record.text("callback_secret"))
        {
            return format!("{}~{secret}", realm.as_str());
        }
    }
    panic!("the source has no secret");
}

#[tokio::test]
async fn an_approval_counts_when_klarna_shows_it() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, source) = guest.checkout().await;
    let path = format!(
        "/klarna/authorizations/{source}/{}",
        ticket(&house, &source).await
    );
    let invented = json!({"authorization_token": "0b1d9815-165e-42e2-8867-35bc03789e00"});
    post(&house, &path, &invented.to_string())
        .await
        .error(404, "RECORD_NOT_FOUND");
    let token = guest.approve(&source).await;
    let shown = json!({"authorization_token": token});
    post(&house, &path, &shown.to_string()).await.expect(200);
    let payment = guest
        .get(&format!("/api/klarna_payments/{source}"))
        .await
        .expect(200);
    assert_eq!(payment.attribute("auth_token"), &json!(token));
    let placed = guest
        .update(
            &format!("orders/{order}"),
            json!({"_place": true}),
            json!({}),
        )
        .await
        .expect(200);
    assert_eq!(placed.attribute("status"), "placed");
}

#[tokio::test]
async fn callback_secrets_are_in_no_document() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, source) = guest.checkout().await;
    let ticket = ticket(&house, &source).await;
    let secret = ticket.split_once('~').unwrap().1;
    for path in [
        format!("/api/klarna_payments/{source}"),
        format!("/api/orders/{order}?include=payment_source"),
    ] {
        let answer = guest.get(&path).await.expect(200);
        assert!(!answer.text.contains(secret), "{path}");
    }
}
