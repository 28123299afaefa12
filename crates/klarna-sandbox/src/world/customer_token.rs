//! Customer tokens: made from an authorization, read, cancelled, and charged.
//!
//! Invariant: only intents that tokenize make one, one authorization makes one, and a cancelled token never charges.

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::authorization::{Authorization, invalid_token};
use super::fields::{self, merge, object, text};
use super::order::{NewOrder, Order};
use super::payment_method::PaymentMethod;
use super::place::redirect_url;
use super::reply::{Outcome, Reply, ReplyBody, bad_request, bad_value};
use super::step_up::{StepUp, charge_failed};
use super::{World, ids, market, matching, schema, time, validation};

/// One customer token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CustomerToken {
    /// `token_id`.
    pub id: String,
    /// `ACTIVE`, `CANCELLED` or `SUSPENDED`.
    pub status: TokenStatus,
    /// The method that is charged.
    pub method: PaymentMethod,
    /// Country, currency, locale, addresses and customer of the authorization.
    pub body: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The intent that made it.
    #[serde(default)]
    pub intent: String,
    /// When an accepted cancellation is processed.
    #[serde(default)]
    pub cancelled_at: Option<Timestamp>,
    /// How charges end.
    #[serde(default)]
    pub charges: Charges,
}

/// How Klarna ends the charges of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charges {
    /// An order is placed.
    #[default]
    Succeed,
    /// The method is refused; with `step_up: SUPPORTED` the customer may recover it.
    Fail,
    /// The method is gone, nothing to recover.
    Unavailable,
}

/// The state of a customer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TokenStatus {
    /// Can be charged.
    Active,
    /// Ended by the merchant or the shopper, for good.
    Cancelled,
    /// Stopped by Klarna.
    Suspended,
}

impl CustomerToken {
    /// The status at an instant: a cancellation takes effect when it is processed.
    pub(crate) fn status_at(&self, now: Timestamp) -> TokenStatus {
        match self.cancelled_at {
            Some(processed) if now >= processed => TokenStatus::Cancelled,
            _ => self.status,
        }
    }
}

impl World {
    pub(super) fn create_customer_token(
        &mut self,
        token: &str,
        body: &Value,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let authorization = self.may_create_token(token, now)?;
        let intent = authorization.intent();
        let sent = body.as_object().ok_or_else(bad_request)?;
        let mut known = authorization.authorized.members();
        check_creation(sent, &known)?;
        let method = self.kept_method(authorization)?;
        let recovered = self.recovered_token(authorization);
        let ends_session = intent == "tokenize";
        let session_id = authorization.session_id.clone();
        merge(&mut known, &authorization.approval.collected);
        merge(&mut known, sent);
        known.retain(|name, _| KEPT.contains(&name.as_str()));
        let made = CustomerToken {
            id: recovered.unwrap_or_else(|| ids::uuid(entropy, 4)),
            status: TokenStatus::Active,
            method,
            body: known,
            created_at: now,
            intent,
            cancelled_at: None,
            charges: Charges::Succeed,
        };
        let answer = creation_answer(&made, entropy);
        if let Some(authorization) = self.authorizations.get_mut(token) {
            authorization.customer_token = Some(made.id.clone());
        }
        if ends_session && let Some(session) = self.session_mut(&session_id) {
            session.completed = true;
        }
        self.customer_tokens.insert(made.id.clone(), made);
        self.settle_step_up(token);
        Ok(Reply::json(200, answer))
    }

