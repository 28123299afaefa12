//! The addresses around a page: ours that the merchant and the shopper are given, and the merchant's that the shopper
//! is sent back to.
//!
//! Invariant: placeholders have double braces; one that has no value at that moment becomes empty, never stays.

use super::super::fields::{object, text};
use super::{HostedPage, PageStatus, Proof};

impl HostedPage {
    /// An address of the API below the page's own.
    pub(super) fn api_url(&self, rest: &str) -> String {
        format!("{}/hpp/v1/sessions/{}{rest}", self.public_url, self.id)
    }

    /// `redirect_url`: the page itself.
    pub(super) fn page_url(&self) -> String {
        format!("{}/hpp/payments/{}", self.public_url, self.code)
    }

    /// `qr_code_url`: a picture that leads to the page.
    pub(super) fn qr_code_url(&self) -> String {
        format!("{}/hpp/payments/{}/qr", self.public_url, self.id)
    }

    /// `standalone_url`: where staff sends the link. The merchant fills in the placeholders, or leaves them.
    pub(super) fn distribution_page_url(&self) -> String {
        let (base, id) = (&self.public_url, &self.distribution_id);
        format!(
            "{base}/hpp/distributions/{id}?profile_id={{{{profile_id}}}}&view_id={{{{view_id}}}}"
        )
    }

    /// A URL of `merchant_urls`, unless it is empty.
    pub(super) fn merchant_url(&self, name: &str) -> Option<&str> {
        text(object(&self.body, "merchant_urls")?, name).filter(|url| !url.is_empty())
    }

    /// A URL of the merchant with its placeholders filled in.
    pub(super) fn filled(&self, url: &str) -> String {
        let (token, order) = match &self.proof {
            Some(Proof::Authorization(token)) => (token.as_str(), ""),
            Some(Proof::Order { id, .. }) => ("", id.as_str()),
            None => ("", ""),
        };
        url.replace("{{session_id}}", &self.id)
            .replace("{{authorization_token}}", token)
            .replace("{{order_id}}", order)
    }

    /// Where the shopper goes from here; `None` shows a page of ours instead.
    pub(super) fn return_url(&self) -> Option<String> {
        let url = match self.status {
            PageStatus::Completed => self.merchant_url("success"),
            PageStatus::Failed => self.merchant_url("failure"),
            PageStatus::Error => self
                .merchant_url("error")
                .or_else(|| self.merchant_url("failure")),
            // In e-commerce a cancel URL counts as one to go back to.
            PageStatus::Back => self
                .merchant_url("back")
                .or_else(|| self.merchant_url("cancel")),
            PageStatus::Cancelled => self.merchant_url("cancel"),
            PageStatus::Waiting
            | PageStatus::InProgress
            | PageStatus::ManualIdCheck
            | PageStatus::Disabled => None,
        };
        url.map(|url| self.filled(url))
    }
}

/// The session in a `payment_session_url`, whatever the host. An order of the older checkout is a sound address too; it
/// is named by its whole path, which no session has: there is no such checkout here.
pub(super) fn payment_session(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let (id, name) = match path.strip_prefix("payments/v1/sessions/") {
        Some(id) => (id, id),
        None => (path.strip_prefix("checkout/v3/orders/")?, path),
    };
    let sound = !id.is_empty() && !id.contains(['/', '?', '#']);
    sound.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_session_is_found_by_the_path_of_its_address() {
        let found = |url: &str| payment_session(url).map(str::to_owned);
        for host in ["https://api.klarna.com", "http://127.0.0.1:8090"] {
            let url = format!("{host}/payments/v1/sessions/92d97f60");
            assert_eq!(found(&url).as_deref(), Some("92d97f60"));
        }
        assert_ne!(
            found("https://api.klarna.com/checkout/v3/orders/92d97f60").as_deref(),
            Some("92d97f60")
        );
        for wrong in [
            "https://api.klarna.com",
            "https://api.klarna.com/payments/v1/sessions",
            "https://api.klarna.com/payments/v1/sessions/",
            "https://api.klarna.com/payments/v1/sessions/a/b",
            "https://api.klarna.com/other/a",
        ] {
            assert_eq!(found(wrong), None, "{wrong}");
        }
    }
}
