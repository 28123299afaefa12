//! Order Management: cancelling, releasing, amending, extending, references, customer details.

use serde_json::{Value, json};

use crate::desk::{Desk, cart};
use crate::managing::{DAY, Order, error, not_allowed};

#[tokio::test]
async fn release_needs_an_open_remainder() {
    let order = Order::placed().await;
    let release = async || {
        order
            .post("/release-remaining-authorization", &Value::Null)
            .await
    };
    let untouched = release().await.error();
    assert_eq!((untouched.0, untouched.1.as_str()), (403, "NOT_ALLOWED"));
    order.capture(10_000).await;
    assert_eq!(release().await.status, 204);
    assert_eq!(
        order.figures().await,
        ("CAPTURED".into(), 24_400, 10_000, 0)
    );
    let again = not_allowed("Order is fully captured. Remaining authorization cannot be released.");
    assert_eq!(release().await.error(), again);
    assert_eq!(order.capture(1).await.error().1, "CAPTURE_NOT_ALLOWED");
}

#[tokio::test]
async fn amending_replaces_the_lines_and_omitting_deletes_them() {
    let order = Order::placed().await;
    let line = json!({"name": "Mug", "quantity": 1, "unit_price": 10_000, "total_amount": 10_000});
    let body = json!({"order_amount": 10_000, "order_lines": [line]});
    assert_eq!(order.patch("/authorization", &body).await.status, 204);
    let shown = order.shown().await;
    assert_eq!(
        (&shown["order_amount"], &shown["original_order_amount"]),
        (&json!(10_000), &json!(24_400))
    );
    assert_eq!(shown["order_lines"][0]["name"], "Mug");
    assert_eq!(
        order
            .patch("/authorization", &json!({"order_amount": 9000}))
            .await
            .status,
        204
    );
    assert_eq!(order.shown().await["order_lines"], json!([]));
}

#[tokio::test]
async fn an_amended_amount_stays_above_what_is_captured() {
    let order = Order::placed().await;
    order.capture(8000).await;
    let message = "Resulting authorization amount 7000 cannot be less than the captured amount 8000 for order. \
                   Order authorization cannot be updated.";
    assert_eq!(
        order
            .patch("/authorization", &json!({"order_amount": 7000}))
            .await
            .error(),
        not_allowed(message)
    );
    assert_eq!(
        order
            .patch("/authorization", &json!({"order_amount": 8000}))
            .await
            .status,
        204
    );
    assert_eq!(order.figures().await, ("CAPTURED".into(), 8000, 8000, 0));
    let late = order
        .patch("/authorization", &json!({"order_amount": 9000}))
        .await;
    assert_eq!(late.error(), not_allowed("Update not allowed."));
}

