//! The shopper's side over HTTP, as its own pages use it. What only a browser can show is in `web/tests`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kassa_environment::{SeededEntropy, SystemClock};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tower::ServiceExt;

const FLOW: &str = "0123456789abcdef0123456789abcdef";

/// A sandbox with one session in it.
struct Desk {
    router: Router,
    client_token: String,
    session_id: String,
}

impl Desk {
    async fn open() -> Self {
        let config = SandboxConfig {
            credentials: vec![Credential {
                username: "UG1_test".to_owned(),
                password: "password".to_owned(),
                api_key: "key".to_owned(),
                merchant_name: "Acme".to_owned(),
            }],
            ..SandboxConfig::default()
        };
        let entropy = Arc::new(SeededEntropy::new(7));
        let router = Sandbox::open(config, Arc::new(SystemClock), entropy)
            .unwrap()
            .router();
        let mut desk = Self {
            router,
            client_token: String::new(),
            session_id: String::new(),
        };
        let session = json!({
            "purchase_country": "DE", "purchase_currency": "EUR", "locale": "de-DE", "order_amount": 1000,
            "order_lines": [{"name": "Lamp", "quantity": 1, "unit_price": 1000, "total_amount": 1000}],
        });
        let (status, body) = desk.post("/payments/v1/sessions", session).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        desk.client_token = body["client_token"].as_str().unwrap().to_owned();
        desk.session_id = body["session_id"].as_str().unwrap().to_owned();
        desk
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        // Base64 of `UG1_test:password`; the pages' own addresses ignore it.
        let request = Request::post(path)
            .header(header::AUTHORIZATION, "Basic VUcxX3Rlc3Q6cGFzc3dvcmQ=")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    async fn begin(&self, data: Value, auto_finalize: bool) -> Value {
        let call = json!({"flow_id": FLOW, "client_token": self.client_token, "data": data, "auto_finalize": auto_finalize});
        self.post("/kp/api/flows", call).await.1
    }

    async fn step(&self, entry: Value) -> Value {
        let (status, body) = self
            .post(&format!("/kp/api/flows/{FLOW}/steps"), entry)
            .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn outcome(&self) -> Value {
        self.get(&format!("/kp/api/flows/{FLOW}/outcome")).await.1
    }

    async fn to_confirm(&self) {
        self.step(json!({"step": "phone", "phone": "+491711234567"}))
            .await;
        self.step(json!({"step": "code", "code": "123456"})).await;
        let shown = self.step(json!({"step": "plan", "way": "pay_later"})).await;
        assert_eq!(shown["step"], "confirm");
    }
}

#[tokio::test]
async fn a_flow_ends_with_a_token_that_the_session_knows() {
    let desk = Desk::open().await;
    desk.begin(
        json!({"billing_address": {"email": "customer@email.de"}}),
        true,
    )
    .await;
    desk.to_confirm().await;
    assert_eq!(
        desk.step(json!({"step": "confirm"})).await["status"],
        "closed"
    );
    let outcome = desk.outcome().await;
    assert_eq!(outcome["reason"], "approved");
    let token = outcome["result"]["authorization_token"].as_str().unwrap();
    let view = desk.get(&format!("/kp/api/flows/{FLOW}")).await.1;
    assert_eq!(view["view"]["merchant_name"], "Acme");
    assert_eq!(token.len(), 36);
}

#[tokio::test]
async fn the_shops_page_hears_nothing_of_what_the_shopper_typed() {
    let desk = Desk::open().await;
    desk.begin(json!({}), true).await;
    desk.step(json!({"step": "phone", "phone": "+491711234567"}))
        .await;
    let outcome = desk.outcome().await;
    assert_eq!(outcome, json!({"beats": 0, "attached": false}));
}

#[tokio::test]
async fn a_cancel_after_the_approval_answers_with_the_approval() {
    let desk = Desk::open().await;
    desk.begin(json!({}), true).await;
    desk.to_confirm().await;
    desk.step(json!({"step": "confirm"})).await;
    let (_, answer) = desk
        .post(&format!("/kp/api/flows/{FLOW}/cancel"), json!({}))
        .await;
    assert_eq!(answer["result"]["approved"], true);
}

#[tokio::test]
async fn a_decline_stays_with_its_session() {
    let desk = Desk::open().await;
    desk.begin(
        json!({"billing_address": {"email": "customer+denied@email.de"}}),
        true,
    )
    .await;
    desk.to_confirm().await;
    assert_eq!(
        desk.step(json!({"step": "confirm"})).await["step"],
        "declined"
    );
    desk.step(json!({"step": "dismiss"})).await;
    assert_eq!(
        desk.outcome().await["result"],
        json!({"approved": false, "show_form": false})
    );
    let (_, load) = desk
        .post("/kp/api/load", json!({"client_token": desk.client_token}))
        .await;
    assert_eq!(load, json!({"show_form": false, "reason": "declined"}));
}

#[tokio::test]
async fn finalize_ends_an_approval_that_waited_for_it_and_reauthorize_needs_one() {
    let desk = Desk::open().await;
    let call = json!({"client_token": desk.client_token});
    let (_, early) = desk.post("/kp/api/reauthorize", call.clone()).await;
    assert_eq!(early["reason"], "not_authorized");
    desk.begin(json!({}), false).await;
    desk.to_confirm().await;
    desk.step(json!({"step": "confirm"})).await;
    assert_eq!(desk.outcome().await["result"]["finalize_required"], true);
    let (_, finalized) = desk.post("/kp/api/finalize", call.clone()).await;
    assert!(finalized["result"]["authorization_token"].is_string());
    let (_, again) = desk.post("/kp/api/reauthorize", call).await;
    assert!(again["result"]["authorization_token"].is_string());
}

#[tokio::test]
async fn a_wrong_field_is_named_with_status_422_and_an_unknown_flow_is_404() {
    let desk = Desk::open().await;
    desk.begin(json!({}), true).await;
    desk.step(json!({"step": "phone", "phone": "+491711234567"}))
        .await;
    let steps = format!("/kp/api/flows/{FLOW}/steps");
    let (status, body) = desk
        .post(&steps, json!({"step": "code", "code": "999999"}))
        .await;
    assert_eq!(
        (status, body),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({"errors": {"code": "wrong_code"}})
        )
    );
    for path in ["/kp/api/flows/unknown", "/kp/api/flows/unknown/outcome"] {
        assert_eq!(desk.get(path).await.0, StatusCode::NOT_FOUND);
    }
    for path in ["cancel", "beat", "left"] {
        let (status, _) = desk
            .post(&format!("/kp/api/flows/unknown/{path}"), json!({}))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_spent_session_shows_no_form() {
    let desk = Desk::open().await;
    let (_, approval) = desk
        .post(
            &format!("/sandbox/v1/sessions/{}/shopper", desk.session_id),
            json!({"action": "approve"}),
        )
        .await;
    let token = approval["authorization_token"].as_str().unwrap();
    let order = json!({
        "purchase_country": "DE", "purchase_currency": "EUR", "locale": "de-DE", "order_amount": 1000,
        "order_lines": [{"name": "Lamp", "quantity": 1, "unit_price": 1000, "total_amount": 1000}],
    });
    let (status, body) = desk
        .post(&format!("/payments/v1/authorizations/{token}/order"), order)
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (_, load) = desk
        .post("/kp/api/load", json!({"client_token": desk.client_token}))
        .await;
    assert_eq!(load, json!({"show_form": false, "reason": "complete"}));
}

#[tokio::test]
async fn pages_bring_a_policy_that_loads_nothing_from_elsewhere_and_set_no_cookie() {
    let desk = Desk::open().await;
    for path in [
        "/kp/bridge",
        "/kp/widget",
        "/kp/flow/abc",
        "/kp/challenge",
        "/kp/about",
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = desk.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{path}"
        );
        assert!(!response.headers().contains_key(header::SET_COOKIE));
    }
    assert_eq!(
        desk.get("/kp/assets/nothing.js").await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_step_up_shopper_passes_the_challenge_in_the_page() {
    let desk = Desk::open().await;
    let shopper = json!({"billing_address": {"email": "customer+denied+auth_otp_email@email.de"}});
    desk.begin(shopper, true).await;
    desk.to_confirm().await;
    let asked = desk.step(json!({"step": "confirm"})).await;
    assert_eq!(
        (&asked["step"], &asked["challenge"]),
        (&json!("step_up"), &json!("otp_email"))
    );
    assert!(desk.outcome().await.get("result").is_none());
    let wrong = desk
        .step(json!({"step": "step_up", "answer": "999999"}))
        .await;
    assert_eq!(
        (&wrong["step"], &wrong["notice"]),
        (&json!("step_up"), &json!("wrong_answer"))
    );
    let passed = desk
        .step(json!({"step": "step_up", "answer": "123456"}))
        .await;
    assert_eq!(passed["status"], "closed");
    let outcome = desk.outcome().await;
    assert_eq!(outcome["reason"], "approved");
    assert!(outcome["result"].get("challenge").is_none());
    // The approval stands for a changed cart, too, without another challenge.
    let call = json!({"client_token": desk.client_token,
        "data": {"billing_address": {"email": "customer+denied+auth_otp_email@email.de"}}});
    let (_, again) = desk.post("/kp/api/reauthorize", call).await;
    assert!(
        again["result"]["authorization_token"].is_string(),
        "{again}"
    );
}

#[tokio::test]
async fn a_challenge_that_is_failed_declines() {
    let desk = Desk::open().await;
    let shopper = json!({"billing_address": {"email": "customer+denied+auth_id_scan@email.de"}});
    desk.begin(shopper, true).await;
    desk.to_confirm().await;
    desk.step(json!({"step": "confirm"})).await;
    let failed = desk
        .step(json!({"step": "step_up", "answer": "rejected"}))
        .await;
    assert_eq!(failed["step"], "declined");
}

#[tokio::test]
async fn a_session_that_offers_nothing_shows_no_form() {
    let mut desk = Desk::open().await;
    let session = json!({
        "purchase_country": "DE", "purchase_currency": "EUR", "order_amount": 99,
        "order_lines": [{"name": "Screw", "quantity": 1, "unit_price": 99, "total_amount": 99}],
    });
    let (status, body) = desk.post("/payments/v1/sessions", session).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["payment_method_categories"], json!([]));
    desk.client_token = body["client_token"].as_str().unwrap().to_owned();
    let (_, load) = desk
        .post("/kp/api/load", json!({"client_token": desk.client_token}))
        .await;
    assert_eq!(load, json!({"show_form": false, "reason": "category"}));
}

#[tokio::test]
async fn the_page_offers_the_methods_of_the_session() {
    let desk = Desk::open().await;
    desk.begin(json!({}), true).await;
    let (_, shown) = desk.get(&format!("/kp/api/flows/{FLOW}")).await;
    // Ten euros are too little for parts.
    let ways = [
        "pay_now",
        "pay_later",
        "direct_debit",
        "direct_bank_transfer",
    ];
    assert_eq!(shown["ways"], json!(ways));
}
