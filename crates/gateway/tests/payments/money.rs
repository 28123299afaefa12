//! Captures, refunds and voids: by order and by transaction, within what is left, and the same in both books.

use kassa_gateway::shop::resources;
use kassa_storage::{LedgerEntry, OperationStatus};
use serde_json::json;

use crate::shop::{Shop, refusal};

#[tokio::test]
async fn captures_and_refunds_in_parts() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let total = shop.payable(&order_id).await;
    let authorization = shop.parts(&order_id, "authorizations").await[0]
        .key
        .id
        .clone();
    let part = json!({ "_capture": true, "_capture_amount_cents": 1000 });
    let descriptor = &resources::authorization::DESCRIPTOR;
    shop.update(&shop.back, descriptor, &authorization, part, &[])
        .await
        .unwrap();
    assert_eq!(shop.status(&order_id).await.1, "partially_paid");
    shop.books_agree(&order_id).await;
    shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(shop.status(&order_id).await.1, "paid");
    let capture = shop.parts(&order_id, "captures").await[0].clone();
    assert_eq!(capture.body["amount_cents"], 1000);
    let part = json!({ "_refund": true, "_refund_amount_cents": 400 });
    let descriptor = &resources::capture::DESCRIPTOR;
    shop.update(&shop.back, descriptor, &capture.key.id, part, &[])
        .await
        .unwrap();
    assert_eq!(shop.status(&order_id).await.1, "partially_refunded");
    shop.books_agree(&order_id).await;
    shop.trigger(&order_id, "_refund").await.unwrap();
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "refunded".into())
    );
    let (_, sums) = shop.ledger(&order_id).await;
    assert_eq!(
        (sums.authorized, sums.captured, sums.refunded),
        (total, total, total)
    );
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn an_amount_alone_is_meant_unless_its_trigger_is_off() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let authorization = shop.parts(&order_id, "authorizations").await[0]
        .key
        .id
        .clone();
    let descriptor = &resources::authorization::DESCRIPTOR;
    let off = json!({ "_capture": false, "_capture_amount_cents": 700 });
    shop.update(&shop.back, descriptor, &authorization, off, &[])
        .await
        .unwrap();
    assert!(shop.parts(&order_id, "captures").await.is_empty());
    let amount = json!({ "_capture_amount_cents": 700 });
    shop.update(&shop.back, descriptor, &authorization, amount, &[])
        .await
        .unwrap();
    let capture = shop.parts(&order_id, "captures").await[0].clone();
    assert_eq!(capture.body["amount_cents"], 700);
    let descriptor = &resources::capture::DESCRIPTOR;
    let nothing = json!({ "_refund_amount_cents": 0 });
    let refused = shop
        .update(&shop.back, descriptor, &capture.key.id, nothing, &[])
        .await;
    let (word, field) = refusal(refused);
    assert_eq!(word, "greater_than");
    assert!(field.contains("_refund_amount_cents"), "{field}");
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn nothing_beyond_what_is_left() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let total = shop.payable(&order_id).await;
    let authorization = shop.parts(&order_id, "authorizations").await[0]
        .key
        .id
        .clone();
    let descriptor = &resources::authorization::DESCRIPTOR;
    for amount in [total + 1, 0, -1, i64::MAX, i64::MIN] {
        let ask = json!({ "_capture": true, "_capture_amount_cents": amount });
        refusal(
            shop.update(&shop.back, descriptor, &authorization, ask, &[])
                .await,
        );
    }
    refusal(shop.trigger(&order_id, "_refund").await);
    shop.trigger(&order_id, "_capture").await.unwrap();
    refusal(shop.trigger(&order_id, "_capture").await);
    let capture = shop.parts(&order_id, "captures").await[0].key.id.clone();
    let descriptor = &resources::capture::DESCRIPTOR;
    for amount in [total + 1, 0, -5] {
        let ask = json!({ "_refund": true, "_refund_amount_cents": amount });
        refusal(
            shop.update(&shop.back, descriptor, &capture, ask, &[])
                .await,
        );
    }
    refusal(shop.trigger(&order_id, "_cancel").await);
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_captures_of_everything_at_once_are_one() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let (one, other) = tokio::join!(
        shop.trigger(&order_id, "_capture"),
        shop.trigger(&order_id, "_capture")
    );
    assert_eq!(
        usize::from(one.is_ok()) + usize::from(other.is_ok()),
        1,
        "{one:?} {other:?}"
    );
    assert_eq!(
        shop.klarna_order(&order_id).await["captures"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn cancelling_gives_the_guarantee_up_and_the_stock_back() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.trigger(&order_id, "_cancel").await.unwrap();
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "voided".into())
    );
    assert_eq!(shop.klarna_order(&order_id).await["status"], "CANCELLED");
    assert_eq!(shop.parts(&order_id, "voids").await.len(), 1);
    shop.books_agree(&order_id).await;
    shop.trigger(&order_id, "_cancel").await.unwrap();
}

