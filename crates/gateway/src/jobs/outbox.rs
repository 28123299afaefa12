//! The outbox: what happened, told to whoever subscribed.
//!
//! Invariant: a message leaves the outbox only after every subscriber had its chance. No resource of this version
//! subscribes, so a message is told to the log alone.

use std::collections::BTreeMap;

use kassa_storage::{Lease, OutboxMessage, QueueChange, Realm};

use super::{BATCH, LEASE_SECONDS};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Handles one batch of due messages; returns how many there were.
pub(super) async fn work(gateway: &Gateway) -> Result<usize, GatewayError> {
    let machine_now = gateway.machine().now_us();
    let lease = Lease {
        buckets: Vec::new(),
        now: machine_now,
        live_now: machine_now,
        machine_now,
        lease_until: machine_now + LEASE_SECONDS * 1_000_000,
        limit: BATCH,
    };
    let leased = gateway.store().lease_outbox(lease).await?;
    let count = leased.len();
    let mut by_realm: BTreeMap<Realm, Vec<OutboxMessage>> = BTreeMap::new();
    for (realm, message) in leased {
        by_realm.entry(realm).or_default().push(message);
    }
    for (realm, messages) in by_realm {
        let mut set = gateway.change_set(&realm);
        for message in messages {
            tracing::info!(topic = %message.topic, id = %message.id, "event");
            set.queues.push(QueueChange::Sent { id: message.id });
        }
        gateway.commit_once(set).await?;
    }
    Ok(count)
}
