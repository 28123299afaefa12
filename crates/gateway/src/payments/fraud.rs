//! Klarna's fraud decisions on placed orders.
//!
//! Invariant: what a decision leads to (a capture that waited, a void) is a timer in the same change set, so that it
//! happens although the process may not survive the notification.

use kassa_commerce::aggregate::Event;
use kassa_commerce::fraud::{self, FraudDecision};
use kassa_klarna_api::FraudStatus;
use kassa_storage::{ChangeSet, Realm, Scope};

use super::{capture, void};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::order::{self, LoadedOrder};
use crate::webhooks;

/// Folds in what Klarna shows about the order.
pub(crate) async fn decided(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    status: &FraudStatus,
) -> Result<(), GatewayError> {
    let Some(decision) = FraudDecision::of_status(status) else {
        return Ok(());
    };
    let scope = Scope::realm(realm.clone());
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &scope, order_id).await?;
        let mut set = gateway.change_set(realm);
        if !fold(gateway, &loaded, decision, &mut set) {
            return Ok(());
        }
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
        }
    }
}

/// Writes the decision and what follows from it into `set`; `false` when it changes nothing.
fn fold(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    decision: FraudDecision,
    set: &mut ChangeSet,
) -> bool {
    let method = loaded.aggregate.order.payment_method_id.as_ref();
    let method = method.and_then(|id| loaded.catalogue.payment_method(id));
    let folded = fraud::fold(loaded.aggregate.clone(), decision, method, loaded.now);
    if folded.aggregate == loaded.aggregate {
        return false;
    }
    let order_id = loaded.aggregate.order.id.as_str();
    if folded.capture_now.is_some() {
        set.queues.push(capture::auto_capture_timer(
            gateway, &set.realm, order_id, 0,
        ));
    }
    if folded.void_now {
        set.queues
            .push(void::rejected_timer(gateway, &set.realm, order_id));
    }
    if folded.alarm {
        tracing::error!(
            order = order_id,
            "klarna stopped an order that was captured; a person must look"
        );
        let alarm = Event {
            topic: "orders.fraud_alarm",
            resource_type: "orders",
            resource_id: order_id.to_owned(),
        };
        webhooks::tell(gateway, set, &[alarm]);
    }
    loaded.write(&folded.aggregate, gateway.now_us(&set.realm), set);
    true
}
