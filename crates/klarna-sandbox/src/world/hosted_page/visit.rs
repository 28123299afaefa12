//! The shopper on a hosted page: opens it, pays, is declined, goes back, cancels, shows a document.
//!
//! Invariant: paying is one visit of the payment session's own shopper, and placing is the API's own create-order call
//! with the authorized cart; this module only turns their answers into a status.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::fields::{self, text};
use super::super::reply::{Outcome, Reply, bad_request};
use super::super::session::Session;
use super::super::shopper::{Action, Visit};
use super::super::{World, schema};
use super::{HostedPage, Leaving, PageStatus, Proof};

/// What a shopper does on a hosted page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageAction {
    /// Opens the page.
    Open,
    /// Goes back to the shop.
    Back,
    /// Cancels; in e-commerce that is going back.
    Cancel,
    /// Meets an error.
    Error,
    /// Pays or is declined, as the shopper of the payment session.
    Pay(Visit),
    /// Pays once staff has seen a document.
    ShowDocument(Visit),
}

impl PageAction {
    /// Reads the body of the control call: the shopper's of a payment session, with the page's own actions.
    ///
    /// # Errors
    /// The name of the member that is wrong.
    pub fn from_body(body: &Value) -> Result<Self, &'static str> {
        let members = body.as_object().ok_or("body")?;
        let pays = |action: Action| {
            let mut members = members.clone();
            members.insert("action".to_owned(), json!(action));
            Visit::from_body(&members.into())
        };
        match text(members, "action").ok_or("action")? {
            "open" => Ok(Self::Open),
            "back" => Ok(Self::Back),
            "cancel" => Ok(Self::Cancel),
            "error" => Ok(Self::Error),
            "approve" => pays(Action::Approve).map(Self::Pay),
            "pend" => pays(Action::Pend).map(Self::Pay),
            "decline" => pays(Action::Decline).map(Self::Pay),
            "manual_id_check" => pays(Action::Approve).map(Self::ShowDocument),
            _ => Err("action"),
        }
    }
}

impl World {
    pub(super) fn visit_hosted_page(
        &mut self,
        id: &str,
        action: &PageAction,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let page = self.hosted_page(id, now)?;
        if page.status.is_final() {
            let message = format!("The session is {}", page.status.name());
            return Err(Reply::error(409, "CONFLICT", message));
        }
        let leaving = self.leaving(page);
        let mut result = Map::new();
        match action {
            PageAction::Open => self.open_page(id, now, entropy),
            PageAction::Back => self.turn_page(id, PageStatus::Back, now, entropy),
            PageAction::Cancel => {
                let status = match leaving {
                    Leaving::Back => PageStatus::Back,
                    Leaving::Cancel => PageStatus::Cancelled,
                };
                self.turn_page(id, status, now, entropy);
            }
            PageAction::Error => {
                self.open_page(id, now, entropy);
                self.turn_page(id, PageStatus::Error, now, entropy);
            }
            PageAction::Pay(visit) => {
                result = self.pay_on_page(id, visit, now, entropy)?;
            }
            PageAction::ShowDocument(visit) => {
                self.open_page(id, now, entropy);
                self.ask_for_document(id, visit, now, entropy);
            }
        }
        let page = self.hosted_page(id, now)?;
        let mut answer =
            json!({"session": self.shown_page(page), "redirect_url": page.return_url()});
        if !result.is_empty() {
            answer["result"] = result.into();
        }
        Ok(Reply::json(200, answer))
    }

    /// The page is open from here on. A payment session that is over meanwhile makes it an error.
    fn open_page(&mut self, id: &str, now: Timestamp, entropy: &dyn Entropy) {
        let Some(page) = self.hosted_pages.find(id) else {
            return;
        };
        let payable = self
            .session(&page.payment_session, now)
            .is_ok_and(|session| !session.completed);
        let status = match (payable, page.status) {
            (false, _) => PageStatus::Error,
            (true, PageStatus::ManualIdCheck) => PageStatus::ManualIdCheck,
            (true, _) => PageStatus::InProgress,
        };
        self.turn_page(id, status, now, entropy);
    }

