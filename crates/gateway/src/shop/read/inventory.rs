//! `skus.inventory`: what can be sold now, from where, and how soon it arrives.
//!
//! Invariant: only locations of the market's inventory model count, in their priority and up to the model's
//! cutoff; without a market every location counts.

use std::collections::HashMap;
use std::sync::Arc;

use kassa_commerce::cart::inventory;
use kassa_commerce::catalogue::Catalogue;
use kassa_commerce::reservation::stock_counter;
use kassa_storage::{Key, Record};
use serde_json::{Value, json};

use super::Reader;
use super::computed::{Targets, set};
use crate::error::GatewayError;
use crate::shop::catalogue::{self, Configuration};

/// Stock items that one request looks at.
const ROWS: u64 = 10_000;

impl Reader<'_> {
    /// Fills `inventory` of the given SKUs.
    pub(super) async fn inventory(
        &mut self,
        records: &mut [&mut Record],
    ) -> Result<(), GatewayError> {
        let ids: Vec<String> = records.iter().map(|record| record.key.id.clone()).collect();
        let Some(configuration) = self.market_configuration().await? else {
            return self.inventory_of_all_places(records, &ids).await;
        };
        let mut catalogue = configuration.catalogue.clone();
        let mut versions = HashMap::new();
        catalogue::add_goods(self.snapshot.as_mut(), &mut catalogue, &mut versions, &ids).await?;
        for record in records {
            let Some(sku) = catalogue.sku_by_id(&record.key.id.as_str().into()) else {
                continue;
            };
            let found = inventory(&catalogue, sku);
            let levels: Vec<Value> = found
                .levels
                .iter()
                .map(|(place, quantity)| {
                    json!({
                        "quantity": quantity,
                        "stock_location_id": place.as_str(),
                        "delivery_lead_times": lead_times(&catalogue, place.as_str()),
                    })
                })
                .collect();
            let value = json!({
                "available": found.available, "quantity": found.quantity, "levels": levels,
            });
            set(record, "inventory", value);
        }
        Ok(())
    }

    /// Without a market in sight, every location counts.
    async fn inventory_of_all_places(
        &mut self,
        records: &mut [&mut Record],
        ids: &[String],
    ) -> Result<(), GatewayError> {
        let stock = self
            .snapshot
            .inverse(&["stock_items"], "sku", ids, ROWS)
            .await?;
        let names: Vec<String> = stock
            .iter()
            .map(|item| stock_counter(&item.key.id))
            .collect();
        let quantities = self.snapshot.counters(&names).await?;
        for record in records {
            let held: Vec<(Option<&str>, i64)> = stock
                .iter()
                .zip(&quantities)
                .filter(|(item, _)| item.text("sku_id") == Some(record.key.id.as_str()))
                .map(|(item, quantity)| (item.text("stock_location_id"), (*quantity).max(0)))
                .collect();
            let total = held
                .iter()
                .fold(0_i64, |sum, (_, quantity)| sum.saturating_add(*quantity));
            let untracked = record.body.get("do_not_track") == Some(&Value::Bool(true));
            let levels: Vec<Value> = held
                .iter()
                .map(|(place, quantity)| json!({"quantity": quantity, "stock_location_id": place}))
                .collect();
            let value = json!({
                "available": untracked || total > 0, "quantity": total, "levels": levels,
            });
            set(record, "inventory", value);
        }
        Ok(())
    }

    /// Options of the market whose pattern fits the SKU's code.
    pub(super) async fn options_of_skus(
        &mut self,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        let Some(configuration) = self.market_configuration().await? else {
            return Ok(Targets::new());
        };
        let catalogue = &configuration.catalogue;
        let mut targets = Targets::new();
        for sku in sources {
            let code = sku.text("code").unwrap_or_default();
            let fitting = catalogue.sku_options.iter().filter(|option| {
                option.sku_code_regex.as_ref().is_none_or(|pattern| {
                    pattern
                        .matches(code, "sku_options.sku_code_regex")
                        .unwrap_or(false)
                })
            });
            let keys = fitting
                .map(|option| Key::new("sku_options", option.id.as_str()))
                .collect();
            targets.insert(sku.key.clone(), keys);
        }
        Ok(targets)
    }

    /// Lead times from the locations that hold the SKU.
    pub(super) async fn lead_times_of_skus(
        &mut self,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        let Some(configuration) = self.market_configuration().await? else {
            return Ok(Targets::new());
        };
        let catalogue = &configuration.catalogue;
        let ids: Vec<String> = sources.iter().map(|sku| sku.key.id.clone()).collect();
        let stock = self
            .snapshot
            .inverse(&["stock_items"], "sku", &ids, ROWS)
            .await?;
        let mut targets = Targets::new();
        for sku in sources {
            let held: Vec<&str> = stock
                .iter()
                .filter(|item| item.text("sku_id") == Some(sku.key.id.as_str()))
                .filter_map(|item| item.text("stock_location_id"))
                .collect();
            let times = catalogue
                .delivery_lead_times
                .iter()
                .filter(|time| held.contains(&time.stock_location_id.as_str()));
            let keys = times
                .map(|time| Key::new("delivery_lead_times", time.id.as_str()))
                .collect();
            targets.insert(sku.key.clone(), keys);
        }
        Ok(targets)
    }

    /// The configuration of the market in scope, or of the order in sight.
    async fn market_configuration(&mut self) -> Result<Option<Arc<Configuration>>, GatewayError> {
        let market = self
            .caller
            .market_ids
            .first()
            .cloned()
            .or_else(|| self.order_market.clone());
        self.configuration_of(market.as_deref()).await
    }

    /// The configuration of a market.
    pub(crate) async fn configuration_of(
        &mut self,
        market: Option<&str>,
    ) -> Result<Option<Arc<Configuration>>, GatewayError> {
        let Some(market) = market else {
            return Ok(None);
        };
        catalogue::configuration(
            &self.gateway.configurations,
            self.snapshot.as_mut(),
            &self.caller.realm,
            market,
        )
        .await
    }
}

/// How soon goods that leave `place` arrive, by shipping method.
fn lead_times(catalogue: &Catalogue, place: &str) -> Vec<Value> {
    let times = catalogue
        .delivery_lead_times
        .iter()
        .filter(|time| time.stock_location_id.as_str() == place);
    times
        .filter_map(|time| {
            let method = catalogue.shipping_method(&time.shipping_method_id)?;
            Some(json!({
                "shipping_method": {
                    "id": method.id.as_str(),
                    "name": method.name,
                    "price_amount_cents": method.price_amount_cents,
                    "free_over_amount_cents": method.free_over_amount_cents,
                },
                "min": { "hours": time.min_hours, "days": time.min_days() },
                "max": { "hours": time.max_hours, "days": time.max_days() },
            }))
        })
        .collect()
}
