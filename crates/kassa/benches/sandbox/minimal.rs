//! The least that a JSON server in Rust can do: parse a body and send it back.
//!
//! Invariant: it runs in a process of its own, as the sandbox does; the benchmark starts itself a second time for it.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::Context;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use crate::support::{Server, free_address};

/// Names the address, and with it the role.
const ROLE: &str = "KASSA_BENCH_MINIMAL";

/// The address on which this process is to be the minimal server, if it is.
pub fn asked() -> Option<SocketAddr> {
    std::env::var(ROLE).ok()?.parse().ok()
}

/// Starts the minimal server beside this process.
pub fn start() -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.env(ROLE, address.to_string());
    Server::start(command, address, "/livez")
}

/// Serves until the process is killed.
pub fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let routes = Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/payments/v1/sessions", post(echo));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        axum::serve(listener, routes).await.context("serve")
    })
}

async fn echo(Json(body): Json<Value>) -> Json<Value> {
    Json(body)
}
