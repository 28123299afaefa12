//! What the log keeps, finds and hides.

use super::*;

fn logged(path: &str, request: &str) -> Logged {
    Logged {
        at: Timestamp::UNIX_EPOCH,
        method: "POST".into(),
        path: path.into(),
        operation: "place_order",
        status: Some(200),
        correlation_id: "c-1".into(),
        idempotency_key: None,
        made: None,
        fault: None,
        fault_by: None,
        request: Bytes::copy_from_slice(request.as_bytes()),
        response: Bytes::new(),
        duration_us: 1,
    }
}

#[test]
fn people_and_tokens_are_redacted() {
    let mut log = RequestLog::new(2);
    log.add(logged(
        "/payments/v1/authorizations/0b1e5c3a-0000-4000-8000-000000000000/order",
        r#"{"billing_address": {"email": "a@example.com", "city": "Berlin"}}"#,
    ));
    let found = log.find(Some("c-1"), None, 10);
    let text = found[0].shown().to_string();
    assert!(!text.contains("example.com"), "{text}");
    assert!(!text.contains("000000000000"), "{text}");
    assert!(text.contains("Berlin"));
}

#[test]
fn the_log_is_bounded_and_found_by_any_id() {
    let mut log = RequestLog::new(2);
    for reference in ["one", "two", "three"] {
        log.add(logged(
            "/x",
            &format!(r#"{{"merchant_reference1": "shop-{reference}"}}"#),
        ));
        assert_eq!(
            log.find(None, Some(&format!("shop-{reference}")), 10).len(),
            1
        );
    }
    assert_eq!(log.find(None, None, 10).len(), 2);
    assert_eq!(log.find(None, Some("SHOP-"), 10).len(), 2);
    assert!(log.find(None, Some("shop-one"), 10).is_empty());
    log.clear();
    assert!(log.find(None, None, 10).is_empty() && log.bytes == 0 && log.index.len() == 0);
}

#[test]
fn a_token_is_found_by_the_head_that_the_log_shows() {
    let mut log = RequestLog::new(2);
    let token = "0b1e5c3a-0000-4000-8000-000000000000";
    log.add(logged(
        &format!("/payments/v1/authorizations/{token}/order"),
        "{}",
    ));
    assert_eq!(log.find(None, Some("0b1e5c3a"), 10).len(), 1);
    assert_eq!(log.find(None, Some(token), 10).len(), 1);
}

#[test]
fn what_only_a_header_names_is_found_too() {
    let mut log = RequestLog::new(2);
    log.add(Logged {
        made: Some("capture-1".into()),
        ..logged("/x", "")
    });
    assert_eq!(log.find(None, Some("capture-1"), 10).len(), 1);
}

#[test]
fn text_that_is_no_id_is_looked_for_everywhere() {
    let mut log = RequestLog::new(2);
    log.add(logged("/x", r#"{"description": "a Red lamp"}"#));
    log.add(logged("/x", r#"{"description": "a chair"}"#));
    assert_eq!(log.find(None, Some("red lamp"), 10).len(), 1);
}

#[test]
fn bodies_push_old_entries_out_when_they_grow_heavy() {
    let mut log = RequestLog::new(usize::MAX);
    let heavy = format!(r#"{{"a": "{}"}}"#, "x".repeat(BODY_LIMIT - 100));
    for _ in 0..1000 {
        log.add(logged("/x", &heavy));
    }
    assert!(log.bytes <= LOG_LIMIT);
    assert!(log.find(None, None, usize::MAX).len() < 1000);
}
