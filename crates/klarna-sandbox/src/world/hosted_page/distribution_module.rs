//! The distribution module: the page from which the shop's staff sends the link, and the token that opens it.
//!
//! Invariant: a page has one module at a time. Generating another takes the one before away, so that a link which went
//! astray can be made worthless; see `docs/klarna/decisions.md#distribution-module`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use kassa_environment::Entropy;
use serde_json::{Value, json};

use super::super::reply::{Outcome, Reply};
use super::super::{World, ids};
use super::HostedPage;
use super::distribution::still_open;

impl HostedPage {
    /// `DistributionModuleV1`.
    pub(super) fn distribution_module(&self) -> Value {
        json!({
            "token": self.distribution_token(),
            "standalone_url": self.distribution_page_url(),
            "generation_url": self.api_url("/distribution-module/token"),
        })
    }

    /// An unsigned JSON web token with the claims of a recorded one: it names the module and where its page is.
    fn distribution_token(&self) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({"alg": "none"}));
        let claims = part(json!({
            "session_id": self.distribution_id,
            "iframe_url": self.distribution_page_url(),
            "iframe_origin": self.public_url,
        }));
        format!("{header}.{claims}.")
    }
}

impl World {
    /// Gives a page that can still be paid another module.
    pub(super) fn generate_distribution_module(
        &mut self,
        id: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        still_open(self.hosted_page(id, now)?)?;
        let distribution_id = ids::marked(self.mark(), entropy, 4);
        let page = self.hosted_pages.find_mut(id).map(|page| {
            page.distribution_id = distribution_id;
            page.distribution_module()
        });
        Ok(Reply::json(201, page.unwrap_or_default()))
    }
}
