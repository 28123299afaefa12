//! Computed relationships of orders and their parts.
//!
//! Invariant: what depends on rules (which ways to pay and to ship are on offer) is asked of the rules, over the
//! order as it stands in this request's snapshot.

use std::collections::HashMap;

use kassa_commerce::cart::{CartContext, available_shipping_methods};
use kassa_storage::{Key, Record};

use super::Reader;
use super::computed::Targets;
use crate::error::GatewayError;
use crate::shop::order_view;

/// Rows that one relationship may bring in.
const ROWS: u64 = 5_000;

impl Reader<'_> {
    pub(super) async fn order_relationship(
        &mut self,
        name: &str,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        match name {
            "line_item_options" => {
                self.below(
                    sources,
                    ("line_items", "order"),
                    ("line_item_options", "line_item"),
                )
                .await
            }
            "stock_line_items" => {
                self.below(
                    sources,
                    ("shipments", "order"),
                    ("stock_line_items", "shipment"),
                )
                .await
            }
            "stock_transfers" => {
                self.below(
                    sources,
                    ("line_items", "order"),
                    ("stock_transfers", "line_item"),
                )
                .await
            }
            "available_customer_payment_sources" => self.wallets(sources).await,
            "available_payment_methods" | "default_shipping_method" | "default_payment_method" => {
                self.on_offer(name, sources).await
            }
            _ => Ok(Targets::new()),
        }
    }

    /// Rows two steps below an order: first the rows of `middle` that point to it, then those that point to them.
    async fn below(
        &mut self,
        sources: &[&Record],
        middle: (&str, &str),
        last: (&str, &str),
    ) -> Result<Targets, GatewayError> {
        let orders: Vec<String> = sources.iter().map(|order| order.key.id.clone()).collect();
        let rows = self
            .snapshot
            .inverse(&[middle.0], middle.1, &orders, ROWS)
            .await?;
        let ids: Vec<String> = rows.iter().map(|row| row.key.id.clone()).collect();
        if ids.is_empty() {
            return Ok(Targets::new());
        }
        let order_of: HashMap<&str, Key> = rows
            .iter()
            .filter_map(|row| {
                Some((
                    row.key.id.as_str(),
                    Key::new("orders", row.text("order_id")?),
                ))
            })
            .collect();
        let mut targets = Targets::new();
        let via = format!("{}_id", last.1);
        for row in self.snapshot.inverse(&[last.0], last.1, &ids, ROWS).await? {
            if let Some(order) = row.text(&via).and_then(|id| order_of.get(id)) {
                targets
                    .entry(order.clone())
                    .or_default()
                    .push(row.key.clone());
            }
            self.fetched.insert(row.key.clone(), row);
        }
        Ok(targets)
    }

    /// The logged-in customer's own wallet, for the customer's own orders.
    async fn wallets(&mut self, sources: &[&Record]) -> Result<Targets, GatewayError> {
        let customers: Vec<String> = sources
            .iter()
            .filter_map(|order| order.text("customer_id"))
            .filter(|id| {
                self.caller.is_integration() || self.caller.customer_id.as_deref() == Some(*id)
            })
            .map(ToOwned::to_owned)
            .collect();
        if customers.is_empty() {
            return Ok(Targets::new());
        }
        let kinds = ["customer_payment_sources"];
        let rows = self
            .snapshot
            .inverse(&kinds, "customer", &customers, ROWS)
            .await?;
        let mut targets = Targets::new();
        for order in sources {
            let own = rows
                .iter()
                .filter(|row| row.text("customer_id") == order.text("customer_id"));
            let keys: Vec<Key> = own.map(|row| row.key.clone()).collect();
            targets.insert(order.key.clone(), keys);
        }
        Ok(targets)
    }

    /// What the market offers an order.
    async fn on_offer(&mut self, name: &str, sources: &[&Record]) -> Result<Targets, GatewayError> {
        let mut targets = Targets::new();
        for order in sources {
            self.order_market = order.text("market_id").map(ToOwned::to_owned);
            let market = order.text("market_id");
            let Some(configuration) = self.configuration_of(market).await? else {
                continue;
            };
            let catalogue = &configuration.catalogue;
            let keys = match name {
                "available_payment_methods" => catalogue
                    .available_payment_methods()
                    .map(|method| Key::new("payment_methods", method.id.as_str()))
                    .collect(),
                "default_shipping_method" => {
                    let id = catalogue.market.default_shipping_method_id.as_ref();
                    id.map(|id| Key::new("shipping_methods", id.as_str()))
                        .into_iter()
                        .collect()
                }
                _ => {
                    let id = catalogue.market.default_payment_method_id.as_ref();
                    id.map(|id| Key::new("payment_methods", id.as_str()))
                        .into_iter()
                        .collect()
                }
            };
            targets.insert(order.key.clone(), keys);
        }
        Ok(targets)
    }

    pub(super) async fn shipment_relationship(
        &mut self,
        name: &str,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        match name {
            "line_items" => Ok(lines_inside(sources)),
            "available_shipping_methods" => self.ways_to_travel(sources).await,
            _ => Ok(Targets::new()),
        }
    }

    async fn ways_to_travel(&mut self, sources: &[&Record]) -> Result<Targets, GatewayError> {
        let mut targets = Targets::new();
        for shipment in sources {
            let id = shipment.root.id.clone();
            self.see_order(&id).await?;
            let Some(order) = self.orders.get(&id) else {
                continue;
            };
            let Some(part) = order
                .aggregate
                .shipments
                .iter()
                .find(|part| part.id.as_str() == shipment.key.id)
            else {
                continue;
            };
            let context = CartContext {
                parties: &order.parties,
                catalogue: order.catalogue(),
                now: order.now,
            };
            let ways = available_shipping_methods(&order.aggregate, part, &context)?;
            let mut keys = Vec::new();
            for way in ways {
                // One row stands for a method however many shipments offer it: the first one's price is shown.
                let price = way.price_amount_for_shipment_cents.minor();
                self.prices
                    .entry(way.id.as_str().to_owned())
                    .or_insert(price);
                keys.push(Key::new("shipping_methods", way.id.as_str()));
            }
            targets.insert(shipment.key.clone(), keys);
        }
        Ok(targets)
    }

    /// How long each method takes from where the shipment in sight leaves.
    pub(super) async fn lead_time_of_methods(
        &mut self,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        let shipments: Vec<_> = self
            .orders
            .values()
            .flat_map(|order| {
                order
                    .aggregate
                    .shipments
                    .iter()
                    .map(move |shipment| (order, shipment))
            })
            .collect();
        let mut targets = Targets::new();
        for method in sources {
            let time = shipments.iter().find_map(|(order, shipment)| {
                order.catalogue().delivery_lead_times.iter().find(|time| {
                    time.shipping_method_id.as_str() == method.key.id
                        && Some(&time.stock_location_id) == shipment.stock_location_id.as_ref()
                })
            });
            let key = time.map(|time| Key::new("delivery_lead_times", time.id.as_str()));
            targets.insert(method.key.clone(), key.into_iter().collect());
        }
        Ok(targets)
    }

    async fn see_order(&mut self, id: &str) -> Result<(), GatewayError> {
        if self.orders.contains_key(id) {
            return Ok(());
        }
        let realm = &self.caller.realm;
        // Boxed: reading an order is a large future, and most requests hold it.
        let seen = order_view::see(self.gateway, self.snapshot.as_mut(), realm, id);
        let seen = Box::pin(seen).await?;
        self.orders.insert(id.to_owned(), seen);
        Ok(())
    }
}

/// The lines whose goods a shipment carries.
fn lines_inside(sources: &[&Record]) -> Targets {
    let mut targets = Targets::new();
    for shipment in sources {
        let contents = shipment
            .body
            .get("contents")
            .and_then(|contents| contents.as_array());
        let mut keys: Vec<Key> = contents
            .into_iter()
            .flatten()
            .filter_map(|part| part.get("line_item_id").and_then(|id| id.as_str()))
            .map(|id| Key::new("line_items", id))
            .collect();
        keys.dedup();
        targets.insert(shipment.key.clone(), keys);
    }
    targets
}
