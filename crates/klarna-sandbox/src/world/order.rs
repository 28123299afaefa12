//! An order under Order Management: its state, what time alone does to it, and how it is shown.
//!
//! Invariant: captured never exceeds what was authorized and refunded never exceeds what was captured. What follows
//! from time (expiry, a decided fraud check) is settled before anything reads or changes the order.

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::capture::Capture;
use super::fields::{integer, text};
use super::history::OrderEvent;
use super::payment_method::PaymentMethod;
use super::refund::Refund;
use super::shopper::FraudCheck;
use super::{ids, place, schema, time};

/// One order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// `order_id`.
    pub id: String,
    /// `klarna_reference`.
    pub reference: String,
    /// The session that it came from; `None` for an order with a customer token.
    pub session_id: Option<String>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When the authorization ends.
    pub expires_at: Timestamp,
    /// `order_amount`, in minor units.
    pub amount: i64,
    /// `original_order_amount`.
    pub original_amount: i64,
    /// Everything descriptive: market, lines, addresses, references.
    pub body: Map<String, Value>,
    /// The plan.
    pub method: PaymentMethod,
    /// How the order ended, if it did.
    pub ending: Ending,
    /// The fraud check.
    pub fraud: Fraud,
    /// Captures, oldest first.
    pub captures: Vec<Capture>,
    /// Refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// Shipping information of the order itself.
    pub shipping_info: Vec<Value>,
    /// A capture that waits for the fraud check, by `auto_capture`.
    pub waiting_capture: Option<String>,
    /// When the merchant acknowledged it.
    #[serde(default)]
    pub acknowledged_at: Option<Timestamp>,
    /// What was asked of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<OrderEvent>,
}

/// Whether and how the authorization came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Still open.
    Open,
    /// Cancelled.
    Cancelled,
    /// The remainder was released.
    Released,
    /// The remainder expired.
    Expired,
    /// Closed by Klarna.
    Closed,
}

/// The fraud check of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fraud {
    /// Accepted.
    Accepted,
    /// Open until an instant.
    Pending {
        /// When it is decided.
        decided_at: Timestamp,
        /// Whether it will be accepted.
        accept: bool,
    },
    /// Rejected at an instant; the merchant may still take the order over by capturing it.
    Rejected {
        /// When it was decided.
        decided_at: Timestamp,
    },
}

/// What an order is opened from.
pub(crate) struct NewOrder {
    /// The world's mark.
    pub(crate) mark: u64,
    pub(crate) session_id: Option<String>,
    pub(crate) method: PaymentMethod,
    pub(crate) fraud_check: Option<FraudCheck>,
    pub(crate) body: Map<String, Value>,
}

impl Order {
    pub(crate) fn open(
        new: NewOrder,
        account_period_days: i32,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        let amount = integer(&new.body, "order_amount").unwrap_or(0);
        let auto_capture = new.body.get("auto_capture") == Some(&Value::Bool(true));
        let fraud = match new.fraud_check {
            None => Fraud::Accepted,
            Some(check) => Fraud::Pending {
                decided_at: time::after(now, SignedDuration::from_mins(i64::from(check.minutes))),
                accept: check.accept,
            },
        };
        let mut order = Self {
            id: ids::marked(new.mark, entropy, 4),
            reference: ids::short_reference(entropy),
            session_id: new.session_id,
            created_at: now,
            expires_at: time::midnight_after(now, account_period_days),
            amount,
            original_amount: amount,
            body: new.body,
            method: new.method,
            ending: Ending::Open,
            fraud,
            captures: Vec::new(),
            refunds: Vec::new(),
            shipping_info: Vec::new(),
            waiting_capture: None,
            acknowledged_at: None,
            history: Vec::new(),
        };
        if auto_capture && amount > 0 {
            order.waiting_capture = Some(ids::uuid(entropy, 4));
            if order.fraud == Fraud::Accepted {
                order.capture_waiting(now);
            }
        }
        order
    }

