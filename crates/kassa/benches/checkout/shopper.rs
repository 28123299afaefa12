//! One guest from the opened checkout to the thank-you page, in the calls that the published checkout makes.
//!
//! Invariant: the calls, their order, includes and fieldsets are those that were recorded from that front end (22 reads,
//! 7 writes), and what it depends on in an answer is held, so that no rate counts a checkout that would have stopped.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kassa::demo::ready::Ready;
use serde_json::{Value, json};

use crate::carts::{address, text};
use crate::rounds::Buyer;
use crate::support::client::{Connection, body};

/// Calls of the commerce API in one checkout.
pub const CALLS: usize = 29;

const ORGANIZATION: &str = "/api/organization?fields[organizations]=id,logo_url,name,primary_color,favicon_url,gtm_id,\
     gtm_id_test,support_email,support_phone,config";
const CONFIGURATION: &str = "/api/organization?fields[organizations]=id,config";
const LEAD_TIMES: &str =
    "/api/delivery_lead_times?include=shipping_method,stock_location&page[number]=1";
/// What the checkout asks of the order when it opens.
const OPENED: &str = "include=line_items,line_items.item,customer&fields[orders]=id,autorefresh,status,number,guest,token,\
     language_code,terms_url,privacy_url,line_items,expires_at,expiration_info,customer,payment_status\
     &fields[line_items]=item_type,item";
/// What decides which step the checkout shows.
const STEPS: &str = "include=shipping_address,billing_address,shipments,shipments.shipping_method,\
     shipments.available_shipping_methods,payment_method,payment_source,customer,customer.customer_addresses,\
     customer.customer_addresses.address,line_items&fields[orders]=id,number,coupon_code,currency_code,\
     shipping_amount_float,total_tax_amount_float,guest,shipping_country_code_lock,customer_email,status,return_url,\
     cart_url,tax_included,requires_billing_info,total_amount_with_taxes_float,language_code,subscription_created_at,\
     shipping_address,billing_address,shipments,payment_method,payment_source,customer,line_items,payment_status\
     &fields[shipments]=shipping_method,available_shipping_methods&fields[customers]=customer_addresses\
     &fields[customer_addresses]=address&fields[line_items]=frequency";
/// What nearly every call asks for: all attributes, twelve relationship paths.
const WHOLE: &str = "include=available_payment_methods,payment_source,payment_method,\
     line_items.line_item_options.sku_option,line_items.item,shipping_address,billing_address,\
     shipments.available_shipping_methods,shipments.stock_line_items.line_item,shipments.shipping_method,\
     shipments.stock_transfers.line_item,shipments.stock_location";
/// What the thank-you page asks for.
const THANKS: &str = "include=available_payment_methods,payment_source,payment_method,\
     line_items.line_item_options.sku_option,line_items.item";
/// The last look before placing.
const STATUS: &str = "include=payment_source&fields[orders]=status,payment_status,payment_source";

/// The public doors, and what opens them.
pub struct Door {
    gateway: SocketAddr,
    sandbox: SocketAddr,
    bearer: String,
    basic: String,
}

/// A guest with a cart.
pub struct Guest {
    /// The doors.
    pub door: Arc<Door>,
    /// The cart's id.
    pub order: String,
}

impl Door {
    /// Doors that a commerce API token opens.
    pub fn new(ready: &Ready, token: &str) -> anyhow::Result<Self> {
        let klarna = format!("{}:{}", ready.klarna.username, ready.klarna.password);
        Ok(Self {
            gateway: address(&ready.gateway_url)?,
            sandbox: address(&ready.sandbox_url)?,
            bearer: token.to_owned(),
            basic: STANDARD.encode(klarna),
        })
    }

    /// Connects to the gateway and to the sandbox.
    pub fn dial(&self) -> anyhow::Result<(Connection, Connection)> {
        Ok((
            Connection::open(self.gateway)?,
            Connection::open(self.sandbox)?,
        ))
    }