    /// An authorization that a customer token can be made from, whatever is sent.
    pub(super) fn may_create_token(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<&Authorization, Reply> {
        let (authorization, _) = self.known_authorization(token, now)?;
        if now >= authorization.expires_at() {
            return Err(invalid_token());
        }
        let intent = authorization.intent();
        if !intent.contains("tokenize") {
            let message = format!("Not allowed to create customer token for intent {intent}");
            return Err(Reply::error(403, "INVALID_OPERATION", message));
        }
        if authorization.customer_token.is_some() {
            return Err(Reply::error(
                403,
                "INVALID_OPERATION",
                "Authorization token already consumed",
            ));
        }
        Ok(authorization)
    }

    /// The method that the token will charge: the one that paid, where it can be charged again. The mixed intent keeps
    /// the default method instead.
    fn kept_method(&self, authorization: &Authorization) -> Result<PaymentMethod, Reply> {
        let paid = &authorization.approval.method;
        let kind = &paid.kind;
        if !self.settings.methods_without_tokens.contains(kind) {
            return Ok(paid.clone());
        }
        if authorization.intent() == "buy_and_default_tokenize" {
            return PaymentMethod::choose(None).ok_or_else(bad_request);
        }
        let country = authorization.authorized.text("purchase_country");
        let country = country.unwrap_or_default();
        let message = format!("{kind} is not valid for creating customer tokens in {country}");
        Err(Reply::error(400, "BAD_REQUEST", message))
    }

    pub(super) fn read_customer_token(&self, id: &str, now: Timestamp) -> Outcome {
        let token = self
            .customer_tokens
            .get(id)
            .ok_or_else(|| Reply::error(404, "NOT_FOUND", "Invalid customer-token ID"))?;
        let mut shown = json!({
            "status": token.status_at(now),
            "payment_method_type": token.method.managed()["type"],
        });
        match token.method.kind.as_str() {
            "card" | "pay_by_card" | "slice_it_by_card" | "pay_later_by_card" => {
                shown["card"] = json!({"brand": "VISA", "masked_number": "************1111", "expiry_date": "12/2030"});
            }
            "direct_debit" => {
                shown["direct_debit"] = json!({"masked_number": "****************0131"});
            }
            _ => {}
        }
        Ok(Reply::json(200, shown))
    }

    /// Accepted at once, processed a moment later, and for good.
    pub(super) fn change_token_status(
        &mut self,
        id: &str,
        body: &Value,
        now: Timestamp,
    ) -> Outcome {
        let seconds = self.settings.token_status_seconds;
        let token = self
            .customer_tokens
            .get_mut(id)
            .ok_or_else(|| Reply::error(404, "NOT_FOUND", "Invalid token ID"))?;
        let status = body
            .get("status")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !status.eq_ignore_ascii_case("CANCELLED") {
            return Err(bad_value(&["status".to_owned()]));
        }
        let processed = time::after(now, SignedDuration::from_secs(seconds.into()));
        token.cancelled_at.get_or_insert(processed);
        Ok(Reply::empty(202))
    }

    pub(super) fn order_with_token(
        &mut self,
        id: &str,
        body: &Value,
        public_url: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let token = self.chargeable(id, now)?;
        let sent = body.as_object().ok_or_else(bad_request)?;
        validation::shapes(sent, schema::TOKEN_ORDER)?;
        let currency = text(sent, "purchase_currency").unwrap_or_default();
        if !text(&token.body, "purchase_currency")
            .unwrap_or_default()
            .eq_ignore_ascii_case(currency)
        {
            let message = "Payment method is not available for the currency";
            return Err(Reply::error(403, UNAVAILABLE, message));
        }
        validation::arithmetic(sent, &self.settings)?;
        self.check_auto_capture(sent)?;
        let token_id = token.id.clone();
        if let Some(refusal) = self.charge(&token_id, sent, entropy) {
            return Err(refusal);
        }
        let token = self.chargeable(id, now)?;
        let mut all = token.body.clone();
        merge(&mut all, &fields::known(sent, schema::TOKEN_ORDER));
        all.insert("purchase_currency".into(), currency.to_uppercase().into());
        let new = NewOrder {
            mark: self.mark(),
            session_id: None,
            method: token.method.clone(),
            fraud_check: None,
            body: all,
        };
        let order = Order::open(new, self.settings.account_period_days, now, entropy);
        let mut reply = self.placed_reply(&order, public_url);
        // The specification requires the URL here, with or without a page to lead to.
        if let ReplyBody::Json(answer) = &mut reply.body {
            answer["redirect_url"] = redirect_url(&order.id, public_url).into();
        }
        self.take_order(order, now);
        Ok(reply)
    }

    /// A token that may be charged at `now`.
    pub(super) fn chargeable(&self, id: &str, now: Timestamp) -> Result<&CustomerToken, Reply> {
        let token = self.customer_tokens.get(id).ok_or_else(|| {
            Reply::error(404, "TOKEN_NOT_FOUND", "Customer token could not be found")
        })?;
        let refused = |code: &str, message: &str| Err(Reply::error(403, code, message));
        match token.status_at(now) {
            TokenStatus::Active => Ok(token),
            TokenStatus::Suspended => refused("TOKEN_SUSPENDED", "Customer token is suspended"),
            TokenStatus::Cancelled => refused("TOKEN_CANCELED", "Customer token is canceled"),
        }
    }

    /// The charge itself: `None` when it succeeds. A failure that the caller can step up opens a recovery.
    fn charge(
        &mut self,
        id: &str,
        sent: &Map<String, Value>,
        entropy: &dyn Entropy,
    ) -> Option<Reply> {
        let token = self.customer_tokens.get(id)?;
        let recoverable = text(sent, "step_up") == Some("SUPPORTED");
        match token.charges {
            Charges::Succeed => None,
            Charges::Unavailable => Some(charge_failed(UNAVAILABLE, token, None)),
            Charges::Fail if !recoverable => {
                Some(charge_failed("PAYMENT_METHOD_FAILED", token, None))
            }
            Charges::Fail => {
                let step_up_id = ids::uuid(entropy, 4);
                let refusal = charge_failed(UNAVAILABLE, token, Some(&step_up_id));
                let step_up = StepUp {
                    token_id: id.to_owned(),
                    used: false,
                };
                self.step_ups.insert(step_up_id, step_up);
                Some(refusal)
            }
        }
    }
}

/// The code of a method that cannot be used, and of a failure that can be recovered.
const UNAVAILABLE: &str = "UNAVAILABLE_PAYMENT_METHOD";

/// What a token remembers of the authorization that made it.
const KEPT: [&str; 7] = [
    "purchase_country",
    "purchase_currency",
    "locale",
    "billing_address",
    "shipping_address",
    "customer",
    "description",
];

/// Shapes first, then the market, which must be the session's own.
fn check_creation(sent: &Map<String, Value>, authorized: &Map<String, Value>) -> Result<(), Reply> {
    let market = validation::market_pair(sent)?;
    validation::shapes(sent, schema::CREATE_TOKEN)?;
    validation::locale(sent, market)?;
    let session_country = text(authorized, "purchase_country").unwrap_or_default();
    let billing_country = object(sent, "billing_address")
        .and_then(|address| text(address, "country"))
        .unwrap_or(session_country);
    let same = market.country.eq_ignore_ascii_case(session_country)
        && market::of_country(billing_country).is_some_and(|own| own == market);
    if !same {
        return Err(bad_value(&["purchase_country".to_owned()]));
    }
    let mut different = Vec::new();
    matching::compare_addresses(authorized, sent, &mut different);
    if different.is_empty() {
        Ok(())
    } else {
        Err(matching::refusal(&different))
    }
}

fn creation_answer(token: &CustomerToken, entropy: &dyn Entropy) -> Value {
    let mut answer = json!({
        "token_id": token.id,
        "payment_method_reference": ids::uuid(entropy, 4),
    });
    if let Some(address) = object(&token.body, "billing_address") {
        answer["billing_address"] = address.clone().into();
    }
    if let Some(customer) = object(&token.body, "customer") {
        let shown: Map<String, Value> = customer
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "date_of_birth" | "gender"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        answer["customer"] = shown.into();
    }
    answer
}
