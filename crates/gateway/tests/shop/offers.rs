//! Coupons, promotions, gift cards, tiers, bundles and adjustments, through the door that HTTP uses.

use kassa_storage::Record;
use serde_json::json;

use crate::till::{COURSE, PRICE, Till};
use crate::world::{denied, refusal};

fn cents(record: &Record, name: &str) -> i64 {
    record
        .integer(name)
        .unwrap_or_else(|| panic!("{name} of {record:?}"))
}

fn told(field: &str, word: &str) -> (String, String) {
    (field.to_owned(), word.to_owned())
}

#[tokio::test]
async fn a_coupon_lowers_the_order_until_its_code_is_taken_off() {
    let till = Till::open().await;
    let promotion = json!({"percentage": 25});
    let promotion = till
        .promotion("percentage_discount_promotions", promotion)
        .await;
    till.coupon(&promotion, "SUMMER-25", json!({})).await;
    let order = till.cart("ada@example.com").await;
    let plain = till.get("orders", &order).await;
    assert_eq!(
        cents(&plain, "discount_amount_cents"),
        0,
        "a coupon is needed"
    );
    for field in ["coupon_code", "gift_card_or_coupon_code"] {
        let lowered = till
            .change(&order, json!({field: "SUMMER-25"}))
            .await
            .unwrap();
        assert_eq!(cents(&lowered, "discount_amount_cents"), -PRICE / 4);
        assert_eq!(lowered.text("coupon_code"), Some("SUMMER-25"));
        let whole = till.change(&order, json!({field: ""})).await.unwrap();
        assert_eq!(cents(&whole, "discount_amount_cents"), 0);
        assert_eq!(whole.text("coupon_code"), None);
    }
    let wrong = till
        .change(&order, json!({"coupon_code": "WINTER-25"}))
        .await;
    assert_eq!(refusal(wrong), told("coupon_code", "invalid"));
}

#[tokio::test]
async fn coupons_that_do_not_hold_are_refused() {
    let till = Till::open().await;
    let ended = json!({"percentage": 10, "expires_at": "2026-02-01T00:00:00.000Z"});
    let ended = till
        .promotion("percentage_discount_promotions", ended)
        .await;
    till.coupon(&ended, "TOO-LATE", json!({})).await;
    let holds = till
        .promotion(
            "fixed_amount_promotions",
            json!({"fixed_amount_cents": 100}),
        )
        .await;
    let personal = json!({"recipient_email": "ada@example.com"});
    till.coupon(&holds, "FOR-ADA-ONLY", personal).await;
    let order = till.cart("eve@example.com").await;
    for code in ["TOO-LATE", "FOR-ADA-ONLY"] {
        let refused = till.change(&order, json!({"coupon_code": code})).await;
        assert_eq!(refusal(refused), told("coupon_code", "invalid"), "{code}");
    }
    let order = till.cart("ada@example.com").await;
    let taken = till
        .change(&order, json!({"coupon_code": "FOR-ADA-ONLY"}))
        .await;
    assert_eq!(cents(&taken.unwrap(), "discount_amount_cents"), -100);
}

#[tokio::test]
async fn an_order_amount_rule_waits_for_the_amount() {
    let till = Till::open().await;
    let promotion = till
        .promotion(
            "fixed_amount_promotions",
            json!({"fixed_amount_cents": 300}),
        )
        .await;
    let rule = json!({"promotion": promotion, "order_amount_cents": 2 * PRICE});
    till.post("order_amount_promotion_rules", rule).await;
    let order = till.cart("ada@example.com").await;
    let one = till.get("orders", &order).await;
    assert_eq!(cents(&one, "discount_amount_cents"), 0);
    till.world
        .line(&till.guest, &order, COURSE, 1)
        .await
        .unwrap();
    let two = till.get("orders", &order).await;
    assert_eq!(cents(&two, "discount_amount_cents"), -300);
}

