//! One whole payment, headlessly, over HTTP, step by step.
//!
//! Invariant: every step goes through a public door, so a green story means that a front end, a shopper and a
//! back office could have done the same. `once` tells it, the crash tests interrupt it, the benchmark repeats it.

mod office;

use std::sync::Arc;

use anyhow::{Context, bail};
use http::Method;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::ready::Ready;
use super::talk::{Talk, document, expect, included, one, text};

/// What every request for the order carries, so that the story can read its answers.
const ORDER_INCLUDE: &str =
    "shipments.available_shipping_methods,available_payment_methods,payment_source";

/// The story so far: ids that later steps need, empty until their step.
#[derive(Debug, Clone)]
pub struct Story {
    talk: Talk,
    frequency: Option<String>,
    /// The order's id.
    pub order: String,
    /// Its number, once placed.
    pub number: String,
    /// Its total as a shopper reads it, once placed.
    pub total: String,
    shipments: Vec<(String, String)>,
    /// The payment source's id.
    pub source: String,
    /// Klarna's session id.
    pub session: String,
    /// The authorization token.
    pub authorization: String,
    /// Klarna's order id, once captured.
    pub klarna_order: String,
}

impl Story {
    /// A story at its beginning; `narrate` prints each step.
    #[must_use]
    pub fn new(ready: Arc<Ready>, client: Client, narrate: bool) -> Self {
        Self {
            talk: Talk::new(ready, client, narrate),
            frequency: None,
            order: String::new(),
            number: String::new(),
            total: String::new(),
            shipments: Vec::new(),
            source: String::new(),
            session: String::new(),
            authorization: String::new(),
            klarna_order: String::new(),
        }
    }

    /// Who buys: a guest with a public test shopper's address, or the customer who logged in.
    fn email(&self) -> &str {
        match self.frequency {
            Some(_) => &self.talk.ready().customer.email,
            None => "customer@email.de",
        }
    }

    /// The servers have other addresses now.
    pub fn moved(&mut self, ready: Arc<Ready>) {
        self.talk.moved(ready);
    }

    /// Logs in and buys as a subscription, so that Klarna is asked for a customer token as well.
    pub fn subscribe(&mut self, frequency: &str) {
        self.frequency = Some(frequency.to_owned());
    }

