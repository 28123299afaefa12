//! Switches for what the public documentation leaves open.
//!
//! Invariant: each switch has an entry in `docs/klarna/decisions.md`, and its default is the choice named there.

use serde::{Deserialize, Serialize};

use super::order_lines::TaxTolerance;
use super::time;

/// The switches of one world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How far the order tax may be from the sum of the line taxes.
    pub order_tax_tolerance: TaxTolerance,
    /// Whether an order can be captured while its fraud check is open.
    pub capture_while_pending: bool,
    /// Whether `authorized_payment_method` is a bare string, as in the guides, instead of an object.
    pub payment_method_as_string: bool,
    /// Whether tokenizing sessions need a `subscription` on a line.
    pub require_subscription: bool,
    /// The identifiers in `payment_method_categories`.
    pub categories: Vec<String>,
    /// Days until an untouched order expires.
    pub account_period_days: i32,
    /// Whether rate limits are counted and their headers sent.
    pub rate_limits: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            order_tax_tolerance: TaxTolerance::Lines,
            capture_while_pending: false,
            payment_method_as_string: false,
            require_subscription: false,
            categories: vec!["klarna".to_owned()],
            account_period_days: time::ACCOUNT_PERIOD_DAYS,
            rate_limits: false,
        }
    }
}

impl Settings {
    /// Whether the values can be worked with.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        (1..=180).contains(&self.account_period_days)
            && !self.categories.is_empty()
            && self.categories.iter().all(|category| {
                matches!(
                    category.as_str(),
                    "klarna"
                        | "pay_later"
                        | "pay_now"
                        | "pay_over_time"
                        | "direct_bank_transfer"
                        | "direct_debit"
                )
            })
    }
}