#[tokio::test]
async fn a_sku_list_rule_waits_for_its_skus() {
    let till = Till::open().await;
    let list = till
        .post("sku_lists", json!({"name": "Courses"}))
        .await
        .key
        .id;
    let list = json!(["sku_lists", list]);
    till.post("sku_list_items", json!({"sku_list": list, "sku": till.sku}))
        .await;
    let promotion = till
        .promotion(
            "fixed_amount_promotions",
            json!({"fixed_amount_cents": 300}),
        )
        .await;
    let rule = json!({"promotion": promotion, "sku_list": list, "min_quantity": 2});
    let rule = till.post("sku_list_promotion_rules", rule).await.key.id;
    let order = till.cart("ada@example.com").await;
    let one = till.get("orders", &order).await;
    assert_eq!(cents(&one, "discount_amount_cents"), 0);
    till.world
        .line(&till.guest, &order, COURSE, 1)
        .await
        .unwrap();
    let two = till.get("orders", &order).await;
    assert_eq!(cents(&two, "discount_amount_cents"), -300);
    let kind = "sku_list_promotion_rules";
    let graph = till.world.graph(&till.back, kind, &rule, "skus").await;
    let graph = graph.unwrap();
    let skus = crate::world::many(&graph, &graph.primary[0].key, "skus");
    assert_eq!(skus[0].text("code"), Some(COURSE));
}

#[tokio::test]
async fn a_promotion_tells_its_status_and_its_usages() {
    let till = Till::open().await;
    let kind = "percentage_discount_promotions";
    let promotion = json!({"percentage": 100, "total_usage_limit": 1});
    let promotion = till.promotion(kind, promotion).await;
    let id = promotion[1].as_str().unwrap().to_owned();
    let coupon = till
        .coupon(&promotion, "ALL-FREE", json!({"usage_limit": 5}))
        .await;
    let before = till.get(kind, &id).await;
    assert_eq!(
        (before.text("status"), cents(&before, "coupons_count")),
        (Some("active"), 1)
    );
    let order = till.cart("ada@example.com").await;
    till.change(&order, json!({"coupon_code": "ALL-FREE"}))
        .await
        .unwrap();
    let placed = till.place(&order).await.unwrap();
    assert_eq!(placed.text("payment_status"), Some("free"));
    let used = till.get(kind, &id).await;
    assert_eq!(used.text("status"), Some("inactive"));
    assert_eq!(used.body["total_usage_reached"], true);
    assert_eq!(cents(&used, "total_usage_count"), 1);
    assert_eq!(cents(&till.get("coupons", &coupon).await, "usage_count"), 1);
    // Given up: the next one may use it.
    till.patch("orders", &order, json!({"_cancel": true}))
        .await
        .unwrap();
    assert_eq!(till.get(kind, &id).await.text("status"), Some("active"));
    assert_eq!(cents(&till.get("coupons", &coupon).await, "usage_count"), 0);
    till.patch(kind, &id, json!({"_disable": true}))
        .await
        .unwrap();
    assert_eq!(till.get(kind, &id).await.text("status"), Some("disabled"));
}

#[tokio::test]
async fn a_coupon_for_single_use_is_used_once_by_each_customer() {
    let till = Till::open().await;
    let promotion = json!({"percentage": 100});
    let promotion = till
        .promotion("percentage_discount_promotions", promotion)
        .await;
    till.coupon(
        &promotion,
        "ONCE-EACH",
        json!({"customer_single_use": true}),
    )
    .await;
    for (email, good) in [
        ("ada@example.com", true),
        ("ada@example.com", false),
        ("eve@example.com", true),
    ] {
        let order = till.cart(email).await;
        let sent = till
            .change(&order, json!({"coupon_code": "ONCE-EACH"}))
            .await;
        if good {
            till.place(&order).await.unwrap();
        } else {
            assert_eq!(refusal(sent), told("coupon_code", "invalid"));
        }
    }
}

#[tokio::test]
async fn a_gift_card_pays_the_whole_order_and_gets_back_what_is_given_up() {
    let till = Till::open().await;
    let card = till.gift_card("GIFT-ABCD-0001", 2_500, json!({})).await;
    let order = till.cart("ada@example.com").await;
    let paid = till
        .change(&order, json!({"gift_card_code": "GIFT-ABCD-0001"}))
        .await
        .unwrap();
    assert_eq!(cents(&paid, "gift_card_amount_cents"), -PRICE);
    assert_eq!(cents(&paid, "total_amount_with_taxes_cents"), 0);
    let placed = till.place(&order).await.unwrap();
    assert_eq!(
        (placed.text("status"), placed.text("payment_status")),
        (Some("placed"), Some("free"))
    );
    let used = till.get("gift_cards", &card).await;
    assert_eq!(cents(&used, "balance_cents"), 1_500);
    let entry = &used.body["usage_log"][&order][0];
    assert_eq!(
        (entry["action"].as_str(), entry["balance_cents"].as_i64()),
        (Some("use"), Some(1_500))
    );
    assert_eq!(used.body["balance_log"][0]["balance_change_cents"], -PRICE);
    till.patch("orders", &order, json!({"_cancel": true}))
        .await
        .unwrap();
    let back = till.get("gift_cards", &card).await;
    assert_eq!(cents(&back, "balance_cents"), 2_500);
    assert_eq!(back.body["usage_log"][&order][1]["action"], "refund");
}

