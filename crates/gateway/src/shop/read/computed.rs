//! What is computed rather than stored: one batched function for each type and name.
//!
//! Invariant: computed attributes are in the bodies when the answer leaves this room; a computed relationship to a
//! type that is not served leads nowhere.

use std::collections::HashMap;

use kassa_commerce::klarna_payment::KlarnaPayment;
use kassa_storage::descriptor::AttributeSource;
use kassa_storage::{Filter, Key, ListQuery, Page, Record, Test};
use serde_json::{Value, json};

use super::{Reader, redact, rows};
use crate::error::GatewayError;
use crate::shop::catalogue::typed;
use crate::shop::graph::{Graph, Selection};
use crate::shop::resources::registry;
use crate::shop::wallet;

/// Targets of a computed relationship, by source.
pub(crate) type Targets = HashMap<Key, Vec<Key>>;

/// Types with attributes that need a read of their own.
const WORKED_OUT: &[&str] = &[
    "skus",
    "stock_items",
    "webhooks",
    "external_gateways",
    "customers",
    "customer_addresses",
    "coupons",
    "bundles",
    "gift_cards",
    "percentage_discount_promotions",
    "fixed_amount_promotions",
    "free_shipping_promotions",
];

impl Reader<'_> {
    /// Where a computed relationship of `kind` leads from each of `sources`.
    pub(crate) async fn computed_relationship(
        &mut self,
        kind: &str,
        name: &str,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        match (kind, name) {
            (_, "versions") => self.versions_of(sources).await,
            ("external_payments", "wallet") => self.entries_of_sources(sources).await,
            ("skus", "sku_lists") => self.lists_of_skus(sources).await,
            ("orders", _) => self.order_relationship(name, sources).await,
            ("shipments", _) => self.shipment_relationship(name, sources).await,
            (
                "line_items",
                "sku" | "bundle" | "adjustment" | "gift_card" | "shipment" | "payment_method",
            ) => Ok(items(name, sources)),
            ("events" | "webhooks", _) => self.webhook_relationship(name, sources).await,
            ("skus", "sku_options") => self.options_of_skus(sources).await,
            ("skus", "delivery_lead_times") => self.lead_times_of_skus(sources).await,
            ("shipping_methods", "delivery_lead_time_for_shipment") => {
                self.lead_time_of_methods(sources).await
            }
            (
                "bundles"
                | "sku_lists"
                | "sku_list_promotion_rules"
                | "percentage_discount_promotions"
                | "fixed_amount_promotions",
                "skus",
            ) => self.skus_of(sources).await,
            (
                "percentage_discount_promotions"
                | "fixed_amount_promotions"
                | "free_shipping_promotions",
                "coupons",
            ) => self.coupons_of_promotions(sources).await,
            // Everything else leads to types that are not served.
            _ => Ok(Targets::new()),
        }
    }

    /// The wallet's entries that were made of payment sources.
    async fn entries_of_sources(&mut self, sources: &[&Record]) -> Result<Targets, GatewayError> {
        let mut targets = Targets::new();
        for source in sources {
            let claim = wallet::claim(&source.key.id);
            if let Some(entry) = self.snapshot.claim(&claim).await? {
                let entry = Key::new(wallet::ENTRY, entry);
                targets.insert(source.key.clone(), vec![entry]);
            }
        }
        Ok(targets)
    }

    /// Puts computed attributes into the bodies of `graph`.
    pub(super) async fn compute(
        &mut self,
        graph: &mut Graph,
        selection: &Selection,
    ) -> Result<(), GatewayError> {
        self.order_market = graph
            .primary
            .iter()
            .find(|record| record.key.kind == "orders")
            .and_then(|order| order.text("market_id"))
            .map(ToOwned::to_owned)
            .or(self.order_market.take());
        let single = !graph.many;
        let Graph {
            primary, included, ..
        } = graph;
        for kind in WORKED_OUT.iter().copied() {
            // Inventory is for single and included reads only; a list of SKUs does without it.
            let listed = kind == "skus" && !single;
            let chosen = if listed { None } else { Some(&mut *primary) };
            let mut records: Vec<&mut Record> = chosen
                .into_iter()
                .flatten()
                .chain(included.iter_mut())
                .filter(|record| record.key.kind == kind)
                .collect();
            if records.is_empty() {
                continue;
            }
            match kind {
                "skus" if wanted(selection, kind, "inventory") => {
                    self.inventory(&mut records).await?;
                }
                "stock_items" if wanted(selection, kind, "quantity") => {
                    self.counted(&mut records).await?;
                }
                "webhooks" | "external_gateways"
                    if wanted(selection, kind, "circuit_failure_count") =>
                {
                    self.counted(&mut records).await?;
                }
                "coupons" => self.counted(&mut records).await?,
                "bundles" => self.bundle_facts(&mut records).await?,
                "gift_cards" => self.gift_card_facts(&mut records).await?,
                "percentage_discount_promotions"
                | "fixed_amount_promotions"
                | "free_shipping_promotions" => self.promotion_facts(&mut records).await?,
                "customers" => self.customer_facts(&mut records, selection).await?,
                "customer_addresses" if wanted(selection, kind, "name") => {
                    self.address_names(&mut records).await?;
                }
                _ => {}
            }
        }
        for record in primary.iter_mut().chain(included.iter_mut()) {
            self.compute_alone(record)?;
        }
        Ok(())
    }

    /// What follows from a record alone, or from what this request has read already.
    fn compute_alone(&self, record: &mut Record) -> Result<(), GatewayError> {
        match record.key.kind.as_ref() {
            "klarna_payments" => both_shapes(record)?,
            "orders" => what_is_taxed(record),
            "customer_password_resets" if !self.caller.is_integration() => {
                record.body.remove("reset_password_token");
            }
            "gift_cards" => redact::gift_card(self.caller, record),
            "prices" => {
                let amount = record.body.get("amount_cents").cloned();
                set(
                    record,
                    "original_amount_cents",
                    amount.unwrap_or(Value::Null),
                );
            }
            "shipping_methods" => {
                if let Some(price) = self.prices.get(&record.key.id) {
                    set(record, "price_amount_for_shipment_cents", (*price).into());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The attributes of records of one type that counters hold.
    async fn counted(&mut self, records: &mut [&mut Record]) -> Result<(), GatewayError> {
        let descriptor = records
            .first()
            .and_then(|record| registry().find(&record.key.kind));
        for attribute in descriptor.map_or(&[][..], |descriptor| descriptor.attributes) {
            let prefixes = match &attribute.source {
                AttributeSource::Counter(prefix) => std::slice::from_ref(prefix),
                AttributeSource::Counters(prefixes) => prefixes,
                _ => continue,
            };
            let of = |record: &&mut Record| {
                let id = record.key.id.clone();
                prefixes.iter().map(move |prefix| format!("{prefix}{id}"))
            };
            let names: Vec<String> = records.iter().flat_map(of).collect();
            let values = self.snapshot.counters(&names).await?;
            for (record, parts) in records.iter_mut().zip(values.chunks(prefixes.len())) {
                let sum = parts
                    .iter()
                    .fold(0_i64, |sum, part| sum.saturating_add(*part));
                set(record, attribute.name, sum.into());
            }
        }
        Ok(())
    }

    async fn customer_facts(
        &mut self,
        records: &mut [&mut Record],
        selection: &Selection,
    ) -> Result<(), GatewayError> {
        let count = wanted(selection, "customers", "total_orders_count") && !self.caller.is_guest();
        for record in records {
            let has_password = record.text("password_hash").is_some();
            set(record, "has_password", has_password.into());
            if count {
                let query = ListQuery {
                    kinds: vec!["orders"],
                    filter: Filter::All(vec![
                        rows::field("customer_id", Test::Eq(record.key.id.clone().into())),
                        Filter::Not(Box::new(rows::field("placed_at", Test::Null))),
                    ]),
                    sort: Vec::new(),
                    page: Page {
                        offset: 0,
                        limit: 1,
                    },
                };
                let orders = self.snapshot.count(&query).await?;
                set(record, "total_orders_count", orders.into());
            }
        }
        Ok(())
    }

    async fn address_names(&mut self, records: &mut [&mut Record]) -> Result<(), GatewayError> {
        let keys: Vec<Key> = records
            .iter()
            .filter_map(|record| record.text("address_id"))
            .map(|id| Key::new("addresses", id))
            .collect();
        let addresses = self.snapshot.records(&keys).await?;
        for record in records {
            let address = record
                .text("address_id")
                .and_then(|id| addresses.iter().find(|address| address.key.id == id));
            let name = address.and_then(|address| address.text("name"));
            set(record, "name", name.into());
        }
        Ok(())
    }
}

/// Writes one computed attribute.
pub(super) fn set(record: &mut Record, name: &str, value: Value) {
    record.body.insert(name.to_owned(), value);
}

/// Whether an attribute is asked for, as far as sparse fieldsets tell.
fn wanted(selection: &Selection, kind: &str, attribute: &str) -> bool {
    selection
        .fields
        .get(kind)
        .is_none_or(|names| names.iter().any(|name| name == attribute))
}

/// Where an order does not say itself what bears tax, the rule that applied last does (as `Order::taxability`).
fn what_is_taxed(order: &mut Record) {
    let rule = order.body.get("rule_taxability").cloned();
    for name in [
        "freight_taxable",
        "payment_method_taxable",
        "adjustment_taxable",
        "gift_card_taxable",
    ] {
        if order.body.get(name).is_none_or(Value::is_null) {
            let says = rule.as_ref().and_then(|rule| rule.get(name));
            let says = says.and_then(Value::as_bool).unwrap_or(false);
            set(order, name, says.into());
        }
    }
}

/// The older envelope beside the flat fields of a Klarna payment.
fn both_shapes(record: &mut Record) -> Result<(), GatewayError> {
    let payment: KlarnaPayment = typed(record)?;
    set(
        record,
        "payment_request_data",
        payment.payment_request_data(),
    );
    set(record, "payment_response", payment.payment_response());
    if record
        .body
        .get("payment_methods")
        .is_none_or(Value::is_null)
    {
        set(record, "payment_methods", json!([]));
    }
    Ok(())
}

/// `sku`, `bundle`, `shipment` and the like of a line are its item seen by type.
fn items(name: &str, sources: &[&Record]) -> Targets {
    let kind = match name {
        "sku" => "skus",
        "bundle" => "bundles",
        "adjustment" => "adjustments",
        "gift_card" => "gift_cards",
        "shipment" => "shipments",
        _ => "payment_methods",
    };
    let lines = sources
        .iter()
        .filter(|line| line.text("item_type") == Some(kind));
    lines
        .filter_map(|line| {
            Some((
                line.key.clone(),
                vec![Key::new(kind, line.text("item_id")?)],
            ))
        })
        .collect()
}
