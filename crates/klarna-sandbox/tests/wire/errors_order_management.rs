//! The error table of Order Management, row by row. Each test is named after its row: status, code, what it is about.
//! What each state forbids is walked in `order_states`.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

const DAY: i64 = 24 * 3600;
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

struct Placed {
    desk: Desk,
    id: String,
}

impl Placed {
    async fn new() -> Self {
        let desk = Desk::new();
        let id = desk.order(&cart()).await;
        Self { desk, id }
    }

    async fn captured(amount: i64) -> Self {
        let order = Self::new().await;
        assert_eq!(order.capture(amount).await.status, 201);
        order
    }

    fn path(&self, rest: &str) -> String {
        format!("/ordermanagement/v1/orders/{}{rest}", self.id)
    }

    async fn post(&self, rest: &str, body: &Value) -> Answer {
        self.desk.post(&self.path(rest), body).await
    }

    async fn patch(&self, rest: &str, body: &Value) -> Answer {
        self.desk.call("PATCH", &self.path(rest), body).await
    }

    async fn capture(&self, amount: i64) -> Answer {
        let body = json!({"captured_amount": amount});
        self.post("/captures", &body).await
    }

    async fn close(&self) {
        let path = format!("/sandbox/v1/orders/{}/close", self.id);
        assert_eq!(self.desk.post(&path, &Value::Null).await.status, 204);
    }
}

#[tokio::test]
async fn row_400_invalid_order_id() {
    let desk = Desk::new();
    let expected = error(400, "INVALID_ORDER_ID", "Order ID must be a valid UUID.");
    for id in ["nobody", "123", "00000000-0000-4000-8000-00000000000g"] {
        let path = format!("/ordermanagement/v1/orders/{id}");
        assert_eq!(desk.get(&path).await.error(), expected);
        let cancelled = desk.post(&format!("{path}/cancel"), &Value::Null).await;
        assert_eq!(cancelled.error(), expected);
    }
}

#[tokio::test]
async fn row_400_not_found_refund_by_switch() {
    let order = Placed::captured(100).await;
    order
        .desk
        .switch(json!({"refund_not_found_status": 400}))
        .await;
    let message = format!("Refund r cannot be found for order {}", order.id);
    let answer = order.desk.get(&order.path("/refunds/r")).await;
    assert_eq!(answer.error(), error(400, "NOT_FOUND", &message));
}

#[tokio::test]
async fn row_403_capture_not_allowed_higher_than_remaining() {
    let order = Placed::captured(20_000).await;
    let message =
        "Captured amount is higher than the remaining authorized amount. Capture not possible.";
    let expected = error(403, "CAPTURE_NOT_ALLOWED", message);
    assert_eq!(order.capture(4401).await.error(), expected);
    assert_eq!(order.capture(4400).await.status, 201);
}

#[tokio::test]
async fn row_403_capture_not_allowed_expired() {
    let order = Placed::new().await;
    order.desk.advance(28 * DAY).await;
    let message = format!("Order {} is expired. Capture not possible.", order.id);
    let expected = error(403, "CAPTURE_NOT_ALLOWED", &message);
    assert_eq!(order.capture(1).await.error(), expected);
}

#[tokio::test]
async fn row_403_capture_not_allowed_at_all() {
    let order = Placed::new().await;
    let expected = error(403, "CAPTURE_NOT_ALLOWED", "Capture not allowed");
    assert_eq!(order.capture(0).await.error(), expected);
}

#[tokio::test]
async fn row_403_capture_not_allowed_with_a_shipping_delay() {
    let order = Placed::new().await;
    let body = json!({"captured_amount": 1, "shipping_delay": 2});
    let message = "Shipping delay is not enabled. Capture not possible.";
    let expected = error(403, "CAPTURE_NOT_ALLOWED", message);
    assert_eq!(order.post("/captures", &body).await.error(), expected);
    let none = json!({"captured_amount": 1, "shipping_delay": 0});
    assert_eq!(order.post("/captures", &none).await.status, 201);
    order
        .desk
        .switch(json!({"shipping_delay_permitted": true}))
        .await;
    let answer = order.post("/captures", &body).await;
    assert_eq!(answer.status, 201);
    // Never returned.
    let path = order.path(&format!("/captures/{}", answer.header("capture-id")));
    assert!(
        order
            .desk
            .get(&path)
            .await
            .json()
            .get("shipping_delay")
            .is_none()
    );
}

#[tokio::test]
async fn row_403_cancel_not_allowed_with_captures() {
    let order = Placed::captured(1).await;
    let message = "Order has previous captures. Cancel not possible.";
    let expected = error(403, "CANCEL_NOT_ALLOWED", message);
    assert_eq!(order.post("/cancel", &Value::Null).await.error(), expected);
}

