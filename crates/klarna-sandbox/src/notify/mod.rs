//! Calling merchants back: the only place of the sandbox that connects outward.
//!
//! Invariant: what to call and when is the world's decision; here a request is made, at most two seconds are spent on
//! connecting and four in all, and the result goes back into the world as a command. A callback is in flight once at a
//! time, and a slow merchant delays nobody else. `http://` and loopback targets are accepted: that is what a sandbox is for.

mod client;

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kassa_environment::sleep;
use tokio::sync::{Notify, Semaphore};

use crate::Sandbox;
use crate::slot::SharedSlot;
use crate::world::{Command, Delivery};
use client::Client;

/// Callbacks that are made at the same time.
const AT_ONCE: usize = 64;
/// The longest rest between two looks.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What calls merchants back.
#[derive(Debug)]
pub(crate) struct Notifier {
    client: Client,
    wake: Notify,
    permits: Semaphore,
    /// User name of the world and number of the delivery.
    in_flight: Mutex<HashSet<(String, u64)>>,
}

impl Default for Notifier {
    fn default() -> Self {
        Self {
            client: Client::default(),
            wake: Notify::new(),
            permits: Semaphore::new(AT_ONCE),
            in_flight: Mutex::default(),
        }
    }
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
            for (slot, delivery) in self.take_due(sandbox) {
                let sandbox = Arc::clone(sandbox);
                tokio::spawn(async move {
                    sandbox.notifier.try_one(&sandbox, &slot, &delivery).await;
                    sandbox.notifier.wake();
                });
            }
            let rest = self.next_due(sandbox).map_or(LONGEST_REST, |next| {
                let until = next.duration_since(sandbox.clock.now());
                // A millisecond more than needed: the clocks count finer than the timer waits.
                let until = until.checked_add(SignedDuration::from_millis(1));
                let until = until.and_then(|until| Duration::try_from(until).ok());
                until.unwrap_or_default().min(LONGEST_REST)
            });
            tokio::select! {
                () = &mut shutdown => return,
                () = self.wake.notified() => {}
                () = sleep(rest) => {}
            }
        }
    }

    /// Tries what is due in every world and waits for the results; tells when the next callback is due, in machine
    /// time.
    pub(crate) async fn tick(&self, sandbox: &Sandbox) -> Option<Timestamp> {
        let due = self.take_due(sandbox);
        join_all(
            due.iter()
                .map(|(slot, delivery)| self.try_one(sandbox, slot, delivery)),
        )
        .await;
        self.next_due(sandbox)
    }

    /// What is due and not in flight; from here on it is.
    fn take_due(&self, sandbox: &Sandbox) -> Vec<(SharedSlot, Delivery)> {
        let mut due = Vec::new();
        for slot in sandbox.slots() {
            let deliveries = slot.look(&*sandbox.clock, |world, now| world.due_deliveries(now));
            let mut in_flight = self
                .in_flight
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for delivery in deliveries {
                if in_flight.insert(flight(&slot, &delivery)) {
                    due.push((Arc::clone(&slot), delivery));
                }
            }
        }
        due
    }

    /// When the next callback that is not in flight is due, in machine time.
    fn next_due(&self, sandbox: &Sandbox) -> Option<Timestamp> {
        let next = |slot: &SharedSlot| {
            slot.look(&*sandbox.clock, |world, _| {
                let in_flight = self
                    .in_flight
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                let due = world
                    .next_delivery_at(|delivery| !in_flight.contains(&flight(slot, delivery)))?;
                due.checked_sub(SignedDuration::from_micros(world.offset_us()))
                    .ok()
            })
        };
        sandbox.slots().iter().filter_map(next).min()
    }

    async fn try_one(&self, sandbox: &Sandbox, slot: &SharedSlot, delivery: &Delivery) {
        let result = match self.permits.acquire().await {
            Ok(_permit) => {
                self.client
                    .post(&delivery.url, delivery.body.as_ref())
                    .await
            }
            Err(_) => Err("the sandbox is closing".to_owned()),
        };
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
        let mut in_flight = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        in_flight.remove(&flight(slot, delivery));
    }
}

fn flight(slot: &SharedSlot, delivery: &Delivery) -> (String, u64) {
    (slot.credential.username.clone(), delivery.id)
}
