//! External payments: a token that a gateway of the shop's own gave to the front end, kept until the order is placed.
//!
//! Creating one asks nobody: what the token is worth, the gateway says when it is asked to authorize.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::body::Entity;
use kassa_commerce::error::CommerceError;
use kassa_commerce::external_payment::ExternalPayment;
use kassa_commerce::payment_method::PaymentMethod;
use kassa_commerce::payment_source::{self, PaymentSource};
use kassa_storage::{Key, Record};
use serde_json::{Map, Value};

use super::callout::{Asks, Callout, Heard};
use super::carry_out::Call;
use super::klarna_payment::{Saved, ensure_not_placing, plain_attributes, save};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Rounds};
use crate::shop::graph::Draft;
use crate::shop::order::{self, LoadedOrder};

/// Longest token taken from outside *(ours)*.
const TOKEN_CHARACTERS: usize = 4_096;

/// Makes an external payment the order's payment source; returns its id.
pub(crate) async fn create(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    draft: &Draft,
) -> Result<String, GatewayError> {
    let token = token(draft)?;
    let id = gateway.new_id();
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        let door = method(&loaded).and_then(|method| method.payment_gateway_id.clone());
        let (own_id, order) = (id.clone().into(), order_id.into());
        let mut payment = ExternalPayment::new(own_id, order, door, token.clone());
        own_data(&mut payment, draft);
        let source = PaymentSource::External(payment);
        let attached = payment_source::attach(loaded.aggregate.clone(), source, &loaded.catalogue)?;
        let set = gateway.change_set(&caller.realm);
        match save(gateway, &loaded, &attached.aggregate, set).await? {
            Saved::Yes => return Ok(id),
            Saved::Again(key) => rounds.again(&key).await?,
        }
    }
}

/// Writes the caller's own data on it.
pub(crate) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    draft: &Draft,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        let Some(PaymentSource::External(payment)) = &loaded.aggregate.payment_source else {
            return Err(CommerceError::PaymentSourceMissing.into());
        };
        ensure_not_placing(&loaded)?;
        let mut payment = payment.clone();
        own_data(&mut payment, draft);
        let mut after = loaded.aggregate.clone();
        after.set_payment_source(PaymentSource::External(payment));
        let set = gateway.change_set(&caller.realm);
        match save(gateway, &loaded, &after, set).await? {
            Saved::Yes => return Ok(()),
            Saved::Again(key) => rounds.again(&key).await?,
        }
    }
}

/// What a yes leaves on the order besides its outcome: the transaction's metadata, and the token that the payment goes
/// by from now on. A payment out of the wallet keeps what it shows.
pub(super) fn note(after: &mut OrderAggregate, operation_id: &str, heard: &Heard) {
    let mut rows = after.transactions.iter_mut();
    let row = rows.find(|row| row.facts().is_of_operation(operation_id));
    if let (Some(row), Some(metadata @ Value::Object(_))) = (row, &heard.metadata) {
        row.set_metadata(metadata.clone());
    }
    let authorizes = after
        .authorization()
        .is_some_and(|row| row.facts.is_of_operation(operation_id));
    if let (true, Some(PaymentSource::External(payment)), Some(token)) = (
        authorizes,
        &mut after.payment_source,
        &heard.payment_source_token,
    ) && !token.is_empty()
        && !payment.extra.contains_key("customer_token")
    {
        payment.payment_source_token.clone_from(token);
    }
}

/// The callout about a transaction of the order that `payment` pays, whose row is going to be `row`.
pub(super) fn callout<T: Entity>(
    loaded: &LoadedOrder,
    payment: &ExternalPayment,
    asks: Asks,
    row: &T,
) -> Call {
    let now_us = loaded.now.as_microsecond();
    let about = Record::root(Key::new(T::TYPE, row.id()), row.to_body(), now_us);
    Call::External(Box::new(Callout {
        asks,
        payment: payment.clone(),
        about: below(about, loaded),
    }))
}

/// `record` as a part of the order.
fn below(record: Record, loaded: &LoadedOrder) -> Record {
    Record {
        root: loaded.key(),
        ..record
    }
}

fn method(loaded: &LoadedOrder) -> Option<&PaymentMethod> {
    let id = loaded.aggregate.order.payment_method_id.as_ref()?;
    loaded.catalogue.payment_method(id)
}

fn token(draft: &Draft) -> Result<String, GatewayError> {
    let name = "payment_source_token";
    match draft.attributes.get(name) {
        Some(Value::String(token)) if token.chars().count() > TOKEN_CHARACTERS => Err(
            GatewayError::violation(Violation::attribute(name, "too_long", "is too long")),
        ),
        Some(Value::String(token)) if !token.trim().is_empty() => Ok(token.clone()),
        _ => Err(GatewayError::violation(Violation::attribute(
            name,
            "blank",
            "can't be blank",
        ))),
    }
}

fn own_data(payment: &mut ExternalPayment, draft: &Draft) {
    let extra: &mut Map<String, Value> = &mut payment.extra;
    plain_attributes(extra, draft);
    if let Some(options) = draft.attributes.get("options") {
        payment.options = Some(options.clone()).filter(|options| !options.is_null());
    }
}
