//! Operations in a random order under a seed, on what earlier ones brought about.
//!
//! Invariant: the seed decides everything, so what is found once is found again.

use std::collections::BTreeMap;

use anyhow::Result;
use kassa_environment::{Entropy, SeededEntropy};
use serde_json::{Value, json};

use super::super::document::Operation;
use super::super::sandbox::Exchange;
use super::bodies::{self, american_cart, cart, everything};
use super::desk::Desk;
use super::situations::{STRANGER, Subject};

const SEED: u64 = 31;
const STEPS: usize = 3000;

/// As many of a kind are kept in reach; older ones fall out of it.
const WITHIN_REACH: usize = 12;

/// What can be met on the way, by the documents' names for it.
struct Stroll<'a> {
    desk: &'a Desk<'a>,
    entropy: SeededEntropy,
    met: BTreeMap<&'static str, Vec<(String, Value)>>,
}

pub fn run(desk: &Desk<'_>, operations: &[Operation]) -> Result<()> {
    let mut stroll = Stroll {
        desk,
        entropy: SeededEntropy::new(SEED),
        met: BTreeMap::new(),
    };
    for _ in 0..STEPS {
        match stroll.below(20) {
            0 => stroll.wait()?,
            1..=3 => stroll.shop()?,
            4..=5 => stroll.visit()?,
            _ => {
                let index = stroll.below(operations.len());
                if let Some(operation) = operations.get(index) {
                    stroll.operate(operation)?;
                }
            }
        }
    }
    Ok(())
}

impl Stroll<'_> {
    fn below(&self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.entropy.next_u64() % limit).unwrap_or_default()
    }

    fn wait(&self) -> Result<()> {
        let seconds = [1, 60, 3700, 90_000, 180_000, 2_600_000];
        let choice = seconds.get(self.below(seconds.len())).copied();
        self.desk.wait_seconds(choice.unwrap_or(1))
    }

    fn keep(&mut self, name: &'static str, id: String, cart: Value) {
        let met = self.met.entry(name).or_default();
        met.push((id, cart));
        if met.len() > WITHIN_REACH {
            met.remove(0);
        }
    }

    fn shop(&mut self) -> Result<()> {
        let cart = match self.below(6) {
            0 => everything(),
            1 => american_cart(),
            2 => cart("tokenize"),
            3 => cart("buy_and_tokenize"),
            _ => cart("buy"),
        };
        let id = self.desk.session(&cart)?;
        self.keep("session_id", id, cart);
        Ok(())
    }

    fn visit(&mut self) -> Result<()> {
        let (session, cart) = self.any("session_id");
        let actions = ["approve", "approve", "approve", "pend", "decline", "cancel"];
        let action = actions
            .get(self.below(actions.len()))
            .copied()
            .unwrap_or("approve");
        let path = format!("/sessions/{session}/shopper");
        // A session may be unknown, expired or used: then nothing comes of the visit.
        let Ok(outcome) = self.desk.control("POST", &path, &json!({"action": action})) else {
            return Ok(());
        };
        if let Some(token) = outcome["authorization_token"].as_str() {
            self.keep("authorizationToken", token.to_owned(), cart);
        }
        Ok(())
    }

    /// Something that was met, or a stranger.
    fn any(&self, name: &str) -> (String, Value) {
        let met = self.met.get(name).map_or(&[][..], Vec::as_slice);
        met.get(self.below(met.len() + 1))
            .cloned()
            .unwrap_or_else(|| (STRANGER.to_owned(), cart("buy")))
    }

    fn operate(&mut self, operation: &Operation) -> Result<()> {
        let mut cart = cart("buy");
        let mut path = String::new();
        for part in operation.path.split('/').skip(1) {
            let name = part.trim_matches(['{', '}']);
            path.push('/');
            if name == part {
                path.push_str(part);
            } else {
                let (id, its_cart) = self.any(parameter(operation, name));
                cart = its_cart;
                path.push_str(&id);
            }
        }
        let mut subject = Subject::new(self.desk, &cart);
        let session = self.any("session_id").0;
        subject.payment_session_url = format!("{}/payments/v1/sessions/{session}", self.desk.url());
        let bodies = bodies::of(operation, &subject);
        let body = bodies.get(self.below(bodies.len())).cloned().flatten();
        let exchange = self.desk.call(&operation.method, &path, body.as_ref())?;
        self.learn(operation, &exchange, cart);
        Ok(())
    }

    /// Keeps what the answer brought about.
    fn learn(&mut self, operation: &Operation, exchange: &Exchange, cart: Value) {
        let body = exchange.json();
        let hosted = operation.path.starts_with("/hpp/");
        for (name, member) in [("order_id", "order_id"), ("customerToken", "token_id")] {
            if let Some(id) = body[member].as_str() {
                self.keep(name, id.to_owned(), cart.clone());
            }
        }
        if let Some(id) = body["session_id"].as_str() {
            let name = if hosted {
                "hosted_session"
            } else {
                "session_id"
            };
            self.keep(name, id.to_owned(), cart.clone());
        }
        for (name, header) in [("capture_id", "capture-id"), ("refund_id", "refund-id")] {
            if let Some(id) = exchange.header(header) {
                self.keep(name, id.to_owned(), cart.clone());
            }
        }
    }
}

/// The documents' parameter under the name by which ids are kept.
fn parameter<'a>(operation: &Operation, name: &'a str) -> &'a str {
    match (operation.path.starts_with("/hpp/"), name) {
        (true, "session_id") => "hosted_session",
        _ => name,
    }
}
