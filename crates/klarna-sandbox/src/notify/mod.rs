//! Calling merchants back: the only place of the sandbox that connects outward.
//!
//! Invariant: what to call and when is the world's decision; here a request is made, within the time that its kind
//! allows, and the result goes back into the world as a command. A callback is in flight once at a time, a world has a
//! bounded number in flight, and no world waits for another. A result belongs to the epoch of the world in which the
//! callback was taken: after a restore it is dropped, and the restored world owes its own callbacks. `http://` and loopback targets are accepted unless the
//! sandbox is configured otherwise: that is what a sandbox is for.

mod client;
mod flights;
mod target;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kassa_environment::sleep;
use tokio::sync::Notify;

pub(crate) use flights::Flights;

use crate::config::CallbackTargets;
use crate::slot::SharedSlot;
use crate::world::{AttemptOutcome, Command, Delivery};
use crate::{Sandbox, SandboxError};
use client::Client;
use flights::Flight;

/// The longest rest between two looks.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What calls merchants back.
#[derive(Debug)]
pub(crate) struct Notifier {
    client: Client,
    wake: Notify,
}

/// Why a callback is not tried by hand.
#[derive(Debug)]
pub(crate) enum NotReplayed {
    /// There is none with this number, or it ended long ago.
    Unknown,
    /// It is being tried right now.
    InFlight,
    /// It was tried too often.
    TooOften,
    /// The result could not be written down.
    Failed(SandboxError),
}

/// A callback that is being made.
struct Taken {
    slot: SharedSlot,
    /// The epoch of the world when it was taken.
    epoch: u64,
    delivery: Delivery,
}

impl Taken {
    fn of(slot: &SharedSlot, epoch: u64, delivery: Delivery) -> Self {
        Self {
            slot: Arc::clone(slot),
            epoch,
            delivery,
        }
    }

    fn flight(&self) -> Flight {
        (self.epoch, self.delivery.id)
    }
}

impl Notifier {
    pub(crate) fn new(targets: CallbackTargets) -> Self {
        Self {
            client: Client::new(targets),
            wake: Notify::new(),
        }
    }

