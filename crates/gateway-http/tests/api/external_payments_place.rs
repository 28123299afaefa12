//! External payments through HTTP: what the shop's own gateway is told is what the API shows.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::house::{House, one};
use crate::receiver::Call;

/// A gateway that says yes to everything; its address, and what it was asked.
async fn acquirer() -> (String, Arc<Mutex<Vec<Call>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/authorize", listener.local_addr().unwrap());
    let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
    let kept = calls.clone();
    let take = async move |headers: HeaderMap, body: Bytes| {
        kept.lock().unwrap().push(Call { headers, body });
        let data = json!({ "transaction_token": "tr-1", "payment_source_token": "card-2" });
        Json(json!({ "success": true, "data": data }))
    };
    let router = Router::new().route("/authorize", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, calls)
}

/// Names of the fields in an object.
fn names(of: &Value) -> Vec<&String> {
    of.as_object().unwrap().keys().collect()
}

#[tokio::test]
async fn a_gateway_is_told_the_document_that_the_api_answers() {
    let house = House::open().await;
    let (guest, integration) = (house.guest("EU").await, house.integration().await);
    let (url, calls) = acquirer().await;
    let own = json!({ "name": "Own", "authorize_url": url, "external_includes": ["line_items"] });
    let gateway = integration
        .create("external_gateways", own, json!({}))
        .await
        .expect(201);
    let method = json!({ "payment_source_type": "external_payments", "price_amount_cents": 0 });
    let links = json!({
        "market": one("markets", &house.access.markets["EU"]),
        "payment_gateway": one("external_gateways", &gateway.id()),
    });
    let method = integration
        .create("payment_methods", method, links)
        .await
        .expect(201);
    let (order, _) = guest.checkout().await;
    let place = format!("orders/{order}");
    let link = json!({ "payment_method": one("payment_methods", &method.id()) });
    guest.update(&place, json!({}), link).await.expect(200);
    let token = json!({ "payment_source_token": "card-1" });
    let of_order = json!({ "order": one("orders", &order) });
    let source = guest
        .create("external_payments", token, of_order)
        .await
        .expect(201);
    guest.place(&order).await;
    let call = calls.lock().unwrap().remove(0);
    call.verify(&gateway.text_at("/data/attributes/shared_secret"));
    let told = call.json();
    let shown = integration
        .get(&format!(
            "/api/orders/{order}?include=payment_source,line_items"
        ))
        .await
        .expect(200);
    for part in ["attributes", "relationships"] {
        assert_eq!(
            names(&told["data"][part]),
            names(&shown.body["data"][part]),
            "{part}"
        );
    }
    for name in [
        "number",
        "total_amount_with_taxes_cents",
        "currency_code",
        "customer_email",
    ] {
        assert_eq!(
            told["data"]["attributes"][name],
            *shown.attribute(name),
            "{name}"
        );
    }
    let kinds = |document: &Value| {
        let all = document["included"].as_array().unwrap().iter();
        let mut kinds: Vec<String> = all.map(|row| row["type"].to_string()).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(&told), kinds(&shown.body));
    let shown = &shown.included("external_payments")[0]["attributes"];
    assert_eq!(
        shown["payment_source_token"], "card-2",
        "the gateway gave a better one"
    );
    let place = format!(
        "/api/external_payments/{}?include=payment_gateway",
        source.id()
    );
    let read = integration.get(&place).await.expect(200);
    assert_eq!(read.included("external_gateways")[0]["id"], gateway.id());
}
