//! Captures: taking all or part of what is authorized.
//!
//! Invariant: the captures of an order never add up to more than its amount. Lines are information, their sum is not
//! compared with the captured amount.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::due_date::DueDateExtension;
use super::fields::{integer, known, list, text};
use super::order::{Fraud, Order};
use super::order_rules::OVER_CAPTURE;
use super::reply::{Outcome, Reply};
use super::settings::Settings;
use super::{ids, schema, time};

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
    /// An extension of the customer's due date.
    #[serde(default)]
    pub due_date_extension: Option<DueDateExtension>,
    /// How often the merchant had the customer told again.
    #[serde(default)]
    pub send_outs: u32,
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

impl Order {
    pub(super) fn capture(
        &mut self,
        body: &Map<String, Value>,
        settings: &Settings,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let amount = integer(body, "captured_amount").unwrap_or(0);
        self.may_capture(amount, body, settings)?;
        let capture = Capture {
            id: ids::uuid(entropy, 4),
            amount,
            refunded: 0,
            captured_at: now,
            reference: format!("{}-{}", self.reference, self.captures.len() + 1),
            body: known(body, schema::CAPTURE),
            shipping_info: list(body, "shipping_info").to_vec(),
            due_date_extension: None,
            send_outs: 0,
        };
        let location = format!(
            "/ordermanagement/v1/orders/{}/captures/{}",
            self.id, capture.id
        );
        let reply = Reply::empty(201)
            .with_header("Location", location)
            .with_header("Capture-Id", capture.id.clone());
        if matches!(self.fraud, Fraud::Pending { .. }) {
            self.waiting_capture = None;
        }
        self.acknowledge(now);
        self.captures.push(capture);
        Ok(reply)
    }

    /// The rules about what is sent; those about the state were asked before.
    fn may_capture(
        &self,
        amount: i64,
        body: &Map<String, Value>,
        settings: &Settings,
    ) -> Result<(), Reply> {
        let refused = |message: &str| Err(Reply::error(403, "CAPTURE_NOT_ALLOWED", message));
        if amount > self.remaining() {
            return refused(OVER_CAPTURE);
        }
        if amount == 0 {
            return refused("Capture not allowed");
        }
        let delayed = integer(body, "shipping_delay").is_some_and(|delay| delay > 0);
        if delayed && !settings.shipping_delay_permitted {
            return refused("Shipping delay is not enabled. Capture not possible.");
        }
        Ok(())
    }
}
