//! What a sales channel sees of rows that it reaches and that are not its own: a few attributes by name.
//!
//! Invariant: what is kept is listed, so that an attribute that is added later stays hidden until somebody lists it.

use kassa_storage::Record;

use crate::caller::Caller;

/// What is left of the customer of somebody else's order: what the shopper typed, and whether to offer a login.
const CUSTOMER: &[&str] = &["email", "status", "password_hash"];

/// What is left of a gift card once it is bought: what it is worth and looks like. Its code is money, and it may have
/// been found by its first characters only; its logs name other orders, whose ids open them.
const GIFT_CARD: &[&str] = &[
    "status",
    "currency_code",
    "initial_balance_cents",
    "balance_cents",
    "balance_max_cents",
    "single_use",
    "rechargeable",
    "distribute_discount",
    "image_url",
    "expires_at",
];

/// Leaves of the customer of an order what the shopper typed, unless the caller is that customer or a back office:
/// somebody else's order may carry anybody's email.
pub(super) fn customer(caller: &Caller, record: &mut Record) {
    let own = caller.customer_id.as_deref() == Some(record.key.id.as_str());
    if record.key.kind != "customers" || caller.is_integration() || own {
        return;
    }
    keep(record, CUSTOMER);
}

/// Leaves of a gift card what any shopper may know; a draft is still its buyer's.
pub(super) fn gift_card(caller: &Caller, record: &mut Record) {
    if caller.is_integration() || record.text("status") == Some("draft") {
        return;
    }
    keep(record, GIFT_CARD);
}

fn keep(record: &mut Record, names: &[&str]) {
    record.body.retain(|name, _| names.contains(&name.as_str()));
}
