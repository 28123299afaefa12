//! The error table of Customer Token, row by row, and the way back from a failed charge.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

fn charge() -> Value {
    json!({"purchase_currency": "SEK", "order_amount": 12_500, "order_tax_amount": 2500, "order_lines": [
        {"type": "physical", "name": "Coffee", "quantity": 1, "unit_price": 12_500, "tax_rate": 2500,
         "total_amount": 12_500, "total_tax_amount": 2500}]})
}

fn charge_with(name: &str, value: Value) -> Value {
    let mut body = charge();
    body[name] = value;
    body
}

struct Tokenized {
    desk: Desk,
    id: String,
}

impl Tokenized {
    async fn new() -> Self {
        Self::with_intent("tokenize").await
    }

    async fn with_intent(intent: &str) -> Self {
        let desk = Desk::new();
        let mut body = cart();
        body["intent"] = json!(intent);
        let session = desk.session(&body).await;
        let id = create(&desk, &session, "invoice").await.member("token_id");
        Self { desk, id }
    }

    fn path(&self, rest: &str) -> String {
        format!("/customer-token/v1/tokens/{}{rest}", self.id)
    }

    async fn order(&self, body: &Value) -> Answer {
        self.desk.post(&self.path("/order"), body).await
    }

    async fn read(&self) -> Value {
        self.desk.get(&self.path("")).await.json()
    }

    async fn klarna(&self, change: &Value) {
        let path = format!("/sandbox/v1/customer-tokens/{}", self.id);
        let answer = self.desk.call("PATCH", &path, change).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
}

/// A customer token out of a session, paid with a plan.
async fn create(desk: &Desk, session: &str, plan: &str) -> Answer {
    let visit = json!({"action": "approve", "payment_method": plan});
    let approval = desk.shopper(session, &visit).await;
    let token = approval.member("authorization_token");
    let creation = json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "intended_use": "SUBSCRIPTION", "description": "Coffee"});
    let path = format!("/payments/v1/authorizations/{token}/customer-token");
    desk.post(&path, &creation).await
}

#[tokio::test]
async fn row_404_token_not_found_when_ordering() {
    let answer = Desk::new()
        .post("/customer-token/v1/tokens/nobody/order", &charge())
        .await;
    let expected = error(404, "TOKEN_NOT_FOUND", "Customer token could not be found");
    assert_eq!(answer.error(), expected);
}

#[tokio::test]
async fn row_404_not_found_when_reading() {
    let answer = Desk::new().get("/customer-token/v1/tokens/nobody").await;
    assert_eq!(
        answer.error(),
        error(404, "NOT_FOUND", "Invalid customer-token ID")
    );
}

#[tokio::test]
async fn row_404_not_found_when_changing_the_status() {
    let path = "/customer-token/v1/tokens/nobody/status";
    let answer = Desk::new()
        .call("PATCH", path, &json!({"status": "CANCELLED"}))
        .await;
    assert_eq!(answer.error(), error(404, "NOT_FOUND", "Invalid token ID"));
}

#[tokio::test]
async fn row_403_token_suspended() {
    let token = Tokenized::new().await;
    token.klarna(&json!({"status": "SUSPENDED"})).await;
    assert_eq!(token.read().await["status"], "SUSPENDED");
    let expected = error(403, "TOKEN_SUSPENDED", "Customer token is suspended");
    assert_eq!(token.order(&charge()).await.error(), expected);
    token.klarna(&json!({"status": "ACTIVE"})).await;
    assert_eq!(token.order(&charge()).await.status, 200);
}

#[tokio::test]
async fn row_403_token_canceled() {
    let token = Tokenized::new().await;
    let cancelled = json!({"status": "CANCELLED"});
    let answer = token
        .desk
        .call("PATCH", &token.path("/status"), &cancelled)
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    token.desk.advance(1).await;
    let expected = error(403, "TOKEN_CANCELED", "Customer token is canceled");
    assert_eq!(token.order(&charge()).await.error(), expected);
}

#[tokio::test]
async fn row_403_unavailable_payment_method_in_another_currency() {
    let token = Tokenized::new().await;
    let message = "Payment method is not available for the currency";
    let expected = error(403, "UNAVAILABLE_PAYMENT_METHOD", message);
    let answer = token
        .order(&charge_with("purchase_currency", json!("EUR")))
        .await;
    assert_eq!(answer.error(), expected);
}

#[tokio::test]
async fn row_403_unavailable_payment_method_for_a_failed_charge_with_step_up() {
    let token = Tokenized::new().await;
    token.klarna(&json!({"charges": "fail"})).await;
    let answer = token
        .order(&charge_with("step_up", json!("SUPPORTED")))
        .await;
    assert_eq!(answer.status, 403);
    let body = answer.json();
    let step_up = answer.member("step_up_id");
    assert_eq!(
        body,
        json!({"correlation_id": answer.header("klarna-correlation-id"), "error_code": "UNAVAILABLE_PAYMENT_METHOD",
            "error_messages": ["Purchase for payment method failed"], "fraud_status": "REJECTED",
            "reason": "Purchase for payment method failed", "authorized_payment_method": {"type": "invoice"},
            "step_up_id": step_up})
    );
}

#[tokio::test]
async fn row_403_payment_method_failed() {
    let token = Tokenized::new().await;
    token.klarna(&json!({"charges": "fail"})).await;
    for body in [charge(), charge_with("step_up", json!("NOT_SUPPORTED"))] {
        let answer = token.order(&body).await;
        let expected = error(
            403,
            "PAYMENT_METHOD_FAILED",
            "Purchase for payment method failed",
        );
        assert_eq!(answer.error(), expected);
        assert_eq!(answer.json()["fraud_status"], "REJECTED");
        assert!(answer.json().get("step_up_id").is_none());
    }
    token.klarna(&json!({"charges": "unavailable"})).await;
    let gone = token
        .order(&charge_with("step_up", json!("SUPPORTED")))
        .await;
    assert_eq!(gone.error().1, "UNAVAILABLE_PAYMENT_METHOD");
    assert!(gone.json().get("step_up_id").is_none());
}

