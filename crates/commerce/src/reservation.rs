//! What placing an order takes out of shared counters: stock, gift-card balance, usages of coupons and promotions.
//!
//! The list is kept on the order, so that a refusal or a cancellation gives back exactly what was taken.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::aggregate::OrderAggregate;
use crate::cart;
use crate::catalogue::Catalogue;
use crate::line_item::ItemType;

/// A bounded addition to a shared counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The counter, see [`stock_counter`] and its neighbours.
    pub counter: String,
    /// What is added; negative takes away.
    pub delta: i64,
    /// The counter must not end below.
    pub min: i64,
    /// The counter must not end above.
    pub max: i64,
}

impl Reservation {
    /// Whether it counts how often a promotion or a coupon is used.
    pub(crate) fn is_usage(&self) -> bool {
        let kinds = [PROMOTION_COUNTER, COUPON_COUNTER, "coupon_customer:"];
        kinds.iter().any(|kind| self.counter.starts_with(kind))
    }

    /// The addition that undoes this one. Giving back is never bounded: what was taken must be able to return.
    pub fn undone(&self) -> Self {
        let delta = self.delta.saturating_neg();
        Self {
            counter: self.counter.clone(),
            delta,
            min: i64::MIN,
            max: i64::MAX,
        }
    }
}

/// What the names of stock counters begin with.
pub const STOCK_COUNTER: &str = "stock:";

/// What the names of gift cards' balance counters begin with.
pub const GIFT_CARD_COUNTER: &str = "gift_card:";

/// What the names of coupons' usage counters begin with.
pub const COUPON_COUNTER: &str = "coupon:";

/// What the names of promotions' usage counters begin with.
pub const PROMOTION_COUNTER: &str = "promotion:";

/// What the names of the counters of reserved stock begin with.
pub const RESERVED_COUNTER: &str = "reserved:";

/// Counter of what can be sold of a stock item: what lies there without what is reserved.
pub fn stock_counter(stock_item_id: &str) -> String {
    format!("{STOCK_COUNTER}{stock_item_id}")
}

/// Counter of what is reserved of a stock item and has not left it.
pub fn reserved_counter(stock_item_id: &str) -> String {
    format!("{RESERVED_COUNTER}{stock_item_id}")
}

/// Counter of a gift card's balance, minor units.
pub fn gift_card_counter(gift_card_id: &str) -> String {
    format!("{GIFT_CARD_COUNTER}{gift_card_id}")
}

/// Counter of the orders that a single-use gift card paid for.
pub fn gift_card_usage_counter(gift_card_id: &str) -> String {
    format!("gift_card_usage:{gift_card_id}")
}

/// Counter of one customer's usages of a coupon.
pub fn coupon_customer_counter(coupon_id: &str, customer_id: &str) -> String {
    format!("coupon_customer:{coupon_id}:{customer_id}")
}

/// Counter of a coupon's usages.
pub fn coupon_counter(coupon_id: &str) -> String {
    format!("{COUPON_COUNTER}{coupon_id}")
}

/// Counter of a promotion's usages.
pub fn promotion_counter(promotion_id: &str) -> String {
    format!("{PROMOTION_COUNTER}{promotion_id}")
}

/// Everything that placing the order takes.
pub(crate) fn reservations(aggregate: &OrderAggregate, catalogue: &Catalogue) -> Vec<Reservation> {
    let mut taken = Vec::new();
    for line in &aggregate.stock_line_items {
        hold(&mut taken, line.stock_item_id.as_str(), line.quantity);
    }
    for transfer in &aggregate.stock_transfers {
        if let Some(stock_item) = &transfer.stock_item_id {
            hold(&mut taken, stock_item.as_str(), transfer.quantity);
        }
    }
    // Goods that are counted but not shipped: no shipment says where they are taken from.
    for part in cart::allocate(aggregate, catalogue) {
        if let Some(item) = part.stock_item.filter(|_| part.sku.do_not_ship) {
            hold(&mut taken, item.id.as_str(), part.quantity);
        }
    }
    for line in aggregate
        .lines_of(ItemType::GiftCards)
        .filter(|line| line.is_used_gift_card())
    {
        let Some(card) = line.item_id.as_deref() else {
            continue;
        };
        take(
            &mut taken,
            gift_card_counter(card),
            line.total_amount_cents.minor().saturating_neg(),
        );
        let own = catalogue.gift_card.as_ref();
        if own.is_some_and(|own| own.id.as_str() == card && own.single_use) {
            taken.push(usage(gift_card_usage_counter(card), Some(1)));
        }
    }
    for line in aggregate
        .line_items
        .iter()
        .filter(|line| line.item_type.is_promotion())
    {
        let id = line.item_id.as_deref().unwrap_or_default();
        let Some(promotion) = catalogue
            .promotions
            .iter()
            .find(|own| own.id.as_str() == id)
        else {
            continue;
        };
        taken.push(usage(promotion_counter(id), promotion.total_usage_limit));
        if line.coupon_code.is_some() {
            take_coupon(&mut taken, aggregate, catalogue);
        }
    }
    taken
}

