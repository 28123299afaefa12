//! Klarna payment sources: a session at Klarna, the shopper's approval, and what came of it.
//!
//! A source is bound to what it was made for: `session_basis` digests amount, tax, currency, country and lines, so any
//! change that Klarna would notice is noticed here first. Both shapes of the API (flat fields and the older envelope)
//! are answered from the same fields.

mod country;
mod lines;
mod request;
mod wording;

use jiff::{SignedDuration, Timestamp};
use kassa_klarna_api::{
    AuthorizationToken, AuthorizedPaymentMethod, PreparedRequest, Session, SessionCreated, limits,
};
use kassa_money::MinorUnits;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::aggregate::{OrderAggregate, Parties};
use crate::body::{entity, null_is_default, time};
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::ids::{KlarnaPaymentId, OrderId};
use crate::payment_method::PaymentSourceKind;
use crate::payment_source::PaymentSource;
use crate::states::OrderStatus;

pub use country::{KlarnaCountry, country, locale};
pub use lines::{KlarnaBasket, TaxMode, basket};
pub use request::{
    PlaceContext, customer_token_request, order_request, session_request, token_order_request,
    update_request,
};

/// One Klarna session as the payment source of an order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KlarnaPayment {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: KlarnaPaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The gateway it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_gateway_id: Option<String>,
    /// Its resource type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_gateway_type: Option<String>,
    /// Klarna's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Opens the browser SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    /// Klarna's payment method categories.
    pub payment_methods: Vec<Value>,
    /// The shopper's approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_token: Option<AuthorizationToken>,
    /// The order changed after the session was made.
    #[serde(deserialize_with = "null_is_default")]
    pub mismatched_amounts: bool,
    /// How the payment is shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_instrument: Option<Value>,
    /// Klarna's answer to the placed order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_response: Option<Value>,
    /// Amount the session was made for. Not part of the API, like all fields below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_amount_cents: Option<MinorUnits>,
    /// Digest of everything Klarna compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_basis: Option<String>,
    /// When the session runs out.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub session_expires_at: Option<Timestamp>,
    /// The intent the session was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_intent: Option<String>,
    /// When the approval arrived here.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Timestamp>,
    /// Digest of the addresses at that moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_addresses: Option<String>,
    /// Secret in the authorization callback URL of this source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_secret: Option<String>,
    /// Klarna's order, once placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub klarna_order_id: Option<String>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(KlarnaPayment, "klarna_payments");

/// What comes of a change to a payment source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceDecision {
    /// The source as it shall be, before Klarna answered.
    pub payment: KlarnaPayment,
    /// The call to make, if any.
    pub request: Option<PreparedRequest>,
    /// An approval that will not be used and has to be given back at Klarna.
    pub cancel_approval: Option<AuthorizationToken>,
}

/// What a `PATCH` of a source asks for. Absent = keep.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceUpdate {
    /// `auth_token`, as sent.
    pub auth_token: Option<String>,
    /// `_update`.
    pub update: bool,
}

impl KlarnaPayment {
    /// `payment_request_data`: the older envelope of the same facts.
    pub fn payment_request_data(&self) -> Value {
        json!({
            "client_token": self.client_token,
            "payment_method_categories": self.payment_methods,
            "session_id": self.session_id,
        })
    }

    /// `payment_response`: Klarna's answer, an empty object before there is one.
    pub fn payment_response(&self) -> Value {
        self.payment_response.clone().unwrap_or_else(|| json!({}))
    }

    /// Whether the session has run out.
    pub fn session_expired(&self, now: Timestamp) -> bool {
        self.session_expires_at.is_some_and(|end| end <= now)
    }

    /// Whether the approval has run out. Klarna counts from the approval, which was earlier than its arrival here.
    pub fn approval_expired(&self, now: Timestamp) -> bool {
        self.approved_at.is_some_and(|at| {
            now.duration_since(at) >= SignedDuration::from_secs(limits::AUTHORIZATION_TOKEN_SECONDS)
        })
    }

    /// Whether the shopper's approval asked for a customer token too.
    pub fn tokenizes(&self) -> bool {
        self.session_intent
            .as_deref()
            .is_some_and(|intent| intent != "buy")
    }
}

