//! Carries out a decision about money that was placed before: intent, call, outcome, in the same way for captures,
//! refunds, voids and edits.
//!
//! Invariant: a decision is taken again until nobody else changed what it was taken on. The ledger reserves the amount
//! with the intent, so that two decisions taken on the same figures cannot both go through.

use kassa_commerce::aggregate::{Event, OrderAggregate};
use kassa_commerce::body::Entity;
use kassa_commerce::error::CommerceError;
use kassa_commerce::external_payment::ExternalPayment;
use kassa_commerce::transaction::LedgerMove;
use kassa_klarna_api::PreparedRequest;
use kassa_storage::{ChangeSet, Operation, OperationStatus, Realm, Refusal, Scope};
use serde_json::Value;

use super::callout::Callout;
use super::drive::{self, PATIENCE};
use super::ledger;
use super::operation::{self, Context, Intent};
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::order::{self, LoadedOrder};
use crate::webhooks;

/// What one round has read, and what it writes besides the order.
pub(crate) struct Round<'a> {
    pub loaded: &'a LoadedOrder,
    /// The order's operations whose outcome is not known yet, oldest first.
    pub open: &'a [Operation],
    /// For the operation, if there will be one.
    pub operation_id: String,
    pub set: &'a mut ChangeSet,
}

/// What to do about an order.
pub(crate) enum Decision {
    /// It is as it was asked to be.
    Nothing,
    /// No gateway has to be asked.
    AtOnce(Box<AtOnce>),
    /// Klarna, or the shop's own gateway, has to be asked.
    Ask(Box<Plan>),
}

impl Decision {
    pub(crate) fn at_once(done: AtOnce) -> Self {
        Self::AtOnce(Box::new(done))
    }

    pub(crate) fn ask(plan: Plan) -> Self {
        Self::Ask(Box::new(plan))
    }
}

/// A decision that is carried out by being written.
pub(crate) struct AtOnce {
    /// The operation that the ledger names.
    pub operation_id: String,
    pub after: OrderAggregate,
    pub events: Vec<Event>,
    pub ledger: Option<LedgerMove>,
}

/// What is asked.
pub(crate) enum Call {
    /// Klarna, in these words.
    Klarna(PreparedRequest),
    /// A gateway of the shop's own; its words are found once the decision is taken.
    External(Box<Callout>),
}

/// A decision that somebody has to be asked about.
pub(crate) struct Plan {
    pub operation_id: String,
    pub call: Call,
    pub ledger: Option<LedgerMove>,
    pub intent: Intent,
    /// The order while Klarna is asked, where that is not as it was.
    pub meanwhile: Option<OrderAggregate>,
}

/// Decides and carries out, and decides again whenever somebody else has changed the order meanwhile.
///
/// # Errors
/// Those of `decide`; 422 when Klarna or the ledger refuses, and `pending` when the outcome is not known in time.
pub(crate) async fn run(
    gateway: &Gateway,
    scope: &Scope,
    order_id: &str,
    mut decide: impl FnMut(Round<'_>) -> Result<Decision, GatewayError> + Send,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, scope, order_id).await?;
        let open = operation::open(gateway, scope, order_id).await?;
        let mut set = gateway.change_set(&scope.realm);
        let decision = decide(Round {
            loaded: &loaded,
            open: &open,
            operation_id: gateway.new_ordered_id(),
            set: &mut set,
        })?;
        let changed = match decision {
            Decision::Nothing => return Ok(()),
            Decision::AtOnce(done) => match write(gateway, &loaded, &done, set).await? {
                Outcome::Done => return Ok(()),
                Outcome::Conflict(key) => key,
                Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
            },
            Decision::Ask(plan) => {
                match carry_out(gateway, &scope.realm, &loaded, *plan, set).await? {
                    Carried::Asked(operation) => return answer(&operation),
                    Carried::Again(key) => key,
                }
            }
        };
        rounds.again(&changed).await?;
    }
}

/// Writes what no gateway has to be asked about. The ledger takes both phases at once, so that it may still refuse.
async fn write(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    done: &AtOnce,
    mut set: ChangeSet,
) -> Result<Outcome, GatewayError> {
    if let Some(entry) = &done.ledger {
        let (id, order_id) = (&done.operation_id, loaded.aggregate.order.id.as_str());
        let reserved = ledger::reserve(gateway, &set.realm, id, order_id, entry);
        set.ledger.extend([reserved, ledger::post(id)]);
    }
    webhooks::tell(gateway, &mut set, &done.events);
    loaded.write(&done.after, gateway.now_us(&set.realm), &mut set);
    gateway.commit(set).await
}