/// The usage of the coupon on the order, once however many lines it unlocked.
fn take_coupon(taken: &mut Vec<Reservation>, aggregate: &OrderAggregate, catalogue: &Catalogue) {
    let Some(coupon) = &catalogue.coupon else {
        return;
    };
    let counter = coupon_counter(coupon.id.as_str());
    if taken.iter().any(|own| own.counter == counter) {
        return;
    }
    taken.push(usage(counter, coupon.usage_limit));
    if let Some(customer) = &aggregate.order.customer_id {
        let counter = coupon_customer_counter(coupon.id.as_str(), customer.as_str());
        let limit = coupon.customer_single_use.then_some(1);
        taken.push(usage(counter, limit));
    }
}

/// The catalogue as it would be without this order: a placed order that is edited may use again what it took.
pub(crate) fn own_returned<'a>(
    aggregate: &OrderAggregate,
    catalogue: &'a Catalogue,
) -> Cow<'a, Catalogue> {
    let own = &aggregate.order.reservations;
    if own.is_empty() {
        return Cow::Borrowed(catalogue);
    }
    let taken = |counter: &str| {
        own.iter()
            .filter(|taken| taken.counter == counter)
            .fold(0i64, |sum, taken| sum.saturating_sub(taken.delta))
    };
    let mut catalogue = catalogue.clone();
    for item in &mut catalogue.stock_items {
        item.quantity = item
            .quantity
            .saturating_add(taken(&stock_counter(item.id.as_str())));
    }
    if let Some(card) = &mut catalogue.gift_card {
        let spent = taken(&gift_card_counter(card.id.as_str()));
        card.balance_cents.0 = card.balance_cents.0.saturating_add(spent);
        let used = taken(&gift_card_usage_counter(card.id.as_str()));
        card.uses = card.uses.saturating_add(used);
    }
    for promotion in &mut catalogue.promotions {
        let used = taken(&promotion_counter(promotion.id.as_str()));
        promotion.total_usage_count = promotion.total_usage_count.saturating_add(used);
    }
    if let Some(coupon) = &mut catalogue.coupon {
        let used = taken(&coupon_counter(coupon.id.as_str()));
        coupon.usage_count = coupon.usage_count.saturating_add(used);
        let customer = aggregate.order.customer_id.as_ref();
        let own = customer.map_or(0, |customer| {
            taken(&coupon_customer_counter(
                coupon.id.as_str(),
                customer.as_str(),
            ))
        });
        coupon.customer_usage_count = coupon.customer_usage_count.saturating_add(own);
    }
    Cow::Owned(catalogue)
}

/// Reserves stock: it can no longer be sold, and still lies where it is.
pub fn hold(taken: &mut Vec<Reservation>, stock_item_id: &str, quantity: i64) {
    take(taken, stock_counter(stock_item_id), quantity);
    take(
        taken,
        reserved_counter(stock_item_id),
        quantity.saturating_neg(),
    );
}

/// Takes reserved stock off for good. Never more than is reserved.
pub fn decrement(taken: &mut Vec<Reservation>, stock_item_id: &str, quantity: i64) {
    give_back(taken, &reserved_counter(stock_item_id), quantity);
}

/// Lets others have stock again, reserved or taken off. Never more than was taken.
pub(crate) fn release(taken: &mut Vec<Reservation>, stock_item_id: &str, quantity: i64) {
    give_back(taken, &stock_counter(stock_item_id), quantity);
    give_back(taken, &reserved_counter(stock_item_id), quantity);
}

/// Takes everything reserved off for good.
pub(crate) fn decrement_all(taken: &mut Vec<Reservation>) {
    taken.retain(|own| !own.counter.starts_with(RESERVED_COUNTER));
}

