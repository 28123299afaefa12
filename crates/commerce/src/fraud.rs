//! Klarna's fraud decision, folded in. A notification is unsigned: the caller reads the order and hands in what it says.

use jiff::Timestamp;
use kassa_klarna_api::{FraudEvent, FraudStatus};
use kassa_money::MinorUnits;
use serde::{Deserialize, Serialize};

use crate::aggregate::OrderAggregate;
use crate::payment_method::PaymentMethod;
use crate::states::OrderStatus;

/// A decision as the order at Klarna shows it, or as an old account's notification tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FraudDecision {
    /// Not decided.
    Pending,
    /// Go ahead.
    Accepted,
    /// Do not ship.
    Rejected,
    /// Stopped after it was accepted.
    Stopped,
}

impl FraudDecision {
    /// The decision of a status; `None` for words this program does not know.
    pub fn of_status(status: &FraudStatus) -> Option<Self> {
        match status {
            FraudStatus::Accepted => Some(Self::Accepted),
            FraudStatus::Pending => Some(Self::Pending),
            FraudStatus::Rejected => Some(Self::Rejected),
            FraudStatus::Stopped => Some(Self::Stopped),
            FraudStatus::Other(_) => None,
        }
    }

    /// The decision of a notification; `None` for words this program does not know.
    pub fn of_event(event: &FraudEvent) -> Option<Self> {
        match event {
            FraudEvent::FraudRiskAccepted => Some(Self::Accepted),
            FraudEvent::FraudRiskRejected => Some(Self::Rejected),
            FraudEvent::FraudRiskStopped => Some(Self::Stopped),
            FraudEvent::Other(_) => None,
        }
    }
}

/// An order after a fraud decision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FraudFolded {
    /// The order.
    pub aggregate: OrderAggregate,
    /// Capture this much now: the order captures at once and waited for the decision.
    pub capture_now: Option<MinorUnits>,
    /// Give the guarantee up now, by the ordinary void.
    pub void_now: bool,
    /// A person has to look: money was captured on an order that Klarna stopped.
    pub alarm: bool,
}

/// Folds a decision in. The same decision twice changes nothing.
pub fn fold(
    aggregate: OrderAggregate,
    decision: FraudDecision,
    payment_method: Option<&PaymentMethod>,
    now: Timestamp,
) -> FraudFolded {
    let mut folded = FraudFolded {
        aggregate,
        ..FraudFolded::default()
    };
    let Some(id) = folded
        .aggregate
        .authorization()
        .map(|authorization| authorization.id.clone())
    else {
        return folded;
    };
    let bought = folded.aggregate.order.status.bought();
    let captured = folded
        .aggregate
        .captures()
        .any(|capture| capture.facts.succeeded);
    let Some(authorization) = folded.aggregate.authorization_mut(&id) else {
        return folded;
    };
    let before = authorization.fraud_review.clone();
    let word = match decision {
        FraudDecision::Pending => "pending",
        FraudDecision::Accepted => "accepted",
        FraudDecision::Rejected | FraudDecision::Stopped => "rejected",
    };
    if before.as_deref() == Some(word) {
        return folded;
    }
    // A late "accepted" or "pending" does not undo a refusal: notifications repeat and arrive out of order.
    if before.as_deref() == Some("rejected") {
        return folded;
    }
    authorization.fraud_review = Some(word.to_owned());
    let left = authorization.capture_balance_cents;
    folded.aggregate.order.payment_updated_at = Some(now);
    match decision {
        FraudDecision::Accepted => {
            let at_once = payment_method.is_some_and(|method| method.captures_at_once(left));
            folded.capture_now = (at_once && !captured && left.is_positive()).then_some(left);
        }
        FraudDecision::Rejected | FraudDecision::Stopped => {
            folded.alarm = captured;
            folded.void_now =
                !captured && bought && folded.aggregate.order.status != OrderStatus::Cancelled;
        }
        FraudDecision::Pending => {}
    }
    folded
}
