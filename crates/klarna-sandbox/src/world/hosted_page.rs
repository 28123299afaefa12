//! The Hosted Payment Page: a page of Klarna's own for a payment session, with a status that its merchant can follow.
//!
//! Invariant: a final status never changes again. The page ends an hour before its payment session, and everything that
//! the shopper does on it goes through the rules of that session; nothing here approves or places anything by itself.

mod distribution;
mod links;
mod message;
mod status;
mod view;
mod visit;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::command::Command;
use super::fields::{self, Bad, Rule, list, object, text};
use super::reply::{Outcome, Reply, bad_request};
use super::session::session_completed;
use super::{World, ids, schema, time};

pub(crate) use distribution::is_access_id;
pub use status::PageStatus;
pub use view::{BackgroundImage, Leaving, PageView};
pub use visit::PageAction;

/// How much earlier than its payment session a page ends.
const HEAD_START: SignedDuration = SignedDuration::from_hours(1);
/// Options whose values are enumerations, kept in upper case.
const ENUMERATIONS: [&str; 4] = [
    "place_order_mode",
    "payment_method_category",
    "purchase_type",
    "show_subtotal_detail",
];

/// One session of the Hosted Payment Page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HostedPage {
    /// `session_id`.
    pub(super) id: String,
    /// The last part of `redirect_url`: all that a shopper's browser knows.
    pub(super) code: String,
    /// Names the page from which staff sends the link.
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

/// All pages of a world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct HostedPages {
    by_id: BTreeMap<String, HostedPage>,
    /// Page ids by code.
    by_code: BTreeMap<String, String>,
    /// When each page ends, soonest first.
    endings: BTreeSet<(Timestamp, String)>,
    /// Those of them whose merchant wants to hear of a timeout.
    timeouts: BTreeSet<(Timestamp, String)>,
}

