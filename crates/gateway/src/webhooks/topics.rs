//! The list of topics: what a webhook can subscribe to, and which change of which record raises it.
//!
//! Source: commerce-api, webhooks and callbacks; `orders.capture_by` and `orders.fraud_alarm` are Kassa's own.
//! Invariant: a topic's name begins with the type of the record that it is about.

use kassa_storage::Record;
use serde_json::Value;

use When::{Appears, Becomes, Changes, Enters, Gone, Made, PartMade, Told, Turns};

/// One topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// `<resource type>.<event>`.
    pub name: &'static str,
    /// What raises it.
    pub when: When,
}

/// The change of a record that raises a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The record is new.
    Made,
    /// The record is deleted, alone or with its root.
    Gone,
    /// The field has one of these values now and had none of them before.
    Becomes(&'static str, &'static [&'static str]),
    /// The field has this value now and had another before that is none of those.
    Enters(&'static str, &'static str, &'static [&'static str]),
    /// The field had the first value before and has the second now.
    Turns(&'static str, &'static str, &'static str),
    /// The field has a value now and had none before.
    Appears(&'static str),
    /// The field of a record that is not new has another value than before.
    Changes(&'static str),
    /// A part of this type is added to a record that is not new.
    PartMade(&'static str),
    /// No record says it: the use case that finds out tells.
    Told,
}

const fn on(name: &'static str, when: When) -> Topic {
    Topic { name, when }
}

/// All topics.
pub static TOPICS: &[Topic] = &[
    on("authorizations.create", Made),
    on("bundles.create", Made),
    on("bundles.destroy", Gone),
    on("captures.create", Made),
    on("coupons.create", Made),
    on("coupons.destroy", Gone),
    on("customer_addresses.create", Made),
    on("customer_addresses.destroy", Gone),
    on("customer_groups.create", Made),
    on("customer_groups.destroy", Gone),
    on("customer_payment_sources.create", Made),
    on("customer_payment_sources.destroy", Gone),
    on("customers.acquired", Becomes("status", &["acquired"])),
    on("customers.create", Made),
    on("customers.create_password", Changes("password_hash")),
    on("customers.destroy", Gone),
    on("customers.metadata_update", Changes("metadata")),
    on("customers.repeat", Becomes("status", &["repeat"])),
    on("fixed_amount_promotions.create", Made),
    on("fixed_amount_promotions.destroy", Gone),
    on("free_shipping_promotions.create", Made),
    on("free_shipping_promotions.destroy", Gone),
    on("gift_cards.activate", Becomes("status", &["active"])),
    on("gift_cards.create", Made),
    on(
        "gift_cards.deactivate",
        Turns("status", "active", "inactive"),
    ),
    on("gift_cards.destroy", Gone),
    on("gift_cards.purchase", Turns("status", "draft", "inactive")),
    on("gift_cards.redeem", Becomes("status", &["redeemed"])),
    on("order_copies.complete", Becomes("status", &["completed"])),
    on("order_copies.create", Made),
    on("order_copies.destroy", Gone),
    on("order_copies.fail", Becomes("status", &["failed"])),
    on("order_copies.start", Becomes("status", &["in_progress"])),
    on(
        "order_subscriptions.activate",
        Enters("status", "active", &["running"]),
    ),
    on(
        "order_subscriptions.cancel",
        Becomes("status", &["cancelled"]),
    ),
    on("order_subscriptions.create", Made),
    on(
        "order_subscriptions.deactivate",
        Becomes("status", &["inactive"]),
    ),
    on("order_subscriptions.destroy", Gone),
    on("order_subscriptions.renewal", Told),
    on("order_subscriptions.run", Becomes("status", &["running"])),
    on("orders.approve", Becomes("status", &["approved"])),
    on(
        "orders.authorize",
        Becomes("payment_status", &["authorized", "partially_authorized"]),
    ),
    on("orders.cancel", Becomes("status", &["cancelled"])),
    on("orders.capture_by", Told),
    on("orders.create", Made),
    on("orders.destroy", Gone),
    on("orders.draft", Becomes("status", &["draft"])),
    on("orders.fraud_alarm", Told),
    on(
        "orders.fulfill",
        Becomes("fulfillment_status", &["fulfilled"]),
    ),
    on("orders.pay", Becomes("payment_status", &["paid"])),
    on("orders.pending", Becomes("status", &["pending"])),
    on("orders.place", Appears("placed_at")),
    on("orders.rebuild_shipments", PartMade("shipments")),
    on(
        "orders.refund",
        Becomes("payment_status", &["refunded", "partially_refunded"]),
    ),
    on("orders.start_editing", Becomes("status", &["editing"])),
    on(
        "orders.start_fulfilling",
        Becomes("fulfillment_status", &["in_progress"]),
    ),
    on(
        "orders.void",
        Becomes("payment_status", &["voided", "partially_voided"]),
    ),
    on("parcels.create", Made),
    on("parcels.destroy", Gone),
    on("percentage_discount_promotions.create", Made),
    on("percentage_discount_promotions.destroy", Gone),
    on("price_lists.create", Made),
    on("price_lists.destroy", Gone),
    on("prices.create", Made),
    on("prices.destroy", Gone),
    on("prices.update", Changes("amount_cents")),
    on(
        "recurring_order_copies.complete",
        Becomes("status", &["completed"]),
    ),
    on("recurring_order_copies.create", Made),
    on("recurring_order_copies.destroy", Gone),
    on(
        "recurring_order_copies.fail",
        Becomes("status", &["failed"]),
    ),
    on(
        "recurring_order_copies.start",
        Becomes("status", &["in_progress"]),
    ),
    on("refunds.create", Made),
    on("shipments.cancel", Becomes("status", &["cancelled"])),
    on("shipments.create", Made),
    on("shipments.deliver", Becomes("status", &["delivered"])),
    on("shipments.destroy", Gone),
    on("shipments.on_hold", Becomes("status", &["on_hold"])),
    on("shipments.packing", Becomes("status", &["packing"])),
    on("shipments.picking", Becomes("status", &["picking"])),
    on(
        "shipments.ready_to_ship",
        Becomes("status", &["ready_to_ship"]),
    ),
    on("shipments.ship", Becomes("status", &["shipped"])),
    on("shipments.upcoming", Becomes("status", &["upcoming"])),
    on("sku_options.create", Made),
    on("sku_options.destroy", Gone),
    on("skus.create", Made),
    on("skus.destroy", Gone),
    on("stock_items.create", Made),
    on("stock_items.destroy", Gone),
    on("stock_transfers.cancel", Becomes("status", &["cancelled"])),
    on(
        "stock_transfers.complete",
        Becomes("status", &["completed"]),
    ),
    on("stock_transfers.create", Made),
    on("stock_transfers.destroy", Gone),
    on(
        "stock_transfers.in_transit",
        Becomes("status", &["in_transit"]),
    ),
    on("stock_transfers.on_hold", Becomes("status", &["on_hold"])),
    on("stock_transfers.picking", Becomes("status", &["picking"])),
    on("stock_transfers.upcoming", Becomes("status", &["upcoming"])),
    on("voids.create", Made),
];

/// The topic called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

impl Topic {
    /// The type of the record that it is about.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }

    /// Whether the step from `old` to `new` raises it; `parts` are the types of new parts.
    #[must_use]
    pub fn is_raised(&self, old: Option<&Record>, new: Option<&Record>, parts: &[&str]) -> bool {
        let value = |record: Option<&Record>, field: &str| {
            let found = record.and_then(|record| record.body.get(field)).cloned();
            found.unwrap_or(Value::Null)
        };
        match (self.when, new) {
            (Made, Some(_)) => old.is_none(),
            (Gone, None) => old.is_some(),
            (Becomes(field, words), Some(_)) => {
                let among =
                    |value: &Value| value.as_str().is_some_and(|text| words.contains(&text));
                among(&value(new, field)) && !among(&value(old, field))
            }
            (Enters(field, to, except), Some(_)) => {
                let before = value(old, field);
                let excepted = before
                    .as_str()
                    .is_some_and(|word| word == to || except.contains(&word));
                value(new, field) == to && !excepted
            }
            (Turns(field, from, to), Some(_)) => {
                value(old, field) == from && value(new, field) == to
            }
            (Appears(field), Some(_)) => {
                value(old, field).is_null() && !value(new, field).is_null()
            }
            (Changes(field), Some(_)) => old.is_some() && value(old, field) != value(new, field),
            (PartMade(kind), Some(_)) => old.is_some() && parts.contains(&kind),
            (
                Told | Made | Becomes(..) | Enters(..) | Turns(..) | Appears(_) | Changes(_)
                | PartMade(_),
                None,
            )
            | (Told | Gone, Some(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests;
