//! The commerce server that checkouts are measured beside: installed, and its database looked for.
//!
//! Invariant: Kassa's own figures need neither Node.js nor PostgreSQL. Without them the peer is left out, and why is said
//! aloud.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Variable;
use crate::{npm, process};

/// The package with the peer, pinned by its lock file.
const PACKAGE: &str = "web/commerce-peer";
/// How the peer and its benchmark are told of PostgreSQL.
pub(super) const DATABASE: &str = "KASSA_BENCH_PEER_DATABASE";

/// What the benchmark needs for the peer; nothing where it cannot run.
pub(super) fn variables(root: &Path, database: &str) -> Vec<Variable> {
    let package = root.join(PACKAGE);
    match prepare(&package, database) {
        Ok(()) => vec![
            ("KASSA_BENCH_PEER", package.join("server.mjs").into()),
            (DATABASE, database.into()),
        ],
        Err(error) => {
            println!("SKIPPED: no peer beside the checkouts: {error:#}");
            Vec::new()
        }
    }
}

fn prepare(package: &Path, database: &str) -> Result<()> {
    ensure!(
        process::first_line("node", &["--version"]).is_some(),
        "Node.js is missing: install Node.js 20 or newer, with npm"
    );
    npm::install(package)?;
    let checked = Command::new("node")
        .arg(package.join("check.mjs"))
        .env(DATABASE, database)
        .output()
        .context("start node")?;
    let says = String::from_utf8_lossy(&checked.stderr);
    ensure!(
        checked.status.success(),
        "PostgreSQL cannot be used ({}); name one with --peer-database",
        says.trim()
    );
    Ok(())
}
