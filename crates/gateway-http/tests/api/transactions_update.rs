//! Captures, refunds and voids through their parents.

use serde_json::{Value, json};

use crate::house::{House, Visitor};

async fn authorization(integration: &Visitor<'_>, order: &str) -> (String, i64) {
    let rows = integration
        .get(&format!(
            "/api/authorizations?filter[q][order_id_eq]={order}"
        ))
        .await
        .expect(200);
    let amount = rows.body["data"][0]["attributes"]["amount_cents"]
        .as_i64()
        .unwrap();
    (rows.text_at("/data/0/id"), amount)
}

#[tokio::test]
async fn capture_and_partial_refund_reach_klarna() {
    let house = House::open().await;
    let order = house.guest("EU").await.placed().await;
    let integration = house.integration().await;
    let (authorization, amount) = authorization(&integration, &order).await;
    integration
        .update(
            &format!("authorizations/{authorization}"),
            json!({"_capture": true}),
            json!({}),
        )
        .await
        .expect(200);
    let paid = integration
        .get(&format!(
            "/api/orders/{order}?include=captures,transactions"
        ))
        .await
        .expect(200);
    assert_eq!(paid.attribute("payment_status"), "paid");
    let capture = paid.included("captures")[0];
    assert_eq!(capture["attributes"]["amount_cents"], amount);
    assert_eq!(capture["attributes"]["succeeded"], true);
    let id = capture["id"].as_str().unwrap();
    integration
        .update(
            &format!("captures/{id}"),
            json!({"_refund": true, "_refund_amount_cents": 100}),
            json!({}),
        )
        .await
        .expect(200);
    let refunded = integration
        .get(&format!("/api/orders/{order}?include=refunds"))
        .await
        .expect(200);
    assert_eq!(refunded.attribute("payment_status"), "partially_refunded");
    let klarna_order = integration
        .get(&format!("/api/authorizations/{authorization}"))
        .await
        .expect(200)
        .text_at("/data/attributes/gateway_transaction_id");
    let klarna = house
        .klarna(&format!("/ordermanagement/v1/orders/{klarna_order}"))
        .await
        .expect(200);
    assert_eq!(klarna.body["captured_amount"], amount);
    assert_eq!(klarna.body["refunded_amount"], 100);
}

#[tokio::test]
async fn more_than_there_is_is_refused() {
    let house = House::open().await;
    let order = house.guest("EU").await.placed().await;
    let integration = house.integration().await;
    let (authorization, amount) = authorization(&integration, &order).await;
    let place = format!("authorizations/{authorization}");
    let beyond = json!({"_capture": true, "_capture_amount_cents": amount + 1});
    let refused = integration.update(&place, beyond, json!({})).await;
    refused.error(422, "VALIDATION_ERROR");
    assert_eq!(refused.body["errors"][0]["meta"]["value"], amount + 1);
    let negative = json!({"_capture": true, "_capture_amount_cents": -1});
    integration
        .update(&place, negative, json!({}))
        .await
        .error(422, "VALIDATION_ERROR");
    let part = json!({"_capture": true, "_capture_amount_cents": 500});
    integration
        .update(&place, part, json!({}))
        .await
        .expect(200);
    let rows = integration
        .get(&format!("/api/captures?filter[q][order_id_eq]={order}"))
        .await
        .expect(200);
    let capture = rows.text_at("/data/0/id");
    let beyond = json!({"_refund": true, "_refund_amount_cents": 501});
    integration
        .update(&format!("captures/{capture}"), beyond, json!({}))
        .await
        .error(422, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_void_gives_the_authorization_up() {
    let house = House::open().await;
    let order = house.guest("EU").await.placed().await;
    let integration = house.integration().await;
    let (authorization, _) = authorization(&integration, &order).await;
    integration
        .update(
            &format!("authorizations/{authorization}"),
            json!({"_void": true}),
            json!({}),
        )
        .await
        .expect(200);
    let voids = integration
        .get(&format!("/api/orders/{order}/voids"))
        .await
        .expect(200);
    assert_eq!(
        voids.body["data"][0]["attributes"]["succeeded"],
        Value::Bool(true)
    );
}

#[tokio::test]
async fn transactions_list_their_concrete_types() {
    let house = House::open().await;
    let order = house.guest("EU").await.placed().await;
    let integration = house.integration().await;
    let all = integration
        .get(&format!("/api/transactions?filter[q][order_id_eq]={order}"))
        .await
        .expect(200);
    assert_eq!(all.text_at("/data/0/type"), "authorizations");
    assert!(
        all.text_at("/data/0/links/self")
            .contains("/api/authorizations/")
    );
}
