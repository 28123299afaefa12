//! Which addresses a callback may reach.
//!
//! Invariant: with `public`, no connection is opened to an address that is not public, whatever its name was
//! yesterday: every attempt resolves anew and what it resolves to is looked at. Addresses written as numbers go the
//! same way.

use std::io;
use std::net::IpAddr;

use http::Uri;
use kassa_outbound::Admission;
use kassa_outbound::address::{Reach, reach};

use crate::config::CallbackTargets;

/// Refuses a URL whose host is written as a number that may not be reached; names are looked at when they resolve.
pub(super) fn check_literal(targets: CallbackTargets, uri: &Uri) -> Result<(), String> {
    let host = uri.host().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse::<IpAddr>() {
        Ok(address) => check(targets, address),
        Err(_) => Ok(()),
    }
}

impl Admission for CallbackTargets {
    fn admit(&self, host: &str, address: IpAddr) -> io::Result<()> {
        check(*self, address).map_err(|reason| io::Error::other(format!("{host}: {reason}")))
    }
}

fn check(targets: CallbackTargets, address: IpAddr) -> Result<(), String> {
    if targets == CallbackTargets::Any || reach(address) == Reach::Public {
        return Ok(());
    }
    Err(format!(
        "refused: {address} is no public address and callback_targets is public"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_a_name_resolves_to_passes_the_same_rule() {
        let admit = |targets: CallbackTargets, address: &str| {
            let admitted = targets.admit("hooks.example.com", address.parse().unwrap());
            admitted.map_err(|error| error.to_string())
        };
        let refused = admit(CallbackTargets::Public, "10.1.2.3").unwrap_err();
        assert!(refused.starts_with("hooks.example.com: "), "{refused}");
        assert!(refused.contains("10.1.2.3"), "{refused}");
        assert_eq!(admit(CallbackTargets::Public, "2620:fe::fe"), Ok(()));
        assert_eq!(admit(CallbackTargets::Any, "fd12::1"), Ok(()));
    }
}
