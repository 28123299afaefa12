//! The rules of Klarna as a state machine: `apply(command, now, entropy) -> reply`.
//!
//! Invariant: pure. No socket, file, clock, generator or task in here: time and entropy are arguments, so a list of
//! commands with their times and seeds rebuilds the same world to the byte. Everything else in this room is a shell.

mod account;
mod authorization;
mod capture;
pub(crate) mod client_token;
mod command;
pub(crate) mod contact;
mod customer_token;
mod delivery;
mod dispute;
mod doctor;
mod document;
mod due;
mod due_date;
mod explain;
mod fields;
mod history;
mod hosted_page;
mod idempotency;
mod ids;
mod kept;
mod klarna_act;
mod late;
mod listing;
mod managed;
mod market;
mod matching;
mod order;
mod order_actions;
mod order_change;
mod order_lines;
mod order_rules;
mod order_state;
mod origin;
mod outbox;
mod payment_method;
mod place;
mod refund;
mod reply;
mod schema;
mod session;
mod settings;
mod shopper;
mod step_up;
pub mod test_shopper;
mod time;
mod tombstone;
mod validation;
mod view;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};

pub use account::CartUpdates;
pub use client_token::session_id as session_of_client_token;
pub use command::Command;
pub use customer_token::{Charges, TokenStatus};
pub use delivery::{Attempt, AttemptOutcome, CallbackFault, Delivery, DeliveryKind, DeliveryState};
pub use dispute::{Dispute, DisputeOutcome, DisputeReason, DisputeState};
pub use doctor::{CartCall, Cause, Diagnosis, Finding, Stage, examine};
pub use document::Document;
pub use due_date::DueDateOption;
pub use history::OrderEvent;
pub use hosted_page::{BackgroundImage, Leaving, PageAction, PageStatus, PageView};
pub use idempotency::KeyScope;
pub use klarna_act::KlarnaAct;
pub use managed::OrderCall;
pub use market::{
    ConsideredCategory, ConsideredMethod, Limits, MARKETS, METHODS, Market, Method, Obstacle,
    Purchase, considered, market_document, of_country,
};
pub use order_actions::OrderAction;
pub use order_lines::TaxTolerance;
pub use order_rules::{CallRule, TABLE};
pub use order_state::OrderState;
pub use origin::{Birth, WorldClock};
pub use outbox::{Channel, Message};
pub use reply::{ErrorBody, Reply, ReplyBody, bad_request};
pub use settings::{RateColumn, Settings};
pub use shopper::{Action, Visit};
pub use view::SessionView;

pub(crate) use capture::Capture;
pub(crate) use contact::invalid_fields;
pub(crate) use customer_token::CustomerToken;
pub(crate) use hosted_page::is_access_id;
pub(crate) use ids::{MARK_BITS, is_uuid, mark_of, page_code_fits, uuid};
pub(crate) use order::{Fraud, Order};
pub(crate) use origin::Numbered;
pub(crate) use refund::Refund;
pub(crate) use session::Session;
pub(crate) use time::wire as wire_time;

/// The version of the rules. It changes whenever the same commands would lead to another world.
pub const RULES_VERSION: u32 = 6;

/// One isolated Klarna: everything that belongs to one pair of credentials.
///
/// Its form is a file format: snapshots of earlier versions are read again. A member that is added has a default for
/// them (`#[serde(default)]`), and one that is removed or changed is brought over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    merchant_name: String,
    #[serde(default)]
    origin: origin::Origin,
    settings: Settings,
    /// How far this world's clock is ahead of the machine's, in microseconds.
    offset_us: i64,
    /// Whether the clock stands still at `latest`.
    #[serde(default)]
    frozen: bool,
    /// The latest instant that the world has seen; its time never falls behind it.
    latest: Timestamp,
    /// Shared with whoever writes the world down while it goes on.
    sessions: HashMap<Arc<str>, Arc<session::Session>>,
    /// Session ids, oldest first.
    session_queue: VecDeque<Arc<str>>,
    /// What is left of sessions that expired.
    #[serde(default)]
    expired: tombstone::Tombstones,
    authorizations: HashMap<String, authorization::Authorization>,
    authorizations_of_session: HashMap<String, Vec<String>>,
    orders: HashMap<String, order::Order>,
    customer_tokens: HashMap<String, customer_token::CustomerToken>,
    #[serde(default)]
    step_ups: HashMap<String, step_up::StepUp>,
    idempotency: idempotency::Replies,
    deliveries: delivery::Deliveries,
    /// Approvals that are still to be granted, by session.
    #[serde(default)]
    late_approvals: BTreeMap<String, late::LateApproval>,
    #[serde(default)]
    hosted_pages: hosted_page::HostedPages,
    #[serde(default)]
    outbox: outbox::Outbox,
}

impl World {
    /// An empty world.
    #[must_use]
    pub fn new(merchant_name: &str, settings: Settings) -> Self {
        Self {
            merchant_name: merchant_name.to_owned(),
            origin: origin::Origin::default(),
            settings,
            offset_us: 0,
            frozen: false,
            latest: Timestamp::UNIX_EPOCH,
            sessions: HashMap::new(),
            session_queue: VecDeque::new(),
            expired: tombstone::Tombstones::default(),
            authorizations: HashMap::new(),
            authorizations_of_session: HashMap::new(),
            orders: HashMap::new(),
            customer_tokens: HashMap::new(),
            step_ups: HashMap::new(),
            idempotency: idempotency::Replies::default(),
            deliveries: delivery::Deliveries::default(),
            late_approvals: BTreeMap::new(),
            hosted_pages: hosted_page::HostedPages::default(),
            outbox: outbox::Outbox::default(),
        }
    }

