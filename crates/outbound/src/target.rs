//! A user-given URL, judged before any name is resolved.
//!
//! Invariant: a [`Target`] has a scheme, host and port that may be called, and no user name or password inside. The
//! same check serves whoever stores such a URL and whoever calls it.

use std::net::IpAddr;

use http::Uri;

use crate::address::{self, Targets};

/// Longest URL taken.
const LENGTH_MAX: usize = 2_048;

/// A URL that may be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Uri);

/// Why a URL is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetRefused {
    /// It is no absolute URL.
    #[error("must be an absolute URL such as https://shop.example.com/hooks")]
    Malformed,
    /// It is too long.
    #[error("must have at most {LENGTH_MAX} characters")]
    TooLong,
    /// It speaks another protocol, or `http` where only `https` may be spoken.
    #[error("must begin with https://")]
    Scheme,
    /// It carries a user name or password.
    #[error("must not carry a user name or password")]
    Credentials,
    /// Its port belongs to another service.
    #[error("must use port 443, or one from 1024 on, not {0}")]
    Port(u16),
    /// Its host, or what its name resolves to, may not be reached.
    #[error("{0} is no address that may be called from here (outbound_targets)")]
    Address(String),
}

impl Target {
    /// `url`, if it may be tried under `targets`. A name is looked at when it resolves.
    ///
    /// # Errors
    /// What is wrong with it, in words that may follow the name of a field.
    pub fn parse(url: &str, targets: Targets) -> Result<Self, TargetRefused> {
        if url.len() > LENGTH_MAX {
            return Err(TargetRefused::TooLong);
        }
        let uri: Uri = url.parse().map_err(|_| TargetRefused::Malformed)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(TargetRefused::Malformed);
        };
        let plain = match scheme {
            "https" => false,
            "http" if targets != Targets::Public => true,
            _ => return Err(TargetRefused::Scheme),
        };
        if authority.as_str().contains('@') {
            return Err(TargetRefused::Credentials);
        }
        if authority.host().is_empty() {
            return Err(TargetRefused::Malformed);
        }
        let default = if plain { 80 } else { 443 };
        // An unreadable port counts as none there, so what follows the host is looked at here.
        let written = authority.as_str().strip_prefix(authority.host());
        let port = match written.unwrap_or_default().strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| TargetRefused::Malformed)?,
            None => default,
        };
        if !(port == default || port >= 1024) {
            return Err(TargetRefused::Port(port));
        }
        if let Some(address) = literal(authority.host()) {
            admit(targets, plain, address).map_err(TargetRefused::Address)?;
        }
        Ok(Self(uri))
    }

    /// The URL.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether it speaks `http`.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.scheme_str() == Some("http")
    }
}

/// A host that is written as a number.
fn literal(host: &str) -> Option<IpAddr> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse().ok()
}

/// `Ok` when `address` may be connected to; otherwise the address as text.
pub(crate) fn admit(targets: Targets, plain: bool, address: IpAddr) -> Result<(), String> {
    let reach = address::reach(address);
    let admitted = if plain {
        targets.admit_plain(reach)
    } else {
        targets.admit(reach)
    };
    if admitted {
        Ok(())
    } else {
        Err(address.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_judged_by_scheme_host_and_port() {
        use TargetRefused::{Credentials, Malformed, Port, Scheme};
        for (url, expected) in [
            ("https://shop.example.com/hooks?a=1", None),
            ("https://shop.example.com:8443/", None),
            ("https://9.9.9.9/", None),
            ("http://shop.example.com/", Some(Scheme)),
            ("ftp://shop.example.com/", Some(Scheme)),
            ("https://user:word@shop.example.com/", Some(Credentials)),
            ("https://shop.example.com:22/", Some(Port(22))),
            ("https://shop.example.com:0/", Some(Port(0))),
            ("https://shop.example.com:99999/", Some(Malformed)),
            ("/hooks", Some(Malformed)),
            ("shop.example.com", Some(Malformed)),
            ("", Some(Malformed)),
            (
                "https://127.0.0.1/",
                Some(TargetRefused::Address("127.0.0.1".to_owned())),
            ),
            (
                "https://[::1]:8443/",
                Some(TargetRefused::Address("::1".to_owned())),
            ),
            (
                "https://[::ffff:10.0.0.1]/",
                Some(TargetRefused::Address("::ffff:10.0.0.1".to_owned())),
            ),
            (
                "https://169.254.169.254/latest",
                Some(TargetRefused::Address("169.254.169.254".to_owned())),
            ),
        ] {
            assert_eq!(Target::parse(url, Targets::Public).err(), expected, "{url}");
        }
        let long = format!("https://shop.example.com/{}", "a".repeat(LENGTH_MAX));
        assert_eq!(
            Target::parse(&long, Targets::Public),
            Err(TargetRefused::TooLong)
        );
    }

    #[test]
    fn a_demo_may_call_its_own_machine() {
        let allowed = |url: &str| Target::parse(url, Targets::Loopback).is_ok();
        assert!(allowed("http://127.0.0.1:9000/x"));
        assert!(allowed("https://[::1]:8443/"));
        assert!(!allowed("http://10.0.0.1/"));
        assert!(!allowed("http://9.9.9.9/"));
        assert!(Target::parse("http://10.0.0.1/", Targets::Private).is_ok());
        assert!(Target::parse("http://169.254.169.254/", Targets::Private).is_err());
    }
}
