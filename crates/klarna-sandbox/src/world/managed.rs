//! Order Management: the calls on one order, each in the same four steps.
//!
//! Invariant: found (404), understood (422), allowed (403), done. An illegal state is always 403 with the documented
//! code, never 400 or 409; a call that was refused changed nothing.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fields::{self, Field, object};
use super::order::Order;
use super::reply::{Outcome, Reply, bad_request};
use super::settings::Settings;
use super::{World, contact, ids, order_actions, schema, time, validation};

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
    /// `PATCH /captures/{capture_id}/extend-due-date`.
    ExtendDueDate(String),
    /// `GET /captures/{capture_id}/extend-due-date-options`.
    DueDateOptions(String),
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
        self.rule().operation
    }

    /// Whether the call changes nothing.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Read
                | Self::ListCaptures
                | Self::ReadCapture(_)
                | Self::DueDateOptions(_)
                | Self::ReadRefund(_)
        )
    }

    /// The fields of the call's body; `None` when it has none.
    #[must_use]
    pub(crate) fn described(&self) -> Option<&'static [Field]> {
        match self {
            Self::UpdateAuthorization => Some(schema::UPDATE_AUTHORIZATION),
            Self::UpdateCustomerDetails => Some(schema::CUSTOMER_DETAILS),
            Self::UpdateMerchantReferences => Some(schema::MERCHANT_REFERENCES),
            Self::AddShippingInfo | Self::AddCaptureShippingInfo(_) => {
                Some(schema::ADD_SHIPPING_INFO)
            }
            Self::Capture => Some(schema::CAPTURE),
            Self::ExtendDueDate(_) => Some(schema::EXTEND_DUE_DATE),
            Self::Refund => Some(schema::REFUND),
            Self::Read
            | Self::Acknowledge
            | Self::Cancel
            | Self::Extend
            | Self::Release
            | Self::ListCaptures
            | Self::ReadCapture(_)
            | Self::DueDateOptions(_)
            | Self::TriggerSendOut(_)
            | Self::ReadRefund(_) => None,
        }
    }

    /// Whether the call has a body.
    #[must_use]
    pub fn takes_body(&self) -> bool {
        self.described().is_some()
    }

    /// The capture that the call is about.
    pub(crate) fn capture_id(&self) -> Option<&str> {
        match self {
            Self::ReadCapture(id)
            | Self::ExtendDueDate(id)
            | Self::DueDateOptions(id)
            | Self::AddCaptureShippingInfo(id)
            | Self::TriggerSendOut(id) => Some(id),
            _ => None,
        }
    }

    /// How the call says that there is no such order.
    fn no_such_order(&self, order_id: &str) -> Reply {
        let (code, message) = match self {
            Self::Acknowledge => (
                "NO_SUCH_ORDER",
                format!("Order {order_id} cannot be found. Acknowledgement not possible."),
            ),
            Self::AddShippingInfo => (
                "NO_SUCH_ORDER",
                format!(
                    "Order {order_id} cannot be found. Shipping info cannot be added to order {order_id}."
                ),
            ),
            Self::AddCaptureShippingInfo(capture) => (
                "NO_SUCH_ORDER",
                format!(
                    "Order {order_id} cannot be found. Shipping info cannot be added to capture {capture}."
                ),
            ),
            Self::UpdateMerchantReferences => (
                "NO_SUCH_ORDER",
                "Order cannot be found. Merchant references cannot be updated.".to_owned(),
            ),
            // The two calls on refunds have a code of their own in the specification.
            Self::Refund => ("NOT_FOUND", format!("Order {order_id} cannot be found")),
            Self::ReadRefund(refund) => (
                "NOT_FOUND",
                format!("Refund {refund} cannot be found for order {order_id}"),
            ),
            _ => ("NO_SUCH_ORDER", format!("Order {order_id} cannot be found")),
        };
        Reply::error(404, code, message)
    }

    /// How the call says that its capture does not exist.
    fn no_such_capture(&self) -> Reply {
        let message = match self {
            Self::AddCaptureShippingInfo(id) => {
                format!("Capture could not be found. Shipping info cannot be added to capture {id}")
            }
            _ => "Capture could not be found".to_owned(),
        };
        Reply::error(404, "NO_SUCH_CAPTURE", message)
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
            let message = "Order ID must be a valid UUID.";
            let status = self.settings.invalid_order_id_status;
            return Err(Reply::error(status, "INVALID_ORDER_ID", message));
        }
        let nothing = Map::new();
        let body = match body {
            Value::Null => &nothing,
            other => other.as_object().ok_or_else(bad_request)?,
        };
        let order = self
            .orders
            .get_mut(order_id)
            .filter(|order| now < time::midnight_after(order.created_at, time::READABLE_DAYS))
            .ok_or_else(|| call.no_such_order(order_id))?;
        order.settle(now);
        let body = &understood(call, body)?;
        if let Some(refusal) = order_actions::refusal(order, call, &self.settings, now) {
            return Err(refusal);
        }
        if let Some(id) = call.capture_id()
            && order.capture_of_id(id).is_none()
        {
            return Err(call.no_such_capture());
        }
        let reply = perform(order, call, body, &self.settings, now, entropy)?;
        if *call == OrderCall::Cancel {
            self.deliveries.forget_notification(order_id);
        }
        Ok(reply)
    }
}

