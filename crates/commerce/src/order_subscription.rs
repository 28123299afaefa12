//! Subscriptions: orders that come again by themselves.
//!
//! A subscription counts the periods that it has begun. Invariant: a period begins once: whoever begins it counts it in
//! the same write and claims [`OrderSubscription::run_key`], and the next one is due only after it has ended. What was
//! missed while nobody looked is caught up one period after the other; what passes while a subscription is paused is not.

mod due;
mod made;

use jiff::Timestamp;
use kassa_money::MinorUnits;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, is_false, null_is_default, null_is_true, on, time};
use crate::error::SubscriptionError;
use crate::frequency::Frequency;
use crate::ids::{
    CustomerId, LineItemId, MarketId, OrderId, OrderSubscriptionId, OrderSubscriptionItemId,
    SubscriptionModelId,
};
use crate::line_item::ItemType;
use crate::order_copy::CopyOptions;
use crate::states::{SubscriptionStatus, SubscriptionTrigger};

pub use due::Due;
pub use made::{NewSubscription, items_of, of_order, source_claim};

/// Claim on a period of a subscription: one order each.
pub const CLAIM_RUN: &str = "order_subscription.run";

/// Longest time before a run at which people are reminded, hours. Source: `renewal_alert_period`.
pub const RENEWAL_ALERT_HOURS: i64 = 720;

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderSubscription {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: OrderSubscriptionId,
    /// Number for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// How often it runs.
    pub frequency: String,
    /// The placed source order counts as the first run.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub activate_by_source_order: bool,
    /// Runs place their orders, too.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub place_target_order: bool,
    /// Hours before a run at which people are reminded.
    #[serde(deserialize_with = "null_is_default")]
    pub renewal_alert_period: i64,
    /// Of the source order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
    /// When the series begins.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// From when on nothing runs.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it ran last.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub last_run_at: Option<Timestamp>,
    /// When it runs next; in the past while periods are being caught up.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<Timestamp>,
    /// Runs that succeeded, the source order among them.
    #[serde(deserialize_with = "null_is_default")]
    pub occurrencies: i64,
    /// Runs that failed.
    #[serde(deserialize_with = "null_is_default")]
    pub errors_count: i64,
    /// How the last run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succeeded_on_last_run: Option<bool>,
    /// Options of the copies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Value>,
    /// Market of the source order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// The model it was made by; without one the source order is copied as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription_model_id: Option<SubscriptionModelId>,
    /// The order that its runs are copies of.
    pub source_order_id: OrderId,
    /// Who pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// With what, from the customer's wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_payment_source_id: Option<String>,
    /// Where the series is counted from. Not part of the API, like the fields below.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub anchor_at: Option<Timestamp>,
    /// Periods begun.
    pub period: i64,
    /// The copy that is being made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_copy_id: Option<String>,
    /// People were reminded of this run.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub alerted_for: Option<Timestamp>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(OrderSubscription, "order_subscriptions");

impl Default for OrderSubscription {
    fn default() -> Self {
        Self {
            id: OrderSubscriptionId::default(),
            number: None,
            status: SubscriptionStatus::Draft,
            frequency: String::new(),
            activate_by_source_order: true,
            place_target_order: true,
            renewal_alert_period: 1,
            customer_email: None,
            starts_at: None,
            expires_at: None,
            last_run_at: None,
            next_run_at: None,
            occurrencies: 0,
            errors_count: 0,
            succeeded_on_last_run: None,
            options: None,
            market_id: None,
            subscription_model_id: None,
            source_order_id: OrderId::default(),
            customer_id: None,
            customer_payment_source_id: None,
            anchor_at: None,
            period: 0,
            run_copy_id: None,
            alerted_for: None,
            extra: Map::new(),
        }
    }
}

/// What a run sells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderSubscriptionItem {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: OrderSubscriptionItemId,
    /// The subscription.
    pub order_subscription_id: OrderSubscriptionId,
    /// Code of the SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<String>,
    /// Code of the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_code: Option<String>,
    /// How many.
    pub quantity: i64,
    /// Price of one: the last one known, or the one to charge when it is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_amount_cents: Option<MinorUnits>,
    /// That, times the quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_amount_cents: Option<MinorUnits>,
    /// What it is.
    pub item_type: ItemType,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// The line that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_line_item_id: Option<LineItemId>,
    /// An integration set the price: runs keep to it. Not part of the API.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub unit_amount_fixed: bool,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(OrderSubscriptionItem, "order_subscription_items");

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// The order was made, and placed where it was to be.
    Succeeded,
    /// It was not, for good.
    Failed,
    /// The subscription was cancelled before anybody was charged.
    Aborted,
}

impl OrderSubscription {
    /// Judges what a caller wrote, `before` being what it was; follows a new rhythm or a new next run.
    ///
    /// # Errors
    /// An unusable frequency, or one that `offered` does not have; times that do not follow each other; an alert out
    /// of range; no start where the source order gives none.
    pub fn written(
        &mut self,
        before: Option<&Self>,
        offered: Option<&[String]>,
        now: Timestamp,
    ) -> Result<(), SubscriptionError> {
        let changed = before.is_none_or(|before| before.frequency != self.frequency);
        if changed {
            Frequency::parse(&self.frequency)?;
            if offered.is_some_and(|offered| !offered.contains(&self.frequency)) {
                let frequency = self.frequency.clone();
                return Err(SubscriptionError::FrequencyInvalid { frequency });
            }
        }
        if !(1..=RENEWAL_ALERT_HOURS).contains(&self.renewal_alert_period) {
            let most = RENEWAL_ALERT_HOURS;
            return Err(SubscriptionError::AlertOutOfRange { most });
        }
        if before.is_none() && !self.activate_by_source_order && self.starts_at.is_none() {
            return Err(SubscriptionError::StartMissing);
        }
        if let (Some(starts_at), Some(end)) = (self.starts_at, self.expires_at)
            && end <= starts_at
        {
            return Err(not_after("expires_at", "starts_at"));
        }
        let moved = before.is_some_and(|before| before.next_run_at != self.next_run_at);
        if moved && self.next_run_at.is_none_or(|next| next <= now) {
            return Err(not_after("next_run_at", "now"));
        }
        // The run that is planned stays; those after it follow the new rhythm.
        if before.is_some() && (moved || changed) {
            self.anchor_at = self.next_run_at.or(self.anchor_at);
        }
        Ok(())
    }

