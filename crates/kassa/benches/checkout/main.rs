//! A guest's whole checkout under load, call by call as the published checkout makes it.
//!
//! Every guest has a cart with one line before the clock starts. A checkout is then 22 reads and 7 writes of the commerce
//! API (`shopper.rs` lists them), and the shopper's approval at the sandbox in between. Gateway and sandbox are the real
//! binary in one process, on SQLite, durable; clients are plain sockets of another process on the same machine.
//! Prints one figure a line, `name value unit`. Run it with `cargo xtask bench checkout`.

mod carts;
mod shopper;
#[expect(dead_code, reason = "each benchmark uses its part")]
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use kassa::demo::ready::Ready;
use kassa_environment::{Clock, SystemClock};
use shopper::{CALLS, Guest};
use support::client::Connection;
use support::{Server, bare_syncs, free_address, median, milliseconds, percentile, setting};

/// Clients at the same time.
const CLIENTS: usize = 16;
/// Rounds, unless `KASSA_BENCH_ROUNDS` says otherwise; one more before them warms up.
const ROUNDS: usize = 5;
/// Checkouts of one round, unless `KASSA_BENCH_FLOWS` says otherwise.
const CHECKOUTS: usize = 400;
/// Durable writes before each round.
const SYNCS: usize = 200;

fn main() -> anyhow::Result<()> {
    let rounds = setting("KASSA_BENCH_ROUNDS", ROUNDS)?;
    let checkouts = setting("KASSA_BENCH_FLOWS", CHECKOUTS)?;
    let clients = setting("KASSA_BENCH_CLIENTS", CLIENTS)?;
    // Not the system's temporary folder: that is often memory, and fsync there costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let address = free_address()?;
    let ready_file = folder.path().join("ready.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kassa"));
    command
        .args(["demo", "--sandbox-listen", "127.0.0.1:0"])
        .args(["--listen", &address.to_string()])
        .arg("--ready-file")
        .arg(&ready_file)
        .arg("--data")
        .arg(folder.path().join("data"));
    let server = Server::start(command, address, "/livez")?;
    let ready: Ready = serde_json::from_slice(&support::wait_for_file(&ready_file)?)?;

    let mut measured = Measured::default();
    for round in 0..=rounds {
        let syncs = bare_syncs(folder.path(), SYNCS)?;
        let guests = carts::open(&ready, checkouts)?;
        let before = server.processor_time()?;
        let began = SystemClock.now();
        let taken = load(&ready, guests, clients)?;
        let seconds = SystemClock.now().duration_since(began).as_secs_f64();
        let processor = server.processor_time()? - before;
        // The first round fills caches and statement pools.
        if round > 0 {
            measured.syncs.extend(syncs);
            measured.rates.push(checkouts as f64 / seconds);
            measured
                .processor
                .push(1000.0 * processor / checkouts as f64);
            measured.taken.extend(taken);
        }
    }
    measured.print();
    figure("resident_after_load", server.resident()?, "MiB");
    server.stop()
}

/// What the rounds came to.
#[derive(Default)]
struct Measured {
    syncs: Vec<f64>,
    rates: Vec<f64>,
    processor: Vec<f64>,
    taken: Vec<f64>,
}

impl Measured {
    fn print(&self) {
        figure("sync_p50", median(&self.syncs), "ms");
        figure("calls_per_checkout", CALLS as f64, "calls");
        figure("checkouts", median(&self.rates), "per second");
        figure(
            "checkouts_slowest_round",
            percentile(&self.rates, 0),
            "per second",
        );
        figure("checkout_p50", median(&self.taken), "ms");
        figure("checkout_p99", percentile(&self.taken, 99), "ms");
        figure(
            "server_processor",
            median(&self.processor),
            "ms per checkout",
        );
    }
}

/// Runs one checkout for each guest; milliseconds that each took.
fn load(ready: &Ready, guests: Vec<Guest>, clients: usize) -> anyhow::Result<Vec<f64>> {
    let gateway = carts::address(&ready.gateway_url)?;
    let sandbox = carts::address(&ready.sandbox_url)?;
    let taken = AtomicUsize::new(0);
    let (guests, taken) = (&guests, &taken);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(move || {
                    let mut shop = Connection::open(gateway)?;
                    let mut klarna = Connection::open(sandbox)?;
                    let mut times = Vec::new();
                    while let Some(guest) = guests.get(taken.fetch_add(1, Ordering::Relaxed)) {
                        let began = SystemClock.now();
                        guest
                            .check_out(&mut shop, &mut klarna)
                            .with_context(|| format!("checkout of order {}", guest.order))?;
                        times.push(milliseconds(began));
                    }
                    anyhow::Ok(times)
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            let times = worker
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))?;
            all.extend(times?);
        }
        Ok(all)
    })
}

/// One figure, for people and for `cargo xtask bench`.
fn figure(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}