    /// Lets the payment session's shopper act, and gives what the payment session answers to that.
    pub(super) fn pay_on_page(
        &mut self,
        id: &str,
        visit: &Visit,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Map<String, Value>, Reply> {
        self.open_page(id, now, entropy);
        let page = self.hosted_page(id, now)?;
        let payment_session = page.payment_session.clone();
        let mut visit = visit.clone();
        if let Some(waiting) = &page.identification {
            // Staff has looked at the document: what the shopper agreed to before goes on, or ends.
            visit = Visit {
                action: visit.action,
                ..waiting.visit.clone()
            };
        } else if visit.action == Action::Approve && self.needs_document(&payment_session, &visit) {
            self.ask_for_document(id, &visit, now, entropy);
            return Ok(Map::new());
        }
        visit.auto_finalize = true;
        let answer = match visit.action {
            Action::Approve | Action::Pend | Action::Decline => {
                self.visit(&payment_session, &visit, now, entropy)
            }
            Action::Cancel | Action::Finalize => return Err(bad_request()),
        };
        let Ok(reply) = answer else {
            self.turn_page(id, PageStatus::Error, now, entropy);
            return Ok(Map::new());
        };
        let told = reply.document().and_then(Value::as_object);
        let mut told = told.cloned().unwrap_or_default();
        // Whether the merchant gets the token depends on the page, not on the payment session.
        if let Some(token) = told.remove("authorization_token") {
            self.complete_page(id, token.as_str().unwrap_or_default(), now, entropy);
        } else if told.get("show_form") == Some(&Value::Bool(false)) {
            self.decline_on_page(id, now, entropy);
        }
        Ok(told)
    }

    /// A declined shopper is shown the other categories of the payment session where the merchant wants that, once.
    fn decline_on_page(&mut self, id: &str, now: Timestamp, entropy: &dyn Entropy) {
        let falls_back = self
            .hosted_pages
            .find(id)
            .is_some_and(|page| !self.fallback_categories(page, now).is_empty());
        if falls_back && let Some(page) = self.hosted_pages.find_mut(id) {
            page.fell_back = true;
            self.turn_page(id, PageStatus::InProgress, now, entropy);
        } else {
            self.turn_page(id, PageStatus::Failed, now, entropy);
        }
    }

    /// What a declined shopper may still choose: nothing without `payment_fallback`, or once it was offered.
    fn fallback_categories(&self, page: &HostedPage, now: Timestamp) -> Vec<String> {
        if page.fell_back || page.option("payment_fallback") != Some(&Value::Bool(true)) {
            return Vec::new();
        }
        page.other_categories(self.page_categories(&page.payment_session, now))
    }

    /// Ends a paid page the way its `place_order_mode` says.
    fn complete_page(&mut self, id: &str, token: &str, now: Timestamp, entropy: &dyn Entropy) {
        let Some(page) = self.hosted_pages.find(id) else {
            return;
        };
        let mode = page.option_text("place_order_mode").unwrap_or("NONE");
        let proof = match mode {
            "NONE" => Some(Proof::Authorization(token.to_owned())),
            mode => {
                let captures = mode == "CAPTURE_ORDER";
                self.order_of_page(&page.clone(), token, captures, now, entropy)
            }
        };
        let status = match proof {
            Some(_) => PageStatus::Completed,
            None => PageStatus::Error,
        };
        if let Some(page) = self.hosted_pages.find_mut(id) {
            page.proof = proof;
        }
        self.turn_page(id, status, now, entropy);
    }

    /// Places the order with the cart that was authorized; `None` when the rules of placing refuse it.
    fn order_of_page(
        &mut self,
        page: &HostedPage,
        token: &str,
        captures: bool,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Option<Proof> {
        let session = self.session(&page.payment_session, now).ok()?;
        let cart = session.body.members();
        let mut body = fields::known(&cart, schema::MARKET);
        body.extend(fields::known(&cart, schema::PLACE));
        // The session's default locale is no statement about its market; the order takes it from what was authorized.
        body.remove("locale");
        if captures {
            body.insert("auto_capture".to_owned(), true.into());
        }
        let reply = self
            .place_order(token, &body.into(), &page.public_url, now, entropy)
            .ok()?;
        let id = reply.document()?.get("order_id")?.as_str()?.to_owned();
        let reference = self.orders.get(&id)?.reference.clone();
        Some(Proof::Order { id, reference })
    }

    /// How a page is left: the interface has one of the two, and in e-commerce always the way back.
    pub(super) fn leaving(&self, page: &HostedPage) -> Leaving {
        let online = self
            .sessions
            .get(page.payment_session.as_str())
            .is_none_or(|session| is_ecommerce(session));
        let only_back =
            page.merchant_url("back").is_some() && page.merchant_url("cancel").is_none();
        if online || only_back {
            Leaving::Back
        } else {
            Leaving::Cancel
        }
    }
}

pub(super) fn is_ecommerce(session: &Session) -> bool {
    let channel = session.body.text("acquiring_channel");
    channel.is_none_or(|channel| channel == "ECOMMERCE")
}
