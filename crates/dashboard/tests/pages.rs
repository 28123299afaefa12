//! The dashboard over a real gateway: an order found by every id it has, and its story on one page.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

// The same house as the API's tests: gateway, SQLite, and a sandbox over loopback.
#[path = "../../gateway-http/tests/api/house.rs"]
#[expect(dead_code, reason = "the API's tests use more of it")]
mod house;

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kassa_dashboard::{DashboardOptions, router};
use kassa_storage::{Key, Record, Scope};
use serde_json::json;
use tower::ServiceExt;

use crate::house::House;

async fn get(router: &Router, path: &str) -> (StatusCode, String, String) {
    let mut request = Request::get(path)
        .header(header::HOST, "127.0.0.1:8080")
        .body(Body::empty())
        .unwrap();
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let location = parts
        .headers
        .get(header::LOCATION)
        .map_or_else(String::new, |value| value.to_str().unwrap().to_owned());
    (
        parts.status,
        location,
        String::from_utf8(bytes.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn an_order_is_found_by_any_of_its_ids() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, source) = guest.approved().await;
    guest
        .update(
            &format!("orders/{order}"),
            json!({"_place": true}),
            json!({}),
        )
        .await
        .expect(200);
    let place = format!("/api/orders/{order}?include=payment_source,line_items,authorizations");
    let read = house.integration().await.get(&place).await.expect(200);
    let payment = read.included("klarna_payments")[0];
    let attribute = |name: &str| payment["attributes"][name].as_str().unwrap().to_owned();
    let authorization = read.included("authorizations")[0];
    let router = router(house.gateway.clone(), DashboardOptions::default());
    let mut wanted = vec![
        order.clone(),
        read.text_at("/data/attributes/number"),
        source,
        attribute("session_id"),
        attribute("auth_token")[..8].to_owned(),
        read.included("line_items")[0]["id"]
            .as_str()
            .unwrap()
            .to_owned(),
        authorization["attributes"]["gateway_transaction_id"]
            .as_str()
            .unwrap()
            .to_owned(),
        read.text_at("/meta/trace_id"),
        "customer@email.de".to_owned(),
    ];
    wanted.extend(operation_and_correlation(&house, &order).await);
    for id in wanted {
        let (status, location, _) =
            get(&router, &format!("/dashboard?q={}", id.replace('@', "%40"))).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{id}");
        assert!(
            location.starts_with(&format!("/dashboard/orders/{order}?")),
            "{id}: {location}"
        );
    }
    let (status, _, page) = get(&router, "/dashboard?q=nothing-like-it").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Nothing was found"));
}

#[tokio::test]
async fn an_old_order_is_found_by_a_correlation_id_among_thousands() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, _) = guest.approved().await;
    let place = json!({"_place": true});
    guest
        .update(&format!("orders/{order}"), place, json!({}))
        .await
        .expect(200);
    let realm = house.gateway.store().realms().await.unwrap();
    let realm = realm
        .into_iter()
        .find(|realm| realm.organization() != "kassa");
    let realm = realm.unwrap();
    let now = house.gateway.now_us(&realm);
    for batch in 0..20 {
        let mut set = house.gateway.change_set(&realm);
        for number in 0..150 {
            let key = Key::new("orders", format!("later{batch:02}{number:03}"));
            let body = serde_json::Map::from_iter([("status".to_owned(), json!("draft"))]);
            set.put_new(Record::root(key, body, now + 1_000_000));
        }
        house.gateway.commit_once(set).await.unwrap();
    }
    let router = router(house.gateway.clone(), DashboardOptions::default());
    for id in operation_and_correlation(&house, &order).await {
        let (status, location, _) = get(&router, &format!("/dashboard?q={id}")).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{id}");
        assert!(location.starts_with(&format!("/dashboard/orders/{order}?")));
    }
}

#[tokio::test]
async fn refused_and_deleting_calls_stand_in_the_story_too() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let read = guest
        .get(&format!("/api/orders/{order}?include=line_items"))
        .await
        .expect(200);
    let line = read.included("line_items")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    guest
        .update(
            &format!("line_items/{line}"),
            json!({"quantity": -1}),
            json!({}),
        )
        .await
        .expect(422);
    guest
        .delete(&format!("/api/line_items/{line}"))
        .await
        .expect(204);
    let router = router(house.gateway.clone(), DashboardOptions::default());
    let (_, _, page) = get(&router, &format!("/dashboard/orders/{order}")).await;
    for call in ["PATCH", "DELETE"] {
        assert!(page.contains(&format!("{call} /api/line_items/{line}")));
    }
    assert!(page.contains("422 VALIDATION_ERROR"));
}

