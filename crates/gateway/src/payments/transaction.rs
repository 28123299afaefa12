//! Triggers on orders and on transactions that lead here, by the names the commerce API has for them.
//!
//! Invariant: rows are never created by a request; they follow from what happened.

use kassa_commerce::error::CommerceError;
use kassa_commerce::fulfillment;
use kassa_money::MinorUnits;
use kassa_storage::{Guard, Key, Put, Record};
use serde_json::Value;

use super::capture::{self, CaptureRequest};
use super::carry_out::{self, AtOnce, Decision, Round};
use super::klarna_payment::ensure_not_placing;
use super::refund::{self, RefundRequest};
use super::void::{self, VoidRequest};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::graph::Draft;
use crate::shop::order;

/// `_approve` on an order; an approved one is left as it is.
///
/// # Errors
/// 422 when the order cannot be approved.
pub async fn approve_order(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let decide = |round: Round<'_>| {
        let loaded = round.loaded;
        let (after, events) =
            fulfillment::approve(loaded.aggregate.clone(), &loaded.catalogue, loaded.now)?;
        Ok(Decision::at_once(AtOnce {
            operation_id: round.operation_id,
            after,
            events,
            ledger: None,
        }))
    };
    carry_out::run(gateway, &caller.scope(), order_id, decide).await
}

/// `_authorize` on an order. Klarna and wire transfers are authorized by placing, so there is nothing left to do on a
/// bought order and nothing that could be done before.
///
/// # Errors
/// 422 for an order without an authorization.
pub async fn authorize_order(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let loaded = order::load(gateway, &caller.scope(), order_id).await?;
    if loaded.aggregate.authorization().is_some() {
        return Ok(());
    }
    Err(GatewayError::violation(Violation::attribute(
        "payment_status",
        "invalid",
        "the payment is authorized when the order is placed",
    )))
}

/// PATCH of an authorization, capture, void or refund: its triggers, and the caller's own data.
///
/// # Errors
/// 422 when an amount or state does not allow it or Klarna refuses; not found.
pub async fn update(
    gateway: &Gateway,
    caller: &Caller,
    kind: &str,
    id: &str,
    draft: &Draft,
) -> Result<(), GatewayError> {
    let record = {
        let mut snapshot = gateway.snapshot(&caller.scope()).await?;
        let key = Key::new(kind.to_owned(), id);
        let record = snapshot.record(&key).await?;
        record.ok_or_else(|| GatewayError::not_found(kind, id))?
    };
    write_own_data(gateway, caller, &record, draft).await?;
    let scope = caller.scope();
    let order_id = &record.root.id;
    let asked = |name: &str| draft.triggers.get(name).and_then(Value::as_bool) == Some(true);
    let gives_up = asked("_void") || asked("_cancel");
    // An amount alone says what is meant as well; only a trigger that is explicitly off, or another one, takes it back.
    let asked_for = |name: &str, amount: &str| {
        let unsaid = |name: &str| draft.triggers.get(name).is_none_or(Value::is_null);
        asked(name) || (unsaid(name) && !unsaid(amount) && !gives_up)
    };
    match kind {
        "authorizations" if asked("_capture") && gives_up => {
            let message = "cannot be asked for together with a void";
            Err(GatewayError::violation(Violation::attribute(
                "_capture", "invalid", message,
            )))
        }
        "authorizations" if asked_for("_capture", "_capture_amount_cents") => {
            let request = CaptureRequest {
                authorization_id: Some(id.into()),
                amount: amount(draft, "_capture_amount_cents")?,
                approve: false,
            };
            capture::run(gateway, &scope, order_id, &request).await
        }
        "authorizations" if gives_up => {
            let request = VoidRequest::Authorization(Some(id.into()));
            void::run(gateway, &scope, order_id, &request).await
        }
        // Klarna takes no capture back; what was captured is given back instead.
        "captures" if asked_for("_refund", "_refund_amount_cents") || asked("_cancel") => {
            let request = RefundRequest {
                capture_id: Some(id.into()),
                amount: amount(draft, "_refund_amount_cents")?,
            };
            refund::run(gateway, &scope, order_id, &request).await
        }
        _ if asked("_forward") => forward(&record),
        _ => Ok(()),
    }
}

/// `_forward` helps a stuck row on. Rows are made only of outcomes that are known, so none is ever stuck here.
fn forward(record: &Record) -> Result<(), GatewayError> {
    if record.body.get("succeeded") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    Err(CommerceError::TransactionNotSucceeded.into())
}

fn amount(draft: &Draft, name: &str) -> Result<Option<MinorUnits>, GatewayError> {
    match draft.triggers.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(amount) if amount > 0 => Ok(Some(MinorUnits(amount))),
            Some(_) => {
                let violation =
                    Violation::attribute(name, "greater_than", "must be greater than 0");
                Err(GatewayError::violation(violation.with_value(value.clone())))
            }
            None => {
                let violation =
                    Violation::attribute(name, "not_a_number", "is not an amount in cents");
                Err(GatewayError::violation(violation.with_value(value.clone())))
            }
        },
    }
}

/// `reference`, `reference_origin` and `metadata`; `succeeded` follows from the gateway and cannot be changed.
async fn write_own_data(
    gateway: &Gateway,
    caller: &Caller,
    record: &Record,
    draft: &Draft,
) -> Result<(), GatewayError> {
    if let Some(succeeded) = draft.attributes.get("succeeded")
        && record.body.get("succeeded") != Some(succeeded)
    {
        let message = "follows from the gateway and cannot be changed";
        return Err(GatewayError::violation(Violation::attribute(
            "succeeded",
            "invalid",
            message,
        )));
    }
    let own = ["reference", "reference_origin", "metadata"];
    if !own.iter().any(|name| draft.attributes.contains_key(*name)) {
        return Ok(());
    }
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), &record.root.id).await?;
        ensure_not_placing(&loaded)?;
        let now_us = gateway.now_us(&caller.realm);
        let mut set = gateway.change_set(&caller.realm);
        loaded.write(&loaded.aggregate, now_us, &mut set);
        let mut changed = loaded.record(&record.key).unwrap_or(record).clone();
        for name in own {
            if let Some(value) = draft.attributes.get(name) {
                changed.body.insert(name.to_owned(), value.clone());
            }
        }
        changed.updated_at = now_us;
        set.puts.push(Put {
            record: changed,
            guard: Guard::ByRoot,
        });
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
        }
    }
}
