//! Refunds: limits, allocation, return fees.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

async fn captured(lines: &Value, amount: i64) -> (Desk, String) {
    let desk = Desk::new();
    let path = format!("/ordermanagement/v1/orders/{}", desk.order(&cart()).await);
    let body = json!({"captured_amount": amount, "order_lines": lines});
    assert_eq!(
        desk.post(&format!("{path}/captures"), &body).await.status,
        201
    );
    (desk, path)
}

async fn refund(desk: &Desk, path: &str, body: &Value) -> Answer {
    desk.post(&format!("{path}/refunds"), body).await
}

fn refused(message: &str) -> (u16, String, String) {
    (403, "REFUND_NOT_ALLOWED".into(), message.into())
}

fn line(reference: &str, total: i64) -> Value {
    json!({"reference": reference, "name": reference, "quantity": 1, "unit_price": total, "total_amount": total})
}

#[tokio::test]
async fn an_order_without_captures_is_not_refunded() {
    let desk = Desk::new();
    let path = format!("/ordermanagement/v1/orders/{}", desk.order(&cart()).await);
    let answer = refund(&desk, &path, &json!({"refunded_amount": 1})).await;
    assert_eq!(
        answer.error(),
        refused("Order has no captures. Refund not possible.")
    );
}

#[tokio::test]
async fn refunds_end_at_what_was_captured() {
    let (desk, path) = captured(&json!([]), 10_000).await;
    assert_eq!(
        refund(&desk, &path, &json!({"refunded_amount": 6000}))
            .await
            .status,
        201
    );
    let beyond = refund(&desk, &path, &json!({"refunded_amount": 4001})).await;
    assert_eq!(
        beyond.error(),
        refused("Over refund is not allowed. Refund not possible.")
    );
    assert_eq!(
        refund(&desk, &path, &json!({"refunded_amount": 4000}))
            .await
            .status,
        201
    );
    let shown = desk.get(&path).await.json();
    assert_eq!(
        (&shown["refunded_amount"], &shown["status"]),
        (&json!(10_000), &json!("PART_CAPTURED"))
    );
    assert_eq!(shown["remaining_authorized_amount"], 14_400);
}

#[tokio::test]
async fn a_refund_is_read_by_its_id() {
    let (desk, path) = captured(&json!([]), 10_000).await;
    let made = refund(
        &desk,
        &path,
        &json!({"refunded_amount": 100, "reference": "op-1", "description": "broken"}),
    )
    .await;
    let id = made.header("refund-id");
    assert_eq!(
        made.header("location"),
        format!("http://sandbox.test{path}/refunds/{id}")
    );
    let read = desk.get(&format!("{path}/refunds/{id}")).await.json();
    assert_eq!(
        (&read["refunded_amount"], &read["reference"]),
        (&json!(100), &json!("op-1"))
    );
    assert_eq!(desk.get(&path).await.json()["refunds"][0], read);
    let order = path.rsplit('/').next().unwrap();
    let missing = desk.get(&format!("{path}/refunds/nobody")).await;
    let message = format!("Refund nobody cannot be found for order {order}");
    assert_eq!(missing.error(), (404, "NOT_FOUND".into(), message));
}

#[tokio::test]
async fn a_refund_is_allocated_to_the_capture_that_its_lines_name() {
    let (desk, path) = captured(&json!([line("MUG", 10_000)]), 10_000).await;
    let second = json!({"captured_amount": 4900, "order_lines": [line("SHIP", 4900)]});
    desk.post(&format!("{path}/captures"), &second).await;
    refund(
        &desk,
        &path,
        &json!({"refunded_amount": 900, "order_lines": [line("SHIP", 900)]}),
    )
    .await;
    let captures = desk.get(&format!("{path}/captures")).await.json();
    assert_eq!(
        (
            &captures[0]["refunded_amount"],
            &captures[1]["refunded_amount"]
        ),
        (&json!(0), &json!(900))
    );
}

