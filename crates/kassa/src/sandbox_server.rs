//! `kassa sandbox`: the offline Klarna on its own.
//!
//! Invariant: without a data folder the world lives in memory and says so; credentials that nobody chose are
//! printed, because they are the only way in.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use kassa_book::Cover;
use kassa_environment::{SystemClock, SystemEntropy, base62};
use kassa_klarna_sandbox::{Credential, Sandbox as World, SandboxConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cli::{Sandbox, SandboxCommand};
use crate::config::{File, SANDBOX_LISTEN};
use crate::data::DataFolder;
use crate::demo::ready::write_whole;
use crate::listen::{Listener, stop_on_signal, stopped};
use crate::replayed;

/// How the sandbox's `/llms.txt` begins.
const COVER: Cover = Cover {
    text: include_str!("llms/sandbox.md"),
};

/// Every route of the sandbox, and the documents.
pub fn routes(sandbox: &Arc<World>) -> Router {
    sandbox.router().merge(kassa_book::router(COVER))
}

/// Serves a world, and those made on the fly, until a stop signal; or does what was asked for instead.
///
/// # Errors
/// When the address or the data folder cannot be used.
pub async fn run(options: Sandbox, file: &File) -> anyhow::Result<ExitCode> {
    if let Some(SandboxCommand::Replay(replay)) = options.command {
        return replayed::run(&replay).await;
    }
    let keys = &file.sandbox;
    let folder = options
        .data
        .or_else(|| file.data.clone())
        .map(|path| DataFolder::open(&path))
        .transpose()?;
    let listen = options.listen.or(keys.listen).unwrap_or(SANDBOX_LISTEN);
    let listener = Listener::bind(listen, "--listen").await?;
    let url = options
        .public_url
        .or_else(|| keys.public_url.clone())
        .unwrap_or_else(|| listener.url());
    let chosen = (
        options.username.or_else(|| keys.username.clone()),
        options.password.or_else(|| keys.password.clone()),
    );
    let credential = credential(folder.as_ref(), chosen)?;
    let rate_limits = options.rate_limits || keys.rate_limits.unwrap_or(false);
    let mut config = SandboxConfig {
        public_url: url.clone(),
        credentials: vec![credential.clone()],
        directory: folder.as_ref().map(DataFolder::sandbox),
        ..SandboxConfig::default()
    };
    config.settings.rate_limits = rate_limits;
    config.admin_key = options.admin_key.or_else(|| keys.admin_key.clone());
    config.callback_targets = options
        .callback_targets
        .or(keys.callback_targets)
        .unwrap_or_default();
    let world = World::open(config, Arc::new(SystemClock), Arc::new(SystemEntropy))
        .context("the sandbox cannot open its journal")?;

    let mut stop = stop_on_signal()?;
    let background = tokio::spawn({
        let (world, mut stop) = (world.clone(), stop.clone());
        async move {
            world
                .background(async move { stopped(&mut stop).await })
                .await
        }
    });
    let server = tokio::spawn(listener.serve(routes(&world), stop.clone()));
    if let Some(path) = &options.ready_file {
        let ready = json!({
            "sandbox_url": url,
            "klarna": {
                "username": credential.username,
                "password": credential.password,
                "api_key": credential.api_key,
            },
        });
        write_whole(path, &serde_json::to_vec_pretty(&ready)?)?;
    }
    announce(&url, &credential, folder.is_some());
    stopped(&mut stop).await;
    server.await??;
    background.await?;
    Ok(ExitCode::SUCCESS)
}

/// The world's credentials: those chosen, then those of an earlier start on the same folder, then random ones.
fn credential(
    folder: Option<&DataFolder>,
    (username, password): (Option<String>, Option<String>),
) -> anyhow::Result<Credential> {
    let path = folder.map(DataFolder::sandbox_credentials);
    let kept: Option<Kept> = match path.as_ref().map(std::fs::read) {
        Some(Ok(bytes)) => Some(
            serde_json::from_slice(&bytes).context("the sandbox's credentials cannot be read")?,
        ),
        _ => None,
    };
    let random = |length| base62(&SystemEntropy, length);
    let kept = kept.unwrap_or_else(|| Kept {
        username: format!("K_{}", random(12)),
        password: random(32),
        api_key: format!("klarna_test_api_{}", random(32)),
    });
    let now = Kept {
        username: username.unwrap_or(kept.username),
        password: password.unwrap_or(kept.password),
        api_key: kept.api_key,
    };
    if let Some(path) = path {
        write_whole(&path, &serde_json::to_vec_pretty(&now)?)?;
    }
    Ok(Credential {
        username: now.username,
        password: now.password,
        api_key: now.api_key,
        merchant_name: "Sandbox shop".to_owned(),
    })
}

/// Credentials that outlive a start, because the user name leads to the world's journal.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    username: String,
    password: String,
    api_key: String,
}

fn announce(url: &str, credential: &Credential, durable: bool) {
    println!("sandbox    {url}");
    println!("username   {}", credential.username);
    println!("password   {}", credential.password);
    println!("api key    {}", credential.api_key);
    if !durable {
        println!("the world lives in memory; give --data DIR to keep it");
    }
    println!(
        "try        curl -u {}:... {url}/sandbox/v1/clock",
        credential.username
    );
}
