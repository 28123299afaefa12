//! What the shopper does on the page, what becomes of the session, and where the shopper is sent.

use serde_json::{Value, json};

use super::{Page, act, cart_of, create, page, page_for, status_after};
use crate::desk::{Desk, cart};

/// All URLs of a merchant, each with the placeholders that the guide names.
fn urls() -> Value {
    let url = |name: &str| {
        format!(
            "https://example.com/{name}?sid={{{{session_id}}}}&t={{{{authorization_token}}}}&o={{{{order_id}}}}"
        )
    };
    json!({"success": url("success"), "cancel": url("cancel"), "back": url("back"), "failure": url("failure"),
        "error": url("error")})
}

async fn act_on(desk: &Desk, page: &Page, body: Value) -> (String, Value, Value) {
    let answer = act(desk, page, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let status = body["session"]["status"].as_str().unwrap().to_owned();
    (
        status,
        body["session"].clone(),
        body["redirect_url"].clone(),
    )
}

#[tokio::test]
async fn the_shopper_who_opens_the_page_puts_it_in_progress() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    desk.advance(30).await;
    assert_eq!(status_after(&desk, &page, "open").await, "IN_PROGRESS");
    desk.advance(30).await;
    assert_eq!(status_after(&desk, &page, "open").await, "IN_PROGRESS");
    let read = desk.get(&page.path()).await.json();
    assert_eq!(read["updated_at"], "2026-03-02T09:30:30.000Z");
}

#[tokio::test]
async fn a_paid_page_gives_the_token_and_the_merchant_places_the_order() {
    let desk = Desk::new();
    let page = page(&desk, json!({"merchant_urls": urls()})).await;
    let (status, session, redirect) = act_on(&desk, &page, json!({"action": "approve"})).await;
    assert_eq!(status, "COMPLETED");
    assert!(session["order_id"].is_null() && session["klarna_reference"].is_null());
    let token = session["authorization_token"].as_str().unwrap();
    assert_eq!(
        redirect,
        format!("https://example.com/success?sid={}&t={token}&o=", page.id())
    );
    let order = desk.place(token, &cart()).await;
    assert_eq!(order.status, 200, "{}", order.text);
}

#[tokio::test]
async fn place_order_mode_places_the_order_with_the_authorized_cart() {
    let desk = Desk::new();
    let options = json!({"place_order_mode": "PLACE_ORDER"});
    let page = page(&desk, json!({"merchant_urls": urls(), "options": options})).await;
    let (status, session, redirect) = act_on(&desk, &page, json!({"action": "approve"})).await;
    assert_eq!(status, "COMPLETED");
    assert!(session["authorization_token"].is_null());
    let id = session["order_id"].as_str().unwrap();
    assert_eq!(
        redirect,
        format!("https://example.com/success?sid={}&t=&o={id}", page.id())
    );
    let order = desk
        .get(&format!("/ordermanagement/v1/orders/{id}"))
        .await
        .json();
    assert_eq!(order["status"], "AUTHORIZED");
    assert_eq!(order["order_amount"], 24_400);
    assert_eq!(order["klarna_reference"], session["klarna_reference"]);
    assert_eq!(order["locale"], "sv-SE");
}

#[tokio::test]
async fn capture_order_mode_captures_it_too() {
    let desk = Desk::new();
    let options = json!({"place_order_mode": "CAPTURE_ORDER"});
    let page = page(&desk, json!({"options": options})).await;
    let (_, session, _) = act_on(&desk, &page, json!({"action": "approve"})).await;
    let id = session["order_id"].as_str().unwrap();
    let order = desk
        .get(&format!("/ordermanagement/v1/orders/{id}"))
        .await
        .json();
    assert_eq!(order["status"], "CAPTURED");
    assert_eq!(order["captured_amount"], 24_400);
}

#[tokio::test]
async fn a_captured_order_waits_for_its_fraud_check() {
    let desk = Desk::new();
    let options = json!({"place_order_mode": "CAPTURE_ORDER"});
    let page = page(&desk, json!({"options": options})).await;
    let (status, session, _) = act_on(&desk, &page, json!({"action": "pend", "minutes": 5})).await;
    assert_eq!(status, "COMPLETED");
    let path = format!(
        "/ordermanagement/v1/orders/{}",
        session["order_id"].as_str().unwrap()
    );
    let order = desk.get(&path).await.json();
    assert_eq!(
        (&order["fraud_status"], &order["captured_amount"]),
        (&json!("PENDING"), &json!(0))
    );
    desk.advance(300).await;
    assert_eq!(desk.get(&path).await.json()["captured_amount"], 24_400);
}

#[tokio::test]
async fn a_session_without_a_locale_of_its_own_is_placed_too() {
    let desk = Desk::new();
    let mut body = cart();
    body.as_object_mut().unwrap().remove("locale");
    let options = json!({"place_order_mode": "PLACE_ORDER"});
    let page = page_for(&desk, &body, json!({"options": options})).await;
    assert_eq!(status_after(&desk, &page, "approve").await, "COMPLETED");
}

