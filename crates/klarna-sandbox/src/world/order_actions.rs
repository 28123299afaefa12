//! What may happen next to an order: for every call, allowed or the refusal that it would get.
//!
//! Invariant: pure, and the very function that the calls ask. What it allows can only fail by what is sent: a field,
//! an amount, an id.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::managed::OrderCall;
use super::order::Order;
use super::order_state::OrderState;
use super::reply::Reply;
use super::schema::MAX_AMOUNT;
use super::settings::Settings;
use super::{World, time};

/// One call that could be made on an order now.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderAction {
    /// The call. Calls on a capture or refund that does not exist yet have an empty id.
    pub call: OrderCall,
    /// The answer that it would get, when it is refused whatever is sent.
    pub refusal: Option<Reply>,
    /// The smallest and the largest amount that it takes, in minor units, for calls that have one and are allowed.
    pub amounts: Option<(i64, i64)>,
}

impl World {
    /// Every call on an order at `now`, in the order of the rules' table; `None` when there is no such order.
    #[must_use]
    pub fn order_actions(&self, order_id: &str, now: Timestamp) -> Option<Vec<OrderAction>> {
        let order = self.settled_order(order_id, now)?;
        Some(actions(&order, &self.settings, now))
    }

    /// The state of an order at `now`; `None` when there is no such order.
    #[must_use]
    pub fn order_state(&self, order_id: &str, now: Timestamp) -> Option<OrderState> {
        Some(OrderState::of(&self.settled_order(order_id, now)?))
    }

    /// An order with what Order Management does not show.
    #[must_use]
    pub(crate) fn backstage(&self, order_id: &str, now: Timestamp) -> Option<Value> {
        let order = self.settled_order(order_id, now)?;
        let captures = order.captures.iter().map(|capture| {
            json!({
                "capture_id": capture.id,
                "due_at": time::wire(order.due_at(capture)),
                "due_date_extension": capture.due_date_extension,
                "send_outs": capture.send_outs,
            })
        });
        let captures: Value = captures.collect();
        Some(json!({
            "order": order.shown(),
            "state": OrderState::of(&order).name(),
            "acknowledged_at": order.acknowledged_at.map(time::wire),
            "captures": captures,
        }))
    }

    /// An order as it is at `now`, without touching the world.
    pub(crate) fn settled_order(&self, order_id: &str, now: Timestamp) -> Option<Order> {
        let mut order = self.orders.get(order_id)?.clone();
        order.settle(now);
        Some(order)
    }
}

fn actions(order: &Order, settings: &Settings, now: Timestamp) -> Vec<OrderAction> {
    let mut calls = vec![
        OrderCall::Read,
        OrderCall::Acknowledge,
        OrderCall::UpdateAuthorization,
        OrderCall::Cancel,
        OrderCall::UpdateCustomerDetails,
        OrderCall::Extend,
        OrderCall::UpdateMerchantReferences,
        OrderCall::Release,
        OrderCall::AddShippingInfo,
        OrderCall::Capture,
        OrderCall::ListCaptures,
    ];
    let captures = order.captures.iter().map(|capture| capture.id.clone());
    for id in at_least_one(captures) {
        calls.push(OrderCall::ReadCapture(id.clone()));
        calls.push(OrderCall::ExtendDueDate(id.clone()));
        calls.push(OrderCall::DueDateOptions(id.clone()));
        calls.push(OrderCall::AddCaptureShippingInfo(id.clone()));
        calls.push(OrderCall::TriggerSendOut(id));
    }
    calls.push(OrderCall::Refund);
    let refunds = order.refunds.iter().map(|refund| refund.id.clone());
    calls.extend(at_least_one(refunds).map(OrderCall::ReadRefund));
    calls
        .into_iter()
        .map(|call| {
            let refusal = refusal(order, &call, settings, now);
            let amounts = match refusal {
                None => amounts(order, &call),
                Some(_) => None,
            };
            OrderAction {
                call,
                refusal,
                amounts,
            }
        })
        .collect()
}

/// The ids, or one empty id where there is none.
fn at_least_one(ids: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let mut ids = ids.peekable();
    let none = ids.peek().is_none().then(String::new);
    ids.chain(none)
}

/// Why a call is refused whatever is sent with it: the state first, then plan and age.
pub(super) fn refusal(
    order: &Order,
    call: &OrderCall,
    settings: &Settings,
    now: Timestamp,
) -> Option<Reply> {
    let state = match (call, OrderState::of(order)) {
        // Two questions that no public page answers; see `docs/klarna/decisions.md`.
        (OrderCall::Capture, OrderState::Pending) if settings.capture_while_pending => {
            OrderState::Authorized
        }
        (OrderCall::Cancel, OrderState::Cancelled) if settings.cancel_twice => {
            OrderState::Authorized
        }
        (_, state) => state,
    };
    if let Some(refusal) = call.rule().refusal(state, &order.id, call) {
        return Some(refusal);
    }
    let why = match call {
        OrderCall::Extend if now >= order.extension_limit() => {
            "Order is older than 180 days. Authorization time cannot be extended."
        }
        OrderCall::Extend if !order.method.may_extend(order.country()) => {
            "Payment method does not allow it. Authorization time cannot be extended."
        }
        OrderCall::ExtendDueDate(id) => order.no_extension(order.capture_of_id(id)?, now)?,
        _ => return None,
    };
    Some(Reply::error(403, call.rule().code, why))
}

/// The amounts that an allowed call takes. Zero is out of the question for captures and refunds.
fn amounts(order: &Order, call: &OrderCall) -> Option<(i64, i64)> {
    match call {
        OrderCall::Capture => Some((1, order.remaining())),
        OrderCall::Refund => Some((1, order.captured() - order.refunded())),
        OrderCall::UpdateAuthorization => {
            let most = if order.may_grow() {
                MAX_AMOUNT
            } else {
                order.amount
            };
            Some((order.captured(), most))
        }
        _ => None,
    }
}
