//! An order that stands for many: taken once through the public doors, then copied row by row.
//!
//! Invariant: a copy is what the store would hold had the same shopper come again; nothing is measured here.

use std::sync::Arc;

use anyhow::Context;
use kassa::demo::Running;
use kassa::demo::client::Client;
use kassa::demo::story::Story;
use kassa_commerce::reservation::stock_counter;
use kassa_gateway::shop::graph::{Draft, LinkInput, Selection};
use kassa_gateway::shop::resources::{order, wire_transfer};
use kassa_gateway::{Caller, Gateway, TokenRequest};
use kassa_storage::{
    ChangeSet, CounterChange, Filter, Guard, Key, ListQuery, Page, Put, Record, Scope,
};

/// An order that only waits for its placing, and what it sells.
pub struct Template {
    /// The gateway that holds it.
    pub gateway: Arc<Gateway>,
    /// The guest whose it is.
    pub caller: Caller,
    /// The order with its parts.
    order: Vec<Record>,
    /// Its SKU with prices and stock.
    goods: Vec<Record>,
    sku_code: String,
    order_id: String,
    /// The guest's customer row.
    customer: Option<String>,
}

/// One copy.
pub struct Copy<'a> {
    /// Stands before the ids of the original's rows.
    pub prefix: &'a str,
    /// Whether it sells goods that no other order sells.
    pub own_goods: bool,
    /// The customer whose it is instead of the guest.
    pub customer: Option<&'a str>,
    /// How much later it was made, microseconds.
    pub later_us: i64,
}

impl Template {
    /// Takes a guest's order up to the point of placing.
    pub async fn of(running: &Running) -> anyhow::Result<Self> {
        let ready = Arc::new(running.ready().clone());
        let gateway = running.gateway().clone();
        let request = TokenRequest {
            grant_type: "client_credentials".to_owned(),
            client_id: ready.sales_channel.client_id.clone(),
            scope: Some(ready.sales_channel.scope.clone()),
            ..TokenRequest::default()
        };
        let token = gateway.issue(request, None).await?;
        let caller = gateway
            .verify(&token.access_token, "benchmark".to_owned())
            .await?;
        let mut story = Story::new(ready.clone(), Client::new(), false);
        story.shop_token().await?;
        story.order().await?;
        story.line_item().await?;
        story.addresses().await?;
        story.shipment().await?;
        by_wire(&gateway, &caller, &story.order).await?;
        let scope = Scope::realm(caller.realm.clone());
        let mut snapshot = gateway.snapshot(&scope).await?;
        let order = snapshot
            .aggregate(&Key::new("orders", &story.order))
            .await?;
        let sku_code = ready.skus.first().context("the seed has no SKU")?.clone();
        let mut goods = Vec::new();
        for kind in ["skus", "prices", "stock_items"] {
            let own = if kind == "skus" { "code" } else { "sku_code" };
            let rows = snapshot.list(&all(kind)).await?.into_iter();
            goods.extend(rows.filter(|row| row.text(own) == Some(&sku_code)));
        }
        drop(snapshot);
        let customer = order
            .iter()
            .find(|record| record.is_root())
            .and_then(|order| order.text("customer_id"))
            .map(ToOwned::to_owned);
        Ok(Self {
            customer,
            order_id: story.order,
            gateway,
            caller,
            order,
            goods,
            sku_code,
        })
    }

    /// Copies of the order, each with goods of its own if wanted; there is enough of everything.
    pub async fn copies(
        &self,
        prefix: &str,
        count: usize,
        own_goods: bool,
    ) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::with_capacity(count);
        for copy in 0..count {
            let copy = format!("{prefix}{copy}");
            let mut set = self.gateway.change_set(&self.caller.realm);
            let of = Copy {
                prefix: &copy,
                own_goods,
                customer: None,
                later_us: 0,
            };
            self.copy(&mut set, &of)?;
            self.gateway.commit_once(set).await?;
            ids.push(format!("{copy}{}", self.order_id));
        }
        Ok(ids)
    }

    /// Adds one copy to `set`.
    pub fn copy(&self, set: &mut ChangeSet, copy: &Copy<'_>) -> anyhow::Result<()> {
        let Copy {
            prefix,
            own_goods,
            customer,
            later_us,
        } = *copy;
        let mut records = self.order.clone();
        if own_goods {
            records.extend(self.goods.clone());
        }
        let rename = |id: &str| format!("{prefix}{id}");
        for record in &records {
            let mut text = serde_json::to_string(&record.body)?;
            for own in &records {
                text = text.replace(&own.key.id, &rename(&own.key.id));
            }
            if own_goods {
                text = text.replace(&self.sku_code, &rename(&self.sku_code));
            }
            if let (Some(own), Some(other)) = (&self.customer, customer) {
                text = text.replace(own, other);
            }
            let named = |key: &Key| Key::new(key.kind.clone(), rename(&key.id));
            let guard = if record.is_root() {
                Guard::New
            } else {
                Guard::ByRoot
            };
            let record = Record {
                key: named(&record.key),
                root: named(&record.root),
                body: serde_json::from_str(&text)?,
                owner: customer.map(str::to_owned).or(record.owner.clone()),
                created_at: record.created_at + later_us,
                updated_at: record.updated_at + later_us,
                ..record.clone()
            };
            set.puts.push(Put { record, guard });
        }
        let stock = self.goods.iter();
        for item in stock.filter(|own| own.key.kind == "stock_items") {
            let id = match own_goods {
                true => rename(&item.key.id),
                false => item.key.id.clone(),
            };
            set.counters.push(CounterChange {
                name: stock_counter(&id),
                delta: 1000,
                min: 0,
                max: i64::MAX,
            });
        }
        Ok(())
    }
}

/// Lets the order be paid by wire transfer.
async fn by_wire(gateway: &Gateway, caller: &Caller, order_id: &str) -> anyhow::Result<()> {
    let mut snapshot = gateway.snapshot(&caller.scope()).await?;
    let methods = snapshot.list(&all("payment_methods")).await?;
    drop(snapshot);
    let market = caller.market_ids.first().map(String::as_str);
    let method = methods
        .iter()
        .filter(|row| row.text("market_id").is_none_or(|own| Some(own) == market))
        .find(|row| row.text("payment_source_type") == Some("wire_transfers"))
        .context("the seed has no wire transfers")?;
    let link = |name: &str, kind: &str, id: &str| Draft {
        relationships: [(
            name.to_owned(),
            LinkInput::One(Some((kind.to_owned(), id.to_owned()))),
        )]
        .into(),
        ..Draft::default()
    };
    let selection = Selection::default();
    let chosen = link("payment_method", "payment_methods", &method.key.id);
    gateway
        .update(caller, &order::DESCRIPTOR, order_id, chosen, &selection)
        .await?;
    let source = link("order", "orders", order_id);
    gateway
        .create(caller, &wire_transfer::DESCRIPTOR, source, &selection)
        .await?;
    Ok(())
}

fn all(kind: &'static str) -> ListQuery {
    ListQuery {
        kinds: vec![kind],
        filter: Filter::Everything,
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: 1000,
        },
    }
}
