//! Stock from the shelf to the customer and back: what is sold, held, taken off, restocked and carried elsewhere.

use futures_util::future::join_all;
use kassa_commerce::reservation::{reserved_counter, stock_counter};
use kassa_gateway::shop::resources;
use kassa_storage::{Filter, Guard, Key, ListQuery, Page, Put, Record, Scope};
use serde_json::{Value, json};

use crate::shop::{Shop, refusal};

/// All rows of a type.
async fn rows(shop: &Shop, kind: &'static str) -> Vec<Record> {
    let scope = Scope::realm(shop.realm.clone());
    let mut snapshot = shop.gateway.snapshot(&scope).await.unwrap();
    let query = ListQuery {
        kinds: vec![kind],
        filter: Filter::Everything,
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: 1000,
        },
    };
    snapshot.list(&query).await.unwrap()
}

/// The stock item of the first SKU in the shop's market, and where it is.
async fn stock_item(shop: &Shop) -> (String, String) {
    let market = shop.record("markets", &shop.market).await.unwrap();
    let model = market.text("inventory_model_id").unwrap();
    let places = rows(shop, "inventory_stock_locations").await;
    let place = places
        .iter()
        .find(|own| own.text("inventory_model_id") == Some(model))
        .and_then(|own| own.text("stock_location_id"))
        .unwrap();
    let all = rows(shop, "stock_items").await;
    let own = all.iter().find(|item| {
        item.text("sku_code") == Some(&shop.sku) && item.text("stock_location_id") == Some(place)
    });
    (own.unwrap().key.id.clone(), place.to_owned())
}

async fn set_stock(shop: &Shop, id: &str, quantity: i64) {
    let descriptor = &resources::stock_item::DESCRIPTOR;
    let wanted = json!({ "quantity": quantity });
    shop.update(&shop.back, descriptor, id, wanted, &[])
        .await
        .unwrap();
}

/// The published quantity, what can be sold, what is reserved.
async fn stock(shop: &Shop, id: &str) -> (i64, i64, i64) {
    let descriptor = &resources::stock_item::DESCRIPTOR;
    let seen = shop.update(&shop.back, descriptor, id, json!({}), &[]);
    let published = seen.await.unwrap().integer("quantity").unwrap();
    let scope = Scope::realm(shop.realm.clone());
    let mut snapshot = shop.gateway.snapshot(&scope).await.unwrap();
    let sellable = snapshot.counter(&stock_counter(id)).await.unwrap();
    let reserved = snapshot.counter(&reserved_counter(id)).await.unwrap();
    (published, sellable, reserved)
}

/// An order that waits for `_place` and needs no Klarna.
async fn by_wire(shop: &Shop, quantity: i64) -> String {
    let order_id = shop.order(quantity).await;
    let method = shop.method("wire_transfers").await;
    shop.choose_method(&order_id, &method).await;
    let descriptor = &resources::wire_transfer::DESCRIPTOR;
    let of_order = [("order", "orders", order_id.as_str())];
    shop.create(descriptor, json!({}), &of_order).await.unwrap();
    order_id
}

/// So many orders like that one, for one piece each. Made as records, because five hundred carts take their time.
async fn many_by_wire(shop: &Shop, count: usize) -> Vec<String> {
    let first = by_wire(shop, 1).await;
    let scope = Scope::realm(shop.realm.clone());
    let mut snapshot = shop.gateway.snapshot(&scope).await.unwrap();
    let key = Key::new("orders", first.clone());
    let records = snapshot.aggregate(&key).await.unwrap();
    drop(snapshot);
    let mut orders = vec![first.clone()];
    let mut set = shop.gateway.change_set(&shop.realm);
    for copy in 1..count {
        for record in &records {
            let mut text = serde_json::to_string(&record.body).unwrap();
            for own in &records {
                let id = &own.key.id;
                text = text.replace(id, &format!("{id}{copy}"));
            }
            let named = |key: &Key| Key::new(key.kind.clone(), format!("{}{copy}", key.id));
            let guard = if record.is_root() {
                Guard::New
            } else {
                Guard::ByRoot
            };
            let record = Record {
                key: named(&record.key),
                root: named(&record.root),
                body: serde_json::from_str(&text).unwrap(),
                ..record.clone()
            };
            set.puts.push(Put { record, guard });
        }
        orders.push(format!("{first}{copy}"));
    }
    shop.gateway.commit_once(set).await.unwrap();
    orders
}