/// Creates a source for an order: a new record and the session request that fills it.
///
/// Fold the answer in with [`session_created`]. The order's present source, if any, is replaced then.
///
/// # Errors
/// When the order is not editable, has another payment method or none, its gateway is off, or Klarna does not serve
/// its country, currency or amounts.
pub fn create(
    id: KlarnaPaymentId,
    callback_secret: String,
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
    urls: kassa_klarna_api::MerchantUrls,
) -> Result<SourceDecision, CommerceError> {
    aggregate.ensure_source_open()?;
    let gateway = gateway_of(aggregate, catalogue)?;
    let session = session_request(aggregate, urls)?;
    let payment = KlarnaPayment {
        id,
        order_id: aggregate.order.id.clone(),
        payment_gateway_id: Some(gateway),
        payment_gateway_type: Some("klarna_gateways".to_owned()),
        session_intent: session.intent.clone(),
        callback_secret: Some(callback_secret),
        ..bound_to(KlarnaPayment::default(), aggregate, &session)?
    };
    let request = Some(PreparedRequest::create_session(&session));
    Ok(SourceDecision {
        payment,
        request,
        cancel_approval: None,
    })
}

/// Folds the answer to a session create in.
pub fn session_created(
    payment: KlarnaPayment,
    answer: &SessionCreated,
    now: Timestamp,
) -> KlarnaPayment {
    let categories = answer
        .payment_method_categories
        .iter()
        .filter_map(|category| serde_json::to_value(category).ok());
    KlarnaPayment {
        session_id: Some(answer.session_id.clone()),
        client_token: Some(answer.client_token.expose_secret().to_owned()),
        payment_methods: categories.collect(),
        session_expires_at: now
            .checked_add(SignedDuration::from_secs(limits::SESSION_SECONDS))
            .ok(),
        mismatched_amounts: false,
        ..payment
    }
}

/// Folds a read session in: after `_update`, categories and token may have changed.
pub fn session_read(payment: KlarnaPayment, session: &Session) -> KlarnaPayment {
    let mut payment = payment;
    if let Some(token) = &session.client_token {
        payment.client_token = Some(token.expose_secret().to_owned());
    }
    if let Some(categories) = &session.payment_method_categories {
        payment.payment_methods = categories
            .iter()
            .filter_map(|category| serde_json::to_value(category).ok())
            .collect();
    }
    if session.expires_at.is_some() {
        payment.session_expires_at = session.expires_at;
    }
    payment
}

/// Updates the order's source: records the approval, or re-syncs the session with the order, or both.
///
/// Recording an approval never touches amounts and never drops the source. An approval that another one replaces is
/// not given back: Klarna voids it by itself. `_update` gives the present approval up, since it was for other lines.
///
/// # Errors
/// Blank token, expired session, source of a placed order, order without such a source.
pub fn update(
    aggregate: &OrderAggregate,
    parties: &Parties,
    catalogue: &Catalogue,
    change: &SourceUpdate,
    now: Timestamp,
) -> Result<SourceDecision, CommerceError> {
    let Some(PaymentSource::Klarna(current)) = &aggregate.payment_source else {
        return Err(CommerceError::PaymentSourceMissing);
    };
    match aggregate.order.status {
        OrderStatus::Draft | OrderStatus::Pending => {}
        OrderStatus::Placing => return Err(CommerceError::OrderBeingPlaced),
        _ => return Err(CommerceError::PaymentSourceLocked),
    }
    if current.session_expired(now) {
        return Err(CommerceError::SessionExpired);
    }
    let mut decision = SourceDecision {
        payment: current.clone(),
        request: None,
        cancel_approval: None,
    };
    if change.update {
        gateway_of(aggregate, catalogue)?;
        let session_id = current
            .session_id
            .as_deref()
            .ok_or(CommerceError::SessionExpired)?;
        let session = update_request(aggregate)?;
        let given_up = decision.payment.auth_token.take();
        if current.session_basis.as_deref() == Some(basket(aggregate)?.digest().as_str()) {
            // Nothing changed for Klarna: the approval still holds and no call is needed.
            decision.payment.auth_token = given_up;
            decision.payment.mismatched_amounts = false;
        } else {
            decision.cancel_approval = given_up;
            decision.payment = bound_to(decision.payment, aggregate, &session)?;
            decision.payment.approved_at = None;
            decision.payment.approved_addresses = None;
            decision.payment.payment_instrument = None;
            decision.request = Some(PreparedRequest::update_session(session_id, &session));
        }
    }
    if let Some(token) = &change.auth_token {
        approve(&mut decision.payment, token, parties, now)?;
    }
    Ok(decision)
}

