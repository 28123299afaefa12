//! Order Management: the calls on one order and the state machine that allows or refuses them.
//!
//! Invariant: an illegal state is always 403 with the documented code, never 400 or 409; a bad field is 422.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fields::{integer, list, object, text};
use super::order::{Ending, Order};
use super::reply::{Outcome, Reply, bad_request};
use super::{World, ids, schema, time, validation};

/// A call on one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderCall {
    /// `GET` the order.
    Read,
    /// `POST /acknowledge`.
    Acknowledge,
    /// `PATCH /authorization`.
    UpdateAuthorization,
    /// `POST /cancel`.
    Cancel,
    /// `PATCH /customer-details`.
    UpdateCustomerDetails,
    /// `POST /extend-authorization-time`.
    Extend,
    /// `PATCH /merchant-references`.
    UpdateMerchantReferences,
    /// `POST /release-remaining-authorization`.
    Release,
    /// `POST /shipping-info`.
    AddShippingInfo,
    /// `POST /captures`.
    Capture,
    /// `GET /captures`.
    ListCaptures,
    /// `GET /captures/{capture_id}`.
    ReadCapture(String),
    /// `POST /captures/{capture_id}/shipping-info`.
    AddCaptureShippingInfo(String),
    /// `POST /captures/{capture_id}/trigger-send-out`.
    TriggerSendOut(String),
    /// `POST /refunds`.
    Refund,
    /// `GET /refunds/{refund_id}`.
    ReadRefund(String),
}

impl OrderCall {
    /// The name by which logs and fault rules know the call.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Read => "read_order",
            Self::Acknowledge => "acknowledge",
            Self::UpdateAuthorization => "update_authorization",
            Self::Cancel => "cancel",
            Self::UpdateCustomerDetails => "update_customer_details",
            Self::Extend => "extend",
            Self::UpdateMerchantReferences => "update_merchant_references",
            Self::Release => "release",
            Self::AddShippingInfo => "add_shipping_info",
            Self::Capture => "capture",
            Self::ListCaptures => "list_captures",
            Self::ReadCapture(_) => "read_capture",
            Self::AddCaptureShippingInfo(_) => "add_capture_shipping_info",
            Self::TriggerSendOut(_) => "trigger_send_out",
            Self::Refund => "refund",
            Self::ReadRefund(_) => "read_refund",
        }
    }

    /// Whether the call changes nothing.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Read | Self::ListCaptures | Self::ReadCapture(_) | Self::ReadRefund(_)
        )
    }
}

impl World {
    pub(super) fn manage(
        &mut self,
        order_id: &str,
        call: &OrderCall,
        body: &Value,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        if !ids::is_uuid(order_id) {
            return Err(Reply::error(
                400,
                "INVALID_ORDER_ID",
                "Order ID must be a valid UUID.",
            ));
        }
        let nothing = Map::new();
        let body = match body {
            Value::Null => &nothing,
            other => other.as_object().ok_or_else(bad_request)?,
        };
        match call {
            OrderCall::Read => Ok(Reply::json(200, self.order(order_id, now, "")?.shown())),
            OrderCall::Acknowledge => {
                self.order(order_id, now, ". Acknowledgement not possible.")?;
                Ok(Reply::empty(204))
            }
            OrderCall::UpdateAuthorization => self.update_authorization(order_id, body, now),
            OrderCall::Cancel => self.cancel(order_id, now),
            OrderCall::UpdateCustomerDetails => self.update_customer_details(order_id, body, now),
            OrderCall::Extend => self.extend(order_id, now),
            OrderCall::UpdateMerchantReferences => self.update_references(order_id, body, now),
            OrderCall::Release => self.release(order_id, now),
            OrderCall::AddShippingInfo => self.add_shipping_info(order_id, body, now),
            OrderCall::Capture => self.capture(order_id, body, now, entropy),
            OrderCall::ListCaptures => {
                let order = self.order(order_id, now, "")?;
                let shown = order.captures.iter().map(|capture| capture.shown(order));
                Ok(Reply::json(200, shown.collect()))
            }
            OrderCall::ReadCapture(capture_id) => {
                let order = self.order(order_id, now, "")?;
                let capture = order
                    .captures
                    .iter()
                    .find(|capture| capture.id == *capture_id);
                let capture = capture.ok_or_else(|| no_such_capture(""))?;
                Ok(Reply::json(200, capture.shown(order)))
            }
            OrderCall::AddCaptureShippingInfo(id) => {
                self.add_capture_shipping_info(order_id, id, body, now)
            }
            OrderCall::TriggerSendOut(id) => {
                let order = self.order(order_id, now, "")?;
                let known = order.captures.iter().any(|capture| capture.id == *id);
                known
                    .then(|| Reply::empty(204))
                    .ok_or_else(|| no_such_capture(""))
            }
            OrderCall::Refund => self.refund(order_id, body, now, entropy),
            OrderCall::ReadRefund(id) => self.read_refund(order_id, id, now),
        }
    }

