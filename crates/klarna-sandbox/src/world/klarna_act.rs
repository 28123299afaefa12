//! What Klarna itself does, with no call of the merchant: stopping or closing an order, suspending a token, refusing its
//! charges.
//!
//! Invariant: reachable through the control API only, because no public call causes it; what follows from it obeys the
//! same rules as everything else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::World;
use super::customer_token::{Charges, TokenStatus};
use super::order::{Ending, Fraud, Order};
use super::place::filled;
use super::reply::{Outcome, Reply};

/// One thing that Klarna does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum KlarnaAct {
    /// An order is closed for good.
    CloseOrder {
        /// The order.
        order_id: String,
    },
    /// An accepted order turns out to be fraud: a stop request, which the current page on pending orders has no more.
    StopOrder {
        /// The order.
        order_id: String,
    },
    /// A customer token is suspended or works again, or its next charges end otherwise.
    ChangeToken {
        /// The token.
        token: String,
        /// Its new status.
        status: Option<TokenStatus>,
        /// How charges end from now on.
        charges: Option<Charges>,
    },
}

impl World {
    fn order_of_klarna(&mut self, order_id: &str, now: Timestamp) -> Result<&mut Order, Reply> {
        let order = self.orders.get_mut(order_id).ok_or_else(|| {
            let message = format!("Order {order_id} cannot be found");
            Reply::error(404, "NO_SUCH_ORDER", message)
        })?;
        order.settle(now);
        Ok(order)
    }

    pub(super) fn klarna_acts(&mut self, act: &KlarnaAct, now: Timestamp) -> Outcome {
        match act {
            KlarnaAct::StopOrder { order_id } => {
                let order = self.order_of_klarna(order_id, now)?;
                if order.fraud != Fraud::Accepted || order.ending != Ending::Open {
                    let message = "Only an accepted order that is still open can be stopped";
                    return Err(Reply::error(409, "CONFLICT", message));
                }
                order.fraud = Fraud::Rejected { decided_at: now };
                let order = order.clone();
                if let Some(url) = order.merchant_url("notification") {
                    self.deliveries.stop(filled(url, &order), &order, now);
                }
                Ok(Reply::empty(204))
            }
            KlarnaAct::CloseOrder { order_id } => {
                let order = self.order_of_klarna(order_id, now)?;
                order.ending = Ending::Closed;
                order.waiting_capture = None;
                Ok(Reply::empty(204))
            }
            KlarnaAct::ChangeToken {
                token,
                status,
                charges,
            } => {
                let token = self
                    .customer_tokens
                    .get_mut(token)
                    .ok_or_else(|| Reply::error(404, "NOT_FOUND", "Invalid customer-token ID"))?;
                if let Some(status) = status {
                    token.status = *status;
                    token.cancelled_at = None;
                }
                if let Some(charges) = charges {
                    token.charges = *charges;
                }
                Ok(Reply::empty(204))
            }
        }
    }
}
