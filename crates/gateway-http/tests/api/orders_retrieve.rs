//! `GET /api/orders/:id` and what hangs below it.

use kassa_gateway::CallSummary;
use kassa_storage::Scope;
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn the_whole_document_of_a_cart() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let answer = guest
        .get(&format!("/api/orders/{order}?include=line_items"))
        .await
        .expect(200);
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn linkage_only_for_included_paths() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let plain = guest.get(&format!("/api/orders/{order}")).await.expect(200);
    assert_eq!(plain.linkage("line_items"), None);
    assert_eq!(plain.linkage("payment_source"), None);
    let links = &plain.body["data"]["relationships"]["line_items"]["links"];
    let base = format!("https://acme.kassa.test/api/orders/{order}");
    assert_eq!(
        links,
        &json!({"self": format!("{base}/relationships/line_items"), "related": format!("{base}/line_items")})
    );
    let included = guest
        .get(&format!(
            "/api/orders/{order}?include=payment_source,shipments"
        ))
        .await
        .expect(200);
    assert_eq!(included.linkage("payment_source"), Some(&Value::Null));
    assert_eq!(included.linkage("shipments"), Some(&json!([])));
    assert_eq!(included.linkage("line_items"), None);
}

#[tokio::test]
async fn related_resources_by_their_own_address() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let lines = guest
        .get(&format!("/api/orders/{order}/line_items"))
        .await
        .expect(200);
    assert_eq!(lines.body["data"][0]["type"], "line_items");
    assert_eq!(lines.body["meta"]["record_count"], 1);
    let market = guest
        .get(&format!("/api/orders/{order}/market"))
        .await
        .expect(200);
    assert_eq!(market.text_at("/data/type"), "markets");
    let nothing = guest
        .get(&format!("/api/orders/{order}/payment_source"))
        .await
        .expect(200);
    assert_eq!(nothing.body["data"], Value::Null);
}

#[tokio::test]
async fn the_identifier_form_of_a_relationship() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let lines = guest
        .get(&format!("/api/orders/{order}/relationships/line_items"))
        .await
        .expect(200);
    let first = lines.body["data"][0].as_object().unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["type", "id"]);
    let customer = guest
        .get(&format!("/api/orders/{order}/relationships/customer"))
        .await
        .expect(200);
    assert_eq!(customer.body["data"], Value::Null);
    assert!(customer.text_at("/links/related").ends_with("/customer"));
}

#[tokio::test]
async fn links_follow_the_host_of_the_request() {
    let house = House::open().await;
    let guest = house.guest("EU").await.at("127.0.0.1:8080");
    let order = guest.cart().await;
    let answer = guest.get(&format!("/api/orders/{order}")).await.expect(200);
    assert_eq!(
        answer.text_at("/data/links/self"),
        format!("https://127.0.0.1:8080/api/orders/{order}")
    );
}

#[tokio::test]
async fn meta_on_the_resource_and_on_the_document() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let answer = guest.get(&format!("/api/orders/{order}")).await.expect(200);
    let meta = &answer.body["meta"];
    assert_eq!(meta, &answer.body["data"]["meta"]);
    assert_eq!(meta["mode"], "test");
    let trace = meta["trace_id"].as_str().unwrap();
    assert!(trace.len() == 64 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(answer.headers["x-trace-id"], trace);
}

#[tokio::test]
async fn every_call_about_an_order_is_remembered() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    guest.get(&format!("/api/orders/{order}")).await.expect(200);
    house.gateway.keep_calls().await.unwrap();
    let mut calls = Vec::new();
    for realm in house.gateway.store().realms().await.unwrap() {
        let mut snapshot = house.gateway.snapshot(&Scope::realm(realm)).await.unwrap();
        let kept = snapshot.calls(&order).await.unwrap();
        calls.extend(kept.into_iter().map(|call| {
            let summary: CallSummary = serde_json::from_value(call.detail).unwrap();
            (summary.method, summary.path, summary.status)
        }));
    }
    assert_eq!(
        calls,
        [
            ("POST".to_owned(), "/api/orders".to_owned(), 201),
            ("POST".to_owned(), "/api/line_items".to_owned(), 201),
            ("GET".to_owned(), format!("/api/orders/{order}"), 200),
        ]
    );
}
