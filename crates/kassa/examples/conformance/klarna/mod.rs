//! The sandbox against Klarna's published documents, over real HTTP: every answer is judged, every documented
//! status is asked for.

mod coverage;
mod document;
mod expectations;
mod judge;
mod prepare;
mod sandbox;
mod walk;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::Report;
use coverage::Coverage;
use expectations::Expectations;
use sandbox::Sandbox;

/// Starts the sandbox, walks through everything it can be brought into, and reports.
pub fn check(specs: &Path, kassa: &Path, report: &mut Report) -> Result<()> {
    let expectations = Expectations::read()?;
    let operations = document::read(specs, &expectations)?;
    let coverage = Coverage::new(operations, expectations)?;
    walk::run(&Sandbox::start(kassa)?, &coverage)?;
    coverage.report(report);
    Ok(())
}

/// Writes the documents as the other checks of the chore need them.
pub fn prepare(specs: &Path, into: &Path) -> Result<()> {
    prepare::write(specs, &Expectations::read()?, into)
}

/// Runs a program while a fresh sandbox serves, which it finds in its environment; its exit code is the outcome.
pub fn around(kassa: &Path, program: &OsStr, arguments: &[&OsStr]) -> Result<ExitCode> {
    let sandbox = Sandbox::start(kassa)?;
    let status = Command::new(program)
        .args(arguments)
        .env("KASSA_SANDBOX_URL", sandbox.url())
        .env("KASSA_SANDBOX_USERNAME", sandbox::USERNAME)
        .env("KASSA_SANDBOX_PASSWORD", sandbox::PASSWORD)
        .status()
        .with_context(|| format!("start {}", program.display()))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
