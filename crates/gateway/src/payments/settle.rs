//! Folds the outcome of an operation in: order, transactions, ledger, counters and the operation itself, at once.
//!
//! Invariant: the operation and the order are read in one snapshot and written in one change set guarded by the
//! order's version, so an outcome is folded in once, however many drivers there are.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_klarna_api::KlarnaError;
use kassa_storage::{ChangeSet, Key, Operation, OperationStatus, Realm, Record, Scope, Snapshot};
use serde_json::{Value, json};

use super::fault::Fault;
use super::operation::{self, Context, Intent};
use super::verdict::{Answer, Verdict};
use super::{capture, customer_token, deadline, external_payment, order_edit, place, refund, void};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::order::{self, LoadedOrder};

/// What a use case folds an outcome with.
pub(crate) struct Folding<'a> {
    pub gateway: &'a Gateway,
    pub operation: &'a Operation,
    pub context: &'a Context,
    pub loaded: &'a LoadedOrder,
    /// The customer's record, for what placing writes on it.
    pub customer: Option<&'a Record>,
    /// Takes everything but the order itself.
    pub set: &'a mut ChangeSet,
}

impl<'a> Folding<'a> {
    /// Ids for new rows; the first is the one that the operation's document has named already.
    pub(crate) fn ids(&self) -> impl FnMut() -> String + use<'a> {
        let door = self.context.external.as_ref();
        let mut named = door.and_then(|door| door.row_id.clone());
        let gateway = self.gateway;
        move || named.take().unwrap_or_else(|| gateway.new_id())
    }
}

/// The order after an outcome, and what the operation shall remember of it.
pub(crate) struct Folded {
    pub after: OrderAggregate,
    pub facts: Value,
}

/// What closes an operation.
#[derive(Clone, Copy)]
pub(crate) struct Closing<'a> {
    pub verdict: &'a Verdict,
    /// The calls to remember.
    pub calls: &'a Value,
    /// Who decided it and why, where that was a person.
    pub person: Option<&'a Value>,
}

/// Closes `operation` with `verdict`. Does nothing when it is closed already.
pub(crate) async fn settle(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    verdict: &Verdict,
    calls: &Value,
) -> Result<(), GatewayError> {
    let closing = Closing {
        verdict,
        calls,
        person: None,
    };
    close(gateway, realm, operation, closing).await
}

/// Closes `operation` by what somebody found out.
pub(crate) async fn close(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    closing: Closing<'_>,
) -> Result<(), GatewayError> {
    let verdict = closing.verdict;
    let status = match verdict {
        Verdict::Happened(_) => OperationStatus::Succeeded,
        Verdict::DidNot(_) => OperationStatus::Failed,
        Verdict::NeedsPerson(_) => OperationStatus::NeedsPerson,
        Verdict::Unknown(_) => return Ok(()),
    };
    let mut rounds = Rounds::new();
    loop {
        let set = closing_set(gateway, realm, &operation.id, closing, status).await?;
        let Some(set) = set else {
            return Ok(());
        };
        match gateway.commit(set).await? {
            Outcome::Done => {
                if status == OperationStatus::NeedsPerson {
                    tracing::error!(operation = %operation.id, order = %operation.order_id, kind = %operation.kind,
                        "a person must decide what became of this");
                }
                return Ok(());
            }
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => {
                let reason = format!("the outcome of {} was refused: {refusal:?}", operation.id);
                return Err(GatewayError::Internal(reason));
            }
        }
    }
}

