//! Captures: taking all or part of what is authorized.
//!
//! Invariant: the captures of an order never add up to more than its amount. Lines are information, their sum is not
//! compared with the captured amount.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fields::{integer, known, list, text};
use super::order::{Ending, Fraud, Order};
use super::reply::{Outcome, Reply};
use super::{World, ids, schema, time, validation};

/// One capture.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Capture {
    /// `capture_id`.
    pub id: String,
    /// `captured_amount`, in minor units.
    pub amount: i64,
    /// `refunded_amount`: what refunds could be allocated to this capture.
    pub refunded: i64,
    /// When it was made.
    pub captured_at: Timestamp,
    /// `klarna_reference`: the order's with a counter.
    pub reference: String,
    /// Description, reference and lines as sent.
    pub body: Map<String, Value>,
    /// Shipping information.
    pub shipping_info: Vec<Value>,
}

impl Capture {
    /// What could still be refunded on this capture.
    pub(crate) fn refundable(&self) -> i64 {
        self.amount - self.refunded
    }

    pub(crate) fn shown(&self, order: &Order) -> Value {
        json!({
            "capture_id": self.id,
            "klarna_reference": self.reference,
            "captured_amount": self.amount,
            "captured_at": time::wire(self.captured_at),
            "description": text(&self.body, "description").unwrap_or_default(),
            "reference": text(&self.body, "reference").unwrap_or_default(),
            "order_lines": list(&self.body, "order_lines"),
            "refunded_amount": self.refunded,
            "billing_address": order.shown_address("billing_address"),
            "shipping_address": order.shown_address("shipping_address"),
            "shipping_info": self.shipping_info,
        })
    }
}

impl World {
    pub(super) fn capture(
        &mut self,
        order_id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let while_pending = self.settings.capture_while_pending;
        let order = self.order(order_id, now, "")?;
        validation::refuse_managed(body, schema::CAPTURE)?;
        let amount = integer(body, "captured_amount").unwrap_or(0);
        may_capture(order, amount, while_pending)?;
        let capture = Capture {
            id: ids::uuid(entropy, 4),
            amount,
            refunded: 0,
            captured_at: now,
            reference: format!("{}-{}", order.reference, order.captures.len() + 1),
            body: known(body, schema::CAPTURE),
            shipping_info: list(body, "shipping_info").to_vec(),
        };
        let location = format!(
            "/ordermanagement/v1/orders/{order_id}/captures/{}",
            capture.id
        );
        let reply = Reply::empty(201)
            .with_header("Location", location)
            .with_header("Capture-Id", capture.id.clone());
        if matches!(order.fraud, Fraud::Pending { .. }) {
            order.waiting_capture = None;
        }
        order.captures.push(capture);
        Ok(reply)
    }
}

/// The state rules of a capture.
fn may_capture(order: &Order, amount: i64, while_pending: bool) -> Result<(), Reply> {
    let refused = |message: String| Err(Reply::error(403, "CAPTURE_NOT_ALLOWED", message));
    let id = &order.id;
    match order.ending {
        Ending::Cancelled => {
            return refused(format!("Order {id} is cancelled. Capture not possible."));
        }
        Ending::Expired => {
            return refused(format!("Order {id} is expired. Capture not possible."));
        }
        Ending::Open | Ending::Released => {}
    }
    if matches!(order.fraud, Fraud::Pending { .. }) && !while_pending {
        return refused(format!("Order {id} is pending. Capture not possible."));
    }
    if amount > order.remaining() {
        return refused(
            "Captured amount is higher than the remaining authorized amount. Capture not possible."
                .to_owned(),
        );
    }
    if amount == 0 {
        return refused("Capture not allowed".to_owned());
    }
    Ok(())
}
