//! Customer tokens: made from an authorization, read, cancelled, and charged.
//!
//! Invariant: only intents that tokenize make one, one authorization makes one, and a cancelled token never charges.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::authorization::invalid_token;
use super::fields::{self, merge, object, text};
use super::order::{NewOrder, Order};
use super::payment_method::PaymentMethod;
use super::reply::{Outcome, Reply, bad_request, bad_value};
use super::{World, ids, market, schema, validation};

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

impl World {
    pub(super) fn create_customer_token(
        &mut self,
        token: &str,
        body: &Value,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
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
        let sent = body.as_object().ok_or_else(bad_request)?;
        check_creation(sent, &authorization.authorized)?;
        let ends_session = intent == "tokenize";
        let session_id = authorization.session_id.clone();
        let mut known = authorization.authorized.clone();
        merge(&mut known, &authorization.approval.collected);
        merge(&mut known, sent);
        known.retain(|name, _| KEPT.contains(&name.as_str()));
        let made = CustomerToken {
            id: ids::uuid(entropy, 4),
            status: TokenStatus::Active,
            method: authorization.approval.method.clone(),
            body: known,
            created_at: now,
        };
        let answer = creation_answer(&made, entropy);
        if let Some(authorization) = self.authorizations.get_mut(token) {
            authorization.customer_token = Some(made.id.clone());
        }
        if ends_session && let Some(session) = self.sessions.get_mut(&session_id) {
            session.completed = true;
        }
        self.customer_tokens.insert(made.id.clone(), made);
        Ok(Reply::json(200, answer))
    }

    pub(super) fn read_customer_token(&self, id: &str) -> Outcome {
        let token = self
            .customer_tokens
            .get(id)
            .ok_or_else(|| Reply::error(404, "NOT_FOUND", "Invalid customer-token ID"))?;
        let mut shown = json!({
            "status": token.status,
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

    pub(super) fn change_token_status(&mut self, id: &str, body: &Value) -> Outcome {
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
        token.status = TokenStatus::Cancelled;
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
        let token = self.customer_tokens.get(id).ok_or_else(|| {
            Reply::error(404, "TOKEN_NOT_FOUND", "Customer token could not be found")
        })?;
        match token.status {
            TokenStatus::Active => {}
            TokenStatus::Suspended => {
                return Err(Reply::error(
                    403,
                    "TOKEN_SUSPENDED",
                    "Customer token is suspended",
                ));
            }
            TokenStatus::Cancelled => {
                return Err(Reply::error(
                    403,
                    "TOKEN_CANCELED",
                    "Customer token is canceled",
                ));
            }
        }
        let sent = body.as_object().ok_or_else(bad_request)?;
        validation::shapes(sent, schema::TOKEN_ORDER)?;
        let currency = text(sent, "purchase_currency").unwrap_or_default();
        if !text(&token.body, "purchase_currency")
            .unwrap_or_default()
            .eq_ignore_ascii_case(currency)
        {
            return Err(Reply::error(
                403,
                "UNAVAILABLE_PAYMENT_METHOD",
                "Payment method is not available for the currency",
            ));
        }
        validation::arithmetic(sent, self.settings.order_tax_tolerance)?;
        let mut all = token.body.clone();
        merge(&mut all, &fields::known(sent, schema::TOKEN_ORDER));
        all.insert("purchase_currency".into(), currency.to_uppercase().into());
        let new = NewOrder {
            session_id: None,
            method: token.method.clone(),
            fraud_check: None,
            body: all,
        };
        let order = Order::open(new, self.settings.account_period_days, now, entropy);
        let reply = self.placed_reply(&order, public_url);
        self.take_order(order, now);
        Ok(reply)
    }
}

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
    if same {
        Ok(())
    } else {
        Err(bad_value(&["purchase_country".to_owned()]))
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