/// Places all of them at once; how many went through. Whoever came too late is told so on `quantity`.
async fn place_all(shop: &Shop, orders: &[String]) -> usize {
    let placing = orders.iter().map(|id| shop.place(id));
    let mut placed = 0;
    for result in join_all(placing).await {
        match result {
            Ok(()) => placed += 1,
            late => assert_eq!(refusal(late).0, "less_than_or_equal_to"),
        }
    }
    placed
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_places_on_a_hundred_pieces_sell_exactly_a_hundred() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    set_stock(&shop, &item, 100).await;
    let orders = many_by_wire(&shop, 500).await;
    assert_eq!(place_all(&shop, &orders).await, 100);
    assert_eq!(stock(&shop, &item).await, (100, 0, 100));
    let all = rows(&shop, "orders").await;
    let of = |word: &str| {
        let own = all.iter().filter(|order| orders.contains(&order.key.id));
        own.filter(|order| order.text("status") == Some(word))
            .count()
    };
    assert_eq!((of("placed"), of("pending")), (100, 400), "nobody is lost");
    let held = rows(&shop, "stock_reservations").await;
    assert_eq!(held.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_pieces_of_two_locations_are_all_sold() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    let other = second_location(&shop, "split_shipments").await;
    set_stock(&shop, &item, 5).await;
    set_stock(&shop, &other, 5).await;
    let orders = many_by_wire(&shop, 30).await;
    assert_eq!(place_all(&shop, &orders).await, 10);
    assert_eq!(stock(&shop, &item).await, (5, 0, 5));
    assert_eq!(stock(&shop, &other).await, (5, 0, 5));
}

/// Gives the market this strategy and a second location; the id of the first SKU's stock item there.
async fn second_location(shop: &Shop, strategy: &str) -> String {
    let market = shop.record("markets", &shop.market).await.unwrap();
    let model = market.text("inventory_model_id").unwrap().to_owned();
    let descriptor = &resources::inventory_model::DESCRIPTOR;
    let wanted = json!({ "strategy": strategy, "stock_locations_cutoff": 9 });
    shop.update(&shop.back, descriptor, &model, wanted, &[])
        .await
        .unwrap();
    let address = rows(shop, "addresses").await[0].key.id.clone();
    let links = [("address", "addresses", address.as_str())];
    let named = json!({ "name": "Backup" });
    let place = make(shop, &resources::stock_location::DESCRIPTOR, named, &links).await;
    let links = [
        ("inventory_model", "inventory_models", model.as_str()),
        ("stock_location", "stock_locations", place.as_str()),
    ];
    let descriptor = &resources::inventory_stock_location::DESCRIPTOR;
    make(shop, descriptor, json!({ "priority": 9 }), &links).await;
    let links = [("stock_location", "stock_locations", place.as_str())];
    let wanted = json!({ "sku_code": shop.sku, "quantity": 0 });
    make(shop, &resources::stock_item::DESCRIPTOR, wanted, &links).await
}

/// Makes a row as the back office; its id.
async fn make(
    shop: &Shop,
    descriptor: &'static kassa_storage::Descriptor,
    attributes: Value,
    links: &[(&str, &str, &str)],
) -> String {
    let draft = crate::shop::draft(attributes, links);
    let selection = kassa_gateway::shop::graph::Selection::default();
    let made = shop
        .gateway
        .create(&shop.back, descriptor, draft, &selection);
    made.await.unwrap().primary[0].key.id.clone()
}

#[tokio::test]
async fn stock_is_reserved_at_place_decremented_at_approve_and_restocked_on_cancel() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    set_stock(&shop, &item, 10).await;
    let order_id = by_wire(&shop, 2).await;
    shop.place(&order_id).await.unwrap();
    assert_eq!(stock(&shop, &item).await, (10, 8, 2));
    shop.trigger(&order_id, "_approve").await.unwrap();
    assert_eq!(stock(&shop, &item).await, (8, 8, 0));
    assert!(shop.parts(&order_id, "stock_reservations").await.is_empty());
    shop.trigger(&order_id, "_cancel").await.unwrap();
    assert_eq!(stock(&shop, &item).await, (10, 10, 0));
}

#[tokio::test]
async fn what_is_reserved_cannot_be_counted_away() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    set_stock(&shop, &item, 10).await;
    let order_id = by_wire(&shop, 2).await;
    shop.place(&order_id).await.unwrap();
    set_stock(&shop, &item, 2).await;
    assert_eq!(stock(&shop, &item).await, (2, 0, 2));
    let descriptor = &resources::stock_item::DESCRIPTOR;
    let less = shop.update(&shop.back, descriptor, &item, json!({ "quantity": 1 }), &[]);
    refusal(less.await);
}

