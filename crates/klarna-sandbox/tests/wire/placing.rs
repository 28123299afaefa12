//! Placing an order: matching, repetition, replayed errors, lifetimes, giving back.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

fn invalid_token() -> (u16, String, String) {
    error(404, "NOT_FOUND", "Invalid authorization token")
}

async fn approved(body: &Value) -> (Desk, String, String) {
    let desk = Desk::new();
    let session = desk.session(body).await;
    let token = desk.approve(&session).await;
    (desk, session, token)
}

#[tokio::test]
async fn the_same_token_and_body_repeat_the_success() {
    let (desk, _, token) = approved(&cart()).await;
    let first = desk.place(&token, &cart()).await;
    let second = desk.place(&token, &cart()).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.json(), second.json());
    assert_eq!(
        desk.get("/sandbox/v1/orders").await.json()["orders"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_used_token_repeats_its_success_after_its_60_minutes() {
    let (desk, _, token) = approved(&cart()).await;
    let first = desk.place(&token, &cart()).await;
    desk.advance(2 * 3600).await;
    assert_eq!(desk.place(&token, &cart()).await.json(), first.json());
    desk.advance(47 * 3600).await;
    assert_eq!(desk.place(&token, &cart()).await.error(), invalid_token());
}

#[tokio::test]
async fn another_body_after_the_success_is_a_conflict() {
    let (desk, _, token) = approved(&cart()).await;
    desk.place(&token, &cart()).await;
    let mut other = cart();
    other["merchant_reference1"] = json!("R-2");
    let expected = error(
        409,
        "BAD_VALUE",
        "The order has been already completed with different request body",
    );
    assert_eq!(desk.place(&token, &other).await.error(), expected);
}

#[tokio::test]
async fn a_mismatch_is_409_and_is_replayed_even_for_a_corrected_body() {
    let (desk, session, token) = approved(&cart()).await;
    let mut other = cart();
    other["billing_address"]["postal_code"] = json!("11149");
    let expected = error(
        409,
        "BAD_VALUE",
        "Not matching fields: [billing_address.postal_code]",
    );
    assert_eq!(desk.place(&token, &other).await.error(), expected);
    assert_eq!(desk.place(&token, &cart()).await.error(), expected);
    let newer = desk.approve(&session).await;
    assert_eq!(desk.place(&newer, &cart()).await.status, 200);
}

#[tokio::test]
async fn a_changed_cart_is_named_by_amount_and_count() {
    let mut two = cart();
    two["order_lines"].as_array_mut().unwrap().pop();
    two["order_amount"] = json!(19_500);
    two["order_tax_amount"] = json!(3900);
    let (desk, _, token) = approved(&two).await;
    let expected = "Not matching fields: [order_amount, order_tax_amount, \
                    Incorrect number of items in the cart. Expected: 1, Actual: 2]";
    assert_eq!(
        desk.place(&token, &cart()).await.error(),
        error(409, "BAD_VALUE", expected)
    );
}

#[tokio::test]
async fn an_update_after_approval_shows_at_placing() {
    let (desk, session, token) = approved(&cart()).await;
    let mut changed = cart();
    changed["order_lines"][0]["name"] = json!("Cup");
    let updated = desk
        .post(&format!("/payments/v1/sessions/{session}"), &changed)
        .await;
    assert_eq!(updated.status, 204);
    let expected = error(
        409,
        "BAD_VALUE",
        "Not matching fields: [order_lines[0].name]",
    );
    assert_eq!(desk.place(&token, &changed).await.error(), expected);
}

#[tokio::test]
async fn a_wrong_body_is_400_and_is_replayed() {
    let (desk, _, token) = approved(&cart()).await;
    let mut wrong = cart();
    wrong["order_lines"][0]["total_tax_amount"] = json!(0);
    let expected = error(
        400,
        "BAD_VALUE",
        "Bad value: order_lines[0].total_tax_amount",
    );
    assert_eq!(desk.place(&token, &wrong).await.error(), expected);
    assert_eq!(desk.place(&token, &cart()).await.error(), expected);
}

#[tokio::test]
async fn a_token_is_good_for_60_minutes() {
    let (desk, _, token) = approved(&cart()).await;
    desk.advance(3599).await;
    let session = desk.session(&cart()).await;
    let other = desk.approve(&session).await;
    assert_eq!(desk.place(&token, &cart()).await.status, 200);
    desk.advance(3600).await;
    assert_eq!(desk.place(&other, &cart()).await.error(), invalid_token());
}

#[tokio::test]
async fn only_the_newest_token_of_a_session_is_valid() {
    let (desk, session, first) = approved(&cart()).await;
    let second = desk.approve(&session).await;
    assert_ne!(first, second);
    assert_eq!(desk.place(&first, &cart()).await.error(), invalid_token());
    assert_eq!(desk.place(&second, &cart()).await.status, 200);
}

#[tokio::test]
async fn a_completed_session_can_be_read_but_not_continued() {
    let (desk, session, token) = approved(&cart()).await;
    desk.place(&token, &cart()).await;
    let path = format!("/payments/v1/sessions/{session}");
    assert_eq!(desk.get(&path).await.json()["status"], "complete");
    let expected = error(
        404,
        "SESSION_COMPLETED",
        "Session has already been completed",
    );
    assert_eq!(desk.post(&path, &json!({})).await.error(), expected);
    assert_eq!(
        desk.shopper(&session, &json!({"action": "approve"}))
            .await
            .error(),
        expected
    );
}

#[tokio::test]
async fn an_unknown_token_is_not_found() {
    assert_eq!(
        Desk::new().place("nobody", &cart()).await.error(),
        invalid_token()
    );
}

#[tokio::test]
async fn a_redirect_is_given_only_with_a_confirmation_url_and_leads_there() {
    let (desk, _, token) = approved(&cart()).await;
    assert!(
        desk.place(&token, &cart())
            .await
            .json()
            .get("redirect_url")
            .is_none()
    );
    let mut body = cart();
    body["merchant_urls"] =
        json!({"confirmation": "http://shop.example.com/thanks?o={order.id}&s={session.id}"});
    let (desk, session, token) = approved(&body).await;
    let placed = desk.place(&token, &body).await;
    let path = placed
        .member("redirect_url")
        .replace("http://sandbox.test", "");
    let answer = desk.get(&path).await;
    let order = placed.member("order_id");
    assert_eq!(
        answer.header("location"),
        format!("http://shop.example.com/thanks?o={order}&s={session}")
    );
}

#[tokio::test]
async fn auto_capture_places_a_captured_order() {
    let (desk, _, token) = approved(&cart()).await;
    let mut body = cart();
    body["auto_capture"] = json!(true);
    let order = desk.place(&token, &body).await.member("order_id");
    let shown = desk
        .get(&format!("/ordermanagement/v1/orders/{order}"))
        .await
        .json();
    assert_eq!(
        (&shown["status"], &shown["captured_amount"]),
        (&json!("CAPTURED"), &json!(24_400))
    );
    assert_eq!(
        shown["captures"][0]["klarna_reference"],
        json!(format!("{}-1", shown["klarna_reference"].as_str().unwrap()))
    );
}

#[tokio::test]
async fn the_payment_method_can_be_the_bare_string_of_the_guides() {
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"payment_method_as_string": true}),
    )
    .await;
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    assert_eq!(
        desk.place(&token, &cart()).await.json()["authorized_payment_method"],
        "invoice"
    );
}