/// Moves what was taken of a stock item from one list to another, up to `quantity`.
pub(crate) fn keep(
    taken: &mut Vec<Reservation>,
    kept: &mut Vec<Reservation>,
    stock_item_id: &str,
    quantity: i64,
) {
    for counter in [
        stock_counter(stock_item_id),
        reserved_counter(stock_item_id),
    ] {
        let Some(own) = taken.iter().find(|own| own.counter == counter) else {
            continue;
        };
        let most = own.delta.saturating_abs().min(quantity);
        let moved = Reservation {
            delta: own.delta.signum().saturating_mul(most),
            ..own.clone()
        };
        give_back(taken, &counter, quantity);
        merge(kept, moved);
    }
}

/// Adds goods that arrived from elsewhere to what can be sold of a stock item.
pub fn arrive(taken: &mut Vec<Reservation>, stock_item_id: &str, quantity: i64) {
    take(
        taken,
        stock_counter(stock_item_id),
        quantity.saturating_neg(),
    );
}

/// Moves one entry towards nothing, by `quantity` at most.
fn give_back(taken: &mut Vec<Reservation>, counter: &str, quantity: i64) {
    for own in taken.iter_mut().filter(|own| own.counter == counter) {
        let back = quantity.clamp(0, own.delta.saturating_abs());
        own.delta = own
            .delta
            .saturating_sub(own.delta.signum().saturating_mul(back));
    }
    taken.retain(|own| own.delta != 0);
}

/// What has to be added to the counters to come from one list of reservations to another.
pub fn difference(before: &[Reservation], after: &[Reservation]) -> Vec<Reservation> {
    let mut changes: Vec<Reservation> = Vec::new();
    for reservation in before {
        merge(&mut changes, reservation.undone());
    }
    for reservation in after {
        merge(&mut changes, reservation.clone());
    }
    changes.retain(|change| change.delta != 0);
    changes
}

fn merge(changes: &mut Vec<Reservation>, next: Reservation) {
    match changes
        .iter_mut()
        .find(|change| change.counter == next.counter)
    {
        None => changes.push(next),
        Some(change) => {
            change.delta = change.delta.saturating_add(next.delta);
            change.min = change.min.max(next.min);
            change.max = change.max.min(next.max);
        }
    }
}

/// Takes from a counter that must not fall below zero.
fn take(taken: &mut Vec<Reservation>, counter: String, quantity: i64) {
    let delta = quantity.saturating_neg();
    merge(
        taken,
        Reservation {
            counter,
            delta,
            min: 0,
            max: i64::MAX,
        },
    );
}

fn usage(counter: String, limit: Option<i64>) -> Reservation {
    Reservation {
        counter,
        delta: 1,
        min: 0,
        max: limit.unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reservation(counter: &str, delta: i64) -> Reservation {
        Reservation {
            counter: counter.into(),
            delta,
            min: 0,
            max: i64::MAX,
        }
    }

    #[test]
    fn undoing_a_reservation_is_never_bounded() {
        let undone = reservation("stock:a", -3).undone();
        assert_eq!(
            (undone.delta, undone.min, undone.max),
            (3, i64::MIN, i64::MAX)
        );
    }

    fn deltas(taken: &[Reservation]) -> Vec<(&str, i64)> {
        taken
            .iter()
            .map(|own| (own.counter.as_str(), own.delta))
            .collect()
    }

    #[test]
    fn stock_is_held_then_taken_off_then_let_go() {
        let mut taken = Vec::new();
        hold(&mut taken, "a", 5);
        assert_eq!(deltas(&taken), [("stock:a", -5), ("reserved:a", 5)]);
        decrement(&mut taken, "a", 3);
        assert_eq!(deltas(&taken), [("stock:a", -5), ("reserved:a", 2)]);
        release(&mut taken, "a", 2);
        assert_eq!(deltas(&taken), [("stock:a", -3)]);
        release(&mut taken, "a", 9);
        assert!(taken.is_empty(), "never more than was taken");
    }

    #[test]
    fn an_edit_moves_only_the_difference() {
        let before = [reservation("stock:a", -3), reservation("stock:b", -1)];
        let after = [reservation("stock:a", -5), reservation("stock:c", -2)];
        let changes: Vec<_> = difference(&before, &after)
            .into_iter()
            .map(|change| (change.counter, change.delta))
            .collect();
        assert_eq!(
            changes,
            [
                ("stock:a".into(), -2),
                ("stock:b".into(), 1),
                ("stock:c".into(), -2)
            ]
        );
        assert!(difference(&before, &before).is_empty());
    }
}
