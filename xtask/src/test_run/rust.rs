//! The Rust steps: one build of everything, then the tests by nextest or, without it, by cargo.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Bench;
use super::counts::{self, Counts};
use crate::process;
use crate::workspace::{BUILD, cargo};

/// Builds the binary and all tests in one call, so nothing is compiled twice with other features.
pub(super) fn build(bench: &Bench) -> Result<Counts> {
    let ended = process::stream(Command::new(cargo()).args(BUILD).current_dir(&bench.root))?;
    ensure!(ended.status.success(), "the workspace does not compile");
    Ok(Counts::default())
}

/// Unit and integration tests of all rooms.
pub(super) fn tests(bench: &Bench) -> Result<Counts> {
    let has_nextest = process::first_line(&cargo(), &["nextest", "--version"]).is_some();
    let mut command = Command::new(cargo());
    command.current_dir(&bench.root);
    if has_nextest {
        command.args([
            "nextest",
            "run",
            "--workspace",
            "--bins",
            "--lib",
            "--tests",
            "--locked",
            "--no-fail-fast",
            // What fails twice has failed; what recovers is counted and named as unsteady.
            "--retries=1",
        ]);
    } else {
        println!("cargo-nextest is not installed: running with cargo test");
        command.args([
            "test",
            "--workspace",
            "--bins",
            "--lib",
            "--tests",
            "--locked",
            "--no-fail-fast",
        ]);
    }
    let ended = process::stream(&mut command)?;
    let counts = if has_nextest {
        counts::nextest(&ended.output)
    } else {
        counts::cargo(&ended.output)
    };
    settled(ended.status.success(), counts)
}

/// The examples in the documentation.
pub(super) fn documentation_tests(bench: &Bench) -> Result<Counts> {
    let arguments = ["test", "--workspace", "--doc", "--locked", "--no-fail-fast"];
    let ended = process::stream(
        Command::new(cargo())
            .args(arguments)
            .current_dir(&bench.root),
    )?;
    settled(ended.status.success(), counts::cargo(&ended.output))
}

/// A runner that failed without a failed test has not run its tests.
pub(super) fn settled(success: bool, counts: Option<Counts>) -> Result<Counts> {
    let counts = counts.context("the runner told no numbers")?;
    ensure!(
        success || counts.failed > 0,
        "the runner failed, and not because of a test"
    );
    Ok(counts)
}
