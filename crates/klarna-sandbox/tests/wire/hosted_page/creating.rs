//! Creating, reading and disabling.

use serde_json::{Value, json};

use super::{act, create, creation, page, status_after};
use crate::desk::{Desk, cart};

#[tokio::test]
async fn creating_answers_201_with_the_addresses_around_the_page() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let answer = create(&desk, &session, json!({})).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("klarna-correlation-id").len(), 36);
    let body = answer.json();
    let id = body["session_id"].as_str().unwrap();
    let api = format!("http://sandbox.test/hpp/v1/sessions/{id}");
    assert_eq!(body["session_url"], api);
    assert_eq!(body["distribution_url"], format!("{api}/distribution"));
    assert_eq!(
        body["manual_identification_check_url"],
        format!("{api}/manual-id-check")
    );
    assert_eq!(
        body["qr_code_url"],
        format!("http://sandbox.test/hpp/payments/{id}/qr")
    );
    let redirect = body["redirect_url"].as_str().unwrap();
    let code = redirect
        .strip_prefix("http://sandbox.test/hpp/payments/")
        .unwrap();
    assert_eq!(code.len(), 7);
    let module = &body["distribution_module"];
    for member in ["token", "standalone_url", "generation_url"] {
        assert!(module[member].is_string(), "{module}");
    }
}

#[tokio::test]
async fn a_page_ends_an_hour_before_its_payment_session() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    desk.advance(3600).await;
    let answer = create(&desk, &session, json!({})).await;
    // The payment session was made at 09:30:00 and lives 48 hours.
    assert_eq!(answer.json()["expires_at"], "2026-03-04T08:30:00.000Z");
    let path = format!("/hpp/v1/sessions/{}", answer.member("session_id"));
    desk.advance(46 * 3600 - 1).await;
    assert_eq!(desk.get(&path).await.status, 200);
    desk.advance(1).await;
    for answer in [
        desk.get(&path).await,
        desk.call("DELETE", &path, &Value::Null).await,
        desk.post(
            &format!("{path}/distribution"),
            &json!({"method": "email", "contact_information": {"email": "a@example.com"}}),
        )
        .await,
    ] {
        let (status, code, message) = answer.error();
        assert_eq!((status, code.as_str()), (404, "NOT_FOUND"));
        assert_eq!(message, "HPP session has expired or could not be found");
    }
}

#[tokio::test]
async fn a_payment_session_in_its_last_hour_gets_no_page() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    desk.advance(47 * 3600 - 1).await;
    assert_eq!(create(&desk, &session, json!({})).await.status, 201);
    desk.advance(1).await;
    let expected = (
        404,
        "NOT_FOUND".to_owned(),
        "Payment session has expired".to_owned(),
    );
    assert_eq!(create(&desk, &session, json!({})).await.error(), expected);
    desk.advance(3600).await;
    assert_eq!(create(&desk, &session, json!({})).await.error(), expected);
}

#[tokio::test]
async fn an_unknown_or_completed_payment_session_or_checkout_order_is_404() {
    let desk = Desk::new();
    let unknown = "92d97f60-7a78-46a5-8f68-c56fe52dc4af";
    assert_eq!(create(&desk, unknown, json!({})).await.status, 404);
    let session = desk.session(&cart()).await;
    let checkout = json!({"payment_session_url": format!("https://api.klarna.com/checkout/v3/orders/{session}")});
    assert_eq!(desk.post("/hpp/v1/sessions", &checkout).await.status, 404);
    let token = desk.approve(&session).await;
    desk.place(&token, &cart()).await;
    let (status, code, _) = create(&desk, &session, json!({})).await.error();
    assert_eq!((status, code.as_str()), (404, "SESSION_COMPLETED"));
}

#[tokio::test]
async fn the_host_of_the_payment_session_url_does_not_matter() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    for host in ["https://api.playground.klarna.com", "http://127.0.0.1:8090"] {
        let body = json!({"payment_session_url": format!("{host}/payments/v1/sessions/{session}")});
        assert_eq!(desk.post("/hpp/v1/sessions", &body).await.status, 201);
    }
}

