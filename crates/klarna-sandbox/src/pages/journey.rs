//! Which screen comes next: a pure state machine over what the shopper entered.
//!
//! Invariant: it never decides about the purchase. At `confirm` it hands over to the world, whose answer ends the flow;
//! that answer is kept, and whatever happens to the window afterwards cannot change it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::entry::Entry;
use crate::world::invalid_fields;

/// What the pages may know about the session: amounts and words, no personal data.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) merchant_name: String,
    pub(super) locale: String,
    pub(super) country: String,
    pub(super) currency: String,
    /// Minor units of `currency`.
    pub(super) order_amount: i64,
}

impl View {
    pub(super) fn shown(&self) -> Value {
        json!({
            "merchant_name": self.merchant_name,
            "locale": self.locale,
            "purchase_country": self.country,
            "purchase_currency": self.currency,
            "order_amount": self.order_amount,
        })
    }
}

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Phone,
    Code,
    Details,
    Plan,
    Parts,
    Card,
    Challenge,
    Confirm,
    OfferFast,
    OfferFavourite,
    Declined,
    Done,
    Ended,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Code => "code",
            Self::Details => "details",
            Self::Plan => "plan",
            Self::Parts => "parts",
            Self::Card => "card",
            Self::Challenge => "challenge",
            Self::Confirm => "confirm",
            Self::OfferFast => "offer_fast",
            Self::OfferFavourite => "offer_favourite",
            Self::Declined => "declined",
            Self::Done => "done",
            Self::Ended => "ended",
        }
    }
}

/// What came of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Show the flow's current screen.
    Shown,
    /// Ask the world whether the purchase is approved.
    Decide,
    /// Stay: these fields are wrong, by name and kind.
    Refused(BTreeMap<&'static str, &'static str>),
}

/// How a flow ended: the payload for the shop's callback and our own word for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ending {
    pub(super) result: Value,
    pub(super) reason: &'static str,
}

const WAYS: [&str; 3] = ["pay_now", "pay_later", "pay_over_time"];
const PARTS: [u8; 3] = [3, 6, 12];
/// Test shopper's card that the bank checks first.
const CHECKED_CARD: &str = "4687388888888881";
/// Countries whose shoppers may identify themselves with a national e-id instead of a code.
const EID_COUNTRIES: [&str; 4] = ["DK", "FI", "NO", "SE"];
/// The one-time code that is always wrong.
const WRONG_CODE: &str = "999999";

/// One purchase flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) session_id: String,
    pub(super) view: View,
    /// The `data` of `authorize`, with what the shopper entered over it.
    pub(super) data: Map<String, Value>,
    pub(super) auto_finalize: bool,
    pub(super) step: Step,
    pub(super) way: &'static str,
    pub(super) parts: u8,
    /// Heartbeats of the window, so that the shop's page can tell a severed window from a closed one.
    pub(super) beats: u64,
    pub(super) attached: bool,
    ways: Vec<&'static str>,
    new_shopper: bool,
    notice: Option<&'static str>,
    decided: Option<Ending>,
    ended: bool,
}

impl Flow {
    pub(super) fn new(
        session_id: String,
        view: View,
        data: Map<String, Value>,
        categories: &[String],
        auto_finalize: bool,
    ) -> Self {
        let named: Vec<&'static str> = WAYS
            .into_iter()
            .filter(|way| categories.iter().any(|category| category == way))
            .collect();
        let all = named.is_empty() || categories.iter().any(|category| category == "klarna");
        let ways = if all { WAYS.to_vec() } else { named };
        let way = if ways.contains(&"pay_later") {
            "pay_later"
        } else {
            ways[0]
        };
        let new_shopper = tags(&data).any(|tag| tag == "new_user" || tag == "require_signup");
        Self {
            session_id,
            view,
            data,
            auto_finalize,
            step: Step::Phone,
            way,
            parts: PARTS[0],
            beats: 0,
            attached: false,
            ways,
            new_shopper,
            notice: None,
            decided: None,
            ended: false,
        }
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
                Ok(number) if number == CHECKED_CARD => self.go(Step::Challenge),
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
            (Step::Confirm, Entry::Confirm {}) => Progress::Decide,
            (Step::OfferFast, Entry::OfferFast {}) if self.way == "pay_now" => {
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
            "ways": self.ways,
            "parts": PARTS,
            "chosen": {"way": self.way, "parts": self.parts},
            "notice": self.notice,
            "decline_reason": self.decline_reason(),
        })
    }

    /// The plan in the words of the world.
    pub(super) fn payment_method(&self) -> &'static str {
        match self.way {
            "pay_now" => "card",
            way => way,
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
        let Some(way) = self.ways.iter().find(|known| **known == way) else {
            return refused("way", "required");
        };
        self.way = way;
        self.go(match self.way {
            "pay_now" => Step::Card,
            "pay_over_time" => Step::Parts,
            _ => Step::Confirm,
        })
    }

    fn back(&mut self, step: Step) -> Progress {
        self.go(match step {
            Step::Code => Step::Phone,
            Step::Parts | Step::Card | Step::Challenge | Step::Confirm => Step::Plan,
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

    /// `customer+reject_reason_high_risk@...` names its reason.
    fn decline_reason(&self) -> Option<&str> {
        if self.step != Step::Declined {
            return None;
        }
        tags(&self.data).find_map(|tag| tag.strip_prefix("reject_reason_"))
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

/// The e-mail address in shopper data.
pub(super) fn email(data: &Map<String, Value>) -> &str {
    data.get("billing_address")
        .and_then(|address| address.get("email"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The parts after each `+` of its local part: how the public test shoppers say what should happen.
fn tags(data: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let local = email(data).split('@').next().unwrap_or_default();
    local.split('+').skip(1)
}

#[cfg(test)]
mod tests;
