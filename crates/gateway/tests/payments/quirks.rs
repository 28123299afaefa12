//! Klarna's recorded quirks, met by our own client.

use kassa_gateway::shop::resources;
use kassa_storage::{Guard, Key, Put};
use serde_json::json;

use crate::shop::{Shop, refusal};

#[tokio::test]
async fn a_401_in_html_is_a_422_that_says_unauthorized() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    spoil_credentials(&shop, &order_id).await;
    let order = [("order", "orders", order_id.as_str())];
    let made = shop
        .create(&resources::klarna_payment::DESCRIPTOR, json!({}), &order)
        .await;
    let Err(kassa_gateway::GatewayError::Invalid(violations)) = made else {
        panic!("expected a 422, got {made:?}");
    };
    assert_eq!(violations[0].meta["gateway_code"], "UNAUTHORIZED");
}

async fn spoil_credentials(shop: &Shop, order_id: &str) {
    let order = shop.record("orders", order_id).await.unwrap();
    let method = order.text("payment_method_id").unwrap().to_owned();
    let method = shop.record("payment_methods", &method).await.unwrap();
    let gateway = method.text("payment_gateway_id").unwrap().to_owned();
    let mut record = shop.record("klarna_gateways", &gateway).await.unwrap();
    let wrong = json!({ "api_key": "PK0_wrong", "api_secret": "wrong" });
    let mut wrong = wrong.as_object().unwrap().clone();
    kassa_gateway::payments::seal_credentials(&shop.gateway, &mut wrong).unwrap();
    assert!(wrong["api_secret"].to_string().find("wrong").is_none());
    record.body.extend(wrong);
    let mut set = shop.gateway.change_set(&shop.realm);
    set.puts.push(Put {
        guard: Guard::At(record.version),
        record,
    });
    shop.gateway.commit_once(set).await.unwrap();
    assert!(
        shop.record("klarna_gateways", &Key::new("x", gateway).id)
            .await
            .is_some()
    );
}

#[tokio::test]
async fn authorized_payment_method_as_a_bare_string() {
    let shop = Shop::open().await;
    let switch = json!({ "payment_method_as_string": true });
    shop.klarna("PATCH", "/sandbox/v1/settings", Some(switch))
        .await;
    let order_id = shop.placed_order().await;
    let order = shop.record("orders", &order_id).await.unwrap();
    assert!(order.body["payment_source_details"]["payment_method_type"].is_string());
    let source = order.text("payment_source_id").unwrap();
    let source = shop.record("klarna_payments", source).await.unwrap();
    assert!(source.body["payment_response"]["authorized_payment_method"]["type"].is_string());
}

#[tokio::test]
async fn a_429_without_rate_headers_is_waited_out() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let rule = json!({ "operation": "place_order", "kind": "status_before", "status": 429 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    shop.place(&order_id).await.unwrap();
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
}

#[tokio::test]
async fn a_5xx_after_the_effect_of_each_money_call_doubles_nothing() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    for (operation, trigger) in [
        ("place_order", "_place"),
        ("capture", "_capture"),
        ("refund", "_refund"),
    ] {
        shop.fault(operation, "status_after").await;
        if trigger == "_place" {
            shop.place(&order_id).await.unwrap();
        } else {
            shop.trigger(&order_id, trigger).await.unwrap();
        }
        shop.books_agree(&order_id).await;
    }
    let klarna = shop.klarna_order(&order_id).await;
    assert_eq!(klarna["captures"].as_array().unwrap().len(), 1);
    assert_eq!(klarna["refunds"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_5xx_after_a_cancel_is_no_failure() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.fault("cancel", "status_after").await;
    refusal_or_ok(shop.trigger(&order_id, "_cancel").await.map(drop));
    shop.finish().await;
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "voided".into())
    );
    shop.books_agree(&order_id).await;
}

fn refusal_or_ok(result: Result<(), kassa_gateway::GatewayError>) {
    if result.is_err() {
        refusal(result);
    }
}