#[tokio::test]
async fn an_increase_depends_on_the_method() {
    let invoice = Order::placed_with("pay_later").await;
    assert_eq!(
        invoice
            .patch("/authorization", &json!({"order_amount": 30_000}))
            .await
            .status,
        204
    );
    assert_eq!(invoice.figures().await.3, 30_000);
    let card = Order::placed_with("card").await;
    let refused = card
        .patch("/authorization", &json!({"order_amount": 30_000}))
        .await;
    assert_eq!(refused.error(), not_allowed("Update not allowed."));
    assert_eq!(
        card.patch("/authorization", &json!({"order_amount": 20_000}))
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn references_change_one_by_one_and_empty_text_clears() {
    let order = Order::placed().await;
    order
        .patch(
            "/merchant-references",
            &json!({"merchant_reference1": "A", "merchant_reference2": "B"}),
        )
        .await;
    let cleared = order
        .patch("/merchant-references", &json!({"merchant_reference2": ""}))
        .await;
    assert_eq!(cleared.status, 204);
    let shown = order.shown().await;
    assert_eq!(
        (&shown["merchant_reference1"], &shown["merchant_reference2"]),
        (&json!("A"), &json!(""))
    );
    order.capture(24_400).await;
    assert_eq!(
        order.patch("/merchant-references", &json!({})).await.status,
        204
    );
}

#[tokio::test]
async fn references_of_a_cancelled_order_stay() {
    let order = Order::placed().await;
    order.post("/cancel", &Value::Null).await;
    assert_eq!(
        order
            .patch("/merchant-references", &json!({}))
            .await
            .error()
            .1,
        "NOT_ALLOWED"
    );
}

#[tokio::test]
async fn an_extension_counts_from_the_day_of_the_call_once_a_day() {
    let order = Order::placed().await;
    order.desk.advance(14 * DAY).await;
    for _ in 0..2 {
        assert_eq!(
            order
                .post("/extend-authorization-time", &Value::Null)
                .await
                .status,
            204
        );
        assert_eq!(
            order.shown().await["expires_at"],
            "2026-04-13T00:00:00.000Z"
        );
    }
}

#[tokio::test]
async fn an_extension_ends_180_days_after_the_order() {
    let order = Order::placed().await;
    for _ in 0..7 {
        order.desk.advance(25 * DAY).await;
        assert_eq!(
            order
                .post("/extend-authorization-time", &Value::Null)
                .await
                .status,
            204
        );
    }
    assert_eq!(
        order.shown().await["expires_at"],
        "2026-08-29T00:00:00.000Z"
    );
    let card = Order::placed_with("card").await;
    assert_eq!(
        card.post("/extend-authorization-time", &Value::Null)
            .await
            .error()
            .1,
        "NOT_ALLOWED"
    );
}

#[tokio::test]
async fn the_billing_address_of_an_order_cannot_be_changed() {
    let order = Order::placed().await;
    let message = "Billing address cannot be updated for user account order. Customer details cannot be updated.";
    let refused = order
        .patch(
            "/customer-details",
            &json!({"billing_address": {"city": "Malmö"}}),
        )
        .await;
    assert_eq!(refused.error(), not_allowed(message));
    let changed = order
        .patch(
            "/customer-details",
            &json!({"shipping_address": {"city": "Malmö"}}),
        )
        .await;
    assert_eq!(changed.status, 204);
    assert_eq!(order.shown().await["shipping_address"]["city"], "Malmö");
    let wrong = order
        .patch(
            "/customer-details",
            &json!({"shipping_address": {"postal_code": "?"}}),
        )
        .await;
    let message = "The shipping and/or billing address is invalid";
    assert_eq!(wrong.error(), error(422, "INVALID_ADDRESS", message));
}

#[tokio::test]
async fn an_increase_is_allowed_by_method_and_market() {
    for (country, currency, locale, plan, grows) in [
        ("SE", "SEK", "sv-SE", "invoice", true),
        ("SE", "SEK", "sv-SE", "b2b_invoice", true),
        ("SE", "SEK", "sv-SE", "base_account", true),
        ("DE", "EUR", "de-DE", "direct_debit", true),
        ("CH", "CHF", "de-CH", "invoice", false),
        ("CH", "CHF", "de-CH", "direct_debit", false),
        ("NL", "EUR", "nl-NL", "fixed_amount", true),
        ("GB", "GBP", "en-GB", "fixed_amount", false),
        ("SE", "SEK", "sv-SE", "slice_it_by_card", false),
        ("SE", "SEK", "sv-SE", "card", false),
        ("US", "USD", "en-US", "fixed_sum_credit", false),
    ] {
        let desk = Desk::new();
        let body = json!({"purchase_country": country, "purchase_currency": currency, "locale": locale,
            "order_amount": 10_000, "order_lines": [{"name": "Mug", "quantity": 1, "unit_price": 10_000,
            "total_amount": 10_000}]});
        let session = desk.session(&body).await;
        let visit = json!({"action": "approve", "payment_method": plan});
        let approval = desk.shopper(&session, &visit).await;
        let placed = desk
            .place(&approval.member("authorization_token"), &body)
            .await;
        let path = format!(
            "/ordermanagement/v1/orders/{}/authorization",
            placed.member("order_id")
        );
        let amended = desk
            .call("PATCH", &path, &json!({"order_amount": 10_001}))
            .await;
        assert_eq!(
            amended.status == 204,
            grows,
            "{plan} in {country}: {}",
            amended.text
        );
        let lower = desk
            .call("PATCH", &path, &json!({"order_amount": 9000}))
            .await;
        assert_eq!(lower.status, 204, "{plan} in {country}");
    }
}

#[tokio::test]
async fn an_extension_is_allowed_by_method_and_market() {
    let extended = async |country: &str, currency: &str, plan: &str| {
        let desk = Desk::new();
        let body = json!({"purchase_country": country, "purchase_currency": currency, "order_amount": 10_000,
            "order_lines": [{"name": "Mug", "quantity": 1, "unit_price": 10_000, "total_amount": 10_000}]});
        let session = desk.session(&body).await;
        let visit = json!({"action": "approve", "payment_method": plan});
        let approval = desk.shopper(&session, &visit).await;
        let placed = desk
            .place(&approval.member("authorization_token"), &body)
            .await;
        let order = placed.member("order_id");
        let path = format!("/ordermanagement/v1/orders/{order}/extend-authorization-time");
        desk.post(&path, &Value::Null).await
    };
    for (country, currency, plan, allowed) in [
        ("SE", "SEK", "invoice", true),
        ("SE", "SEK", "slice_it_by_card", true),
        ("SE", "SEK", "fixed_sum_credit", true),
        ("SE", "SEK", "card", false),
        ("SE", "SEK", "pay_by_card", false),
        ("US", "USD", "invoice", true),
        ("US", "USD", "slice_it_by_card", false),
        ("US", "USD", "fixed_sum_credit", false),
    ] {
        let answer = extended(country, currency, plan).await;
        if allowed {
            assert_eq!(answer.status, 204, "{plan} in {country}");
            continue;
        }
        let message = "Payment method does not allow it. Authorization time cannot be extended.";
        assert_eq!(answer.error(), not_allowed(message), "{plan} in {country}");
    }
}

#[tokio::test]
async fn an_order_under_review_may_shrink_but_not_grow() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let visit = json!({"action": "pend", "minutes": 60});
    let approval = desk.shopper(&session, &visit).await;
    let placed = desk
        .place(&approval.member("authorization_token"), &cart())
        .await;
    let path = format!(
        "/ordermanagement/v1/orders/{}/authorization",
        placed.member("order_id")
    );
    let more = desk
        .call("PATCH", &path, &json!({"order_amount": 30_000}))
        .await;
    assert_eq!(more.error(), not_allowed("Update not allowed."));
    let less = desk
        .call("PATCH", &path, &json!({"order_amount": 20_000}))
        .await;
    assert_eq!(less.status, 204);
    desk.advance(3600).await;
    let more = desk
        .call("PATCH", &path, &json!({"order_amount": 30_000}))
        .await;
    assert_eq!(more.status, 204);
}

#[tokio::test]
async fn cancelling_twice_can_be_allowed() {
    let order = Order::placed().await;
    order.desk.switch(json!({"cancel_twice": true})).await;
    for _ in 0..2 {
        assert_eq!(order.post("/cancel", &Value::Null).await.status, 204);
    }
    assert_eq!(order.figures().await.0, "CANCELLED");
}

#[tokio::test]
async fn an_extension_can_reach_a_day_further() {
    let order = Order::placed().await;
    order
        .desk
        .switch(json!({"extension_adds_a_day": true}))
        .await;
    order.desk.advance(14 * DAY).await;
    order.post("/extend-authorization-time", &Value::Null).await;
    assert_eq!(
        order.shown().await["expires_at"],
        "2026-04-14T00:00:00.000Z"
    );
}

#[tokio::test]
async fn customer_details_change_field_by_field_and_empty_text_clears() {
    let order = Order::placed().await;
    let change = async |address: Value| {
        let body = json!({"shipping_address": address});
        assert_eq!(order.patch("/customer-details", &body).await.status, 204);
        order.shown().await["shipping_address"].clone()
    };
    let changed = change(json!({"city": "Lund", "attention": "Gate 4"})).await;
    assert_eq!(
        (&changed["city"], &changed["postal_code"]),
        (&json!("Lund"), &json!("11148"))
    );
    let cleared = change(json!({"attention": ""})).await;
    assert_eq!(
        (&cleared["city"], &cleared["attention"]),
        (&json!("Lund"), &json!(""))
    );
    assert_eq!(order.shown().await["billing_address"]["city"], "Stockholm");
}
