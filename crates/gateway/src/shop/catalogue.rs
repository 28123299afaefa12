//! Reads the shop's configuration for one market, as the rules want it.
//!
//! Invariant: configuration is cached until the counter that every configuration write moves has moved, so a
//! cached answer is never older than the snapshot that asks for it; prices and stock are read each time.

mod promotions;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kassa_commerce::body::Entity;
use kassa_commerce::catalogue::Catalogue;
use kassa_commerce::reservation::stock_counter;
use kassa_storage::{
    CounterChange, FieldPath, Filter, Key, ListQuery, Page, Realm, Record, Snapshot, Test,
};

use crate::error::GatewayError;

/// The counter that every write of configuration moves.
const GENERATION: &str = "catalogue";

/// Rows of one configuration type that are read for a market. Ours: a shop with more has another problem.
const ROWS: u64 = 1000;

/// Markets remembered.
const REMEMBERED: usize = 1000;

/// Types whose writes change what a market's configuration says.
pub(crate) const CONFIGURATION: &[&str] = &[
    "organizations",
    "markets",
    "price_lists",
    "subscription_models",
    "sku_options",
    "sku_lists",
    "sku_list_items",
    "percentage_discount_promotions",
    "fixed_amount_promotions",
    "free_shipping_promotions",
    "order_amount_promotion_rules",
    "sku_list_promotion_rules",
    "coupon_codes_promotion_rules",
    "inventory_models",
    "inventory_stock_locations",
    "stock_locations",
    "shipping_categories",
    "shipping_zones",
    "shipping_methods",
    "shipping_weight_tiers",
    "delivery_lead_times",
    "payment_methods",
    "klarna_gateways",
    "manual_gateways",
    "manual_tax_calculators",
    "tax_rules",
];

/// One market's configuration, without prices and stock.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub catalogue: Catalogue,
    /// Versions of the rows behind it.
    pub versions: HashMap<Key, i64>,
}

/// The generation a configuration was read at, and the configuration.
type Cached = (i64, Arc<Configuration>);

/// Configurations by realm and market.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<HashMap<(Realm, String), Cached>>);

impl Cache {
    fn find(&self, realm: &Realm, market: &str, generation: i64) -> Option<Arc<Configuration>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache
            .get(&(realm.clone(), market.to_owned()))
            .filter(|(read_at, _)| *read_at == generation)
            .map(|(_, configuration)| Arc::clone(configuration))
    }

    fn keep(&self, realm: &Realm, market: &str, generation: i64, found: &Arc<Configuration>) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= REMEMBERED {
            cache.clear();
        }
        cache.insert(
            (realm.clone(), market.to_owned()),
            (generation, Arc::clone(found)),
        );
    }
}

/// The change that makes cached configurations stale.
pub(crate) fn new_generation() -> CounterChange {
    CounterChange {
        name: GENERATION.to_owned(),
        delta: 1,
        min: 0,
        max: i64::MAX,
    }
}

/// The configuration of `market`; an unknown market is `None`.
pub(crate) async fn configuration(
    cache: &Cache,
    snapshot: &mut dyn Snapshot,
    realm: &Realm,
    market: &str,
) -> Result<Option<Arc<Configuration>>, GatewayError> {
    let generation = snapshot.counter(GENERATION).await?;
    if let Some(found) = cache.find(realm, market, generation) {
        return Ok(Some(found));
    }
    let Some(read) = Box::pin(read(snapshot, realm, market)).await? else {
        return Ok(None);
    };
    let read = Arc::new(read);
    cache.keep(realm, market, generation, &read);
    Ok(Some(read))
}

