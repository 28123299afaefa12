//! The sandbox under load, beside what else could answer the same requests.
//!
//! Creating a Klarna session over HTTP at 128 connections, journal on and durable, in rounds that alternate with a
//! minimal axum server that parses the same 2 KB body and sends it back and, where it is installed, an OpenAPI mock of
//! the published document. Then the whole flow at one client (session, approval, order, capture, refund), in rounds that
//! alternate with making 4 KiB durable on the same disk. Client and server share the machine.
//! Prints one figure a line, `name value unit`; `cargo xtask bench sandbox` runs it and holds them against their bounds.

mod creating;
mod flow;
mod minimal;
mod servers;
#[expect(dead_code, reason = "each benchmark uses its part")]
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use support::{Server, bare_syncs, median, pause, percentile, setting};

/// Connections at the same time.
const CONNECTIONS: usize = 128;
/// Alternating rounds, unless `KASSA_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 5;
/// Milliseconds of one measured round, unless `KASSA_BENCH_MILLISECONDS` says otherwise.
const MILLISECONDS: usize = 3000;
/// Whole flows in each round, unless `KASSA_BENCH_FLOWS` says otherwise.
const FLOWS: usize = 100;
/// Durable writes before each round of flows.
const SYNCS: usize = 500;
/// Starts on an empty folder.
const STARTS: usize = 5;
/// How long a server is left alone before its memory is read.
const IDLE: std::time::Duration = std::time::Duration::from_secs(1);
/// The world's credentials.
const LOGIN: (&str, &str) = ("K_bench", "secret");

fn main() -> anyhow::Result<()> {
    if let Some(address) = minimal::asked() {
        return minimal::serve(address);
    }
    let rounds = setting("KASSA_BENCH_ROUNDS", ROUNDS)?;
    // Not the system's temporary folder: that is often memory, and fsync there costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    starting(folder.path())?;
    let data = folder.path().join("data");
    let sandbox = servers::sandbox(&data)?;
    whole_flow(rounds, &sandbox, folder.path())?;
    creating::measure(rounds, &sandbox)?;
    figure("resident_after_load", sandbox.resident()?, "MiB");
    sandbox.stop()?;
    let again = servers::sandbox(&data)?;
    figure("start_with_that_journal", again.started_in, "ms");
    again.stop()
}

/// Starts on empty folders, and what a server takes that nobody has called.
fn starting(folder: &Path) -> anyhow::Result<()> {
    let (mut starts, mut idle) = (Vec::new(), Vec::new());
    for number in 0..STARTS {
        let server = servers::sandbox(&folder.join(format!("empty-{number}")))?;
        starts.push(server.started_in);
        pause(IDLE);
        idle.push(server.resident()?);
        server.stop()?;
    }
    figure("start", median(&starts), "ms");
    // A megabyte, not a mebibyte: the bound is in those.
    figure("idle", percentile(&idle, 100) * 1.048_576, "MB");
    Ok(())
}

/// The whole flow at one client.
fn whole_flow(rounds: usize, sandbox: &Server, folder: &Path) -> anyhow::Result<()> {
    let flows = setting("KASSA_BENCH_FLOWS", FLOWS)?;
    let (mut syncs, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        syncs.extend(bare_syncs(folder, SYNCS)?);
        taken.extend(flow::measure(sandbox.address, flows)?);
    }
    figure("sync_p50", median(&syncs), "ms");
    figure("sync_p99", percentile(&syncs, 99), "ms");
    figure("flow_p50", median(&taken), "ms");
    figure("flow_p99", percentile(&taken, 99), "ms");
    figure("flow_over_sync", median(&taken) / median(&syncs), "times");
    Ok(())
}

/// One figure, for people and for `cargo xtask bench`.
fn figure(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}
