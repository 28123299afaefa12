//! Which screen comes next: a pure state machine over what the shopper entered.
//!
//! Invariant: it never decides about the purchase. At `confirm` it hands over to the world, whose answer ends the flow;
//! that answer is kept, and whatever happens to the window afterwards cannot change it.

mod screen;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub(super) use screen::{Ending, FlowPage, Progress, Step, View};

use super::entry::Entry;
use crate::world::test_shopper::{
    ACCOUNTS, BANK, WRONG_CODE, decline_reason, email_of, is_checked_by_bank, signs_up,
};
use crate::world::{METHODS, Method, invalid_fields};

const PARTS: [u8; 3] = [3, 6, 12];
/// Countries whose shoppers may identify themselves with a national e-id instead of a code.
const EID_COUNTRIES: [&str; 4] = ["DK", "FI", "NO", "SE"];

/// One purchase flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) session_id: String,
    pub(super) view: View,
    /// The `data` of `authorize`, with what the shopper entered over it.
    pub(super) data: Map<String, Value>,
    pub(super) auto_finalize: bool,
    /// On a hosted page the flow runs in the page's own window and leads on from it.
    pub(super) page: Option<FlowPage>,
    pub(super) step: Step,
    pub(super) way: Method,
    pub(super) parts: u8,
    /// What the shopper answered to a step-up challenge.
    pub(super) challenge: Option<String>,
    /// Heartbeats of the window, so that the shop's page can tell a severed window from a closed one.
    pub(super) beats: u64,
    pub(super) attached: bool,
    ways: Vec<Method>,
    new_shopper: bool,
    /// The challenge that the world asked for.
    asked: Value,
    notice: Option<&'static str>,
    decided: Option<Ending>,
    ended: bool,
}

impl Flow {
    /// `categories` are those that the shop's call named, `offered` the methods that the session has.
    pub(super) fn new(
        session_id: String,
        view: View,
        data: Map<String, Value>,
        categories: &[String],
        offered: &[Method],
        auto_finalize: bool,
    ) -> Self {
        let is_named = |method: &Method| {
            categories
                .iter()
                .any(|category| category == "klarna" || category == method.name())
        };
        let ways: Vec<Method> = METHODS
            .into_iter()
            .filter(|method| offered.contains(method))
            .filter(|method| categories.is_empty() || is_named(method))
            .collect();
        let way = [Method::PayLater]
            .into_iter()
            .find(|method| ways.contains(method))
            .or(ways.first().copied())
            .unwrap_or(Method::PayNow);
        let new_shopper = signs_up(email_of(&data));
        Self {
            session_id,
            view,
            data,
            auto_finalize,
            page: None,
            step: Step::Phone,
            way,
            parts: PARTS[0],
            challenge: None,
            beats: 0,
            attached: false,
            ways,
            new_shopper,
            asked: Value::Null,
            notice: None,
            decided: None,
            ended: false,
        }
    }

    /// The flow as part of a hosted page.
    pub(super) fn on_page(mut self, session_id: &str, leave_to: &str) -> Self {
        self.page = Some(FlowPage {
            session_id: session_id.to_owned(),
            leave_to: leave_to.to_owned(),
        });
        self
    }

    /// Where the browser goes when the flow is over, unless it is a window of its own.
    pub(super) fn leave_to(&self) -> Option<&str> {
        self.page.as_ref().map(|page| page.leave_to.as_str())
    }

    /// Whether the world has answered, so that leaving changes nothing.
    pub(super) fn is_decided(&self) -> bool {
        self.decided.is_some()
    }

    /// The ending, once nothing can follow any more.
    pub(super) fn ending(&self) -> Option<&Ending> {
        self.decided.as_ref().filter(|_| self.ended)
    }

    /// Takes one entry. An entry for another screen than the current one changes nothing: it is a second click.
    pub(super) fn advance(&mut self, entry: &Entry) -> Progress {
        self.notice = None;
        match (self.step, entry) {
            (Step::Phone, Entry::Phone { phone }) => self.phone(phone),
            (Step::Phone, Entry::Eid {}) if self.offers_eid() => self.identified(),
            (Step::Code, Entry::Code { code }) => self.code(code),
            (Step::Details, Entry::Details(details)) => match details.check() {
                Ok(()) => {
                    details.write(&mut self.data);
                    self.go(Step::Plan)
                }
                Err(errors) => Progress::Refused(errors),
            },
            (Step::Plan, Entry::Plan { way }) => self.plan(way),
            (Step::Parts, Entry::Parts { parts }) => match PARTS.contains(parts) {
                true => {
                    self.parts = *parts;
                    self.go(Step::Confirm)
                }
                false => refused("pay_over_time", "required"),
            },
            (Step::Card, Entry::Card(card)) => match card.check() {
                Ok(number) if is_checked_by_bank(&number) => self.go(Step::Challenge),
                Ok(_) => self.go(Step::Confirm),
                Err(errors) => Progress::Refused(errors),
            },
            (Step::Challenge, Entry::Challenge { outcome }) if outcome == "success" => {
                self.go(Step::Confirm)
            }
            (Step::Challenge, Entry::Challenge { .. }) => {
                self.notice = Some("refused");
                self.go(Step::Card)
            }
            (Step::Account, Entry::Account(account)) => match account.check() {
                Ok(()) => self.go(Step::Confirm),
                Err(errors) => Progress::Refused(errors),
            },
            (Step::Bank, Entry::Bank(login)) => match login.check() {
                Ok(()) => self.go(Step::Confirm),
                Err(errors) => Progress::Refused(errors),
            },
            (Step::Confirm, Entry::Confirm {}) => Progress::Decide,
            (Step::Proof, Entry::StepUp { answer }) => {
                self.challenge = Some(answer.clone());
                Progress::Decide
            }
            (Step::OfferFast, Entry::OfferFast {}) if self.way == Method::PayNow => {
                self.go(Step::OfferFavourite)
            }
            (Step::OfferFast, Entry::OfferFast {})
            | (Step::OfferFavourite, Entry::OfferFavourite {}) => self.end(Step::Done),
            (Step::Declined, Entry::Dismiss {}) => self.end(Step::Ended),
            (step, Entry::Back {}) => self.back(step),
            _ => Progress::Shown,
        }
    }

