//! Bundles and the lists of SKUs that they and promotions are made of.

use kassa_gateway::Caller;
use kassa_storage::Record;
use serde_json::{Value, json};

use crate::world::{World, many, refusal, to_one};

async fn sku(world: &World, caller: &Caller, code: &str) -> Value {
    let rows = world.list(caller, "skus").await.unwrap().primary;
    let row = rows.iter().find(|row| row.text("code") == Some(code));
    json!(["skus", row.unwrap().key.id])
}

/// A list with two mugs and a blanket.
async fn list(world: &World, caller: &Caller) -> (Value, Record) {
    let list = json!({"name": "At home"});
    let list = world.post(caller, "sku_lists", list).await.unwrap();
    let list = json!(["sku_lists", list.key.id]);
    let mug =
        json!({"sku_list": list, "sku": sku(world, caller, "MUG-CLAY-01").await, "quantity": 2});
    world.post(caller, "sku_list_items", mug).await.unwrap();
    let blanket = json!({"sku_list": list, "sku_code": "BLANKET-WOOL-1"});
    let blanket = world.post(caller, "sku_list_items", blanket).await.unwrap();
    (list, blanket)
}

async fn price_of(world: &World, caller: &Caller, code: &str) -> i64 {
    let rows = world.list(caller, "prices").await.unwrap().primary;
    let row = rows
        .iter()
        .find(|row| row.text("sku_code") == Some(code) && row.text("currency_code") == Some("EUR"));
    row.unwrap().integer("amount_cents").unwrap()
}

#[tokio::test]
async fn a_bundle_costs_what_its_skus_cost_together() {
    let world = World::new().await;
    let integration = world.integration().await;
    let guest = world.guest("EU").await;
    let (list, _) = list(&world, &integration).await;
    let market = json!(["markets", world.access.markets["EU"]]);
    let mut body = json!({"name": "Set", "code": "SET-1", "sku_list": list, "market": market});
    let refused = world.post(&integration, "bundles", body.clone()).await;
    assert_eq!(
        refusal(refused),
        ("price_amount_cents".to_owned(), "blank".to_owned())
    );
    body["_compute_price_amount"] = true.into();
    let bundle = world.post(&integration, "bundles", body).await.unwrap();
    let expected = 2 * price_of(&world, &guest, "MUG-CLAY-01").await
        + price_of(&world, &guest, "BLANKET-WOOL-1").await;
    assert_eq!(bundle.integer("price_amount_cents"), Some(expected));
    assert_eq!(bundle.integer("skus_count"), Some(3));
    assert_eq!(bundle.body["do_not_ship"], json!(false));
}

