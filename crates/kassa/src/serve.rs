//! `kassa serve`: the gateway on its own, in front of Klarna or of a sandbox elsewhere.
//!
//! Invariant: it never seeds anything; an empty database is an error that says how to fill it.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use kassa_gateway::payments::reconcile::books;
use kassa_gateway_http::{HttpOptions, RateLimits};
use serde_json::json;

use crate::cli::Serve;
use crate::config::{DOMAIN, File, GATEWAY_LISTEN, ReconcileWhen};
use crate::data::DataFolder;
use crate::demo::ready::write_whole;
use crate::gateway_server::{self, GatewayKeys};
use crate::listen::{Listener, stop_on_signal, stopped};

/// Serves until a stop signal.
///
/// # Errors
/// When the address or the data folder cannot be used, or holds no organization.
pub async fn run(options: Serve, file: &File) -> anyhow::Result<ExitCode> {
    let keys = &file.gateway;
    let path = file.data(options.data);
    let folder = DataFolder::open(&path)?;
    let listen = options.listen.or(keys.listen).unwrap_or(GATEWAY_LISTEN);
    let listener = Listener::bind(listen, "--listen").await?;
    let public_url = options
        .public_url
        .or_else(|| keys.public_url.clone())
        .unwrap_or_else(|| listener.url());
    let gateway = gateway_server::open(
        &folder,
        GatewayKeys {
            domain: options
                .domain
                .or_else(|| keys.domain.clone())
                .unwrap_or_else(|| DOMAIN.to_owned()),
            public_url: public_url.trim_end_matches('/').to_owned(),
            klarna_test_url: options
                .klarna_test_url
                .or_else(|| keys.klarna_test_url.clone())
                .map(|url| url.trim_end_matches('/').to_owned()),
            outbound_targets: options
                .outbound_targets
                .or(keys.outbound_targets)
                .unwrap_or_default(),
        },
    )
    .await?;
    if gateway.store().realms().await?.is_empty() {
        bail!(
            "{} holds no organization; make one with `kassa migrate --data {} --organization SLUG`",
            path.display(),
            path.display()
        );
    }
    let dashboard_key = options.dashboard_key.or_else(|| keys.dashboard_key.clone());
    let reconcile = options.reconcile.or(keys.reconcile).unwrap_or_default();
    books::every_night(&gateway, reconcile == ReconcileWhen::Nightly).await?;
    let rate_limits = match (options.rate_limits, &keys.rate_limits) {
        (Some(limits), _) => limits,
        (None, Some(text)) => text
            .parse()
            .map_err(|why: String| anyhow!("rate_limits under [gateway]: {why}"))?,
        (None, None) => RateLimits::default(),
    };
    gateway.prepare_keys();
    let mut stop = stop_on_signal()?;
    let jobs = gateway_server::start_jobs(&gateway, &stop);
    let url = listener.url();
    let http = HttpOptions {
        rate_limits,
        ..HttpOptions::default()
    };
    let routes = gateway_server::routes(&gateway, http, dashboard_key);
    let server = tokio::spawn(listener.serve(routes, stop.clone()));
    if let Some(path) = &options.ready_file {
        write_whole(
            path,
            &serde_json::to_vec_pretty(&json!({"gateway_url": url}))?,
        )?;
    }
    println!("gateway    {url}");
    stopped(&mut stop).await;
    server.await??;
    jobs.await?;
    gateway.keep_calls().await?;
    Ok(ExitCode::SUCCESS)
}
