//! Calls of Order Management. Each that has an effect carries an idempotency key.

use super::{Method, Operation, PreparedRequest, encode, order_path, segment};
use crate::{CaptureRequest, RefundRequest, ShippingInfo, UpdateAuthorizationRequest};

impl PreparedRequest {
    /// Reads an order with its captures and refunds.
    #[must_use]
    pub fn read_order(order_id: &str) -> Self {
        Self::read(Operation::ReadOrder, order_path(order_id))
    }

    /// Acknowledges an order.
    #[must_use]
    pub fn acknowledge(order_id: &str, idempotency_key: &str) -> Self {
        Self::order_post(
            Operation::Acknowledge,
            order_id,
            "acknowledge",
            idempotency_key,
            Vec::new(),
        )
    }

    /// Replaces amount and lines of an order.
    #[must_use]
    pub fn update_authorization(
        order_id: &str,
        update: &UpdateAuthorizationRequest,
        idempotency_key: &str,
    ) -> Self {
        let path = format!("{}/authorization", order_path(order_id));
        Self::new(
            Operation::UpdateAuthorization,
            Method::Patch,
            path,
            Some(idempotency_key),
            encode(update),
        )
    }

    /// Cancels an order without captures.
    #[must_use]
    pub fn cancel_order(order_id: &str, idempotency_key: &str) -> Self {
        Self::order_post(
            Operation::CancelOrder,
            order_id,
            "cancel",
            idempotency_key,
            Vec::new(),
        )
    }

    /// Moves the end of the authorization away by the account's period.
    #[must_use]
    pub fn extend_authorization_time(order_id: &str, idempotency_key: &str) -> Self {
        Self::order_post(
            Operation::ExtendAuthorizationTime,
            order_id,
            "extend-authorization-time",
            idempotency_key,
            Vec::new(),
        )
    }

    /// Overwrites the merchant's references; an absent one stays.
    #[must_use]
    pub fn update_merchant_references(
        order_id: &str,
        references: (Option<&str>, Option<&str>),
        idempotency_key: &str,
    ) -> Self {
        let mut body = serde_json::Map::new();
        if let Some(first) = references.0 {
            body.insert("merchant_reference1".to_owned(), first.into());
        }
        if let Some(second) = references.1 {
            body.insert("merchant_reference2".to_owned(), second.into());
        }
        let path = format!("{}/merchant-references", order_path(order_id));
        Self::new(
            Operation::UpdateMerchantReferences,
            Method::Patch,
            path,
            Some(idempotency_key),
            encode(&body),
        )
    }

    /// Gives up what is not captured.
    #[must_use]
    pub fn release_remaining(order_id: &str, idempotency_key: &str) -> Self {
        Self::order_post(
            Operation::ReleaseRemaining,
            order_id,
            "release-remaining-authorization",
            idempotency_key,
            Vec::new(),
        )
    }

    /// Captures an amount.
    #[must_use]
    pub fn capture(order_id: &str, capture: &CaptureRequest, idempotency_key: &str) -> Self {
        Self::order_post(
            Operation::Capture,
            order_id,
            "captures",
            idempotency_key,
            encode(capture),
        )
    }

    /// Reads a capture.
    #[must_use]
    pub fn read_capture(order_id: &str, capture_id: &str) -> Self {
        let path = format!("{}/captures/{}", order_path(order_id), segment(capture_id));
        Self::read(Operation::ReadCapture, path)
    }

    /// Adds parcels to a capture.
    #[must_use]
    pub fn add_shipping_info(
        order_id: &str,
        capture_id: &str,
        parcels: &[ShippingInfo],
        idempotency_key: &str,
    ) -> Self {
        let tail = format!("captures/{}/shipping-info", segment(capture_id));
        let body = encode(&serde_json::json!({ "shipping_info": parcels }));
        Self::order_post(
            Operation::AddShippingInfo,
            order_id,
            &tail,
            idempotency_key,
            body,
        )
    }

    /// Refunds an amount.
    #[must_use]
    pub fn refund(order_id: &str, refund: &RefundRequest, idempotency_key: &str) -> Self {
        Self::order_post(
            Operation::Refund,
            order_id,
            "refunds",
            idempotency_key,
            encode(refund),
        )
    }

    /// Reads a refund.
    #[must_use]
    pub fn read_refund(order_id: &str, refund_id: &str) -> Self {
        let path = format!("{}/refunds/{}", order_path(order_id), segment(refund_id));
        Self::read(Operation::ReadRefund, path)
    }

    fn order_post(
        operation: Operation,
        order_id: &str,
        tail: &str,
        idempotency_key: &str,
        body: Vec<u8>,
    ) -> Self {
        let path = format!("{}/{tail}", order_path(order_id));
        Self::new(operation, Method::Post, path, Some(idempotency_key), body)
    }
}
