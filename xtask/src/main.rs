//! The chores of this workspace, as one plain program: `cargo xtask <chore>`.
//!
//! A chore with logic in it is Rust, so that it is checked and tested like everything else.
//! This crate depends on no room: `tidy` must still run when a room does not compile.

mod bench;
mod citations;
mod conformance;
mod fuzz;
mod npm;
mod process;
mod python;
mod resources;
mod test_run;
mod tidy;
mod workspace;
mod year;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of the Kassa workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Chores {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build everything and run every test: Rust, documentation, browser, client libraries.
    Test(test_run::Options),
    /// Prove the rules of the rooms: who may depend on whom, what a room must not contain.
    Tidy,
    /// Check that every page and heading named in a comment or a link exists.
    Citations(citations::Options),
    /// Compare what is served with the published documents of Klarna and the commerce API.
    Conformance(conformance::Options),
    /// Feed bytes that nobody meant to every parser of unsafe input.
    Fuzz(fuzz::Options),
    /// Print the resource types with their verbs and counts, and compare them with a data file.
    Resources(resources::Options),
    /// Print the resources as TypeScript declarations.
    Typings,
    /// Run a year of many subscriptions on the moved clock, and count every charge.
    Year(year::Options),
    /// Measure the full durable flow, and what the disk can do at best beside it.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let chores = Chores::parse();
    let outcome = workspace::root().and_then(|root| match chores.chore {
        Chore::Test(options) => test_run::run(&root, &options),
        Chore::Tidy => tidy::run(&root),
        Chore::Citations(options) => citations::run(&root, &options),
        Chore::Conformance(options) => conformance::run(&root, &options),
        Chore::Fuzz(options) => fuzz::run(&root, &options),
        Chore::Resources(options) => resources::run(&root, &options),
        Chore::Typings => resources::typings(&root),
        Chore::Year(options) => year::run(&root, &options),
        Chore::Bench(options) => bench::run(&root, &options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
