//! The rules of Klarna as a state machine: `apply(command, now, entropy) -> reply`.
//!
//! Invariant: pure. No socket, file, clock, generator or task in here: time and entropy are arguments, so a list of
//! commands with their times and seeds rebuilds the same world to the byte. Everything else in this room is a shell.

mod authorization;
mod capture;
pub(crate) mod client_token;
mod command;
pub(crate) mod contact;
mod customer_token;
mod delivery;
mod fields;
mod idempotency;
mod ids;
mod managed;
mod market;
mod matching;
mod order;
mod order_lines;
mod payment_method;
mod place;
mod refund;
mod reply;
mod schema;
mod session;
mod settings;
mod shopper;
pub(crate) mod test_shopper;
mod time;
mod validation;
mod view;

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};

pub use client_token::session_id as session_of_client_token;
pub use command::Command;
pub use delivery::{Attempt, Delivery, DeliveryKind, DeliveryState};
pub use managed::OrderCall;
pub use market::{MARKETS, Market, of_country};
pub use order_lines::TaxTolerance;
pub use reply::{ErrorBody, Reply, ReplyBody, bad_request};
pub use settings::Settings;
pub use shopper::{Action, Visit};
pub use view::SessionView;

pub(crate) use contact::invalid_fields;
pub(crate) use ids::{is_uuid, uuid};
pub(crate) use test_shopper::is_refused_at_load;
pub(crate) use time::wire as wire_time;

/// The version of the rules. It changes whenever the same commands would lead to another world.
pub const RULES_VERSION: u32 = 1;

/// One isolated Klarna: everything that belongs to one pair of credentials.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    merchant_name: String,
    settings: Settings,
    /// How far this world's clock is ahead of the machine's, in microseconds.
    offset_us: i64,
    /// The latest instant that the world has seen; its time never falls behind it.
    latest: Timestamp,
    sessions: HashMap<String, session::Session>,
    /// Session ids, oldest first.
    session_queue: VecDeque<String>,
    authorizations: HashMap<String, authorization::Authorization>,
    authorizations_of_session: HashMap<String, Vec<String>>,
    orders: HashMap<String, order::Order>,
    customer_tokens: HashMap<String, customer_token::CustomerToken>,
    idempotency: idempotency::Replies,
    deliveries: delivery::Deliveries,
}

impl World {
    /// An empty world.
    #[must_use]
    pub fn new(merchant_name: &str, settings: Settings) -> Self {
        Self {
            merchant_name: merchant_name.to_owned(),
            settings,
            offset_us: 0,
            latest: Timestamp::UNIX_EPOCH,
            sessions: HashMap::new(),
            session_queue: VecDeque::new(),
            authorizations: HashMap::new(),
            authorizations_of_session: HashMap::new(),
            orders: HashMap::new(),
            customer_tokens: HashMap::new(),
            idempotency: idempotency::Replies::default(),
            deliveries: delivery::Deliveries::default(),
        }
    }

    /// This world's time when the machine shows `machine`. It never runs backwards.
    #[must_use]
    pub fn time_at(&self, machine: Timestamp) -> Timestamp {
        time::after(machine, SignedDuration::from_micros(self.offset_us)).max(self.latest)
    }

    /// Does one thing at the instant `now` of this world's own clock.
    ///
    /// `entropy` feeds the identifiers; nothing else in the answer depends on it.
    pub fn apply(&mut self, command: &Command, now: Timestamp, entropy: &dyn Entropy) -> Reply {
        self.latest = self.latest.max(now);
        let key = command.idempotency_key();
        if let Some(reply) = key.and_then(|key| self.idempotency.stored(key, now)) {
            return reply;
        }
        let reply = match self.decide(command, now, entropy) {
            Ok(reply) | Err(reply) => reply,
        };
        if let Some(key) = key
            && reply.is_success()
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
            Command::ReadCustomerToken { token } => self.read_customer_token(token),
            Command::ChangeTokenStatus { token, body } => self.change_token_status(token, body),
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
            Command::CallbackTried { .. }
            | Command::AdvanceClock { .. }
            | Command::ChangeSettings { .. }
            | Command::Reset => Ok(self.tend(command, now)),
        }
    }

    /// What concerns the world itself and not Klarna's rules: results of callbacks, clock, switches.
    fn tend(&mut self, command: &Command, now: Timestamp) -> Reply {
        match command {
            Command::CallbackTried {
                delivery,
                status,
                error,
            } => {
                let attempt = Attempt {
                    at: now,
                    status: *status,
                    error: error.clone(),
                };
                self.deliveries.attempted(*delivery, attempt);
            }
            Command::AdvanceClock { by_us } => {
                let by_us = (*by_us).max(0);
                self.offset_us = self.offset_us.saturating_add(by_us);
                self.latest = time::after(now, SignedDuration::from_micros(by_us));
            }
            Command::ChangeSettings { settings } => self.settings = settings.clone(),
            Command::Reset => {
                let mut fresh = Self::new(&self.merchant_name, self.settings.clone());
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
