//! Extending the customer's due date of a capture.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

const DAY: i64 = 24 * 3600;

struct Captured {
    desk: Desk,
    order: String,
    capture: String,
}

impl Captured {
    async fn with(plan: &str) -> Self {
        let desk = Desk::new();
        let session = desk.session(&cart()).await;
        let visit = json!({"action": "approve", "payment_method": plan});
        let token = desk
            .shopper(&session, &visit)
            .await
            .member("authorization_token");
        let order = desk.place(&token, &cart()).await.member("order_id");
        let path = format!("/ordermanagement/v1/orders/{order}/captures");
        let captured = desk.post(&path, &json!({"captured_amount": 10_000})).await;
        let capture = captured.header("capture-id");
        Self {
            desk,
            order,
            capture,
        }
    }

    fn path(&self, capture: &str, rest: &str) -> String {
        let order = &self.order;
        format!("/ordermanagement/v1/orders/{order}/captures/{capture}/{rest}")
    }

    async fn options(&self) -> Value {
        let path = self.path(&self.capture, "extend-due-date-options");
        let answer = self.desk.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn extend(&self, body: &Value) -> Answer {
        let path = self.path(&self.capture, "extend-due-date");
        self.desk.call("PATCH", &path, body).await
    }

    async fn refused(&self, days: i64, why: &str) {
        let message = format!("{why}. Due date cannot be extended.");
        let expected = (403, "NOT_ALLOWED".to_owned(), message);
        let answer = self.extend(&json!({"number_of_days": days})).await;
        assert_eq!(answer.error(), expected);
    }
}

#[tokio::test]
async fn options_name_days_and_fees_in_the_orders_currency() {
    let captured = Captured::with("pay_later").await;
    let expected = json!({"currency": "SEK", "options": [{"number_of_days": 7, "amount": 100},
        {"number_of_days": 14, "amount": 200}, {"number_of_days": 30, "amount": 400}]});
    assert_eq!(captured.options().await, expected);
}

#[tokio::test]
async fn an_offered_number_of_days_moves_the_due_date_once() {
    let captured = Captured::with("pay_later").await;
    let answer = captured.extend(&json!({"number_of_days": 14})).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let path = format!("/sandbox/v1/orders/{}", captured.order);
    let shown = captured.desk.get(&path).await.json();
    let capture = &shown["captures"][0];
    // Pay in 30 days, placed and captured on 2 March.
    assert_eq!(capture["due_at"], "2026-04-15T09:30:00.000Z");
    assert_eq!(capture["due_date_extension"]["option"]["amount"], 200);
    assert_eq!(captured.options().await["options"], json!([]));
    captured
        .refused(7, "Due date has been extended before")
        .await;
}

#[tokio::test]
async fn other_numbers_of_days_are_not_sold() {
    let captured = Captured::with("pay_later").await;
    captured.refused(8, "8 days are not offered").await;
    for body in [
        json!({}),
        json!({"number_of_days": "7"}),
        json!({"number_of_days": 7.5}),
        json!({"number_of_days": 2_147_483_648_i64}),
    ] {
        let answer = captured.extend(&body).await;
        assert_eq!(answer.status, 422, "{body}");
    }
}

#[tokio::test]
async fn only_plans_that_are_paid_later_can_wait() {
    for (plan, waits) in [
        ("invoice", true),
        ("b2b_invoice", true),
        ("pay_later_by_card", true),
        ("slice_it_by_card", true),
        ("card", false),
        ("direct_debit", false),
        ("fixed_sum_credit", false),
    ] {
        let captured = Captured::with(plan).await;
        let offered = captured.options().await["options"] != json!([]);
        assert_eq!(offered, waits, "{plan}");
        if !waits {
            captured
                .refused(7, "Payment method does not allow it")
                .await;
        }
    }
}

#[tokio::test]
async fn a_due_date_that_passed_or_a_capture_that_was_refunded_stays() {
    let captured = Captured::with("pay_later").await;
    captured.desk.advance(30 * DAY).await;
    assert_eq!(captured.options().await["options"], json!([]));
    captured.refused(7, "Due date has passed").await;

    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let path = format!("/ordermanagement/v1/orders/{order}");
    let lines = cart()["order_lines"].clone();
    let whole = json!({"captured_amount": 24_400, "order_lines": lines});
    let capture = desk.post(&format!("{path}/captures"), &whole).await;
    let capture = capture.header("capture-id");
    let back = json!({"refunded_amount": 24_400, "order_lines": lines});
    assert_eq!(
        desk.post(&format!("{path}/refunds"), &back).await.status,
        201
    );
    let refunded = Captured {
        desk,
        order,
        capture,
    };
    refunded.refused(7, "Capture is fully refunded").await;
}

#[tokio::test]
async fn an_unknown_order_or_capture_is_told_apart() {
    let captured = Captured::with("pay_later").await;
    let unknown = captured
        .desk
        .get(&captured.path("nobody", "extend-due-date-options"))
        .await;
    let expected = (
        404,
        "NO_SUCH_CAPTURE".to_owned(),
        "Capture could not be found".to_owned(),
    );
    assert_eq!(unknown.error(), expected);
    let body = json!({"number_of_days": 7});
    let path = captured.path("nobody", "extend-due-date");
    assert_eq!(
        captured.desk.call("PATCH", &path, &body).await.error(),
        expected
    );
    let id = "00000000-0000-4000-8000-000000000000";
    let path = format!("/ordermanagement/v1/orders/{id}/captures/x/extend-due-date-options");
    let expected = (
        404,
        "NO_SUCH_ORDER".to_owned(),
        format!("Order {id} cannot be found"),
    );
    assert_eq!(captured.desk.get(&path).await.error(), expected);
}

#[tokio::test]
async fn the_offers_are_a_switch() {
    let captured = Captured::with("pay_later").await;
    let offers = json!({"due_date_options": [{"number_of_days": 2, "amount": 0}]});
    let changed = captured
        .desk
        .call("PATCH", "/sandbox/v1/settings", &offers)
        .await;
    assert_eq!(changed.status, 200);
    assert_eq!(
        captured.options().await["options"],
        offers["due_date_options"]
    );
    assert_eq!(
        captured.extend(&json!({"number_of_days": 2})).await.status,
        204
    );
    let wrong = json!({"due_date_options": [{"number_of_days": 0, "amount": 0}]});
    let refused = captured
        .desk
        .call("PATCH", "/sandbox/v1/settings", &wrong)
        .await;
    assert_eq!(refused.status, 400);
}