#[tokio::test]
async fn a_card_is_found_by_its_first_characters_and_wins_over_a_coupon() {
    let till = Till::open().await;
    let promotion = json!({"percentage": 10});
    let promotion = till
        .promotion("percentage_discount_promotions", promotion)
        .await;
    till.coupon(&promotion, "SAME-CODE-1", json!({})).await;
    till.gift_card("SAME-CODE-1", 400, json!({})).await;
    till.gift_card("WHOLE-CODE-2", 300, json!({})).await;
    let order = till.cart("ada@example.com").await;
    let either = json!({"gift_card_or_coupon_code": "SAME-CODE-1"});
    let paid = till.change(&order, either).await.unwrap();
    assert_eq!(cents(&paid, "gift_card_amount_cents"), -400);
    assert_eq!(
        (paid.text("gift_card_code"), paid.text("coupon_code")),
        (Some("SAME-CODE-1"), None)
    );
    let short = till
        .change(&order, json!({"gift_card_code": "WHOLE-C"}))
        .await;
    assert_eq!(refusal(short), told("gift_card_code", "invalid"));
    let begun = till
        .change(&order, json!({"gift_card_code": "WHOLE-CO"}))
        .await
        .unwrap();
    assert_eq!(cents(&begun, "gift_card_amount_cents"), -300);
}

#[tokio::test]
async fn a_gift_card_moves_by_its_triggers_within_its_bounds() {
    let till = Till::open().await;
    let card = json!({"code": "BOUNDED-1", "balance_cents": 500, "balance_max_cents": 900, "market": till.market});
    let id = till.post("gift_cards", card).await.key.id;
    let early = till
        .patch("gift_cards", &id, json!({"_activate": true}))
        .await;
    assert_eq!(refusal(early), told("_activate", "invalid_transition"));
    till.patch("gift_cards", &id, json!({"_purchase": true}))
        .await
        .unwrap();
    till.patch("gift_cards", &id, json!({"_activate": true}))
        .await
        .unwrap();
    let more = till
        .patch("gift_cards", &id, json!({"_balance_change_cents": 400}))
        .await
        .unwrap();
    assert_eq!(cents(&more, "balance_cents"), 900);
    assert_eq!(cents(&more, "initial_balance_cents"), 500);
    let field = "_balance_change_cents";
    let beyond = till.patch("gift_cards", &id, json!({field: 1})).await;
    assert_eq!(refusal(beyond), told(field, "less_than_or_equal_to"));
    let below = till.patch("gift_cards", &id, json!({field: -901})).await;
    assert_eq!(refusal(below), told(field, "greater_than_or_equal_to"));
    let empty = till
        .patch("gift_cards", &id, json!({field: -900}))
        .await
        .unwrap();
    assert_eq!(empty.text("status"), Some("redeemed"));
    till.patch("gift_cards", &id, json!({"rechargeable": false}))
        .await
        .unwrap();
    let refused = till.patch("gift_cards", &id, json!({field: 1})).await;
    assert_eq!(refusal(refused), told(field, "invalid"));
}

#[tokio::test]
async fn a_bought_card_costs_what_is_on_it_and_works_once_the_order_is_approved() {
    let till = Till::open().await;
    let card = json!({"code": "PRESENT-0001", "balance_cents": 400, "market": till.market});
    let card = till
        .world
        .post(&till.guest, "gift_cards", card)
        .await
        .unwrap()
        .key
        .id;
    let cheat = json!({"_purchase": true, "_activate": true});
    denied(
        till.world
            .patch(&till.guest, "gift_cards", &card, cheat)
            .await,
    );
    till.gift_card("MONEY-0001", 5_000, json!({})).await;
    let order = till.order("ada@example.com").await;
    let line = json!({"quantity": 1, "order": ["orders", order], "item": ["gift_cards", card]});
    till.world
        .post(&till.guest, "line_items", line.clone())
        .await
        .unwrap();
    // What is put on the card later is paid for, too.
    let dearer = json!({"balance_cents": 700});
    till.world
        .patch(&till.guest, "gift_cards", &card, dearer)
        .await
        .unwrap();
    let paid = json!({"gift_card_code": "MONEY-0001"});
    let paid = till.change(&order, paid).await.unwrap();
    assert_eq!(cents(&paid, "subtotal_amount_cents"), 700);
    till.place(&order).await.unwrap();
    assert_eq!(
        till.get("gift_cards", &card).await.text("status"),
        Some("inactive")
    );
    till.patch("orders", &order, json!({"_approve": true}))
        .await
        .unwrap();
    assert_eq!(
        till.get("gift_cards", &card).await.text("status"),
        Some("active")
    );
    let again = till.order("eve@example.com").await;
    let line = json!({"quantity": 1, "order": ["orders", again], "item": ["gift_cards", card]});
    denied(
        till.world
            .post(&till.guest, "line_items", line.clone())
            .await,
    );
    let sold = till.world.post(&till.back, "line_items", line).await;
    assert_eq!(refusal(sold), told("item", "invalid"));
}