async fn read(
    snapshot: &mut dyn Snapshot,
    realm: &Realm,
    market: &str,
) -> Result<Option<Configuration>, GatewayError> {
    let mut versions = HashMap::new();
    let market_key = Key::new("markets", market);
    let organization_key = Key::new("organizations", realm.organization());
    let heads = snapshot
        .records(&[market_key.clone(), organization_key.clone()])
        .await?;
    note(&mut versions, &heads);
    let Some(market_record) = heads.iter().find(|record| record.key == market_key) else {
        return Ok(None);
    };
    let linked = |name: &str| market_record.text(name).unwrap_or_default().to_owned();
    let price_list_key = Key::new("price_lists", linked("price_list_id"));
    let model_key = Key::new("inventory_models", linked("inventory_model_id"));
    let calculator = linked("tax_calculator_id");
    let subscriptions_key = Key::new("subscription_models", linked("subscription_model_id"));
    let parents = snapshot
        .records(&[
            price_list_key.clone(),
            model_key.clone(),
            subscriptions_key.clone(),
        ])
        .await?;
    note(&mut versions, &parents);
    let mut catalogue = Catalogue {
        market: typed(market_record)?,
        ..Catalogue::default()
    };
    if let Some(record) = heads.iter().find(|record| record.key == organization_key) {
        catalogue.organization = typed(record)?;
    }
    if let Some(record) = parents.iter().find(|record| record.key == price_list_key) {
        catalogue.price_list = typed(record)?;
    }
    if let Some(record) = parents.iter().find(|record| record.key == model_key) {
        catalogue.inventory_model = typed(record)?;
    }
    let mut subscriptions = parents.iter();
    let subscriptions = subscriptions.find(|record| record.key == subscriptions_key);
    catalogue.subscription_model = subscriptions.map(typed).transpose()?;
    let mut reader = Rows {
        snapshot,
        versions: &mut versions,
    };
    catalogue.inventory_stock_locations = reader
        .inverse(
            "inventory_stock_locations",
            "inventory_model",
            &model_key.id,
        )
        .await?;
    catalogue.tax_rules = reader
        .inverse("tax_rules", "manual_tax_calculator", &calculator)
        .await?;
    offered(&mut reader, &mut catalogue, of_market(market)).await?;
    Ok(Some(Configuration {
        catalogue,
        versions,
    }))
}

/// Reads what a market offers: options, ways to ship and to pay, promotions.
async fn offered(
    reader: &mut Rows<'_>,
    catalogue: &mut Catalogue,
    own: Filter,
) -> Result<(), GatewayError> {
    catalogue.sku_options = reader.list("sku_options", own.clone()).await?;
    catalogue.shipping_methods = reader.list("shipping_methods", own.clone()).await?;
    catalogue.payment_methods = reader.list("payment_methods", own.clone()).await?;
    let methods = catalogue.shipping_methods.iter();
    let methods: Vec<String> = methods.map(|own| own.id.as_str().to_owned()).collect();
    catalogue.shipping_weight_tiers = reader
        .inverse_of("shipping_weight_tiers", "shipping_method", &methods)
        .await?;
    promotions::read(reader, catalogue, own).await?;
    catalogue.stock_locations = reader.list("stock_locations", Filter::Everything).await?;
    catalogue.shipping_categories = reader
        .list("shipping_categories", Filter::Everything)
        .await?;
    catalogue.shipping_zones = reader.list("shipping_zones", Filter::Everything).await?;
    catalogue.delivery_lead_times = reader
        .list("delivery_lead_times", Filter::Everything)
        .await?;
    catalogue.klarna_gateways = reader.list("klarna_gateways", Filter::Everything).await?;
    Ok(())
}

/// Rows that belong to `market` or to none.
fn of_market(market: &str) -> Filter {
    let field = |test| {
        Filter::Field(
            FieldPath {
                through: Vec::new(),
                field: "market_id",
            },
            test,
        )
    };
    Filter::Any(vec![field(Test::Null), field(Test::Eq(market.into()))])
}

struct Rows<'a> {
    snapshot: &'a mut dyn Snapshot,
    versions: &'a mut HashMap<Key, i64>,
}

