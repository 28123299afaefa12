//! What a flow can show, and what came of an entry.
//!
//! Invariant: plain values; which of them is next is decided by the flow.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What the pages may know about the session: amounts and words, no personal data.
#[derive(Debug, Clone)]
pub(in crate::pages) struct View {
    pub(in crate::pages) merchant_name: String,
    pub(in crate::pages) locale: String,
    pub(in crate::pages) country: String,
    pub(in crate::pages) currency: String,
    /// Minor units of `currency`.
    pub(in crate::pages) order_amount: i64,
}

impl View {
    pub(in crate::pages) fn shown(&self) -> Value {
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
pub(in crate::pages) enum Step {
    Phone,
    Code,
    Details,
    Plan,
    Parts,
    Card,
    Challenge,
    Account,
    Bank,
    Confirm,
    Proof,
    OfferFast,
    OfferFavourite,
    Declined,
    Done,
    Ended,
}

impl Step {
    pub(in crate::pages) fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Code => "code",
            Self::Details => "details",
            Self::Plan => "plan",
            Self::Parts => "parts",
            Self::Card => "card",
            Self::Challenge => "challenge",
            Self::Account => "account",
            Self::Bank => "bank",
            Self::Confirm => "confirm",
            Self::Proof => "step_up",
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
pub(in crate::pages) enum Progress {
    /// Show the flow's current screen.
    Shown,
    /// Ask the world whether the purchase is approved.
    Decide,
    /// Stay: these fields are wrong, by name and kind.
    Refused(BTreeMap<&'static str, &'static str>),
}

/// How a flow ended: the payload for the shop's callback and our own word for it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::pages) struct Ending {
    pub(in crate::pages) result: Value,
    pub(in crate::pages) reason: &'static str,
}

impl Ending {
    /// Reads the world's answer to a visit.
    pub(in crate::pages) fn of(result: Value) -> Self {
        let reason = match (result["approved"].as_bool(), result["show_form"].as_bool()) {
            (Some(true), _) => "approved",
            _ if result.get("challenge").is_some() => "challenge",
            (_, Some(true)) => "fields",
            _ => "declined",
        };
        Self { result, reason }
    }
}

/// The hosted page that a flow belongs to.
#[derive(Debug)]
pub(in crate::pages) struct FlowPage {
    /// Its session.
    pub(in crate::pages) session_id: String,
    /// Where the browser goes when the flow is over.
    pub(in crate::pages) leave_to: String,
}
