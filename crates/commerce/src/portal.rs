//! Facts that an order at Klarna shows and that nobody here caused: captures, refunds, cancellations in the merchant
//! portal, expiries, moved deadlines. A fact is never refused: it becomes a row, and an entry for the ledger.
//!
//! Rows are recognised by Klarna's ids and by our operation id in `reference`, so folding twice adds nothing.

use jiff::Timestamp;
use kassa_klarna_api as klarna;
use kassa_money::MinorUnits;

use crate::aggregate::{Event, OrderAggregate};
use crate::balances::{self, Balances};
use crate::cart::NewId;
use crate::error::CommerceError;
use crate::fraud::FraudDecision;
use crate::fulfillment;
use crate::ids::{AuthorizationId, CaptureId};
use crate::states::PaymentStatus;
use crate::transaction::{Capture, LedgerMove, Movement, Refund, Transaction, TransactionFacts};
use crate::void;

/// An entry that the ledger has to take as a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Id of the entry: Klarna's id of what happened, so that it is entered once.
    pub id: String,
    /// What it does.
    pub entry: LedgerMove,
}

/// An order with Klarna's facts folded in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortalFolded {
    /// The order.
    pub aggregate: OrderAggregate,
    /// What happened.
    pub events: Vec<Event>,
    /// Entries for the ledger.
    pub facts: Vec<Fact>,
    /// A fraud decision that differs from the one known here: fold it with [`crate::fraud::fold`].
    pub fraud: Option<FraudDecision>,
    /// Whether anything changed at all.
    pub changed: bool,
}

