//! `kassa demo`: gateway and sandbox in one process, with seeded data.
//!
//! Invariant: both halves talk over HTTP only, as they would on two machines; the demo knows nothing that a
//! configuration could not say. A second start on the same data finds everything as it was.

pub mod client;
pub mod once;
pub mod ready;
pub mod running;
pub mod story;
mod talk;

use std::process::ExitCode;

pub use running::{Running, Start};

use crate::cli::Demo;
use crate::config::{DOMAIN, File, GATEWAY_LISTEN, SANDBOX_LISTEN};
use crate::listen::{stop_on_signal, stopped};

/// Runs the demo until a stop signal, or one payment with `--once`.
///
/// # Errors
/// When an address or the data folder cannot be used, or a step of the payment failed.
pub async fn run(options: Demo, file: &File) -> anyhow::Result<ExitCode> {
    let start = Start {
        listen: options
            .listen
            .or(file.gateway.listen)
            .unwrap_or(GATEWAY_LISTEN),
        sandbox_listen: options
            .sandbox_listen
            .or(file.sandbox.listen)
            .unwrap_or(SANDBOX_LISTEN),
        data: file.data(options.data),
        domain: options
            .domain
            .or_else(|| file.gateway.domain.clone())
            .unwrap_or_else(|| DOMAIN.to_owned()),
    };
    let mut stop = stop_on_signal()?;
    let running = Running::start(start).await?;
    if let Some(path) = &options.ready_file {
        running.ready().write(path)?;
    }
    let ending = if options.once {
        once::run(running.ready()).await
    } else {
        announce(&running);
        stopped(&mut stop).await;
        Ok(())
    };
    running.stop().await?;
    ending?;
    Ok(ExitCode::SUCCESS)
}

fn announce(running: &Running) {
    let ready = running.ready();
    println!("shop       {}/shop", ready.gateway_url);
    println!("dashboard  {}/dashboard", ready.gateway_url);
    println!(
        "gateway    {}   (organization {})",
        ready.gateway_url, ready.organization
    );
    println!("sandbox    {}", ready.sandbox_url);
    println!("one payment, step by step: kassa demo --once");
}
