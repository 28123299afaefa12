//! The rules of `webhooks` rows: a topic that exists, an address that may be called, includes that can be followed.

use super::topics;
use crate::error::GatewayError;
use crate::shop::calling;
use crate::shop::configuration::{Change, refuse};
use crate::shop::resources::registry;

/// Where the paths of a webhook's document stand.
pub(super) const INCLUDES: &str = "include_resources";

/// Judges a webhook.
pub(crate) fn complete(change: &Change<'_>) -> Result<(), GatewayError> {
    let name = change.text("topic").unwrap_or_default();
    let topic = topics::find(name);
    let Some(descriptor) = topic.and_then(|topic| registry().find(topic.kind())) else {
        let message = "is none of the topics that are raised (GET /api/events lists them)";
        return Err(refuse("topic", "inclusion", message));
    };
    calling::judge_url(change, "callback_url")?;
    calling::judge_includes(change, INCLUDES, descriptor)
}
