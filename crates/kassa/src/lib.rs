//! The `kassa` binary as a library: command line, configuration, and the wiring of the rooms.
//!
//! Invariant: this is the only room that reads configuration, binds addresses and puts rooms together; it decides
//! nothing about money.

pub mod access;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod data;
pub mod demo;
pub mod doctor;
pub mod gateway_server;
pub mod listen;
pub mod migrate;
pub mod operations;
pub mod reconcile;
pub mod remote;
pub mod replayed;
pub mod sandbox_server;
pub mod serve;
pub mod shop;

use std::process::ExitCode;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::config::File;

/// Runs one command to its end.
///
/// # Errors
/// Whatever stopped it, in words for a person.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let file = File::read(cli.config.as_deref())?;
    start_log(cli.log.as_deref().or(file.log.as_deref()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(async {
        match cli.command {
            Command::Demo(options) => demo::run(options, &file).await,
            Command::Serve(options) => serve::run(options, &file).await,
            Command::Sandbox(options) => sandbox_server::run(options, &file).await,
            Command::Migrate(options) => migrate::run(options, &file).await,
            Command::Reconcile(options) => reconcile::run(options, &file).await,
            Command::Import(options) => catalogue::import(options).await,
            Command::Export(options) => catalogue::export(options).await,
            Command::Access(options) => access::run(options, &file).await,
            Command::Operations(options) => operations::run(options, &file).await,
            Command::Doctor(options) => doctor::run(options, &file).await,
        }
    })
}

/// Logs to standard error, so that standard output stays the story.
fn start_log(filter: Option<&str>) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_new(filter.unwrap_or("warn")).context("--log cannot be understood")?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}