#[tokio::test]
async fn a_cart_that_holds_stock_lets_go_on_time_even_after_a_restart() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    set_stock(&shop, &item, 3).await;
    let order_id = by_wire(&shop, 2).await;
    let line = shop.parts(&order_id, "line_items").await[0].key.id.clone();
    let descriptor = &resources::line_item::DESCRIPTOR;
    let wanted = json!({ "_reserve_stock": true });
    shop.update(&shop.back, descriptor, &line, wanted, &[])
        .await
        .unwrap();
    assert_eq!(stock(&shop, &item).await, (3, 1, 2));
    let late = by_wire(&shop, 1).await;
    let shop = shop.restart();
    shop.gateway.business().advance(3599);
    shop.work().await;
    assert_eq!(stock(&shop, &item).await, (3, 1, 2));
    shop.gateway.business().advance(1);
    shop.work().await;
    assert_eq!(stock(&shop, &item).await, (3, 3, 0));
    assert!(shop.parts(&order_id, "stock_reservations").await.is_empty());
    shop.place(&late).await.unwrap();
    shop.place(&order_id).await.unwrap();
    assert_eq!(stock(&shop, &item).await, (3, 0, 3));
}

#[tokio::test]
async fn a_line_holds_its_stock_from_the_moment_it_is_added() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    set_stock(&shop, &item, 5).await;
    let order_id = shop.order(1).await;
    let line = json!({ "sku_code": shop.sku, "quantity": 3, "_reserve_stock": true });
    let of_order = [("order", "orders", order_id.as_str())];
    let descriptor = &resources::line_item::DESCRIPTOR;
    make(&shop, descriptor, line, &of_order).await;
    assert_eq!(stock(&shop, &item).await, (5, 2, 3));
    let own = shop.parts(&order_id, "line_items").await[0].key.id.clone();
    let reset = json!({ "_reset_restocked_quantity": true });
    let taken = shop.update(&shop.back, descriptor, &own, reset, &[]);
    taken.await.unwrap();
    assert_eq!(stock(&shop, &item).await, (5, 2, 3));
}

#[tokio::test]
async fn a_reservation_made_by_hand_holds_stock_until_it_is_given_up_or_over() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    set_stock(&shop, &item, 5).await;
    let descriptor = &resources::stock_reservation::DESCRIPTOR;
    let of_item = [("stock_item", "stock_items", item.as_str())];
    let made = async |quantity: i64| {
        make(&shop, descriptor, json!({ "quantity": quantity }), &of_item).await
    };
    let (first, second) = (made(2).await, made(1).await);
    assert_eq!(stock(&shop, &item).await, (5, 2, 3));
    let change =
        async |id: &str, values: Value| shop.update(&shop.back, descriptor, id, values, &[]).await;
    let more = change(&first, json!({ "quantity": 3 })).await.unwrap();
    assert_eq!(more.text("status"), Some("draft"));
    assert!(more.text("sku_id").is_some() && more.text("expires_at").is_some());
    assert_eq!(stock(&shop, &item).await, (5, 1, 4));
    let (error, field) = refusal(change(&first, json!({ "quantity": 5 })).await);
    assert_eq!(error, "less_than_or_equal_to", "four are there");
    assert!(field.contains("quantity"), "{field}");
    refusal(change(&first, json!({ "quantity": 0 })).await);
    change(&second, json!({ "_pending": true })).await.unwrap();
    let shop = shop.restart();
    shop.gateway.business().advance(3600);
    shop.work().await;
    assert!(shop.record(descriptor.kind, &first).await.is_none());
    assert_eq!(stock(&shop, &item).await, (5, 4, 1), "pending ones stay");
    shop.gateway
        .delete(&shop.back, descriptor, &second)
        .await
        .unwrap();
    assert_eq!(stock(&shop, &item).await, (5, 5, 0));
}

#[tokio::test]
async fn what_a_cart_holds_becomes_its_orders_or_goes_with_it() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    set_stock(&shop, &item, 2).await;
    let order_id = by_wire(&shop, 2).await;
    let shipment = shop.parts(&order_id, "shipments").await[0].key.id.clone();
    let descriptor = &resources::shipment::DESCRIPTOR;
    let wanted = json!({ "_reserve_stock": true });
    shop.update(&shop.back, descriptor, &shipment, wanted.clone(), &[])
        .await
        .unwrap();
    assert_eq!(stock(&shop, &item).await, (2, 0, 2));
    shop.gateway
        .delete(&shop.back, &resources::order::DESCRIPTOR, &order_id)
        .await
        .unwrap();
    assert_eq!(stock(&shop, &item).await, (2, 2, 0));
    let order_id = by_wire(&shop, 2).await;
    let shipment = shop.parts(&order_id, "shipments").await[0].key.id.clone();
    shop.update(&shop.back, descriptor, &shipment, wanted, &[])
        .await
        .unwrap();
    shop.place(&order_id).await.unwrap();
    shop.gateway.business().advance(7200);
    shop.work().await;
    assert_eq!(stock(&shop, &item).await, (2, 0, 2));
    let row = &shop.parts(&order_id, "stock_reservations").await[0];
    assert_eq!(row.text("status"), Some("pending"));
}