    /// `_activate`, or the placed source order: from now on it runs. Runs that were missed while it did not are not
    /// caught up.
    ///
    /// # Errors
    /// From a status that [`SUBSCRIPTION_TRIGGERS`](crate::states::SUBSCRIPTION_TRIGGERS) does not list; after its end.
    pub fn activate(&mut self, now: Timestamp) -> Result<(), SubscriptionError> {
        let status = self.status.on(SubscriptionTrigger::Activate)?;
        if status == self.status {
            return Ok(());
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(not_after("expires_at", "now"));
        }
        let starts_at = *self.starts_at.get_or_insert(now);
        let anchor = *self.anchor_at.get_or_insert(starts_at);
        if self.next_run_at.is_none_or(|next| next < now) {
            let just_before = Timestamp::from_microsecond(now.as_microsecond() - 1).ok();
            let moment = just_before.unwrap_or(now);
            self.next_run_at = Frequency::parse(&self.frequency)?.next_after(anchor, moment);
        }
        self.status = status;
        Ok(())
    }

    /// The source order was placed: it is the first run.
    ///
    /// # Errors
    /// Those of [`Self::activate`].
    pub fn activate_by_source(
        &mut self,
        placed_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), SubscriptionError> {
        if self.status != SubscriptionStatus::Draft {
            return Ok(());
        }
        self.starts_at = Some(placed_at);
        self.anchor_at = Some(placed_at);
        self.last_run_at = Some(placed_at);
        self.next_run_at = Frequency::parse(&self.frequency)?.next_after(placed_at, placed_at);
        self.occurrencies = 1;
        self.succeeded_on_last_run = Some(true);
        self.activate(now)
    }

    /// `_deactivate`: a pause. A run that is under way still comes to its end.
    ///
    /// # Errors
    /// From a status that the table does not list.
    pub fn deactivate(&mut self) -> Result<(), SubscriptionError> {
        self.status = self.status.on(SubscriptionTrigger::Deactivate)?;
        Ok(())
    }

    /// `_cancel`: the end. A run that has charged nobody yet is given up.
    ///
    /// # Errors
    /// From a status that the table does not list.
    pub fn cancel(&mut self) -> Result<(), SubscriptionError> {
        self.status = self.status.on(SubscriptionTrigger::Cancel)?;
        self.next_run_at = None;
        Ok(())
    }

    /// Begins the period that was due at `due_at`: counts it, and says when the one after it is due.
    ///
    /// # Errors
    /// When no run may begin.
    pub fn begin_run(
        &mut self,
        copy_id: &str,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), SubscriptionError> {
        self.status = self.status.on(SubscriptionTrigger::Run)?;
        let anchor = self.anchor_at.unwrap_or(due_at);
        self.anchor_at = Some(anchor);
        self.next_run_at = Frequency::parse(&self.frequency)?.next_after(anchor, due_at);
        self.period = self.period.saturating_add(1);
        self.last_run_at = Some(now);
        self.run_copy_id = Some(copy_id.to_owned());
        Ok(())
    }

    /// The claim that the period begun last is held by.
    pub fn run_key(&self) -> String {
        format!("{}/{}", self.id, self.period)
    }

    /// Ends the run.
    ///
    /// # Errors
    /// From a status that the table does not list.
    pub fn end_run(&mut self, end: RunEnd) -> Result<(), SubscriptionError> {
        self.status = self.status.on(SubscriptionTrigger::RunEnded)?;
        self.run_copy_id = None;
        match end {
            RunEnd::Succeeded => {
                self.occurrencies = self.occurrencies.saturating_add(1);
                self.succeeded_on_last_run = Some(true);
            }
            RunEnd::Failed => {
                self.errors_count = self.errors_count.saturating_add(1);
                self.succeeded_on_last_run = Some(false);
            }
            RunEnd::Aborted => self.succeeded_on_last_run = Some(false),
        }
        Ok(())
    }

    /// Its end has come.
    ///
    /// # Errors
    /// From a status that the table does not list.
    pub fn expire(&mut self) -> Result<(), SubscriptionError> {
        self.status = self.status.on(SubscriptionTrigger::Expire)?;
        self.next_run_at = None;
        Ok(())
    }

    /// What its runs ask of their copies.
    pub fn copy_options(&self) -> CopyOptions {
        let said = |name: &str| {
            let options = self.options.as_ref()?;
            options.get(name).and_then(Value::as_bool)
        };
        CopyOptions {
            place_target_order: said("place_target_order").unwrap_or(self.place_target_order),
            reuse_wallet: said("reuse_wallet").unwrap_or(true),
            cancel_source_order: false,
            apply_promotions: said("apply_promotions").unwrap_or(false),
            skip_errors: said("skip_errors").unwrap_or(false),
            ignore_invalid_coupon: said("ignore_invalid_coupon").unwrap_or(false),
        }
    }
}

fn not_after(attribute: &'static str, after: &'static str) -> SubscriptionError {
    SubscriptionError::NotAfter { attribute, after }
}
