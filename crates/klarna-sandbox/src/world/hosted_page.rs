//! The Hosted Payment Page: a page of Klarna's own for a payment session, with a status that its merchant can follow.
//!
//! Invariant: a final status never changes again. The page ends an hour before its payment session, and everything that
//! the shopper does on it goes through the rules of that session; nothing here approves or places anything by itself.

mod creation;
mod distribution;
mod distribution_module;
mod identification;
mod kept;
mod links;
mod message;
mod status;
mod view;
mod visit;

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::command::Command;
use super::fields::{self, Bad, Rule, object};
use super::reply::{Outcome, Reply, bad_request};
use super::{World, time};

pub(crate) use distribution::is_access_id;
pub(crate) use kept::HostedPages;
pub use status::PageStatus;
pub use view::{BackgroundImage, Leaving, PageView};
pub use visit::PageAction;

/// How much earlier than its payment session a page ends.
const HEAD_START: SignedDuration = SignedDuration::from_hours(1);

/// One session of the Hosted Payment Page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HostedPage {
    /// `session_id`.
    pub(super) id: String,
    /// The last part of `redirect_url`: all that a shopper's browser knows.
    pub(super) code: String,
    /// Names the page from which staff sends the link; see `distribution_module`.
    pub(super) distribution_id: String,
    /// The payment session that is paid on the page.
    pub(super) payment_session: String,
    /// The address that the links carry.
    pub(super) public_url: String,
    /// `merchant_urls`, `options` and `profile_id`; enumerations in upper case.
    pub(super) body: Map<String, Value>,
    pub(super) status: PageStatus,
    pub(super) updated_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// Phone and e-mail that the link was sent to, for pre-filling.
    pub(super) reached_at: Map<String, Value>,
    /// What came out of a completed page.
    pub(super) proof: Option<Proof>,
    /// An approval that waits until staff has seen the shopper's document.
    pub(super) identification: Option<Identification>,
    /// Whether the shopper was declined and is shown the categories that the merchant had left out.
    #[serde(default)]
    pub(super) fell_back: bool,
}

/// What a completed page shows its merchant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    /// `place_order_mode` is `NONE`: the merchant places the order with this token.
    Authorization(String),
    /// The order was placed.
    Order {
        /// `order_id`.
        id: String,
        /// `klarna_reference`.
        reference: String,
    },
}

/// A shopper at a counter whose document is to be looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identification {
    /// What shopper and staff compare.
    pub(super) challenge: String,
    /// The approval that goes on when staff agrees.
    pub(super) visit: super::shopper::Visit,
}

impl HostedPage {
    fn option(&self, name: &str) -> Option<&Value> {
        fields::present(object(&self.body, "options")?, name)
    }

    fn option_text(&self, name: &str) -> Option<&str> {
        self.option(name).and_then(Value::as_str)
    }

    /// `SessionResponseV1`: what reading shows and every callback carries.
    fn shown(&self, customer: Option<Map<String, Value>>) -> Value {
        let mut shown = json!({"session_id": self.id, "status": self.status.name()});
        match &self.proof {
            Some(Proof::Authorization(token)) => {
                shown["authorization_token"] = token.clone().into();
            }
            Some(Proof::Order { id, reference }) => {
                shown["order_id"] = id.clone().into();
                shown["klarna_reference"] = reference.clone().into();
            }
            None => {}
        }
        shown["updated_at"] = time::wire(self.updated_at).into();
        shown["expires_at"] = time::wire(self.expires_at).into();
        if let Some(customer) = customer.filter(|customer| !customer.is_empty()) {
            shown["customer"] = customer.into();
        }
        shown
    }
}

impl World {
    /// Everything that can happen to a hosted page.
    pub(super) fn decide_on_page(
        &mut self,
        command: &Command,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        match command {
            Command::CreateHostedPage { body, public_url } => {
                self.create_hosted_page(body, public_url, now, entropy)
            }
            Command::ReadHostedPage { session_id } => self.read_hosted_page(session_id, now),
            Command::DisableHostedPage { session_id } => self.disable_hosted_page(session_id, now),
            Command::DistributeHostedPage { session_id, body } => {
                self.distribute_hosted_page(session_id, body, now)
            }
            Command::GenerateDistributionModule { session_id } => {
                self.generate_distribution_module(session_id, now, entropy)
            }
            Command::ReadIdentification { session_id } => self.read_identification(session_id, now),
            Command::CheckIdentification { session_id, body } => {
                self.check_identification(session_id, body, now, entropy)
            }
            Command::HostedPageShopper { session_id, action } => {
                self.visit_hosted_page(session_id, action, now, entropy)
            }
            Command::TimeOutHostedPage { session_id } => {
                Ok(self.time_out_hosted_page(session_id, now, entropy))
            }
            // Every other command is decided elsewhere and never comes here.
            _ => Err(bad_request()),
        }
    }

    fn read_hosted_page(&self, id: &str, now: Timestamp) -> Outcome {
        let page = self.hosted_page(id, now)?;
        Ok(Reply::json(200, self.shown_page(page)))
    }

    fn disable_hosted_page(&mut self, id: &str, now: Timestamp) -> Outcome {
        let status = self.hosted_page(id, now)?.status;
        if status == PageStatus::Completed {
            return Err(Reply::error(
                400,
                "BAD_REQUEST",
                "HPP session has already been completed",
            ));
        }
        if !status.is_final()
            && let Some(page) = self.hosted_pages.find_mut(id)
        {
            page.status = PageStatus::Disabled;
            page.updated_at = now;
            self.hosted_pages.settle_timeout(id);
        }
        Ok(Reply::empty(204))
    }

    /// A page that exists and has not ended.
    fn hosted_page(&self, id: &str, now: Timestamp) -> Result<&HostedPage, Reply> {
        self.hosted_pages
            .find(id)
            .filter(|page| now < page.expires_at)
            .ok_or_else(|| {
                let message = "HPP session has expired or could not be found";
                Reply::error(404, "NOT_FOUND", message)
            })
    }

    /// The read model of a page. People are shown once they paid, without their national number.
    fn shown_page(&self, page: &HostedPage) -> Value {
        let customer = (page.status == PageStatus::Completed)
            .then(|| self.page_customer(&page.payment_session))
            .flatten();
        let mut shown = page.shown(customer);
        if let Some(identification) = page.open_identification() {
            shown["manual_identification"] = self.shown_identification(page, identification);
        }
        shown
    }
}

/// `400 CONSTRAINT_VIOLATION` with a sentence for each broken rule, or nothing.
fn refuse(bad: &[Bad]) -> Result<(), Reply> {
    if bad.is_empty() {
        return Ok(());
    }
    Err(constraint_violation(bad.iter().map(sentence).collect()))
}

fn sentence(bad: &Bad) -> String {
    let path = &bad.path;
    match bad.rule {
        Rule::Missing => format!("{path} must not be null"),
        Rule::Size { min, max } => format!("{path} size must be between {min} and {max}"),
        Rule::Range { min, max } => format!("{path} must be between {min} and {max}"),
        Rule::Whole { .. } | Rule::Choice(_) | Rule::Form => format!("{path} is invalid"),
    }
}

fn constraint_violation(messages: Vec<String>) -> Reply {
    Reply::errors(400, "CONSTRAINT_VIOLATION", messages)
}
