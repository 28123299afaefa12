//! Puts a gateway together: store, clocks, Klarna client, background jobs, routes.
//!
//! Invariant: what a crashed process left unfinished is picked up before the first request of the next one.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use kassa_book::Cover;
use kassa_dashboard::DashboardOptions;
use kassa_environment::{BusinessClock, Clock, Entropy, SystemClock, SystemEntropy};
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{Gateway, Outward, Settings, jobs};
use kassa_gateway_http::HttpOptions;
use kassa_klarna_client::HttpKlarna;
use kassa_outbound::{Outbound, Targets};
use kassa_storage::Store;
use kassa_storage_sqlite::{Options, SqliteStore};
use secrecy::SecretBox;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::data::DataFolder;
use crate::listen::stopped;

/// How the gateway's `/llms.txt` begins.
const COVER: Cover = Cover {
    text: include_str!("llms/gateway.md"),
};

/// What a gateway is told beyond its data folder.
#[derive(Debug, Clone)]
pub struct GatewayKeys {
    /// The domain whose labels name organizations.
    pub domain: String,
    /// Where the world reaches the gateway.
    pub public_url: String,
    /// Where test-mode Klarna calls go instead of the playground.
    pub klarna_test_url: Option<String>,
    /// How far user-given addresses may lead.
    pub outbound_targets: Targets,
}

/// Opens the database of `folder`, creating and migrating it where needed.
///
/// # Errors
/// When the file cannot be used or a newer program wrote it.
pub fn open_store(folder: &DataFolder) -> anyhow::Result<Arc<dyn Store>> {
    let path = folder.database();
    let store = SqliteStore::open(&path, Options::default(), registry())
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    Ok(Arc::new(store))
}

/// Opens a gateway over `folder`.
///
/// # Errors
/// When the database or the key cannot be used.
pub async fn open(folder: &DataFolder, keys: GatewayKeys) -> anyhow::Result<Arc<Gateway>> {
    let master_key = folder.master_key()?;
    let store = open_store(folder)?;
    let machine: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let offset = jobs::clock::stored_offset(store.as_ref()).await?;
    let business = Arc::new(BusinessClock::new(machine.clone(), offset));
    let klarna = HttpKlarna::over_sockets(machine.clone(), entropy.clone());
    let settings = Settings {
        domain: keys.domain,
        public_url: keys.public_url,
        klarna_test_url: keys.klarna_test_url,
        master_key: SecretBox::new(Box::new(master_key)),
    };
    let outward = Outward {
        outbound: Outbound::new(keys.outbound_targets),
        render: kassa_gateway_http::document,
    };
    let gateway = Gateway::new(
        store,
        Arc::new(klarna),
        business,
        machine,
        entropy,
        settings,
    );
    Ok(Arc::new(gateway.reaching(outward)))
}

/// Picks up what a crash left and works on timers and messages until `stop` turns true.
pub fn start_jobs(gateway: &Arc<Gateway>, stop: &watch::Receiver<bool>) -> JoinHandle<()> {
    let (gateway, mut stop) = (gateway.clone(), stop.clone());
    tokio::spawn(async move {
        if let Err(error) = jobs::recover(&gateway).await {
            tracing::error!(%error, "unfinished operations could not be listed; their timers will try again");
        }
        jobs::run(&gateway, async move { stopped(&mut stop).await }).await;
    })
}

/// Every route of the gateway, the documents, and the dashboard, which `dashboard_key` opens to other machines.
pub fn routes(
    gateway: &Arc<Gateway>,
    options: HttpOptions,
    dashboard_key: Option<String>,
) -> Router {
    let dashboard = DashboardOptions { key: dashboard_key };
    kassa_gateway_http::router(gateway.clone(), options)
        .merge(kassa_dashboard::router(gateway.clone(), dashboard))
        .merge(kassa_book::router(COVER))
}