/// Folds an order as Klarna shows it in. `pending` lists operations of ours whose outcome is open: what Klarna shows of
/// them is left to their own finisher.
///
/// # Errors
/// Figures that cannot be money.
pub fn fold(
    aggregate: OrderAggregate,
    klarna: &klarna::Order,
    pending: &[String],
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<PortalFolded, CommerceError> {
    let mut folded = PortalFolded {
        aggregate,
        ..PortalFolded::default()
    };
    let found = folded.aggregate.authorizations().find(|row| {
        row.facts.succeeded
            && row.facts.gateway_transaction_id.as_deref() == Some(&*klarna.order_id)
    });
    let Some(authorization) = found.map(|row| row.id.clone()) else {
        return Ok(folded);
    };
    let is_pending =
        |reference: Option<&str>| pending.iter().any(|own| Some(own.as_str()) == reference);
    for capture in &klarna.captures {
        if !is_pending(capture.reference.as_deref()) {
            fold_capture(&mut folded, &authorization, capture, &mut *new_id)?;
        }
    }
    balances::settle(&mut folded.aggregate, now)?;
    for refund in &klarna.refunds {
        if !is_pending(refund.reference.as_deref()) {
            fold_refund(&mut folded, refund, now, &mut *new_id)?;
        }
    }
    fold_deadline(&mut folded, &authorization, klarna.expires_at);
    if pending.is_empty() {
        // An operation of ours that is still open explains any difference: its finisher will enter it.
        fold_amount(&mut folded, &authorization, klarna, now)?;
        fold_end(&mut folded, &authorization, klarna, new_id)?;
    }
    fold_fraud(&mut folded, &authorization, klarna);
    let before = folded.aggregate.order.payment_status;
    balances::settle(&mut folded.aggregate, now)?;
    let after = folded.aggregate.order.payment_status;
    if folded.facts.is_empty() && before == after {
        return Ok(folded);
    }
    folded.changed = true;
    match after {
        PaymentStatus::Refunded => {
            fulfillment::refunded(&mut folded.aggregate, now, &mut folded.events);
        }
        PaymentStatus::Voided => {
            void::end_if_void(&mut folded.aggregate, now, &mut folded.events);
        }
        _ => fulfillment::follow(&mut folded.aggregate, now, &mut folded.events),
    }
    Ok(folded)
}

fn fold_capture(
    folded: &mut PortalFolded,
    authorization: &AuthorizationId,
    capture: &klarna::Capture,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    if is_known(
        &folded.aggregate,
        &capture.capture_id,
        capture.reference.as_deref(),
    ) {
        return Ok(());
    }
    let aggregate = &mut folded.aggregate;
    let row = Capture {
        id: new_id().into(),
        facts: TransactionFacts {
            number: aggregate.next_transaction_number("captures", 'C'),
            ..fact(aggregate, &capture.capture_id, capture.captured_amount)
        },
        reference_authorization_id: authorization.clone(),
        ..Capture::default()
    };
    folded
        .events
        .push(Event::new("captures.create", "captures", row.id.as_str()));
    aggregate.transactions.push(Transaction::Capture(row));
    enter(
        folded,
        &capture.capture_id,
        Movement::Captured,
        capture.captured_amount,
    )
}

/// A refund at Klarna belongs to the order; here it is taken from the captures with something left, oldest first.
fn fold_refund(
    folded: &mut PortalFolded,
    refund: &klarna::Refund,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    if is_known(
        &folded.aggregate,
        &refund.refund_id,
        refund.reference.as_deref(),
    ) {
        return Ok(());
    }
    let mut left = refund.refunded_amount;
    while left > 0 {
        let aggregate = &mut folded.aggregate;
        let Some((capture, most)) = next_refundable(aggregate) else {
            break;
        };
        let amount = left.min(most);
        left -= amount;
        let row = Refund {
            id: new_id().into(),
            facts: TransactionFacts {
                number: aggregate.next_transaction_number("refunds", 'R'),
                ..fact(aggregate, &refund.refund_id, amount)
            },
            reference_capture_id: capture,
            ..Refund::default()
        };
        folded
            .events
            .push(Event::new("refunds.create", "refunds", row.id.as_str()));
        aggregate.transactions.push(Transaction::Refund(row));
        balances::settle(aggregate, now)?;
    }
    enter(
        folded,
        &refund.refund_id,
        Movement::Refunded,
        refund.refunded_amount,
    )
}

/// The capture to take a refund from. When Klarna gave back more than was captured, the last one carries the excess.
fn next_refundable(aggregate: &OrderAggregate) -> Option<(CaptureId, i64)> {
    let open = crate::refund::refundable(aggregate).next();
    let open = open.map(|capture| (capture.id.clone(), capture.refund_balance_cents.minor()));
    let last = || {
        aggregate
            .captures()
            .filter(|row| row.facts.succeeded)
            .last()
            .map(|row| (row.id.clone(), i64::MAX))
    };
    open.or_else(last)
}

fn fold_deadline(
    folded: &mut PortalFolded,
    authorization: &AuthorizationId,
    expires_at: Option<Timestamp>,
) {
    let Some(row) = folded.aggregate.authorization_mut(authorization) else {
        return;
    };
    if expires_at.is_some() && row.expires_at != expires_at {
        row.expires_at = expires_at;
        folded.changed = true;
    }
}

/// An amount that was changed in the portal while the order is open.
fn fold_amount(
    folded: &mut PortalFolded,
    authorization: &AuthorizationId,
    klarna: &klarna::Order,
    now: Timestamp,
) -> Result<(), CommerceError> {
    let open = matches!(
        klarna.status,
        klarna::OrderStatus::Authorized | klarna::OrderStatus::PartCaptured
    );
    let (before, after) = (
        amount_of(&folded.aggregate, authorization),
        MinorUnits(klarna.order_amount),
    );
    if !open || before == after || !after.is_positive() {
        return Ok(());
    }
    if let Some(row) = folded.aggregate.authorization_mut(authorization) {
        row.facts.amount_cents = after;
    }
    // An amount may return to an earlier value, so the moment is part of the entry's id.
    let id = format!("{}:amount:{}", klarna.order_id, now.as_microsecond());
    enter(
        folded,
        &id,
        Movement::Authorized,
        after.checked_sub(before)?.minor(),
    )
}

/// Cancelled, expired, or released: whatever is still guaranteed here is not guaranteed there.
fn fold_end(
    folded: &mut PortalFolded,
    authorization: &AuthorizationId,
    klarna: &klarna::Order,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let word = match klarna.status {
        klarna::OrderStatus::Cancelled => "cancelled",
        klarna::OrderStatus::Expired => "expired",
        klarna::OrderStatus::Captured | klarna::OrderStatus::Closed => "released",
        _ => return Ok(()),
    };
    let balances = Balances::of(&folded.aggregate)?;
    let left = amount_of(&folded.aggregate, authorization).checked_sub(balances.captured)?;
    let left = left.checked_sub(balances.given_up)?;
    if !left.is_positive() {
        return Ok(());
    }
    let id = format!("{}:{word}", klarna.order_id);
    let mut row = void::void_row(&folded.aggregate, authorization, left, &id, new_id);
    row.facts.succeeded = true;
    row.facts.message = Some(word.to_owned());
    folded
        .events
        .push(Event::new("voids.create", "voids", row.id.as_str()));
    folded.aggregate.transactions.push(Transaction::Void(row));
    let movement = if balances.captured.is_positive() {
        Movement::Released
    } else {
        Movement::Voided
    };
    enter(folded, &id, movement, left.minor())
}

fn fold_fraud(folded: &mut PortalFolded, authorization: &AuthorizationId, klarna: &klarna::Order) {
    let Some(decision) = klarna
        .fraud_status
        .as_ref()
        .and_then(FraudDecision::of_status)
    else {
        return;
    };
    let known = folded
        .aggregate
        .authorizations()
        .find(|row| row.id == *authorization);
    let known = known.and_then(|row| row.fraud_review.as_deref());
    let same = match decision {
        FraudDecision::Pending => known == Some("pending"),
        FraudDecision::Accepted => known == Some("accepted"),
        FraudDecision::Rejected | FraudDecision::Stopped => known == Some("rejected"),
    };
    folded.fraud = (!same).then_some(decision);
}

fn amount_of(aggregate: &OrderAggregate, authorization: &AuthorizationId) -> MinorUnits {
    let found = aggregate
        .authorizations()
        .find(|row| row.id == *authorization);
    found.map_or(MinorUnits::ZERO, |row| row.facts.amount_cents)
}

/// Whether a row stands for what Klarna shows, by Klarna's id or by our operation id.
fn is_known(aggregate: &OrderAggregate, klarna_id: &str, reference: Option<&str>) -> bool {
    aggregate.transactions.iter().any(|row| {
        let facts = row.facts();
        let same_id = facts.gateway_transaction_id.as_deref() == Some(klarna_id);
        let same_operation = reference.is_some() && facts.token.as_deref() == reference;
        facts.succeeded && (same_id || same_operation)
    })
}

fn fact(aggregate: &OrderAggregate, klarna_id: &str, amount: i64) -> TransactionFacts {
    TransactionFacts {
        amount_cents: MinorUnits(amount),
        succeeded: true,
        message: Some("made at Klarna".to_owned()),
        token: Some(klarna_id.to_owned()),
        gateway_transaction_id: Some(klarna_id.to_owned()),
        ..TransactionFacts::of(aggregate)
    }
}

fn enter(
    folded: &mut PortalFolded,
    id: &str,
    movement: Movement,
    amount: i64,
) -> Result<(), CommerceError> {
    let entry = LedgerMove {
        movement,
        amount: MinorUnits(amount),
        currency: folded.aggregate.currency()?,
    };
    folded.facts.push(Fact {
        id: id.to_owned(),
        entry,
    });
    Ok(())
}
