//! Which rows may ride along when another leads to them.
//!
//! Invariant: an include shows a sales channel nothing that it could not have asked for by itself, except what belongs
//! to a row in its sight: the customer and the addresses of an order, the gift card of a line.

use kassa_storage::Record;

use super::{Reader, rows};
use crate::shop::role;

impl Reader<'_> {
    /// Whether a row of type `from` may lead to `record`: a sales channel reaches orders and their parts by the id of
    /// their order or as its customer's own. A customer's e-mail address or a stock location must not list them, and only an order leads to somebody
    /// else's customer.
    pub(super) fn may_lead(&self, from: &str, record: &Record) -> bool {
        let kind = record.key.kind.as_ref();
        if kind == "sku_list_items" && !self.caller.is_integration() {
            // A SKU does not tell which lists of other people it is on.
            return from == "sku_lists";
        }
        if self.caller.is_integration() || of_an_order(from) {
            return true;
        }
        if kind == "customers" {
            return self.caller.customer_id.as_deref() == Some(record.key.id.as_str());
        }
        if !of_an_order(kind) {
            return true;
        }
        match kind {
            "orders" => {
                self.caller.customer_id.is_some()
                    && record.text("customer_id") == self.caller.customer_id.as_deref()
            }
            // A wallet entry is the customer's own, or it would not have been reached.
            _ => from == "customer_payment_sources",
        }
    }

    /// Whether a row may ride along when another leads to it.
    pub(super) fn includable(&self, record: &Record) -> bool {
        let kind = record.key.kind.as_ref();
        if self.caller.is_integration() {
            return rows::in_scope(self.caller, record);
        }
        match kind {
            // The customer of an order that the caller may see; guests get it redacted.
            "customers" => true,
            "customer_addresses" | "customer_payment_sources" => {
                record.text("customer_id").is_some()
                    && record.text("customer_id") == self.caller.customer_id.as_deref()
            }
            // Addresses of orders and stock locations hang on what may be seen; those of an address book are
            // only reached through it.
            "addresses" => true,
            // Only lines of an order that may be seen lead to a gift card.
            "gift_cards" => true,
            _ => {
                role::may_be_included(self.caller, kind)
                    && rows::judge_row(self.caller, &self.view, record)
            }
        }
    }
}

/// Whether rows of this type belong to one order, or are one.
pub(super) fn of_an_order(kind: &str) -> bool {
    matches!(kind, "orders" | "stock_transfers" | "parcels") || rows::ORDER_PARTS.contains(&kind)
}