    /// One call whose answer is read.
    pub fn send(
        &self,
        shop: &mut Connection,
        method: &str,
        path: &str,
        sent: Option<&Value>,
    ) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(body(
            self.call(shop, method, path, sent)?,
        ))?)
    }

    /// One call; the answer as it came.
    fn call<'c>(
        &self,
        shop: &'c mut Connection,
        method: &str,
        path: &str,
        sent: Option<&Value>,
    ) -> anyhow::Result<&'c [u8]> {
        let sent = sent.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\norigin: https://shop.example.com\r\n\
             content-type: application/vnd.api+json\r\naccept: application/vnd.api+json\r\ncontent-length: {}\r\n\r\n{sent}",
            self.gateway,
            self.bearer,
            sent.len()
        );
        shop.send(request.as_bytes())
            .with_context(|| format!("{method} {path}"))
    }

    /// The shopper says yes in Klarna's window; the authorization token.
    pub fn approve(&self, klarna: &mut Connection, session: &str) -> anyhow::Result<String> {
        let sent = r#"{"action":"approve"}"#;
        let request = format!(
            "POST /sandbox/v1/sessions/{session}/shopper HTTP/1.1\r\nhost: {}\r\nauthorization: Basic {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{sent}",
            self.sandbox,
            self.basic,
            sent.len()
        );
        let answer: Value = serde_json::from_slice(body(klarna.send(request.as_bytes())?))?;
        text(&answer, "/authorization_token")
    }
}

/// What a guest's later steps need of the order.
pub struct Known {
    shipment: String,
    shipping_method: String,
    payment_method: String,
}

impl Buyer for Guest {
    type Lines = (Connection, Connection);

    fn dial(&self) -> anyhow::Result<Self::Lines> {
        self.door.dial()
    }

    /// The whole checkout.
    fn buy(&self, (shop, klarna): &mut Self::Lines) -> anyhow::Result<()> {
        self.check_out(shop, klarna)
            .with_context(|| format!("checkout of order {}", self.order))
    }
}

/// The checkout, step by step.
impl Guest {
    fn check_out(&self, shop: &mut Connection, klarna: &mut Connection) -> anyhow::Result<()> {
        self.open(shop)?;
        let known = self.address(shop)?;
        self.delivery(shop, &known)?;
        let (source, session) = self.payment(shop, &known)?;
        let token = self.door.approve(klarna, &session)?;
        self.place(shop, &source, &token)?;
        self.thank_you(shop)
    }

    /// The checkout opens: seven reads.
    fn open(&self, shop: &mut Connection) -> anyhow::Result<()> {
        for _ in 0..3 {
            self.get(shop, ORGANIZATION)?;
        }
        self.read(shop, OPENED)?;
        self.read(shop, STEPS)?;
        self.get(shop, CONFIGURATION)?;
        self.read(shop, WHOLE)
    }

    /// The guest's name and address: two writes, one read.
    fn address(&self, shop: &mut Connection) -> anyhow::Result<Known> {
        self.set_address(shop, "customer@email.de", WHOLE)?;
        let order = self.door.send(shop, "GET", &self.path(WHOLE), None)?;
        Known::of(&order)
    }

    /// How it is delivered: one write, three reads.
    fn delivery(&self, shop: &mut Connection, known: &Known) -> anyhow::Result<()> {
        self.get(shop, LEAD_TIMES)?;
        self.choose_delivery(shop, known)?;
        self.read(shop, WHOLE)?;
        self.get(shop, LEAD_TIMES)
    }

    /// Klarna is chosen and a session opened: two writes, two reads. The payment source and Klarna's session.
    fn payment(&self, shop: &mut Connection, known: &Known) -> anyhow::Result<(String, String)> {
        self.choose_klarna(shop, known, WHOLE)?;
        self.read(shop, WHOLE)?;
        let opened = self.open_session(shop)?;
        self.read(shop, WHOLE)?;
        Ok(opened)
    }

    /// Placing: two writes, five reads.
    fn place(&self, shop: &mut Connection, source: &str, token: &str) -> anyhow::Result<()> {
        self.read(shop, STATUS)?;
        self.get(shop, &format!("/api/klarna_payments/{source}"))?;
        self.read(shop, WHOLE)?;
        self.authorize(shop, source, token)?;
        self.read(shop, WHOLE)?;
        self.read(shop, "")?;
        self.confirm(shop, WHOLE)
    }

    /// The thank-you page, and once more when it is loaded again: four reads.
    fn thank_you(&self, shop: &mut Connection) -> anyhow::Result<()> {
        self.get(shop, ORGANIZATION)?;
        self.read(shop, OPENED)?;
        self.read(shop, STEPS)?;
        self.read(shop, THANKS)
    }
}

/// The writes, and how they are sent.
impl Guest {
    /// Makes an address and sets it, and whose the order is; the order with what `query` asks for.
    pub fn set_address(
        &self,
        shop: &mut Connection,
        email: &str,
        query: &str,
    ) -> anyhow::Result<String> {
        let fields = json!({
            "first_name": "Mock", "last_name": "Mock", "line_1": "Neue Schönhauser Str. 2", "city": "Berlin",
            "zip_code": "10178", "state_code": "BE", "country_code": "DE", "phone": "+49017614284340",
        });
        let sent = document("addresses", None, fields, json!({}));
        let made = self
            .door
            .send(shop, "POST", "/api/addresses", Some(&sent))?;
        let address = text(&made, "/data/id")?;
        let attributes = json!({
            "customer_email": email, "_shipping_address_same_as_billing": true,
        });
        let links = json!({"billing_address": one("addresses", &address)});
        self.patch(shop, query, attributes, links)
    }

