//! Switches for what the public documentation leaves open.
//!
//! Invariant: each switch has an entry in `docs/klarna/decisions.md`, and its default is the choice named there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::account::CartUpdates;
use super::due_date::DueDateOption;
use super::idempotency::KeyScope;
use super::order_lines::TaxTolerance;
use super::{fields, schema, time};

/// Which column of the published rate limits counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateColumn {
    /// The test environment's.
    #[default]
    Playground,
    /// Production's.
    Live,
}

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
    /// Whether cancelling a cancelled order succeeds.
    pub cancel_twice: bool,
    /// Whether a capture may announce a `shipping_delay`.
    pub shipping_delay_permitted: bool,
    /// What extending a due date is offered for.
    pub due_date_options: Vec<DueDateOption>,
    /// The status of a refund that cannot be found: 404, or 400 as one page lists it.
    pub refund_not_found_status: u16,
    /// The path that a wrong sum is named by: `order_amount` or `order_lines`.
    pub order_amount_path: String,
    /// The status of a malformed order id: 400, 404 or 422.
    pub invalid_order_id_status: u16,
    /// Whether an extension of the authorization reaches a day further, as in one guide's example.
    pub extension_adds_a_day: bool,
    /// Whether the merchant's account is active.
    pub merchant_active: bool,
    /// Operations that are not configured for the account, by the names of the fault rules.
    pub disabled_operations: Vec<String>,
    /// Operations that the credentials may not use.
    pub denied_operations: Vec<String>,
    /// Whether an order may be captured as it is placed.
    pub auto_capture_permitted: bool,
    /// What happens to an order whose cart is not the authorized one.
    pub cart_updates: CartUpdates,
    /// Wire types of payment methods that make no customer token.
    pub methods_without_tokens: Vec<String>,
    /// Seconds until a changed token status is processed.
    pub token_status_seconds: u32,
    /// The status of a link that was sent: 204, or 201 as the specification has it, too.
    pub distribution_status: u16,
    /// Default options of hosted pages, by the `profile_id` that names them.
    pub hosted_page_profiles: BTreeMap<String, Map<String, Value>>,
    /// What an idempotency key is compared within.
    pub idempotency_scope: KeyScope,
    /// Whether a refusal is kept under its idempotency key like a success.
    pub keep_refusals_under_key: bool,
    /// Whether a call is refused while another with its idempotency key is on the way, instead of waiting for it.
    pub conflict_on_key_in_flight: bool,
    /// Whether rate limits are counted and their headers sent.
    pub rate_limits: bool,
    /// Whose limits they are.
    pub rate_limit_column: RateColumn,
    /// Whether the header `Kassa-Fault` makes a fault strike its request.
    pub header_faults: bool,
    /// Whether the journal has requests that only read, too.
    pub journal_reads: bool,
    /// Whether the journal has whole answers instead of their digests.
    pub journal_answers: bool,
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
            cancel_twice: false,
            shipping_delay_permitted: false,
            due_date_options: [(7, 100), (14, 200), (30, 400)]
                .map(|(number_of_days, amount)| DueDateOption {
                    number_of_days,
                    amount,
                })
                .to_vec(),
            refund_not_found_status: 404,
            order_amount_path: "order_amount".to_owned(),
            invalid_order_id_status: 400,
            extension_adds_a_day: false,
            merchant_active: true,
            disabled_operations: Vec::new(),
            denied_operations: Vec::new(),
            auto_capture_permitted: true,
            cart_updates: CartUpdates::Refused,
            methods_without_tokens: [
                "fixed_amount",
                "fixed_sum_credit",
                "slice_it_by_card",
                "b2b_invoice",
                "direct_bank_transfer",
                "alternative_payment_method",
            ]
            .map(str::to_owned)
            .to_vec(),
            token_status_seconds: 1,
            distribution_status: 204,
            hosted_page_profiles: BTreeMap::new(),
            idempotency_scope: KeyScope::World,
            keep_refusals_under_key: false,
            conflict_on_key_in_flight: false,
            rate_limits: false,
            rate_limit_column: RateColumn::Playground,
            header_faults: true,
            journal_reads: false,
            journal_answers: false,
        }
    }
}

impl Settings {
    /// These switches with the sent members changed.
    ///
    /// # Errors
    /// The name of the first member that does not exist or cannot have its value.
    pub fn changed(&self, sent: &Map<String, Value>) -> Result<Self, String> {
        let mut changed = self.clone();
        for (name, value) in sent {
            // One by one, so that the wrong one can be named.
            changed = changed.with(name, value).ok_or_else(|| name.clone())?;
        }
        Ok(changed)
    }

    fn with(&self, name: &str, value: &Value) -> Option<Self> {
        let mut members = serde_json::to_value(self).ok()?;
        *members.get_mut(name)? = value.clone();
        let changed: Self = serde_json::from_value(members).ok()?;
        changed.is_sound().then_some(changed)
    }

    /// Days from the day of an extension to the new end of the authorization.
    pub(crate) fn extension_days(&self) -> i32 {
        self.account_period_days + i32::from(self.extension_adds_a_day)
    }

    /// Whether the values can be worked with.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        const CATEGORIES: [&str; 6] = [
            "klarna",
            "pay_later",
            "pay_now",
            "pay_over_time",
            "direct_bank_transfer",
            "direct_debit",
        ];
        let offer_is_sound = |offer: &DueDateOption| offer.number_of_days > 0 && offer.amount >= 0;
        let category_is_known = |category: &String| CATEGORIES.contains(&category.as_str());
        (1..=180).contains(&self.account_period_days)
            && self.due_date_options.iter().all(offer_is_sound)
            && matches!(self.refund_not_found_status, 400 | 404)
            && matches!(self.distribution_status, 201 | 204)
            && self.hosted_page_profiles.values().all(options_are_sound)
            && matches!(self.invalid_order_id_status, 400 | 404 | 422)
            && matches!(
                self.order_amount_path.as_str(),
                "order_amount" | "order_lines"
            )
            && self.token_status_seconds <= 24 * 3600
            && !self.categories.is_empty()
            && self.categories.iter().all(category_is_known)
    }
}

/// Whether a hosted page can be made of these options as far as they alone tell.
fn options_are_sound(options: &Map<String, Value>) -> bool {
    fields::check(options, schema::HOSTED_PAGE_OPTIONS).is_empty()
        && options.keys().all(|name| {
            schema::HOSTED_PAGE_OPTIONS
                .iter()
                .any(|field| field.name == name)
        })
}
