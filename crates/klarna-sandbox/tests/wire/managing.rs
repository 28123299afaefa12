//! Order Management: reading, captures, keys, expiry.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

pub const DAY: i64 = 24 * 3600;

pub struct Order {
    pub desk: Desk,
    pub id: String,
}

impl Order {
    pub async fn placed() -> Self {
        Self::placed_with("pay_later").await
    }

    pub async fn placed_with(plan: &str) -> Self {
        let desk = Desk::new();
        let session = desk.session(&cart()).await;
        let visit = json!({"action": "approve", "payment_method": plan});
        let token = desk
            .shopper(&session, &visit)
            .await
            .member("authorization_token");
        let id = desk.place(&token, &cart()).await.member("order_id");
        Self { desk, id }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/ordermanagement/v1/orders/{}{rest}", self.id)
    }

    pub async fn post(&self, rest: &str, body: &Value) -> Answer {
        self.desk.post(&self.path(rest), body).await
    }

    pub async fn patch(&self, rest: &str, body: &Value) -> Answer {
        self.desk.call("PATCH", &self.path(rest), body).await
    }

    pub async fn capture(&self, amount: i64) -> Answer {
        self.post("/captures", &json!({"captured_amount": amount}))
            .await
    }

    pub async fn shown(&self) -> Value {
        self.desk.get(&self.path("")).await.json()
    }

    /// Status, amount, captured, remaining.
    pub async fn figures(&self) -> (String, i64, i64, i64) {
        let shown = self.shown().await;
        let number = |name: &str| shown[name].as_i64().unwrap();
        (
            shown["status"].as_str().unwrap().to_owned(),
            number("order_amount"),
            number("captured_amount"),
            number("remaining_authorized_amount"),
        )
    }
}

pub fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

pub fn not_allowed(message: &str) -> (u16, String, String) {
    error(403, "NOT_ALLOWED", message)
}

#[tokio::test]
async fn absent_text_is_shown_empty_and_absent_lists_too() {
    let shown = Order::placed().await.shown().await;
    assert_eq!(shown["merchant_reference1"], "");
    assert_eq!(shown["billing_address"]["title"], "");
    assert_eq!(
        (
            &shown["captures"],
            &shown["refunds"],
            &shown["shipping_info"]
        ),
        (&json!([]), &json!([]), &json!([]))
    );
    // Shipping absent: billing is copied.
    assert_eq!(shown["shipping_address"]["postal_code"], "11148");
    assert_eq!(shown["original_order_amount"], 24_400);
    assert_eq!(shown["klarna_reference"].as_str().unwrap().len(), 8);
    assert_eq!(shown["created_at"], "2026-03-02T09:30:00.000Z");
}

#[tokio::test]
async fn a_birth_date_that_nobody_told_is_left_out() {
    let order = Order::placed().await;
    let customer = &order.shown().await["customer"];
    assert_eq!(*customer, json!({"national_identification_number": ""}));
}

#[tokio::test]
async fn nulls_and_unknown_members_are_taken_and_not_shown_again() {
    let order = Order::placed().await;
    let line = json!({"name": "Mug", "quantity": 1, "unit_price": 500, "total_amount": 500, "image_url": null,
        "unheard_of": {"by": "anyone"}, "product_identifiers": {"brand": "Mugs", "color": null, "weight": 3}});
    let shipment =
        json!({"shipping_company": "Post", "return_shipping_company": null, "unheard_of": 1});
    let body = json!({"captured_amount": 500, "order_lines": [line], "shipping_info": [shipment]});
    assert_eq!(order.post("/captures", &body).await.status, 201);
    let body = json!({"shipping_info": [shipment]});
    assert_eq!(order.post("/shipping-info", &body).await.status, 204);
    let shown = order.shown().await;
    let shown_line = json!({"name": "Mug", "quantity": 1, "unit_price": 500, "total_amount": 500,
        "product_identifiers": {"brand": "Mugs"}});
    let sent_company = json!([{"shipping_company": "Post"}]);
    assert_eq!(shown["captures"][0]["order_lines"], json!([shown_line]));
    assert_eq!(shown["captures"][0]["shipping_info"], sent_company);
    assert_eq!(shown["shipping_info"], sent_company);
}

