//! The `kassa` program: reads the command line and runs what it asks for.
//!
//! Invariant: a failure is one readable line on standard error and a status other than zero.

use std::process::ExitCode;

use clap::Parser;
use kassa::cli::Cli;

fn main() -> ExitCode {
    match kassa::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kassa: {error:#}");
            ExitCode::FAILURE
        }
    }
}