/// The body's own rules: 422 with a sentence, but an address that is no address is told so.
///
/// Gives what is known of the body: nulls and members that nobody described are tolerated and never shown again.
fn understood(call: &OrderCall, body: &Map<String, Value>) -> Result<Map<String, Value>, Reply> {
    if *call == OrderCall::UpdateCustomerDetails && object(body, "billing_address").is_some() {
        let message = "Billing address cannot be updated for user account order. Customer details cannot be updated.";
        return Err(Reply::error(403, "NOT_ALLOWED", message));
    }
    let described = call.described().unwrap_or_default();
    validation::refuse_managed(body, described)?;
    if *call == OrderCall::UpdateCustomerDetails && !contact::invalid_fields(body).is_empty() {
        let message = "The shipping and/or billing address is invalid";
        return Err(Reply::error(422, "INVALID_ADDRESS", message));
    }
    Ok(fields::known(body, described))
}

/// What an allowed call does. The order is settled, the body described, the capture known.
fn perform(
    order: &mut Order,
    call: &OrderCall,
    body: &Map<String, Value>,
    settings: &Settings,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Outcome {
    match call {
        OrderCall::Read => return Ok(Reply::json(200, order.shown())),
        OrderCall::ListCaptures => {
            let shown = order.captures.iter().map(|capture| capture.shown(order));
            return Ok(Reply::json(200, shown.collect()));
        }
        OrderCall::ReadCapture(id) => {
            let capture = order
                .capture_of_id(id)
                .ok_or_else(|| call.no_such_capture())?;
            return Ok(Reply::json(200, capture.shown(order)));
        }
        OrderCall::DueDateOptions(id) => return Ok(order.due_date_options(id, settings, now)),
        OrderCall::ReadRefund(id) => {
            return order.read_refund(id, settings.refund_not_found_status);
        }
        OrderCall::Capture => return order.capture(body, settings, now, entropy),
        OrderCall::Refund => return order.refund(body, now, entropy),
        OrderCall::Acknowledge => order.acknowledge(now),
        OrderCall::Cancel => order.cancel(),
        OrderCall::Release => order.release(),
        OrderCall::Extend => order.extend(settings.extension_days(), now),
        OrderCall::UpdateAuthorization => order.update_authorization(body)?,
        OrderCall::UpdateMerchantReferences => order.update_references(body),
        OrderCall::UpdateCustomerDetails => order.update_customer_details(body),
        OrderCall::AddShippingInfo => order.add_shipping_info(body),
        OrderCall::AddCaptureShippingInfo(id) => order.add_capture_shipping_info(id, body),
        OrderCall::TriggerSendOut(id) => order.trigger_send_out(id),
        OrderCall::ExtendDueDate(id) => order.extend_due_date(id, body, settings, now)?,
    }
    Ok(Reply::empty(204))
}
