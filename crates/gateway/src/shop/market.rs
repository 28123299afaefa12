//! Markets: numbered, with a secret for what they send.

use super::configuration::Change;
use super::noun;

/// Completes a market.
pub(crate) fn complete(change: &mut Change<'_>) {
    if change.old.is_none() {
        let number = noun::number(change.gateway);
        change.set_field("number", number);
        change.set_field("private", false);
        noun::new_shared_secret(change);
    }
}
