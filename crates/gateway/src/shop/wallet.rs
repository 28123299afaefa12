//! The customer's wallet: a payment source that was tokenized when its order was placed, kept for later orders.
//!
//! Invariant: the customer token stays sealed; an answer never shows it. A source made from the wallet fits the
//! order as it is at that moment and is dropped with the next change of amounts, like any other.

use base64::Engine as _;
use kassa_commerce::body::Entity;
use kassa_commerce::external_payment::ExternalPayment;
use kassa_commerce::klarna_payment::{KlarnaPayment, basket};
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::{Catalogue, OrderAggregate};
use kassa_storage::{ClaimKey, Guard, Key, Put, Record, Scope, Snapshot};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::order;
use super::order_write;
use super::resources::{customer_payment_source::DESCRIPTOR, order::DESCRIPTOR as ORDER};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::payments::customer_token;
use crate::shop::read::Reader;

/// The type of an entry.
pub(crate) const ENTRY: &str = "customer_payment_sources";
/// Where a source keeps its sealed customer token.
const TOKEN: &str = "customer_token";
/// Where an entry of the wallet keeps it, out of sight of the API.
const SEALED: &str = "wallet_token";

/// Keeps the order's payment source in its customer's wallet; one that is there already stays as it is.
pub(crate) async fn save(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let mut reader = Reader::open(gateway, caller).await?;
    reader.row(&ORDER, order_id).await?;
    let loaded = reader.loaded(order_id, &[]).await?;
    drop(reader);
    let customer = loaded
        .aggregate
        .order
        .customer_id
        .as_ref()
        .map(|id| id.as_str().to_owned());
    let Some(customer) = customer else {
        return Err(blank("customer"));
    };
    if !caller.is_integration() && caller.customer_id.as_deref() != Some(&*customer) {
        return Err(GatewayError::Denied(
            "only a logged-in customer has a wallet".to_owned(),
        ));
    }
    let mut loaded = loaded;
    let source = loaded.aggregate.payment_source.as_ref();
    let kept = source.and_then(|source| source.extra().get(TOKEN));
    let has_token = kept.is_some_and(|token| token.get("sealed").is_some());
    if !has_token && source.is_some_and(|source| source.external().is_some()) {
        // A gateway of the shop's own is asked for a token when somebody wants to keep the payment.
        customer_token::ask_for(gateway, &caller.realm, order_id).await?;
        loaded = order::load(gateway, &Scope::realm(caller.realm.clone()), order_id).await?;
    }
    let now_us = gateway.now_us(&caller.realm);
    let entry = entry_of(gateway, &loaded.aggregate, &loaded.catalogue, now_us);
    let Some((record, claim)) = entry else {
        let message = "has no customer token: it was not asked for, not placed yet, or refused";
        return Err(GatewayError::violation(Violation::relationship(
            "payment_source",
            "invalid",
            message,
        )));
    };
    let mut set = gateway.change_set(&caller.realm);
    set.claims.push((claim, record.key.id.clone()));
    set.puts.push(Put {
        record,
        guard: Guard::New,
    });
    // A claim that is taken means that the source is in the wallet already.
    gateway.commit(set).await.map(|_: Outcome| ())
}

/// The claim of a payment source on its entry in the wallet.
pub(crate) fn claim(source_id: &str) -> ClaimKey {
    ClaimKey::new("wallet.payment_source", source_id)
}

/// Who owns the claims of tokens that were refused.
const REFUSED: &str = "refused";

/// What says that the token among these fields (of a source, or of an entry) is not to be charged again; to be claimed
/// when Klarna has said so. The sealed form of a token is the same wherever it is kept.
pub(crate) fn refused_claim(fields: &Map<String, Value>) -> Option<(ClaimKey, String)> {
    let token = fields.get(TOKEN).or_else(|| fields.get(SEALED))?;
    let sealed = token.get("sealed")?.as_str()?;
    let digest = Sha256::digest(sealed.as_bytes());
    let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
    Some((
        ClaimKey::new("wallet.refused_token", digest),
        REFUSED.to_owned(),
    ))
}

/// Whether Klarna has refused the token among these fields for good.
pub(crate) async fn is_refused(
    snapshot: &mut dyn Snapshot,
    fields: &Map<String, Value>,
) -> Result<bool, GatewayError> {
    match refused_claim(fields) {
        Some((claim, _)) => Ok(snapshot.claim(&claim).await?.is_some()),
        None => Ok(false),
    }
}

/// What is said of a payment with such a token.
pub(crate) const NOT_CHARGED_AGAIN: &str = "was refused by klarna for good and is not charged again; a new klarna_payments with another approval can take its place";

/// Whether an entry holds a token.
pub(crate) fn can_pay(entry: &Record) -> bool {
    entry.body.contains_key(SEALED)
}