    /// Chooses how the shipment is delivered.
    pub fn choose_delivery(&self, shop: &mut Connection, known: &Known) -> anyhow::Result<()> {
        let links = json!({"shipping_method": one("shipping_methods", &known.shipping_method)});
        let sent = document("shipments", Some(&known.shipment), json!({}), links);
        let path = format!("/api/shipments/{}", known.shipment);
        self.door.call(shop, "PATCH", &path, Some(&sent)).map(drop)
    }

    /// Chooses Klarna.
    pub fn choose_klarna(
        &self,
        shop: &mut Connection,
        known: &Known,
        query: &str,
    ) -> anyhow::Result<()> {
        let links = json!({"payment_method": one("payment_methods", &known.payment_method)});
        self.patch(shop, query, json!({}), links).map(drop)
    }

    /// Opens a session; the payment source and Klarna's session.
    pub fn open_session(&self, shop: &mut Connection) -> anyhow::Result<(String, String)> {
        let links = json!({"order": one("orders", &self.order)});
        let sent = document("klarna_payments", None, json!({}), links);
        let made = self
            .door
            .send(shop, "POST", "/api/klarna_payments", Some(&sent))?;
        text(&made, "/data/attributes/payment_methods/0/identifier")?;
        let session = text(&made, "/data/attributes/session_id")?;
        Ok((text(&made, "/data/id")?, session))
    }

    /// Hands the shopper's approval over.
    pub fn authorize(
        &self,
        shop: &mut Connection,
        source: &str,
        token: &str,
    ) -> anyhow::Result<()> {
        let sent = json!({"auth_token": token});
        let sent = document("klarna_payments", Some(source), sent, json!({}));
        let path = format!("/api/klarna_payments/{source}");
        self.door.call(shop, "PATCH", &path, Some(&sent)).map(drop)
    }

    /// Places the order.
    pub fn confirm(&self, shop: &mut Connection, query: &str) -> anyhow::Result<()> {
        let placed = self.patch(shop, query, json!({"_place": true}), json!({}))?;
        for wanted in [r#""status":"placed""#, r#""payment_status":"authorized""#] {
            ensure!(placed.contains(wanted), "{wanted} is not in {placed}");
        }
        Ok(())
    }

    fn path(&self, query: &str) -> String {
        format!("/api/orders/{}?{query}", self.order)
    }

    fn read(&self, shop: &mut Connection, query: &str) -> anyhow::Result<()> {
        self.get(shop, &self.path(query))
    }

    fn get(&self, shop: &mut Connection, path: &str) -> anyhow::Result<()> {
        self.door.call(shop, "GET", path, None).map(drop)
    }

    fn patch(
        &self,
        shop: &mut Connection,
        query: &str,
        attributes: Value,
        links: Value,
    ) -> anyhow::Result<String> {
        let sent = document("orders", Some(&self.order), attributes, links);
        let answer = self
            .door
            .call(shop, "PATCH", &self.path(query), Some(&sent))?;
        Ok(String::from_utf8_lossy(body(answer)).into_owned())
    }
}

impl Known {
    /// Read from an order that includes its shipments and its payment methods.
    pub fn of(order: &Value) -> anyhow::Result<Self> {
        let included = order["included"].as_array().context("nothing included")?;
        let of_kind = |kind: &'static str| included.iter().filter(move |row| row["type"] == kind);
        let shipment = of_kind("shipments").next().context("no shipment")?;
        let klarna = of_kind("payment_methods")
            .find(|row| row["attributes"]["payment_source_type"] == "klarna_payments")
            .context("Klarna is not available")?;
        let method = "/relationships/available_shipping_methods/data/0/id";
        Ok(Self {
            shipment: text(shipment, "/id")?,
            shipping_method: text(shipment, method)?,
            payment_method: text(klarna, "/id")?,
        })
    }
}

/// A JSON:API request document.
pub fn document(kind: &str, id: Option<&str>, attributes: Value, relationships: Value) -> Value {
    let mut data = json!({"type": kind, "attributes": attributes, "relationships": relationships});
    if let Some(id) = id {
        data["id"] = json!(id);
    }
    json!({ "data": data })
}

/// A to-one relationship.
pub fn one(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}
