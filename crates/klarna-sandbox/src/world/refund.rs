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
use super::{World, ids, schema, time, validation};

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

impl World {
    pub(super) fn refund(
        &mut self,
        order_id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let order = self.order(order_id, now, "")?;
        validation::refuse_managed(body, schema::REFUND)?;
        let amount = integer(body, "refunded_amount").unwrap_or(0);
        may_refund(order, amount, list(body, "order_lines"))?;
        let refund = Refund {
            id: ids::uuid(entropy, 4),
            amount,
            refunded_at: now,
            capture_id: allocation(order, amount, list(body, "order_lines")),
            body: known(body, schema::REFUND),
            credit_invoice: order.method.kind == "b2b_invoice",
        };
        if let Some(capture) = order
            .captures
            .iter_mut()
            .find(|capture| Some(&capture.id) == refund.capture_id.as_ref())
        {
            capture.refunded += amount;
        }
        let location = format!(
            "/ordermanagement/v1/orders/{order_id}/refunds/{}",
            refund.id
        );
        let reply = Reply::empty(201)
            .with_header("Location", location)
            .with_header("Refund-Id", refund.id.clone());
        order.refunds.push(refund);
        Ok(reply)
    }

    pub(super) fn read_refund(
        &mut self,
        order_id: &str,
        refund_id: &str,
        now: Timestamp,
    ) -> Outcome {
        let missing = || {
            let message = format!("Refund {refund_id} cannot be found for order {order_id}");
            Reply::error(404, "NOT_FOUND", message)
        };
        let order = self.order(order_id, now, "").map_err(|_| missing())?;
        let refund = order.refunds.iter().find(|refund| refund.id == refund_id);
        Ok(Reply::json(200, refund.ok_or_else(missing)?.shown()))
    }
}

/// The state rules of a refund, the return fee's included.
fn may_refund(order: &Order, amount: i64, lines: &[Value]) -> Result<(), Reply> {
    let refused = |message: &str| Err(Reply::error(403, "REFUND_NOT_ALLOWED", message));
    if order.captures.is_empty() {
        return refused("Order has no captures. Refund not possible.");
    }
    if amount > order.captured() - order.refunded() {
        return refused("Over refund is not allowed. Refund not possible.");
    }
    if amount == 0 {
        return refused("Refund not allowed");
    }
    let has_fee = lines
        .iter()
        .any(|line| line.get("type").and_then(Value::as_str) == Some("return_fee"));
    if has_fee {
        let one_full_capture = order.captures.len() == 1 && order.is_fully_captured();
        let market = RETURN_FEE_MARKETS.contains(&order.country());
        if !one_full_capture || !market || sum(lines) != i128::from(amount) {
            return refused("Return fee is not allowed. Refund not possible.");
        }
    }
    Ok(())
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
        .filter(|line| line.get("type").and_then(Value::as_str) != Some("return_fee"))
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
