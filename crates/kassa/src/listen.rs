//! Binding addresses and stopping politely.
//!
//! Invariant: a server that is asked to stop takes no new connection and lets running requests end, but never
//! waits longer than `DRAIN`.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::Router;
use kassa_environment::timeout;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How long running requests may take to end after a stop signal. The published client gives up at 15 s.
const DRAIN: Duration = Duration::from_secs(15);

/// A bound address that does not answer yet.
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    /// The address with the port that the system chose.
    pub address: SocketAddr,
}

impl Listener {
    /// Binds `wanted`.
    ///
    /// # Errors
    /// When the address is taken or not of this machine; says what to do.
    pub async fn bind(wanted: SocketAddr, flag: &str) -> anyhow::Result<Self> {
        let inner = TcpListener::bind(wanted).await.map_err(|error| {
            anyhow!("cannot listen on {wanted}: {error}; choose another address with {flag} (port 0 picks a free one)")
        })?;
        let address = inner.local_addr()?;
        Ok(Self { inner, address })
    }

    /// The address as a URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves `router` until `stop` turns true, then drains.
    ///
    /// # Errors
    /// When the listener itself fails.
    pub async fn serve(
        self,
        router: Router,
        mut stop: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let mut asked = stop.clone();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(self.inner, service)
            .with_graceful_shutdown(async move { stopped(&mut asked).await })
            .into_future();
        tokio::pin!(server);
        tokio::select! {
            ended = &mut server => ended.context("the listener failed"),
            () = stopped(&mut stop) => match timeout(DRAIN, &mut server).await {
                Ok(ended) => ended.context("the listener failed"),
                Err(_) => Ok(()),
            },
        }
    }
}

/// Waits until the flag is true or its sender is gone.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _gone = stop.wait_for(|stop| *stop).await;
}

/// A flag that turns true at SIGINT or SIGTERM.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_on_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // A second signal finds the default handler gone, so the drain limit is what ends the process.
        sender.send_replace(true);
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}

/// Runs `work` beside the servers and logs when it ends with an error.
pub fn beside(name: &'static str, work: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = work.await {
            tracing::error!(
                task = name,
                error = format!("{error:#}"),
                "background task failed"
            );
        }
    });
}
