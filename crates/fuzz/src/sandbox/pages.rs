//! What a shopper's browser sends: the widget's calls, the steps of a purchase, the hosted page and its forms.

use serde_json::{Value, json};

use super::doors::{body, form, header, sent_as_body, target};
use super::stage::{Stage, with};
use crate::input::texts;
use crate::parser::parsers;
use crate::signal;

parsers! {
    widget_load "POST /kp/api/load" => |data| widget("POST /kp/api/load", data), calls();
    widget_begin "POST /kp/api/flows" => |data| widget("POST /kp/api/flows", data), begins();
    widget_finalize "POST /kp/api/finalize" => |data| widget("POST /kp/api/finalize", data), calls();
    widget_reauthorize "POST /kp/api/reauthorize" => |data| widget("POST /kp/api/reauthorize", data), calls();
    widget_steps "POST /kp/api/flows/{flow}/steps, one step a line" => steps, journeys();
    widget_flow "GET /kp/api/flows/{}" => |data| target("GET /kp/api/flows/{}", data), texts(["fuzz", "fuzz/outcome"]);
    widget_asset "GET /kp/assets/{}" => |data| target("GET /kp/assets/{}", data), texts(["look.css", "../x", "%2e%2e/x"]);
    page_open "GET /hpp/payments/{}" => |data| target("GET /hpp/payments/{}", data), codes();
    page_pay "form POST /hpp/payments/{code}/pay" => |data| form("POST /hpp/payments/{code}/pay", data),
        texts(["category=", "category=klarna", "category=pay_later"]);
    page_leave "form POST /hpp/payments/{code}/leave" =>
        |data| form("POST /hpp/payments/{code}/leave", data), texts(["", "a=b"]);
    page_send "form POST /hpp/distributions/{distribution}" =>
        |data| form("POST /hpp/distributions/{distribution}", data),
        texts(["method=email&email=customer@example.com", "method=sms&phone=0701740615&phone_country=SE"]);
    page_device "GET /hpp/devices/{}" => |data| target("GET /hpp/devices/{}", data), texts(["278352", "000000", "x"]);
    accept_language "header Accept-Language of the hosted page" =>
        |data| header("GET /hpp/devices/278352", "accept-language", data),
        texts(["de-AT,de;q=0.9,en;q=0.8", "*", "sv", "xx-YY-zz;q=2"]);
    order_redirect "GET /sandbox/redirect/{}" => |data| target("GET /sandbox/redirect/{}", data), texts(["x", "%00"]);
}

/// `{client_token}` and the like in the bytes are filled in.
fn widget(line: &str, data: &[u8]) {
    match std::str::from_utf8(data) {
        Ok(text) => {
            let filled = with(async |stage| stage.filled(text));
            body(line, filled.as_bytes());
        }
        Err(_) => body(line, data),
    }
}

fn calls() -> Vec<Vec<u8>> {
    let call = json!({"client_token": "{client_token}", "payment_method_categories": ["klarna"],
        "data": {"billing_address": {"email": "alice@example.com", "phone": "+46701740615"}}});
    texts([
        call.to_string(),
        json!({"client_token": "{client_token}"}).to_string(),
    ])
}

fn begins() -> Vec<Vec<u8>> {
    let call = json!({"flow_id": "another", "client_token": "{client_token}", "auto_finalize": false,
        "data": {"customer": {"date_of_birth": "1941-03-21"}}});
    texts([call.to_string()])
}

/// A purchase from its beginning, with one entry a line.
fn steps(data: &[u8]) {
    with(async |stage| {
        begin(stage).await;
        for line in data.split(|byte| *byte == b'\n').take(12) {
            let answer = sent_as_body(stage, "POST /kp/api/flows/{flow}/steps", line).await;
            signal::saw(("step", answer.text("/step"), answer.text("/notice")));
        }
        stage
            .call("GET /kp/api/flows/{flow}/outcome", Value::Null)
            .await
            .expect(200);
        stage
            .call("POST /kp/api/flows/{flow}/cancel", Value::Null)
            .await
            .expect(200);
    });
}

async fn begin(stage: &Stage) {
    let call = json!({"flow_id": stage.name("flow"), "client_token": stage.name("client_token")});
    stage.call("POST /kp/api/flows", call).await.expect(200);
}

fn journeys() -> Vec<Vec<u8>> {
    let phone = r#"{"step":"phone","phone":"+46701740615"}"#;
    let code = r#"{"step":"code","code":"123456"}"#;
    let details = r#"{"step":"details","given_name":"Alice","family_name":"Test","email":"alice@example.com","street_address":"Storgatan 2","postal_code":"11148","city":"Stockholm","date_of_birth":"1941-03-21","terms":true}"#;
    let confirm = r#"{"step":"confirm"}"#;
    let plan = |way: &str| format!(r#"{{"step":"plan","way":"{way}"}}"#);
    let card =
        r#"{"step":"card","number":"4111 1111 1111 1111","expire":"12/29","security":"123"}"#;
    texts([
        [phone, code, &plan("pay_later"), confirm].join("\n"),
        [phone, code, details, &plan("pay_now"), card, confirm].join("\n"),
        [
            phone,
            code,
            &plan("pay_over_time"),
            r#"{"step":"parts","parts":6}"#,
            confirm,
        ]
        .join("\n"),
        [
            r#"{"step":"eid"}"#,
            r#"{"step":"dismiss"}"#,
            r#"{"step":"back"}"#,
        ]
        .join("\n"),
        [
            r#"{"step":"challenge","outcome":"success"}"#,
            r#"{"step":"step_up","answer":"123456"}"#,
            confirm,
        ]
        .join("\n"),
        [r#"{"step":"offer_fast"}"#, r#"{"step":"offer_favourite"}"#].join("\n"),
    ])
}

fn codes() -> Vec<Vec<u8>> {
    let code = with(async |stage| stage.name("code").to_owned());
    texts([
        format!("{code}/leave"),
        format!("{code}/left"),
        format!("{code}/qr"),
        code,
    ])
}