#[tokio::test]
async fn row_403_cancel_not_allowed_when_closed() {
    let order = Placed::new().await;
    order.close().await;
    let message = format!("Order {} is closed. Cancel not possible.", order.id);
    let expected = error(403, "CANCEL_NOT_ALLOWED", &message);
    assert_eq!(order.post("/cancel", &Value::Null).await.error(), expected);
    assert_eq!(
        order.desk.get(&order.path("")).await.json()["status"],
        "CLOSED"
    );
}

#[tokio::test]
async fn row_403_refund_not_allowed_without_captures() {
    let order = Placed::new().await;
    let message = "Order has no captures. Refund not possible.";
    let answer = order.post("/refunds", &json!({"refunded_amount": 1})).await;
    assert_eq!(answer.error(), error(403, "REFUND_NOT_ALLOWED", message));
}

#[tokio::test]
async fn row_403_refund_not_allowed_over_refund() {
    let order = Placed::captured(100).await;
    let message = "Over refund is not allowed. Refund not possible.";
    let answer = order
        .post("/refunds", &json!({"refunded_amount": 101}))
        .await;
    assert_eq!(answer.error(), error(403, "REFUND_NOT_ALLOWED", message));
}

#[tokio::test]
async fn row_403_not_allowed_amount_less_than_captured() {
    let order = Placed::captured(8000).await;
    let message = "Resulting authorization amount 7000 cannot be less than the captured amount 8000 for order. \
                   Order authorization cannot be updated.";
    let answer = order
        .patch("/authorization", &json!({"order_amount": 7000}))
        .await;
    assert_eq!(answer.error(), error(403, "NOT_ALLOWED", message));
}

#[tokio::test]
async fn row_403_not_allowed_update() {
    let order = Placed::captured(24_400).await;
    let answer = order
        .patch("/authorization", &json!({"order_amount": 24_400}))
        .await;
    assert_eq!(
        answer.error(),
        error(403, "NOT_ALLOWED", "Update not allowed.")
    );
}

#[tokio::test]
async fn row_403_not_allowed_extend_when_expired() {
    let order = Placed::new().await;
    order.desk.advance(28 * DAY).await;
    let message = "Order is expired. Authorization time cannot be extended.";
    let answer = order.post("/extend-authorization-time", &Value::Null).await;
    assert_eq!(answer.error(), error(403, "NOT_ALLOWED", message));
}

#[tokio::test]
async fn row_403_not_allowed_release_when_fully_captured() {
    let order = Placed::captured(24_400).await;
    let message = "Order is fully captured. Remaining authorization cannot be released.";
    let answer = order
        .post("/release-remaining-authorization", &Value::Null)
        .await;
    assert_eq!(answer.error(), error(403, "NOT_ALLOWED", message));
}

#[tokio::test]
async fn row_403_not_allowed_billing_address() {
    let order = Placed::new().await;
    let message = "Billing address cannot be updated for user account order. Customer details cannot be updated.";
    let body = json!({"billing_address": {"city": "Lund"}});
    let answer = order.patch("/customer-details", &body).await;
    assert_eq!(answer.error(), error(403, "NOT_ALLOWED", message));
}

#[tokio::test]
async fn row_403_not_allowed_of_the_calls_without_a_published_message() {
    let order = Placed::new().await;
    let info = json!({"shipping_info": [{}]});
    let days = json!({"number_of_days": 7});
    let codes = |answer: &Answer| (answer.status, answer.error().1);
    let forbidden = (403, "NOT_ALLOWED".to_owned());
    for (method, rest, body) in [
        ("POST", "/captures/x/shipping-info", &info),
        ("POST", "/captures/x/trigger-send-out", &Value::Null),
        ("PATCH", "/captures/x/extend-due-date", &days),
    ] {
        let answer = order.desk.call(method, &order.path(rest), body).await;
        assert_eq!(codes(&answer), forbidden, "{rest}");
    }
    order.post("/cancel", &Value::Null).await;
    let references = order.patch("/merchant-references", &json!({})).await;
    assert_eq!(codes(&references), forbidden);
    let acknowledged = order.post("/acknowledge", &Value::Null).await;
    assert_eq!(codes(&acknowledged), forbidden);
}

