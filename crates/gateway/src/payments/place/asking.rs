//! What is asked to place an order: Klarna's call as the rules prepared it, or a callout to the shop's own gateway.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::body::Entity;
use kassa_commerce::external_payment::ExternalPayment;
use kassa_commerce::order::Order;
use kassa_commerce::place;
use kassa_storage::{Key, Operation, Realm, Record, Scope};
use serde_json::{Map, Value};

use super::{klarna_gateway, outcome};
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::payments::callout::{self, Asks, Callout, Prepared};
use crate::payments::operation::{self, Context, Intent, PlaceIntent};
use crate::shop::order::LoadedOrder;
use crate::shop::wallet;

/// `Ok` unless the order would be paid with a customer token that Klarna has refused for good.
pub(super) async fn ensure_chargeable(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
) -> Result<(), GatewayError> {
    let open = loaded.aggregate.order.status.editable();
    let Some(fields) = pays_with_token(&loaded.aggregate).filter(|_| open) else {
        return Ok(());
    };
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    if !wallet::is_refused(snapshot.as_mut(), fields).await? {
        return Ok(());
    }
    Err(GatewayError::violation(Violation::relationship(
        "payment_source",
        "token_refused",
        wallet::NOT_CHARGED_AGAIN,
    )))
}

/// The fields of the Klarna source that a token out of the wallet would pay.
pub(super) fn pays_with_token(aggregate: &OrderAggregate) -> Option<&Map<String, Value>> {
    let source = aggregate.payment_source.as_ref()?;
    let payment = source.klarna().filter(|own| own.auth_token.is_none())?;
    Some(&payment.extra)
}

/// The operation that carries `intent` out.
pub(super) async fn operation(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    intent: &place::PlaceIntent,
    operation_id: &str,
) -> Result<Operation, GatewayError> {
    let order_id = intent.aggregate.order.id.as_str();
    let (id, now_us) = (operation_id.to_owned(), gateway.now_us(realm));
    let mut placing = PlaceIntent {
        amount: outcome::amount_of(intent),
        token_request: intent.token_request.clone(),
        token_callout: None,
    };
    let context = |placing, external| Context {
        klarna_gateway_id: klarna_gateway(loaded),
        klarna_order_id: None,
        external,
        intent: Intent::Place(placing),
    };
    if let Some(request) = &intent.request {
        return operation::begin(id, order_id, request, &context(placing, None), now_us);
    }
    let Some(payment) = intent.external() else {
        let reason = format!("nobody is to be asked to place {order_id}");
        return Err(GatewayError::Internal(reason));
    };
    let authorize = Callout {
        asks: Asks::Authorize,
        payment: payment.clone(),
        about: order_as_placed(loaded, intent, now_us)?,
    };
    let door = authorize.door();
    let prepared = authorize.prepare(gateway, realm, operation_id).await?;
    let has_token = payment.extra.contains_key("customer_token");
    if recurs(intent) && !has_token && callout::makes_tokens(gateway, realm, payment).await? {
        placing.token_callout = Some(token(gateway, realm, loaded, payment).await?);
    }
    let context = context(placing, Some(door));
    operation::begin(id, order_id, &prepared, &context, now_us)
}

/// The callout that follows a placing in which something recurs.
async fn token(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    payment: &ExternalPayment,
) -> Result<Prepared, GatewayError> {
    let id = gateway.new_ordered_id();
    token_callout(loaded, payment)
        .prepare(gateway, realm, &id)
        .await
}

/// What asks for a token that pays later orders.
pub(crate) fn token_callout(loaded: &LoadedOrder, payment: &ExternalPayment) -> Callout {
    let key = Key::new(ExternalPayment::TYPE, payment.id());
    let now_us = loaded.now.as_microsecond();
    let about = loaded.record(&key).cloned();
    Callout {
        asks: Asks::Token,
        payment: payment.clone(),
        about: about.unwrap_or_else(|| Record::root(key, payment.to_body(), now_us)),
    }
}

/// The order's row as the intent writes it, with its number.
fn order_as_placed(
    loaded: &LoadedOrder,
    intent: &place::PlaceIntent,
    now_us: i64,
) -> Result<Record, GatewayError> {
    let key = Key::new(Order::TYPE, intent.aggregate.order.id.as_str());
    let mut puts = loaded.puts(&intent.aggregate, now_us).into_iter();
    puts.find(|put| put.record.key == key)
        .map(|put| put.record)
        .ok_or_else(|| GatewayError::Internal(format!("{} has no row", key.id)))
}

/// Whether the payment is kept for later orders. Guests have no wallet to keep it in.
fn recurs(intent: &place::PlaceIntent) -> bool {
    let mut goods = intent.aggregate.goods();
    !intent.aggregate.order.guest
        && goods.any(|line| line.frequency.as_deref().is_some_and(|own| !own.is_empty()))
}
