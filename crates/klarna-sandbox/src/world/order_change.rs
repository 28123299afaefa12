//! What the calls on an order change, once they are found, understood and allowed.
//!
//! Invariant: nothing in here asks for a state; `order_rules.rs` did. What depends on the sent amount is asked here.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::fields::{integer, list, merge, object, text};
use super::order::{Ending, Fraud, Order};
use super::reply::Reply;
use super::time;

impl Order {
    /// Capturing acknowledges too; doing it again changes nothing.
    pub(super) fn acknowledge(&mut self, now: Timestamp) {
        self.acknowledged_at.get_or_insert(now);
    }

    pub(super) fn cancel(&mut self) {
        self.ending = Ending::Cancelled;
        self.waiting_capture = None;
    }

    pub(super) fn release(&mut self) {
        self.ending = Ending::Released;
    }

    /// Counted from the day of the call, so that a second call on that day changes nothing.
    pub(super) fn extend(&mut self, days: i32, now: Timestamp) {
        self.expires_at = time::midnight_after(now, days)
            .min(self.extension_limit())
            .max(self.expires_at);
    }

    /// The instant from which the order cannot be extended, and beyond which no extension reaches.
    pub(super) fn extension_limit(&self) -> Timestamp {
        time::midnight_after(self.created_at, time::EXTENSION_LIMIT_DAYS)
    }

    /// Whether the authorized amount may grow: by the plan, and not while the risk is still being judged.
    pub(super) fn may_grow(&self) -> bool {
        self.method.may_increase(self.country()) && !matches!(self.fraud, Fraud::Pending { .. })
    }

    pub(super) fn update_authorization(&mut self, body: &Map<String, Value>) -> Result<(), Reply> {
        let amount = integer(body, "order_amount").unwrap_or(0);
        let captured = self.captured();
        if amount < captured {
            let message = format!(
                "Resulting authorization amount {amount} cannot be less than the captured amount {captured} for \
                 order. Order authorization cannot be updated."
            );
            return Err(Reply::error(403, "NOT_ALLOWED", message));
        }
        if amount > self.amount && !self.may_grow() {
            return Err(Reply::error(403, "NOT_ALLOWED", "Update not allowed."));
        }
        self.amount = amount;
        // Leaving the lines out deletes them.
        let lines = list(body, "order_lines").to_vec();
        self.body.insert("order_lines".into(), lines.into());
        Ok(())
    }

    /// Only what is present is overwritten; empty text clears.
    pub(super) fn update_references(&mut self, body: &Map<String, Value>) {
        for name in ["merchant_reference1", "merchant_reference2"] {
            if let Some(reference) = text(body, name) {
                self.body.insert(name.to_owned(), reference.into());
            }
        }
    }

    /// Field by field; empty text clears.
    pub(super) fn update_customer_details(&mut self, body: &Map<String, Value>) {
        if let Some(address) = object(body, "shipping_address") {
            let mut merged = object(&self.body, "shipping_address")
                .cloned()
                .unwrap_or_default();
            merge(&mut merged, address);
            self.body.insert("shipping_address".into(), merged.into());
        }
    }

    pub(super) fn add_shipping_info(&mut self, body: &Map<String, Value>) {
        self.shipping_info
            .extend_from_slice(list(body, "shipping_info"));
    }

    pub(super) fn add_capture_shipping_info(&mut self, id: &str, body: &Map<String, Value>) {
        if let Some(capture) = self.captures.iter_mut().find(|capture| capture.id == id) {
            capture
                .shipping_info
                .extend_from_slice(list(body, "shipping_info"));
        }
    }

    /// The customer hears about the capture once more.
    pub(super) fn trigger_send_out(&mut self, id: &str) {
        if let Some(capture) = self.captures.iter_mut().find(|capture| capture.id == id) {
            capture.send_outs = capture.send_outs.saturating_add(1);
        }
    }
}
