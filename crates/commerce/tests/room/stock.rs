//! The life of stock: held, placed, taken off, restocked, and moved between places.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use kassa_commerce::catalogue::{InventoryStockLocation, InventoryStrategy, StockItem};
use kassa_commerce::line_item::change::{self as lines, LineItemChange};
use kassa_commerce::reservation::difference;
use kassa_commerce::shipment::change::advance;
use kassa_commerce::states::{FulfillmentStatus, ShipmentStatus, StockTransferStatus};
use kassa_commerce::stock_reservation::{
    self as stock, StockHold, StockOf, StockReservationStatus,
};
use kassa_commerce::transaction::Outcome;
use kassa_commerce::{
    CartContext, CommerceError, OrderAggregate, fulfillment, stock_transfer, testing, void,
};

use crate::shop::Shop;

/// A shop with a second place, and so much of SHIRT at each.
fn two_places(strategy: InventoryStrategy, here: i64, there: i64) -> Shop {
    let mut shop = Shop::german();
    shop.catalogue.inventory_model.strategy = strategy;
    let second = InventoryStockLocation {
        id: "second".into(),
        priority: 2,
        stock_location_id: "backup".into(),
        ..InventoryStockLocation::default()
    };
    shop.catalogue.inventory_stock_locations.push(second);
    shop.catalogue.stock_items[0].quantity = here;
    shop.catalogue.stock_items.push(StockItem {
        id: "backup-SHIRT".into(),
        sku_code: "SHIRT".into(),
        quantity: there,
        stock_location_id: "backup".into(),
        ..StockItem::default()
    });
    shop
}

/// What the order has added to the counters.
fn moved(order: &OrderAggregate) -> BTreeMap<String, i64> {
    let moves = difference(&[], &order.order.reservations);
    moves
        .into_iter()
        .map(|own| (own.counter, own.delta))
        .collect()
}

fn counters(expected: &[(&str, i64)]) -> BTreeMap<String, i64> {
    let own = |(name, delta): &(&str, i64)| ((*name).to_owned(), *delta);
    expected.iter().map(own).collect()
}

fn approved(shop: &Shop, order: OrderAggregate) -> OrderAggregate {
    fulfillment::approve(order, &shop.catalogue, testing::moment())
        .unwrap()
        .0
}

fn cancelled(shop: &mut Shop, order: OrderAggregate) -> OrderAggregate {
    let intent = void::begin_cancel(&order, "cancel").unwrap();
    let outcome = Outcome::done();
    void::finish(order, &intent, &outcome, testing::moment(), &mut shop.ids)
        .unwrap()
        .aggregate
}

fn ship(
    shop: &Shop,
    order: OrderAggregate,
    to: ShipmentStatus,
) -> Result<OrderAggregate, CommerceError> {
    let (id, model) = (
        order.shipments[0].id.clone(),
        &shop.catalogue.inventory_model,
    );
    advance(order, &id, to, model, testing::moment()).map(|(order, _)| order)
}

fn transfer(order: OrderAggregate, to: StockTransferStatus) -> OrderAggregate {
    let id = order.stock_transfers[0].id.clone();
    stock_transfer::advance(order, &id, to, testing::moment())
        .unwrap()
        .0
}

#[test]
fn stock_is_reserved_at_placing_taken_off_at_approval_and_back_after_a_cancellation() {
    let mut shop = Shop::german();
    let order = shop.placed();
    assert_eq!(
        moved(&order),
        counters(&[("stock:stock-SHIRT", -2), ("reserved:stock-SHIRT", 2)])
    );
    assert_eq!(order.stock_line_items[0].hold, StockHold::Reserved);
    let early = cancelled(&mut shop, order.clone());
    assert!(early.order.reservations.is_empty() && early.stock_reservations.is_empty());
    let order = approved(&shop, order);
    assert_eq!(moved(&order), counters(&[("stock:stock-SHIRT", -2)]));
    assert_eq!(order.stock_line_items[0].hold, StockHold::Decremented);
    assert!(order.stock_reservations.is_empty());
    let late = cancelled(&mut shop, order);
    assert!(late.order.reservations.is_empty());
}

