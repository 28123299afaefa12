//! Disputes of the shoppers who are published for them (`+disputed-<reason>`).
//!
//! Klarna publishes that such a shopper disputes every capture, and the high-risk one the order; Payments and Order
//! Management show nothing of it. What a dispute goes through is taken from the pages on disputes and from what is
//! decided in `docs/klarna/decisions.md#disputes`. Invariant: a dispute is computed from its order and the clock and
//! never stored, so no command needs to know of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::fields::{object, text};
use super::order::{Ending, Order};
use super::{World, test_shopper, time};

/// Merchant and shopper may settle it between themselves for 21 days.
const PRE_ARBITRATION: SignedDuration = SignedDuration::from_hours(21 * 24);
/// Then it is decided within 13 days.
const ARBITRATION: SignedDuration = SignedDuration::from_hours(13 * 24);

/// What the shopper says is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeReason {
    /// The goods went back.
    Return,
    /// Nothing arrived.
    GoodsNotReceived,
    /// Paid before.
    AlreadyPaid,
    /// Something is broken.
    FaultyGoods,
    /// The invoice is wrong.
    IncorrectInvoice,
    /// Somebody else bought it.
    UnauthorizedPurchase,
    /// The merchant broke a rule of the programme.
    NonCompliance,
    /// The payment programme gives no guarantee.
    NonGuaranteedPaymentProgram,
    /// The goods could not be sent back.
    ReturnNotPossible,
    /// Klarna asks to stop the order.
    HighRiskOrder,
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisputeState {
    /// Between merchant and shopper.
    PreArbitration,
    /// Before Klarna.
    ArbitrationPending,
    /// Over.
    Closed,
}

/// How a dispute ended, from the merchant's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DisputeOutcome {
    /// The merchant keeps the money, or never took any.
    Won,
    /// The shopper has the money back.
    Lost,
}

/// One dispute, as the control API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// Stable: made of the capture's id, or of the order's.
    pub dispute_id: String,
    /// The order.
    pub order_id: String,
    /// The capture; `None` when the whole order is disputed.
    pub capture_id: Option<String>,
    /// What the shopper says.
    pub reason: DisputeReason,
    /// Minor units of `purchase_currency`.
    pub disputed_amount: i64,
    /// ISO 4217.
    pub purchase_currency: String,
    /// Where it stands.
    pub state: DisputeState,
    /// How it ended.
    pub outcome: Option<DisputeOutcome>,
    /// What ended it: `refund`, `cancellation`, `shipping_info` or `no_answer`.
    pub closed_by: Option<&'static str>,
    /// When it was opened.
    #[serde(serialize_with = "instant")]
    pub opened_at: Timestamp,
    /// When it ends at the latest.
    #[serde(serialize_with = "instant")]
    pub closes_at: Timestamp,
}

fn instant<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time::wire(*at))
}

impl World {
    /// The disputes of all orders, or of one, oldest first.
    #[must_use]
    pub fn disputes(&self, order_id: Option<&str>, now: Timestamp) -> Vec<Dispute> {
        let of_settled = |order: &Order| {
            let mut order = order.clone();
            order.settle(now);
            of_order(&order, now)
        };
        let mut found: Vec<Dispute> = match order_id {
            Some(id) => self.orders.get(id).map(of_settled).unwrap_or_default(),
            None => self.orders.values().flat_map(of_settled).collect(),
        };
        found.sort_by(|one, two| {
            (one.opened_at, &one.dispute_id).cmp(&(two.opened_at, &two.dispute_id))
        });
        found
    }
}

fn of_order(order: &Order, now: Timestamp) -> Vec<Dispute> {
    let email = object(&order.body, "billing_address")
        .and_then(|address| text(address, "email"))
        .unwrap_or_default();
    match test_shopper::dispute(email, order.country()) {
        None => Vec::new(),
        Some(DisputeReason::HighRiskOrder) => vec![of_whole_order(order, now)],
        Some(reason) => of_captures(order, reason, now),
    }
}

/// The high-risk order is before Klarna at once. Cancelling it answers the request; money taken in spite of it is lost.
fn of_whole_order(order: &Order, now: Timestamp) -> Dispute {
    let mut dispute = opened(
        order,
        DisputeReason::HighRiskOrder,
        order.amount,
        order.created_at,
    );
    if order.ending == Ending::Cancelled {
        dispute.close(DisputeOutcome::Won, "cancellation");
    } else if now >= dispute.closes_at {
        let outcome = match order.captured() {
            0 => DisputeOutcome::Won,
            _ => DisputeOutcome::Lost,
        };
        dispute.close(outcome, "no_answer");
    }
    dispute
}

fn of_captures(order: &Order, reason: DisputeReason, now: Timestamp) -> Vec<Dispute> {
    let given_back = refunded(order);
    order
        .captures
        .iter()
        .zip(given_back)
        .map(|(capture, refunded)| {
            let mut dispute = opened(order, reason, capture.amount, capture.captured_at);
            dispute.dispute_id = format!("dispute:{}", capture.id);
            dispute.capture_id = Some(capture.id.clone());
            let arbitration = time::after(capture.captured_at, PRE_ARBITRATION);
            if refunded >= capture.amount {
                dispute.close(DisputeOutcome::Lost, "refund");
            } else if now >= dispute.closes_at {
                let shipped = !capture.shipping_info.is_empty();
                match reason {
                    DisputeReason::GoodsNotReceived if shipped => {
                        dispute.close(DisputeOutcome::Won, "shipping_info");
                    }
                    _ => dispute.close(DisputeOutcome::Lost, "no_answer"),
                }
            } else if reason != DisputeReason::UnauthorizedPurchase && now < arbitration {
                dispute.state = DisputeState::PreArbitration;
            }
            dispute
        })
        .collect()
}

/// A dispute that is before Klarna.
fn opened(order: &Order, reason: DisputeReason, amount: i64, at: Timestamp) -> Dispute {
    let skips = matches!(
        reason,
        DisputeReason::HighRiskOrder | DisputeReason::UnauthorizedPurchase
    );
    let arbitration = if skips {
        at
    } else {
        time::after(at, PRE_ARBITRATION)
    };
    Dispute {
        dispute_id: format!("dispute:{}", order.id),
        order_id: order.id.clone(),
        capture_id: None,
        reason,
        disputed_amount: amount,
        purchase_currency: text(&order.body, "purchase_currency")
            .unwrap_or_default()
            .to_owned(),
        state: DisputeState::ArbitrationPending,
        outcome: None,
        closed_by: None,
        opened_at: at,
        closes_at: time::after(arbitration, ARBITRATION),
    }
}

impl Dispute {
    fn close(&mut self, outcome: DisputeOutcome, by: &'static str) {
        self.state = DisputeState::Closed;
        self.outcome = Some(outcome);
        self.closed_by = Some(by);
    }
}

/// What each capture got back: first what was allocated to it, then the rest to the oldest capture that has room.
fn refunded(order: &Order) -> Vec<i64> {
    let mut given: Vec<i64> = order
        .captures
        .iter()
        .map(|capture| capture.refunded)
        .collect();
    let mut rest: i64 = order
        .refunds
        .iter()
        .filter(|refund| refund.capture_id.is_none())
        .map(|refund| refund.amount)
        .sum();
    for (capture, given) in order.captures.iter().zip(&mut given) {
        let part = rest.min(capture.amount - *given).max(0);
        *given += part;
        rest -= part;
    }
    given
}
