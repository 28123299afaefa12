//! The types that are plain rows: each is created, found, changed and deleted by its descriptor alone.

use serde_json::{Value, json};

use kassa_gateway::Caller;
use kassa_gateway::GatewayError;

use crate::world::{World, absent, denied, refusal};

/// Makes a row and returns what a relationship to it is written as.
async fn made(world: &World, caller: &Caller, kind: &str, body: Value) -> Value {
    let row = world.post(caller, kind, body).await;
    json!([
        kind,
        row.unwrap_or_else(|error| panic!("{kind}: {error:?}"))
            .key
            .id
    ])
}

/// The first row of a type in the demo that is of the European market, where the type tells.
async fn first(world: &World, caller: &Caller, kind: &str) -> Value {
    let rows = world.list(caller, kind).await.unwrap().primary;
    let european = |row: &&kassa_storage::Record| {
        row.text("currency_code").is_none_or(|code| code == "EUR")
            && (kind != "markets" || row.text("code") == Some("EU"))
    };
    json!([kind, rows.iter().find(european).unwrap().key.id])
}

/// Each plain type: what it is made of, one change, and what the change shows.
async fn plain(world: &World, caller: &Caller) -> Vec<(&'static str, Value, Value)> {
    let sku = first(world, caller, "skus").await;
    let market = first(world, caller, "markets").await;
    let price = first(world, caller, "prices").await;
    let method = first(world, caller, "shipping_methods").await;
    let place = first(world, caller, "stock_locations").await;
    let calculator = first(world, caller, "manual_tax_calculators").await;
    let list = made(world, caller, "sku_lists", json!({"name": "Mugs"})).await;
    let times = json!({
        "name": "Ten off", "market": market, "percentage": 10,
        "starts_at": "2026-01-01T00:00:00.000Z", "expires_at": "2027-01-01T00:00:00.000Z",
    });
    let promotion = made(
        world,
        caller,
        "percentage_discount_promotions",
        times.clone(),
    )
    .await;
    let rule = made(
        world,
        caller,
        "coupon_codes_promotion_rules",
        json!({"promotion": promotion}),
    )
    .await;
    let named = |more: Value| {
        let mut body = json!({"name": "One"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        body
    };
    let tier = |field: &str, owner: &Value| {
        named(json!({"up_to": 3, "price_amount_cents": 900, field: owner}))
    };
    let promote = |more: Value| {
        let mut body = times.clone();
        body.as_object_mut().unwrap().remove("percentage");
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        body
    };
    let rename = || json!({"name": "Two"});
    vec![
        (
            "sku_lists",
            named(json!({"description": "All of them"})),
            rename(),
        ),
        (
            "sku_list_items",
            json!({"sku_list": list, "sku": sku}),
            json!({"quantity": 4}),
        ),
        (
            "bundles",
            named(
                json!({"code": "SET-1", "sku_list": list, "market": market, "price_amount_cents": 900}),
            ),
            rename(),
        ),
        ("price_volume_tiers", tier("price", &price), rename()),
        ("price_frequency_tiers", tier("price", &price), rename()),
        (
            "shipping_weight_tiers",
            tier("shipping_method", &method),
            rename(),
        ),
        (
            "packages",
            named(
                json!({"length": 1.5, "width": 2, "height": 3, "unit_of_length": "cm", "stock_location": place}),
            ),
            rename(),
        ),
        (
            "percentage_discount_promotions",
            promote(json!({"percentage": 20})),
            json!({"percentage": 30}),
        ),
        ("free_shipping_promotions", promote(json!({})), rename()),
        (
            "fixed_amount_promotions",
            promote(json!({"fixed_amount_cents": 500})),
            json!({"fixed_amount_cents": 600}),
        ),
        (
            "order_amount_promotion_rules",
            json!({"promotion": promotion, "order_amount_cents": 5000}),
            json!({"order_amount_cents": 6000}),
        ),
        (
            "sku_list_promotion_rules",
            json!({"promotion": promotion, "sku_list": list, "all_skus": true}),
            json!({"min_quantity": 2}),
        ),
        (
            "coupons",
            json!({"code": "SUMMER-2026", "promotion_rule": rule}),
            json!({"usage_limit": 3}),
        ),
        (
            "gift_cards",
            json!({"balance_cents": 5000, "market": market}),
            json!({"single_use": true}),
        ),
        (
            "adjustments",
            named(json!({"currency_code": "EUR", "amount_cents": -500})),
            json!({"amount_cents": 500}),
        ),
        (
            "tax_categories",
            json!({"code": "TC-1", "sku": sku, "tax_calculator": calculator}),
            json!({"code": "TC-2"}),
        ),
        (
            "subscription_models",
            named(json!({"frequencies": ["weekly", "monthly", "yearly"]})),
            rename(),
        ),
        (
            "webhooks",
            json!({"topic": "orders.place", "callback_url": "https://example.com/hook"}),
            rename(),
        ),
        (
            "external_gateways",
            named(json!({"authorize_url": "https://example.com/authorize"})),
            rename(),
        ),
    ]
}

#[tokio::test]
async fn a_plain_type_is_created_found_changed_and_deleted() {
    let world = World::new().await;
    let integration = world.integration().await;
    for (kind, body, change) in plain(&world, &integration).await {
        let row = world.post(&integration, kind, body).await;
        let row = row.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        let id = row.key.id.as_str();
        let read = world.get(&integration, kind, id).await.unwrap();
        assert_eq!(read.body, row.body, "{kind}");
        let listed = world.list(&integration, kind).await.unwrap().primary;
        assert!(listed.iter().any(|other| other.key == row.key), "{kind}");
        let changed = world.patch(&integration, kind, id, change.clone()).await;
        let changed = changed.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(changed.body.get(name), Some(value), "{kind}.{name}");
        }
        world.delete(&integration, kind, id).await.unwrap();
        absent(world.get(&integration, kind, id).await);
    }
}

#[tokio::test]
async fn an_abstract_type_lists_rows_of_its_concrete_types() {
    let world = World::new().await;
    let integration = world.integration().await;
    plain(&world, &integration).await;
    for (kind, concrete) in [
        ("promotions", "percentage_discount_promotions"),
        ("promotion_rules", "coupon_codes_promotion_rules"),
    ] {
        let rows = world.list(&integration, kind).await.unwrap().primary;
        assert_eq!(rows.len(), 1, "{kind}");
        assert_eq!(rows[0].key.kind, concrete);
        let by_id = world
            .get(&integration, kind, &rows[0].key.id)
            .await
            .unwrap();
        assert_eq!(by_id.key, rows[0].key);
        let made = world.post(&integration, kind, json!({})).await;
        assert!(matches!(made, Err(GatewayError::NotOffered { .. })));
    }
    let rules = world.list(&integration, "promotion_rules").await.unwrap();
    assert_eq!(
        rules.primary[0].text("promotion_type"),
        Some("percentage_discount_promotions")
    );
}

#[tokio::test]
async fn amounts_of_tiers_are_in_the_currency_of_what_they_belong_to() {
    let world = World::new().await;
    let integration = world.integration().await;
    for (kind, body, _) in plain(&world, &integration).await {
        if kind.ends_with("_tiers") || kind == "bundles" || kind.ends_with("_promotions") {
            let row = world.post(&integration, kind, body).await.unwrap();
            assert_eq!(row.text("currency_code"), Some("EUR"), "{kind}");
        }
    }
}

#[tokio::test]
async fn a_tax_rule_without_a_rate_has_none() {
    let world = World::new().await;
    let integration = world.integration().await;
    let calculator = first(&world, &integration, "manual_tax_calculators").await;
    let rule = json!({"name": "Free", "manual_tax_calculator": calculator});
    let rule = world.post(&integration, "tax_rules", rule).await.unwrap();
    assert_eq!(rule.body["tax_rate"], json!(0.0));
}

#[tokio::test]
async fn a_trigger_that_is_not_served_is_refused_by_its_name() {
    let world = World::new().await;
    let integration = world.integration().await;
    let model = json!({"name": "Weekly", "frequencies": ["weekly"]});
    let model = world
        .post(&integration, "subscription_models", model)
        .await
        .unwrap();
    assert_eq!(model.body["frequencies"], json!(["weekly"]));
    let market = first(&world, &integration, "markets").await;
    let card = json!({"balance_cents": 5000, "market": market});
    let card = world.post(&integration, "gift_cards", card).await.unwrap();
    let asked = json!({"_refund_everything": 100});
    let refused = world
        .patch(&integration, "gift_cards", &card.key.id, asked)
        .await;
    assert_eq!(
        refusal(refused),
        ("_refund_everything".to_owned(), "invalid".to_owned())
    );
}

#[tokio::test]
async fn values_that_make_no_sense_are_refused_by_their_field() {
    let world = World::new().await;
    let integration = world.integration().await;
    let market = first(&world, &integration, "markets").await;
    let (starts, expires) = ("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z");
    let promotion = |starts: &str, expires: &str, percentage: i64| json!({"name": "P", "market": market, "starts_at": starts, "expires_at": expires, "percentage": percentage});
    let rule = made(
        &world,
        &integration,
        "percentage_discount_promotions",
        promotion(starts, expires, 5),
    )
    .await;
    let rule = made(
        &world,
        &integration,
        "coupon_codes_promotion_rules",
        json!({"promotion": rule}),
    )
    .await;
    for (kind, body, field, word) in [
        (
            "percentage_discount_promotions",
            promotion(expires, starts, 5),
            "expires_at",
            "greater_than",
        ),
        (
            "percentage_discount_promotions",
            promotion(starts, expires, 101),
            "percentage",
            "inclusion",
        ),
        (
            "percentage_discount_promotions",
            promotion(starts, expires, 0),
            "percentage",
            "inclusion",
        ),
        (
            "coupons",
            json!({"code": "SHORT", "promotion_rule": rule}),
            "code",
            "too_short",
        ),
        (
            "coupons",
            json!({"code": "X".repeat(41), "promotion_rule": rule}),
            "code",
            "too_long",
        ),
        (
            "coupons",
            json!({"code": "LONG-ENOUGH", "promotion_rule": rule, "recipient_email": "nobody"}),
            "recipient_email",
            "invalid",
        ),
        (
            "gift_cards",
            json!({"balance_cents": 500, "balance_max_cents": 400, "currency_code": "EUR"}),
            "balance_cents",
            "less_than_or_equal_to",
        ),
        (
            "sku_lists",
            json!({"name": "By code", "manual": false}),
            "sku_code_regex",
            "blank",
        ),
    ] {
        let refused = world.post(&integration, kind, body).await;
        assert_eq!(
            refusal(refused),
            (field.to_owned(), word.to_owned()),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_sales_channel_sees_what_the_table_of_roles_says() {
    let world = World::new().await;
    let integration = world.integration().await;
    let (guest, elsewhere) = (world.guest("EU").await, world.guest("US").await);
    for (kind, body, _) in plain(&world, &integration).await {
        let row = world.post(&integration, kind, body).await.unwrap();
        let id = row.key.id.as_str();
        match kind {
            "bundles"
            | "percentage_discount_promotions"
            | "free_shipping_promotions"
            | "fixed_amount_promotions" => {
                assert!(world.get(&guest, kind, id).await.is_ok(), "{kind}");
                let listed = world.list(&guest, kind).await.unwrap().primary;
                assert!(listed.iter().any(|other| other.key == row.key), "{kind}");
                denied(world.get(&elsewhere, kind, id).await);
                let listed = world.list(&elsewhere, kind).await.unwrap().primary;
                assert!(listed.iter().all(|other| other.key != row.key), "{kind}");
            }
            "sku_lists" | "sku_list_items" => {
                assert!(world.get(&guest, kind, id).await.is_ok(), "{kind}");
                denied(world.delete(&guest, kind, id).await);
            }
            "gift_cards" => {
                denied(world.list(&guest, kind).await);
                assert!(world.get(&guest, kind, id).await.is_ok());
            }
            "coupons" | "webhooks" | "external_gateways" | "adjustments" | "packages"
            | "tax_categories" => {
                denied(world.get(&guest, kind, id).await);
                denied(world.list(&guest, kind).await);
            }
            _ => {}
        }
    }
}
