//! `kassa migrate`: makes or updates the database, and optionally a first organization.
//!
//! Invariant: a secret is printed once and stored only as a digest; running it twice changes nothing the second
//! time but says so.

use std::process::ExitCode;

use anyhow::bail;
use kassa_environment::{SystemEntropy, base62};
use kassa_gateway::provision;

use crate::cli::Migrate;
use crate::config::{DOMAIN, File};
use crate::data::DataFolder;
use crate::gateway_server::{self, GatewayKeys};

/// Migrates, and makes the organization that was asked for.
///
/// # Errors
/// When the data folder cannot be used, or the organization exists already.
pub async fn run(options: Migrate, file: &File) -> anyhow::Result<ExitCode> {
    let path = file.data(options.data);
    let folder = DataFolder::open(&path)?;
    let keys = GatewayKeys {
        domain: file
            .gateway
            .domain
            .clone()
            .unwrap_or_else(|| DOMAIN.to_owned()),
        public_url: String::new(),
        klarna_test_url: None,
        outbound_targets: file.gateway.outbound_targets.unwrap_or_default(),
    };
    let gateway = gateway_server::open(&folder, keys).await?;
    println!(
        "database      {} is up to date",
        folder.database().display()
    );
    let Some(slug) = options.organization else {
        return Ok(ExitCode::SUCCESS);
    };
    if gateway.organization_by_slug(&slug).await?.is_some() {
        bail!("organization {slug} exists already");
    }
    let client_id = base62(&SystemEntropy, 43);
    let client_secret = base62(&SystemEntropy, 43);
    provision::organization(&gateway, &slug, !options.live, &client_id, &client_secret).await?;
    println!(
        "organization  {slug} ({} mode)",
        if options.live { "live" } else { "test" }
    );
    println!("client id     {client_id}");
    println!("client secret {client_secret}   (shown once)");
    println!("start it      kassa serve --data {}", path.display());
    Ok(ExitCode::SUCCESS)
}
