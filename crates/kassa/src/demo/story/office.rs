//! The back office's steps of the story: money is claimed, given back, or let go.
//!
//! Invariant: the office logs in as an integration of its own and never uses the shopper's token.

use anyhow::Context;
use http::Method;
use serde_json::{Value, json};

use super::Story;
use crate::demo::talk::{document, expect, included, text};

impl Story {
    /// Takes an integration token.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn office_token(&mut self) -> anyhow::Result<()> {
        let integration = &self.talk.ready().integration;
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": integration.client_id,
            "client_secret": integration.client_secret,
        });
        let answer = self
            .talk
            .open("token (integration)", "/oauth/token", body)
            .await?;
        self.talk.log_in(text(&answer.body, "/access_token")?);
        Ok(())
    }

    /// Approves and captures.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn capture(&mut self) -> anyhow::Result<()> {
        let answer = self
            .patch_order(
                "approve and capture",
                json!({"_approve": true, "_capture": true}),
                json!({}),
            )
            .await?;
        expect(&answer.body, "/data/attributes/payment_status", "paid")
    }

    /// Refunds 1.00 of the capture.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn refund(&mut self) -> anyhow::Result<()> {
        let path = format!("/api/orders/{}/captures", self.order);
        let answer = self
            .talk
            .api("read the capture", Method::GET, &path, Value::Null)
            .await?;
        let capture = text(&answer.body, "/data/0/id")?;
        let body = document(
            "captures",
            Some(&capture),
            json!({"_refund": true, "_refund_amount_cents": 100}),
            json!({}),
        );
        let path = format!("/api/captures/{capture}");
        self.talk
            .api("partial refund", Method::PATCH, &path, body)
            .await?;
        let path = format!("/api/orders/{}?include=authorizations", self.order);
        let answer = self
            .talk
            .api("read the order", Method::GET, &path, Value::Null)
            .await?;
        expect(
            &answer.body,
            "/data/attributes/payment_status",
            "partially_refunded",
        )?;
        let authorizations = included(&answer.body, "authorizations");
        let authorization = authorizations
            .first()
            .context("the order has no authorization")?;
        self.klarna_order = text(authorization, "/attributes/gateway_transaction_id")?;
        Ok(())
    }

    /// Cancels the order, which voids its authorization.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn cancel(&self) -> anyhow::Result<()> {
        let answer = self
            .patch_order("cancel", json!({"_cancel": true}), json!({}))
            .await?;
        expect(&answer.body, "/data/attributes/payment_status", "voided")
    }
}