#[tokio::test]
async fn voiding_after_a_part_was_captured_releases_the_rest() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let authorization = shop.parts(&order_id, "authorizations").await[0]
        .key
        .id
        .clone();
    let descriptor = &resources::authorization::DESCRIPTOR;
    let part = json!({ "_capture": true, "_capture_amount_cents": 700 });
    shop.update(&shop.back, descriptor, &authorization, part, &[])
        .await
        .unwrap();
    let void = json!({ "_void": true });
    shop.update(&shop.back, descriptor, &authorization, void, &[])
        .await
        .unwrap();
    assert_eq!(shop.status(&order_id).await.1, "partially_voided");
    assert_eq!(
        shop.klarna_order(&order_id).await["remaining_authorized_amount"],
        0
    );
    assert_eq!(
        shop.last(&order_id, "release").await,
        OperationStatus::Succeeded
    );
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn approving_and_capturing_in_one_go() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.trigger(&order_id, "_approve_and_capture")
        .await
        .unwrap();
    assert_eq!(
        shop.status(&order_id).await,
        ("approved".into(), "paid".into())
    );
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn every_effect_at_klarna_carries_its_operations_id() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.trigger(&order_id, "_capture").await.unwrap();
    let operation = shop.operations(&order_id, "capture").await.remove(0);
    let klarna = shop.klarna_order(&order_id).await;
    assert_eq!(klarna["captures"][0]["reference"], operation.id.as_str());
    let row = shop.parts(&order_id, "captures").await.remove(0);
    assert_eq!(
        row.body["gateway_transaction_id"],
        klarna["captures"][0]["capture_id"]
    );
    let (entries, _) = shop.ledger(&order_id).await;
    assert!(
        entries
            .iter()
            .any(|entry: &LedgerEntry| entry.id == operation.id)
    );
}

#[tokio::test]
async fn the_story_of_an_order_hides_tokens_and_people() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    for kind in ["create_session", "place_order"] {
        let operation = shop.operations(&order_id, kind).await.remove(0);
        let outcome = operation.outcome.expect("an outcome");
        let call = &outcome["calls"][0];
        assert_eq!(call["status"], 200, "{outcome}");
        assert!(call["correlation_id"].is_string());
        let text = outcome.to_string();
        assert!(
            !text.contains("customer@email.de") && !text.contains("Muster"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_edited_order_tells_klarna_all_its_lines() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.trigger(&order_id, "_start_editing").await.unwrap();
    let line = shop.parts(&order_id, "line_items").await;
    let line = line
        .iter()
        .find(|line| line.text("item_type") == Some("skus"))
        .unwrap()
        .clone();
    let less = json!({ "quantity": 1 });
    let descriptor = &resources::line_item::DESCRIPTOR;
    shop.update(&shop.back, descriptor, &line.key.id, less, &[])
        .await
        .unwrap();
    shop.trigger(&order_id, "_stop_editing").await.unwrap();
    assert_eq!(shop.status(&order_id).await.0, "placed");
    let klarna = shop.klarna_order(&order_id).await;
    assert_eq!(klarna["order_amount"], shop.payable(&order_id).await);
    assert!(!klarna["order_lines"].as_array().unwrap().is_empty());
    shop.books_agree(&order_id).await;
    shop.trigger(&order_id, "_capture").await.unwrap();
    shop.books_agree(&order_id).await;
}
