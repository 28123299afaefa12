//! The wire in both directions: every fixture survives decode and encode, and Klarna's known quirks are met.

use kassa_klarna_api::reply::{
    decode_capture_created, decode_order, decode_placed_order, decode_refund_created,
    decode_session_created,
};
use kassa_klarna_api::{
    AuthorizationToken, CaptureRequest, CreateOrderRequest, CreateOrderResponse,
    CustomerTokenCreated, CustomerTokenOrderRequest, ErrorBody, FraudNotification, KlarnaError,
    KlarnaReply, Operation, Order, PreparedRequest, RefundRequest, Session, SessionCreated,
    UpdateAuthorizationRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn unchanged<T: Serialize + DeserializeOwned>(fixture: &str) -> T {
    let before: Value = serde_json::from_str(fixture).expect("a fixture is valid");
    let decoded: T = serde_json::from_str(fixture).expect("a fixture is valid");
    assert_eq!(
        normal(&serde_json::to_value(&decoded).expect("a fixture is valid")),
        normal(&before)
    );
    decoded
}

/// Key order and trailing zeros of fractions of a second carry no meaning.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), normal(v))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        other => other.clone(),
    }
}

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> KlarnaReply {
    KlarnaReply {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn every_fixture_survives_decode_and_encode() {
    unchanged::<Session>(include_str!("fixtures/session_create_request.json"));
    unchanged::<SessionCreated>(include_str!("fixtures/session_created.json"));
    unchanged::<Session>(include_str!("fixtures/session_read.json"));
    unchanged::<CreateOrderResponse>(include_str!("fixtures/placed_order.json"));
    unchanged::<Order>(include_str!("fixtures/order.json"));
    unchanged::<CaptureRequest>(include_str!("fixtures/capture_request.json"));
    unchanged::<RefundRequest>(include_str!("fixtures/refund_request.json"));
    unchanged::<UpdateAuthorizationRequest>(include_str!(
        "fixtures/update_authorization_request.json"
    ));
    unchanged::<CustomerTokenCreated>(include_str!("fixtures/customer_token_created.json"));
    unchanged::<CustomerTokenOrderRequest>(include_str!(
        "fixtures/customer_token_order_request.json"
    ));
    unchanged::<FraudNotification>(include_str!("fixtures/fraud_notification.json"));
    unchanged::<ErrorBody>(include_str!("fixtures/error_bad_value.json"));
}

#[test]
fn unknown_fields_and_nulls_are_tolerated() {
    let session: Session = serde_json::from_str(
        r#"{"order_lines": null, "image_url": null, "locale": null, "new_field": {"a": 1}}"#,
    )
    .unwrap();
    assert_eq!(session, Session::default());
    let order: Order = serde_json::from_str(
        r#"{"order_id": "1", "status": "SOMETHING_NEW", "fraud_status": "LATER", "captures": null}"#,
    )
    .unwrap();
    assert_eq!(
        serde_json::to_value(&order.status).unwrap(),
        "SOMETHING_NEW"
    );
}

#[test]
fn authorized_payment_method_may_be_a_bare_string_and_is_written_as_an_object() {
    let answer = reply(
        200,
        &[],
        r#"{"order_id": "1", "fraud_status": "ACCEPTED", "authorized_payment_method": "invoice"}"#,
    );
    let placed = decode_placed_order(&answer).unwrap();
    assert_eq!(
        serde_json::to_value(&placed).unwrap()["authorized_payment_method"],
        serde_json::json!({"type": "invoice"})
    );
}

#[test]
fn a_401_in_html_is_a_refusal_without_a_correlation_id() {
    let html = "<html><head><title>401 Authorization Required</title></head></html>";
    let answer = reply(401, &[("content-type", "text/html")], html);
    let error = decode_session_created(&answer).unwrap_err();
    assert!(error.is_refused_with("UNAUTHORIZED"));
    assert_eq!(error.correlation_id(), None);
    assert!(
        decode_placed_order(&answer)
            .unwrap_err()
            .proves_nothing_happened()
    );
}

#[test]
fn a_5xx_is_an_unknown_outcome_where_the_call_has_an_effect() {
    let body = r#"{"error_code": "INTERNAL_SERVER_ERROR", "error_messages": ["Internal error"]}"#;
    let answer = reply(500, &[("klarna-correlation-id", "c-1")], body);
    for error in [
        decode_placed_order(&answer).unwrap_err(),
        decode_capture_created(&answer).unwrap_err(),
        decode_refund_created(&answer).unwrap_err(),
    ] {
        assert!(matches!(
            error,
            KlarnaError::OutcomeUnknown {
                status: Some(500),
                ..
            }
        ));
        assert_eq!(error.correlation_id(), Some("c-1"));
    }
    assert!(
        decode_order(&answer)
            .unwrap_err()
            .is_refused_with("INTERNAL_SERVER_ERROR")
    );
}

#[test]
fn a_conflict_on_a_call_with_a_key_may_be_the_first_attempt_still_running() {
    let answer = reply(
        409,
        &[],
        r#"{"error_code": "CONFLICT", "error_messages": []}"#,
    );
    let error = decode_capture_created(&answer).unwrap_err();
    assert!(matches!(error, KlarnaError::OutcomeUnknown { .. }));
    let mismatch = reply(
        409,
        &[],
        r#"{"error_code": "BAD_VALUE", "error_messages": ["Not matching fields: [order_amount]"]}"#,
    );
    assert!(
        decode_placed_order(&mismatch)
            .unwrap_err()
            .is_refused_with("BAD_VALUE")
    );
}

#[test]
fn a_success_that_cannot_be_read_is_an_unknown_outcome() {
    let error = decode_placed_order(&reply(200, &[], "<html>")).unwrap_err();
    assert!(matches!(error, KlarnaError::OutcomeUnknown { .. }));
    let error = decode_capture_created(&reply(201, &[], "")).unwrap_err();
    assert!(matches!(error, KlarnaError::OutcomeUnknown { .. }));
    let error = decode_order(&reply(200, &[], "<html>")).unwrap_err();
    assert!(matches!(error, KlarnaError::Malformed { .. }));
}

#[test]
fn the_id_of_a_capture_is_in_a_header() {
    let answer = reply(
        201,
        &[
            ("capture-id", "cap-1"),
            ("location", "https://api.example.com/x/cap-1"),
        ],
        "",
    );
    assert_eq!(decode_capture_created(&answer).unwrap(), "cap-1");
    let answer = reply(
        201,
        &[("location", "https://api.example.com/refunds/ref-1")],
        "",
    );
    assert_eq!(decode_refund_created(&answer).unwrap(), "ref-1");
}

#[test]
fn a_prepared_request_keeps_its_exact_bytes_in_storage_and_hides_them_in_logs() {
    let token = AuthorizationToken::new("b4bd3423-24e3");
    let request = PreparedRequest::place_order(&token, &CreateOrderRequest::default());
    let stored = serde_json::to_value(&request).unwrap();
    assert!(stored["body"].is_string());
    let read: PreparedRequest = serde_json::from_value(stored).unwrap();
    assert_eq!(read, request);
    assert!(!format!("{request:?}").contains("b4bd3423"));
    assert_eq!(
        request.redacted_path(),
        "/payments/v1/authorizations/{token}/order"
    );
    assert!(request.may_be_repeated() && request.idempotency_key.is_none());
}

#[test]
fn a_foreign_id_cannot_leave_its_path_segment() {
    let request = PreparedRequest::read_order("../../x?y#z");
    assert_eq!(
        request.path,
        "/ordermanagement/v1/orders/..%2F..%2Fx%3Fy%23z"
    );
    assert_eq!(request.operation, Operation::ReadOrder);
}

#[test]
fn an_update_of_the_authorization_always_carries_its_lines() {
    let update = UpdateAuthorizationRequest {
        order_amount: 1,
        ..Default::default()
    };
    assert!(serde_json::to_value(&update).unwrap()["order_lines"].is_array());
}
