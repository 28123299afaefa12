//! A customer token that Klarna refuses for good: charged no more, and replaced by another approval. One that Klarna only
//! suspends is tried again.

use super::*;
use crate::shop::refusal;

/// The token that paid an order.
async fn token_of(shop: &Shop, order_id: &str) -> String {
    let operation = shop.operations(order_id, "place_order").await.remove(0);
    let path = operation.request["path"].as_str().unwrap();
    let parts: Vec<&str> = path.split('/').collect();
    assert_eq!((parts[1], parts[5]), ("customer-token", "order"), "{path}");
    parts[4].to_owned()
}

/// A subscription whose second period was refused, because the shopper cancelled the token; its id.
async fn cancelled(shop: &Shop) -> String {
    let (_, id) = subscribed(shop, "weekly").await;
    pass(shop, 7 * DAY).await;
    let paid = renewals(shop, &id).await.remove(0);
    let token = token_of(shop, &paid.key.id).await;
    let path = format!("/customer-token/v1/tokens/{token}/status");
    let gone = json!({ "status": "CANCELLED" });
    shop.klarna("PATCH", &path, Some(gone)).await;
    pass(shop, 7 * DAY).await;
    let copy = copies(shop, &id).await.remove(1);
    assert_eq!(copy.text("status"), Some("failed"));
    let said = copy.body["errors_log"].to_string();
    assert!(said.contains("TOKEN_CANCELED"), "{said}");
    id
}

#[tokio::test]
async fn a_token_that_klarna_refused_is_not_charged_again() {
    let shop = open(model()).await;
    let id = cancelled(&shop).await;
    let refused = renewals(&shop, &id).await.remove(1).key.id;
    // By hand, on the same order.
    assert_eq!(refusal(shop.place(&refused).await).0, "token_refused");
    assert_eq!(shop.operations(&refused, "place_order").await.len(), 1);
    // Out of the wallet, on another order.
    let entry = rows(&shop, "customer_payment_sources").await.remove(0);
    let next = shop.order(1).await;
    let reuse = json!({ "_customer_payment_source_id": entry.key.id });
    let descriptor = &resources::order::DESCRIPTOR;
    let again = shop.update(&shop.front, descriptor, &next, reuse, &[]);
    assert_eq!(refusal(again.await).0, "token_refused");
    // By the next period.
    pass(&shop, 7 * DAY).await;
    let third = renewals(&shop, &id).await.remove(2).key.id;
    assert!(shop.operations(&third, "place_order").await.is_empty());
    let copy = copies(&shop, &id).await.remove(2);
    let said = copy.body["errors_log"]["payment_source"].to_string();
    assert!(said.contains("not charged again"), "{said}");
    assert_eq!(
        subscription(&shop, &id).await.text("status"),
        Some("active")
    );
}

#[tokio::test]
async fn another_approval_pays_the_order_and_the_periods_to_come() {
    let shop = open(model()).await;
    let id = cancelled(&shop).await;
    let refused = renewals(&shop, &id).await.remove(1).key.id;
    let source = shop.source(&refused).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&refused).await.unwrap();
    shop.work().await;
    assert_eq!(shop.status(&refused).await.0, "placed");
    assert_eq!(rows(&shop, "customer_payment_sources").await.len(), 2);
    pass(&shop, 7 * DAY).await;
    let third = renewals(&shop, &id).await.remove(2);
    assert_eq!(third.text("status"), Some("placed"), "{:?}", third.body);
    let paid = renewals(&shop, &id).await.remove(0).key.id;
    assert_ne!(
        token_of(&shop, &third.key.id).await,
        token_of(&shop, &paid).await
    );
    shop.books_agree(&third.key.id).await;
    assert_eq!(at_klarna(&shop, third.text("number").unwrap()).await, 1);
}

#[tokio::test]
async fn a_suspended_token_is_tried_again_with_the_next_period() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    pass(&shop, 7 * DAY).await;
    let paid = renewals(&shop, &id).await.remove(0);
    let token = token_of(&shop, &paid.key.id).await;
    let path = format!("/sandbox/v1/customer-tokens/{token}");
    let status = |word: &str| Some(json!({ "status": word }));
    shop.klarna("PATCH", &path, status("SUSPENDED")).await;
    pass(&shop, 7 * DAY).await;
    let copy = copies(&shop, &id).await.remove(1);
    assert_eq!(copy.text("status"), Some("failed"));
    let said = copy.body["errors_log"].to_string();
    assert!(said.contains("TOKEN_SUSPENDED"), "{said}");
    shop.klarna("PATCH", &path, status("ACTIVE")).await;
    pass(&shop, 7 * DAY).await;
    let third = renewals(&shop, &id).await.remove(2);
    assert_eq!(third.text("status"), Some("placed"), "{:?}", third.body);
    assert_eq!(token_of(&shop, &third.key.id).await, token);
    shop.books_agree(&third.key.id).await;
}
