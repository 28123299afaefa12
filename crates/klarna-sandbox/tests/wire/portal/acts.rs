//! What the forms do: the same commands that the API runs, with the same refusals.

use serde_json::{Value, json};

use super::browser::{Browser, hidden};
use crate::desk::{Desk, cart, config};

async fn order_of(desk: &Desk, order: &str) -> Value {
    desk.get(&format!("/ordermanagement/v1/orders/{order}"))
        .await
        .json()
}

#[tokio::test]
async fn an_order_is_captured_and_refunded_in_parts_and_whole() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    let at = |operation: &str| format!("/portal/orders/{order}/{operation}");
    browser
        .done(
            &at("capture"),
            &[("amount", "44.00"), ("description", "first box")],
        )
        .await;
    browser.done(&at("capture"), &[("amount", "200")]).await;
    browser
        .done(&at("refund"), &[("amount", "14,00"), ("reference", "R-1")])
        .await;
    browser.done(&at("refund"), &[("amount", "230.00")]).await;
    let shown = order_of(&desk, &order).await;
    assert_eq!(shown["status"], "CAPTURED");
    assert_eq!(
        (&shown["captured_amount"], &shown["refunded_amount"]),
        (&json!(24_400), &json!(24_400))
    );
    assert_eq!(shown["captures"][0]["description"], "first box");
    assert_eq!(shown["refunds"][0]["reference"], "R-1");
    let page = browser
        .page(&format!("/portal/orders/{order}?done=refund"))
        .await;
    for text in [
        "Refund: done.",
        "244.00 SEK",
        "44.00 SEK",
        "first box",
        "R-1",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[tokio::test]
async fn a_whole_capture_takes_the_lines_along_and_its_refund_finds_it() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    browser
        .done(
            &format!("/portal/orders/{order}/capture"),
            &[("amount", "244.00")],
        )
        .await;
    browser
        .done(
            &format!("/portal/orders/{order}/refund"),
            &[("amount", "244.00")],
        )
        .await;
    let shown = order_of(&desk, &order).await;
    assert_eq!(
        shown["captures"][0]["order_lines"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(shown["captures"][0]["refunded_amount"], 24_400);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_counts_once() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    let page = browser.page(&format!("/portal/orders/{order}")).await;
    let key = hidden(&page, "key").remove(0);
    for _ in 0..2 {
        let fields = [("amount", "10.00"), ("key", key.as_str())];
        browser
            .done(&format!("/portal/orders/{order}/capture"), &fields)
            .await;
    }
    assert_eq!(order_of(&desk, &order).await["captured_amount"], 1000);
}

#[tokio::test]
async fn every_form_of_an_order_does_what_its_call_does() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    let at = |operation: &str| format!("/portal/orders/{order}/{operation}");
    browser.done(&at("acknowledge"), &[]).await;
    browser
        .done(&at("update_authorization"), &[("amount", "300.00")])
        .await;
    browser
        .done(
            &at("update_merchant_references"),
            &[
                ("merchant_reference1", "shop-7"),
                ("merchant_reference2", ""),
            ],
        )
        .await;
    browser
        .done(
            &at("update_customer_details"),
            &[("city", "Uppsala"), ("street_address", "")],
        )
        .await;
    let shipping = [
        ("shipping_company", "Acme Post"),
        ("shipping_method", "Home"),
        ("tracking_number", "T-1"),
    ];
    browser.done(&at("add_shipping_info"), &shipping).await;
    desk.advance(24 * 3600).await;
    browser.done(&at("extend"), &[]).await;
    browser.done(&at("capture"), &[("amount", "100.00")]).await;
    let shown = order_of(&desk, &order).await;
    let capture = shown["captures"][0]["capture_id"].as_str().unwrap();
    let mut for_capture = vec![("capture_id", capture)];
    browser.done(&at("trigger_send_out"), &for_capture).await;
    browser
        .done(
            &at("extend_due_date"),
            &[("capture_id", capture), ("number_of_days", "14")],
        )
        .await;
    for_capture.extend_from_slice(&shipping);
    browser
        .done(&at("add_capture_shipping_info"), &for_capture)
        .await;
    browser.done(&at("release"), &[]).await;

    let shown = order_of(&desk, &order).await;
    assert_eq!(shown["order_amount"], 30_000);
    assert_eq!(
        shown["order_lines"].as_array().unwrap().len(),
        2,
        "the lines stay"
    );
    assert_eq!(shown["merchant_reference1"], "shop-7");
    assert_eq!(shown["shipping_address"]["city"], "Uppsala");
    assert_eq!(shown["shipping_info"][0]["tracking_number"], "T-1");
    assert_eq!(
        shown["captures"][0]["shipping_info"][0]["shipping_company"],
        "Acme Post"
    );
    assert_eq!(shown["expires_at"], "2026-03-31T00:00:00.000Z");
    assert_eq!(
        (&shown["status"], &shown["remaining_authorized_amount"]),
        (&json!("CAPTURED"), &json!(0))
    );
    let behind = desk
        .get(&format!("/sandbox/v1/orders/{order}"))
        .await
        .json();
    assert!(behind["acknowledged_at"].is_string());
    assert_eq!(behind["captures"][0]["send_outs"], 1);
    assert_eq!(
        behind["captures"][0]["due_date_extension"]["option"]["number_of_days"],
        14
    );

    let page = browser.page(&format!("/portal/orders/{order}")).await;
    let history = page.split("id=\"history\"").nth(1).unwrap();
    for event in [
        "Placed",
        "Acknowledge",
        "Extend the authorization",
        "Send the invoice again",
        "Release the remaining",
    ] {
        assert!(history.contains(event), "{event}");
    }
}

#[tokio::test]
async fn what_is_not_allowed_has_no_form_and_says_why_in_the_rules_words() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    let path = format!("/portal/orders/{order}");
    let page = browser.page(&path).await;
    assert!(page.contains(&format!("action=\"{path}/cancel\"")));
    assert!(!page.contains(&format!("action=\"{path}/refund\"")));
    assert!(
        page.contains("REFUND_NOT_ALLOWED: Order has no captures"),
        "{page}"
    );
    browser.done(&format!("{path}/cancel"), &[]).await;
    let page = browser.page(&path).await;
    assert!(!page.contains(&format!("action=\"{path}/capture\"")));
    assert!(page.contains("CAPTURE_NOT_ALLOWED: "), "{page}");

    let refused = browser
        .act(&format!("{path}/capture"), &[("amount", "1.00")])
        .await;
    assert_eq!(refused.status, 403);
    let alert = refused.text.split("role=\"alert\">").nth(1).unwrap();
    assert!(alert.starts_with("CAPTURE_NOT_ALLOWED: "), "{alert}");
    let correlation = alert
        .split("Correlation id ")
        .nth(1)
        .unwrap()
        .split('.')
        .next()
        .unwrap();
    let logged = desk
        .get(&format!("/sandbox/v1/logs?correlation_id={correlation}"))
        .await
        .json();
    assert_eq!(logged["logs"][0]["operation"], "capture");
    assert_eq!(logged["logs"][0]["status"], 403);
    assert!(
        browser
            .page(&path)
            .await
            .contains("refused, CAPTURE_NOT_ALLOWED")
    );
}

