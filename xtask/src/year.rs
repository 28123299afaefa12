//! `cargo xtask year`: a year of many monthly subscriptions on the moved clock, in its full size.
//!
//! It is the test of the gateway with another number, built with optimisation: twelve thousand placings and captures
//! over HTTP are a lot for a debug build.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::process::stream;
use crate::workspace::cargo;

/// The test, and how it is told its size.
const TEST: &str = "a_year_of_monthly_subscriptions_charges_every_period_once";
const SIZE: &str = "KASSA_YEAR_SUBSCRIPTIONS";

/// What `cargo xtask year` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// How many subscriptions.
    #[arg(long, default_value_t = 1000)]
    subscriptions: usize,
    /// Use the debug build, which may be there already.
    #[arg(long)]
    debug: bool,
}

/// Builds and runs the test.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let mut command = Command::new(cargo());
    command
        .current_dir(root)
        .args(["test", "-p", "kassa-gateway", "--test", "payments"]);
    if !options.debug {
        command.arg("--release");
    }
    command.arg("--").arg(TEST);
    command.env(SIZE, options.subscriptions.to_string());
    let ended = stream(&mut command)?;
    ensure!(ended.status.success(), "not every period was charged once");
    ensure!(ended.output.contains("1 passed"), "the test {TEST} is gone");
    Ok(())
}