impl Rows<'_> {
    async fn list<T: Entity>(
        &mut self,
        kind: &'static str,
        filter: Filter,
    ) -> Result<Vec<T>, GatewayError> {
        let query = ListQuery {
            kinds: vec![kind],
            filter,
            sort: Vec::new(),
            page: Page {
                offset: 0,
                limit: ROWS,
            },
        };
        let records = self.snapshot.list(&query).await?;
        note(self.versions, &records);
        records.iter().map(typed).collect()
    }

    async fn inverse<T: Entity>(
        &mut self,
        kind: &'static str,
        via: &'static str,
        target: &str,
    ) -> Result<Vec<T>, GatewayError> {
        if target.is_empty() {
            return Ok(Vec::new());
        }
        self.inverse_of(kind, via, &[target.to_owned()]).await
    }

    async fn inverse_of<T: Entity>(
        &mut self,
        kind: &'static str,
        via: &'static str,
        targets: &[String],
    ) -> Result<Vec<T>, GatewayError> {
        let records = self.records_of(kind, via, targets).await?;
        records.iter().map(typed).collect()
    }

    async fn records_of(
        &mut self,
        kind: &'static str,
        via: &'static str,
        targets: &[String],
    ) -> Result<Vec<Record>, GatewayError> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let limit = ROWS * 100;
        let records = self.snapshot.inverse(&[kind], via, targets, limit).await?;
        note(self.versions, &records);
        Ok(records)
    }
}

pub(crate) fn note(versions: &mut HashMap<Key, i64>, records: &[Record]) {
    for record in records {
        versions.insert(record.key.clone(), record.version);
    }
}

/// The typed noun of a record.
pub(crate) fn typed<T: Entity>(record: &Record) -> Result<T, GatewayError> {
    T::from_body(record.key.id.clone(), &record.body).map_err(|error| {
        GatewayError::Internal(format!(
            "{}/{} cannot be read: {error}",
            record.key.kind, record.key.id
        ))
    })
}

/// Adds the SKUs, prices and stock of `sku_ids` to `catalogue`, and their versions to `versions`.
pub(crate) async fn add_goods(
    snapshot: &mut dyn Snapshot,
    catalogue: &mut Catalogue,
    versions: &mut HashMap<Key, i64>,
    sku_ids: &[String],
) -> Result<(), GatewayError> {
    if sku_ids.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = sku_ids
        .iter()
        .map(|id| Key::new("skus", id.clone()))
        .collect();
    let skus = snapshot.records(&keys).await?;
    note(versions, &skus);
    // Every list and every place may hold each SKU: what is asked for is bounded by the order's lines.
    let limit = ROWS * 100;
    let kinds = ["prices", "stock_items", "tax_categories"];
    let rows = snapshot.inverse(&kinds, "sku", sku_ids, limit).await?;
    let (mut prices, rows): (Vec<Record>, Vec<Record>) =
        rows.into_iter().partition(|row| row.key.kind == "prices");
    let (stock, mut categories): (Vec<Record>, Vec<Record>) = rows
        .into_iter()
        .partition(|row| row.key.kind == "stock_items");
    let list = catalogue.price_list.id.as_str();
    prices.retain(|price| price.text("price_list_id") == Some(list));
    note(versions, &prices);
    add_tiers(snapshot, catalogue, versions, &prices).await?;
    let calculator = catalogue.market.extra.get("tax_calculator_id");
    categories.retain(|row| row.body.get("tax_calculator_id") == calculator);
    note(versions, &categories);
    for category in &categories {
        catalogue.tax_categories.push(typed(category)?);
    }
    let names: Vec<String> = stock
        .iter()
        .map(|item| stock_counter(&item.key.id))
        .collect();
    let quantities = snapshot.counters(&names).await?;
    for sku in &skus {
        catalogue.skus.push(typed(sku)?);
    }
    for price in &prices {
        catalogue.prices.push(typed(price)?);
    }
    for (item, quantity) in stock.iter().zip(quantities) {
        let mut item: kassa_commerce::catalogue::StockItem = typed(item)?;
        item.quantity = quantity;
        catalogue.stock_items.push(item);
    }
    Ok(())
}

/// Adds the tiers of prices.
async fn add_tiers(
    snapshot: &mut dyn Snapshot,
    catalogue: &mut Catalogue,
    versions: &mut HashMap<Key, i64>,
    prices: &[Record],
) -> Result<(), GatewayError> {
    let ids: Vec<String> = prices.iter().map(|price| price.key.id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let kinds = ["price_volume_tiers", "price_frequency_tiers"];
    let tiers = snapshot.inverse(&kinds, "price", &ids, ROWS * 100).await?;
    note(versions, &tiers);
    for tier in &tiers {
        if tier.key.kind == "price_volume_tiers" {
            catalogue.price_volume_tiers.push(typed(tier)?);
        } else {
            catalogue.price_frequency_tiers.push(typed(tier)?);
        }
    }
    Ok(())
}
