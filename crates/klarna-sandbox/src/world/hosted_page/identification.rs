//! The manual identification check: at a counter, staff looks at the shopper's document and says whether it is theirs.
//!
//! Invariant: staff decides about an approval that the shopper gave before, and nothing else; see
//! `docs/klarna/decisions.md#manual-identification`. Nobody is shown the shopper's national number.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde_json::{Map, Value, json};

use super::super::fields::{self, merge, object, text};
use super::super::reply::{Outcome, Reply, bad_request};
use super::super::shopper::{Action, Visit};
use super::super::{World, ids, schema, test_shopper, time};
use super::visit::is_ecommerce;
use super::{HostedPage, Identification, PageStatus, constraint_violation, refuse};

impl World {
    /// `GET manual-id-check`: what staff compares.
    pub(super) fn read_identification(&self, id: &str, now: Timestamp) -> Outcome {
        let page = self.hosted_page(id, now)?;
        let identification = page.open_identification().ok_or_else(no_check)?;
        let shown = self.shown_identification(page, identification);
        Ok(Reply::json(200, shown))
    }

    /// `POST manual-id-check`: staff has looked at the document.
    pub(super) fn check_identification(
        &mut self,
        id: &str,
        body: &Value,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let page = self.hosted_page(id, now)?;
        let sent = body.as_object().ok_or_else(bad_request)?;
        refuse(&fields::check(sent, schema::CHECK_IDENTIFICATION))?;
        let waiting = page.open_identification().ok_or_else(no_check)?;
        let told = text(sent, "challenge");
        if told.is_some_and(|told| !told.eq_ignore_ascii_case(&waiting.challenge)) {
            return Err(constraint_violation(vec![
                "challenge is invalid".to_owned(),
            ]));
        }
        let action = match sent.get("approved") {
            Some(Value::Bool(true)) => Action::Approve,
            _ => Action::Decline,
        };
        self.pay_on_page(id, &Visit::bare(action), now, entropy)?;
        let page = self.hosted_page(id, now)?;
        Ok(Reply::json(200, self.shown_page(page)))
    }

    pub(super) fn ask_for_document(
        &mut self,
        id: &str,
        visit: &Visit,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) {
        if let Some(page) = self.hosted_pages.find_mut(id)
            && page.status == PageStatus::InProgress
        {
            page.identification = Some(Identification {
                challenge: ids::challenge(entropy),
                visit: visit.clone(),
            });
            self.turn_page(id, PageStatus::ManualIdCheck, now, entropy);
        }
    }

    /// At a counter, the shopper who is named by an address of the sandbox's own is asked for a document.
    pub(super) fn needs_document(&self, payment_session: &str, visit: &Visit) -> bool {
        let Some(session) = self.sessions.get(payment_session) else {
            return false;
        };
        let body = session.body.members();
        let given = email(&visit.data).or_else(|| email(&body));
        !is_ecommerce(session) && given.is_some_and(test_shopper::shows_a_document)
    }

    /// `customer` of the read model: who paid.
    pub(super) fn page_customer(&self, payment_session: &str) -> Option<Map<String, Value>> {
        let session = self.sessions.get(payment_session)?;
        Some(person(&session.body.members(), Some(&session.collected)))
    }

    /// Whose document it should be.
    pub(super) fn identified(
        &self,
        page: &HostedPage,
        identification: &Identification,
    ) -> Map<String, Value> {
        let session = self.sessions.get(page.payment_session.as_str());
        let body = session.map(|session| session.body.members());
        person(&body.unwrap_or_default(), Some(&identification.visit.data))
    }

    /// `MerchantManualIdentificationV1`.
    pub(super) fn shown_identification(
        &self,
        page: &HostedPage,
        identification: &Identification,
    ) -> Value {
        let customer = self.identified(page, identification);
        let obfuscated: Map<String, Value> = customer
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), obfuscated(value.as_str()?).into())))
            .collect();
        let mut shown = json!({
            "challenge": identification.challenge,
            "expires_at": time::wire(page.expires_at),
        });
        if !customer.is_empty() {
            shown["customer"] = customer.into();
            shown["customer_obfuscated"] = obfuscated.into();
        }
        shown
    }
}

impl HostedPage {
    /// The check that waits for staff.
    pub(super) fn open_identification(&self) -> Option<&Identification> {
        let identification = self.identification.as_ref();
        identification.filter(|_| self.status == PageStatus::ManualIdCheck)
    }
}

fn no_check() -> Reply {
    let message = "HPP session is not waiting for a manual identification check";
    Reply::error(400, "BAD_REQUEST", message)
}

fn email(data: &Map<String, Value>) -> Option<&str> {
    text(object(data, "billing_address")?, "email")
}

/// Name, title and date of birth out of a session's body and what the shopper gave over it.
fn person(body: &Map<String, Value>, given: Option<&Map<String, Value>>) -> Map<String, Value> {
    let mut all = Map::new();
    for source in [Some(body), given].into_iter().flatten() {
        for part in ["billing_address", "customer"] {
            if let Some(part) = object(source, part) {
                merge(&mut all, part);
            }
        }
    }
    ["title", "given_name", "family_name", "date_of_birth"]
        .into_iter()
        .filter_map(|name| {
            let value = text(&all, name).filter(|value| !value.is_empty())?;
            Some((name.to_owned(), value.into()))
        })
        .collect()
}

/// The first letter and as many stars as letters follow.
fn obfuscated(value: &str) -> String {
    value
        .chars()
        .enumerate()
        .map(|(index, letter)| if index == 0 { letter } else { '*' })
        .collect()
}
