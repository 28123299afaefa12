//! Many buyers of one SKU beside as many buyers of a SKU each: what a hot row costs.
//!
//! Both sides place the same order, paid by wire so that no Klarna is waited for, from as many clients at once, each
//! placing durable before it is answered. The ratio of the two rates is the figure: a store that made buyers of one SKU
//! wait for each other would show it here. Run it with `cargo xtask bench stock`.

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use kassa::demo::{Running, Start};
use kassa_environment::{Clock, SystemClock};
use kassa_gateway::payments::place::place;
use support::template::Template;
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
        let one = template
            .copies(&format!("h{round}x"), ORDERS, false)
            .await?;
        let each = template.copies(&format!("d{round}x"), ORDERS, true).await?;
        let (one, each) = (
            place_all(&template, one).await?,
            place_all(&template, each).await?,
        );
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

/// Places all of them; how many each second.
async fn place_all(template: &Template, orders: Vec<String>) -> anyhow::Result<f64> {
    let count = orders.len();
    let (orders, taken) = (Arc::new(orders), Arc::new(AtomicUsize::new(0)));
    let started = SystemClock.now();
    let mut workers = Vec::new();
    for _ in 0..CLIENTS {
        let (orders, taken) = (orders.clone(), taken.clone());
        let (gateway, caller) = (template.gateway.clone(), template.caller.clone());
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