#[tokio::test]
async fn tiers_choose_the_price_by_quantity_and_frequency() {
    let till = Till::open().await;
    for (kind, up_to, amount) in [
        ("price_volume_tiers", 2, 900),
        ("price_volume_tiers", 9, 800),
        ("price_frequency_tiers", 30, 700),
    ] {
        let tier =
            json!({"name": "T", "up_to": up_to, "price_amount_cents": amount, "price": till.price});
        till.post(kind, tier).await;
    }
    let order = till.order("ada@example.com").await;
    let price = async |more: serde_json::Value| {
        let line = json!({"sku_code": COURSE, "order": ["orders", order]});
        let line = till
            .world
            .post(&till.guest, "line_items", crate::till::with(line, more))
            .await;
        cents(&line.unwrap(), "unit_amount_cents")
    };
    assert_eq!(price(json!({"quantity": 2})).await, 900);
    assert_eq!(price(json!({"quantity": 3})).await, 800);
    assert_eq!(price(json!({"quantity": 10})).await, PRICE);
    assert_eq!(
        price(json!({"quantity": 1, "frequency": "monthly"})).await,
        700
    );
}

#[tokio::test]
async fn a_bundle_is_sold_by_its_code_at_a_price_worked_out_from_its_skus() {
    let till = Till::open().await;
    let list = till
        .post("sku_lists", json!({"name": "Three"}))
        .await
        .key
        .id;
    let list = json!(["sku_lists", list]);
    let item = json!({"sku_list": list, "sku": till.sku, "quantity": 3});
    till.post("sku_list_items", item).await;
    let bundle = json!({
        "code": "THREE-OF-IT", "name": "Three courses", "market": till.market, "sku_list": list,
        "_compute_price_amount": true,
    });
    let bundle = till.post("bundles", bundle).await;
    assert_eq!(cents(&bundle, "price_amount_cents"), 3 * PRICE);
    assert_eq!(
        (cents(&bundle, "skus_count"), &bundle.body["do_not_ship"]),
        (3, &json!(true))
    );
    let cheaper = json!({"price_amount_cents": 2_500});
    till.patch("bundles", &bundle.key.id, cheaper)
        .await
        .unwrap();
    let order = till.order("ada@example.com").await;
    let line = json!({"bundle_code": "THREE-OF-IT", "quantity": 2, "order": ["orders", order]});
    let line = till
        .world
        .post(&till.guest, "line_items", line)
        .await
        .unwrap();
    assert_eq!(
        (line.text("item_type"), cents(&line, "total_amount_cents")),
        (Some("bundles"), 5_000)
    );
    let unknown = json!({"bundle_code": "NO-SUCH", "quantity": 1, "order": ["orders", order]});
    let unknown = till.world.post(&till.guest, "line_items", unknown).await;
    assert_eq!(refusal(unknown), told("bundle_code", "invalid"));
}

#[tokio::test]
async fn an_adjustment_is_put_on_an_order_by_an_integration_only() {
    let till = Till::open().await;
    let order = till.cart("ada@example.com").await;
    let adjust = async |caller, currency: &str| {
        let row = json!({"name": "Sorry", "currency_code": currency, "amount_cents": -150});
        let row = till.post("adjustments", row).await.key.id;
        let line = json!({"quantity": 1, "order": ["orders", order], "item": ["adjustments", row]});
        till.world.post(caller, "line_items", line).await
    };
    denied(adjust(&till.guest, "EUR").await);
    assert_eq!(
        refusal(adjust(&till.back, "USD").await),
        told("currency_code", "inclusion")
    );
    adjust(&till.back, "EUR").await.unwrap();
    let adjusted = till.get("orders", &order).await;
    assert_eq!(cents(&adjusted, "adjustment_amount_cents"), -150);
    assert_eq!(
        cents(&adjusted, "total_amount_with_taxes_cents"),
        PRICE - 150
    );
}