#[test]
fn a_shop_that_decrements_by_hand_keeps_the_reservation_until_it_does() {
    let mut shop = Shop::german();
    shop.catalogue.inventory_model.manual_stock_decrement = true;
    let order = shop.placed();
    let order = approved(&shop, order);
    assert_eq!(
        moved(&order),
        counters(&[("stock:stock-SHIRT", -2), ("reserved:stock-SHIRT", 2)])
    );
    let of = StockOf::Shipment(order.shipments[0].id.clone());
    let order = stock::decrement(order, &of).unwrap();
    assert_eq!(moved(&order), counters(&[("stock:stock-SHIRT", -2)]));
    let again = stock::decrement(order.clone(), &of).unwrap();
    assert_eq!(again, order, "twice takes nothing off twice");
    let order = stock::release(order, &of).unwrap();
    assert!(order.order.reservations.is_empty());
    let now = testing::moment();
    let order = stock::reserve(order, &of, &shop.catalogue, now, &mut shop.ids).unwrap();
    assert_eq!(
        moved(&order),
        counters(&[("stock:stock-SHIRT", -2), ("reserved:stock-SHIRT", 2)])
    );
    assert_eq!(order.stock_reservations.len(), 1);
}

#[test]
fn what_has_left_the_house_is_not_restocked() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let mut order = approved(&shop, order);
    for to in [
        ShipmentStatus::Picking,
        ShipmentStatus::ReadyToShip,
        ShipmentStatus::Shipped,
    ] {
        order = ship(&shop, order, to).unwrap();
    }
    let order = cancelled(&mut shop, order);
    assert_eq!(moved(&order), counters(&[("stock:stock-SHIRT", -2)]));
}

#[test]
fn a_shipment_that_is_given_up_is_restocked_and_does_not_fulfil_the_order() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let order = approved(&shop, order);
    let order = ship(&shop, order, ShipmentStatus::Cancelled).unwrap();
    assert!(order.order.reservations.is_empty());
    assert_ne!(order.order.fulfillment_status, FulfillmentStatus::Fulfilled);
}

#[test]
fn what_the_primary_place_lacks_is_transferred_to_it() {
    let mut shop = two_places(InventoryStrategy::ShipFromPrimary, 1, 5);
    let order = shop.placed();
    assert_eq!(
        (order.shipments.len(), order.shipments[0].skus_count),
        (1, 2)
    );
    let own = &order.stock_transfers[0];
    assert_eq!(
        (
            own.quantity,
            own.origin_stock_location_id.as_str(),
            own.destination_stock_location_id.as_str(),
            own.number.as_deref()
        ),
        (1, "backup", "warehouse", Some("1001/T/001"))
    );
    assert_eq!(order.stock_reservations.len(), 2);
    let mut order = approved(&shop, order);
    assert_eq!(
        order.stock_transfers[0].status,
        StockTransferStatus::Upcoming
    );
    assert_eq!(
        moved(&order),
        counters(&[("stock:stock-SHIRT", -1), ("stock:backup-SHIRT", -1)])
    );
    order = ship(&shop, order, ShipmentStatus::Picking).unwrap();
    let waiting = ship(&shop, order.clone(), ShipmentStatus::ReadyToShip).unwrap_err();
    assert!(matches!(waiting, CommerceError::StockTransferOpen { .. }));
    for to in [
        StockTransferStatus::Picking,
        StockTransferStatus::InTransit,
        StockTransferStatus::Completed,
    ] {
        order = transfer(order, to);
    }
    assert!(ship(&shop, order, ShipmentStatus::ReadyToShip).is_ok());
}

