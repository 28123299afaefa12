//! What the shell may see of a hosted page: for the shopper's page, the staff's page and the portal.
//!
//! Invariant: reading only; an ended page is still seen, marked as such, until it is forgotten.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::fields::{integer, list, object, text};
use super::super::view::SessionView;
use super::super::{World, outbox};
use super::{HostedPage, PageStatus, Proof};

/// A page as it is drawn.
#[derive(Debug, Clone)]
pub struct PageView {
    /// `session_id`.
    pub id: String,
    /// The last part of `redirect_url`.
    pub code: String,
    /// Where it stands.
    pub status: PageStatus,
    /// Whether its time is over.
    pub expired: bool,
    /// The payment session.
    pub session: SessionView,
    /// `page_title`.
    pub title: Option<String>,
    /// `purchase_type`; `BUY` unless it was given.
    pub purchase_type: String,
    /// `logo_url`.
    pub logo_url: Option<String>,
    /// `background_images`, smallest first.
    pub background_images: Vec<BackgroundImage>,
    /// Whether the lines of the purchase are listed.
    pub shows_lines: bool,
    /// Category identifiers in the spelling of the payment session.
    pub categories: Vec<String>,
    /// How the shopper leaves it.
    pub leaving: Leaving,
    /// What shopper and staff compare while a document is looked at.
    pub challenge: Option<String>,
    /// While a document is looked at: whose it should be.
    pub identified: Option<Map<String, Value>>,
    /// Whether the shopper was declined and is shown what else there is.
    pub fell_back: bool,
    /// Where the shopper goes from here, if the merchant said.
    pub return_url: Option<String>,
    /// When its status changed.
    pub updated_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The order that was placed on it.
    pub order_id: Option<String>,
    /// Names the page of its staff.
    pub distribution_id: String,
    /// The address of the page.
    pub page_url: String,
    /// Phone and e-mail that the link was sent to.
    pub reached_at: Map<String, Value>,
}

impl PageView {
    /// Where its staff finds it, below the sandbox's own address.
    #[must_use]
    pub fn staff_path(&self) -> String {
        format!("/hpp/distributions/{}", self.distribution_id)
    }
}

/// One background image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundImage {
    /// Where it is.
    pub url: String,
    /// Pixels, where the merchant said.
    pub width: Option<i64>,
}

/// How a page is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// With a way to return.
    Back,
    /// For good, after a question.
    Cancel,
}

impl World {
    /// The page behind the code of a `redirect_url`.
    #[must_use]
    pub fn page_of_code(&self, code: &str, now: Timestamp) -> Option<PageView> {
        self.page_view(self.hosted_pages.of_code(code)?, now)
    }

    /// The page with this `session_id`.
    #[must_use]
    pub fn page_of_id(&self, id: &str, now: Timestamp) -> Option<PageView> {
        self.page_view(self.hosted_pages.find(id)?, now)
    }

    /// The page behind a `standalone_url`.
    #[must_use]
    pub fn page_of_distribution(&self, id: &str, now: Timestamp) -> Option<PageView> {
        let page = self
            .hosted_pages
            .all()
            .find(|page| page.distribution_id == id)?;
        self.page_view(page, now)
    }

    /// The newest open page that was sent to the device with this access id, and when.
    #[must_use]
    pub fn page_for_device(&self, access_id: &str, now: Timestamp) -> Option<(Timestamp, String)> {
        self.outbox
            .listed()
            .into_iter()
            .filter(|message| message.channel == outbox::Channel::Token && message.to == access_id)
            .find_map(|message| {
                let page = self.hosted_pages.find(&message.session_id)?;
                let open = now < page.expires_at && !page.status.is_final();
                open.then(|| (message.sent_at, page.page_url()))
            })
    }

    /// The devices that a payment was sent to.
    pub(crate) fn devices(&self) -> BTreeSet<String> {
        let sent = self.outbox.listed().into_iter();
        sent.filter(|message| message.channel == outbox::Channel::Token)
            .map(|message| message.to.clone())
            .collect()
    }

    /// Messages that were sent to shoppers, newest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<&outbox::Message> {
        self.outbox.listed()
    }

    pub(in super::super) fn page_view(
        &self,
        page: &HostedPage,
        now: Timestamp,
    ) -> Option<PageView> {
        let session = self.session_view(&page.payment_session, now)?;
        let mut background_images: Vec<BackgroundImage> = object(&page.body, "options")
            .map(|options| list(options, "background_images"))
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_object)
            .filter_map(|image| {
                Some(BackgroundImage {
                    url: text(image, "url")?.to_owned(),
                    width: integer(image, "width").filter(|width| *width > 0),
                })
            })
            .collect();
        background_images.sort_by_key(|image| image.width);
        Some(PageView {
            id: page.id.clone(),
            code: page.code.clone(),
            status: page.status,
            expired: now >= page.expires_at,
            title: page.option_text("page_title").map(str::to_owned),
            purchase_type: page
                .option_text("purchase_type")
                .unwrap_or("BUY")
                .to_owned(),
            logo_url: page.option_text("logo_url").map(str::to_owned),
            background_images,
            shows_lines: page.option("show_subtotal_detail").is_none(),
            categories: page.offered_categories(&session.categories),
            leaving: self.leaving(page),
            challenge: page
                .identification
                .as_ref()
                .map(|identification| identification.challenge.clone()),
            identified: page
                .open_identification()
                .map(|waiting| self.identified(page, waiting)),
            fell_back: page.fell_back,
            return_url: page.return_url(),
            updated_at: page.updated_at,
            expires_at: page.expires_at,
            order_id: page.order_id().map(str::to_owned),
            distribution_id: page.distribution_id.clone(),
            page_url: page.page_url(),
            reached_at: page.reached_at.clone(),
            session,
        })
    }
}

impl HostedPage {
    /// The order that was placed on it.
    fn order_id(&self) -> Option<&str> {
        match &self.proof {
            Some(Proof::Order { id, .. }) => Some(id),
            Some(Proof::Authorization(_)) | None => None,
        }
    }

    /// Whether this is one of the identifiers around the page.
    pub(in super::super) fn is_named(&self, id: &str) -> bool {
        let own = [
            &self.id,
            &self.code,
            &self.distribution_id,
            &self.payment_session,
        ];
        own.into_iter().any(|known| known == id) || self.order_id() == Some(id)
    }

    /// The categories that the merchant chose, in lower case as the payment session spells them.
    fn chosen_categories(&self) -> Option<Vec<String>> {
        if let Some(one) = self.option_text("payment_method_category") {
            return Some(vec![one.to_lowercase()]);
        }
        let several = self.option("payment_method_categories")?.as_array()?;
        let several = several.iter().filter_map(Value::as_str);
        Some(several.map(str::to_lowercase).collect())
    }

    /// Those of the payment session that the merchant did not choose.
    pub(super) fn other_categories(&self, all: Vec<String>) -> Vec<String> {
        match self.chosen_categories() {
            None => Vec::new(),
            Some(chosen) => all
                .into_iter()
                .filter(|category| !chosen.contains(category))
                .collect(),
        }
    }

    /// What the page offers: the merchant's choice, and after a decline the others.
    fn offered_categories(&self, all: &[String]) -> Vec<String> {
        if self.fell_back {
            return self.other_categories(all.to_vec());
        }
        self.chosen_categories().unwrap_or_else(|| all.to_vec())
    }
}
