//! Tokens of the shop's own gateway: kept in the wallet, never shown, good for later orders and renewals.

use super::*;

async fn on_order(own: &Own, order_id: &str, trigger: Value) -> Result<Record, GatewayError> {
    let descriptor = &resources::order::DESCRIPTOR;
    let shop = &own.shop;
    shop.update(&shop.front, descriptor, order_id, trigger, &[])
        .await
}

async fn save(own: &Own, order_id: &str) -> Result<Record, GatewayError> {
    let save = json!({ "_save_payment_source_to_customer_wallet": true });
    on_order(own, order_id, save).await
}

/// The customer's only entry.
async fn entry(own: &Own) -> Record {
    let any = |_: &Record| true;
    let id = own.shop.find("customer_payment_sources", any).await;
    own.shop
        .record("customer_payment_sources", &id)
        .await
        .unwrap()
}

async fn signed_in() -> Own {
    let mut own = Own::open().await;
    own.shop.sign_in().await;
    own
}

#[tokio::test]
async fn a_kept_payment_is_tokenized_once_and_pays_the_next_order() {
    let own = signed_in().await;
    let order_id = own.placed().await;
    save(&own, &order_id).await.unwrap();
    save(&own, &order_id).await.unwrap();
    let asked = own.acquirer.calls("token");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].json()["data"]["type"], "external_payments");
    assert!(asked[0].included("customers")["attributes"]["email"].is_string());
    let entry = entry(&own).await;
    assert_eq!(entry.text("name"), Some("Own card"));
    assert!(
        !json!(entry.body).to_string().contains("vault-"),
        "the token is sealed"
    );
    let next = own.shop.order(1).await;
    let reuse = json!({ "_customer_payment_source_id": entry.key.id });
    on_order(&own, &next, reuse).await.unwrap();
    let source = own.row(&next, "external_payments").await;
    assert!(!json!(source.body).to_string().contains("vault-"));
    own.shop.place(&next).await.unwrap();
    let call = own.acquirer.calls("authorize").remove(1);
    let paid = call.included("external_payments");
    assert_eq!(paid["attributes"]["payment_source_token"], "vault-1");
    assert_eq!(own.shop.status(&next).await, states("placed", "authorized"));
}

#[tokio::test]
async fn a_lost_token_answer_is_asked_for_again() {
    let own = signed_in().await;
    let order_id = own.placed().await;
    own.acquirer.script(&[Mode::LostAfter]);
    save(&own, &order_id).await.unwrap();
    assert_eq!(
        (
            own.acquirer.calls("token").len(),
            own.acquirer.effects("token")
        ),
        (2, 1)
    );
    entry(&own).await;
}

#[tokio::test]
async fn nothing_is_kept_before_it_is_bought_or_where_no_tokens_are_made() {
    let own = signed_in().await;
    let order_id = own.order().await;
    assert!(
        refusal(save(&own, &order_id).await)
            .1
            .contains("payment_source")
    );
    own.set(json!({ "token_url": null })).await.unwrap();
    own.shop.place(&order_id).await.unwrap();
    assert!(
        refusal(save(&own, &order_id).await)
            .1
            .contains("payment_gateway")
    );
    own.set(json!({ "token_url": format!("{}/token", own.acquirer.url) }))
        .await
        .unwrap();
    own.acquirer.script(&[Mode::No]);
    assert_eq!(refusal(save(&own, &order_id).await).0, "refused");
    save(&own, &order_id).await.unwrap();
}

#[tokio::test]
async fn what_recurs_is_tokenized_at_placing_and_its_copies_are_paid() {
    let own = signed_in().await;
    let line = json!({ "sku_code": own.shop.sku, "quantity": 1, "frequency": "monthly" });
    let order_id = own.shop.order_of(line).await;
    let source = own.choose(&order_id).await;
    own.shop.place(&order_id).await.unwrap();
    assert_eq!(own.acquirer.effects("token"), 1);
    let row = own.shop.record("external_payments", &source).await.unwrap();
    assert_eq!(row.body["customer_token"]["state"], "created");
    let links = [("source_order", "orders", order_id.as_str())];
    let copy = json!({ "place_target_order": true });
    let descriptor = &resources::order_copy::DESCRIPTOR;
    let made = make(&own.shop, descriptor, copy, &links).await.unwrap();
    own.shop.work().await;
    let done = own.shop.record("order_copies", &made.key.id).await.unwrap();
    assert_eq!(done.text("status"), Some("completed"), "{:?}", done.body);
    let target = done.text("target_order_id").unwrap();
    assert_eq!(
        own.shop.status(target).await,
        states("placed", "authorized")
    );
    let call = own.acquirer.calls("authorize").remove(1);
    let paid = call.included("external_payments");
    assert_eq!(paid["attributes"]["payment_source_token"], "vault-1");
    assert_eq!(
        own.acquirer.effects("token"),
        1,
        "what pays out of the wallet needs no other token"
    );
}
