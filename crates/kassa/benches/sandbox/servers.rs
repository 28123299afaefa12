//! The processes that are measured: the sandbox itself, and the OpenAPI mock.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::LOGIN;
use crate::support::{Server, free_address};

/// `kassa sandbox` over `data`.
pub fn sandbox(data: &Path) -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_kassa"));
    command
        .args(["sandbox", "--listen", &address.to_string()])
        .args(["--username", LOGIN.0, "--password", LOGIN.1])
        .arg("--data")
        .arg(data);
    Server::start(command, address, "/sandbox/v1/health")
}

/// What the mock says of each call.
#[derive(Clone, Copy, PartialEq)]
pub enum Log {
    /// As its documentation starts it: with its log on, as the sandbox keeps its journal and its log of calls.
    Default,
    /// Only errors.
    Silent,
}

/// Prism over the published document; `None` when the caller did not name both.
pub fn mock(log: Log) -> anyhow::Result<Option<Server>> {
    let named = |name| std::env::var_os(name).map(PathBuf::from);
    let (Some(prism), Some(document)) = (named("KASSA_BENCH_PRISM"), named("KASSA_BENCH_DOCUMENT"))
    else {
        return Ok(None);
    };
    let address: SocketAddr = free_address()?;
    let mut command = Command::new("node");
    command
        .arg(prism)
        .args(["mock", "--host", "127.0.0.1"])
        .args(["--port", &address.port().to_string()])
        .arg(document)
        .stderr(Stdio::null());
    if log == Log::Silent {
        command.args(["--verboseLevel", "error"]);
    }
    Server::start_when_listening(command, address)
        .context("start the OpenAPI mock")
        .map(Some)
}