/// The change set that closes the operation; `None` when somebody closed it before.
async fn closing_set(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
    closing: Closing<'_>,
    status: OperationStatus,
) -> Result<Option<ChangeSet>, GatewayError> {
    let verdict = closing.verdict;
    let scope = Scope::realm(realm.clone());
    let mut snapshot = gateway.snapshot(&scope).await?;
    let current = snapshot.operation(operation_id).await?;
    let Some(current) = current.filter(|current| may_close(current, closing)) else {
        return Ok(None);
    };
    let context = operation::context_of(&current)?;
    let mut set = gateway.change_set(realm);
    let mut facts = json!({});
    let touches_order = !matches!(
        context.intent,
        Intent::CancelApproval | Intent::CancelRejected
    );
    if touches_order && status == OperationStatus::NeedsPerson {
        // Everything stays reserved: whoever decides must find it as it was. The order's version moves all the same,
        // so that nothing else about this operation goes through at this moment.
        let key = Key::new("orders", current.order_id.as_str());
        if let Some(record) = snapshot.record(&key).await? {
            set.put(record);
        }
    } else if touches_order {
        let order_id = &current.order_id;
        let loaded = order::load_with(gateway, snapshot.as_mut(), &scope, order_id, &[]).await?;
        let customer = customer_of(snapshot.as_mut(), &loaded).await?;
        let mut folding = Folding {
            gateway,
            operation: &current,
            context: &context,
            loaded: &loaded,
            customer: customer.as_ref(),
            set: &mut set,
        };
        let mut folded = fold(&mut folding, verdict)?;
        if let Verdict::Happened(Answer::External(heard)) = verdict {
            external_payment::note(&mut folded.after, &current.id, heard);
        }
        facts = folded.facts;
        loaded.write(&folded.after, gateway.now_us(&set.realm), &mut set);
    }
    if let Verdict::DidNot(fault) | Verdict::NeedsPerson(fault) = verdict
        && let (Value::Object(facts), Value::Object(more)) = (&mut facts, fault.facts())
    {
        facts.extend(more);
    }
    if let (Value::Object(facts), Some(person)) = (&mut facts, closing.person) {
        facts.insert("resolution".to_owned(), person.clone());
    }
    if is_surprising(verdict) && operation::moves_money(&current) {
        let look = deadline::look_now(gateway, realm, &current.order_id);
        set.queues.push(look);
    }
    let closed = operation::close(
        &current,
        status,
        closing.calls.clone(),
        facts,
        gateway.now_us(realm),
    );
    set.queues.push(operation::no_finisher(&current.id));
    set.operations.push(closed);
    Ok(Some(set))
}

async fn customer_of(
    snapshot: &mut dyn Snapshot,
    loaded: &LoadedOrder,
) -> Result<Option<Record>, GatewayError> {
    match &loaded.aggregate.order.customer_id {
        Some(id) => Ok(snapshot.record(&Key::new("customers", id.as_str())).await?),
        None => Ok(None),
    }
}

/// Whether Klarna refused by its own state of the order, which then is not what was believed here.
fn is_surprising(verdict: &Verdict) -> bool {
    let Verdict::DidNot(Fault::Klarna(KlarnaError::Refused { status, .. })) = verdict else {
        return false;
    };
    matches!(status, 403 | 404)
}

/// A person's case is the person's to close, and may still turn out to have happened; everything else is closed once.
fn may_close(current: &Operation, closing: Closing<'_>) -> bool {
    match current.status {
        OperationStatus::Pending => closing.person.is_none(),
        OperationStatus::NeedsPerson => {
            closing.person.is_some() || matches!(closing.verdict, Verdict::Happened(_))
        }
        OperationStatus::Succeeded | OperationStatus::Failed => false,
    }
}

fn fold(folding: &mut Folding<'_>, verdict: &Verdict) -> Result<Folded, GatewayError> {
    let context: &Context = folding.context;
    match &context.intent {
        Intent::Place(_) => place::fold(folding, verdict),
        Intent::Capture(intent) => capture::fold(folding, intent, verdict),
        Intent::Refund(intent) => refund::fold(folding, intent, verdict),
        Intent::Void(intent) => void::fold(folding, intent, verdict),
        Intent::Edit(intent) => order_edit::fold(folding, intent, verdict),
        Intent::CustomerToken { .. } => customer_token::fold(folding, verdict),
        Intent::CancelApproval | Intent::CancelRejected | Intent::Extend { .. } => Ok(Folded {
            after: folding.loaded.aggregate.clone(),
            facts: json!({}),
        }),
    }
}