    /// The order with everything settled that time brings, or `404` with the call's own tail.
    pub(super) fn order(
        &mut self,
        order_id: &str,
        now: Timestamp,
        tail: &str,
    ) -> Result<&mut Order, Reply> {
        let Some(order) = self.orders.get_mut(order_id) else {
            let message = format!("Order {order_id} cannot be found{tail}");
            return Err(Reply::error(404, "NO_SUCH_ORDER", message));
        };
        order.settle(now);
        Ok(order)
    }

    fn cancel(&mut self, order_id: &str, now: Timestamp) -> Outcome {
        let order = self.order(order_id, now, "")?;
        let refused = |message: String| Err(Reply::error(403, "CANCEL_NOT_ALLOWED", message));
        if !order.captures.is_empty() {
            return refused("Order has previous captures. Cancel not possible.".to_owned());
        }
        match order.ending {
            Ending::Open => {}
            Ending::Expired => {
                return refused(format!("Order {order_id} is expired. Cancel not possible."));
            }
            Ending::Cancelled | Ending::Released => {
                return refused(format!(
                    "Order {order_id} is cancelled. Cancel not possible."
                ));
            }
        }
        order.ending = Ending::Cancelled;
        order.waiting_capture = None;
        self.deliveries.forget_notification(order_id);
        Ok(Reply::empty(204))
    }

    fn release(&mut self, order_id: &str, now: Timestamp) -> Outcome {
        let order = self.order(order_id, now, "")?;
        let why_not = match order.ending {
            Ending::Cancelled => Some("Order is cancelled"),
            Ending::Expired => Some("Order is expired"),
            Ending::Released => Some("Order is fully captured"),
            Ending::Open if order.is_fully_captured() => Some("Order is fully captured"),
            Ending::Open if order.captures.is_empty() => Some("Order has no captures"),
            Ending::Open => None,
        };
        if let Some(why) = why_not {
            let message = format!("{why}. Remaining authorization cannot be released.");
            return Err(not_allowed(&message));
        }
        order.ending = Ending::Released;
        Ok(Reply::empty(204))
    }

    fn extend(&mut self, order_id: &str, now: Timestamp) -> Outcome {
        let days = self.settings.account_period_days;
        let order = self.order(order_id, now, "")?;
        let limit = time::midnight_after(order.created_at, time::EXTENSION_LIMIT_DAYS);
        let why_not = match order.ending {
            Ending::Cancelled => Some("Order is cancelled"),
            Ending::Expired => Some("Order is expired"),
            Ending::Released => Some("Order is fully captured"),
            Ending::Open if order.is_fully_captured() => Some("Order is fully captured"),
            Ending::Open if now >= limit => Some("Order is older than 180 days"),
            Ending::Open if !order.method.may_extend(order.country()) => {
                Some("Payment method does not allow it")
            }
            Ending::Open => None,
        };
        if let Some(why) = why_not {
            let message = format!("{why}. Authorization time cannot be extended.");
            return Err(not_allowed(&message));
        }
        // Counted from the day of the call, so that a second call on that day changes nothing.
        order.expires_at = time::midnight_after(now, days)
            .min(limit)
            .max(order.expires_at);
        Ok(Reply::empty(204))
    }

