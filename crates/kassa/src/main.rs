//! The `kassa` program: reads the command line and runs what it asks for.
//!
//! Invariant: a failure is one readable line on standard error and a status other than zero.

use std::process::ExitCode;

use clap::Parser;
use kassa::cli::Cli;
use mimalloc::MiMalloc;

/// Documents are many small allocations on several threads; the system's allocator took a third of their time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match kassa::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kassa: {error:#}");
            ExitCode::FAILURE
        }
    }
}
