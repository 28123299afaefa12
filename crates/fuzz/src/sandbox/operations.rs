//! The operations of Klarna's API, under the names that the sandbox has for them.
//!
//! Invariant: every operation of [`kassa_klarna_sandbox::OPERATIONS`] has a function here, which a test holds. Operations
//! with a body get the bytes as their body, the others as the identifier in their path.

use kassa_klarna_api::{KlarnaReply, Order, Session, reply};
use serde_json::{Value, json};

use super::doors::{sent_as_body, target};
use super::seeds;
use super::stage::{Stage, with};
use crate::answer::Answer;
use crate::input::{documents, texts};
use crate::parser::parsers;

parsers! {
    create_session "POST /payments/v1/sessions" =>
        |data| session("POST /payments/v1/sessions", data), documents(seeds::sessions());
    update_session "POST /payments/v1/sessions/{session}" =>
        |data| session("POST /payments/v1/sessions/{session}", data), documents(seeds::session_updates());
    read_session "GET /payments/v1/sessions/{}" =>
        |data| target("GET /payments/v1/sessions/{}", data), ids();
    place_order "POST /payments/v1/authorizations/{authorization}/order" =>
        |data| call("POST /payments/v1/authorizations/{authorization}/order", data), documents(seeds::orders());
    create_customer_token "POST /payments/v1/authorizations/{tokenizing}/customer-token" =>
        |data| call("POST /payments/v1/authorizations/{tokenizing}/customer-token", data),
        documents(seeds::customer_tokens());
    cancel_authorization "DELETE /payments/v1/authorizations/{}" =>
        |data| target("DELETE /payments/v1/authorizations/{}", data), ids();
    read_customer_token "GET /customer-token/v1/tokens/{}" =>
        |data| target("GET /customer-token/v1/tokens/{}", data), ids();
    change_token_status "PATCH /customer-token/v1/tokens/{customer_token}/status" =>
        |data| call("PATCH /customer-token/v1/tokens/{customer_token}/status", data),
        documents(seeds::token_statuses());
    token_order "POST /customer-token/v1/tokens/{customer_token}/order" =>
        |data| call("POST /customer-token/v1/tokens/{customer_token}/order", data), documents(seeds::token_orders());
    create_hosted_page "POST /hpp/v1/sessions" =>
        |data| hosted_page("POST /hpp/v1/sessions", data), seeds::hosted_pages();
    read_hosted_page "GET /hpp/v1/sessions/{}" =>
        |data| target("GET /hpp/v1/sessions/{}", data), ids();
    disable_hosted_page "DELETE /hpp/v1/sessions/{}" =>
        |data| target("DELETE /hpp/v1/sessions/{}", data), ids();
    distribute_hosted_page "POST /hpp/v1/sessions/{page}/distribution" =>
        |data| call("POST /hpp/v1/sessions/{page}/distribution", data), documents(seeds::distributions());
    generate_distribution_module "POST /hpp/v1/sessions/{}/distribution-module/token" =>
        |data| target("POST /hpp/v1/sessions/{}/distribution-module/token", data), ids();
    read_identification "GET /hpp/v1/sessions/{}/manual-id-check" =>
        |data| target("GET /hpp/v1/sessions/{}/manual-id-check", data), ids();
    check_identification "POST /hpp/v1/sessions/{page}/manual-id-check" =>
        |data| identification("POST /hpp/v1/sessions/{page}/manual-id-check", data),
        documents(seeds::identifications());
    read_order "GET /ordermanagement/v1/orders/{}" =>
        |data| target("GET /ordermanagement/v1/orders/{}", data), ids();
    acknowledge "POST /ordermanagement/v1/orders/{}/acknowledge" =>
        |data| target("POST /ordermanagement/v1/orders/{}/acknowledge", data), ids();
    update_authorization "PATCH /ordermanagement/v1/orders/{order}/authorization" =>
        |data| order("PATCH", "/authorization", data), documents(seeds::authorization_updates());
    cancel "POST /ordermanagement/v1/orders/{}/cancel" =>
        |data| target("POST /ordermanagement/v1/orders/{}/cancel", data), ids();
    update_customer_details "PATCH /ordermanagement/v1/orders/{order}/customer-details" =>
        |data| order("PATCH", "/customer-details", data), documents(seeds::customer_details());
    extend "POST /ordermanagement/v1/orders/{}/extend-authorization-time" =>
        |data| target("POST /ordermanagement/v1/orders/{}/extend-authorization-time", data), ids();
    update_merchant_references "PATCH /ordermanagement/v1/orders/{order}/merchant-references" =>
        |data| order("PATCH", "/merchant-references", data), documents(seeds::references());
    release "POST /ordermanagement/v1/orders/{}/release-remaining-authorization" =>
        |data| target("POST /ordermanagement/v1/orders/{}/release-remaining-authorization", data), ids();
    add_shipping_info "POST /ordermanagement/v1/orders/{order}/shipping-info" =>
        |data| order("POST", "/shipping-info", data), documents(seeds::shipments());
    capture "POST /ordermanagement/v1/orders/{order}/captures" =>
        |data| order("POST", "/captures", data), documents(seeds::captures());
    list_captures "GET /ordermanagement/v1/orders/{}/captures" =>
        |data| target("GET /ordermanagement/v1/orders/{}/captures", data), ids();
    read_capture "GET /ordermanagement/v1/orders/{order}/captures/{}" =>
        |data| target("GET /ordermanagement/v1/orders/{order}/captures/{}", data), ids();
    extend_due_date "PATCH /ordermanagement/v1/orders/{order}/captures/{capture}/extend-due-date" =>
        |data| order("PATCH", "/captures/{capture}/extend-due-date", data), documents(seeds::due_dates());
    due_date_options "GET /ordermanagement/v1/orders/{order}/captures/{}/extend-due-date-options" =>
        |data| target("GET /ordermanagement/v1/orders/{order}/captures/{}/extend-due-date-options", data), ids();
    add_capture_shipping_info "POST /ordermanagement/v1/orders/{order}/captures/{capture}/shipping-info" =>
        |data| order("POST", "/captures/{capture}/shipping-info", data), documents(seeds::shipments());
    trigger_send_out "POST /ordermanagement/v1/orders/{order}/captures/{}/trigger-send-out" =>
        |data| target("POST /ordermanagement/v1/orders/{order}/captures/{}/trigger-send-out", data), ids();
    refund "POST /ordermanagement/v1/orders/{order}/refunds" =>
        |data| order("POST", "/refunds", data), documents(seeds::refunds());
    read_refund "GET /ordermanagement/v1/orders/{order}/refunds/{}" =>
        |data| target("GET /ordermanagement/v1/orders/{order}/refunds/{}", data), ids();
}