    /// Does what time alone does, in the order in which it happens. Doing it twice changes nothing.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        if let Fraud::Pending { decided_at, accept } = self.fraud
            && now >= decided_at
        {
            if accept {
                self.fraud = Fraud::Accepted;
                if self.ending == Ending::Open {
                    self.capture_waiting(decided_at);
                }
            } else {
                self.fraud = Fraud::Rejected { decided_at };
                self.waiting_capture = None;
            }
        }
        if let Fraud::Rejected { decided_at } = self.fraud
            && self.ending == Ending::Open
            && self.captures.is_empty()
            && now >= time::after(decided_at, time::TAKE_OVER)
        {
            self.ending = Ending::Cancelled;
        }
        if self.ending == Ending::Open && now >= self.expires_at && !self.is_fully_captured() {
            self.ending = Ending::Expired;
        }
    }

    fn capture_waiting(&mut self, at: Timestamp) {
        if let Some(id) = self.waiting_capture.take() {
            let lines = self.body.get("order_lines").cloned();
            self.captures.push(Capture {
                id,
                amount: self.amount,
                refunded: 0,
                captured_at: at,
                reference: format!("{}-1", self.reference),
                body: lines
                    .map(|lines| Map::from_iter([("order_lines".to_owned(), lines)]))
                    .unwrap_or_default(),
                shipping_info: Vec::new(),
                due_date_extension: None,
                send_outs: 0,
            });
        }
    }

    /// A capture by its id.
    pub(crate) fn capture_of_id(&self, id: &str) -> Option<&Capture> {
        self.captures.iter().find(|capture| capture.id == id)
    }

    /// Sum of all captures.
    #[must_use]
    pub fn captured(&self) -> i64 {
        self.captures.iter().map(|capture| capture.amount).sum()
    }

    /// Sum of all refunds.
    #[must_use]
    pub fn refunded(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    /// What can still be captured.
    #[must_use]
    pub fn remaining(&self) -> i64 {
        match self.ending {
            Ending::Open => self.amount - self.captured(),
            _ => 0,
        }
    }

    pub(crate) fn is_fully_captured(&self) -> bool {
        !self.captures.is_empty() && self.captured() >= self.amount
    }

    /// `status`. There is no refunded status.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.ending {
            Ending::Cancelled => "CANCELLED",
            Ending::Expired => "EXPIRED",
            Ending::Closed => "CLOSED",
            Ending::Released => "CAPTURED",
            Ending::Open if self.is_fully_captured() => "CAPTURED",
            Ending::Open if !self.captures.is_empty() => "PART_CAPTURED",
            Ending::Open => "AUTHORIZED",
        }
    }

    /// `fraud_status`.
    #[must_use]
    pub fn fraud_status(&self) -> &'static str {
        match self.fraud {
            Fraud::Accepted => "ACCEPTED",
            Fraud::Pending { .. } => "PENDING",
            Fraud::Rejected { .. } => "REJECTED",
        }
    }

    /// The open fraud check: when it is decided and how.
    pub(crate) fn open_check(&self) -> Option<(Timestamp, bool)> {
        match self.fraud {
            Fraud::Pending { decided_at, accept } => Some((decided_at, accept)),
            _ => None,
        }
    }

    /// A URL of `merchant_urls`.
    #[must_use]
    pub fn merchant_url(&self, name: &str) -> Option<&str> {
        place::merchant_url(&self.body, name)
    }

    pub(crate) fn country(&self) -> &str {
        text(&self.body, "purchase_country").unwrap_or_default()
    }

    /// The order as Order Management shows it: absent text is empty text, absent lists are empty lists. A date cannot be
    /// empty, so the birth date is left out when it is not known.
    #[must_use]
    pub fn shown(&self) -> Value {
        let text_of = |name: &str| text(&self.body, name).unwrap_or_default();
        let customer = self.body.get("customer").and_then(Value::as_object);
        let of_customer = |name: &str| customer.and_then(|customer| text(customer, name));
        let mut shown_customer = json!({
            "national_identification_number":
                of_customer("national_identification_number").unwrap_or_default(),
        });
        if let Some(date) = of_customer("date_of_birth").filter(|date| !date.is_empty()) {
            shown_customer["date_of_birth"] = date.into();
        }
        json!({
            "order_id": self.id,
            "status": self.status(),
            "fraud_status": self.fraud_status(),
            "order_amount": self.amount,
            "original_order_amount": self.original_amount,
            "captured_amount": self.captured(),
            "refunded_amount": self.refunded(),
            "remaining_authorized_amount": self.remaining(),
            "purchase_currency": text_of("purchase_currency"),
            "purchase_country": text_of("purchase_country"),
            "locale": text_of("locale"),
            "order_lines": self.body.get("order_lines").cloned().unwrap_or_else(|| json!([])),
            "klarna_reference": self.reference,
            "merchant_reference1": text_of("merchant_reference1"),
            "merchant_reference2": text_of("merchant_reference2"),
            "merchant_data": text_of("merchant_data"),
            "billing_address": self.shown_address("billing_address"),
            "shipping_address": self.shown_address("shipping_address"),
            "customer": shown_customer,
            "created_at": time::wire(self.created_at),
            "expires_at": time::wire(self.expires_at),
            "captures": self.captures.iter().map(|capture| capture.shown(self)).collect::<Vec<_>>(),
            "refunds": self.refunds.iter().map(Refund::shown).collect::<Vec<_>>(),
            "shipping_info": self.shipping_info,
            "initial_payment_method": self.method.managed(),
        })
    }

    pub(crate) fn shown_address(&self, name: &str) -> Value {
        let address = self.body.get(name).and_then(Value::as_object);
        schema::MANAGED_ADDRESS
            .iter()
            .map(|field| {
                let value = address
                    .and_then(|address| text(address, field.name))
                    .unwrap_or_default();
                (field.name.to_owned(), Value::from(value))
            })
            .collect::<Map<_, _>>()
            .into()
    }
}