#[tokio::test]
async fn row_400_bad_request() {
    let token = Tokenized::new().await;
    let answer = token.order(&json!([])).await;
    assert_eq!(answer.error(), error(400, "BAD_REQUEST", ""));
}

#[tokio::test]
async fn row_400_bad_value() {
    let token = Tokenized::new().await;
    let answer = token.order(&charge_with("step_up", json!("MAYBE"))).await;
    assert_eq!(
        answer.error(),
        error(400, "BAD_VALUE", "Bad value: step_up")
    );
    let wrong = json!({"status": "SUSPENDED"});
    let answer = token
        .desk
        .call("PATCH", &token.path("/status"), &wrong)
        .await;
    assert_eq!(answer.error(), error(400, "BAD_VALUE", "Bad value: status"));
}

#[tokio::test]
async fn row_503_service_unavailable() {
    let token = Tokenized::new().await;
    token.desk.fault("token_order", "status_before", 503).await;
    let answer = token.order(&charge()).await;
    assert_eq!(answer.error(), error(503, "SERVICE_UNAVAILABLE", ""));
}

#[tokio::test]
async fn the_account_can_forbid_every_call() {
    let token = Tokenized::new().await;
    let cancelled = json!({"status": "CANCELLED"});
    for (operation, method, rest, body) in [
        ("read_customer_token", "GET", "", Value::Null),
        ("change_token_status", "PATCH", "/status", cancelled),
        ("token_order", "POST", "/order", charge()),
    ] {
        let call = async || {
            token
                .desk
                .call(method, &token.path(rest), &body)
                .await
                .error()
        };
        token
            .desk
            .switch(json!({"disabled_operations": [operation]}))
            .await;
        assert_eq!(call().await, error(403, "INVALID_OPERATION", ""));
        token.desk.switch(json!({"merchant_active": false})).await;
        assert_eq!(call().await, error(403, "MERCHANT_INACTIVE", ""));
        token.desk.switch(json!({"merchant_active": true})).await;
    }
    token
        .desk
        .switch(json!({"auto_capture_permitted": false, "disabled_operations": []}))
        .await;
    let answer = token.order(&charge_with("auto_capture", json!(true))).await;
    assert_eq!(answer.error().1, "PERMISSION_DENIED");
}

#[tokio::test]
async fn a_recovered_charge_gives_the_same_token_another_method() {
    let token = Tokenized::with_intent("buy_and_tokenize").await;
    token.klarna(&json!({"charges": "fail"})).await;
    let supported = charge_with("step_up", json!("SUPPORTED"));
    let step_up = token.order(&supported).await.member("step_up_id");
    let mut body = cart();
    body["intent"] = json!("buy_and_tokenize");
    body["step_up_id"] = json!(step_up);
    body["customer"] = json!({"customer_token": token.id});
    let session = token.desk.session(&body).await;
    let visit = json!({"action": "approve", "payment_method": "card"});
    let approval = token.desk.shopper(&session, &visit).await;
    let placed = token
        .desk
        .place(&approval.member("authorization_token"), &cart())
        .await;
    assert_eq!(placed.status, 200, "{}", placed.text);
    assert_eq!(token.read().await["payment_method_type"], "CARD");
    assert_eq!(token.order(&charge()).await.status, 200);
    // Used once.
    let again = token.desk.post("/payments/v1/sessions", &body).await;
    assert_eq!(
        again.error(),
        error(400, "BAD_VALUE", "Bad value: step_up_id")
    );
}

#[tokio::test]
async fn a_recovery_by_tokenizing_keeps_the_token_too() {
    let token = Tokenized::new().await;
    token.klarna(&json!({"charges": "fail"})).await;
    let supported = charge_with("step_up", json!("SUPPORTED"));
    let step_up = token.order(&supported).await.member("step_up_id");
    let mut body = cart();
    body["intent"] = json!("tokenize");
    body["step_up_id"] = json!(step_up);
    body["customer"] = json!({"customer_token": token.id});
    let session = token.desk.session(&body).await;
    let made = create(&token.desk, &session, "direct_debit").await;
    assert_eq!(made.member("token_id"), token.id);
    assert_eq!(token.read().await["payment_method_type"], "DIRECT_DEBIT");
    assert_eq!(token.order(&charge()).await.status, 200);
}

#[tokio::test]
async fn a_recovery_names_its_step_up_its_token_and_the_tokens_intent() {
    let token = Tokenized::with_intent("buy_and_tokenize").await;
    token.klarna(&json!({"charges": "fail"})).await;
    let supported = charge_with("step_up", json!("SUPPORTED"));
    let step_up = token.order(&supported).await.member("step_up_id");
    for (step_up, customer, intent, path) in [
        (
            "nobody",
            token.id.as_str(),
            "buy_and_tokenize",
            "step_up_id",
        ),
        (
            &step_up,
            "nobody",
            "buy_and_tokenize",
            "customer.customer_token",
        ),
        (&step_up, token.id.as_str(), "buy", "intent"),
    ] {
        let mut body = cart();
        body["intent"] = json!(intent);
        body["step_up_id"] = json!(step_up);
        body["customer"] = json!({"customer_token": customer});
        let answer = token.desk.post("/payments/v1/sessions", &body).await;
        let expected = error(400, "BAD_VALUE", &format!("Bad value: {path}"));
        assert_eq!(answer.error(), expected);
    }
}
