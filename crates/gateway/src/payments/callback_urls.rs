//! Addresses under which Klarna calls this gateway about one payment source.
//!
//! Invariant: whoever knows such an address was given it by this gateway: it carries the source's secret. The realm
//! rides with the secret, because a callback has no access token to take it from.

use kassa_klarna_api::MerchantUrls;
use kassa_storage::Realm;
use subtle::ConstantTimeEq;

use crate::gateway::Gateway;

/// The addresses for the source `source_id`; none where Klarna could not reach or would refuse them.
pub(crate) fn for_source(
    gateway: &Gateway,
    realm: &Realm,
    source_id: &str,
    secret: &str,
) -> MerchantUrls {
    let base = gateway.settings().public_url.trim_end_matches('/');
    let to_sandbox = realm.test() && gateway.settings().klarna_test_url.is_some();
    // Klarna takes https only; an address that a sandbox on this machine is given may be plain.
    if !base.starts_with("https://") && !to_sandbox {
        return MerchantUrls::default();
    }
    let ticket = ticket(realm, secret);
    MerchantUrls {
        confirmation: None,
        authorization: Some(format!("{base}/klarna/authorizations/{source_id}/{ticket}")),
        notification: Some(format!("{base}/klarna/notifications/{source_id}/{ticket}")),
        push: Some(format!(
            "{base}/klarna/pushes/{source_id}/{ticket}/{{order.id}}"
        )),
    }
}

fn ticket(realm: &Realm, secret: &str) -> String {
    format!("{}~{secret}", realm.as_str())
}

/// Realm and secret of a ticket.
pub(crate) fn parse_ticket(ticket: &str) -> Option<(Realm, &str)> {
    let (realm, secret) = ticket.split_once('~')?;
    let known_form = realm.ends_with(".test") || realm.ends_with(".live");
    (known_form && !secret.is_empty()).then(|| (Realm::from_stored(realm.to_owned()), secret))
}

/// Whether `given` is the source's secret; takes the same time for every wrong one of the same length.
pub(crate) fn is_secret(stored: Option<&str>, given: &str) -> bool {
    stored.is_some_and(|stored| bool::from(stored.as_bytes().ct_eq(given.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_names_its_realm() {
        let realm = Realm::new("abc", true);
        let ticket = ticket(&realm, "s3cret");
        assert_eq!(parse_ticket(&ticket), Some((realm, "s3cret")));
        assert_eq!(parse_ticket("abc.prod~x"), None);
        assert_eq!(parse_ticket("abc.test~"), None);
        assert_eq!(parse_ticket("s3cret"), None);
        assert!(is_secret(Some("a"), "a") && !is_secret(Some("a"), "b") && !is_secret(None, ""));
    }
}