#[tokio::test]
async fn a_refund_that_cannot_be_allocated_is_accepted_all_the_same() {
    let (desk, path) = captured(&json!([line("MUG", 10_000)]), 10_000).await;
    assert_eq!(
        refund(
            &desk,
            &path,
            &json!({"refunded_amount": 500, "order_lines": [line("MUG", 400)]})
        )
        .await
        .status,
        201
    );
    // After one unallocated refund no later one is allocated.
    refund(
        &desk,
        &path,
        &json!({"refunded_amount": 400, "order_lines": [line("MUG", 400)]}),
    )
    .await;
    let shown = desk.get(&path).await.json();
    assert_eq!(
        (
            &shown["refunded_amount"],
            &shown["captures"][0]["refunded_amount"]
        ),
        (&json!(900), &json!(0))
    );
}

#[tokio::test]
async fn a_return_fee_needs_one_full_capture_and_matching_lines() {
    let fee = json!({"type": "return_fee", "reference": "FEE", "name": "Fee", "quantity": 1, "unit_price": -500, "total_amount": -500});
    let lines = json!([line("MUG", 10_000), fee]);
    let (desk, path) = captured(&json!([line("MUG", 24_400)]), 24_400).await;
    let wrong = refund(
        &desk,
        &path,
        &json!({"refunded_amount": 9400, "order_lines": lines}),
    )
    .await;
    assert_eq!(wrong.error().1, "REFUND_NOT_ALLOWED");
    assert_eq!(
        refund(
            &desk,
            &path,
            &json!({"refunded_amount": 9500, "order_lines": lines})
        )
        .await
        .status,
        201
    );
    let (desk, path) = captured(&json!([line("MUG", 10_000)]), 10_000).await;
    let partly = refund(
        &desk,
        &path,
        &json!({"refunded_amount": 9500, "order_lines": lines}),
    )
    .await;
    assert_eq!(partly.error().1, "REFUND_NOT_ALLOWED");
}

#[tokio::test]
async fn nothing_is_not_refunded() {
    let (desk, path) = captured(&json!([]), 100).await;
    assert_eq!(
        refund(&desk, &path, &json!({"refunded_amount": 0}))
            .await
            .error(),
        refused("Refund not allowed")
    );
    assert_eq!(refund(&desk, &path, &json!({})).await.status, 422);
}

#[tokio::test]
async fn a_return_fee_is_negative_and_kept_in_fifteen_markets() {
    const MARKETS: [(&str, &str); 26] = [
        ("AU", "AUD"),
        ("AT", "EUR"),
        ("BE", "EUR"),
        ("CA", "CAD"),
        ("CZ", "CZK"),
        ("DK", "DKK"),
        ("FI", "EUR"),
        ("FR", "EUR"),
        ("DE", "EUR"),
        ("GR", "EUR"),
        ("HU", "HUF"),
        ("IE", "EUR"),
        ("GB", "GBP"),
        ("IT", "EUR"),
        ("MX", "MXN"),
        ("NL", "EUR"),
        ("NZ", "NZD"),
        ("NO", "NOK"),
        ("PL", "PLN"),
        ("PT", "EUR"),
        ("RO", "RON"),
        ("SK", "EUR"),
        ("ES", "EUR"),
        ("SE", "SEK"),
        ("CH", "CHF"),
        ("US", "USD"),
    ];
    const ALLOWED: [&str; 15] = [
        "AT", "DE", "DK", "FI", "FR", "NL", "NO", "SE", "IT", "ES", "IE", "PT", "CZ", "AU", "GR",
    ];
    let line = |name: &str, kind: &str, amount: i64| json!({"type": kind, "name": name, "quantity": 1, "unit_price": amount, "total_amount": amount});
    for (country, currency) in MARKETS {
        let desk = Desk::new();
        let body = json!({"purchase_country": country, "purchase_currency": currency, "order_amount": 10_000,
            "order_lines": [line("Mug", "physical", 10_000)]});
        let order = desk.order(&body).await;
        let path = format!("/ordermanagement/v1/orders/{order}");
        desk.post(
            &format!("{path}/captures"),
            &json!({"captured_amount": 10_000}),
        )
        .await;
        let with_fee = |fee: i64| {
            let lines = [
                line("Mug", "physical", 9500 - fee),
                line("Fee", "return_fee", fee),
            ];
            json!({"refunded_amount": 9500, "order_lines": lines})
        };
        let positive = refund(&desk, &path, &with_fee(500)).await;
        assert_eq!(positive.error().1, "REFUND_NOT_ALLOWED", "{country}");
        let kept = refund(&desk, &path, &with_fee(-500)).await;
        assert_eq!(kept.status == 201, ALLOWED.contains(&country), "{country}");
    }
}
