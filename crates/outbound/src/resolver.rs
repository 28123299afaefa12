//! Names become addresses here, and only admitted ones come out.
//!
//! Invariant: a call resolves its name once and connects to an address that was looked at, so a name that changes its
//! answer between a check and a connection gains nothing. One bad address among several refuses the call.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

use crate::address::Targets;
use crate::target::{TargetRefused, admit};

/// Which addresses may be connected to. Whoever calls addresses of users has such a rule; the resolver is the same.
pub trait Admission: Clone + Send + 'static {
    /// Lets `address` pass, which is what `host` resolved to.
    ///
    /// # Errors
    /// Why it is not connected to; the connection fails with it.
    fn admit(&self, host: &str, address: IpAddr) -> io::Result<()>;
}

/// The rule of [`Targets`]; its refusals carry a [`TargetRefused`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reachable {
    pub(crate) targets: Targets,
    /// For connections without TLS.
    pub(crate) plain: bool,
}

impl Admission for Reachable {
    fn admit(&self, host: &str, address: IpAddr) -> io::Result<()> {
        admit(self.targets, self.plain, address).map_err(|address| {
            io::Error::other(TargetRefused::Address(format!("{host} ({address})")))
        })
    }
}

/// A resolver that hands out admitted addresses only.
#[derive(Debug, Clone)]
pub struct Resolver<R, A> {
    /// What resolves names.
    pub inner: R,
    /// What its addresses have to pass.
    pub admission: A,
}

impl<R, A> Service<Name> for Resolver<R, A>
where
    R: Service<Name, Error = io::Error>,
    R::Response: Iterator<Item = SocketAddr>,
    R::Future: Send + 'static,
    A: Admission,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let admission = self.admission.clone();
        let host = name.to_string();
        let resolving = self.inner.call(name);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = resolving.await?.collect();
            for address in &addresses {
                admission.admit(&host, address.ip())?;
            }
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tower::service_fn;

    use super::*;

    #[tokio::test]
    async fn a_name_that_was_public_is_refused_once_it_resolves_inward() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let inner = service_fn(|_: Name| async {
            let inward = ASKED.fetch_add(1, Ordering::SeqCst) > 0;
            let last = if inward { "127.0.0.1:0" } else { "9.9.9.10:0" };
            let addresses = ["9.9.9.9:0", last].map(|text| text.parse::<SocketAddr>().unwrap());
            Ok::<_, io::Error>(addresses.into_iter())
        });
        let admission = Reachable {
            targets: Targets::Public,
            plain: false,
        };
        let mut resolver = Resolver { inner, admission };
        let name: Name = "rebind.example.com".parse().unwrap();
        assert_eq!(resolver.call(name.clone()).await.unwrap().count(), 2);
        let refused = resolver.call(name).await.unwrap_err().to_string();
        assert!(
            refused.contains("rebind.example.com (127.0.0.1)"),
            "{refused}"
        );
    }
}
