//! The same order at a commerce server for Node.js: the process, and a buyer in the calls of its shop API.
//!
//! Invariant: the calls are the fewest that its checkout takes, each asks for the least there is to ask, and the order is
//! held to be placed with its payment authorized.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::carts::{email, text};
use crate::rounds::Buyer;
use crate::support::client::{Connection, body, header};
use crate::support::{Server, free_address, wait_for_file};

/// Calls of one order.
pub const CALLS: usize = 7;

const ADD: &str = "mutation($variant: ID!) { changed: addItemToOrder(productVariantId: $variant, quantity: 1) { KEPT } }";
const CUSTOMER: &str = "mutation($input: CreateCustomerInput!) { changed: setCustomerForOrder(input: $input) { KEPT } }";
const ADDRESS: &str = "mutation($input: CreateAddressInput!) { changed: setOrderShippingAddress(input: $input) { KEPT } }";
const METHODS: &str = "{ eligibleShippingMethods { id } }";
const DELIVERY: &str =
    "mutation($id: [ID!]!) { changed: setOrderShippingMethod(shippingMethodId: $id) { KEPT } }";
const ARRANGE: &str =
    "mutation { changed: transitionOrderToState(state: \"ArrangingPayment\") { KEPT } }";
const PAY: &str =
    "mutation($input: PaymentInput!) { changed: addPaymentToOrder(input: $input) { KEPT } }";
/// What is asked for of a changed order.
const KEPT: &str =
    "__typename ...on Order { state orderPlacedAt } ...on ErrorResult { errorCode message }";

/// The server with its shop open.
pub struct Peer {
    /// The process.
    pub server: Server,
    shop: Shop,
}

/// What a buyer has to name.
#[derive(Deserialize)]
struct Shop {
    variant: String,
    payment: String,
}

impl Peer {
    /// Starts it and waits until its shop is filled; `None` when the caller did not name both program and database.
    pub fn start(folder: &Path) -> anyhow::Result<Option<Self>> {
        let named = |name| std::env::var_os(name).map(PathBuf::from);
        let (Some(program), Some(_)) = (
            named("KASSA_BENCH_PEER"),
            named("KASSA_BENCH_PEER_DATABASE"),
        ) else {
            return Ok(None);
        };
        let address = free_address()?;
        let ready = folder.join("peer.json");
        let mut command = Command::new("node");
        command
            .env("NODE_ENV", "production")
            .arg("--no-deprecation")
            .arg(program)
            .args(["--port", &address.port().to_string()])
            .arg("--ready-file")
            .arg(&ready);
        let server = Server::start_when_listening(command, address).context("start the peer")?;
        let shop = serde_json::from_slice(&wait_for_file(&ready)?)?;
        Ok(Some(Self { server, shop }))
    }

    /// Buyers, each with an e-mail address of their own, numbered from `first`.
    pub fn visitors(&self, first: usize, count: usize) -> Vec<Visitor<'_>> {
        (first..first + count)
            .map(|number| Visitor {
                peer: self,
                email: email(number),
            })
            .collect()
    }
}

/// Somebody without a cart or a session.
pub struct Visitor<'a> {
    peer: &'a Peer,
    email: String,
}

impl Buyer for Visitor<'_> {
    type Lines = Connection;

    fn dial(&self) -> anyhow::Result<Connection> {
        Connection::open(self.peer.server.address)
    }

    fn buy(&self, line: &mut Connection) -> anyhow::Result<()> {
        let Shop { variant, payment } = &self.peer.shop;
        let mut visit = Visit {
            address: self.peer.server.address,
            line,
            token: None,
        };
        visit.change(ADD, &json!({ "variant": variant }))?;
        let customer = json!({"firstName": "Mock", "lastName": "Mock", "emailAddress": self.email});
        visit.change(CUSTOMER, &json!({ "input": customer }))?;
        let address = json!({
            "fullName": "Mock Mock", "streetLine1": "Neue Schönhauser Str. 2", "city": "Berlin", "province": "BE",
            "postalCode": "10178", "countryCode": "DE", "phoneNumber": "+49017614284340",
        });
        visit.change(ADDRESS, &json!({ "input": address }))?;
        let methods = visit.ask(METHODS, &json!({}))?;
        let method = text(&methods, "/eligibleShippingMethods/0/id")?;
        visit.change(DELIVERY, &json!({"id": [method]}))?;
        visit.change(ARRANGE, &json!({}))?;
        let paid = json!({"input": {"method": payment, "metadata": {}}});
        let placed = visit.change(PAY, &paid)?;
        ensure!(
            placed["state"] == "PaymentAuthorized" && placed["orderPlacedAt"].is_string(),
            "the order is not placed: {placed}"
        );
        Ok(())
    }
}

/// One buyer's session.
struct Visit<'a> {
    address: SocketAddr,
    line: &'a mut Connection,
    /// What the session is known by, once there is one.
    token: Option<String>,
}

impl Visit<'_> {
    /// A mutation; the order as it is then.
    fn change(&mut self, mutation: &str, variables: &Value) -> anyhow::Result<Value> {
        let mut data = self.ask(&mutation.replace("KEPT", KEPT), variables)?;
        let changed = data["changed"].take();
        if changed["__typename"] != "Order" {
            bail!("{mutation} was refused: {changed}");
        }
        Ok(changed)
    }

    fn ask(&mut self, query: &str, variables: &Value) -> anyhow::Result<Value> {
        let sent = json!({"query": query, "variables": variables}).to_string();
        let token = self.token.as_ref();
        let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n"));
        let request = format!(
            "POST /shop-api HTTP/1.1\r\nhost: {}\r\n{}content-type: application/json\r\naccept: application/json\r\n\
             content-length: {}\r\n\r\n{sent}",
            self.address,
            authorization.unwrap_or_default(),
            sent.len()
        );
        let answer = self.line.send(request.as_bytes())?;
        if let Some(token) = header(answer, "vendure-auth-token") {
            self.token = Some(token.to_owned());
        }
        let mut answer: Value = serde_json::from_slice(body(answer))?;
        ensure!(answer["errors"].is_null(), "{query}: {answer}");
        Ok(answer["data"].take())
    }
}