#[tokio::test]
async fn what_breaks_a_constraint_is_named_by_path() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    for (rest, message) in [
        (
            json!({"payment_session_url": null}),
            "payment_session_url must not be null",
        ),
        (
            json!({"payment_session_url": "92d97f60"}),
            "payment_session_url is invalid",
        ),
        (
            json!({"payment_session_url": "https://api.klarna.com/other/92d97f60"}),
            "payment_session_url is invalid",
        ),
        (
            json!({"merchant_urls": {"success": "javascript:alert(1)"}}),
            "merchant_urls.success is invalid",
        ),
        (
            json!({"merchant_urls": {"status_update": "/relative"}}),
            "merchant_urls.status_update is invalid",
        ),
        (
            json!({"merchant_urls": "https://example.com"}),
            "merchant_urls is invalid",
        ),
        (
            json!({"options": {"place_order_mode": "LATER"}}),
            "options.place_order_mode is invalid",
        ),
        (
            json!({"options": {"purchase_type": "STEAL"}}),
            "options.purchase_type is invalid",
        ),
        (
            json!({"options": {"show_subtotal_detail": "SHOW"}}),
            "options.show_subtotal_detail is invalid",
        ),
        (
            json!({"options": {"page_title": "x".repeat(256)}}),
            "options.page_title size must be between 0 and 255",
        ),
        (
            json!({"options": {"logo_url": "logo.png"}}),
            "options.logo_url is invalid",
        ),
        (
            json!({"options": {"background_images": [{"url": "https://example.com/a.jpg"}, {"width": -1}]}}),
            "options.background_images[1].width must be between 0 and 9223372036854775807",
        ),
        (
            json!({"options": {"payment_fallback": "yes"}}),
            "options.payment_fallback is invalid",
        ),
        (
            json!({"options": {"payment_method_category": "CASH"}}),
            "options.payment_method_category is invalid",
        ),
        (
            json!({"options": {"payment_method_category": "KLARNA", "payment_method_categories": ["KLARNA"]}}),
            "options.payment_method_category and options.payment_method_categories exclude each other",
        ),
    ] {
        let answer = create(&desk, &session, rest).await;
        let (status, code, told) = answer.error();
        assert_eq!((status, code.as_str()), (400, "CONSTRAINT_VIOLATION"));
        assert_eq!(told, message);
    }
    let several = json!({"merchant_urls": {"back": 1}, "options": {"purchase_type": 2}});
    let answer = create(&desk, &session, several).await.json();
    assert_eq!(
        answer["error_messages"],
        json!([
            "merchant_urls.back is invalid",
            "options.purchase_type is invalid"
        ])
    );
}

#[tokio::test]
async fn a_body_that_is_no_object_is_a_bad_request() {
    let desk = Desk::new();
    for body in [json!([]), json!("x")] {
        let answer = desk.post("/hpp/v1/sessions", &body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.member("error_code"), "BAD_REQUEST");
    }
}

#[tokio::test]
async fn enumerations_are_taken_in_any_letter_case_and_unknown_fields_are_tolerated() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let rest = json!({
        "merchant_urls": {"success": "", "cancel": null},
        "options": {"place_order_mode": "place_order", "purchase_type": "pay", "payment_method_categories": ["klarna"],
            "show_subtotal_detail": "hide", "new_option": {"a": 1}},
        "profile_id": "87ab3565-5e06-4006-9ada-8eedc6926703",
        "something": "else",
    });
    assert_eq!(create(&desk, &session, rest).await.status, 201);
}

#[tokio::test]
async fn categories_must_be_the_payment_sessions_own() {
    // The cart is too small for parts in Sweden.
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"categories": ["pay_now", "pay_later", "pay_over_time"]}),
    )
    .await;
    let session = desk.session(&cart()).await;
    let several = |names: Value| json!({"options": {"payment_method_categories": names}});
    assert_eq!(
        create(&desk, &session, several(json!(["pay_later", "PAY_NOW"])))
            .await
            .status,
        201
    );
    let answer = create(
        &desk,
        &session,
        several(json!(["PAY_LATER", "PAY_OVER_TIME"])),
    )
    .await;
    assert_eq!(
        answer.error().2,
        "options.payment_method_categories[1] is invalid"
    );
}

#[tokio::test]
async fn a_payment_session_may_have_several_pages() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let one = create(&desk, &session, json!({}))
        .await
        .member("session_id");
    let two = create(&desk, &session, json!({}))
        .await
        .member("session_id");
    assert_ne!(one, two);
}

#[tokio::test]
async fn a_new_page_reads_as_waiting_and_nothing_else() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let read = desk.get(&page.path()).await;
    assert_eq!(read.status, 200);
    assert_eq!(
        read.json(),
        json!({
            "session_id": page.id(),
            "status": "WAITING",
            "updated_at": "2026-03-02T09:30:00.000Z",
            "expires_at": "2026-03-04T08:30:00.000Z",
        })
    );
}

#[tokio::test]
async fn unknown_and_foreign_pages_are_404() {
    let desk = Desk::new();
    let own = page(&desk, json!({})).await;
    let unknown = "/hpp/v1/sessions/9cbc9884-1fdb-45a8-9694-9340340d0436";
    assert_eq!(desk.get(unknown).await.error().1, "NOT_FOUND");
    let foreign = crate::desk::basic("UG999999_zz:Secret-of-the-older-kind");
    let request = axum::http::Request::get(own.path())
        .header("authorization", foreign)
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(desk.send(request).await.status, 404);
}

