//! What stands before a checkout begins: stock, a guest's token, and a cart with one line for each guest.
//!
//! Invariant: nothing here is measured, and everything goes through public doors.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, ensure};
use kassa::demo::ready::Ready;
use serde_json::{Value, json};

use crate::shopper::{Door, Guest, document, one};
use crate::support::client::{Connection, body};
use crate::writes::Newcomer;

/// Pieces that the warehouse gets, so that no guest finds it empty.
const PIECES: i64 = 1_000_000_000;

/// The shop as a guest finds it.
pub struct Shop {
    /// Its public doors.
    pub door: Arc<Door>,
    sku: String,
}

impl Shop {
    /// Fills the stock, and gets a guest's token.
    pub fn enter(ready: &Ready) -> anyhow::Result<Self> {
        let mut connection = Connection::open(address(&ready.gateway_url)?)?;
        fill_stock(&mut connection, ready)?;
        let channel = &ready.sales_channel;
        let token = json!({
            "grant_type": "client_credentials", "client_id": channel.client_id, "scope": channel.scope,
        });
        let door = Door::new(ready, &log_in(&mut connection, ready, &token)?)?;
        Ok(Self {
            door: Arc::new(door),
            sku: ready.skus.first().context("the seed has no SKU")?.clone(),
        })
    }

    /// A guest whose new cart has one line.
    pub fn guest(&self, connection: &mut Connection) -> anyhow::Result<Guest> {
        let cart = document("orders", None, json!({}), json!({}));
        let made = self
            .door
            .send(connection, "POST", "/api/orders", Some(&cart))?;
        let order = text(&made, "/data/id")?;
        let line = document(
            "line_items",
            None,
            json!({"sku_code": self.sku, "quantity": 1}),
            json!({"order": one("orders", &order)}),
        );
        self.door
            .send(connection, "POST", "/api/line_items", Some(&line))?;
        Ok(Guest {
            door: self.door.clone(),
            order,
        })
    }

    /// `count` of them.
    pub fn guests(&self, count: usize) -> anyhow::Result<Vec<Guest>> {
        let (mut connection, _) = self.door.dial()?;
        (0..count).map(|_| self.guest(&mut connection)).collect()
    }

    /// Guests who have nothing yet, each with an e-mail address of their own, numbered from `first`.
    pub fn newcomers(&self, first: usize, count: usize) -> Vec<Newcomer<'_>> {
        (first..first + count)
            .map(|number| Newcomer {
                shop: self,
                email: email(number),
            })
            .collect()
    }
}

/// The e-mail address of one of many buyers.
pub fn email(number: usize) -> String {
    format!("buyer-{number}@example.com")
}

/// Gives every stock item more pieces than any run sells.
fn fill_stock(connection: &mut Connection, ready: &Ready) -> anyhow::Result<()> {
    let office = json!({
        "grant_type": "client_credentials",
        "client_id": ready.integration.client_id,
        "client_secret": ready.integration.client_secret,
    });
    let door = Door::new(ready, &log_in(connection, ready, &office)?)?;
    let items = door.send(connection, "GET", "/api/stock_items?page[size]=25", None)?;
    let items = items["data"].as_array().context("no list of stock items")?;
    ensure!(!items.is_empty(), "the seed has no stock items");
    for item in items {
        let id = item["id"].as_str().context("a stock item without an id")?;
        let filled = document(
            "stock_items",
            Some(id),
            json!({"quantity": PIECES}),
            json!({}),
        );
        let path = format!("/api/stock_items/{id}");
        door.send(connection, "PATCH", &path, Some(&filled))?;
    }
    Ok(())
}

fn log_in(connection: &mut Connection, ready: &Ready, sent: &Value) -> anyhow::Result<String> {
    let address = address(&ready.gateway_url)?;
    let sent = sent.to_string();
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         accept: application/json\r\ncontent-length: {}\r\n\r\n{sent}",
        sent.len()
    );
    let answer: Value = serde_json::from_slice(body(connection.send(request.as_bytes())?))?;
    text(&answer, "/access_token")
}

/// The socket behind an address of the ready file.
pub fn address(url: &str) -> anyhow::Result<SocketAddr> {
    url.strip_prefix("http://")
        .with_context(|| format!("{url} does not begin with http://"))?
        .parse()
        .with_context(|| format!("{url} has no address of this machine"))
}

/// The text at a JSON pointer.
pub fn text(document: &Value, pointer: &str) -> anyhow::Result<String> {
    document
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("no text at {pointer} of {document}"))
}
