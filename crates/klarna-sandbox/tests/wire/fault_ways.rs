//! Every fault of a request, each in its three ways: by header, by rule, by seed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::desk::{Answer, Desk, KEY, cart};
use crate::merchant::serve;

/// How a fault is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Header,
    Rule,
    Seed,
}

pub const WAYS: [Way; 3] = [Way::Header, Way::Rule, Way::Seed];

impl Way {
    /// Asks for a fault of one operation; what is returned are the headers that the request must carry.
    pub async fn arm(self, desk: &Desk, operation: &str, kind: &str, parameters: &Value) -> String {
        let parameters = parameters.as_object().cloned().unwrap_or_default();
        match self {
            Self::Header => {
                let members = parameters
                    .iter()
                    .map(|(name, value)| format!("; {name}={value}"));
                return format!("{kind}{}", members.collect::<String>());
            }
            Self::Rule => {
                let mut rule = json!({"operation": operation, "kind": kind});
                rule.as_object_mut().unwrap().extend(parameters);
                let answer = desk.post("/sandbox/v1/faults", &rule).await;
                assert_eq!(answer.status, 201, "{}", answer.text);
            }
            Self::Seed => {
                let mut profile =
                    json!({"seed": 1, "rates": {kind: 1000}, "operations": [operation]});
                profile.as_object_mut().unwrap().extend(parameters);
                let answer = desk
                    .call("PUT", "/sandbox/v1/faults/profile", &profile)
                    .await;
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        }
        String::new()
    }

    /// As the log names who made the fault strike.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Rule => "rule 1",
            Self::Seed => "seed",
        }
    }
}

/// Takes rules and profile away.
pub async fn disarm(desk: &Desk) {
    desk.call("DELETE", "/sandbox/v1/faults", &Value::Null)
        .await;
    desk.call("DELETE", "/sandbox/v1/faults/profile", &Value::Null)
        .await;
}

/// A call with the headers of an armed fault.
pub async fn call(desk: &Desk, method: &str, path: &str, body: &Value, fault: &str) -> Answer {
    let headers = match fault {
        "" => vec![],
        fault => vec![("kassa-fault", fault)],
    };
    desk.call_with(method, path, body, &headers).await
}

/// What came over the wire until the connection closed.
async fn raw(address: &str, method: &str, path: &str, body: &str, fault: &str) -> String {
    let address = address.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let fault = match fault {
        "" => String::new(),
        fault => format!("kassa-fault: {fault}\r\n"),
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {KEY}\r\nconnection: close\r\n{fault}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let read = kassa_environment::timeout(Duration::from_secs(5), read).await;
    assert!(read.is_ok(), "the connection stays open");
    String::from_utf8_lossy(&answer).to_lowercase()
}

/// What a caller is to see of a fault.
struct Expected {
    kind: &'static str,
    parameters: Value,
    /// The status, or none when no byte arrives.
    status: Option<u16>,
    effect: bool,
    /// Pieces of the answer, in lower case.
    has: &'static [&'static str],
    lacks: &'static [&'static str],
}

fn on_capture() -> Vec<Expected> {
    let row = |kind, parameters, status, effect, has, lacks| Expected {
        kind,
        parameters,
        status,
        effect,
        has,
        lacks,
    };
    let ours: &[&str] = &["klarna-correlation-id"];
    vec![
        row(
            "hold_before",
            json!({"hold_ms": 1}),
            Some(201),
            true,
            ours,
            &[],
        ),
        row(
            "hold_after",
            json!({"hold_ms": 1, "hold_max_ms": 3}),
            Some(201),
            true,
            ours,
            &[],
        ),
        row("drop_before", json!({}), None, false, &[], &[]),
        row("drop_after", json!({}), None, true, &[], &[]),
        row(
            "status_before",
            json!({"status": 503}),
            Some(503),
            false,
            &["temporarily_unavailable"],
            &[],
        ),
        row(
            "status_after",
            json!({}),
            Some(500),
            true,
            &["unexpected_error"],
            &["capture-id"],
        ),
        row(
            "rate_limited",
            json!({}),
            Some(429),
            false,
            &[
                "too_many_requests",
                "x-ratelimit-remaining: 0",
                "x-ratelimit-limit: 50, 50;w=1",
                "x-ratelimit-reset: 1",
            ],
            &[],
        ),
        row(
            "edge_page_before",
            json!({}),
            Some(502),
            false,
            &["text/html", "502 bad gateway"],
            ours,
        ),
        row(
            "edge_page_after",
            json!({"status": 504}),
            Some(504),
            true,
            &["<title>504 gateway timeout</title>"],
            ours,
        ),
        row(
            "no_rate_headers",
            json!({}),
            Some(201),
            true,
            ours,
            &["x-ratelimit"],
        ),
    ]
}

