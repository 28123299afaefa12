//! Many buyers of one SKU beside as many buyers of a SKU each: what a hot row costs.
//!
//! Both sides place the same order, paid by wire so that no Klarna is waited for, from as many clients at once, each
//! placing durable before it is answered. The ratio of the two rates is the figure: a store that made buyers of one SKU
//! wait for each other would show it here. Run it with `cargo xtask bench stock`.

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, ensure};
use kassa::demo::client::Client;
use kassa::demo::story::Story;
use kassa::demo::{Running, Start};
use kassa_commerce::reservation::stock_counter;
use kassa_environment::{Clock, SystemClock};
use kassa_gateway::payments::place::place;
use kassa_gateway::shop::graph::{Draft, LinkInput, Selection};
use kassa_gateway::shop::resources::{order, wire_transfer};
use kassa_gateway::{Caller, Gateway, TokenRequest};
use kassa_storage::{CounterChange, Filter, Guard, Key, ListQuery, Page, Put, Record, Scope};
use support::{median, setting};

/// Clients at the same time.
const CLIENTS: usize = 64;
/// Orders that each side places in a round.
const ORDERS: usize = 500;
/// Rounds, unless `KASSA_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let rounds = setting("KASSA_BENCH_ROUNDS", ROUNDS)?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let running = Running::start(Start::in_folder(folder.path().join("data"))).await?;
    let template = Template::of(&running).await?;
    let (mut hot, mut distinct, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let one = template.copies(&format!("h{round}x"), false).await?;
        let each = template.copies(&format!("d{round}x"), true).await?;
        let (one, each) = (template.place(one).await?, template.place(each).await?);
        // The first round warms up.
        if round > 0 {
            hot.push(one);
            distinct.push(each);
            ratios.push(one / each);
        }
    }
    println!("{ORDERS} orders, {CLIENTS} clients, {rounds} rounds, medians");
    println!("one SKU for everybody     {:>8.0} places/s", median(&hot));
    println!(
        "a SKU for each            {:>8.0} places/s",
        median(&distinct)
    );
    println!("one SKU / a SKU for each  {:>8.2}", median(&ratios));
    running.stop().await
}

/// An order that only waits for its placing, and what it sells.
struct Template {
    gateway: Arc<Gateway>,
    caller: Caller,
    /// The order with its parts.
    order: Vec<Record>,
    /// Its SKU with prices and stock.
    goods: Vec<Record>,
    sku_code: String,
}

impl Template {
    async fn of(running: &Running) -> anyhow::Result<Self> {
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
        let order = snapshot.aggregate(&Key::new("orders", story.order)).await?;
        let sku_code = ready.skus.first().context("the seed has no SKU")?.clone();
        let mut goods = Vec::new();
        for kind in ["skus", "prices", "stock_items"] {
            let own = if kind == "skus" { "code" } else { "sku_code" };
            let rows = snapshot.list(&all(kind)).await?.into_iter();
            goods.extend(rows.filter(|row| row.text(own) == Some(&sku_code)));
        }
        drop(snapshot);
        Ok(Self {
            gateway,
            caller,
            order,
            goods,
            sku_code,
        })
    }

    /// Copies of the order, each with goods of its own if wanted; there is enough of everything.
    async fn copies(&self, prefix: &str, own_goods: bool) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::new();
        for copy in 0..ORDERS {
            let mut set = self.gateway.change_set(&self.caller.realm);
            let mut records = self.order.clone();
            if own_goods {
                records.extend(self.goods.clone());
            }
            let rename = |id: &str| format!("{prefix}{copy}{id}");
            for record in &records {
                let mut text = serde_json::to_string(&record.body)?;
                for own in &records {
                    text = text.replace(&own.key.id, &rename(&own.key.id));
                }
                if own_goods {
                    text = text.replace(&self.sku_code, &rename(&self.sku_code));
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
                    ..record.clone()
                };
                if record.key.kind == "orders" {
                    ids.push(record.key.id.clone());
                }
                set.puts.push(Put { record, guard });
            }
            for item in self
                .goods
                .iter()
                .filter(|own| own.key.kind == "stock_items")
            {
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
            self.gateway.commit_once(set).await?;
        }
        Ok(ids)
    }

    /// Places all of them; how many each second.
    async fn place(&self, orders: Vec<String>) -> anyhow::Result<f64> {
        let count = orders.len();
        let (orders, taken) = (Arc::new(orders), Arc::new(AtomicUsize::new(0)));
        let started = SystemClock.now();
        let mut workers = Vec::new();
        for _ in 0..CLIENTS {
            let (orders, taken) = (orders.clone(), taken.clone());
            let (gateway, caller) = (self.gateway.clone(), self.caller.clone());
            workers.push(tokio::spawn(async move {
                let mut placed = 0;
                while let Some(id) = orders.get(taken.fetch_add(1, Ordering::Relaxed)) {
                    place(&gateway, &caller, id).await?;
                    placed += 1;
                }
                anyhow::Ok(placed)
            }));
        }
        let mut placed = 0;
        for worker in workers {
            placed += worker.await??;
        }
        ensure!(placed == count, "only {placed} of {count} were placed");
        let seconds = SystemClock.now().duration_since(started).as_secs_f64();
        Ok(count as f64 / seconds)
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
