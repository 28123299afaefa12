//! The statuses of a hosted page and what leaving one for another entails: a time, a callback, the end of the timeout.
//!
//! Invariant: a status changes through [`World::turn_page`] alone, except when the merchant disables the page: that is
//! no act of the shopper, and only those are called back.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::reply::Reply;
use super::super::{World, ids, time};

/// Where a hosted page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PageStatus {
    /// Nobody has opened it yet.
    Waiting,
    /// The shopper is on it.
    InProgress,
    /// The shopper went back to the shop and may return.
    Back,
    /// Staff is to look at the shopper's document.
    ManualIdCheck,
    /// Paid; final.
    Completed,
    /// The shopper cancelled; final.
    Cancelled,
    /// The payment was declined; the shopper may try again.
    Failed,
    /// The merchant took the page away; final.
    Disabled,
    /// Something went wrong; the shopper may try again.
    Error,
}

impl PageStatus {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::InProgress => "IN_PROGRESS",
            Self::Back => "BACK",
            Self::ManualIdCheck => "MANUAL_ID_CHECK",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
            Self::Disabled => "DISABLED",
            Self::Error => "ERROR",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Disabled)
    }
}

impl World {
    /// Gives a page another status, and tells its merchant.
    pub(super) fn turn_page(
        &mut self,
        id: &str,
        status: PageStatus,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) {
        let Some(page) = self.hosted_pages.find_mut(id) else {
            return;
        };
        if page.status == status || page.status.is_final() {
            return;
        }
        page.status = status;
        page.updated_at = now;
        if status != PageStatus::ManualIdCheck {
            page.identification = None;
        }
        if status.is_final() {
            self.hosted_pages.settle_timeout(id);
        }
        let Some(page) = self.hosted_pages.find(id) else {
            return;
        };
        if let Some(url) = page.merchant_url("status_update") {
            let event =
                json!({"event_id": ids::uuid(entropy, 4), "session": self.shown_page(page)});
            let url = page.filled(url);
            self.deliveries.status_update(url, event, id, now);
        }
    }

    /// Tells the merchant that a page ended unfinished. `TIMEOUT` is told and never read: the page is gone by then.
    pub(super) fn time_out_hosted_page(
        &mut self,
        id: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Reply {
        let ended = self
            .hosted_pages
            .find(id)
            .is_some_and(|page| now >= page.expires_at);
        if ended
            && self.hosted_pages.settle_timeout(id)
            && let Some(page) = self.hosted_pages.find(id)
            && let Some(url) = page.merchant_url("status_update")
        {
            let at = time::wire(page.expires_at);
            let event = json!({
                "event_id": ids::uuid(entropy, 4),
                "session": {"session_id": id, "status": "TIMEOUT", "updated_at": at, "expires_at": at},
            });
            let url = page.filled(url);
            self.deliveries.status_update(url, event, id, now);
        }
        Reply::empty(204)
    }

    /// Pages whose timeout is to be told at `now`.
    pub(in super::super) fn due_page_timeouts(&self, now: Timestamp) -> Vec<String> {
        self.hosted_pages
            .timeouts
            .iter()
            .take_while(|(ended, _)| *ended <= now)
            .map(|(_, id)| id.clone())
            .collect()
    }

    /// When the next timeout of a page is to be told.
    pub(in super::super) fn next_page_timeout_at(&self) -> Option<Timestamp> {
        self.hosted_pages.timeouts.first().map(|(ended, _)| *ended)
    }
}