#[tokio::test]
async fn a_bundle_follows_its_list() {
    let world = World::new().await;
    let integration = world.integration().await;
    let (list, blanket) = list(&world, &integration).await;
    let body = json!({"name": "Set", "code": "SET-1", "sku_list": list, "price_amount_cents": 500, "currency_code": "EUR"});
    let bundle = world.post(&integration, "bundles", body).await.unwrap();
    let count = async || {
        let bundle = world.get(&integration, "bundles", &bundle.key.id).await;
        bundle.unwrap().integer("skus_count").unwrap()
    };
    assert_eq!(count().await, 3);
    let more = json!({"quantity": 5});
    world
        .patch(&integration, "sku_list_items", &blanket.key.id, more)
        .await
        .unwrap();
    assert_eq!(count().await, 7);
    world
        .delete(&integration, "sku_list_items", &blanket.key.id)
        .await
        .unwrap();
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn skus_of_a_list_stand_in_their_order_or_match_its_pattern() {
    let world = World::new().await;
    let integration = world.integration().await;
    let (list, _) = list(&world, &integration).await;
    let id = list[1].as_str().unwrap();
    let graph = world
        .graph(&integration, "sku_lists", id, "skus,sku_list_items.sku")
        .await
        .unwrap();
    let codes = |graph: &kassa_gateway::shop::graph::Graph| -> Vec<String> {
        let skus = many(graph, &graph.primary[0].key, "skus");
        skus.iter()
            .map(|sku| sku.text("code").unwrap().to_owned())
            .collect()
    };
    assert_eq!(codes(&graph), ["MUG-CLAY-01", "BLANKET-WOOL-1"]);
    let mug = sku(&world, &integration, "MUG-CLAY-01").await;
    let back = world
        .graph(&integration, "skus", mug[1].as_str().unwrap(), "sku_lists")
        .await
        .unwrap();
    assert_eq!(many(&back, &back.primary[0].key, "sku_lists").len(), 1);
    let body = json!({"name": "Mugs", "manual": false, "sku_code_regex": "^MUG"});
    let mugs = world.post(&integration, "sku_lists", body).await.unwrap();
    let graph = world
        .graph(&integration, "sku_lists", &mugs.key.id, "skus")
        .await
        .unwrap();
    let found = codes(&graph);
    assert!(
        !found.is_empty() && found.iter().all(|code| code.starts_with("MUG")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_promotion_leads_to_its_rules_and_coupons_and_takes_them_over() {
    let world = World::new().await;
    let integration = world.integration().await;
    let promotion = |name: &str| {
        json!({
            "name": name, "percentage": 10, "currency_code": "EUR",
            "starts_at": "2026-01-01T00:00:00.000Z", "expires_at": "2027-01-01T00:00:00.000Z",
        })
    };
    let kind = "percentage_discount_promotions";
    let first = world
        .post(&integration, kind, promotion("First"))
        .await
        .unwrap();
    let rule = json!({"promotion": [kind, first.key.id]});
    let rule = world
        .post(&integration, "coupon_codes_promotion_rules", rule)
        .await
        .unwrap();
    let coupon = json!({"code": "SUMMER-2026", "promotion_rule": ["coupon_codes_promotion_rules", rule.key.id]});
    let coupon = world.post(&integration, "coupons", coupon).await.unwrap();
    let include = "coupons,promotion_rules,coupon_codes_promotion_rule";
    let graph = world
        .graph(&integration, kind, &first.key.id, include)
        .await
        .unwrap();
    assert_eq!(many(&graph, &first.key, "coupons")[0].key, coupon.key);
    assert_eq!(many(&graph, &first.key, "promotion_rules")[0].key, rule.key);
    assert_eq!(
        to_one(&graph, &first.key, "coupon_codes_promotion_rule")
            .unwrap()
            .key,
        rule.key
    );
    let mut second = promotion("Second");
    second["coupon_codes_promotion_rule"] = json!(["coupon_codes_promotion_rules", rule.key.id]);
    let second = world.post(&integration, kind, second).await.unwrap();
    let graph = world
        .graph(&integration, kind, &second.key.id, include)
        .await
        .unwrap();
    assert_eq!(many(&graph, &second.key, "coupons")[0].key, coupon.key);
    let graph = world
        .graph(&integration, kind, &first.key.id, include)
        .await
        .unwrap();
    assert!(many(&graph, &first.key, "promotion_rules").is_empty());
    let free_again = json!({"promotion": [kind, first.key.id]});
    assert!(
        world
            .post(&integration, "coupon_codes_promotion_rules", free_again)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_list_of_a_bundle_grows_no_further_than_the_organization_says() {
    let world = World::new().await;
    let back = world.integration().await;
    let (list, _) = list(&world, &back).await;
    let body = json!({"name": "Set", "code": "SET-1", "sku_list": list, "price_amount_cents": 500, "currency_code": "EUR"});
    world.post(&back, "bundles", body).await.unwrap();
    let categories = world.list(&back, "shipping_categories").await.unwrap();
    let category = json!(["shipping_categories", categories.primary[0].key.id]);
    let mut added = Vec::new();
    for number in 0..9 {
        let code = format!("SPOON-{number}");
        let sku = json!({"code": code, "name": code, "shipping_category": category});
        world.post(&back, "skus", sku).await.unwrap();
        let item = json!({"sku_list": list, "sku_code": code});
        added.push(world.post(&back, "sku_list_items", item).await);
    }
    let last = added.pop().unwrap();
    assert!(added.iter().all(Result::is_ok), "ten items fit");
    assert_eq!(
        refusal(last),
        ("sku_list".to_owned(), "too_long".to_owned())
    );
}
