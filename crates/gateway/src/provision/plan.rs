//! Rows on their way into one change set.
//!
//! Invariant: every row gets its type's defaults and secrets and holds its type's unique claims, so that later requests
//! meet the same rules as if the rows had come through the API.

use kassa_commerce::reservation::stock_counter;
use kassa_storage::{ChangeSet, ClaimKey, CounterChange, Guard, Key, Put, Realm, Record};
use serde_json::{Map, Value};

use crate::gateway::Gateway;
use crate::shop::catalogue::new_generation;
use crate::shop::resources::registry;
use crate::shop::{noun, unique};

/// What callbacks of a row are signed with.
const SHARED_SECRET: &str = "shared_secret";

/// A change set that fills an organization.
pub(super) struct Plan<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) set: ChangeSet,
    /// Claims of the platform's realm, which make the organization reachable.
    pub(super) platform_claims: Vec<(ClaimKey, String)>,
    pub(super) now_us: i64,
}

impl<'a> Plan<'a> {
    /// An empty plan for `realm`.
    pub(super) fn new(gateway: &'a Gateway, realm: Realm) -> Self {
        let now_us = gateway.now_us(&realm);
        let mut set = gateway.change_set(&realm);
        set.counters.push(new_generation());
        Self {
            gateway,
            set,
            platform_claims: Vec::new(),
            now_us,
        }
    }

    /// Adds a row and returns its id.
    pub(super) fn add(&mut self, kind: &'static str, body: Value) -> String {
        self.add_as(kind, self.gateway.new_id(), body)
    }

    /// Adds a row under an id and returns it.
    pub(super) fn add_as(&mut self, kind: &'static str, id: String, body: Value) -> String {
        let mut body = match body {
            Value::Object(body) => body,
            _ => Map::new(),
        };
        let key = Key::new(kind, id.clone());
        if let Some(descriptor) = registry().find(kind) {
            for attribute in descriptor.attributes {
                let default = attribute
                    .default
                    .and_then(|json| serde_json::from_str(json).ok());
                if let (Some(default), false) = (default, body.contains_key(attribute.name)) {
                    body.insert(attribute.name.to_owned(), default);
                }
            }
            if descriptor.attribute(SHARED_SECRET).is_some() && !body.contains_key(SHARED_SECRET) {
                let secret = noun::shared_secret(self.gateway);
                body.insert(SHARED_SECRET.to_owned(), secret.into());
            }
            self.set
                .claims
                .extend(unique::claims(descriptor, &key, &body));
        }
        let market = body
            .get("market_id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let mut record = Record::root(key, body, self.now_us);
        record.market = market;
        self.set.puts.push(Put {
            record,
            guard: Guard::New,
        });
        id
    }

    /// Adds a stock item with its quantity, which is a counter.
    pub(super) fn add_stock(&mut self, body: Value, quantity: i64) {
        let id = self.add("stock_items", body);
        self.set.counters.push(CounterChange {
            name: stock_counter(&id),
            delta: quantity,
            min: 0,
            max: i64::MAX,
        });
    }
}