    fn update_authorization(
        &mut self,
        order_id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Outcome {
        let order = self.order(order_id, now, "")?;
        validation::refuse_managed(body, schema::UPDATE_AUTHORIZATION)?;
        let amount = integer(body, "order_amount").unwrap_or(0);
        if order.ending != Ending::Open || order.is_fully_captured() {
            return Err(not_allowed("Update not allowed."));
        }
        let captured = order.captured();
        if amount < captured {
            return Err(not_allowed(&format!(
                "Resulting authorization amount {amount} cannot be less than the captured amount {captured} for \
                 order. Order authorization cannot be updated."
            )));
        }
        if amount > order.amount && !order.method.may_increase(order.country()) {
            return Err(not_allowed("Update not allowed."));
        }
        order.amount = amount;
        // Leaving the lines out deletes them.
        let lines = list(body, "order_lines").to_vec();
        order.body.insert("order_lines".into(), lines.into());
        Ok(Reply::empty(204))
    }

    fn update_references(
        &mut self,
        order_id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Outcome {
        let order = self.order(order_id, now, "").map_err(|_| {
            let message = "Order cannot be found. Merchant references cannot be updated.";
            Reply::error(404, "NO_SUCH_ORDER", message)
        })?;
        validation::refuse_managed(body, schema::MERCHANT_REFERENCES)?;
        if order.ending == Ending::Cancelled {
            let message = "Order is cancelled. Merchant references cannot be updated.";
            return Err(not_allowed(message));
        }
        for name in ["merchant_reference1", "merchant_reference2"] {
            if let Some(reference) = text(body, name) {
                order.body.insert(name.to_owned(), reference.into());
            }
        }
        Ok(Reply::empty(204))
    }

    fn update_customer_details(
        &mut self,
        order_id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Outcome {
        let order = self.order(order_id, now, "")?;
        if object(body, "billing_address").is_some() {
            return Err(not_allowed(
                "Billing address cannot be updated for user account order. Customer details cannot be updated.",
            ));
        }
        if validation::refuse_managed(body, schema::CUSTOMER_DETAILS).is_err() {
            let message = "The shipping and/or billing address is invalid";
            return Err(Reply::error(422, "INVALID_ADDRESS", message));
        }
        if order.ending != Ending::Open || order.is_fully_captured() {
            return Err(not_allowed("Customer details cannot be updated."));
        }
        if let Some(address) = object(body, "shipping_address") {
            let mut merged = object(&order.body, "shipping_address")
                .cloned()
                .unwrap_or_default();
            super::fields::merge(&mut merged, address);
            order.body.insert("shipping_address".into(), merged.into());
        }
        Ok(Reply::empty(204))
    }

    fn add_shipping_info(
        &mut self,
        order_id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Outcome {
        let tail = format!(". Shipping info cannot be added to order {order_id}.");
        let order = self.order(order_id, now, &tail)?;
        validation::refuse_managed(body, schema::ADD_SHIPPING_INFO)?;
        order
            .shipping_info
            .extend_from_slice(list(body, "shipping_info"));
        Ok(Reply::empty(204))
    }

    fn add_capture_shipping_info(
        &mut self,
        order_id: &str,
        capture_id: &str,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Outcome {
        let tail = format!(". Shipping info cannot be added to capture {capture_id}.");
        let order = self.order(order_id, now, &tail)?;
        validation::refuse_managed(body, schema::ADD_SHIPPING_INFO)?;
        let capture = order
            .captures
            .iter_mut()
            .find(|capture| capture.id == capture_id)
            .ok_or_else(|| {
                no_such_capture(&format!(
                    ". Shipping info cannot be added to capture {capture_id}"
                ))
            })?;
        capture
            .shipping_info
            .extend_from_slice(list(body, "shipping_info"));
        Ok(Reply::empty(204))
    }
}

fn not_allowed(message: &str) -> Reply {
    Reply::error(403, "NOT_ALLOWED", message)
}

fn no_such_capture(tail: &str) -> Reply {
    Reply::error(
        404,
        "NO_SUCH_CAPTURE",
        format!("Capture could not be found{tail}"),
    )
}