#[tokio::test]
async fn row_403_operation_not_configured_or_denied() {
    let order = Placed::new().await;
    for (operation, code) in [("cancel", "CANCEL_NOT_ALLOWED"), ("release", "NOT_ALLOWED")] {
        let rest = match operation {
            "cancel" => "/cancel",
            _ => "/release-remaining-authorization",
        };
        order
            .desk
            .switch(json!({"disabled_operations": [operation]}))
            .await;
        assert_eq!(
            order.post(rest, &Value::Null).await.error(),
            error(403, code, "")
        );
        let denied = json!({"disabled_operations": [], "denied_operations": [operation]});
        order.desk.switch(denied).await;
        let answer = order.post(rest, &Value::Null).await;
        assert_eq!(answer.error(), error(403, "PERMISSION_DENIED", ""));
    }
}

#[tokio::test]
async fn row_404_no_such_order_with_the_calls_own_tail() {
    let desk = Desk::new();
    let info = json!({"shipping_info": [{}]});
    let amount = json!({"order_amount": 1});
    let plain = format!("Order {NOBODY} cannot be found");
    let to_order = format!("{plain}. Shipping info cannot be added to order {NOBODY}.");
    let to_capture = format!("{plain}. Shipping info cannot be added to capture x.");
    let acknowledged = format!("{plain}. Acknowledgement not possible.");
    let references = "Order cannot be found. Merchant references cannot be updated.".to_owned();
    for (method, rest, body, message) in [
        ("GET", "", &Value::Null, &plain),
        ("POST", "/acknowledge", &Value::Null, &acknowledged),
        ("PATCH", "/authorization", &amount, &plain),
        ("POST", "/cancel", &Value::Null, &plain),
        ("PATCH", "/customer-details", &json!({}), &plain),
        ("POST", "/extend-authorization-time", &Value::Null, &plain),
        ("PATCH", "/merchant-references", &json!({}), &references),
        (
            "POST",
            "/release-remaining-authorization",
            &Value::Null,
            &plain,
        ),
        ("POST", "/shipping-info", &info, &to_order),
        ("POST", "/captures", &json!({"captured_amount": 1}), &plain),
        ("GET", "/captures", &Value::Null, &plain),
        ("GET", "/captures/x", &Value::Null, &plain),
        (
            "PATCH",
            "/captures/x/extend-due-date",
            &json!({"number_of_days": 7}),
            &plain,
        ),
        (
            "GET",
            "/captures/x/extend-due-date-options",
            &Value::Null,
            &plain,
        ),
        ("POST", "/captures/x/shipping-info", &info, &to_capture),
        ("POST", "/captures/x/trigger-send-out", &Value::Null, &plain),
    ] {
        let path = format!("/ordermanagement/v1/orders/{NOBODY}{rest}");
        let answer = desk.call(method, &path, body).await;
        assert_eq!(
            answer.error(),
            error(404, "NO_SUCH_ORDER", message),
            "{rest}"
        );
    }
}

#[tokio::test]
async fn row_404_no_such_order_after_three_years() {
    let order = Placed::captured(24_400).await;
    order.desk.advance(3 * 365 * DAY - DAY).await;
    assert_eq!(order.desk.get(&order.path("")).await.status, 200);
    order.desk.advance(DAY).await;
    assert_eq!(
        order.desk.get(&order.path("")).await.error().1,
        "NO_SUCH_ORDER"
    );
}

#[tokio::test]
async fn row_404_no_such_capture() {
    let order = Placed::captured(1).await;
    let info = json!({"shipping_info": [{}]});
    let plain = "Capture could not be found";
    let to_capture = "Capture could not be found. Shipping info cannot be added to capture x";
    for (method, rest, body, message) in [
        ("GET", "/captures/x", &Value::Null, plain),
        ("POST", "/captures/x/shipping-info", &info, to_capture),
        ("POST", "/captures/x/trigger-send-out", &Value::Null, plain),
    ] {
        let answer = order.desk.call(method, &order.path(rest), body).await;
        assert_eq!(answer.error(), error(404, "NO_SUCH_CAPTURE", message));
    }
}

#[tokio::test]
async fn row_404_not_found_of_the_calls_on_refunds() {
    let order = Placed::captured(1).await;
    let message = format!("Refund r cannot be found for order {}", order.id);
    let answer = order.desk.get(&order.path("/refunds/r")).await;
    assert_eq!(answer.error(), error(404, "NOT_FOUND", &message));
    let path = format!("/ordermanagement/v1/orders/{NOBODY}/refunds");
    let message = format!("Refund r cannot be found for order {NOBODY}");
    let answer = order.desk.get(&format!("{path}/r")).await;
    assert_eq!(answer.error(), error(404, "NOT_FOUND", &message));
    let answer = order.desk.post(&path, &json!({"refunded_amount": 1})).await;
    let message = format!("Order {NOBODY} cannot be found");
    assert_eq!(answer.error(), error(404, "NOT_FOUND", &message));
}