#[tokio::test]
async fn partial_captures_end_in_captured() {
    let order = Order::placed().await;
    assert_eq!(order.capture(10_000).await.status, 201);
    assert_eq!(
        order.figures().await,
        ("PART_CAPTURED".into(), 24_400, 10_000, 14_400)
    );
    assert_eq!(order.capture(14_400).await.status, 201);
    assert_eq!(
        order.figures().await,
        ("CAPTURED".into(), 24_400, 24_400, 0)
    );
    let listed = order.desk.get(&order.path("/captures")).await.json();
    let reference = order.shown().await["klarna_reference"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        listed[1]["klarna_reference"],
        json!(format!("{reference}-2"))
    );
    let id = listed[0]["capture_id"].as_str().unwrap();
    assert_eq!(
        order
            .desk
            .get(&order.path(&format!("/captures/{id}")))
            .await
            .json(),
        listed[0]
    );
}

#[tokio::test]
async fn a_capture_beyond_the_authorization_is_refused() {
    let order = Order::placed().await;
    let message =
        "Captured amount is higher than the remaining authorized amount. Capture not possible.";
    assert_eq!(
        order.capture(24_401).await.error(),
        error(403, "CAPTURE_NOT_ALLOWED", message)
    );
    order.capture(24_400).await;
    assert_eq!(
        order.capture(1).await.error(),
        error(403, "CAPTURE_NOT_ALLOWED", message)
    );
    assert_eq!(order.figures().await.2, 24_400);
}

#[tokio::test]
async fn nothing_is_not_captured() {
    let order = Order::placed().await;
    assert_eq!(
        order.capture(0).await.error(),
        error(403, "CAPTURE_NOT_ALLOWED", "Capture not allowed")
    );
}

#[tokio::test]
async fn a_cancelled_order_is_not_captured() {
    let order = Order::placed().await;
    order.post("/cancel", &Value::Null).await;
    let message = format!("Order {} is cancelled. Capture not possible.", order.id);
    assert_eq!(
        order.capture(1).await.error(),
        error(403, "CAPTURE_NOT_ALLOWED", &message)
    );
}

#[tokio::test]
async fn the_same_key_captures_once_and_no_key_captures_twice() {
    let order = Order::placed().await;
    let key = [("Klarna-Idempotency-Key", "k-1")];
    let path = order.path("/captures");
    let first = order
        .desk
        .call_with("POST", &path, &json!({"captured_amount": 10}), &key)
        .await;
    let second = order
        .desk
        .call_with("POST", &path, &json!({"captured_amount": 99}), &key)
        .await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.header("capture-id"), second.header("capture-id"));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(order.figures().await.2, 10);
    order.capture(10).await;
    order.capture(10).await;
    assert_eq!(order.figures().await.2, 30);
}

#[tokio::test]
async fn a_key_is_honoured_for_24_hours() {
    let order = Order::placed().await;
    let key = [("Klarna-Idempotency-Key", "k-1")];
    let path = order.path("/captures");
    let body = json!({"captured_amount": 10});
    order.desk.call_with("POST", &path, &body, &key).await;
    order.desk.advance(DAY - 1).await;
    order.desk.call_with("POST", &path, &body, &key).await;
    assert_eq!(order.figures().await.2, 10);
    order.desk.advance(1).await;
    order.desk.call_with("POST", &path, &body, &key).await;
    assert_eq!(order.figures().await.2, 20);
}

#[tokio::test]
async fn a_refusal_is_not_kept_under_its_key() {
    let order = Order::placed().await;
    let key = [("Klarna-Idempotency-Key", "k-1")];
    let path = order.path("/captures");
    let refused = order
        .desk
        .call_with("POST", &path, &json!({"captured_amount": 99_999}), &key)
        .await;
    assert_eq!(refused.status, 403);
    let taken = order
        .desk
        .call_with("POST", &path, &json!({"captured_amount": 10}), &key)
        .await;
    assert_eq!(taken.status, 201);
}

#[tokio::test]
async fn a_bad_field_is_422_with_a_sentence() {
    let order = Order::placed().await;
    let long =
        json!({"captured_amount": 1, "shipping_info": [{"shipping_company": "x".repeat(101)}]});
    let message = "The size of the shipping_info/shipping_company value must be between 0 and 100";
    assert_eq!(
        order.post("/captures", &long).await.error(),
        error(422, "UNPROCESSABLE_ENTITY", message)
    );
    for body in [
        json!({}),
        json!({"captured_amount": -1}),
        json!({"captured_amount": "1"}),
        json!({"captured_amount": 200_000_001}),
    ] {
        assert_eq!(order.post("/captures", &body).await.status, 422, "{body}");
    }
    assert_eq!(
        order.post("/captures", &Value::Null).await.error().1,
        "BAD_REQUEST"
    );
}