#[tokio::test]
async fn a_wrong_amount_is_named_and_nothing_happens() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    let path = format!("/portal/orders/{order}/capture");
    for amount in ["", "ten", "1.005", "-1"] {
        let answer = browser.act(&path, &[("amount", amount)]).await;
        assert_eq!(answer.status, 422, "{amount}");
        assert!(
            answer.text.contains("is no amount in SEK"),
            "{}",
            answer.text
        );
    }
    assert_eq!(
        browser.act(&path, &[("amount", "244.01")]).await.status,
        403
    );
    assert_eq!(order_of(&desk, &order).await["captured_amount"], 0);
    assert_eq!(
        browser
            .act(&format!("/portal/orders/{order}/nonsense"), &[])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_shopper_approves_and_a_token_is_cancelled_for_good() {
    let desk = Desk::new();
    let mut body = cart();
    body["intent"] = json!("buy_and_tokenize");
    let session = desk.session(&body).await;
    let browser = Browser::sign_in(&desk).await;
    let path = format!("/portal/sessions/{session}");
    browser
        .done(&format!("{path}/shopper"), &[("action", "approve")])
        .await;
    assert!(
        browser
            .page(&format!("{path}?done=approve"))
            .await
            .contains("The shopper approved.")
    );
    assert_eq!(
        browser
            .act(&format!("{path}/shopper"), &[("action", "dance")])
            .await
            .status,
        404
    );
    let refused = browser
        .act(&format!("{path}/shopper"), &[("action", "finalize")])
        .await;
    assert_eq!(refused.status, 409, "{}", refused.text);

    let token = desk.approve(&session).await;
    let made = json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "description": "Mugs", "intended_use": "SUBSCRIPTION"});
    let made = desk
        .post(
            &format!("/payments/v1/authorizations/{token}/customer-token"),
            &made,
        )
        .await;
    let id = made.member("token_id");
    let listed = browser.page("/portal/tokens").await;
    assert!(listed.contains(&id) && listed.contains("ACTIVE"));
    let change = format!("/portal/tokens/{id}/status");
    assert_eq!(
        browser.act(&change, &[("status", "ACTIVE")]).await.status,
        400
    );
    let as_klarna = format!("/portal/tokens/{id}/klarna");
    browser.done(&as_klarna, &[("status", "SUSPENDED")]).await;
    assert!(browser.page("/portal/tokens").await.contains("SUSPENDED"));
    browser.done(&as_klarna, &[("status", "ACTIVE")]).await;
    browser.done(&change, &[("status", "CANCELLED")]).await;
    // Accepted at once, processed a moment later.
    desk.advance(3600).await;
    let shown = desk
        .get(&format!("/customer-token/v1/tokens/{id}"))
        .await
        .json();
    assert_eq!(shown["status"], "CANCELLED");
    assert!(
        browser
            .page("/portal/tokens?done=changed")
            .await
            .contains("cancelled for good")
    );
}

