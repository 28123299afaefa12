//! Which addresses a callback may reach.
//!
//! Invariant: with `public`, no connection is opened to an address that is not public, whatever its name was
//! yesterday: every attempt resolves anew, every resolved address is looked at, and one that is not public refuses the
//! attempt. Addresses written as numbers go the same way.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

use crate::config::CallbackTargets;

/// Refuses a URL whose host is written as a number that may not be reached; names are looked at when they resolve.
pub(super) fn check_literal(targets: CallbackTargets, uri: &Uri) -> Result<(), String> {
    let host = uri.host().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse::<IpAddr>() {
        Ok(address) => admit(targets, address),
        Err(_) => Ok(()),
    }
}

fn admit(targets: CallbackTargets, address: IpAddr) -> Result<(), String> {
    if targets == CallbackTargets::Any || is_public(address) {
        return Ok(());
    }
    Err(format!(
        "refused: {address} is no public address and callback_targets is public"
    ))
}

/// A resolver that hands out admitted addresses only.
#[derive(Debug, Clone)]
pub(super) struct Resolver<R> {
    pub(super) targets: CallbackTargets,
    pub(super) inner: R,
}

impl<R> Service<Name> for Resolver<R>
where
    R: Service<Name, Error = io::Error>,
    R::Response: Iterator<Item = SocketAddr>,
    R::Future: Send + 'static,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let targets = self.targets;
        let host = name.to_string();
        let resolving = self.inner.call(name);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = resolving.await?.collect();
            for address in &addresses {
                admit(targets, address.ip())
                    .map_err(|reason| io::Error::other(format!("{host}: {reason}")))?;
            }
            Ok(addresses.into_iter())
        })
    }
}

/// Whether an address is routed on the public internet, by the registries of special-purpose addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        // This network, private, loopback.
        (0 | 10 | 127, _, _)
            // Shared by carriers.
            | (100, 64..=127, _)
            // Link-local.
            | (169, 254, _)
            | (172, 16..=31, _)
            // Protocol assignments, documentation, 6to4 relays.
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            // Benchmarks, documentation.
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            // Multicast, reserved, broadcast.
            | (224..=255, _, _)
    );
    !special
}

/// Only global unicast counts: loopback, link-local, unique local, multicast, IPv4-mapped and translated addresses are
/// all outside of `2000::/3`.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = (first & 0xe000) == 0x2000;
    let special = match first {
        // Protocol assignments with Teredo, documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4 carries an IPv4 address inside.
        0x2002 => true,
        0x3fff => second < 0x1000,
        _ => false,
    };
    global && !special
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tower::service_fn;

    use super::*;

    #[test]
    fn private_addresses_in_every_spelling_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["9.9.9.9", "172.32.0.1", "100.128.0.1", "2620:fe::fe"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_number_in_the_url_is_looked_at_without_a_resolver() {
        let check = |url: &str| check_literal(CallbackTargets::Public, &url.parse().unwrap());
        assert!(check("http://127.0.0.1:8080/x").is_err());
        assert!(check("https://[::1]/").is_err());
        assert!(check("https://[::ffff:10.0.0.1]/").is_err());
        assert_eq!(check("https://9.9.9.9/"), Ok(()));
        assert_eq!(check("https://shop.example.com/"), Ok(()));
        let any = check_literal(CallbackTargets::Any, &"http://127.0.0.1/".parse().unwrap());
        assert_eq!(any, Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_was_public_is_refused_once_it_resolves_inward() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let inner = service_fn(|_: Name| async {
            let inward = ASKED.fetch_add(1, Ordering::SeqCst) > 0;
            let last = if inward { "127.0.0.1:0" } else { "9.9.9.10:0" };
            let addresses = ["9.9.9.9:0", last].map(|text| text.parse::<SocketAddr>().unwrap());
            Ok::<_, io::Error>(addresses.into_iter())
        });
        let mut resolver = Resolver {
            targets: CallbackTargets::Public,
            inner,
        };
        let name: Name = "rebind.example.com".parse().unwrap();
        assert_eq!(resolver.call(name.clone()).await.unwrap().count(), 2);
        let refused = resolver.call(name).await.unwrap_err().to_string();
        assert!(refused.contains("127.0.0.1"), "{refused}");
    }
}
