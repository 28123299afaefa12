//! The state machine of an order as data: for each call and each state, allowed or the refusal's own words.
//!
//! Invariant: this table is the only place that says what a state forbids. The calls ask it, `GET explain` quotes it,
//! and a test walks every cell over HTTP against the same table in `docs/klarna/order-management.md`.

use super::managed::OrderCall;
use super::order_state::OrderState;
use super::reply::Reply;

/// One call's row: in which states it is refused, and with which words.
#[derive(Debug, Clone, Copy)]
pub struct CallRule {
    /// The operation, as logs and fault rules name it.
    pub operation: &'static str,
    /// `error_code` of its refusals.
    pub code: &'static str,
    /// One cell for each of [`OrderState::ALL`]: `None` is allowed. `{order}` and `{capture}` stand for the ids.
    pub cells: [Option<&'static str>; 10],
}

impl CallRule {
    /// The message with which a state refuses the call, placeholders not yet filled in.
    #[must_use]
    pub fn message(&self, state: OrderState) -> Option<&'static str> {
        let column = OrderState::ALL.iter().position(|known| *known == state)?;
        self.cells.get(column).copied().flatten()
    }

    /// The refusal of a call on this order by its state alone.
    pub(crate) fn refusal(
        &self,
        state: OrderState,
        order: &str,
        call: &OrderCall,
    ) -> Option<Reply> {
        let capture = call.capture_id().unwrap_or_default();
        let message = self
            .message(state)?
            .replace("{order}", order)
            .replace("{capture}", capture);
        Some(Reply::error(403, self.code, message))
    }
}

/// All rows.
pub const TABLE: [&CallRule; 18] = [
    &READ,
    &ACKNOWLEDGE,
    &UPDATE_AUTHORIZATION,
    &CANCEL,
    &CUSTOMER_DETAILS,
    &EXTEND,
    &MERCHANT_REFERENCES,
    &RELEASE,
    &ADD_SHIPPING_INFO,
    &CAPTURE,
    &LIST_CAPTURES,
    &READ_CAPTURE,
    &EXTEND_DUE_DATE,
    &DUE_DATE_OPTIONS,
    &ADD_CAPTURE_SHIPPING_INFO,
    &TRIGGER_SEND_OUT,
    &REFUND,
    &READ_REFUND,
];

impl OrderCall {
    /// The call's row of the table.
    #[must_use]
    pub fn rule(&self) -> &'static CallRule {
        match self {
            Self::Read => &READ,
            Self::Acknowledge => &ACKNOWLEDGE,
            Self::UpdateAuthorization => &UPDATE_AUTHORIZATION,
            Self::Cancel => &CANCEL,
            Self::UpdateCustomerDetails => &CUSTOMER_DETAILS,
            Self::Extend => &EXTEND,
            Self::UpdateMerchantReferences => &MERCHANT_REFERENCES,
            Self::Release => &RELEASE,
            Self::AddShippingInfo => &ADD_SHIPPING_INFO,
            Self::Capture => &CAPTURE,
            Self::ListCaptures => &LIST_CAPTURES,
            Self::ReadCapture(_) => &READ_CAPTURE,
            Self::ExtendDueDate(_) => &EXTEND_DUE_DATE,
            Self::DueDateOptions(_) => &DUE_DATE_OPTIONS,
            Self::AddCaptureShippingInfo(_) => &ADD_CAPTURE_SHIPPING_INFO,
            Self::TriggerSendOut(_) => &TRIGGER_SEND_OUT,
            Self::Refund => &REFUND,
            Self::ReadRefund(_) => &READ_REFUND,
        }
    }
}

const OK: Option<&str> = None;

/// A call that every state allows.
const fn free(operation: &'static str) -> CallRule {
    let cells = [OK; 10];
    CallRule {
        operation,
        code: "NOT_ALLOWED",
        cells,
    }
}

const READ: CallRule = free("read_order");
const LIST_CAPTURES: CallRule = free("list_captures");
const READ_CAPTURE: CallRule = free("read_capture");
const READ_REFUND: CallRule = free("read_refund");
const ADD_SHIPPING_INFO: CallRule = free("add_shipping_info");
/// Documented with no refusal but 404; a state that forbids extending offers an empty list.
const DUE_DATE_OPTIONS: CallRule = free("due_date_options");

const ACKNOWLEDGE: CallRule = CallRule {
    operation: "acknowledge",
    code: "NOT_ALLOWED",
    cells: [
        OK,
        OK,
        OK,
        OK,
        OK,
        OK,
        Some("Order {order} is cancelled. Acknowledgement not possible."),
        Some("Order {order} is expired. Acknowledgement not possible."),
        OK,
        Some("Order {order} is closed. Acknowledgement not possible."),
    ],
};

/// The one documented sentence for every state.
const NO_UPDATE: Option<&str> = Some("Update not allowed.");

const UPDATE_AUTHORIZATION: CallRule = CallRule {
    operation: "update_authorization",
    code: "NOT_ALLOWED",
    cells: [
        OK, OK, NO_UPDATE, OK, NO_UPDATE, NO_UPDATE, NO_UPDATE, NO_UPDATE, NO_UPDATE, NO_UPDATE,
    ],
};

const CANCEL: CallRule = CallRule {
    operation: "cancel",
    code: "CANCEL_NOT_ALLOWED",
    cells: [
        OK,
        OK,
        OK,
        Some("Order has previous captures. Cancel not possible."),
        Some("Order has previous captures. Cancel not possible."),
        Some("Order has previous captures. Cancel not possible."),
        Some("Order {order} is cancelled. Cancel not possible."),
        Some("Order {order} is expired. Cancel not possible."),
        Some("Order has previous captures. Cancel not possible."),
        Some("Order {order} is closed. Cancel not possible."),
    ],
};

