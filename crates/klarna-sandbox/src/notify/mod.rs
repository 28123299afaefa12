//! Calling merchants back: the only place of the sandbox that connects outward.
//!
//! Invariant: what to call and when is the world's decision; here a request is made, at most two seconds are spent on
//! connecting and two on reading, and the result goes back into the world as a command. `http://` and loopback targets
//! are accepted, which is the point of a sandbox.

mod client;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kassa_environment::sleep;
use tokio::sync::Notify;

use crate::Sandbox;
use crate::slot::SharedSlot;
use crate::world::{Command, Delivery};
use client::Client;

/// Callbacks that are made at the same time.
const AT_ONCE: usize = 32;
/// The longest rest between two looks, in case the clock of a world was moved by other means.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// The loop that calls merchants back.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    client: Client,
    wake: Notify,
}

impl Notifier {
    /// Something may be due now.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Works until `shutdown` is done.
    pub(crate) async fn run(&self, sandbox: &Arc<Sandbox>, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let next = tokio::select! {
                () = &mut shutdown => return,
                next = self.tick(sandbox) => next,
            };
            let rest = next.map_or(LONGEST_REST, |next| {
                let until = next.duration_since(sandbox.clock.now());
                Duration::try_from(until)
                    .unwrap_or_default()
                    .min(LONGEST_REST)
            });
            tokio::select! {
                () = &mut shutdown => return,
                () = self.wake.notified() => {}
                () = sleep(rest) => {}
            }
        }
    }

    /// Tries what is due in every world; tells when the next callback is due, in machine time.
    pub(crate) async fn tick(&self, sandbox: &Sandbox) -> Option<Timestamp> {
        let mut due: Vec<(SharedSlot, Delivery)> = Vec::new();
        for slot in sandbox.slots() {
            let deliveries = slot.look(&*sandbox.clock, |world, now| world.due_deliveries(now));
            due.extend(
                deliveries
                    .into_iter()
                    .map(|delivery| (Arc::clone(&slot), delivery)),
            );
        }
        for group in due.chunks(AT_ONCE) {
            join_all(
                group
                    .iter()
                    .map(|(slot, delivery)| self.try_one(sandbox, slot, delivery)),
            )
            .await;
        }
        sandbox
            .slots()
            .iter()
            .filter_map(|slot| {
                slot.look(&*sandbox.clock, |world, _| {
                    let due = world.next_delivery_at()?;
                    due.checked_sub(SignedDuration::from_micros(world.offset_us()))
                        .ok()
                })
            })
            .min()
    }

    async fn try_one(&self, sandbox: &Sandbox, slot: &SharedSlot, delivery: &Delivery) {
        let result = self
            .client
            .post(&delivery.url, delivery.body.as_ref())
            .await;
        let (status, error) = match result {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        tracing::debug!(delivery = delivery.id, ?status, ?error, "callback tried");
        let command = Command::CallbackTried {
            delivery: delivery.id,
            status,
            error,
        };
        if let Err(error) = sandbox.execute(slot, command).await {
            tracing::error!(%error, "the result of a callback is lost");
        }
    }
}
