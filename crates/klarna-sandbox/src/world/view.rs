//! What the shell may see of a world without changing it: for the widget, the portal and the callback loop.
//!
//! Invariant: reading only.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::delivery::Delivery;
use super::fields::{integer, merge, object, text};
use super::market::{METHODS, Method};
use super::settings::Settings;
use super::{World, test_shopper};

/// A session as the widget needs it.
#[derive(Debug, Clone, Serialize)]
pub struct SessionView {
    /// `session_id`.
    pub session_id: String,
    /// The shop's name.
    pub merchant_name: String,
    /// ISO 3166 alpha-2, upper case.
    pub purchase_country: String,
    /// ISO 4217, upper case.
    pub purchase_currency: String,
    /// The locale that the shop asked for, or `en-US`.
    pub locale: String,
    /// Minor units.
    pub order_amount: i64,
    /// The lines as sent.
    pub order_lines: Value,
    /// `buy`, `tokenize` and so on.
    pub intent: String,
    /// Identifiers of the offered categories.
    pub categories: Vec<String>,
    /// The ways to pay that these categories hold for this purchase.
    pub methods: Vec<Method>,
    /// Billing address that the session holds so far, for pre-filling.
    pub billing_address: Map<String, Value>,
    /// Whether the widget shows itself: false when the pre-screen refuses.
    pub show_form: bool,
    /// Whether an order came out of it already.
    pub completed: bool,
    /// Whether the shopper has approved it before.
    pub authorized: bool,
    /// Whether an approval waits for `finalize`.
    pub finalize_required: bool,
    /// Whether it has expired.
    pub expired: bool,
    /// The `options` of the session, colours above all.
    pub options: Value,
}

impl World {
    /// A session for the widget, expired or not.
    #[must_use]
    pub fn session_view(&self, id: &str, now: Timestamp) -> Option<SessionView> {
        let Some(session) = self.sessions.get(id) else {
            let tombstone = self.expired.of(id)?;
            return Some(self.expired_view(id, tombstone.completed));
        };
        if now >= session.expires_at {
            return Some(self.expired_view(id, session.completed));
        }
        let body = session.body.members();
        let mut billing_address = object(&body, "billing_address")
            .cloned()
            .unwrap_or_default();
        if let Some(collected) = object(&session.collected, "billing_address") {
            merge(&mut billing_address, collected);
        }
        let text_of = |name: &str| text(&body, name).unwrap_or_default().to_owned();
        let email = text(&billing_address, "email").unwrap_or_default();
        let offered = || {
            let considered = self.considered(&body);
            considered.into_iter().filter(|category| category.offered)
        };
        Some(SessionView {
            session_id: session.id.to_string(),
            merchant_name: self.merchant_name.clone(),
            purchase_country: text_of("purchase_country"),
            purchase_currency: text_of("purchase_currency"),
            locale: text_of("locale"),
            order_amount: integer(&body, "order_amount").unwrap_or(0),
            order_lines: body.get("order_lines").cloned().unwrap_or_default(),
            intent: session.intent(),
            categories: offered().map(|category| category.identifier).collect(),
            methods: METHODS
                .into_iter()
                .filter(|method| offered().any(|category| category.offers(*method)))
                .collect(),
            show_form: !test_shopper::is_refused_at_load(email),
            billing_address,
            completed: session.completed,
            authorized: session.authorization_token.is_some(),
            finalize_required: session.awaiting_finalize.is_some(),
            expired: false,
            options: body.get("options").cloned().unwrap_or_default(),
        })
    }

    /// What is shown of a session whose time is over: that it is.
    fn expired_view(&self, id: &str, completed: bool) -> SessionView {
        SessionView {
            session_id: id.to_owned(),
            merchant_name: self.merchant_name.clone(),
            purchase_country: String::new(),
            purchase_currency: String::new(),
            locale: String::new(),
            order_amount: 0,
            order_lines: Value::Null,
            intent: String::new(),
            categories: Vec::new(),
            methods: Vec::new(),
            billing_address: Map::new(),
            show_form: false,
            completed,
            authorized: false,
            finalize_required: false,
            expired: true,
            options: Value::Null,
        }
    }

    /// Whether the world knows this session or order, expired or not.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.sessions.contains_key(id)
            || self.orders.contains_key(id)
            || self.expired.of(id).is_some()
    }

    /// Whether something is to be done later without anybody asking: a callback, a late approval.
    #[must_use]
    pub fn owes(&self) -> bool {
        !self.deliveries.is_idle() || self.next_command_at().is_some()
    }

    /// When the next of that is due.
    #[must_use]
    pub fn next_work_at(&self) -> Option<Timestamp> {
        let work = [
            self.next_delivery_at(|_| true),
            self.next_late_approval_at(),
        ];
        work.into_iter().flatten().min()
    }

    /// Where the shopper goes after the order: its confirmation URL.
    #[must_use]
    pub fn confirmation_url(&self, order_id: &str) -> Option<String> {
        let order = self.orders.get(order_id)?;
        Some(super::place::filled(
            order.merchant_url("confirmation")?,
            order,
        ))
    }

    /// The switches.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How far this world's clock is ahead of the machine's, in microseconds.
    #[must_use]
    pub fn offset_us(&self) -> i64 {
        self.offset_us
    }

    /// Callbacks to try now.
    pub fn due_deliveries(&self, now: Timestamp) -> impl Iterator<Item = &Delivery> {
        self.deliveries.due(now)
    }

    /// The number of the newest callback.
    #[must_use]
    pub fn newest_delivery(&self) -> u64 {
        self.deliveries.newest()
    }

    /// Waiting callbacks with numbers above `id`, oldest first.
    pub fn deliveries_since(&self, id: u64) -> impl Iterator<Item = &Delivery> {
        self.deliveries.since(id)
    }

    /// The callback with this number, unless it ended long ago.
    #[must_use]
    pub fn delivery(&self, id: u64) -> Option<&Delivery> {
        self.deliveries.one(id)
    }

    /// When the next callback is due among those that `counts` accepts.
    pub fn next_delivery_at(&self, counts: impl Fn(&Delivery) -> bool) -> Option<Timestamp> {
        self.deliveries.next_due(counts)
    }

    /// All callbacks, newest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<&Delivery> {
        self.deliveries.listed()
    }

    /// Orders as Order Management shows them, newest first, for the portal.
    #[must_use]
    pub fn orders(&self, now: Timestamp, limit: usize) -> Vec<Value> {
        let mut orders: Vec<_> = self.orders.values().collect();
        orders.sort_by(|one, two| (two.created_at, &two.id).cmp(&(one.created_at, &one.id)));
        orders
            .into_iter()
            .take(limit)
            .map(|order| {
                let mut order = order.clone();
                order.settle(now);
                order.shown()
            })
            .collect()
    }
}
