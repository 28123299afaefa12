//! Cases that a person closes.

use std::sync::Arc;

use kassa_gateway::payments::person::{self, Finding, Resolution};
use kassa_gateway::payments::{capture, place};
use kassa_gateway::{Field, GatewayError};
use kassa_storage::{Operation, OperationStatus};
use serde_json::json;

use crate::races::{fault, hit};
use crate::shop::Shop;

fn found(finding: Finding) -> Resolution {
    Resolution {
        finding,
        by: "anna".to_owned(),
        why: "seen in the portal".to_owned(),
    }
}

fn happened(id: Option<&str>) -> Resolution {
    found(Finding::Happened(id.map(str::to_owned)))
}

/// An operation whose answer is lost by `drop` (`drop_before` or `drop_after` the effect), with a person asked.
async fn case(shop: &Shop, order_id: &str, kind: &'static str, drop: &str) -> Operation {
    let rule = json!({ "operation": kind, "kind": drop, "times": 0 });
    let id = fault(shop, rule).await;
    let (gateway, front, back) = (
        Arc::clone(&shop.gateway),
        shop.front.clone(),
        shop.back.clone(),
    );
    let order = order_id.to_owned();
    let running = tokio::spawn(async move {
        match kind {
            "place_order" => place::place(&gateway, &front, &order).await,
            _ => capture::capture_order(&gateway, &back, &order).await,
        }
    });
    hit(shop, id).await;
    running.abort();
    let _ = running.await;
    shop.no_faults().await;
    let mut operation = shop.operations(order_id, kind).await.remove(0);
    assert_eq!(operation.status, OperationStatus::Pending);
    operation.status = OperationStatus::NeedsPerson;
    let mut set = shop.gateway.change_set(&shop.realm);
    set.operation(operation.clone());
    shop.gateway.commit_once(set).await.unwrap();
    operation
}

/// The order at Klarna that carries our id, also when nobody here knows it.
pub async fn made_at_klarna(shop: &Shop, order_id: &str) -> String {
    let listed = shop.klarna("GET", "/sandbox/v1/orders", None).await;
    for order in listed["orders"].as_array().unwrap() {
        let id = order["order_id"].as_str().unwrap();
        let path = format!("/ordermanagement/v1/orders/{id}");
        if shop.klarna("GET", &path, None).await["merchant_reference2"] == order_id {
            return id.to_owned();
        }
    }
    panic!("klarna has no such order");
}

/// The word and the field of a refusal.
fn refused(result: Result<Operation, GatewayError>) -> (String, Field) {
    match result {
        Err(GatewayError::Invalid(violations)) => {
            (violations[0].error.clone(), violations[0].field.clone())
        }
        other => panic!("expected a 422, got {other:?}"),
    }
}

fn on(word: &str, attribute: &str) -> (String, Field) {
    (word.to_owned(), Field::Attribute(attribute.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_happened_is_posted_under_klarnas_id() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let operation = case(&shop, &order_id, "capture", "drop_after").await;
    let waiting = person::cases(&shop.gateway).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].1.id, operation.id);
    let capture = shop.klarna_order(&order_id).await["captures"][0]["capture_id"].clone();
    let missing = person::resolve(&shop.gateway, &operation.id, &happened(None)).await;
    assert_eq!(refused(missing), on("blank", "klarna_id"));
    let told = happened(capture.as_str());
    let closed = person::resolve(&shop.gateway, &operation.id, &told)
        .await
        .unwrap();
    assert_eq!(closed.status, OperationStatus::Succeeded);
    let said = &closed.outcome.unwrap()["resolution"];
    assert_eq!(said["by"], "anna");
    assert_eq!(said["why"], "seen in the portal");
    assert_eq!(said["happened"], true);
    let row = shop.parts(&order_id, "captures").await.remove(0);
    assert_eq!(row.body["gateway_transaction_id"], capture);
    assert_eq!(shop.status(&order_id).await.1, "paid");
    shop.books_agree(&order_id).await;
    assert!(person::cases(&shop.gateway).await.unwrap().is_empty());
    let again = person::resolve(&shop.gateway, &operation.id, &told).await;
    assert_eq!(refused(again), on("invalid", "status"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_did_not_happen_gives_its_amount_back() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let operation = case(&shop, &order_id, "capture", "drop_before").await;
    let payable = shop.payable(&order_id).await;
    assert_eq!(shop.ledger(&order_id).await.1.captured, payable, "held");
    let told = found(Finding::DidNotHappen);
    let closed = person::resolve(&shop.gateway, &operation.id, &told)
        .await
        .unwrap();
    assert_eq!(closed.status, OperationStatus::Failed);
    assert_eq!(shop.ledger(&order_id).await.1.captured, 0);
    let row = shop.parts(&order_id, "captures").await.remove(0);
    assert_eq!(row.body["succeeded"], false);
    // It can be captured now, and once only.
    shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(shop.status(&order_id).await.1, "paid");
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placed_order_is_believed_when_klarna_shows_it() {
    let shop = Shop::open().await;
    let other = shop.placed_order().await;
    let other = shop.klarna_order(&other).await["order_id"].clone();
    let order_id = shop.approved_order().await;
    let operation = case(&shop, &order_id, "place_order", "drop_after").await;
    assert_eq!(shop.status(&order_id).await.0, "placing");
    for wrong in [other.as_str().unwrap(), "no-such-order"] {
        let answer = person::resolve(&shop.gateway, &operation.id, &happened(Some(wrong))).await;
        assert_eq!(refused(answer), on("invalid", "klarna_id"), "{wrong}");
    }
    assert_eq!(shop.status(&order_id).await.0, "placing");
    let ours = made_at_klarna(&shop, &order_id).await;
    let closed = person::resolve(&shop.gateway, &operation.id, &happened(Some(&ours))).await;
    assert_eq!(closed.unwrap().status, OperationStatus::Succeeded);
    let placed = ("placed".to_owned(), "authorized".to_owned());
    assert_eq!(shop.status(&order_id).await, placed);
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placing_that_did_not_happen_opens_the_order_again() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let operation = case(&shop, &order_id, "place_order", "drop_before").await;
    let told = found(Finding::DidNotHappen);
    let closed = person::resolve(&shop.gateway, &operation.id, &told)
        .await
        .unwrap();
    assert_eq!(closed.status, OperationStatus::Failed);
    assert_eq!(shop.status(&order_id).await.0, "pending");
    assert_eq!(shop.ledger(&order_id).await.1.authorized, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_case_is_not_closed_and_nobody_decides_in_silence() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let placed = shop.operations(&order_id, "place_order").await.remove(0);
    let told = found(Finding::DidNotHappen);
    let answer = person::resolve(&shop.gateway, &placed.id, &told).await;
    assert_eq!(refused(answer), on("invalid", "status"));
    for (field, told) in [
        (
            "by",
            Resolution {
                by: " ".to_owned(),
                ..told.clone()
            },
        ),
        (
            "why",
            Resolution {
                why: String::new(),
                ..told.clone()
            },
        ),
    ] {
        let answer = person::resolve(&shop.gateway, &placed.id, &told).await;
        assert_eq!(refused(answer), on("blank", field));
    }
    assert!(
        person::resolve(&shop.gateway, "nothing", &told)
            .await
            .is_err()
    );
    assert_eq!(shop.operations(&order_id, "place_order").await, [placed]);
}