#[tokio::test]
async fn the_payment_session_completes_with_an_order_only() {
    let desk = Desk::new();
    for (mode, expected) in [("NONE", "incomplete"), ("PLACE_ORDER", "complete")] {
        let session = desk.session(&cart()).await;
        let options = json!({"options": {"place_order_mode": mode}});
        let created = create(&desk, &session, options).await.json();
        let page = Page { created };
        status_after(&desk, &page, "approve").await;
        let read = desk.get(&format!("/payments/v1/sessions/{session}")).await;
        assert_eq!(read.json()["status"], expected, "{mode}");
    }
}

#[tokio::test]
async fn an_order_that_the_rules_refuse_makes_an_error() {
    let desk = Desk::new();
    let mut body = cart();
    body["intent"] = json!("tokenize");
    let rest = json!({"merchant_urls": urls(), "options": {"place_order_mode": "PLACE_ORDER"}});
    let page = page_for(&desk, &body, rest).await;
    let (status, session, redirect) = act_on(&desk, &page, json!({"action": "approve"})).await;
    assert_eq!(status, "ERROR");
    assert!(session["order_id"].is_null());
    assert!(
        redirect
            .as_str()
            .unwrap()
            .starts_with("https://example.com/error?")
    );
}

#[tokio::test]
async fn the_customer_is_shown_once_they_paid_and_never_with_their_number() {
    let desk = Desk::new();
    let mut body = cart();
    body["customer"] =
        json!({"date_of_birth": "1987-08-15", "national_identification_number": "19870815-0000"});
    let page = page_for(&desk, &body, json!({})).await;
    status_after(&desk, &page, "open").await;
    assert!(desk.get(&page.path()).await.json()["customer"].is_null());
    let visit = json!({"action": "approve", "billing_address": {"given_name": "Bea"}});
    let (_, session, _) = act_on(&desk, &page, visit).await;
    assert_eq!(
        session["customer"],
        json!({"given_name": "Bea", "family_name": "Test", "date_of_birth": "1987-08-15"})
    );
}

#[tokio::test]
async fn a_declined_shopper_may_try_again() {
    let desk = Desk::new();
    let page = page(&desk, json!({"merchant_urls": urls()})).await;
    let (status, _, redirect) = act_on(&desk, &page, json!({"action": "decline"})).await;
    assert_eq!(status, "FAILED");
    assert_eq!(
        redirect,
        format!("https://example.com/failure?sid={}&t=&o=", page.id())
    );
    assert_eq!(status_after(&desk, &page, "open").await, "IN_PROGRESS");
    assert_eq!(status_after(&desk, &page, "approve").await, "COMPLETED");
}

#[tokio::test]
async fn the_published_test_shoppers_decide_here_too() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let denied =
        json!({"action": "approve", "billing_address": {"email": "customer+denied@email.se"}});
    assert_eq!(act_on(&desk, &page, denied).await.0, "FAILED");
    let wrong = json!({"action": "approve", "billing_address": {"phone": "12"}});
    let answer = act(&desk, &page, wrong).await.json();
    assert_eq!(answer["session"]["status"], "IN_PROGRESS");
    assert_eq!(
        answer["result"]["error"]["invalid_fields"],
        json!(["billing_address.phone"])
    );
}

#[tokio::test]
async fn back_leaves_the_page_open() {
    let desk = Desk::new();
    let page = page(&desk, json!({"merchant_urls": urls()})).await;
    let (status, _, redirect) = act_on(&desk, &page, json!({"action": "back"})).await;
    assert_eq!(status, "BACK");
    assert!(
        redirect
            .as_str()
            .unwrap()
            .starts_with("https://example.com/back?")
    );
    assert_eq!(status_after(&desk, &page, "approve").await, "COMPLETED");
}

#[tokio::test]
async fn in_ecommerce_cancelling_is_going_back() {
    let desk = Desk::new();
    for (given, expected) in [
        (urls(), "https://example.com/back?"),
        (
            json!({"cancel": "https://example.com/cancel"}),
            "https://example.com/cancel",
        ),
    ] {
        let page = page(&desk, json!({"merchant_urls": given})).await;
        let (status, _, redirect) = act_on(&desk, &page, json!({"action": "cancel"})).await;
        assert_eq!(status, "BACK");
        assert!(
            redirect.as_str().unwrap().starts_with(expected),
            "{redirect}"
        );
        assert_eq!(status_after(&desk, &page, "open").await, "IN_PROGRESS");
    }
}

#[tokio::test]
async fn in_a_store_or_on_the_phone_cancelling_is_final() {
    let desk = Desk::new();
    for channel in ["IN_STORE", "TELESALES"] {
        let page = page_for(&desk, &cart_of(channel), json!({"merchant_urls": urls()})).await;
        let (status, _, redirect) = act_on(&desk, &page, json!({"action": "cancel"})).await;
        assert_eq!(status, "CANCELLED");
        assert!(
            redirect
                .as_str()
                .unwrap()
                .starts_with("https://example.com/cancel?")
        );
        assert_eq!(
            act(&desk, &page, json!({"action": "open"})).await.status,
            409
        );
        let disabled = desk.call("DELETE", &page.path(), &Value::Null).await;
        assert_eq!(disabled.status, 204);
        assert_eq!(desk.get(&page.path()).await.json()["status"], "CANCELLED");
    }
}

