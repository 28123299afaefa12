//! The requests: one session body of about 2 KB, and a whole payment at one client.

use std::net::SocketAddr;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kassa_environment::{Clock, SystemClock};
use serde_json::{Value, json};

use super::LOGIN;
use super::support::client::{Connection, body, header};
use super::support::milliseconds;

/// Flows before measuring begins.
const WARM_UP: usize = 10;
/// The order's amount, minor units.
const AMOUNT: i64 = 50_000;

/// A cart of five lines with addresses and addresses for callbacks left out.
pub fn session_body() -> String {
    let lines: Vec<Value> = (1..=5)
        .map(|number| {
            json!({
                "type": "physical",
                "reference": format!("STONEWARE-{number:02}"),
                "name": format!("Stoneware bowl number {number}, glazed by hand"),
                "quantity": 2,
                "quantity_unit": "pcs",
                "unit_price": 5000,
                "tax_rate": 2500,
                "total_amount": 10_000,
                "total_discount_amount": 0,
                "total_tax_amount": 2000,
                "product_url": format!("https://shop.example.com/products/stoneware-{number}"),
                "image_url": format!("https://shop.example.com/images/stoneware-{number}.png"),
            })
        })
        .collect();
    let mut cart = order(lines);
    cart["billing_address"] = json!({
        "given_name": "Testperson-se", "family_name": "Approved",
        "email": "customer@email.se", "phone": "+46701740615",
        "street_address": "Södra Blasieholmshamnen 2", "postal_code": "11148",
        "city": "Stockholm", "country": "SE",
    });
    cart["merchant_reference1"] = json!("benchmark");
    cart.to_string()
}

fn order(lines: Vec<Value>) -> Value {
    json!({
        "purchase_country": "SE",
        "purchase_currency": "SEK",
        "locale": "sv-SE",
        "order_amount": AMOUNT,
        "order_tax_amount": 10_000,
        "order_lines": lines,
    })
}

/// A request as bytes, with the world's credentials.
pub fn request(address: SocketAddr, method: &str, path: &str, body: Option<&str>) -> Vec<u8> {
    let (username, password) = LOGIN;
    let login = STANDARD.encode(format!("{username}:{password}"));
    let body = body.unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {login}\r\n\
         content-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Milliseconds that each of `flows` whole payments took, one after another on one connection.
pub fn measure(address: SocketAddr, flows: usize) -> anyhow::Result<Vec<f64>> {
    let mut connection = Connection::open(address)?;
    let body = session_body();
    let mut taken = Vec::with_capacity(flows);
    for number in 0..WARM_UP + flows {
        let began = SystemClock.now();
        pay(&mut connection, address, &body)?;
        if number >= WARM_UP {
            taken.push(milliseconds(began));
        }
    }
    Ok(taken)
}

/// Session, approval, order, capture, refund.
fn pay(connection: &mut Connection, address: SocketAddr, cart: &str) -> anyhow::Result<()> {
    let session = answered(connection, address, "/payments/v1/sessions", cart)?;
    let session_id = text(&session, "session_id")?;
    let visit = format!("/sandbox/v1/sessions/{session_id}/shopper");
    let approved = answered(connection, address, &visit, r#"{"action":"approve"}"#)?;
    let token = text(&approved, "authorization_token")?;
    let place = format!("/payments/v1/authorizations/{token}/order");
    let order_id = text(&answered(connection, address, &place, cart)?, "order_id")?;
    let desk = format!("/ordermanagement/v1/orders/{order_id}");
    let capture = json!({ "captured_amount": AMOUNT }).to_string();
    let path = format!("{desk}/captures");
    let answer = connection.send(&request(address, "POST", &path, Some(&capture)))?;
    header(answer, "capture-id").context("a capture without an id")?;
    let refund = json!({ "refunded_amount": AMOUNT }).to_string();
    let path = format!("{desk}/refunds");
    let answer = connection.send(&request(address, "POST", &path, Some(&refund)))?;
    header(answer, "refund-id").context("a refund without an id")?;
    Ok(())
}

fn answered(
    connection: &mut Connection,
    address: SocketAddr,
    path: &str,
    sent: &str,
) -> anyhow::Result<Value> {
    let answer = connection.send(&request(address, "POST", path, Some(sent)))?;
    Ok(serde_json::from_slice(body(answer))?)
}

fn text(document: &Value, name: &str) -> anyhow::Result<String> {
    let value = document.get(name).and_then(Value::as_str);
    value
        .map(str::to_owned)
        .with_context(|| format!("no {name} in {document}"))
}
