//! Refunds: giving back what was captured.
//!
//! Invariant: the refunds of an order never add up to more than its captures. A refund belongs to the order; it is
//! allocated to a capture only when its lines say clearly which one.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fields::{integer, known, list, text};
use super::order::Order;
use super::reply::{Outcome, Reply};
use super::{ids, schema, time};

/// One refund.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refund {
    /// `refund_id`.
    pub id: String,
    /// `refunded_amount`, in minor units.
    pub amount: i64,
    /// When it was made.
    pub refunded_at: Timestamp,
    /// Description, reference and lines as sent.
    pub body: Map<String, Value>,
    /// The capture that it was allocated to.
    pub capture_id: Option<String>,
    /// Whether the order was placed by a company.
    pub credit_invoice: bool,
}

/// Markets where a return fee may be kept.
const RETURN_FEE_MARKETS: [&str; 15] = [
    "AT", "DE", "DK", "FI", "FR", "NL", "NO", "SE", "IT", "ES", "IE", "PT", "CZ", "AU", "GR",
];

impl Refund {
    pub(crate) fn shown(&self) -> Value {
        let mut shown = json!({
            "refund_id": self.id,
            "refunded_amount": self.amount,
            "refunded_at": time::wire(self.refunded_at),
            "description": text(&self.body, "description").unwrap_or_default(),
            "reference": text(&self.body, "reference").unwrap_or_default(),
            "order_lines": list(&self.body, "order_lines"),
        });
        if self.credit_invoice {
            shown["credit_invoice"] = true.into();
        }
        shown
    }
}

impl Order {
    pub(super) fn refund(
        &mut self,
        body: &Map<String, Value>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let amount = integer(body, "refunded_amount").unwrap_or(0);
        may_refund(self, amount, list(body, "order_lines"))?;
        let refund = Refund {
            id: ids::uuid(entropy, 4),
            amount,
            refunded_at: now,
            capture_id: allocation(self, amount, list(body, "order_lines")),
            body: known(body, schema::REFUND),
            credit_invoice: self.method.kind == "b2b_invoice",
        };
        if let Some(capture) = self
            .captures
            .iter_mut()
            .find(|capture| Some(&capture.id) == refund.capture_id.as_ref())
        {
            capture.refunded += amount;
        }
        let location = format!(
            "/ordermanagement/v1/orders/{}/refunds/{}",
            self.id, refund.id
        );
        let reply = Reply::empty(201)
            .with_header("Location", location)
            .with_header("Refund-Id", refund.id.clone());
        self.refunds.push(refund);
        Ok(reply)
    }

    pub(super) fn read_refund(&self, refund_id: &str, not_found_status: u16) -> Outcome {
        let refund = self.refunds.iter().find(|refund| refund.id == refund_id);
        let missing = || {
            let message = format!("Refund {refund_id} cannot be found for order {}", self.id);
            Reply::error(not_found_status, "NOT_FOUND", message)
        };
        Ok(Reply::json(200, refund.ok_or_else(missing)?.shown()))
    }
}

/// The rules about what is sent, the return fee's included; those about the state were asked before.
fn may_refund(order: &Order, amount: i64, lines: &[Value]) -> Result<(), Reply> {
    let refused = |message: &str| Err(Reply::error(403, "REFUND_NOT_ALLOWED", message));
    if amount > order.captured() - order.refunded() {
        return refused("Over refund is not allowed. Refund not possible.");
    }
    if amount == 0 {
        return refused("Refund not allowed");
    }
    let mut fees = lines.iter().filter(|line| is_return_fee(line)).peekable();
    if fees.peek().is_none() {
        return Ok(());
    }
    let one_full_capture = order.captures.len() == 1 && order.is_fully_captured();
    let market = RETURN_FEE_MARKETS.contains(&order.country());
    let negative = fees.all(|fee| fee.get("total_amount").and_then(Value::as_i64) < Some(0));
    if !one_full_capture || !market || !negative || sum(lines) != i128::from(amount) {
        return refused("Return fee is not allowed. Refund not possible.");
    }
    Ok(())
}

/// What the merchant keeps of a refund.
fn is_return_fee(line: &Value) -> bool {
    line.get("type").and_then(Value::as_str) == Some("return_fee")
}

/// The one capture whose lines the refund's lines name, if the sums allow it and no earlier refund went astray.
fn allocation(order: &Order, amount: i64, lines: &[Value]) -> Option<String> {
    if order
        .refunds
        .iter()
        .any(|refund| refund.capture_id.is_none())
    {
        return None;
    }
    if lines.is_empty() || sum(lines) != i128::from(amount) {
        return None;
    }
    let references: Vec<&str> = lines
        .iter()
        .filter(|line| !is_return_fee(line))
        .map(|line| line.get("reference").and_then(Value::as_str))
        .collect::<Option<_>>()?;
    let mut fitting = order.captures.iter().filter(|capture| {
        let captured = list(&capture.body, "order_lines");
        let has = |reference: &&str| {
            captured
                .iter()
                .any(|line| line.get("reference").and_then(Value::as_str) == Some(*reference))
        };
        amount <= capture.refundable() && references.iter().all(has)
    });
    fitting.next().map(|capture| capture.id.clone())
}

fn sum(lines: &[Value]) -> i128 {
    lines
        .iter()
        .filter_map(|line| line.get("total_amount").and_then(Value::as_i64))
        .map(i128::from)
        .sum()
}