#[tokio::test]
async fn the_clock_moves_forward_and_never_back() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    browser
        .done(
            "/portal/clock/advance",
            &[("amount", "2"), ("unit", "days")],
        )
        .await;
    browser
        .done("/portal/clock/set", &[("at", "2026-03-10T00:00:00Z")])
        .await;
    let page = browser.page("/portal/clock").await;
    assert!(page.contains("2026-03-10 00:00:00 UTC"), "{page}");
    for (path, field, value) in [
        ("/portal/clock/set", "at", "2026-03-09T00:00:00Z"),
        ("/portal/clock/set", "at", "tomorrow"),
        ("/portal/clock/set", "at", "2126-03-09T00:00:00Z"),
        ("/portal/clock/advance", "amount", "-1"),
        ("/portal/clock/advance", "amount", "9223372036854775807"),
        ("/portal/clock/advance", "amount", "soon"),
    ] {
        let answer = browser.act(path, &[(field, value)]).await;
        assert_eq!(answer.status, 422, "{value}");
        assert!(answer.text.contains("role=\"alert\""));
    }
    assert!(
        desk.get("/sandbox/v1/clock")
            .await
            .member("now")
            .starts_with("2026-03-10T00:00:00")
    );
}

#[tokio::test]
async fn fault_rules_are_made_and_removed_with_the_control_apis_own_checks() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    let rule = [
        ("kind", "status_after"),
        ("operation", "capture"),
        ("status", "503"),
        ("times", "1"),
        ("nth", ""),
    ];
    browser.done("/portal/faults", &rule).await;
    let listed = desk.get("/sandbox/v1/faults").await.json();
    assert_eq!(listed["faults"][0]["status"], 503);
    let order = desk.order(&cart()).await;
    let captures = format!("/ordermanagement/v1/orders/{order}/captures");
    let struck = desk.post(&captures, &json!({"captured_amount": 100})).await;
    assert_eq!(struck.status, 503);
    let page = browser.page("/portal/faults").await;
    assert!(page.contains("<code>status_after</code>"), "{page}");
    for (name, value) in [
        ("kind", "volcano"),
        ("times", "often"),
        ("operation", "no_such_call"),
        ("copies", "3"),
    ] {
        let mut wrong = rule.to_vec();
        wrong.retain(|(known, _)| *known != name);
        wrong.push((name, value));
        let refused = browser.act("/portal/faults", &wrong).await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.text.contains("role=\"alert\""));
    }
    let profile = r#"{"seed": 7, "rates": {"drop_after": 1}}"#;
    browser
        .done("/portal/faults/profile", &[("profile", profile)])
        .await;
    let set = desk.get("/sandbox/v1/faults/profile").await.json();
    assert_eq!(set["profile"]["seed"], 7);
    let refused = browser
        .act("/portal/faults/profile", &[("profile", "{")])
        .await;
    assert_eq!(refused.status, 422);
    browser
        .done("/portal/faults/profile", &[("profile", "")])
        .await;
    let id = listed["faults"][0]["id"].to_string();
    let remove = format!("/portal/faults/{id}/remove");
    browser.done(&remove, &[]).await;
    assert_eq!(browser.act(&remove, &[]).await.status, 404);
    assert_eq!(
        desk.get("/sandbox/v1/faults").await.json(),
        json!({"faults": []})
    );
}

