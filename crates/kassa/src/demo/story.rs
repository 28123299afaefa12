//! One whole payment, headlessly, over HTTP, step by step.
//!
//! Invariant: every step goes through a public door, so a green story means that a front end, a shopper and a
//! back office could have done the same. `once` tells it, the crash tests interrupt it, the benchmark repeats it.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use http::{Method, StatusCode};
use kassa_environment::{Clock, SystemClock};
use serde_json::{Value, json};

use super::client::{Answer, Call, Client, Credentials};
use super::ready::Ready;

/// What every request for the order carries, so that the story can read its answers.
const ORDER_INCLUDE: &str =
    "shipments.available_shipping_methods,available_payment_methods,payment_source";

/// The story so far: ids that later steps need, empty until their step.
#[derive(Debug, Clone)]
pub struct Story {
    ready: Arc<Ready>,
    narrate: bool,
    frequency: Option<String>,
    client: Client,
    bearer: Credentials,
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
            ready,
            narrate,
            frequency: None,
            client,
            bearer: Credentials::Open,
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
            Some(_) => &self.ready.customer.email,
            None => "customer@email.de",
        }
    }

    /// The servers have other addresses now.
    pub fn moved(&mut self, ready: Arc<Ready>) {
        self.ready = ready;
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
        let channel = &self.ready.sales_channel;
        let mut body = json!({
            "grant_type": "client_credentials",
            "client_id": channel.client_id,
            "scope": channel.scope,
        });
        if self.frequency.is_some() {
            // Subscriptions are for customers, never for guests.
            body["grant_type"] = json!("password");
            body["username"] = json!(self.ready.customer.email);
            body["password"] = json!(self.ready.customer.password);
        }
        let answer = self
            .open("token (sales channel)", "/oauth/token", body)
            .await?;
        self.bearer = Credentials::Bearer(text(&answer.body, "/access_token")?);
        Ok(())
    }

    /// Opens a cart.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn order(&mut self) -> anyhow::Result<()> {
        let body = document("orders", None, json!({}), json!({}));
        let answer = self.api("order", Method::POST, "/api/orders", body).await?;
        self.order = text(&answer.body, "/data/id")?;
        Ok(())
    }

    /// Puts two pieces of the first SKU into it.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn line_item(&mut self) -> anyhow::Result<()> {
        let sku = self.ready.skus.first().context("the seed has no SKU")?;
        let body = document(
            "line_items",
            None,
            json!({"sku_code": sku, "quantity": 2, "frequency": self.frequency}),
            json!({"order": one("orders", &self.order)}),
        );
        self.api("line item", Method::POST, "/api/line_items", body)
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
            .api("address", Method::POST, "/api/addresses", body)
            .await?;
        let address = text(&answer.body, "/data/id")?;
        let body = document(
            "orders",
            Some(&self.order),
            json!({"customer_email": self.email(), "_shipping_address_same_as_billing": true}),
            json!({"billing_address": one("addresses", &address)}),
        );
        let answer = self.patch_order("addresses on the order", body).await?;
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
            self.api("shipment", Method::PATCH, &path, body).await?;
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
        let body = document(
            "orders",
            Some(&self.order),
            json!({}),
            json!({"payment_method": one("payment_methods", &method)}),
        );
        self.patch_order("payment method", body).await?;
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
        let klarna = &self.ready.klarna;
        let credentials = Credentials::Basic(klarna.username.clone(), klarna.password.clone());
        let path = format!("/sandbox/v1/sessions/{}/shopper", self.session);
        let call = Call {
            method: Method::POST,
            url: format!("{}{path}", self.ready.sandbox_url),
            credentials: &credentials,
            body: Some(json!({"action": "approve"})),
        };
        let answer = self.step("shopper approves", &path, call).await?;
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
        self.api("auth token", Method::PATCH, &path, body).await?;
        Ok(())
    }

    /// Places the order.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn place(&mut self) -> anyhow::Result<()> {
        let body = document(
            "orders",
            Some(&self.order),
            json!({"_place": true}),
            json!({}),
        );
        let answer = self.patch_order("place", body).await?;
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

    /// Takes an integration token.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn office_token(&mut self) -> anyhow::Result<()> {
        let integration = &self.ready.integration;
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": integration.client_id,
            "client_secret": integration.client_secret,
        });
        let answer = self
            .open("token (integration)", "/oauth/token", body)
            .await?;
        self.bearer = Credentials::Bearer(text(&answer.body, "/access_token")?);
        Ok(())
    }

    /// Approves and captures.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn capture(&mut self) -> anyhow::Result<()> {
        let body = document(
            "orders",
            Some(&self.order),
            json!({"_approve": true, "_capture": true}),
            json!({}),
        );
        let answer = self.patch_order("approve and capture", body).await?;
        expect(&answer.body, "/data/attributes/payment_status", "paid")
    }

    /// Refunds 1.00 of the capture.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn refund(&mut self) -> anyhow::Result<()> {
        let path = format!("/api/orders/{}/captures", self.order);
        let answer = self
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
        self.api("partial refund", Method::PATCH, &path, body)
            .await?;
        let path = format!("/api/orders/{}?include=authorizations", self.order);
        let answer = self
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
        let body = document(
            "orders",
            Some(&self.order),
            json!({"_cancel": true}),
            json!({}),
        );
        let answer = self.patch_order("cancel", body).await?;
        expect(&answer.body, "/data/attributes/payment_status", "voided")
    }

    /// Reads the order; `query` is empty or begins with `?`.
    ///
    /// # Errors
    /// When the step did not go as expected.
    pub async fn read_order(&self, query: &str) -> anyhow::Result<Value> {
        let path = format!("/api/orders/{}{query}", self.order);
        let answer = self
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

    async fn patch_order(&self, name: &str, body: Value) -> anyhow::Result<Answer> {
        let path = format!("/api/orders/{}?include={ORDER_INCLUDE}", self.order);
        self.api(name, Method::PATCH, &path, body).await
    }

    async fn api(
        &self,
        name: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> anyhow::Result<Answer> {
        let call = Call {
            method,
            url: format!("{}{path}", self.ready.gateway_url),
            credentials: &self.bearer,
            body: (!body.is_null()).then_some(body),
        };
        self.step(name, path, call).await
    }

    async fn open(&self, name: &str, path: &str, body: Value) -> anyhow::Result<Answer> {
        let call = Call {
            method: Method::POST,
            url: format!("{}{path}", self.ready.gateway_url),
            credentials: &Credentials::Open,
            body: Some(body),
        };
        self.step(name, path, call).await
    }

    /// Sends one request, prints its line, and fails with the answer unless the status is a success.
    async fn step(&self, name: &str, path: &str, call: Call<'_>) -> anyhow::Result<Answer> {
        let method = call.method.clone();
        let started = SystemClock.now();
        let answer = self
            .client
            .send(call)
            .await
            .with_context(|| format!("step \"{name}\" failed"))?;
        let took = SystemClock.now().duration_since(started);
        if self.narrate {
            println!(
                "{name:<24} {:<6} {:<58} {} {:>6.1} ms",
                method.as_str(),
                shortened(path),
                answer.status.as_u16(),
                took.as_secs_f64() * 1000.0,
            );
        }
        let fine = [StatusCode::OK, StatusCode::CREATED, StatusCode::NO_CONTENT];
        if !fine.contains(&answer.status) {
            bail!(
                "step \"{name}\" failed: {method} {path} answered {}: {}",
                answer.status,
                serde_json::to_string_pretty(&answer.body)?
            );
        }
        Ok(answer)
    }
}

/// A JSON:API request document.
fn document(kind: &str, id: Option<&str>, attributes: Value, relationships: Value) -> Value {
    let mut data = json!({"type": kind, "attributes": attributes, "relationships": relationships});
    if let Some(id) = id {
        data["id"] = json!(id);
    }
    json!({"data": data})
}

/// A to-one relationship.
fn one(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

/// The included resources of a type.
fn included<'b>(body: &'b Value, kind: &str) -> Vec<&'b Value> {
    body.get("included")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|resource| resource["type"] == kind)
        .collect()
}

/// The text at a JSON pointer.
fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
    body.pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("the answer has no text at {pointer}: {body}"))
}

/// Fails unless the text at a JSON pointer is `wanted`.
fn expect(body: &Value, pointer: &str, wanted: &str) -> anyhow::Result<()> {
    let found = text(body, pointer)?;
    if found != wanted {
        bail!("expected {wanted} at {pointer}, found {found}");
    }
    Ok(())
}

/// The path without its query, which would not fit on a line.
fn shortened(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