/// A new entry for the order's customer, if its payment source has a token.
pub(crate) fn entry_of(
    gateway: &Gateway,
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
    now_us: i64,
) -> Option<(Record, ClaimKey)> {
    let order = &aggregate.order;
    let customer = order.customer_id.as_ref()?.as_str().to_owned();
    let source = aggregate.payment_source.as_ref()?;
    let name = match source {
        PaymentSource::Klarna(_) => "Klarna".to_owned(),
        PaymentSource::External(_) => name_of_method(aggregate, catalogue),
        PaymentSource::WireTransfer(_) => return None,
    };
    let sealed = source.extra().get(TOKEN);
    let sealed = sealed.filter(|token| token.get("sealed").is_some())?;
    let reference = sealed
        .get("payment_method_reference")
        .and_then(Value::as_str);
    let body = json!({
        "name": name,
        "payment_source_token": reference.unwrap_or(source.id()),
        "customer_id": customer,
        "payment_method_id": order.payment_method_id.as_ref().map(|id| id.as_str()),
        "payment_source_id": source.id(),
        "payment_source_type": source.resource_type(),
        SEALED: sealed,
    });
    let key = Key::new(ENTRY, gateway.new_id());
    let body = body.as_object().cloned().unwrap_or_default();
    let mut record = Record::root(key, body, now_us);
    record.owner = Some(customer);
    Some((record, claim(source.id())))
}

/// How the order's payment method is called.
fn name_of_method(aggregate: &OrderAggregate, catalogue: &Catalogue) -> String {
    let id = aggregate.order.payment_method_id.as_ref();
    let method = id.and_then(|id| catalogue.payment_method(id));
    let name = method.and_then(|method| method.name.clone());
    name.unwrap_or_else(|| "External payment".to_owned())
}

/// Makes a payment source for the order out of an entry of the wallet.
pub(crate) async fn reuse(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    wallet_id: &str,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        reader.row(&ORDER, order_id).await?;
        let entry = match reader.row(&DESCRIPTOR, wallet_id).await {
            Err(GatewayError::NotFound { .. } | GatewayError::Denied(_)) => return Err(unknown()),
            entry => entry?,
        };
        let loaded = reader.loaded(order_id, &[]).await?;
        if is_refused(reader.snapshot.as_mut(), &entry.body).await? {
            let name = "_customer_payment_source_id";
            let violation = Violation::attribute(name, "token_refused", NOT_CHARGED_AGAIN);
            return Err(GatewayError::violation(violation));
        }
        drop(reader);
        let after = with_source(gateway, &loaded.aggregate, &loaded.catalogue, &entry)?;
        let set = gateway.change_set(&caller.realm);
        match order_write::commit(gateway, &loaded, &after, set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// The order with a source made out of an entry.
///
/// # Errors
/// 422 for an order that is not open, and for an entry that its customer cannot use here.
pub(crate) fn with_source(
    gateway: &Gateway,
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
    entry: &Record,
) -> Result<OrderAggregate, GatewayError> {
    let mut after = aggregate.clone();
    after.ensure_source_open()?;
    let own = after.order.customer_id.as_ref().map(|id| id.as_str());
    let sealed = entry
        .body
        .get(SEALED)
        .filter(|_| entry.text("customer_id") == own && own.is_some());
    let method = entry.text("payment_method_id").and_then(|id| {
        catalogue
            .available_payment_methods()
            .find(|method| method.id.as_str() == id)
    });
    let (Some(sealed), Some(method)) = (sealed, method) else {
        return Err(unknown());
    };
    after.order.payment_method_id = Some(method.id.clone());
    let id = gateway.new_id();
    if entry.text("payment_source_type") == Some(ExternalPayment::TYPE) {
        let shown = entry.text("payment_source_token").unwrap_or_default();
        let door = method.payment_gateway_id.clone();
        let (order, shown) = (after.order.id.clone(), shown.to_owned());
        let mut payment = ExternalPayment::new(id.into(), order, door, shown);
        payment.extra.insert(TOKEN.to_owned(), sealed.clone());
        after.set_payment_source(PaymentSource::External(payment));
        return Ok(after);
    }
    let made_for = basket(&after)?;
    let mut payment = KlarnaPayment {
        id: id.into(),
        order_id: after.order.id.clone(),
        payment_gateway_id: method.payment_gateway_id.clone(),
        payment_gateway_type: method.payment_gateway_type.clone(),
        session_amount_cents: Some(after.order.payable()),
        session_basis: Some(made_for.digest()),
        payment_instrument: Some(json!({ "issuer": "klarna", "issuer_type": "klarna" })),
        ..KlarnaPayment::default()
    };
    payment.extra.insert(TOKEN.to_owned(), sealed.clone());
    after.set_payment_source(PaymentSource::Klarna(payment));
    Ok(after)
}

fn blank(relationship: &str) -> GatewayError {
    GatewayError::violation(Violation::relationship(
        relationship,
        "blank",
        "can't be blank",
    ))
}

fn unknown() -> GatewayError {
    GatewayError::violation(Violation::attribute(
        "_customer_payment_source_id",
        "invalid",
        "is no payment source that this order's customer can use here",
    ))
}