    /// Something may be due now.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Works until `shutdown` is done.
    pub(crate) async fn run(&self, sandbox: &Arc<Sandbox>, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            let done = do_what_is_due(sandbox).await;
            for taken in take_due(sandbox) {
                let sandbox = Arc::clone(sandbox);
                tokio::spawn(async move {
                    sandbox.notifier.try_due(&sandbox, &taken).await;
                    sandbox.notifier.wake();
                });
            }
            // Without a journal nothing changes any more, and looking again at once would find the same.
            let next = next_due(sandbox).filter(|_| done);
            let rest = next.map_or(LONGEST_REST, |next| {
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

    /// Tries what is due in every world, and what becomes due by that, and waits for the results; tells when the next
    /// callback is due, in machine time.
    pub(crate) async fn tick(&self, sandbox: &Sandbox) -> Option<Timestamp> {
        loop {
            do_what_is_due(sandbox).await;
            let due = take_due(sandbox);
            if due.is_empty() {
                return next_due(sandbox);
            }
            join_all(due.iter().map(|taken| self.try_due(sandbox, taken))).await;
        }
    }

    /// Makes a callback once more because somebody asks for it, whatever its state.
    pub(crate) async fn replay(
        &self,
        sandbox: &Sandbox,
        slot: &SharedSlot,
        id: u64,
    ) -> Result<(), NotReplayed> {
        let taken = slot.look_with_epoch(&*sandbox.clock, |world, _, epoch| {
            let delivery = world.delivery(id)?.clone();
            Some(Taken::of(slot, epoch, delivery))
        });
        let taken = taken.ok_or(NotReplayed::Unknown)?;
        if !taken.delivery.can_be_replayed() {
            return Err(NotReplayed::TooOften);
        }
        if !slot.flights.begin(taken.flight()) {
            return Err(NotReplayed::InFlight);
        }
        let tried = self.try_one(sandbox, &taken, true).await;
        slot.flights.end(taken.flight());
        self.wake();
        match tried {
            Err(SandboxError::Replaced) => Err(NotReplayed::Unknown),
            tried => tried.map_err(NotReplayed::Failed),
        }
    }

    async fn try_due(&self, sandbox: &Sandbox, taken: &Taken) {
        let Taken { slot, delivery, .. } = taken;
        match self.try_one(sandbox, taken, false).await {
            Ok(()) => slot.flights.end(taken.flight()),
            Err(SandboxError::Replaced) => {
                tracing::debug!(
                    delivery = delivery.id,
                    "a callback of another timeline ended"
                );
                slot.flights.end(taken.flight());
            }
            // It stays in flight until the restart that the journal needs: else it would be made again and again.
            Err(error) => {
                tracing::error!(%error, delivery = delivery.id, "the result of a callback is lost");
            }
        }
    }

    async fn try_one(
        &self,
        sandbox: &Sandbox,
        taken: &Taken,
        by_hand: bool,
    ) -> Result<(), SandboxError> {
        let delivery = &taken.delivery;
        let began = sandbox.clock.now();
        let result = self.client.make(delivery).await;
        let took = sandbox.clock.now().duration_since(began);
        let mut outcome = AttemptOutcome {
            duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            by_hand,
            ..AttemptOutcome::default()
        };
        match result {
            Ok(answer) => (outcome.status, outcome.answer) = (Some(answer.status), answer.head),
            Err(error) => outcome.error = Some(error),
        }
        tracing::debug!(delivery = delivery.id, ?outcome, "callback tried");
        let command = Command::CallbackTried {
            delivery: delivery.id,
            outcome,
        };
        sandbox.report(&taken.slot, taken.epoch, command).await
    }
}

/// The end of the maintenance in which nothing happens by itself and nothing is told.
fn held_until(slot: &SharedSlot, now: Timestamp) -> Option<Timestamp> {
    slot.faults.maintenance_until(now)
}

/// Does what time alone brings about; `false` when a journal does not take it.
async fn do_what_is_due(sandbox: &Sandbox) -> bool {
    let mut done = true;
    for slot in sandbox.owing_worlds() {
        let due = slot.look(&*sandbox.clock, |world, now| match held_until(&slot, now) {
            Some(_) => Vec::new(),
            None => world.due_commands(now),
        });
        for command in due {
            let operation = command.operation();
            if let Err(error) = sandbox.execute(&slot, command).await {
                tracing::error!(%error, operation, "what was due is not done");
                done = false;
            }
        }
    }
    done
}

/// What is due, is not in flight and has room, the longest due first; from here on it is in flight.
fn take_due(sandbox: &Sandbox) -> Vec<Taken> {
    let mut taken = Vec::new();
    for slot in sandbox.owing_worlds() {
        let due = slot.look_with_epoch(&*sandbox.clock, |world, now, epoch| {
            if held_until(&slot, now).is_some() {
                return Vec::new();
            }
            let mut due: Vec<&Delivery> = world
                .due_deliveries(now)
                .filter(|delivery| !slot.flights.contains((epoch, delivery.id)))
                .collect();
            due.sort_by_key(|delivery| (delivery.due_at, delivery.id));
            due.truncate(slot.flights.room());
            let due = due.into_iter().cloned();
            due.map(|delivery| Taken::of(&slot, epoch, delivery))
                .collect::<Vec<_>>()
        });
        let begun = |one: &Taken| slot.flights.begin(one.flight());
        taken.extend(due.into_iter().filter(begun));
    }
    taken
}

/// When something is due that is not under way, in machine time. A world that is at its limit is looked at when one
/// of its callbacks ends.
fn next_due(sandbox: &Sandbox) -> Option<Timestamp> {
    let next = |slot: &SharedSlot| {
        slot.look_with_epoch(&*sandbox.clock, |world, now, epoch| {
            let callback = match slot.flights.room() {
                0 => None,
                _ => {
                    world.next_delivery_at(|delivery| !slot.flights.contains((epoch, delivery.id)))
                }
            };
            let due = [callback, world.next_command_at()]
                .into_iter()
                .flatten()
                .min()?;
            let due = held_until(slot, now).map_or(due, |until| due.max(until));
            world.machine_time_of(due)
        })
    };
    sandbox.owing_worlds().iter().filter_map(next).min()
}
