//! A guest's whole checkout under load, call by call as the published checkout makes it, and beside it a commerce server
//! for Node.js.
//!
//! Three ways to an order take turns in each round. `checkout`: the guest has a cart with one line before the clock
//! starts; then 22 reads and 7 writes of the commerce API (`shopper.rs` lists them), and the shopper's approval at the
//! sandbox in between. `writes`: from no cart to the placed order, by writes alone (`writes.rs`). `peer`: the same at the
//! peer (`peer.rs`), where it is installed and finds PostgreSQL. Gateway and sandbox are the real binary in one process,
//! on SQLite, durable; clients are plain sockets of another process on the same machine.
//! Prints one figure a line, `name value unit`. Run it with `cargo xtask bench checkout`.

mod carts;
mod peer;
mod rounds;
mod shopper;
#[expect(dead_code, reason = "each benchmark uses its part")]
#[path = "../support/mod.rs"]
mod support;
mod writes;

use std::path::Path;
use std::process::Command;

use carts::Shop;
use kassa::demo::ready::Ready;
use peer::Peer;
use rounds::Way;
use support::{Server, bare_syncs, free_address, median, setting};

/// Clients at the same time.
const CLIENTS: usize = 16;
/// Rounds, unless `KASSA_BENCH_ROUNDS` says otherwise; one more before them warms up.
const ROUNDS: usize = 5;
/// Orders of one round and way, unless `KASSA_BENCH_FLOWS` says otherwise.
const CHECKOUTS: usize = 400;
/// Durable writes before each round.
const SYNCS: usize = 200;

fn main() -> anyhow::Result<()> {
    let rounds = setting("KASSA_BENCH_ROUNDS", ROUNDS)?;
    let count = setting("KASSA_BENCH_FLOWS", CHECKOUTS)?;
    let clients = setting("KASSA_BENCH_CLIENTS", CLIENTS)?;
    // Not the system's temporary folder: that is often memory, and fsync there costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let peer = Peer::start(folder.path())?;
    let (kassa, ready) = demo(folder.path())?;
    let mut syncs = Vec::new();
    let [mut checkout, mut writes, mut beside] = ["checkout", "writes", "peer"].map(Way::new);
    for round in 0..=rounds {
        let first = round * count;
        syncs.extend(bare_syncs(folder.path(), SYNCS)?);
        let shop = Shop::enter(&ready)?;
        checkout.round(&kassa, clients, &shop.guests(count)?)?;
        writes.round(&kassa, clients, &shop.newcomers(first, count))?;
        if let Some(peer) = &peer {
            beside.round(&peer.server, clients, &peer.visitors(first, count))?;
        }
        // The first round fills caches and statement pools, and lets the peer's code be compiled.
        if round == 0 {
            for way in [&mut checkout, &mut writes, &mut beside] {
                way.forget();
            }
        }
    }
    figure("sync_p50", median(&syncs), "ms");
    figure("checkout_calls", shopper::CALLS as f64, "calls");
    checkout.tell();
    figure("writes_calls", writes::CALLS as f64, "calls");
    writes.tell();
    figure("resident_after_load", kassa.resident()?, "MiB");
    kassa.stop()?;
    let Some(peer) = peer else {
        println!("SKIPPED: no peer was given (see cargo xtask bench checkout --help)");
        return Ok(());
    };
    figure("peer_calls", peer::CALLS as f64, "calls");
    beside.tell();
    figure("peer_resident_after_load", peer.server.resident()?, "MiB");
    checkout.tell_over(&beside);
    writes.tell_over(&beside);
    peer.server.stop()
}

/// Gateway and sandbox, seeded, over a new folder.
fn demo(folder: &Path) -> anyhow::Result<(Server, Ready)> {
    let address = free_address()?;
    let ready_file = folder.join("ready.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kassa"));
    command
        .args(["demo", "--sandbox-listen", "127.0.0.1:0"])
        .args(["--listen", &address.to_string()])
        .arg("--ready-file")
        .arg(&ready_file)
        .arg("--data")
        .arg(folder.join("data"));
    let server = Server::start(command, address, "/livez")?;
    let ready = serde_json::from_slice(&support::wait_for_file(&ready_file)?)?;
    Ok((server, ready))
}

/// One figure, for people and for `cargo xtask bench`.
fn figure(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}