/// Records an approval that Klarna's callback brought and the session confirmed. Same effect as the browser's.
///
/// # Errors
/// Blank token.
pub fn approve(
    payment: &mut KlarnaPayment,
    token: &str,
    parties: &Parties,
    now: Timestamp,
) -> Result<(), CommerceError> {
    let token = token.trim();
    if token.is_empty() {
        return Err(CommerceError::AuthTokenBlank);
    }
    let known = payment
        .auth_token
        .as_ref()
        .is_some_and(|own| own.expose_secret() == token);
    if !known {
        // The same token sent again must not look fresh: its hour runs since it first arrived.
        payment.approved_at = Some(now);
    }
    payment.auth_token = Some(AuthorizationToken::new(token));
    payment.approved_addresses = Some(addresses_digest(parties));
    let category = payment
        .payment_methods
        .first()
        .and_then(|category| category.get("identifier"))
        .cloned();
    payment.payment_instrument = Some(json!({
        "issuer_type": "klarna",
        "card_type": "klarna",
        "payment_method_category": category.unwrap_or_else(|| "klarna".into()),
    }));
    Ok(())
}

/// Folds the placed order's payment method into what people see.
pub(crate) fn placed(
    payment: &mut KlarnaPayment,
    klarna_order_id: &str,
    response: Value,
    method: Option<&AuthorizedPaymentMethod>,
) {
    payment.klarna_order_id = Some(klarna_order_id.to_owned());
    payment.payment_response = Some(response);
    if let (Some(Value::Object(instrument)), Some(method)) =
        (&mut payment.payment_instrument, method)
    {
        instrument.insert(
            "authorized_payment_method".to_owned(),
            method.kind.clone().into(),
        );
    }
}

/// Digest of both addresses as Klarna gets them.
pub(crate) fn addresses_digest(parties: &Parties) -> String {
    let pair = (
        parties
            .billing_address
            .as_ref()
            .map(|address| request::address(address, None)),
        parties
            .shipping_address
            .as_ref()
            .map(|address| request::address(address, None)),
    );
    lines::digest_of(&pair)
}

fn bound_to(
    payment: KlarnaPayment,
    aggregate: &OrderAggregate,
    session: &Session,
) -> Result<KlarnaPayment, CommerceError> {
    Ok(KlarnaPayment {
        session_amount_cents: session.order_amount.map(MinorUnits),
        session_basis: Some(basket(aggregate)?.digest()),
        mismatched_amounts: false,
        ..payment
    })
}

/// The enabled Klarna gateway behind the order's payment method.
fn gateway_of(aggregate: &OrderAggregate, catalogue: &Catalogue) -> Result<String, CommerceError> {
    let method = aggregate
        .order
        .payment_method_id
        .as_ref()
        .ok_or(CommerceError::PaymentMethodMissing)?;
    let method = catalogue
        .available_payment_methods()
        .find(|available| available.id == *method)
        .ok_or(CommerceError::PaymentMethodUnavailable)?;
    if PaymentSourceKind::parse(&method.payment_source_type)? != PaymentSourceKind::Klarna {
        return Err(CommerceError::PaymentSourceTypeMismatch);
    }
    let gateway = method
        .payment_gateway_id
        .as_deref()
        .ok_or(CommerceError::GatewayUnavailable)?;
    let known = catalogue
        .klarna_gateways
        .iter()
        .find(|known| known.id.as_str() == gateway);
    match known {
        Some(known) if known.disabled_at.is_none() => Ok(gateway.to_owned()),
        _ => Err(CommerceError::GatewayUnavailable),
    }
}