/// Identifiers of everything that exists, as paths carry them; each function knows one of them.
fn ids() -> Vec<Vec<u8>> {
    let names = [
        "session",
        "authorization",
        "customer_token",
        "order",
        "capture",
        "refund",
        "page",
    ];
    let mut ids = with(async |stage| names.map(|name| stage.name(name).to_owned()).to_vec());
    ids.push("00000000-0000-0000-0000-000000000000".to_owned());
    ids.push("%00?x=%ff".to_owned());
    texts(ids)
}

/// A call whose refusal has Klarna's form.
fn call(line: &str, data: &[u8]) {
    with(async |stage| {
        is_klarnas(&sent_as_body(stage, line, data).await);
    });
}

/// A session that was taken can be read back, with what was taken.
fn session(line: &str, data: &[u8]) {
    with(async |stage| {
        let answer = sent_as_body(stage, line, data).await;
        is_klarnas(&answer);
        if answer.status >= 300 {
            return;
        }
        let id = match answer.text("/session_id") {
            id if id.is_empty() => stage.name("session").to_owned(),
            id => {
                let created = reply::decode_session_created(&as_reply(&answer));
                created.expect("a created session is what the client reads");
                id
            }
        };
        let line = format!("GET /payments/v1/sessions/{id}");
        let read = stage.call(&line, Value::Null).await.expect(200);
        let session: Session = reply::decode_session(&as_reply(&read)).expect("a session is read");
        survives(&session);
    });
}

/// A hosted page; `{payment_session_url}` in the bytes is that of a session that is open.
fn hosted_page(line: &str, data: &[u8]) {
    with(async |stage| {
        let filled = match std::str::from_utf8(data) {
            Ok(text) => stage.filled(text).into_bytes(),
            Err(_) => data.to_vec(),
        };
        is_klarnas(&sent_as_body(stage, line, &filled).await);
    });
}

/// An identification that a page waits for.
fn identification(line: &str, data: &[u8]) {
    with(async |stage| {
        for action in ["open", "manual_id_check"] {
            let shopper = "POST /sandbox/v1/hpp-sessions/{page}/shopper";
            let answer = stage.call(shopper, json!({"action": action})).await;
            assert!(answer.status < 500, "{action}: status {}", answer.status);
        }
        is_klarnas(&sent_as_body(stage, line, data).await);
    });
}

/// A call that manages the order, after which the order's figures still make sense.
fn order(method: &str, rest: &str, data: &[u8]) {
    with(async |stage| {
        let line = format!("{method} /ordermanagement/v1/orders/{{order}}{rest}");
        is_klarnas(&sent_as_body(stage, &line, data).await);
        order_is_sound(stage).await;
    });
}

async fn order_is_sound(stage: &Stage) {
    let line = "GET /ordermanagement/v1/orders/{order}";
    let read = stage.call(line, Value::Null).await.expect(200);
    let order: Order = reply::decode_order(&as_reply(&read)).expect("an order is read");
    survives(&order);
    let figure = |name: &str| read.document()[name].as_i64();
    let (captured, refunded) = (figure("captured_amount"), figure("refunded_amount"));
    let (whole, left) = (
        figure("order_amount"),
        figure("remaining_authorized_amount"),
    );
    let figures = [captured, refunded, whole, left];
    assert!(
        figures
            .iter()
            .all(|figure| figure.is_some_and(|figure| figure >= 0)),
        "an order has figures, none below zero: {figures:?}"
    );
    assert!(
        refunded <= captured,
        "refunded {refunded:?} of {captured:?}"
    );
}

/// What is read can be written, and is then read as the same.
fn survives<T>(value: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).expect("plain data becomes JSON");
    let again: T = serde_json::from_str(&text).expect("what was written is read");
    assert_eq!(&again, value, "{text}");
}

/// A refusal of Klarna's API: a code, messages, and the correlation id of the header.
fn is_klarnas(answer: &Answer) {
    if answer.status < 400 {
        return;
    }
    let body = answer.document();
    let code = body["error_code"].as_str().unwrap_or_default();
    assert!(
        !code.is_empty() && body["error_messages"].is_array(),
        "status {} without code and messages: {body}",
        answer.status
    );
    assert_eq!(
        body["correlation_id"],
        answer.header("klarna-correlation-id").as_str()
    );
}

fn as_reply(answer: &Answer) -> KlarnaReply {
    KlarnaReply {
        status: answer.status,
        headers: Vec::new(),
        body: answer.body.to_vec(),
    }
}