const CUSTOMER_DETAILS: CallRule = CallRule {
    operation: "update_customer_details",
    code: "NOT_ALLOWED",
    cells: [
        OK,
        Some("Order is pending. Customer details cannot be updated."),
        Some("Order is rejected. Customer details cannot be updated."),
        OK,
        Some("Order is fully captured. Customer details cannot be updated."),
        Some("Order is fully captured. Customer details cannot be updated."),
        Some("Order is cancelled. Customer details cannot be updated."),
        Some("Order is expired. Customer details cannot be updated."),
        Some("Order is expired. Customer details cannot be updated."),
        Some("Order is closed. Customer details cannot be updated."),
    ],
};

const EXTEND: CallRule = CallRule {
    operation: "extend",
    code: "NOT_ALLOWED",
    cells: [
        OK,
        OK,
        Some("Order is rejected. Authorization time cannot be extended."),
        OK,
        Some("Order is fully captured. Authorization time cannot be extended."),
        Some("Order is fully captured. Authorization time cannot be extended."),
        Some("Order is cancelled. Authorization time cannot be extended."),
        Some("Order is expired. Authorization time cannot be extended."),
        Some("Order is expired. Authorization time cannot be extended."),
        Some("Order is closed. Authorization time cannot be extended."),
    ],
};

const MERCHANT_REFERENCES: CallRule = CallRule {
    operation: "update_merchant_references",
    code: "NOT_ALLOWED",
    cells: [
        OK,
        OK,
        OK,
        OK,
        OK,
        OK,
        Some("Order is cancelled. Merchant references cannot be updated."),
        OK,
        OK,
        OK,
    ],
};

const RELEASE: CallRule = CallRule {
    operation: "release",
    code: "NOT_ALLOWED",
    cells: [
        Some("Order has no captures. Remaining authorization cannot be released."),
        Some("Order has no captures. Remaining authorization cannot be released."),
        Some("Order has no captures. Remaining authorization cannot be released."),
        OK,
        Some("Order is fully captured. Remaining authorization cannot be released."),
        Some("Order is fully captured. Remaining authorization cannot be released."),
        Some("Order is cancelled. Remaining authorization cannot be released."),
        Some("Order is expired. Remaining authorization cannot be released."),
        Some("Order is expired. Remaining authorization cannot be released."),
        Some("Order is closed. Remaining authorization cannot be released."),
    ],
};

/// What a capture beyond the remainder is told, whatever the remainder.
pub(crate) const OVER_CAPTURE: &str =
    "Captured amount is higher than the remaining authorized amount. Capture not possible.";

const CAPTURE: CallRule = CallRule {
    operation: "capture",
    code: "CAPTURE_NOT_ALLOWED",
    cells: [
        OK,
        Some("Order {order} is pending. Capture not possible."),
        // Capturing a rejected order takes it over.
        OK,
        OK,
        Some(OVER_CAPTURE),
        Some(OVER_CAPTURE),
        Some("Order {order} is cancelled. Capture not possible."),
        Some("Order {order} is expired. Capture not possible."),
        Some("Order {order} is expired. Capture not possible."),
        Some("Order {order} is closed. Capture not possible."),
    ],
};

const NO_REFUND: Option<&str> = Some("Order has no captures. Refund not possible.");

const REFUND: CallRule = CallRule {
    operation: "refund",
    code: "REFUND_NOT_ALLOWED",
    cells: [
        NO_REFUND,
        NO_REFUND,
        NO_REFUND,
        OK,
        OK,
        OK,
        NO_REFUND,
        NO_REFUND,
        OK,
        Some("Order {order} is closed. Refund not possible."),
    ],
};

const NO_INFO: Option<&str> =
    Some("Order has no captures. Shipping info cannot be added to capture {capture}.");

const ADD_CAPTURE_SHIPPING_INFO: CallRule = CallRule {
    operation: "add_capture_shipping_info",
    code: "NOT_ALLOWED",
    cells: [
        NO_INFO, NO_INFO, NO_INFO, OK, OK, OK, NO_INFO, NO_INFO, OK, OK,
    ],
};

const NO_SEND_OUT: Option<&str> = Some("Order has no captures. Send out cannot be triggered.");

const TRIGGER_SEND_OUT: CallRule = CallRule {
    operation: "trigger_send_out",
    code: "NOT_ALLOWED",
    cells: [
        NO_SEND_OUT,
        NO_SEND_OUT,
        NO_SEND_OUT,
        OK,
        OK,
        OK,
        NO_SEND_OUT,
        NO_SEND_OUT,
        OK,
        OK,
    ],
};

const NO_DUE_DATE: Option<&str> = Some("Order has no captures. Due date cannot be extended.");

const EXTEND_DUE_DATE: CallRule = CallRule {
    operation: "extend_due_date",
    code: "NOT_ALLOWED",
    cells: [
        NO_DUE_DATE,
        NO_DUE_DATE,
        NO_DUE_DATE,
        OK,
        OK,
        OK,
        NO_DUE_DATE,
        NO_DUE_DATE,
        OK,
        Some("Order is closed. Due date cannot be extended."),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_listed_once_under_the_name_that_its_call_has() {
        let id = String::new;
        let calls = [
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
            OrderCall::ReadCapture(id()),
            OrderCall::ExtendDueDate(id()),
            OrderCall::DueDateOptions(id()),
            OrderCall::AddCaptureShippingInfo(id()),
            OrderCall::TriggerSendOut(id()),
            OrderCall::Refund,
            OrderCall::ReadRefund(id()),
        ];
        for (call, row) in calls.iter().zip(TABLE) {
            assert_eq!(call.operation(), row.operation);
            assert_eq!(call.rule().operation, row.operation);
        }
    }
}
