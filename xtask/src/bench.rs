//! `cargo xtask bench`: the full durable flow under load, beside what the same disk can do at best.
//!
//! Invariant: nothing here judges a figure. Timing on a shared machine decides no test; the figures are for
//! `docs/performance.md` and for whoever compares two commits on one quiet machine.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::process::stream;

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// How many whole payments to measure.
    #[arg(long, default_value_t = 1500)]
    flows: u32,
}

/// Builds with optimisation and runs the benchmark.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(root)
        .args(["bench", "--package", "kassa", "--bench", "flow"])
        .env("KASSA_BENCH_FLOWS", options.flows.to_string());
    let ended = stream(&mut command)?;
    ensure!(ended.status.success(), "the benchmark failed");
    Ok(())
}
