//! The customer's wallet: a payment source that was tokenized when its order was placed, kept for later orders.
//!
//! Invariant: the customer token stays sealed; an answer never shows it. A source made from the wallet fits the
//! order as it is at that moment and is dropped with the next change of amounts, like any other.

use kassa_commerce::klarna_payment::{KlarnaPayment, basket};
use kassa_commerce::payment_source::PaymentSource;
use kassa_storage::{ClaimKey, Guard, Key, Put, Record};
use serde_json::{Value, json};

use super::order::LoadedOrder;
use super::order_write;
use super::resources::{customer_payment_source::DESCRIPTOR, order::DESCRIPTOR as ORDER};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::shop::read::Reader;

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
    let source = loaded
        .aggregate
        .payment_source
        .as_ref()
        .and_then(PaymentSource::klarna);
    let sealed = source
        .and_then(|payment| payment.extra.get(TOKEN))
        .filter(|token| token.get("sealed").is_some());
    let (Some(payment), Some(sealed)) = (source, sealed) else {
        let message = "has no customer token: it was not asked for, not placed yet, or refused";
        return Err(GatewayError::violation(Violation::relationship(
            "payment_source",
            "invalid",
            message,
        )));
    };
    let id = gateway.new_id();
    let reference = sealed
        .get("payment_method_reference")
        .and_then(Value::as_str);
    let body = json!({
        "name": "Klarna",
        "payment_source_token": reference.unwrap_or(payment.id.as_str()),
        "customer_id": customer,
        "payment_method_id": loaded.aggregate.order.payment_method_id.as_ref().map(|id| id.as_str()),
        "payment_source_id": payment.id.as_str(),
        "payment_source_type": "klarna_payments",
        SEALED: sealed,
    });
    let key = Key::new(DESCRIPTOR.kind, id.clone());
    let body = body.as_object().cloned().unwrap_or_default();
    let mut record = Record::root(key, body, gateway.now_us(&caller.realm));
    record.owner = Some(customer);
    let mut set = gateway.change_set(&caller.realm);
    set.claims.push((
        ClaimKey::new("wallet.payment_source", payment.id.as_str()),
        id,
    ));
    set.puts.push(Put {
        record,
        guard: Guard::New,
    });
    // A claim that is taken means that the source is in the wallet already.
    gateway.commit(set).await.map(|_: Outcome| ())
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
        drop(reader);
        let after = with_source(gateway, &loaded, &entry)?;
        let set = gateway.change_set(&caller.realm);
        match order_write::commit(gateway, &loaded, &after, set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

fn with_source(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    entry: &Record,
) -> Result<kassa_commerce::OrderAggregate, GatewayError> {
    let mut after = loaded.aggregate.clone();
    after.ensure_source_open()?;
    let own = after.order.customer_id.as_ref().map(|id| id.as_str());
    let sealed = entry
        .body
        .get(SEALED)
        .filter(|_| entry.text("customer_id") == own && own.is_some());
    let method = entry.text("payment_method_id").and_then(|id| {
        loaded
            .catalogue
            .available_payment_methods()
            .find(|method| method.id.as_str() == id)
    });
    let (Some(sealed), Some(method)) = (sealed, method) else {
        return Err(unknown());
    };
    after.order.payment_method_id = Some(method.id.clone());
    let made_for = basket(&after)?;
    let mut payment = KlarnaPayment {
        id: gateway.new_id().as_str().into(),
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