    /// Takes the world's answer to `confirm`.
    pub(super) fn decide(&mut self, ending: Ending) {
        if let Some(asked) = ending.result.get("challenge") {
            self.asked = asked.clone();
            self.notice = asked.get("error").map(|_| "wrong_answer");
            self.step = Step::Proof;
            return;
        }
        let approved = ending.reason == "approved";
        let declined = ending.reason == "declined";
        self.decided = Some(ending);
        if declined {
            self.step = Step::Declined;
        } else if approved && self.new_shopper {
            self.step = Step::OfferFast;
        } else {
            self.end(if approved { Step::Done } else { Step::Ended });
        }
    }

    /// The shopper leaves. What was decided before stays decided.
    pub(super) fn leave(&mut self) -> &Ending {
        if !self.ended {
            self.end(Step::Ended);
        }
        self.decided.get_or_insert_with(|| Ending {
            result: json!({"approved": false, "show_form": true}),
            reason: "cancelled",
        })
    }

    /// Everything the window needs to draw its screen.
    pub(super) fn shown(&self) -> Value {
        let address = self.data.get("billing_address");
        let member = |name: &str| {
            address
                .and_then(|address| address.get(name))
                .and_then(Value::as_str)
        };
        let born = self
            .data
            .get("customer")
            .and_then(|customer| customer.get("date_of_birth"));
        json!({
            "status": if self.ended { "closed" } else { "open" },
            "step": self.step.name(),
            "view": self.view.shown(),
            "prefill": {
                "phone": member("phone"),
                "email": member("email"),
                "given_name": member("given_name"),
                "family_name": member("family_name"),
                "street_address": member("street_address"),
                "postal_code": member("postal_code"),
                "city": member("city"),
                "date_of_birth": born,
            },
            "eid": self.offers_eid(),
            "challenge": self.asked.get("type"),
            "bank": BANK,
            "account": self.account_kind(),
            "ways": self.ways,
            "parts": PARTS,
            "chosen": {"way": self.way, "parts": self.parts},
            "notice": self.notice,
            "decline_reason": self.decline_reason(),
            "leave_to": self.leave_to().filter(|_| self.ended),
        })
    }

    /// The plan in the words of the world.
    pub(super) fn payment_method(&self) -> &'static str {
        match self.way {
            Method::PayNow => "card",
            way => way.name(),
        }
    }

    fn phone(&mut self, phone: &str) -> Progress {
        let phone = phone.trim();
        let probe = json!({"billing_address": {"phone": phone}});
        let wrong = phone.is_empty()
            || probe
                .as_object()
                .is_none_or(|probe| !invalid_fields(probe).is_empty());
        if wrong {
            return refused("phone", "phone");
        }
        set_in_address(&mut self.data, "phone", phone);
        self.go(Step::Code)
    }

    fn code(&mut self, code: &str) -> Progress {
        let code = code.trim();
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return refused("code", "code");
        }
        if code == WRONG_CODE {
            return refused("code", "wrong_code");
        }
        self.identified()
    }

    fn identified(&mut self) -> Progress {
        self.go(if self.new_shopper {
            Step::Details
        } else {
            Step::Plan
        })
    }

    fn plan(&mut self, way: &str) -> Progress {
        let Some(way) = self.ways.iter().find(|known| known.name() == way) else {
            return refused("way", "required");
        };
        self.way = *way;
        self.go(match self.way {
            Method::PayNow => Step::Card,
            Method::PayOverTime => Step::Parts,
            Method::PayLater => Step::Confirm,
            Method::DirectDebit => Step::Account,
            Method::DirectBankTransfer => Step::Bank,
        })
    }

    fn back(&mut self, step: Step) -> Progress {
        self.go(match step {
            Step::Code => Step::Phone,
            Step::Parts | Step::Card | Step::Challenge | Step::Confirm => Step::Plan,
            Step::Account | Step::Bank => Step::Plan,
            other => other,
        })
    }

    fn go(&mut self, step: Step) -> Progress {
        self.step = step;
        Progress::Shown
    }

    fn end(&mut self, step: Step) -> Progress {
        self.ended = true;
        self.go(step)
    }

    fn offers_eid(&self) -> bool {
        EID_COUNTRIES.contains(&self.view.country.as_str())
    }

    /// What direct debit asks for: an account number, in Sweden the shopper's own number.
    fn account_kind(&self) -> &'static str {
        ACCOUNTS
            .iter()
            .find(|account| account.country == self.view.country)
            .map_or("iban", |account| account.kind)
    }

    /// `customer+reject_reason_high_risk@...` names its reason.
    fn decline_reason(&self) -> Option<&str> {
        if self.step != Step::Declined {
            return None;
        }
        decline_reason(email_of(&self.data), &self.view.country)
    }
}

pub(super) fn refused(field: &'static str, kind: &'static str) -> Progress {
    Progress::Refused(BTreeMap::from([(field, kind)]))
}

/// Writes one member of the billing address, making the address where the shop sent none.
pub(super) fn set_in_address(data: &mut Map<String, Value>, name: &str, value: &str) {
    let address = data.entry("billing_address").or_insert_with(|| json!({}));
    if !address.is_object() {
        *address = json!({});
    }
    address[name] = value.into();
}

#[cfg(test)]
mod tests;