#[tokio::test]
async fn the_history_of_an_order_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let mut config = config();
        config.directory = Some(directory.path().to_owned());
        Desk::open(config)
    };
    let desk = open();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    let path = format!("/portal/orders/{order}");
    browser
        .done(&format!("{path}/capture"), &[("amount", "12.34")])
        .await;
    let refused = browser.act(&format!("{path}/cancel"), &[]).await;
    assert_eq!(refused.status, 403);
    drop(desk);

    let again = open();
    let browser = Browser::sign_in(&again).await;
    let page = browser.page(&path).await;
    let history = page.split("id=\"history\"").nth(1).unwrap();
    assert!(history.contains("12.34 SEK, done"), "{history}");
    assert!(history.contains("refused, CANCEL_NOT_ALLOWED"), "{history}");
}

#[tokio::test]
async fn an_order_shows_its_disputes_and_klarna_closes_it() {
    let desk = Desk::new();
    let mut body = cart();
    body["billing_address"]["email"] = json!("customer+disputed-faulty_goods@email.se");
    let order = desk.order(&body).await;
    let browser = Browser::sign_in(&desk).await;
    let path = format!("/portal/orders/{order}");
    let capture = [("amount", "244.00")];
    browser.done(&format!("{path}/capture"), &capture).await;
    desk.advance(30 * 24 * 3600).await;
    let known = desk
        .get(&format!("/sandbox/v1/disputes?order_id={order}"))
        .await
        .json();
    let dispute = known["disputes"][0]["dispute_id"].as_str().unwrap();
    let page = browser.page(&path).await;
    assert!(page.contains(dispute), "{page}");

    browser.done(&format!("{path}/klarna/close"), &[]).await;
    let shown = order_of(&desk, &order).await;
    assert_eq!(shown["status"], "CLOSED");
    let page = browser.page(&path).await;
    assert!(page.contains("Closed by Klarna") && !page.contains("/klarna/close\""));
}
