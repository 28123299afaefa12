//! Balances of an order's transactions and the payment status that follows from them.
//!
//! Everything is recomputed from the rows, so a status can never contradict the rows below it.

use jiff::Timestamp;
use kassa_money::{MinorUnits, MoneyError};

use crate::aggregate::OrderAggregate;
use crate::ids::{AuthorizationId, CaptureId};
use crate::states::{PaymentStatus, Share, Shares};
use crate::transaction::Transaction;

/// Sums over the successful transactions of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balances {
    /// Guaranteed.
    pub authorized: MinorUnits,
    /// Claimed.
    pub captured: MinorUnits,
    /// Given back.
    pub refunded: MinorUnits,
    /// Given up, before or after captures.
    pub given_up: MinorUnits,
}

impl Balances {
    /// The sums of an order.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn of(aggregate: &OrderAggregate) -> Result<Self, MoneyError> {
        let mut balances = Self::default();
        for transaction in &aggregate.transactions {
            let facts = transaction.facts();
            if !facts.succeeded {
                continue;
            }
            let sum = match transaction {
                Transaction::Authorization(_) => &mut balances.authorized,
                Transaction::Capture(_) => &mut balances.captured,
                Transaction::Void(_) => &mut balances.given_up,
                Transaction::Refund(_) => &mut balances.refunded,
            };
            *sum = sum.checked_add(facts.amount_cents)?;
        }
        Ok(balances)
    }

    /// Left to capture.
    pub fn remaining(&self) -> Result<MinorUnits, MoneyError> {
        self.authorized
            .checked_sub(self.captured)?
            .checked_sub(self.given_up)
    }

    /// The payment status of an order that has to pay `payable`.
    pub fn payment_status(&self, payable: MinorUnits) -> PaymentStatus {
        let authorized = match (self.authorized.is_positive(), payable.is_zero()) {
            (false, true) => Share::Needless,
            (false, false) => Share::Nothing,
            (true, _) => share(self.authorized, payable),
        };
        let settled =
            self.captured.minor().saturating_add(self.given_up.minor()) >= self.authorized.minor();
        PaymentStatus::of(Shares {
            authorized,
            captured: share(self.captured, self.authorized),
            refunded: share(self.refunded, self.captured),
            given_up: share(self.given_up, self.authorized),
            settled,
        })
    }
}

/// How much of the whole a part is.
fn share(part: MinorUnits, whole: MinorUnits) -> Share {
    if !part.is_positive() {
        Share::Nothing
    } else if part < whole {
        Share::Part
    } else {
        Share::All
    }
}

/// Recomputes the balances on the rows and the payment status of the order.
pub(crate) fn settle(aggregate: &mut OrderAggregate, now: Timestamp) -> Result<(), MoneyError> {
    let rows = aggregate.transactions.clone();
    for transaction in &mut aggregate.transactions {
        match transaction {
            Transaction::Authorization(authorization) => {
                let captured = sum(&rows, |row| captured_from(row, &authorization.id))?;
                let given_up = sum(&rows, |row| given_up_from(row, &authorization.id))?;
                let left = authorization
                    .facts
                    .amount_cents
                    .checked_sub(captured)?
                    .checked_sub(given_up)?;
                let left = if authorization.facts.succeeded {
                    left.max(MinorUnits::ZERO)
                } else {
                    MinorUnits::ZERO
                };
                authorization.capture_amount_cents = captured;
                authorization.capture_balance_cents = left;
                authorization.void_balance_cents = left;
            }
            Transaction::Capture(capture) => {
                let refunded = sum(&rows, |row| refunded_from(row, &capture.id))?;
                let left = capture.facts.amount_cents.checked_sub(refunded)?;
                capture.refund_amount_cents = refunded;
                capture.refund_balance_cents = if capture.facts.succeeded {
                    left.max(MinorUnits::ZERO)
                } else {
                    MinorUnits::ZERO
                };
            }
            Transaction::Void(_) | Transaction::Refund(_) => {}
        }
    }
    let status = Balances::of(aggregate)?.payment_status(aggregate.order.payable());
    aggregate.order.set_payment_status(status, now);
    Ok(())
}

fn sum(
    rows: &[Transaction],
    belongs: impl Fn(&Transaction) -> bool,
) -> Result<MinorUnits, MoneyError> {
    let own = rows
        .iter()
        .filter(|row| row.facts().succeeded && belongs(row));
    MinorUnits::checked_sum(own.map(|row| row.facts().amount_cents))
}

fn captured_from(row: &Transaction, id: &AuthorizationId) -> bool {
    matches!(row, Transaction::Capture(capture) if capture.reference_authorization_id == *id)
}

fn given_up_from(row: &Transaction, id: &AuthorizationId) -> bool {
    matches!(row, Transaction::Void(void) if void.reference_authorization_id == *id)
}

fn refunded_from(row: &Transaction, id: &CaptureId) -> bool {
    matches!(row, Transaction::Refund(refund) if refund.reference_capture_id == *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_status_follows_from_the_sums() {
        let table = [
            ((0, 0, 0, 0), 100, PaymentStatus::Unpaid),
            ((0, 0, 0, 0), 0, PaymentStatus::Free),
            ((100, 0, 0, 0), 100, PaymentStatus::Authorized),
            ((60, 0, 0, 0), 100, PaymentStatus::PartiallyAuthorized),
            ((100, 0, 0, 100), 100, PaymentStatus::Voided),
            ((100, 0, 0, 40), 100, PaymentStatus::PartiallyVoided),
            ((100, 40, 0, 0), 100, PaymentStatus::PartiallyPaid),
            ((100, 100, 0, 0), 100, PaymentStatus::Paid),
            ((100, 40, 0, 60), 100, PaymentStatus::PartiallyVoided),
            ((100, 100, 30, 0), 100, PaymentStatus::PartiallyRefunded),
            ((100, 100, 100, 0), 100, PaymentStatus::Refunded),
            ((100, 40, 40, 0), 100, PaymentStatus::PartiallyRefunded),
            ((100, 40, 40, 60), 100, PaymentStatus::Refunded),
        ];
        for ((authorized, captured, refunded, given_up), payable, status) in table {
            let balances = Balances {
                authorized: MinorUnits(authorized),
                captured: MinorUnits(captured),
                refunded: MinorUnits(refunded),
                given_up: MinorUnits(given_up),
            };
            assert_eq!(
                balances.payment_status(MinorUnits(payable)),
                status,
                "{balances:?}"
            );
        }
    }
}
