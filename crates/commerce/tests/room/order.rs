//! Changes to the order itself.

use kassa_commerce::line_item::change::{self as line_change, LineItemChange};
use kassa_commerce::order::change::{AddressChange, OrderChange};
use kassa_commerce::states::OrderStatus;
use kassa_commerce::{CartContext, CommerceError, Entity, Patch, testing};
use kassa_money::MinorUnits;
use serde_json::json;

use crate::shop::Shop;

#[test]
fn same_as_billing_copies_the_address() {
    let mut shop = Shop::german();
    shop.parties = kassa_commerce::Parties {
        customer: shop.parties.customer.take(),
        ..Default::default()
    };
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    let mut billing = testing::address("new", "DE");
    billing.reference = Some("book".into());
    let change = OrderChange {
        billing_address: AddressChange::Use(billing),
        shipping_address: AddressChange::SameAsOther,
        ..OrderChange::default()
    };
    let changed = shop.change(cart, change).unwrap();
    let order = &changed.refreshed.aggregate.order;
    assert_eq!(order.billing_address_id.as_ref().unwrap().as_str(), "new");
    assert_ne!(order.shipping_address_id, order.billing_address_id);
    assert_eq!(changed.created_addresses.len(), 1);
    assert_eq!(
        changed.created_addresses[0].reference.as_deref(),
        Some("book")
    );
    assert_eq!(order.country_code.as_deref(), Some("DE"));
    assert_eq!(changed.refreshed.aggregate.shipments.len(), 1);
}

#[test]
fn same_as_nothing_is_refused() {
    let mut shop = Shop::german();
    shop.parties.billing_address = None;
    let change = OrderChange {
        shipping_address: AddressChange::SameAsOther,
        ..OrderChange::default()
    };
    assert_eq!(
        shop.change(testing::empty_order(), change),
        Err(CommerceError::BillingAddressMissing)
    );
}

#[test]
fn attributes_go_through_the_body() {
    let mut shop = Shop::german();
    let attributes = json!({"language_code": "it", "metadata": {"a": 1}, "cart_url": null});
    let change = OrderChange {
        attributes: attributes.as_object().unwrap().clone(),
        ..OrderChange::default()
    };
    let order = shop
        .change(testing::empty_order(), change)
        .unwrap()
        .refreshed
        .aggregate
        .order;
    assert_eq!(order.language_code.as_deref(), Some("it"));
    assert_eq!(order.extra["metadata"]["a"], 1);
    assert_eq!(order.to_body()["autorefresh"], true);
}

#[test]
fn another_payment_method_drops_source_and_approval() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let same = OrderChange {
        payment_method: Patch::Set("klarna".into()),
        ..OrderChange::default()
    };
    assert!(
        shop.change(cart.clone(), same)
            .unwrap()
            .refreshed
            .dropped_source
            .is_none()
    );
    let other = OrderChange {
        payment_method: Patch::Set("wire".into()),
        ..OrderChange::default()
    };
    let changed = shop.change(cart.clone(), other).unwrap().refreshed;
    assert!(
        changed.aggregate.payment_source.is_none()
            && changed.aggregate.order.payment_source_id.is_none()
    );
    assert_eq!(
        changed.cancel_approval.unwrap().expose_secret(),
        "auth-token"
    );
    let nullify = OrderChange {
        nullify_payment_source: true,
        ..OrderChange::default()
    };
    let changed = shop.change(cart, nullify).unwrap().refreshed;
    assert!(changed.dropped_source.is_some() && changed.cancel_approval.is_some());
}

#[test]
fn payment_methods_must_be_available_and_served() {
    let mut shop = Shop::german();
    shop.catalogue.payment_methods[1].currency_code = Some(kassa_money::Currency::USD);
    shop.catalogue.payment_methods[0].payment_source_type = "stripe_payments".into();
    let choose = |id: &str| OrderChange {
        payment_method: Patch::Set(id.into()),
        ..OrderChange::default()
    };
    let mut refused = |id: &str| shop.change(testing::empty_order(), choose(id)).unwrap_err();
    assert_eq!(refused("wire"), CommerceError::PaymentMethodUnavailable);
    assert_eq!(refused("unknown"), CommerceError::PaymentMethodUnavailable);
    assert!(refused("klarna").to_string().contains("external_payments"));
}

#[test]
fn a_placed_order_keeps_its_cart_but_not_its_metadata() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let error = shop
        .change(
            order.clone(),
            OrderChange {
                refresh: true,
                ..OrderChange::default()
            },
        )
        .unwrap_err();
    assert_eq!(
        error,
        CommerceError::OrderNotEditable {
            status: OrderStatus::Placed
        }
    );
    let attributes = json!({"metadata": {"picked": true}})
        .as_object()
        .unwrap()
        .clone();
    let changed = shop
        .change(
            order.clone(),
            OrderChange {
                attributes,
                ..OrderChange::default()
            },
        )
        .unwrap();
    assert_eq!(
        changed.refreshed.aggregate.order.extra["metadata"]["picked"],
        true
    );
    let id = order.line_items[0].id.clone();
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let more = LineItemChange {
        quantity: Some(9),
        ..LineItemChange::default()
    };
    assert!(line_change::update(order, &id, more, &context, &mut shop.ids).is_err());
}

#[test]
fn derived_lines_cannot_be_changed_by_hand() {
    let mut shop = Shop::german();
    let cart = shop.cart("klarna");
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let shipping = cart
        .line_items
        .iter()
        .find(|line| line.unit_amount_cents == MinorUnits(500))
        .unwrap()
        .id
        .clone();
    let error = line_change::remove(cart, &shipping, &context, &mut shop.ids).unwrap_err();
    assert_eq!(
        error,
        CommerceError::LineDerived {
            item_type: "shipments"
        }
    );
}

#[test]
fn nobody_writes_an_order_that_is_being_placed() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let placing = shop.intent(cart).aggregate;
    let attributes = json!({"metadata": {}}).as_object().unwrap().clone();
    let error = shop
        .change(
            placing.clone(),
            OrderChange {
                attributes,
                ..OrderChange::default()
            },
        )
        .unwrap_err();
    assert_eq!(error, CommerceError::OrderBeingPlaced);
    assert_eq!(
        shop.add(placing, "MUG", 1),
        Err(CommerceError::OrderBeingPlaced)
    );
}