#[tokio::test]
async fn a_store_that_gives_a_way_back_only_has_no_cancel() {
    let desk = Desk::new();
    let given = json!({"merchant_urls": {"back": "https://example.com/back"}});
    let page = page_for(&desk, &cart_of("IN_STORE"), given).await;
    assert_eq!(status_after(&desk, &page, "cancel").await, "BACK");
}

#[tokio::test]
async fn an_error_goes_to_the_error_url_or_else_to_the_failure_url() {
    let desk = Desk::new();
    let failure = json!({"failure": "https://example.com/failure"});
    for (given, expected) in [
        (urls(), json!("https://example.com/error?")),
        (failure, json!("https://example.com/failure")),
        (json!({}), Value::Null),
    ] {
        let page = page(&desk, json!({"merchant_urls": given})).await;
        let (status, _, redirect) = act_on(&desk, &page, json!({"action": "error"})).await;
        assert_eq!(status, "ERROR");
        match expected.as_str() {
            Some(start) => assert!(redirect.as_str().unwrap().starts_with(start)),
            None => assert!(redirect.is_null()),
        }
        assert_eq!(status_after(&desk, &page, "open").await, "IN_PROGRESS");
    }
}

#[tokio::test]
async fn a_page_whose_payment_session_was_paid_elsewhere_is_an_error() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let created = create(&desk, &session, json!({})).await.json();
    let page = Page { created };
    let token = desk.approve(&session).await;
    desk.place(&token, &cart()).await;
    assert_eq!(status_after(&desk, &page, "open").await, "ERROR");
    assert_eq!(status_after(&desk, &page, "approve").await, "ERROR");
}

#[tokio::test]
async fn at_the_counter_a_document_may_be_asked_for() {
    let desk = Desk::new();
    for (decision, expected) in [("approve", "COMPLETED"), ("decline", "FAILED")] {
        let page = page_for(&desk, &cart_of("IN_STORE"), json!({})).await;
        let (status, session, _) = act_on(&desk, &page, json!({"action": "manual_id_check"})).await;
        assert_eq!(status, "MANUAL_ID_CHECK");
        let check = &session["manual_identification"];
        assert_eq!(check["challenge"].as_str().unwrap().len(), 3);
        assert_eq!(check["customer"]["given_name"], "Alice");
        assert_eq!(check["customer_obfuscated"]["given_name"], "A****");
        assert_eq!(check["expires_at"], session["expires_at"]);
        assert_eq!(status_after(&desk, &page, "open").await, "MANUAL_ID_CHECK");
        assert_eq!(status_after(&desk, &page, decision).await, expected);
        let read = desk.get(&page.path()).await.json();
        assert!(read["manual_identification"].is_null());
    }
}

#[tokio::test]
async fn an_address_with_a_tag_asks_for_a_document_outside_ecommerce() {
    let desk = Desk::new();
    let visit = json!({"action": "approve", "billing_address": {"email": "customer+manual_id_check@email.se"}});
    let store = page_for(&desk, &cart_of("IN_STORE"), json!({})).await;
    assert_eq!(
        act_on(&desk, &store, visit.clone()).await.0,
        "MANUAL_ID_CHECK"
    );
    let online = page(&desk, json!({})).await;
    assert_eq!(act_on(&desk, &online, visit).await.0, "COMPLETED");
}

#[tokio::test]
async fn the_headless_shopper_names_what_it_does_not_understand() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    for (body, named) in [
        (json!({"action": "dance"}), "Bad value: action"),
        (json!({}), "Bad value: action"),
        (json!([]), "Bad value: body"),
        (
            json!({"action": "pend", "minutes": "5"}),
            "Bad value: minutes",
        ),
    ] {
        let answer = act(&desk, &page, body).await;
        assert_eq!(answer.error().2, named);
    }
    let path = "/sandbox/v1/hpp-sessions/unknown/shopper";
    let answer = desk.post(path, &json!({"action": "open"})).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn pages_are_journalled_and_replay_to_the_same_world() {
    let desk = Desk::new();
    let options = json!({"place_order_mode": "CAPTURE_ORDER"});
    let page = page(&desk, json!({"options": options})).await;
    status_after(&desk, &page, "approve").await;
    let before = desk.get(&page.path()).await.text;
    let journal = desk.get("/sandbox/v1/journal").await.text;
    assert!(journal.contains("\"command\":\"create_hosted_page\""));
    desk.post("/sandbox/v1/reset", &Value::Null).await;
    assert_eq!(desk.get(&page.path()).await.status, 404);
    let request = axum::http::Request::post("/sandbox/v1/journal/replay")
        .header(
            "authorization",
            crate::desk::basic(&format!("{}:{}", crate::desk::USER, crate::desk::PASSWORD)),
        )
        .body(axum::body::Body::from(journal))
        .unwrap();
    assert_eq!(desk.send(request).await.status, 200);
    assert_eq!(desk.get(&page.path()).await.text, before);
}
