//! The running demo: two listeners, their background work, and how they stop.
//!
//! Invariant: [`Running::start`] returns once both listeners accept connections; [`Running::stop`] returns once
//! everything is written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use kassa_environment::{SystemClock, SystemEntropy};
use kassa_gateway::Gateway;
use kassa_gateway::provision::{self, DemoAccess};
use kassa_gateway_http::HttpOptions;
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use kassa_outbound::Targets;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ready::{Customer, Integration, Klarna, Ready, SalesChannel};
use crate::config::DOMAIN;
use crate::data::DataFolder;
use crate::gateway_server::{self, GatewayKeys};
use crate::listen::{Listener, stopped};
use crate::{sandbox_server, shop};

/// What a demo is started with.
#[derive(Debug, Clone)]
pub struct Start {
    /// Where the gateway listens.
    pub listen: SocketAddr,
    /// Where the sandbox listens.
    pub sandbox_listen: SocketAddr,
    /// Folder for all data.
    pub data: PathBuf,
    /// The domain whose labels name organizations.
    pub domain: String,
}

impl Start {
    /// A demo over `data` on two free ports of the loopback address.
    #[must_use]
    pub fn in_folder(data: PathBuf) -> Self {
        let free = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self {
            listen: free,
            sandbox_listen: free,
            data,
            domain: DOMAIN.to_owned(),
        }
    }
}

/// A running demo.
#[derive(Debug)]
pub struct Running {
    ready: Ready,
    gateway: Arc<Gateway>,
    sandbox: Arc<Sandbox>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<anyhow::Result<()>>>,
    background: Vec<JoinHandle<()>>,
    // Last, so that its lock is held until everything above is gone.
    _folder: DataFolder,
}

impl Running {
    /// Opens the data, seeds it when it is new, and starts both servers.
    ///
    /// # Errors
    /// When an address or the data folder cannot be used.
    pub async fn start(start: Start) -> anyhow::Result<Self> {
        let folder = DataFolder::open(&start.data)?;
        let front = Listener::bind(start.listen, "--listen").await?;
        let klarna = Listener::bind(start.sandbox_listen, "--sandbox-listen").await?;
        let keys = GatewayKeys {
            domain: start.domain.clone(),
            public_url: front.url(),
            klarna_test_url: Some(klarna.url()),
            outbound_targets: Targets::Loopback,
        };
        let gateway = gateway_server::open(&folder, keys).await?;
        let access = provision::demo(&gateway).await?;
        let ready = ready(access, start.domain, front.url(), klarna.url())?;
        let sandbox = open_sandbox(&folder, &ready)?;

        let (stop, asked) = watch::channel(false);
        let jobs = gateway_server::start_jobs(&gateway, &asked);
        let callbacks = tokio::spawn({
            let (sandbox, mut asked) = (sandbox.clone(), asked.clone());
            async move {
                sandbox
                    .background(async move { stopped(&mut asked).await })
                    .await
            }
        });
        let routes =
            gateway_server::routes(&gateway, options(&sandbox), None).merge(shop::router(&ready));
        let servers = vec![
            tokio::spawn(front.serve(routes, asked.clone())),
            tokio::spawn(klarna.serve(sandbox_server::routes(&sandbox), asked)),
        ];
        // Last: making the first key takes longer than everything above, and only the first token waits for it.
        gateway.prepare_keys();
        Ok(Self {
            ready,
            gateway,
            sandbox,
            stop,
            servers,
            background: vec![jobs, callbacks],
            _folder: folder,
        })
    }

    /// Addresses, credentials and ids.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The gateway.
    #[must_use]
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The sandbox.
    #[must_use]
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// Stops both servers and waits until all is written.
    ///
    /// # Errors
    /// When a server failed while it ran.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        for server in self.servers {
            server.await.context("a server panicked")??;
        }
        for work in self.background {
            work.await.context("a background task panicked")?;
        }
        self.gateway.keep_calls().await?;
        Ok(())
    }
}

/// The demo's world, durable in the same data folder.
fn open_sandbox(folder: &DataFolder, ready: &Ready) -> anyhow::Result<Arc<Sandbox>> {
    let config = SandboxConfig {
        public_url: ready.sandbox_url.clone(),
        credentials: vec![Credential {
            username: ready.klarna.username.clone(),
            password: ready.klarna.password.clone(),
            api_key: ready.klarna.api_key.clone(),
            merchant_name: "Acme".to_owned(),
        }],
        directory: Some(folder.sandbox()),
        open_portal: true,
        ..SandboxConfig::default()
    };
    Sandbox::open(config, Arc::new(SystemClock), Arc::new(SystemEntropy))
        .context("the sandbox cannot open its journal")
}

/// What the demo tells the world about itself.
fn ready(
    access: DemoAccess,
    domain: String,
    gateway_url: String,
    sandbox_url: String,
) -> anyhow::Result<Ready> {
    let market = access
        .markets
        .get("EU")
        .context("the demo's organization has no market EU")?;
    Ok(Ready {
        gateway_url,
        sandbox_url,
        organization: access.organization,
        domain,
        sales_channel: SalesChannel {
            client_id: access.sales_channel_id,
            scope: format!("market:id:{market}"),
        },
        integration: Integration {
            client_id: access.integration_id,
            client_secret: access.integration_secret,
        },
        customer: Customer {
            email: access.customer_email,
            password: access.customer_password,
        },
        klarna: Klarna {
            username: access.klarna_username,
            password: access.klarna_password,
            api_key: access.klarna_api_key,
        },
        markets: access.markets,
        skus: access.skus,
    })
}

/// A moved clock moves the sandbox's world along.
fn options(sandbox: &Arc<Sandbox>) -> HttpOptions {
    let sandbox = sandbox.clone();
    HttpOptions {
        clock_moved: Some(Arc::new(move |seconds| {
            let sandbox = sandbox.clone();
            Box::pin(async move {
                sandbox
                    .advance(seconds)
                    .await
                    .map_err(|error| error.to_string())
            })
        })),
        ..HttpOptions::default()
    }
}