#[tokio::test]
async fn faults_of_an_effect_strike_by_header_rule_and_seed() {
    for way in WAYS {
        for expected in on_capture() {
            let label = format!("{} by {way:?}", expected.kind);
            let desk = Desk::new();
            let order = format!("/ordermanagement/v1/orders/{}", desk.order(&cart()).await);
            let address = serve(desk.router.clone()).await;
            if expected.kind == "no_rate_headers" {
                let on = json!({"rate_limits": true});
                desk.call("PATCH", "/sandbox/v1/settings", &on).await;
            }
            let fault = way
                .arm(&desk, "capture", expected.kind, &expected.parameters)
                .await;
            let path = format!("{order}/captures");
            let answer = raw(&address, "POST", &path, r#"{"captured_amount": 5}"#, &fault).await;
            match expected.status {
                None => assert_eq!(answer, "", "{label}"),
                Some(status) => {
                    let line = format!("http/1.1 {status} ");
                    assert!(answer.starts_with(&line), "{label}: {answer}");
                }
            }
            for piece in expected.has {
                assert!(answer.contains(piece), "{label}: no {piece} in {answer}");
            }
            for piece in expected.lacks {
                assert!(!answer.contains(piece), "{label}: {piece} in {answer}");
            }
            disarm(&desk).await;
            let captured = desk.get(&order).await.json()["captured_amount"].clone();
            assert_eq!(captured, if expected.effect { 5 } else { 0 }, "{label}");
            let logged = desk.get("/sandbox/v1/logs?q=capture").await.json()["logs"]
                .as_array()
                .unwrap()
                .iter()
                .find(|logged| logged["operation"] == "capture")
                .unwrap()
                .clone();
            assert_eq!(logged["fault"], expected.kind, "{label}");
            assert_eq!(logged["fault_by"], way.shown(), "{label}");
            let status = expected.status.map_or(Value::Null, Value::from);
            assert_eq!(logged["status"], status, "{label}");
        }
    }
}

#[tokio::test]
async fn a_truncated_body_ends_in_the_middle_of_what_was_announced() {
    for way in WAYS {
        let desk = Desk::new();
        let order = format!("/ordermanagement/v1/orders/{}", desk.order(&cart()).await);
        let address = serve(desk.router.clone()).await;
        let fault = way
            .arm(&desk, "read_order", "truncated_body", &json!({}))
            .await;
        let answer = raw(&address, "GET", &order, "", &fault).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let announced: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap()
            .parse()
            .unwrap();
        assert!(head.starts_with("http/1.1 200"), "{way:?}: {head}");
        assert_eq!(body.len(), announced / 2, "{way:?}");
        assert!(body.starts_with('{') && serde_json::from_str::<Value>(body).is_err());
    }
}

#[tokio::test]
async fn json_can_be_announced_as_plain_text() {
    for way in WAYS {
        let desk = Desk::new();
        let order = format!("/ordermanagement/v1/orders/{}", desk.order(&cart()).await);
        let fault = way
            .arm(&desk, "read_order", "wrong_content_type", &json!({}))
            .await;
        let answer = call(&desk, "GET", &order, &Value::Null, &fault).await;
        assert_eq!(answer.header("content-type"), "text/plain;charset=utf-8");
        assert_eq!(answer.json()["status"], "AUTHORIZED", "{way:?}");
    }
}

#[tokio::test]
async fn an_error_sticks_to_the_token_that_it_struck() {
    for (status, code, text) in [
        (403, "REJECTED", "Rejected"),
        (409, "BAD_VALUE", "Not matching fields: [order_amount]"),
        (500, "INTERNAL_SERVER_ERROR", "Internal error"),
    ] {
        for way in WAYS {
            let desk = Desk::new();
            let session = desk.session(&cart()).await;
            let token = desk.approve(&session).await;
            let parameters = json!({"status": status});
            let fault = way
                .arm(&desk, "place_order", "error_sticks", &parameters)
                .await;
            let path = format!("/payments/v1/authorizations/{token}/order");
            let struck = call(&desk, "POST", &path, &cart(), &fault).await;
            let expected = (status, code.to_owned(), text.to_owned());
            assert_eq!(struck.error(), expected, "{way:?}");
            disarm(&desk).await;
            assert_eq!(desk.place(&token, &cart()).await.error(), expected);
            let again = desk.approve(&session).await;
            assert_eq!(desk.place(&again, &cart()).await.status, 200, "{way:?}");
        }
    }
}

#[tokio::test]
async fn the_header_strikes_its_own_request_only() {
    let desk = Desk::new();
    let session = format!("/payments/v1/sessions/{}", desk.session(&cart()).await);
    let struck = call(
        &desk,
        "GET",
        &session,
        &Value::Null,
        "status_before; status=503",
    )
    .await;
    assert_eq!(struck.status, 503);
    assert_eq!(desk.get(&session).await.status, 200);
}

#[tokio::test]
async fn a_header_that_cannot_strike_is_refused_by_name() {
    let desk = Desk::new();
    let session = format!("/payments/v1/sessions/{}", desk.session(&cart()).await);
    for (fault, named) in [
        ("explode", "`explode`"),
        ("status_after; status=200", "status"),
        ("status_after; colour=1", "colour"),
        ("status_after; status", "name=value"),
        ("status_after; status=many", "whole number"),
        ("hold_before", "hold_ms"),
        ("drop_after, maintenance", "maintenance"),
        ("late_authorization", "late_authorization"),
    ] {
        let refused = call(&desk, "GET", &session, &Value::Null, fault).await;
        let (status, code, message) = refused.error();
        assert_eq!((status, code.as_str()), (400, "BAD_VALUE"), "{fault}");
        assert!(message.contains(named), "{fault}: {message}");
        assert!(message.contains("Kassa-Fault"), "{fault}: {message}");
    }
}

#[tokio::test]
async fn with_header_faults_off_the_header_is_only_a_header() {
    let desk = Desk::new();
    let off = json!({"header_faults": false});
    desk.call("PATCH", "/sandbox/v1/settings", &off).await;
    let session = format!("/payments/v1/sessions/{}", desk.session(&cart()).await);
    for fault in ["status_before", "explode"] {
        let answer = call(&desk, "GET", &session, &Value::Null, fault).await;
        assert_eq!(answer.status, 200, "{fault}");
    }
}

/// Which of forty reads of a session fail.
async fn pattern(set_up: (&str, &str, Value)) -> Vec<bool> {
    let desk = Desk::new();
    let session = format!("/payments/v1/sessions/{}", desk.session(&cart()).await);
    let (method, path, body) = set_up;
    let answer = desk.call(method, path, &body).await;
    assert!(answer.status < 300, "{}", answer.text);
    let mut failed = Vec::new();
    for _ in 0..40 {
        // Other operations in between change nothing.
        desk.session(&cart()).await;
        failed.push(desk.get(&session).await.status == 503);
    }
    failed
}

#[tokio::test]
async fn chance_is_the_same_under_the_same_seed() {
    let rule = |seed| {
        let rule = json!({"operation": "read_session", "kind": "status_before", "status": 503,
            "per_mille": 400, "seed": seed});
        ("POST", "/sandbox/v1/faults", rule)
    };
    let profile = |seed| {
        let profile = json!({"seed": seed, "rates": {"status_before": 400}, "status": 503,
            "operations": ["read_session"]});
        ("PUT", "/sandbox/v1/faults/profile", profile)
    };
    let first = pattern(rule(1)).await;
    assert_eq!(first, pattern(rule(1)).await);
    assert_ne!(first, pattern(rule(2)).await);
    let seeded = pattern(profile(1)).await;
    assert_eq!(seeded, pattern(profile(1)).await);
    assert_ne!(seeded, pattern(profile(2)).await);
    for struck in [first, seeded] {
        let count = struck.iter().filter(|failed| **failed).count();
        assert!((6..30).contains(&count), "{count} of 40 at 40 %");
    }
}

#[tokio::test]
async fn a_rule_without_a_seed_shows_the_one_it_drew() {
    let desk = Desk::new();
    let rule = json!({"kind": "drop_after", "per_mille": 1});
    let made = desk.post("/sandbox/v1/faults", &rule).await.json();
    assert!(made["seed"].is_u64(), "{made}");
    assert_eq!(
        (&made["operation"], &made["per_mille"]),
        (&json!("*"), &json!(1))
    );
}

#[tokio::test]
async fn rules_and_profiles_reach_their_own_world_only() {
    let desk = Desk::new();
    let rule = json!({"kind": "status_before", "times": 0});
    desk.post("/sandbox/v1/faults", &rule).await;
    let profile = json!({"seed": 1, "rates": {"status_before": 1000}});
    desk.call("PUT", "/sandbox/v1/faults/profile", &profile)
        .await;
    assert_eq!(
        desk.post("/payments/v1/sessions", &cart()).await.status,
        500
    );
    let other = Desk {
        authorization: "Basic klarna_test_api_other".to_owned(),
        ..desk
    };
    assert_eq!(
        other.post("/payments/v1/sessions", &cart()).await.status,
        200
    );
    let listed = other.get("/sandbox/v1/faults").await.json();
    assert_eq!(listed["faults"], json!([]));
    let profile = other.get("/sandbox/v1/faults/profile").await.json();
    assert_eq!(profile["profile"], Value::Null);
}

#[tokio::test]
async fn a_profile_is_checked_and_shown() {
    let desk = Desk::new();
    let put = async |body: Value| desk.call("PUT", "/sandbox/v1/faults/profile", &body).await;
    for (profile, named) in [
        (json!({"rates": {}}), "seed"),
        (json!({"seed": 1, "rates": {"explode": 1}}), "explode"),
        (
            json!({"seed": 1, "rates": {"drop_after": 1001}}),
            "drop_after",
        ),
        (
            json!({"seed": 1, "rates": {"maintenance": 1}}),
            "maintenance",
        ),
        (json!({"seed": 1, "rates": {"hold_after": 1}}), "hold_ms"),
        (json!({"seed": 1, "rates": {}, "colour": 1}), "colour"),
        (
            json!({"seed": 1, "rates": {}, "operations": ["capture", "catpure"]}),
            "catpure",
        ),
        (
            json!({"seed": 1, "rates": {}, "maintenance": {"every_minutes": 5, "lasts_minutes": 6}}),
            "lasts_minutes",
        ),
    ] {
        let refused = put(profile.clone()).await;
        assert_eq!(refused.status, 400, "{profile}");
        assert!(refused.error().2.contains(named), "{}", refused.text);
    }
    put(json!({"seed": 7, "rates": {"drop_after": 0, "status_before": 1000}, "status": 502})).await;
    desk.post("/payments/v1/sessions", &cart()).await;
    let shown = desk.get("/sandbox/v1/faults/profile").await.json()["profile"].clone();
    assert_eq!(
        shown,
        json!({"seed": 7, "rates": {"drop_after": 0, "status_before": 1000}, "operations": null,
            "maintenance": null, "status": 502, "seen": {"create_session": 1}, "hits": {"status_before": 1}})
    );
}
