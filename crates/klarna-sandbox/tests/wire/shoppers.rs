//! The headless shopper.

use serde_json::{Value, json};

use crate::desk::{Desk, cart};

#[tokio::test]
async fn a_bare_approve_always_approves() {
    let desk = Desk::new();
    let mut body = cart();
    body["billing_address"]["email"] = json!("customer+denied@email.se");
    let session = desk.session(&body).await;
    let answer = desk
        .shopper(&session, &json!({"action": "approve"}))
        .await
        .json();
    assert_eq!(
        (&answer["approved"], &answer["show_form"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(answer["authorization_token"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn decline_hides_the_form_and_cancel_keeps_it() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let declined = desk
        .shopper(&session, &json!({"action": "decline"}))
        .await
        .json();
    assert_eq!(declined, json!({"approved": false, "show_form": false}));
    let cancelled = desk
        .shopper(&session, &json!({"action": "cancel"}))
        .await
        .json();
    assert_eq!(cancelled, json!({"approved": false, "show_form": true}));
    desk.approve(&session).await;
}

#[tokio::test]
async fn shopper_data_decides_where_it_is_given() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let denied =
        json!({"action": "approve", "billing_address": {"email": "customer+denied@email.se"}});
    let answer = desk.shopper(&session, &denied).await.json();
    assert_eq!(answer, json!({"approved": false, "show_form": false}));
}

#[tokio::test]
async fn shopper_data_never_takes_part_in_matching() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let data = json!({"action": "approve", "order_amount": 1, "billing_address": {"given_name": "Bob", "city": "Malmö"},
        "customer": {"date_of_birth": "1970-07-10"}});
    let token = desk
        .shopper(&session, &data)
        .await
        .member("authorization_token");
    let read = desk
        .get(&format!("/payments/v1/sessions/{session}"))
        .await
        .json();
    assert_eq!(read["billing_address"]["given_name"], "Bob");
    assert_eq!(read["billing_address"]["postal_code"], "11148");
    let placed = desk.place(&token, &cart()).await;
    assert_eq!(placed.status, 200, "{}", placed.text);
}

#[tokio::test]
async fn wrong_contact_data_comes_back_as_invalid_fields() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let data = json!({"action": "approve", "data": {"billing_address": {"email": "nobody", "phone": "1"}}});
    let answer = desk.shopper(&session, &data).await.json();
    let fields = json!(["billing_address.email", "billing_address.phone"]);
    assert_eq!(
        answer,
        json!({"approved": false, "show_form": true, "error": {"invalid_fields": fields}})
    );
}

#[tokio::test]
async fn without_auto_finalize_the_token_comes_with_finalize() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let approved = desk
        .shopper(
            &session,
            &json!({"action": "approve", "auto_finalize": false}),
        )
        .await
        .json();
    assert_eq!(
        approved,
        json!({"approved": true, "show_form": true, "finalize_required": true})
    );
    let finalized = desk.shopper(&session, &json!({"action": "finalize"})).await;
    let token = finalized.member("authorization_token");
    assert_eq!(desk.place(&token, &cart()).await.status, 200);
}

#[tokio::test]
async fn finalize_without_an_approval_is_a_conflict() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    assert_eq!(
        desk.shopper(&session, &json!({"action": "finalize"}))
            .await
            .status,
        409
    );
}

#[tokio::test]
async fn the_plan_shows_in_both_vocabularies() {
    let desk = Desk::new();
    for (plan, payments, management) in [
        ("pay_later", "invoice", "INVOICE"),
        ("pay_now", "direct_debit", "DIRECT_DEBIT"),
        ("pay_over_time", "slice_it_by_card", "FIXED_AMOUNT_BY_CARD"),
        ("card", "card", "CARD"),
    ] {
        let session = desk.session(&cart()).await;
        let visit = json!({"action": "approve", "payment_method": plan});
        let token = desk
            .shopper(&session, &visit)
            .await
            .member("authorization_token");
        let placed = desk.place(&token, &cart()).await.json();
        assert_eq!(placed["authorized_payment_method"]["type"], payments);
        let order = placed["order_id"].as_str().unwrap();
        let shown = desk
            .get(&format!("/ordermanagement/v1/orders/{order}"))
            .await
            .json();
        assert_eq!(shown["initial_payment_method"]["type"], management);
    }
}

#[tokio::test]
async fn wrong_orders_to_the_shopper_are_refused() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    for body in [
        json!({}),
        json!({"action": "dance"}),
        json!([]),
        Value::Null,
    ] {
        assert_eq!(desk.shopper(&session, &body).await.status, 400, "{body}");
    }
    let wrong = desk
        .shopper(
            &session,
            &json!({"action": "approve", "auto_finalize": "no"}),
        )
        .await;
    assert_eq!(wrong.error().2, "Bad value: auto_finalize");
    assert_eq!(
        desk.shopper("nobody", &json!({"action": "approve"}))
            .await
            .status,
        404
    );
}