    /// Does one thing at the instant `now` of this world's own clock.
    ///
    /// `entropy` feeds the identifiers; nothing else in the answer depends on it.
    pub fn apply(&mut self, command: &Command, now: Timestamp, entropy: &dyn Entropy) -> Reply {
        self.latest = self.latest.max(now);
        if command.may_draw() {
            self.origin.drawn += 1;
        }
        let key = self.settings.idempotency_scope.name(command);
        let key = key.as_deref();
        if let Some(reply) = key.and_then(|key| self.idempotency.stored(key, now)) {
            return reply;
        }
        let reply = match self.account_refusal(command) {
            Some(refusal) => refusal,
            None => match self.decide(command, now, entropy) {
                Ok(reply) | Err(reply) => reply,
            },
        };
        self.remember(command, &reply, now);
        if let Some(key) = key
            && (reply.is_success() || self.settings.keep_refusals_under_key)
        {
            self.idempotency.store(key, &reply, now);
        }
        reply
    }

    fn decide(
        &mut self,
        command: &Command,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> reply::Outcome {
        match command {
            Command::CreateSession { body, public_url } => {
                self.create_session(body, public_url, now, entropy)
            }
            Command::UpdateSession { session_id, body } => {
                self.update_session(session_id, body, now)
            }
            Command::ReadSession {
                session_id,
                public_url,
            } => self.read_session(session_id, public_url, now),
            Command::PlaceOrder {
                token,
                body,
                public_url,
            } => self.place_order(token, body, public_url, now, entropy),
            Command::CreateCustomerToken { token, body } => {
                self.create_customer_token(token, body, now, entropy)
            }
            Command::CancelAuthorization { token } => self.cancel_authorization(token, now),
            Command::ReadCustomerToken { token } => self.read_customer_token(token, now),
            Command::ChangeTokenStatus { token, body } => {
                self.change_token_status(token, body, now)
            }
            Command::OrderWithToken {
                token,
                body,
                public_url,
                ..
            } => self.order_with_token(token, body, public_url, now, entropy),
            Command::Manage {
                order_id,
                call,
                body,
                ..
            } => self.manage(order_id, call, body, now, entropy),
            Command::Shopper { session_id, visit } => self.visit(session_id, visit, now, entropy),
            Command::GrantLate { session_id } => self.grant_late(session_id, now, entropy),
            Command::Klarna { act } => self.klarna_acts(act, now),
            Command::CreateHostedPage { .. }
            | Command::ReadHostedPage { .. }
            | Command::DisableHostedPage { .. }
            | Command::DistributeHostedPage { .. }
            | Command::GenerateDistributionModule { .. }
            | Command::ReadIdentification { .. }
            | Command::CheckIdentification { .. }
            | Command::HostedPageShopper { .. }
            | Command::TimeOutHostedPage { .. } => self.decide_on_page(command, now, entropy),
            Command::CallbackTried { .. }
            | Command::StrikeCallback { .. }
            | Command::SpoilAuthorization { .. }
            | Command::AdvanceClock { .. }
            | Command::StopClock
            | Command::RunClock { .. }
            | Command::ChangeSettings { .. }
            | Command::Reset => Ok(self.tend(command, now)),
        }
    }

    /// What concerns the world itself and not Klarna's rules: results of callbacks, faults, clock, switches.
    fn tend(&mut self, command: &Command, now: Timestamp) -> Reply {
        match command {
            Command::CallbackTried { delivery, outcome } => {
                let attempt = Attempt {
                    at: now,
                    outcome: outcome.clone(),
                };
                self.deliveries.attempted(*delivery, attempt);
            }
            Command::StrikeCallback { delivery, fault } => {
                self.deliveries.strike(*delivery, *fault);
            }
            Command::SpoilAuthorization { token, error } => {
                self.spoil_authorization(token, error, now);
            }
            Command::AdvanceClock { by_us } => {
                let by_us = (*by_us).max(0);
                self.offset_us = self.offset_us.saturating_add(by_us);
                self.latest = time::after(now, SignedDuration::from_micros(by_us));
                self.bury_forgotten_sessions(self.latest);
            }
            Command::StopClock => self.frozen = true,
            Command::RunClock { offset_us } => {
                self.frozen = false;
                self.offset_us = *offset_us;
                self.bury_forgotten_sessions(now);
            }
            Command::ChangeSettings { settings } => self.settings = settings.clone(),
            Command::Reset => {
                let mut fresh = Self::new(&self.merchant_name, self.settings.clone());
                fresh.origin = self.origin.renewed();
                fresh.frozen = self.frozen;
                fresh.offset_us = self.offset_us;
                fresh.latest = self.latest;
                fresh.deliveries = self.deliveries.emptied();
                *self = fresh;
            }
            _ => {}
        }
        Reply::empty(204)
    }
}