/// The id of an operation of `order`, and the correlation id of its first call.
async fn operation_and_correlation(house: &House, order: &str) -> Vec<String> {
    for realm in house.gateway.store().realms().await.unwrap() {
        let mut snapshot = house.gateway.snapshot(&Scope::realm(realm)).await.unwrap();
        let operations = snapshot.operations(order).await.unwrap();
        if let Some(operation) = operations.last() {
            let call = &operation.outcome.as_ref().unwrap()["calls"][0];
            return vec![
                operation.id.clone(),
                call["correlation_id"].as_str().unwrap().to_owned(),
            ];
        }
    }
    panic!("no operation");
}

#[tokio::test]
async fn the_story_is_on_one_page_and_keeps_secrets() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, source) = guest.approved().await;
    guest
        .update(
            &format!("orders/{order}"),
            json!({"_place": true}),
            json!({}),
        )
        .await
        .expect(200);
    let payment = guest
        .get(&format!("/api/klarna_payments/{source}"))
        .await
        .expect(200);
    let router = router(house.gateway.clone(), DashboardOptions::default());
    let (status, _, page) = get(&router, &format!("/dashboard/orders/{order}")).await;
    assert_eq!(status, StatusCode::OK);
    for heading in [
        "State",
        "Lines",
        "Transactions",
        "Operations",
        "Ledger",
        "Balances",
        "Timers and deadlines",
        "API calls",
        "Klarna calls",
    ] {
        assert!(page.contains(heading), "{heading}");
    }
    assert!(page.contains("PATCH /api/orders/"), "the API calls");
    assert!(page.contains("POST /payments/v1/"), "the Klarna calls");
    assert!(page.contains("authorized"), "the ledger");
    for secret in [
        payment.text_at("/data/attributes/auth_token"),
        payment.text_at("/data/attributes/client_token"),
        "Neue Schönhauser".to_owned(),
        house.access.klarna_password.clone(),
    ] {
        assert!(!page.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn the_list_shows_the_newest_first_and_unknown_orders_are_404() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let router = router(house.gateway.clone(), DashboardOptions::default());
    let (status, _, page) = get(&router, "/dashboard").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(&order));
    let (status, _, _) = get(&router, "/dashboard/orders/doesNotExi").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _, style) = get(&router, "/dashboard/style.css").await;
    assert!(status == StatusCode::OK && style.contains(":root"));
}

#[tokio::test]
async fn other_machines_need_the_key() {
    let house = House::open().await;
    let closed = router(house.gateway.clone(), DashboardOptions::default());
    let open = router(
        house.gateway.clone(),
        DashboardOptions {
            key: Some("open sesame".to_owned()),
        },
    );
    let from_afar = |password: Option<&str>| {
        let mut request = Request::get("/dashboard").header(header::HOST, "shop.example.com");
        if let Some(password) = password {
            use base64::Engine;
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("me:{password}"));
            request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer = SocketAddr::from(([203, 0, 113, 9], 40_000));
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    let status = |router: &Router, request: Request<Body>| {
        let router = router.clone();
        async move { router.oneshot(request).await.unwrap().status() }
    };
    assert_eq!(
        status(&closed, from_afar(None)).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        status(&open, from_afar(None)).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(&open, from_afar(Some("wrong"))).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(&open, from_afar(Some("open sesame"))).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn deliveries_are_shown_without_secrets() {
    let house = House::open().await;
    let integration = house.integration().await;
    // Nobody listens there.
    let attributes =
        json!({"topic": "orders.create", "callback_url": "http://127.0.0.1:9999/hooks"});
    let webhook = integration
        .create("webhooks", attributes, json!({}))
        .await
        .expect(201);
    let order = house.guest("EU").await.cart().await;
    kassa_gateway::jobs::tick(&house.gateway).await.unwrap();
    let router = router(house.gateway.clone(), DashboardOptions::default());
    let (status, _, page) = get(&router, "/dashboard/deliveries").await;
    assert_eq!(status, StatusCode::OK);
    for shown in [
        "orders.create".to_owned(),
        webhook.id(),
        format!("orders/{order}"),
        "no connection".to_owned(),
    ] {
        assert!(page.contains(&shown), "{shown}: {page}");
    }
    assert!(!page.contains(&webhook.text_at("/data/attributes/shared_secret")));
}