    /// Takes a sales channel token.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn shop_token(&mut self) -> anyhow::Result<()> {
        let channel = &self.talk.ready().sales_channel;
        let mut body = json!({
            "grant_type": "client_credentials",
            "client_id": channel.client_id,
            "scope": channel.scope,
        });
        if self.frequency.is_some() {
            // Subscriptions are for customers, never for guests.
            body["grant_type"] = json!("password");
            body["username"] = json!(self.talk.ready().customer.email);
            body["password"] = json!(self.talk.ready().customer.password);
        }
        let answer = self
            .talk
            .open("token (sales channel)", "/oauth/token", body)
            .await?;
        self.talk.log_in(text(&answer.body, "/access_token")?);
        Ok(())
    }

    /// Opens a cart.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn order(&mut self) -> anyhow::Result<()> {
        let body = document("orders", None, json!({}), json!({}));
        let answer = self
            .talk
            .api("order", Method::POST, "/api/orders", body)
            .await?;
        self.order = text(&answer.body, "/data/id")?;
        Ok(())
    }

    /// Puts two pieces of the first SKU into it.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn line_item(&mut self) -> anyhow::Result<()> {
        let sku = self
            .talk
            .ready()
            .skus
            .first()
            .context("the seed has no SKU")?;
        let body = document(
            "line_items",
            None,
            json!({"sku_code": sku, "quantity": 2, "frequency": self.frequency}),
            json!({"order": one("orders", &self.order)}),
        );
        self.talk
            .api("line item", Method::POST, "/api/line_items", body)
            .await?;
        Ok(())
    }

    /// Gives the buyer and both addresses.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn addresses(&mut self) -> anyhow::Result<()> {
        let address = json!({
            "first_name": "Mock", "last_name": "Mock", "line_1": "Neue Schönhauser Str. 2", "city": "Berlin",
            "zip_code": "10178", "country_code": "DE", "phone": "+49017614284340",
        });
        let body = document("addresses", None, address, json!({}));
        let answer = self
            .talk
            .api("address", Method::POST, "/api/addresses", body)
            .await?;
        let address = text(&answer.body, "/data/id")?;
        let answer = self
            .patch_order(
                "addresses on the order",
                json!({"customer_email": self.email(), "_shipping_address_same_as_billing": true}),
                json!({"billing_address": one("addresses", &address)}),
            )
            .await?;
        for shipment in included(&answer.body, "shipments") {
            let id = text(shipment, "/id")?;
            let method = text(
                shipment,
                "/relationships/available_shipping_methods/data/0/id",
            )?;
            self.shipments.push((id, method));
        }
        if self.shipments.is_empty() {
            bail!("the order has no shipment although it has a shipping address");
        }
        Ok(())
    }

    /// Chooses the first shipping method of each shipment.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn shipment(&mut self) -> anyhow::Result<()> {
        for (shipment, method) in self.shipments.clone() {
            let body = document(
                "shipments",
                Some(&shipment),
                json!({}),
                json!({"shipping_method": one("shipping_methods", &method)}),
            );
            let path = format!("/api/shipments/{shipment}");
            self.talk
                .api("shipment", Method::PATCH, &path, body)
                .await?;
        }
        Ok(())
    }

    /// Chooses Klarna.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn payment_method(&mut self) -> anyhow::Result<()> {
        let path = format!("/api/orders/{}?include={ORDER_INCLUDE}", self.order);
        let answer = self
            .talk
            .api("read the order", Method::GET, &path, Value::Null)
            .await?;
        let methods = included(&answer.body, "payment_methods");
        let klarna = methods
            .into_iter()
            .find(|method| {
                method.pointer("/attributes/payment_source_type") == Some(&json!("klarna_payments"))
            })
            .context("Klarna is not among the available payment methods")?;
        let method = text(klarna, "/id")?;
        self.patch_order(
            "payment method",
            json!({}),
            json!({"payment_method": one("payment_methods", &method)}),
        )
        .await?;
        Ok(())
    }

    /// Opens the Klarna session.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn klarna_payment(&mut self) -> anyhow::Result<()> {
        let body = document(
            "klarna_payments",
            None,
            json!({}),
            json!({"order": one("orders", &self.order)}),
        );
        let answer = self
            .talk
            .api("klarna payment", Method::POST, "/api/klarna_payments", body)
            .await?;
        self.source = text(&answer.body, "/data/id")?;
        self.session = text(&answer.body, "/data/attributes/session_id")?;
        Ok(())
    }

    /// The shopper approves.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn approve(&mut self) -> anyhow::Result<()> {
        let path = format!("/sandbox/v1/sessions/{}/shopper", self.session);
        let body = json!({"action": "approve"});
        let answer = self.talk.sandbox("shopper approves", &path, body).await?;
        self.authorization = text(&answer.body, "/authorization_token")?;
        Ok(())
    }

    /// Hands the authorization token to the payment source.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn auth_token(&mut self) -> anyhow::Result<()> {
        let body = document(
            "klarna_payments",
            Some(&self.source),
            json!({"auth_token": self.authorization}),
            json!({}),
        );
        let path = format!("/api/klarna_payments/{}", self.source);
        self.talk
            .api("auth token", Method::PATCH, &path, body)
            .await?;
        Ok(())
    }

    /// Places the order.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn place(&mut self) -> anyhow::Result<()> {
        let answer = self
            .patch_order("place", json!({"_place": true}), json!({}))
            .await?;
        expect(&answer.body, "/data/attributes/status", "placed")?;
        expect(
            &answer.body,
            "/data/attributes/payment_status",
            "authorized",
        )?;
        self.number = text(&answer.body, "/data/attributes/number")?;
        self.total = text(
            &answer.body,
            "/data/attributes/formatted_total_amount_with_taxes",
        )?;
        Ok(())
    }

    /// Reads the order; `query` is empty or begins with `?`.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn read_order(&self, query: &str) -> anyhow::Result<Value> {
        let path = format!("/api/orders/{}{query}", self.order);
        let answer = self
            .talk
            .api("read the order", Method::GET, &path, Value::Null)
            .await?;
        Ok(answer.body)
    }

    /// Everything up to the order being ready to place.
    ///
    /// # Errors
    /// The first step that did not go as expected.
    pub async fn until_authorized(&mut self) -> anyhow::Result<()> {
        self.shop_token().await?;
        self.order().await?;
        self.line_item().await?;
        self.addresses().await?;
        self.shipment().await?;
        self.payment_method().await?;
        self.klarna_payment().await?;
        self.approve().await?;
        self.auth_token().await
    }

    /// The whole payment.
    ///
    /// # Errors
    /// The first step that did not go as expected.
    pub async fn whole(&mut self) -> anyhow::Result<()> {
        self.until_authorized().await?;
        self.place().await?;
        self.office_token().await?;
        self.capture().await?;
        self.refund().await
    }

    async fn patch_order(
        &self,
        name: &str,
        attributes: Value,
        relationships: Value,
    ) -> anyhow::Result<Answer> {
        let body = document("orders", Some(&self.order), attributes, relationships);
        let path = format!("/api/orders/{}?include={ORDER_INCLUDE}", self.order);
        self.talk.api(name, Method::PATCH, &path, body).await
    }
}