#[tokio::test]
async fn the_edge_answers_401_for_every_call() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    for (method, path) in [
        ("POST", "/hpp/v1/sessions".to_owned()),
        ("GET", page.path()),
        ("DELETE", page.path()),
        ("POST", format!("{}/distribution", page.path())),
        ("GET", format!("{}/manual-id-check", page.path())),
        ("POST", format!("{}/manual-id-check", page.path())),
        ("POST", format!("{}/distribution-module/token", page.path())),
    ] {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(&path)
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(desk.send(request).await.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn other_paths_are_404_and_other_methods_405() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    for (method, path, status) in [
        ("GET", "/hpp/v1/sessions".to_owned(), 405),
        ("PATCH", page.path(), 405),
        ("GET", format!("{}/distribution", page.path()), 405),
        ("DELETE", format!("{}/manual-id-check", page.path()), 405),
        (
            "GET",
            format!("{}/distribution-module/token", page.path()),
            405,
        ),
        ("GET", "/hpp/v1/other".to_owned(), 404),
    ] {
        let answer = desk.call(method, &path, &Value::Null).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn creating_pages_has_a_rate_of_its_own() {
    let desk = Desk::new();
    let settings = json!({"rate_limits": true});
    desk.call("PATCH", "/sandbox/v1/settings", &settings).await;
    let session = desk.session(&cart()).await;
    for remaining in ["4", "3", "2", "1", "0"] {
        let answer = create(&desk, &session, json!({})).await;
        assert_eq!(answer.header("x-ratelimit-limit"), "5, 5;w=1");
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining);
    }
    let answer = create(&desk, &session, json!({})).await;
    assert_eq!(answer.error().1, "TOO_MANY_REQUESTS");
    desk.session(&cart()).await;
    desk.clock.advance(1);
    assert_eq!(create(&desk, &session, json!({})).await.status, 201);
}

#[tokio::test]
async fn a_disabled_page_stays_readable_and_is_open_to_nobody() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    status_after(&desk, &page, "open").await;
    desk.advance(60).await;
    let answer = desk.call("DELETE", &page.path(), &Value::Null).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(answer.header("klarna-correlation-id").len(), 36);
    let read = desk.get(&page.path()).await.json();
    assert_eq!(read["status"], "DISABLED");
    assert_eq!(read["updated_at"], "2026-03-02T09:31:00.000Z");
    for action in ["open", "approve", "back"] {
        let answer = act(&desk, &page, json!({"action": action})).await;
        assert_eq!(
            answer.error(),
            (
                409,
                "CONFLICT".to_owned(),
                "The session is DISABLED".to_owned()
            )
        );
    }
    let again = desk.call("DELETE", &page.path(), &Value::Null).await;
    assert_eq!(again.status, 204);
}

#[tokio::test]
async fn a_completed_page_cannot_be_disabled() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    assert_eq!(status_after(&desk, &page, "approve").await, "COMPLETED");
    let answer = desk.call("DELETE", &page.path(), &Value::Null).await;
    assert_eq!(
        answer.error(),
        (
            400,
            "BAD_REQUEST".to_owned(),
            "HPP session has already been completed".to_owned()
        )
    );
    assert_eq!(desk.get(&page.path()).await.json()["status"], "COMPLETED");
}

#[tokio::test]
async fn no_call_takes_an_idempotency_key() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let body = creation(&session, &json!({}));
    let key = [("klarna-idempotency-key", "k-1")];
    let one = desk
        .call_with("POST", "/hpp/v1/sessions", &body, &key)
        .await;
    let two = desk
        .call_with("POST", "/hpp/v1/sessions", &body, &key)
        .await;
    assert_ne!(one.member("session_id"), two.member("session_id"));
}

#[tokio::test]
async fn an_account_without_the_hosted_page_gets_403_for_every_call() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let page = page(&desk, json!({})).await;
    let contact = json!({"method": "email", "contact_information": {"email": "a@example.com"}});
    let calls = [
        (
            "create_hosted_page",
            "POST",
            "/hpp/v1/sessions".to_owned(),
            creation(&session, &json!({})),
        ),
        ("read_hosted_page", "GET", page.path(), Value::Null),
        (
            "distribute_hosted_page",
            "POST",
            format!("{}/distribution", page.path()),
            contact,
        ),
        ("disable_hosted_page", "DELETE", page.path(), Value::Null),
    ];
    let names: Vec<&str> = calls.iter().map(|(name, ..)| *name).collect();
    let settings = json!({"disabled_operations": names});
    desk.call("PATCH", "/sandbox/v1/settings", &settings).await;
    for (name, method, path, body) in &calls {
        let answer = desk.call(method, path, body).await;
        assert_eq!(
            (answer.status, answer.member("error_code").as_str()),
            (403, "INVALID_OPERATION"),
            "{name}"
        );
    }
    let settings = json!({"disabled_operations": []});
    desk.call("PATCH", "/sandbox/v1/settings", &settings).await;
    for (name, method, path, body) in &calls {
        let answer = desk.call(method, path, body).await;
        assert!(
            (200..300).contains(&answer.status),
            "{name}: {}",
            answer.text
        );
    }
}
