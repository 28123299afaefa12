//! What the shell may see of a world without changing it: for the widget, the portal and the callback loop.
//!
//! Invariant: reading only.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::delivery::Delivery;
use super::fields::{integer, merge, object, text};
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
    /// Category identifiers.
    pub categories: Vec<String>,
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
        let session = self.sessions.get(id)?;
        let mut billing_address = object(&session.body, "billing_address")
            .cloned()
            .unwrap_or_default();
        if let Some(collected) = object(&session.collected, "billing_address") {
            merge(&mut billing_address, collected);
        }
        let text_of = |name: &str| text(&session.body, name).unwrap_or_default().to_owned();
        let email = text(&billing_address, "email").unwrap_or_default();
        Some(SessionView {
            session_id: session.id.clone(),
            merchant_name: self.merchant_name.clone(),
            purchase_country: text_of("purchase_country"),
            purchase_currency: text_of("purchase_currency"),
            locale: text_of("locale"),
            order_amount: integer(&session.body, "order_amount").unwrap_or(0),
            order_lines: session.body.get("order_lines").cloned().unwrap_or_default(),
            intent: session.intent().to_owned(),
            categories: self.settings.categories.clone(),
            show_form: !test_shopper::is_refused_at_load(email),
            billing_address,
            completed: session.completed,
            authorized: session.authorization_token.is_some(),
            finalize_required: session.awaiting_finalize.is_some(),
            expired: now >= session.expires_at,
            options: session.body.get("options").cloned().unwrap_or_default(),
        })
    }

    /// The ids of all sessions that the world remembers.
    pub fn session_ids(&self) -> impl Iterator<Item = &String> {
        self.sessions.keys()
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
    #[must_use]
    pub fn due_deliveries(&self, now: Timestamp) -> Vec<Delivery> {
        self.deliveries.due(now)
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
