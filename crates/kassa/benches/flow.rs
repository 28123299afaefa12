//! The full durable flow under load, beside what the same disk can do at best.
//!
//! One flow is a whole payment over HTTP against gateway and sandbox (cart, addresses, shipment, Klarna session,
//! approval, place, capture, partial refund), each step durable before it is answered. It is printed as ratios to
//! two raw figures measured in the same run, in the same folder: `fdatasync` of 4 KiB, and change sets of one row
//! through the same group commit. Run it with `cargo xtask bench`.

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kassa::demo::client::Client;
use kassa::demo::story::Story;
use kassa::demo::{Running, Start};
use kassa_environment::{Clock, Entropy, SystemClock, SystemEntropy, time_ordered_id};
use kassa_storage::change_set::{Guard, Put};
use kassa_storage::{ChangeSet, Commit, Key, Realm, Record, Store};
use support::{bare_syncs, milliseconds, percentile, setting};

/// Clients at the same time.
const CLIENTS: usize = 32;
/// Flows that are run before measuring begins.
const WARM_UP: usize = 200;
/// Flows that are measured, unless `KASSA_BENCH_FLOWS` says otherwise.
const FLOWS: usize = 1500;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let flows = setting("KASSA_BENCH_FLOWS", FLOWS)?;
    // Not the system's temporary folder: that is often memory, and fsync there costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let syncs = bare_syncs(folder.path(), 2000)?;
    let fsyncs = 1000.0 * syncs.len() as f64 / syncs.iter().sum::<f64>();
    println!("raw fdatasync of 4 KiB           {fsyncs:>10.0} /s");

    let running = Running::start(Start::in_folder(folder.path().join("data"))).await?;
    let rows = raw_commit_rate(&running).await?;
    println!("one-row change sets, {CLIENTS} writers  {rows:>10.0} /s");

    load(&running, WARM_UP).await?;
    let flushes_before = running.gateway().store().flushes();
    let journal_before = running.sandbox().flushes();
    let started = SystemClock.now();
    let latencies = load(&running, flows).await?;
    let seconds = SystemClock.now().duration_since(started).as_secs_f64();
    let gateway_flushes = running.gateway().store().flushes() - flushes_before;
    let sandbox_flushes = running.sandbox().flushes() - journal_before;
    running.stop().await?;

    let rate = flows as f64 / seconds;
    println!("full durable flow, {CLIENTS} clients    {rate:>10.1} flows/s");
    println!("  p50 {:>8.1} ms", percentile(&latencies, 50));
    println!("  p99 {:>8.1} ms", percentile(&latencies, 99));
    println!(
        "  fsyncs per flow: gateway {:.2}, sandbox {:.2}",
        gateway_flushes as f64 / flows as f64,
        sandbox_flushes as f64 / flows as f64
    );
    println!("  flows per raw fdatasync          {:>10.4}", rate / fsyncs);
    println!("  flows per one-row change set     {:>10.4}", rate / rows);
    Ok(())
}

/// Runs `flows` whole payments over [`CLIENTS`] clients; returns how long each took, in milliseconds.
async fn load(running: &Running, flows: usize) -> anyhow::Result<Vec<f64>> {
    let ready = Arc::new(running.ready().clone());
    let client = Client::new();
    let taken = Arc::new(AtomicUsize::new(0));
    let mut workers = Vec::new();
    for _ in 0..CLIENTS {
        let (ready, client, taken) = (ready.clone(), client.clone(), taken.clone());
        workers.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            while taken.fetch_add(1, Ordering::Relaxed) < flows {
                let started = SystemClock.now();
                let mut story = Story::new(ready.clone(), client.clone(), false);
                story.whole().await?;
                latencies.push(milliseconds(started));
            }
            anyhow::Ok(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await??);
    }
    Ok(latencies)
}

/// How many change sets of one new row the store takes from as many writers as there are clients.
async fn raw_commit_rate(running: &Running) -> anyhow::Result<f64> {
    const EACH: usize = 300;
    let started = SystemClock.now();
    let mut writers = Vec::new();
    for _ in 0..CLIENTS {
        let store = running.gateway().store().clone();
        writers.push(tokio::spawn(async move {
            for _ in 0..EACH {
                commit_one(store.as_ref(), &SystemEntropy).await?;
            }
            anyhow::Ok(())
        }));
    }
    for writer in writers {
        writer.await??;
    }
    let seconds = SystemClock.now().duration_since(started).as_secs_f64();
    Ok((CLIENTS * EACH) as f64 / seconds)
}

async fn commit_one(store: &dyn Store, entropy: &dyn Entropy) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let id = time_ordered_id(entropy, now);
    let mut body = serde_json::Map::new();
    body.insert("name".to_owned(), "Benchmark".into());
    let mut set = ChangeSet::new(id.clone(), Realm::new("benchmark", true));
    set.puts.push(Put {
        record: Record::root(Key::new("merchants", id), body, now.as_microsecond()),
        guard: Guard::New,
    });
    match store.commit(set).await {
        Commit::Committed => Ok(()),
        other => anyhow::bail!("a change set was not committed: {other:?}"),
    }
}