#[test]
fn goods_that_are_on_their_way_when_the_order_ends_count_where_they_arrive() {
    let mut shop = two_places(InventoryStrategy::ShipFromPrimary, 1, 5);
    let order = shop.placed();
    let order = approved(&shop, order);
    let untouched = cancelled(&mut shop, order.clone());
    assert!(untouched.order.reservations.is_empty());
    let status = untouched.stock_transfers[0].status;
    assert_eq!(status, StockTransferStatus::Cancelled);
    let order = transfer(order, StockTransferStatus::InTransit);
    let order = cancelled(&mut shop, order);
    assert_eq!(moved(&order), counters(&[("stock:backup-SHIRT", -1)]));
    let back = transfer(order.clone(), StockTransferStatus::Cancelled);
    assert!(back.order.reservations.is_empty());
    let arrived = transfer(order, StockTransferStatus::Completed);
    assert_eq!(
        moved(&arrived),
        counters(&[("stock:backup-SHIRT", -1), ("stock:stock-SHIRT", 1)])
    );
}

#[test]
fn a_place_that_holds_back_puts_its_shipments_and_their_transfers_on_hold() {
    for (with_transfers, expected) in [
        (true, StockTransferStatus::OnHold),
        (false, StockTransferStatus::Upcoming),
    ] {
        let mut shop = two_places(InventoryStrategy::ShipFromPrimary, 1, 5);
        shop.catalogue.inventory_stock_locations[0].on_hold = true;
        shop.catalogue.inventory_model.put_stock_transfers_on_hold = with_transfers;
        let order = shop.placed();
        let order = approved(&shop, order);
        assert_eq!(order.shipments[0].status, ShipmentStatus::OnHold);
        assert_eq!(order.stock_transfers[0].status, expected);
    }
}

#[test]
fn a_cart_holds_stock_for_as_long_as_the_model_says() {
    let mut shop = Shop::german();
    shop.catalogue.inventory_model.stock_reservation_cutoff = Some(600);
    let cart = shop.ready();
    let line = cart.line_items[0].id.clone();
    let now = testing::moment();
    let of = StockOf::Line(line.clone());
    let cart = stock::reserve(cart, &of, &shop.catalogue, now, &mut shop.ids).unwrap();
    let held = counters(&[("stock:stock-SHIRT", -2), ("reserved:stock-SHIRT", 2)]);
    assert_eq!(moved(&cart), held);
    let row = &cart.stock_reservations[0];
    assert_eq!(row.status, StockReservationStatus::Draft);
    let end = now + SignedDuration::from_secs(600);
    assert_eq!(stock::next_expiry(&cart), Some(end));
    // What it holds is there for itself, though nobody else sees it.
    shop.catalogue.stock_items[0].quantity = 0;
    let intent = shop.intent(cart.clone());
    assert_eq!(moved(&intent.aggregate), held, "placing moves nothing anew");
    let pending = &intent.aggregate.stock_reservations[0];
    assert_eq!(
        (&pending.id, pending.status),
        (&row.id, StockReservationStatus::Pending)
    );
    let early = stock::expire(cart.clone(), end - SignedDuration::from_secs(1));
    assert_eq!(early, cart);
    let late = stock::expire(cart, end);
    assert!(late.stock_reservations.is_empty() && late.order.reservations.is_empty());
}

#[test]
fn a_cart_that_shrinks_lets_go_of_what_it_no_longer_needs() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let line = cart.line_items[0].id.clone();
    let now = testing::moment();
    let of = StockOf::Line(line.clone());
    let cart = stock::reserve(cart, &of, &shop.catalogue, now, &mut shop.ids).unwrap();
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now,
    };
    let fewer = LineItemChange {
        quantity: Some(1),
        ..LineItemChange::default()
    };
    let cart = lines::update(cart, &line, fewer, &context, &mut shop.ids)
        .unwrap()
        .aggregate;
    let one = counters(&[("stock:stock-SHIRT", -1), ("reserved:stock-SHIRT", 1)]);
    assert_eq!(moved(&cart), one);
    let cart = lines::remove(cart, &line, &context, &mut shop.ids)
        .unwrap()
        .aggregate;
    assert!(cart.order.reservations.is_empty() && cart.stock_reservations.is_empty());
}
