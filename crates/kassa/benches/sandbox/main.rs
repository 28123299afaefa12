//! The sandbox under load, beside what else could answer the same requests.
//!
//! Creating a Klarna session over HTTP at 32 connections, journal on and durable, in rounds that alternate with a
//! minimal axum server that parses the same 2 KB body and sends it back and, where it is installed, an OpenAPI mock of
//! the published document. Then the whole flow at one client (session, approval, order, capture, refund), beside the
//! time that the same disk takes to make 4 KiB durable. Client and server share the machine.
//! Run it with `cargo xtask bench sandbox`.

mod client;
mod flow;
mod minimal;
#[expect(dead_code, reason = "each benchmark uses its part")]
#[path = "../support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use client::Load;
use support::{Server, bare_syncs, free_address, median, percentile, setting};

/// Connections at the same time.
const CONNECTIONS: usize = 32;
/// Alternating rounds, unless `KASSA_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 5;
/// Milliseconds of one measured round, unless `KASSA_BENCH_MILLISECONDS` says otherwise.
const MILLISECONDS: usize = 3000;
/// Whole flows that are measured, unless `KASSA_BENCH_FLOWS` says otherwise.
const FLOWS: usize = 300;
/// The world's credentials.
const LOGIN: (&str, &str) = ("K_bench", "secret");

fn main() -> anyhow::Result<()> {
    if let Some(address) = minimal::asked() {
        return minimal::serve(address);
    }
    let rounds = setting("KASSA_BENCH_ROUNDS", ROUNDS)?;
    let load = Load {
        connections: CONNECTIONS,
        milliseconds: setting("KASSA_BENCH_MILLISECONDS", MILLISECONDS)?,
    };
    // Not the system's temporary folder: that is often memory, and fsync there costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let sandbox = sandbox(&folder.path().join("data"))?;
    println!(
        "start, empty folder                    {:>9.1} ms",
        sandbox.started_in
    );
    println!(
        "resident, idle                         {:>9.1} MiB",
        sandbox.resident()?
    );

    let minimal = minimal::start()?;
    let mock = mock()?;
    creating(&load, rounds, &sandbox, &minimal, mock.as_ref())?;
    drop(minimal);
    drop(mock);
    whole_flow(&sandbox, folder.path())?;
    sandbox.stop()?;
    restart(&folder.path().join("data"))
}

/// Creating sessions, in alternating rounds.
fn creating(
    load: &Load,
    rounds: usize,
    sandbox: &Server,
    minimal: &Server,
    mock: Option<&Server>,
) -> anyhow::Result<()> {
    let body = flow::session_body();
    println!(
        "body of a session                      {:>9} bytes",
        body.len()
    );
    let request = |server: &Server| {
        flow::request(server.address, "POST", "/payments/v1/sessions", Some(&body))
    };
    let servers = [Some(sandbox), Some(minimal), mock];
    let mut rates = [const { Vec::new() }; 3];
    for round in 0..=rounds {
        for (server, rates) in servers.iter().zip(&mut rates) {
            let Some(server) = server else { continue };
            let rate = load.run(server.address, &request(server))?;
            // The first round warms up.
            if round > 0 {
                rates.push(rate);
            }
        }
    }
    let [own, plain, mocked] = rates.map(|rates| median(&rates));
    println!("create session, {CONNECTIONS} connections         {own:>9.0} /s");
    println!("minimal axum server, same body         {plain:>9.0} /s");
    println!(
        "  sandbox / minimal                    {:>9.2}",
        own / plain
    );
    if mock.is_some() {
        println!("OpenAPI mock (Prism), same document    {mocked:>9.0} /s");
        println!(
            "  sandbox / mock                       {:>9.1}",
            own / mocked
        );
    } else {
        println!("OpenAPI mock: SKIPPED, it was not given (see cargo xtask bench sandbox --help)");
    }
    Ok(())
}

/// The whole flow at one client.
fn whole_flow(sandbox: &Server, folder: &Path) -> anyhow::Result<()> {
    let flows = setting("KASSA_BENCH_FLOWS", FLOWS)?;
    let syncs = bare_syncs(folder, 1000)?;
    let taken = flow::measure(sandbox.address, flows)?;
    let syncs = [syncs, bare_syncs(folder, 1000)?].concat();
    println!(
        "whole flow, one client       p50 {:>7.2} ms   p99 {:>7.2} ms",
        median(&taken),
        percentile(&taken, 99)
    );
    println!(
        "making 4 KiB durable         p50 {:>7.3} ms   p99 {:>7.3} ms",
        median(&syncs),
        percentile(&syncs, 99)
    );
    println!(
        "  flow p50 / durable p50               {:>9.1}",
        median(&taken) / median(&syncs)
    );
    Ok(())
}

/// A start with everything that was measured above in the journal.
fn restart(data: &Path) -> anyhow::Result<()> {
    let again = sandbox(data)?;
    println!(
        "start, same folder                     {:>9.1} ms",
        again.started_in
    );
    println!(
        "resident                               {:>9.1} MiB",
        again.resident()?
    );
    again.stop()
}

/// `kassa sandbox` over `data`.
fn sandbox(data: &Path) -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_kassa"));
    command
        .args(["sandbox", "--listen", &address.to_string()])
        .args(["--username", LOGIN.0, "--password", LOGIN.1])
        .arg("--data")
        .arg(data);
    Server::start(command, address, "/sandbox/v1/health")
}

/// Prism over the published document; `None` when the caller did not name both.
fn mock() -> anyhow::Result<Option<Server>> {
    let named = |name| std::env::var_os(name).map(PathBuf::from);
    let (Some(prism), Some(document)) = (named("KASSA_BENCH_PRISM"), named("KASSA_BENCH_DOCUMENT"))
    else {
        return Ok(None);
    };
    let address: SocketAddr = free_address()?;
    let mut command = Command::new("node");
    command
        .arg(prism)
        .args(["mock", "--verboseLevel", "error", "--host", "127.0.0.1"])
        .args(["--port", &address.port().to_string()])
        .arg(document)
        .stderr(std::process::Stdio::null());
    Server::start_when_listening(command, address)
        .context("start the OpenAPI mock")
        .map(Some)
}