#[tokio::test]
async fn a_malformed_order_id_is_told_apart_from_an_unknown_order() {
    let desk = Desk::new();
    let malformed = desk.get("/ordermanagement/v1/orders/nobody").await;
    assert_eq!(
        malformed.error(),
        error(400, "INVALID_ORDER_ID", "Order ID must be a valid UUID.")
    );
    let id = "00000000-0000-4000-8000-000000000000";
    let path = format!("/ordermanagement/v1/orders/{id}");
    let tail = |tail: &str| {
        error(
            404,
            "NO_SUCH_ORDER",
            &format!("Order {id} cannot be found{tail}"),
        )
    };
    assert_eq!(desk.get(&path).await.error(), tail(""));
    let acknowledged = desk
        .post(&format!("{path}/acknowledge"), &Value::Null)
        .await;
    assert_eq!(
        acknowledged.error(),
        tail(". Acknowledgement not possible.")
    );
    let shipped = desk
        .post(
            &format!("{path}/shipping-info"),
            &json!({"shipping_info": [{}]}),
        )
        .await;
    assert_eq!(
        shipped.error(),
        tail(&format!(". Shipping info cannot be added to order {id}."))
    );
    let referenced = desk
        .call("PATCH", &format!("{path}/merchant-references"), &json!({}))
        .await;
    let message = "Order cannot be found. Merchant references cannot be updated.";
    assert_eq!(referenced.error(), error(404, "NO_SUCH_ORDER", message));
}

#[tokio::test]
async fn shipping_info_is_appended_to_order_and_capture() {
    let order = Order::placed().await;
    let info =
        json!({"shipping_info": [{"shipping_company": "Post", "shipping_method": "Postal"}]});
    order.post("/shipping-info", &info).await;
    assert_eq!(order.post("/shipping-info", &info).await.status, 204);
    assert_eq!(
        order.shown().await["shipping_info"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let capture = order.capture(100).await.header("capture-id");
    assert_eq!(
        order
            .post(&format!("/captures/{capture}/shipping-info"), &info)
            .await
            .status,
        204
    );
    assert_eq!(
        order.shown().await["captures"][0]["shipping_info"][0]["shipping_company"],
        "Post"
    );
    let unknown = order.post("/captures/nobody/shipping-info", &info).await;
    let message = "Capture could not be found. Shipping info cannot be added to capture nobody";
    assert_eq!(unknown.error(), error(404, "NO_SUCH_CAPTURE", message));
    let wrong = order
        .post(
            "/shipping-info",
            &json!({"shipping_info": [{"shipping_method": "Pigeon"}]}),
        )
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(
        order
            .post(
                &format!("/captures/{capture}/trigger-send-out"),
                &Value::Null
            )
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn acknowledging_changes_nothing() {
    let order = Order::placed().await;
    assert_eq!(order.post("/acknowledge", &Value::Null).await.status, 204);
    assert_eq!(order.figures().await.0, "AUTHORIZED");
}

#[tokio::test]
async fn an_order_expires_at_midnight_of_the_28th_day() {
    let order = Order::placed().await;
    let until_midnight = 28 * DAY - 9 * 3600 - 30 * 60;
    order.desk.advance(until_midnight - 1).await;
    assert_eq!(order.figures().await.0, "AUTHORIZED");
    order.desk.advance(1).await;
    assert_eq!(order.figures().await, ("EXPIRED".into(), 24_400, 0, 0));
    let message = format!("Order {} is expired. Capture not possible.", order.id);
    assert_eq!(
        order.capture(1).await.error(),
        error(403, "CAPTURE_NOT_ALLOWED", &message)
    );
    let late = order.post("/extend-authorization-time", &Value::Null).await;
    assert_eq!(
        late.error(),
        not_allowed("Order is expired. Authorization time cannot be extended.")
    );
}

#[tokio::test]
async fn a_captured_order_does_not_expire_and_a_remainder_can_be_refunded_after_it_did() {
    let captured = Order::placed().await;
    captured.capture(24_400).await;
    captured.desk.advance(60 * DAY).await;
    assert_eq!(captured.figures().await.0, "CAPTURED");
    let partly = Order::placed().await;
    partly.capture(10_000).await;
    partly.desk.advance(60 * DAY).await;
    assert_eq!(
        partly.figures().await,
        ("EXPIRED".into(), 24_400, 10_000, 0)
    );
    assert_eq!(
        partly
            .post("/refunds", &json!({"refunded_amount": 10_000}))
            .await
            .status,
        201
    );
}