async fn give_back(desk: &Desk, token: &str) -> Answer {
    desk.call(
        "DELETE",
        &format!("/payments/v1/authorizations/{token}"),
        &Value::Null,
    )
    .await
}

#[tokio::test]
async fn an_authorization_that_is_given_back_is_dead() {
    let (desk, session, token) = approved(&cart()).await;
    let answer = give_back(&desk, &token).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(desk.place(&token, &cart()).await.error(), invalid_token());
    assert_eq!(give_back(&desk, &token).await.error(), invalid_token());
    let newer = desk.approve(&session).await;
    assert_eq!(desk.place(&newer, &cart()).await.status, 200);
}

#[tokio::test]
async fn an_authorization_with_an_order_cannot_be_given_back() {
    let (desk, _, token) = approved(&cart()).await;
    desk.place(&token, &cart()).await;
    let expected = error(404, "NOT_FOUND", "Authorization cannot be deleted");
    assert_eq!(give_back(&desk, &token).await.error(), expected);
}

#[tokio::test]
async fn an_expired_authorization_cannot_be_given_back() {
    let (desk, _, token) = approved(&cart()).await;
    desk.advance(3600).await;
    assert_eq!(give_back(&desk, &token).await.error(), invalid_token());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_placings_at_once_make_one_order() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = crate::desk::config();
    config.directory = Some(directory.path().to_owned());
    let desk = std::sync::Arc::new(Desk::open(config));
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (desk, token) = (desk.clone(), token.clone());
            tokio::spawn(async move { desk.place(&token, &cart()).await })
        })
        .collect();
    let mut orders = std::collections::BTreeSet::new();
    for call in calls {
        let answer = call.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        orders.insert(answer.member("order_id"));
    }
    assert_eq!(orders.len(), 1);
}
