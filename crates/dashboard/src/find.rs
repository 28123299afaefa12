//! From any id to the orders it belongs to.
//!
//! Invariant: bounded, and complete for whole ids however many orders there are: point reads, indexed attributes, and
//! the store's tables of trace and correlation ids. Only the beginning of an authorization token is looked for row by
//! row, and left out where that takes too long.

use kassa_gateway::shop::resources::registry;
use kassa_gateway::{Gateway, GatewayError};
use kassa_storage::{
    Descriptor, FieldPath, Filter, Key, ListQuery, Operation, Page, Realm, Record, Scope, Snapshot,
    Sort, StoreError, Test,
};
use serde_json::Value;

/// Most orders that one search shows.
const MOST_FOUND: u64 = 50;

/// Shortest prefix of an authorization token that is searched for.
const TOKEN_PREFIX: usize = 8;

/// An order, and what led to it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) realm: Realm,
    pub(crate) order: Record,
    pub(crate) because: String,
}

/// Realms that hold a shop's data.
pub(crate) async fn realms(gateway: &Gateway) -> Result<Vec<Realm>, GatewayError> {
    let mut shops = Vec::new();
    for realm in gateway.store().realms().await? {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let organization = Key::new("organizations", realm.organization());
        if snapshot.record(&organization).await?.is_some() {
            shops.push(realm);
        }
    }
    Ok(shops)
}

/// One page of orders, newest first.
pub(crate) async fn latest(
    gateway: &Gateway,
    realm: &Realm,
    offset: u64,
    limit: u64,
) -> Result<Vec<Record>, GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    newest(snapshot.as_mut(), Filter::Everything, offset, limit).await
}

/// The orders that `wanted` (any id, number, reference, token prefix, correlation or trace id) leads to.
pub(crate) async fn search(
    gateway: &Gateway,
    realm: &Realm,
    wanted: &str,
) -> Result<Vec<Found>, GatewayError> {
    gateway.keep_calls().await?;
    let mut search = Search {
        realm,
        snapshot: gateway.snapshot(&Scope::realm(realm.clone())).await?,
        found: Vec::new(),
    };
    search.by_record(wanted).await?;
    search.by_order_field(wanted).await?;
    search.by_klarna_field(wanted).await?;
    if let Some(operation) = search.snapshot.operation(wanted).await? {
        search.add(&operation.order_id, "operation").await?;
    }
    for order_id in search.snapshot.orders_of_call(wanted).await? {
        search.add(&order_id, "trace id of an API call").await?;
    }
    for order_id in search.snapshot.orders_of_correlation(wanted).await? {
        search
            .add(&order_id, "correlation id of a Klarna call")
            .await?;
    }
    Ok(search.found)
}

struct Search<'a> {
    realm: &'a Realm,
    snapshot: Box<dyn Snapshot>,
    found: Vec<Found>,
}

impl Search<'_> {
    async fn add(&mut self, order_id: &str, because: &str) -> Result<(), GatewayError> {
        let full = u64::try_from(self.found.len()).unwrap_or(u64::MAX) >= MOST_FOUND;
        let known = self
            .found
            .iter()
            .any(|found| found.order.key.id == order_id);
        if known || full {
            return Ok(());
        }
        if let Some(order) = self.snapshot.record(&Key::new("orders", order_id)).await? {
            self.found.push(Found {
                realm: self.realm.clone(),
                order,
                because: because.to_owned(),
            });
        }
        Ok(())
    }

    /// The id of an order, or of anything that belongs to one.
    async fn by_record(&mut self, wanted: &str) -> Result<(), GatewayError> {
        let keys: Vec<Key> = registry()
            .0
            .iter()
            .filter(|descriptor| descriptor.concrete.is_empty())
            .map(|descriptor| Key::new(descriptor.kind, wanted))
            .collect();
        for record in self.snapshot.records(&keys).await? {
            if record.root.kind == "orders" {
                let because = format!("id in {}", record.key.kind);
                self.add(&record.root.id.clone(), &because).await?;
            } else {
                self.by_link(&record).await?;
            }
        }
        Ok(())
    }

    /// Orders that point to a record of their own root, such as a customer or an address.
    async fn by_link(&mut self, record: &Record) -> Result<(), GatewayError> {
        for name in ["customer", "billing_address", "shipping_address"] {
            let points_here = registry()
                .find("orders")
                .and_then(|orders| orders.relationship(name))
                .is_some_and(|relationship| relationship.to.contains(&record.key.kind.as_ref()));
            if points_here {
                let ids = [record.key.id.clone()];
                let orders = self
                    .snapshot
                    .inverse(&["orders"], name, &ids, MOST_FOUND)
                    .await?;
                for order in orders {
                    self.add(&order.key.id, &format!("id of its {name}"))
                        .await?;
                }
            }
        }
        Ok(())
    }

    async fn by_order_field(&mut self, wanted: &str) -> Result<(), GatewayError> {
        for field in ["number", "reference", "customer_email", "token"] {
            let Some(filter) = equal("orders", field, wanted) else {
                continue;
            };
            for order in newest(self.snapshot.as_mut(), filter, 0, MOST_FOUND).await? {
                self.add(&order.key.id, field).await?;
            }
        }
        Ok(())
    }

    /// Klarna's names: session, order, and the beginning of an authorization token.
    async fn by_klarna_field(&mut self, wanted: &str) -> Result<(), GatewayError> {
        let mut tests: Vec<(&str, &str, Test)> = [
            ("klarna_payments", "session_id"),
            ("klarna_payments", "auth_token"),
            ("authorizations", "gateway_transaction_id"),
            ("captures", "gateway_transaction_id"),
            ("refunds", "gateway_transaction_id"),
            ("voids", "gateway_transaction_id"),
        ]
        .map(|(kind, field)| (kind, field, Test::Eq(wanted.into())))
        .into();
        if wanted.len() >= TOKEN_PREFIX {
            let beginning = Test::Start(wanted.to_owned());
            tests.push(("klarna_payments", "auth_token", beginning));
        }
        for (kind, field, test) in tests {
            let Some(filter) = condition(kind, field, test) else {
                continue;
            };
            let query = ListQuery {
                kinds: vec![kind],
                filter,
                sort: Vec::new(),
                page: Page {
                    offset: 0,
                    limit: MOST_FOUND,
                },
            };
            let records = match self.snapshot.list(&query).await {
                Err(StoreError::TooBroad) => continue,
                records => records?,
            };
            for record in records {
                self.add(&record.root.id.clone(), &format!("{field} in {kind}"))
                    .await?;
            }
        }
        Ok(())
    }
}

/// The Klarna calls that an operation remembers.
pub(crate) fn calls(operation: &Operation) -> Vec<Value> {
    operation
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.get("calls"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

fn equal(kind: &str, field: &str, wanted: &str) -> Option<Filter> {
    condition(kind, field, Test::Eq(wanted.into()))
}

fn condition(kind: &str, field: &str, test: Test) -> Option<Filter> {
    let descriptor: &'static Descriptor = registry().find(kind)?;
    let attribute = descriptor.attribute(field)?;
    let path = FieldPath {
        through: Vec::new(),
        field: attribute.name,
    };
    Some(Filter::Field(path, test))
}

async fn newest(
    snapshot: &mut dyn Snapshot,
    filter: Filter,
    offset: u64,
    limit: u64,
) -> Result<Vec<Record>, GatewayError> {
    let query = ListQuery {
        kinds: vec!["orders"],
        filter,
        sort: vec![Sort {
            field: "created_at",
            descending: true,
        }],
        page: Page { offset, limit },
    };
    Ok(snapshot.list(&query).await?)
}