impl HostedPages {
    pub(super) fn find(&self, id: &str) -> Option<&HostedPage> {
        self.by_id.get(id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut HostedPage> {
        self.by_id.get_mut(id)
    }

    pub(super) fn of_code(&self, code: &str) -> Option<&HostedPage> {
        self.find(self.by_code.get(code)?)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &HostedPage> {
        self.by_id.values()
    }

    fn add(&mut self, page: HostedPage) {
        self.by_code.insert(page.code.clone(), page.id.clone());
        let ending = (page.expires_at, page.id.clone());
        if page.merchant_url("status_update").is_some() {
            self.timeouts.insert(ending.clone());
        }
        self.endings.insert(ending);
        self.by_id.insert(page.id.clone(), page);
    }

    /// No timeout is told any more; whether one was still to be told.
    fn settle_timeout(&mut self, id: &str) -> bool {
        let ending = self.find(id).map(|page| (page.expires_at, id.to_owned()));
        ending.is_some_and(|ending| self.timeouts.remove(&ending))
    }

    /// Drops the pages whose payment session is gone as well, once everything was told about them.
    fn forget_ended(&mut self, now: Timestamp) {
        while let Some(ending) = self.endings.first()
            && now >= time::after(ending.0, HEAD_START)
            && !self.timeouts.contains(ending)
        {
            if let Some((_, id)) = self.endings.pop_first()
                && let Some(page) = self.by_id.remove(&id)
            {
                self.by_code.remove(&page.code);
            }
        }
    }
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

    /// `SessionCreationResponseV1`.
    fn created(&self, token: &str) -> Value {
        json!({
            "session_id": self.id,
            "session_url": self.api_url(""),
            "redirect_url": self.page_url(),
            "qr_code_url": self.qr_code_url(),
            "distribution_url": self.api_url("/distribution"),
            "manual_identification_check_url": self.api_url("/manual-id-check"),
            "expires_at": time::wire(self.expires_at),
            "distribution_module": {
                "token": token,
                "standalone_url": self.distribution_page_url(),
                "generation_url": self.api_url("/distribution-module/token"),
            },
        })
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

    fn create_hosted_page(
        &mut self,
        body: &Value,
        public_url: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let sent = body.as_object().ok_or_else(bad_request)?;
        refuse(&fields::check(sent, schema::CREATE_HOSTED_PAGE))?;
        let url = text(sent, "payment_session_url").unwrap_or_default();
        let payment_session = links::payment_session(url)
            .ok_or_else(|| constraint_violation(vec!["payment_session_url is invalid".into()]))?;
        let expired = || Reply::error(404, "NOT_FOUND", "Payment session has expired");
        let session = self.session(payment_session, now).map_err(|_| expired())?;
        if session.completed {
            return Err(session_completed());
        }
        let expires_at = time::before(session.expires_at, HEAD_START);
        if now >= expires_at {
            return Err(expired());
        }
        let mut body = fields::known(sent, schema::CREATE_HOSTED_PAGE);
        body.remove("payment_session_url");
        if let Some(Value::Object(options)) = body.get_mut("options") {
            settle_options(options, &self.page_categories(payment_session, now))?;
        }
        self.hosted_pages.forget_ended(now);
        let page = HostedPage {
            id: ids::marked(self.mark(), entropy, 4),
            code: self.new_page_code(entropy),
            distribution_id: ids::marked(self.mark(), entropy, 4),
            payment_session: payment_session.to_owned(),
            public_url: public_url.to_owned(),
            body,
            status: PageStatus::Waiting,
            updated_at: now,
            expires_at,
            reached_at: Map::new(),
            proof: None,
            identification: None,
        };
        let answer = page.created(&ids::uuid(entropy, 4));
        self.hosted_pages.add(page);
        Ok(Reply::json(201, answer))
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
        if page.status == PageStatus::ManualIdCheck
            && let Some(identification) = &page.identification
        {
            shown["manual_identification"] = self.shown_identification(page, identification);
        }
        shown
    }

    /// The categories that a payment session offers.
    fn page_categories(&self, payment_session: &str, now: Timestamp) -> Vec<String> {
        self.session_view(payment_session, now)
            .map(|session| session.categories)
            .unwrap_or_default()
    }

    /// A short code that no page of this world has yet.
    fn new_page_code(&self, entropy: &dyn Entropy) -> String {
        let mut code = ids::page_code(self.mark(), entropy);
        while self.hosted_pages.of_code(&code).is_some() {
            code = ids::page_code(self.mark(), entropy);
        }
        code
    }
}

/// Upper case for enumerations; the categories are one of the two members, and all of them offered by the session.
fn settle_options(options: &mut Map<String, Value>, offered: &[String]) -> Result<(), Reply> {
    let offers = |category: &str| {
        schema::is_category(category)
            && offered.iter().any(|own| own.eq_ignore_ascii_case(category))
    };
    for name in ENUMERATIONS {
        if let Some(value) = text(options, name).map(str::to_uppercase) {
            options.insert(name.to_owned(), value.into());
        }
    }
    let one = options.contains_key("payment_method_category");
    let several = list(options, "payment_method_categories");
    if one && !several.is_empty() {
        return Err(constraint_violation(vec![
            "options.payment_method_category and options.payment_method_categories exclude each other"
                .to_owned(),
        ]));
    }
    let mut categories = Vec::new();
    for (index, category) in several.iter().filter_map(Value::as_str).enumerate() {
        if !offers(category) {
            let path = format!("options.payment_method_categories[{index}]");
            return Err(constraint_violation(vec![format!("{path} is invalid")]));
        }
        categories.push(Value::from(category.to_uppercase()));
    }
    if let Some(category) = text(options, "payment_method_category")
        && !offers(category)
    {
        return Err(constraint_violation(vec![
            "options.payment_method_category is invalid".to_owned(),
        ]));
    }
    options.remove("payment_method_categories");
    if !categories.is_empty() {
        options.insert("payment_method_categories".to_owned(), categories.into());
    }
    Ok(())
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
