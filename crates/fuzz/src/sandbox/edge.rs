//! What is read of a call before it is one: credentials, faults, keys, the path itself.

use axum::body::Body;
use http::Method;
use serde_json::Value;

use super::doors::{header, to, with_header};
use super::stage::with;
use crate::input::{split_line, texts};
use crate::parser::parsers;

parsers! {
    basic_credentials "header Authorization of the sandbox" =>
        |data| header("GET /payments/v1/sessions/{session}", "authorization", data),
        texts([
            "Basic UEswMDAwMV9mdXp6OmZ1enotcGFzc3dvcmQ=", "Basic klarna_test_api_fuzz", "basic OmtsYXJuYQ",
            "Basic MTIzZTQ1NjctZTg5Yi0xMmQzLWE0NTYtNDI2NjE0MTc0MDAwOms=", "Bearer x", "Basic",
        ]);
    idempotency_key "header Klarna-Idempotency-Key" =>
        |data| header("POST /ordermanagement/v1/orders/{order}/acknowledge", "klarna-idempotency-key", data),
        texts(["4e9f5e6c-8b7a-4c3d-9e2f-1a0b9c8d7e6f", "k", "a b,c;d"]);
    fault_header "header Kassa-Fault" => fault,
        texts([
            "status_after; status=503", "status_before; status=500, callback_lost", "hold_before; hold_ms=1",
            "hold_after; hold_ms=1; hold_max_ms=3", "drop_before", "drop_after", "rate_limited",
            "edge_page_before; status=502", "truncated_body", "wrong_content_type", "no_rate_headers",
            "error_sticks; status=500", "callback_delayed; delay_seconds=60", "callback_duplicated; copies=2",
        ]);
    klarna_path "any method and path of Klarna's API" => path,
        texts([
            "GET /payments/v1/sessions/", "POST /payments/v1/sessions/\n{}", "PATCH /ordermanagement/v1/orders/x",
            "GET /ordermanagement/v1/orders/a/captures/b/c", "GET /hpp/v1/", "DELETE /customer-token/v1/tokens/%2e%2e",
            "PUT /payments/v1//sessions?x=1", "GET /sandbox/redirect/x",
        ]);
}

/// A fault may drop or fail the call; afterwards the world answers as before.
fn fault(data: &[u8]) {
    with(async |stage| {
        let line = "POST /payments/v1/authorizations/{authorization}/order";
        if let Some(request) = with_header(stage, line, "kassa-fault", data) {
            stage.send_under_faults(request).await;
        }
        let line = "GET /payments/v1/sessions/{session}";
        stage.call(line, Value::Null).await.expect(200);
    });
}

/// `METHOD /path`, and a body on the lines below.
fn path(data: &[u8]) {
    const PREFIXES: [&str; 5] = [
        "/payments",
        "/ordermanagement",
        "/customer-token",
        "/hpp",
        "/sandbox/redirect",
    ];
    let (line, body) = split_line(data);
    let mut words = line.splitn(2, |byte| *byte == b' ');
    let method = words.next().and_then(|word| Method::from_bytes(word).ok());
    let (Some(method), Some(target)) = (method, words.next()) else {
        return;
    };
    // The control API has functions of its own, and could take the stage apart.
    if !PREFIXES
        .iter()
        .any(|prefix| target.starts_with(prefix.as_bytes()))
    {
        return;
    }
    with(async |stage| {
        if let Some(mut request) = to(stage, method, target) {
            *request.body_mut() = Body::from(body.to_vec());
            stage.send("klarna_path", request).await;
        }
    });
}
