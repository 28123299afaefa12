//! Amounts that come with a line and not from the catalogue.

use serde_json::{Value, json};

use crate::till::{COURSE, PRICE, Till};
use crate::world::{denied, refusal};

#[tokio::test]
async fn amounts_that_a_back_office_gives_stay_until_they_are_taken_back() {
    let till = Till::open().await;
    let order = till.order("ada@example.com").await;
    let line = json!({
        "order": ["orders", order], "sku_code": COURSE, "quantity": 2, "compare_at_amount_cents": 4_000,
    });
    let line = till.post("line_items", line).await;
    assert_eq!(line.integer("unit_amount_cents"), Some(PRICE));
    assert_eq!(line.integer("compare_at_amount_cents"), Some(4_000));
    let change = async |values: Value| till.patch("line_items", &line.key.id, values).await;
    let changed = change(json!({"compare_at_amount_cents": 5_000, "options_amount_cents": 30}));
    assert_eq!(
        changed.await.unwrap().integer("total_amount_cents"),
        Some(2 * PRICE + 30)
    );
    till.change(&order, json!({"_refresh": true}))
        .await
        .unwrap();
    let kept = till.get("line_items", &line.key.id).await;
    assert_eq!(kept.integer("compare_at_amount_cents"), Some(5_000));
    assert_eq!(kept.integer("total_amount_cents"), Some(2 * PRICE + 30));
    let back = change(json!({"compare_at_amount_cents": null, "options_amount_cents": null}));
    let back = back.await.unwrap();
    assert_eq!(back.integer("compare_at_amount_cents"), None);
    assert_eq!(back.integer("total_amount_cents"), Some(2 * PRICE));
    refusal(change(json!({"compare_at_amount_cents": -1})).await);
}

#[tokio::test]
async fn an_option_costs_what_a_back_office_gives_and_else_what_its_sku_option_says() {
    let till = Till::open().await;
    let order = till.order("ada@example.com").await;
    let line = till
        .world
        .line(&till.guest, &order, COURSE, 1)
        .await
        .unwrap();
    let wrap = json!({
        "name": "Wrapping", "price_amount_cents": 300, "delay_hours": 49, "market": till.market,
    });
    let wrap = till.post("sku_options", wrap).await.key.id;
    let option = json!({
        "line_item": ["line_items", line.key.id], "sku_option": ["sku_options", wrap], "quantity": 2,
        "options": {"paper": "red"},
    });
    let mut dearer = option.clone();
    dearer["unit_amount_cents"] = 450.into();
    denied(
        till.world
            .post(&till.guest, "line_item_options", dearer.clone())
            .await,
    );
    let own = till.post("line_item_options", dearer).await;
    assert_eq!(own.integer("unit_amount_cents"), Some(450));
    assert_eq!(own.integer("total_amount_cents"), Some(900));
    let delay = ["delay_hours", "delay_days"].map(|name| own.integer(name));
    assert_eq!(delay, [Some(49), Some(3)], "as the SKU option says");
    let id = own.key.id;
    let change = async |values: Value| till.patch("line_item_options", &id, values).await.unwrap();
    assert_eq!(
        change(json!({"unit_amount_cents": 10}))
            .await
            .integer("total_amount_cents"),
        Some(20)
    );
    let back = change(json!({"unit_amount_cents": null, "quantity": 1})).await;
    assert_eq!(back.integer("total_amount_cents"), Some(300));
    let line = till.get("line_items", &line.key.id).await;
    assert_eq!(line.integer("total_amount_cents"), Some(PRICE + 300));
}
