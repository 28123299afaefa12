//! Reads orders at Klarna and folds in what happened there without us: captures and refunds made in its portal,
//! cancellations, expiries, moved deadlines, fraud decisions.
//!
//! Invariant: a fact is never refused. What our own open operations explain is left to their finishers; an operation
//! that waits for a person is ended as soon as Klarna's books show its effect. [`books`] does so for all orders.

pub mod books;

use kassa_commerce::fraud::FraudDecision;
use kassa_commerce::portal::{self, PortalFolded};
use kassa_commerce::transaction::Movement;
use kassa_klarna_api::{KlarnaError, Order};
use kassa_storage::{ChangeSet, Operation, OperationStatus, Realm, Scope};
use serde::{Deserialize, Serialize};

use super::exchange::Exchange;
use super::{carry_out, credentials, deadline, fraud, ledger, operation, settle, verdict};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::order::{self, LoadedOrder};
use crate::webhooks;

/// A difference between Klarna's books and ours, as it was entered here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    /// An amount moved, or its guarantee ended, without us.
    Amount {
        /// What moved.
        movement: Movement,
        /// Klarna's id of it, which is the id of the ledger's entry.
        id: String,
        /// Minor units.
        amount_cents: i64,
        /// ISO 4217.
        currency_code: String,
    },
    /// Klarna decided about fraud.
    Fraud {
        /// How.
        decision: FraudDecision,
    },
}

/// What reading one order showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Whether there is an order at Klarna to read.
    pub at_klarna: bool,
    /// What was missing here.
    pub differences: Vec<Difference>,
    /// Anything at all was different.
    pub changed: bool,
}

/// Reads the order at Klarna and folds in what is new. An order without one there is left as it is.
///
/// # Errors
/// Not found; unavailable when Klarna or the store cannot be used.
pub async fn reconcile_order(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<Reconciled, GatewayError> {
    let scope = Scope::realm(realm.clone());
    let mut rounds = Rounds::new();
    let mut ended_cases = false;
    loop {
        let before = order::load(gateway, &scope, order_id).await?;
        let context = carry_out::context(&before, operation::Intent::CancelApproval);
        let Some(klarna_order_id) = context.klarna_order_id else {
            return Ok(Reconciled::default());
        };
        let order = ask(gateway, realm, &context.klarna_gateway_id, &klarna_order_id).await?;
        // Our side is read after Klarna's: whatever Klarna shows of ours was written down here before. A version that
        // moved meanwhile means that Klarna's answer may be the older one.
        let (loaded, open) = read(gateway, &scope, order_id).await?;
        if loaded.version() != before.version() {
            rounds.again(&loaded.key()).await?;
            continue;
        }
        if end_cases(gateway, realm, &open, &order).await? {
            ended_cases = true;
            continue;
        }
        // Other operations explain no difference in amounts.
        let pending: Vec<String> = open
            .into_iter()
            .filter(operation::moves_money)
            .map(|operation| operation.id)
            .collect();
        let mut new_id = || gateway.new_id();
        let aggregate = loaded.aggregate.clone();
        let folded = portal::fold(aggregate, &order, &pending, loaded.now, &mut new_id)?;
        let mut set = gateway.change_set(realm);
        write(gateway, &mut set, order_id, &folded);
        loaded.write(&folded.aggregate, gateway.now_us(&set.realm), &mut set);
        if folded.changed {
            match gateway.commit(set).await? {
                Outcome::Done => {}
                Outcome::Conflict(key) => {
                    rounds.again(&key).await?;
                    continue;
                }
                Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
            }
        }
        if let (Some(_), Some(status)) = (folded.fraud, &order.fraud_status) {
            fraud::decided(gateway, realm, order_id, status).await?;
        }
        return Ok(Reconciled {
            at_klarna: true,
            differences: differences(&folded),
            changed: ended_cases || folded.changed || folded.fraud.is_some(),
        });
    }
}

/// The order and its open operations, of one moment.
async fn read(
    gateway: &Gateway,
    scope: &Scope,
    order_id: &str,
) -> Result<(Box<LoadedOrder>, Vec<Operation>), GatewayError> {
    let mut snapshot = gateway.snapshot(scope).await?;
    let loaded = order::load_with(gateway, snapshot.as_mut(), scope, order_id, &[]).await?;
    let mut operations = snapshot.operations(order_id).await?;
    operations.retain(operation::is_open);
    Ok((loaded, operations))
}

/// Ends the operations that wait for a person and whose effect `order` shows; whether there was one.
async fn end_cases(
    gateway: &Gateway,
    realm: &Realm,
    open: &[Operation],
    order: &Order,
) -> Result<bool, GatewayError> {
    let mut ended = false;
    for operation in open
        .iter()
        .filter(|operation| operation.status == OperationStatus::NeedsPerson)
    {
        let Some(shown) = verdict::shown(order, operation) else {
            continue;
        };
        let calls = operation::calls_of(operation);
        settle::settle(gateway, realm, operation, &shown, &calls).await?;
        ended = true;
    }
    Ok(ended)
}

async fn ask(
    gateway: &Gateway,
    realm: &Realm,
    klarna_gateway_id: &str,
    klarna_order_id: &str,
) -> Result<Order, GatewayError> {
    let endpoint = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        credentials::endpoint(gateway, realm, snapshot.as_mut(), klarna_gateway_id).await?
    };
    let mut exchange = Exchange::new(gateway, endpoint);
    verdict::read_order(&mut exchange, klarna_order_id)
        .await
        .map_err(|error| match error {
            KlarnaError::Refused { status: 404, .. } => {
                GatewayError::not_found("klarna_orders", klarna_order_id)
            }
            other => GatewayError::Unavailable(other.to_string()),
        })
}

fn differences(folded: &PortalFolded) -> Vec<Difference> {
    let amounts = folded.facts.iter().map(|fact| Difference::Amount {
        movement: fact.entry.movement,
        id: fact.id.clone(),
        amount_cents: fact.entry.amount.minor(),
        currency_code: fact.entry.currency.code().to_owned(),
    });
    let fraud = folded.fraud.iter().map(|decision| Difference::Fraud {
        decision: *decision,
    });
    amounts.chain(fraud).collect()
}

fn write(gateway: &Gateway, set: &mut ChangeSet, order_id: &str, folded: &PortalFolded) {
    for fact in &folded.facts {
        tracing::warn!(order = order_id, fact = %fact.id, "klarna shows what was not done here");
        set.ledger.push(ledger::fact(
            gateway,
            &set.realm,
            &fact.id,
            order_id,
            &fact.entry,
        ));
    }
    webhooks::tell(gateway, set, &folded.events);
    deadline::cancel_when_settled(set, &folded.aggregate);
}
