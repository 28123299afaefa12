//! The customer's due date of a capture, and extending it for a fee.
//!
//! Invariant: a capture's due date is extended at most once, by a number of days that the options list offered at that
//! moment. The read model of Order Management shows none of this; the control API does.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::capture::Capture;
use super::fields::{integer, text};
use super::order::{Ending, Order};
use super::reply::Reply;
use super::settings::Settings;
use super::time;

/// Days until a plan without a number of days is due.
const USUAL_DAYS: u32 = 30;

/// One offer: so many days for such a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueDateOption {
    /// How many days later the customer pays.
    pub number_of_days: i32,
    /// What that costs the merchant, in minor units of the order's currency.
    pub amount: i64,
}

/// An extension that was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDateExtension {
    /// When it was bought.
    pub at: Timestamp,
    /// What was bought.
    pub option: DueDateOption,
}

impl Order {
    /// `GET /extend-due-date-options`: an empty list when nothing is on offer.
    pub(super) fn due_date_options(&self, id: &str, settings: &Settings, now: Timestamp) -> Reply {
        let offered = match self.capture_of_id(id) {
            Some(capture) if self.no_extension(capture, now).is_none() => {
                settings.due_date_options.as_slice()
            }
            _ => &[],
        };
        let currency = text(&self.body, "purchase_currency").unwrap_or_default();
        Reply::json(200, json!({"currency": currency, "options": offered}))
    }

    /// Why the due date of this capture cannot be extended, whatever the number of days.
    pub(super) fn no_extension(&self, capture: &Capture, now: Timestamp) -> Option<&'static str> {
        if !self.method.may_extend_due_date() {
            Some("Payment method does not allow it. Due date cannot be extended.")
        } else if self.ending == Ending::Closed {
            Some("Order is closed. Due date cannot be extended.")
        } else if capture.due_date_extension.is_some() {
            Some("Due date has been extended before. Due date cannot be extended.")
        } else if capture.refundable() == 0 {
            Some("Capture is fully refunded. Due date cannot be extended.")
        } else if now >= self.due_at(capture) {
            Some("Due date has passed. Due date cannot be extended.")
        } else {
            None
        }
    }

    /// When the customer has to have paid for a capture.
    pub(crate) fn due_at(&self, capture: &Capture) -> Timestamp {
        let days = i64::from(self.method.number_of_days.unwrap_or(USUAL_DAYS));
        let bought = capture
            .due_date_extension
            .as_ref()
            .map_or(0, |extension| i64::from(extension.option.number_of_days));
        time::after(
            capture.captured_at,
            SignedDuration::from_hours(24 * (days + bought)),
        )
    }

    pub(super) fn extend_due_date(
        &mut self,
        id: &str,
        body: &Map<String, Value>,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(), Reply> {
        let days = integer(body, "number_of_days").unwrap_or(0);
        let option = settings
            .due_date_options
            .iter()
            .find(|option| i64::from(option.number_of_days) == days)
            .copied()
            .ok_or_else(|| {
                let message = format!("{days} days are not offered. Due date cannot be extended.");
                Reply::error(403, "NOT_ALLOWED", message)
            })?;
        if let Some(capture) = self.captures.iter_mut().find(|capture| capture.id == id) {
            capture.due_date_extension = Some(DueDateExtension { at: now, option });
        }
        Ok(())
    }
}
