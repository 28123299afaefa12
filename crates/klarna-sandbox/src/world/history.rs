//! What was asked of an order, and what came of it: for people who look at it later.
//!
//! Invariant: refusals are remembered beside successes, reads and repeated keys are not; nothing in the rules reads it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::Command;
use super::reply::Reply;
use super::{KlarnaAct, World};

/// Events that an order keeps; the oldest make room.
const KEPT: usize = 200;

/// One call on an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// When.
    pub at: Timestamp,
    /// The call, as logs and fault rules name it.
    pub operation: String,
    /// The status of the answer.
    pub status: u16,
    /// The code of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The amount that was sent, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// The capture or refund that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
}

impl World {
    /// Notes what a command did to its order.
    pub(super) fn remember(&mut self, command: &Command, reply: &Reply, now: Timestamp) {
        let (order_id, body) = match command {
            Command::Manage { order_id, body, .. } if !command.is_read() => (order_id, body),
            Command::Klarna {
                act: KlarnaAct::CloseOrder { order_id },
            } => (order_id, &Value::Null),
            _ => return,
        };
        let Some(order) = self.orders.get_mut(order_id) else {
            return;
        };
        if order.history.len() >= KEPT {
            order.history.remove(0);
        }
        let amounts = ["captured_amount", "refunded_amount", "order_amount"];
        order.history.push(OrderEvent {
            at: now,
            operation: command.operation().to_owned(),
            status: reply.status,
            error_code: reply.error_code().map(str::to_owned),
            amount: amounts.iter().find_map(|name| body.get(name)?.as_i64()),
            made: reply.made().map(str::to_owned),
        });
    }
}