#[tokio::test]
async fn row_409_conflict_while_the_key_is_in_flight() {
    let order = std::sync::Arc::new(Placed::new().await);
    order
        .desk
        .switch(json!({"conflict_on_key_in_flight": true}))
        .await;
    let rule = json!({"operation": "capture", "kind": "hold_before"});
    let rule = order.desk.post("/sandbox/v1/faults", &rule).await;
    let body = json!({"captured_amount": 10});
    let send = |order: std::sync::Arc<Placed>, body: Value| async move {
        let key = [("Klarna-Idempotency-Key", "k-1")];
        let path = order.path("/captures");
        order.desk.call_with("POST", &path, &body, &key).await
    };
    let first = tokio::spawn(send(order.clone(), body.clone()));
    let held = async || {
        let rules = order.desk.get("/sandbox/v1/faults").await.json();
        rules["faults"][0]["held"] == 1
    };
    while !held().await {
        tokio::task::yield_now().await;
    }
    let second = send(order.clone(), body.clone()).await;
    assert_eq!(second.error(), error(409, "CONFLICT", ""));
    let rule = format!("/sandbox/v1/faults/{}", rule.json()["id"]);
    order.desk.call("DELETE", &rule, &Value::Null).await;
    let first = first.await.unwrap();
    assert_eq!(first.status, 201);
    // Answered: from now on the key repeats.
    let third = send(order.clone(), body).await;
    assert_eq!(third.header("capture-id"), first.header("capture-id"));
}

#[tokio::test]
async fn row_413_request_too_large() {
    let order = Placed::new().await;
    let body = json!({"captured_amount": 1, "description": "x".repeat(1024 * 1024)});
    let expected = error(413, "REQUEST_TOO_LARGE", "Request is too large");
    assert_eq!(order.post("/captures", &body).await.error(), expected);
}

#[tokio::test]
async fn row_422_unprocessable_entity() {
    let order = Placed::new().await;
    let body = json!({"shipping_info": [{"shipping_company": "x".repeat(101)}]});
    let message = "The size of the shipping_info/shipping_company value must be between 0 and 100";
    let expected = error(422, "UNPROCESSABLE_ENTITY", message);
    assert_eq!(order.post("/shipping-info", &body).await.error(), expected);
}

#[tokio::test]
async fn row_422_invalid_address() {
    let order = Placed::new().await;
    let message = "The shipping and/or billing address is invalid";
    for address in [
        json!({"email": "nobody"}),
        json!({"phone": "12"}),
        json!({"postal_code": "?"}),
        json!({"country": "Sweden"}),
        json!({"street_address": "1 Main St", "country": "US"}),
    ] {
        let body = json!({"shipping_address": address});
        let answer = order.patch("/customer-details", &body).await;
        assert_eq!(
            answer.error(),
            error(422, "INVALID_ADDRESS", message),
            "{body}"
        );
    }
}

#[tokio::test]
async fn row_429_too_many_requests() {
    let order = Placed::new().await;
    order.desk.switch(json!({"rate_limits": true})).await;
    for _ in 0..50 {
        assert_eq!(order.desk.get(&order.path("")).await.status, 200);
    }
    let answer = order.desk.get(&order.path("")).await;
    assert_eq!(
        answer.error(),
        error(429, "TOO_MANY_REQUESTS", "Too many requests")
    );
}

#[tokio::test]
async fn row_500_internal_server_error_and_unexpected_error() {
    let order = Placed::new().await;
    let expected = |code: &str| error(500, code, "Unexpected server error");
    order.desk.fault("capture", "status_before", 500).await;
    assert_eq!(
        order.capture(1).await.error(),
        expected("INTERNAL_SERVER_ERROR")
    );
    order.desk.fault("capture", "status_after", 500).await;
    assert_eq!(order.capture(1).await.error(), expected("UNEXPECTED_ERROR"));
    let shown = order.desk.get(&order.path("")).await.json();
    assert_eq!(shown["captured_amount"], 1);
}

#[tokio::test]
async fn row_502_503_504_temporarily_unavailable() {
    let order = Placed::new().await;
    for status in [502, 503, 504] {
        order
            .desk
            .fault("read_order", "status_before", status)
            .await;
        let answer = order.desk.get(&order.path("")).await;
        let expected = error(status, "TEMPORARILY_UNAVAILABLE", "Temporarily unavailable");
        assert_eq!(answer.error(), expected);
    }
}