#[tokio::test]
async fn an_order_ships_from_its_primary_place_once_the_rest_has_arrived() {
    let shop = Shop::open().await;
    let (item, _) = stock_item(&shop).await;
    let other = second_location(&shop, "ship_from_primary").await;
    set_stock(&shop, &item, 1).await;
    set_stock(&shop, &other, 5).await;
    let order_id = by_wire(&shop, 3).await;
    shop.place(&order_id).await.unwrap();
    assert_eq!(stock(&shop, &other).await, (5, 3, 2));
    shop.trigger(&order_id, "_approve").await.unwrap();
    assert_eq!(stock(&shop, &other).await, (3, 3, 0));
    let shipment = shop.parts(&order_id, "shipments").await[0].key.id.clone();
    let transfer = shop.parts(&order_id, "stock_transfers").await[0]
        .key
        .id
        .clone();
    let move_shipment = async |trigger: &str| {
        let descriptor = &resources::shipment::DESCRIPTOR;
        let wanted = json!({ trigger: true });
        shop.update(&shop.back, descriptor, &shipment, wanted, &[])
            .await
    };
    move_shipment("_picking").await.unwrap();
    assert_eq!(refusal(move_shipment("_ready_to_ship").await).0, "pending");
    for trigger in ["_picking", "_in_transit", "_complete"] {
        let descriptor = &resources::stock_transfer::DESCRIPTOR;
        let wanted = json!({ trigger: true });
        shop.update(&shop.back, descriptor, &transfer, wanted, &[])
            .await
            .unwrap();
    }
    move_shipment("_ready_to_ship").await.unwrap();
    move_shipment("_ship").await.unwrap();
    let order = shop.record("orders", &order_id).await.unwrap();
    assert_eq!(order.text("fulfillment_status"), Some("fulfilled"));
    assert_eq!(stock(&shop, &item).await, (0, 0, 0));
}

#[tokio::test]
async fn a_transfer_made_by_hand_carries_stock_from_place_to_place() {
    let shop = Shop::open().await;
    let (item, place) = stock_item(&shop).await;
    let other = second_location(&shop, "split_shipments").await;
    set_stock(&shop, &item, 10).await;
    let there = shop.record("stock_items", &other).await.unwrap();
    let there = there.text("stock_location_id").unwrap().to_owned();
    let sku = shop
        .find("skus", |sku| sku.text("code") == Some(&shop.sku))
        .await;
    let links = [
        ("sku", "skus", sku.as_str()),
        ("origin_stock_location", "stock_locations", place.as_str()),
        (
            "destination_stock_location",
            "stock_locations",
            there.as_str(),
        ),
    ];
    let descriptor = &resources::stock_transfer::DESCRIPTOR;
    let id = make(&shop, descriptor, json!({ "quantity": 4 }), &links).await;
    let go = async |trigger: &str| {
        let wanted = json!({ trigger: true });
        shop.update(&shop.back, descriptor, &id, wanted, &[]).await
    };
    assert_eq!(stock(&shop, &item).await, (10, 10, 0));
    go("_upcoming").await.unwrap();
    assert_eq!(stock(&shop, &item).await, (10, 6, 4));
    let more = shop.update(&shop.back, descriptor, &id, json!({ "quantity": 5 }), &[]);
    refusal(more.await);
    go("_in_transit").await.unwrap();
    assert_eq!(stock(&shop, &item).await, (6, 6, 0));
    go("_complete").await.unwrap();
    assert_eq!(stock(&shop, &other).await, (4, 4, 0));
    refusal(go("_cancel").await);
    let back = make(&shop, descriptor, json!({ "quantity": 4 }), &links).await;
    for (trigger, expected) in [("_upcoming", (6, 2, 4)), ("_cancel", (6, 6, 0))] {
        let wanted = json!({ trigger: true });
        shop.update(&shop.back, descriptor, &back, wanted, &[])
            .await
            .unwrap();
        assert_eq!(stock(&shop, &item).await, expected);
    }
}