/// How it went.
pub(crate) enum Carried {
    /// The operation as it stands now.
    Asked(Box<Operation>),
    /// The order changed before the intent was written: decide again.
    Again(kassa_storage::Key),
}

/// Writes the intent with whatever `set` holds already, asks, and folds the outcome in. The intent moves the
/// order's version, so that whoever decided without knowing of it has to decide again.
pub(crate) async fn carry_out(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    plan: Plan,
    mut set: ChangeSet,
) -> Result<Carried, GatewayError> {
    let order_id = loaded.aggregate.order.id.as_str();
    let (mut context, id) = (context(loaded, plan.intent), plan.operation_id);
    let now_us = gateway.now_us(realm);
    let operation = match plan.call {
        Call::Klarna(request) => operation::begin(id, order_id, &request, &context, now_us)?,
        Call::External(callout) => {
            context.external = Some(callout.door());
            let prepared = Box::pin(callout.prepare(gateway, realm, &id)).await?;
            operation::begin(id, order_id, &prepared, &context, now_us)?
        }
    };
    let operation_id = operation.id.clone();
    if let Some(entry) = &plan.ledger {
        set.ledger.push(ledger::reserve(
            gateway,
            &set.realm,
            &operation_id,
            order_id,
            entry,
        ));
    }
    let meanwhile = plan.meanwhile.as_ref().unwrap_or(&loaded.aggregate);
    loaded.write(meanwhile, now_us, &mut set);
    set.queues.push(operation::finisher(&operation));
    set.operations.push(operation);
    // Taken before the intent can be seen, so that whoever waits knows that somebody drives.
    let driver = gateway.running.take(&operation_id);
    match gateway.commit(set).await? {
        Outcome::Done => {}
        Outcome::Conflict(key) => return Ok(Carried::Again(key)),
        Outcome::Refused(refusal) => return Err(refused(&refusal)),
    }
    let operation = match driver {
        Some(driver) => {
            let driven = drive::drive(gateway, realm, driver, true, PATIENCE);
            Box::pin(driven).await?
        }
        None => drive::read(gateway, realm, &operation_id).await?,
    };
    Ok(Carried::Asked(Box::new(operation)))
}

/// What an operation of this kind tells whoever asked for it.
pub(crate) fn answer(operation: &Operation) -> Result<(), GatewayError> {
    match operation.status {
        OperationStatus::Succeeded => Ok(()),
        OperationStatus::Failed => Err(refusal_of(operation)),
        OperationStatus::Pending | OperationStatus::NeedsPerson => {
            let message = format!(
                "the answer of {} is not known yet; it will be found out, do not send the request again",
                operation::whom(operation)
            );
            Err(GatewayError::violation(Violation::base("pending", message)))
        }
    }
}

/// Why a failed operation failed, in the gateway's words.
pub(crate) fn refusal_of(operation: &Operation) -> GatewayError {
    let outcome = operation.outcome.as_ref();
    let Some(refusal) = outcome.and_then(|outcome| outcome.get("refusal")) else {
        let whom = operation::whom(operation);
        let message = format!("{whom} cannot be reached now; nothing happened, try again");
        return GatewayError::violation(Violation::base("gateway_unreachable", message));
    };
    let code = refusal["code"].as_str().unwrap_or_default().to_owned();
    let messages = refusal["messages"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let messages: Vec<&str> = messages.iter().filter_map(Value::as_str).collect();
    let message = messages.join("; ");
    CommerceError::PaymentRefused { code, message }.into()
}

/// The context of an operation on a placed order.
pub(crate) fn context(loaded: &LoadedOrder, intent: Intent) -> Context {
    let source = loaded.aggregate.payment_source.as_ref();
    let payment = source.and_then(|source| source.klarna());
    let authorization = loaded.aggregate.authorization();
    // What an external gateway calls the transaction is no order of Klarna's.
    let known = authorization
        .filter(|row| row.facts.payment_source_type.as_deref() != Some(ExternalPayment::TYPE))
        .and_then(|row| row.facts.gateway_transaction_id.clone());
    Context {
        klarna_gateway_id: payment
            .and_then(|own| own.payment_gateway_id.clone())
            .unwrap_or_default(),
        klarna_order_id: known.or_else(|| payment.and_then(|own| own.klarna_order_id.clone())),
        external: None,
        intent,
    }
}

fn refused(refusal: &Refusal) -> GatewayError {
    match refusal {
        // Another transaction has reserved the amount and is not decided yet.
        Refusal::Ledger(reason) => {
            let message = format!("another transaction is in progress: {reason}");
            GatewayError::violation(Violation::base("pending", message))
        }
        other => crate::gateway::refused(other),
    }
}
