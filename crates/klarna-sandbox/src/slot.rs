//! One world with everything that stands around it: journal, request log, fault rules, rate counters.
//!
//! Invariant: a command is applied and handed to the journal under one lock, so the file has the order in which things
//! happened; the answer leaves only after the journal has it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kassa_environment::{Clock, Entropy, SeededEntropy};

use crate::SandboxError;
use crate::config::Credential;
use crate::fault::Faults;
use crate::http::RateCounters;
use crate::journal::{Entry, Journal};
use crate::request_log::RequestLog;
use crate::world::{Command, Reply, World};

/// A world and its surroundings.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The credentials that open it.
    pub(crate) credential: Credential,
    state: Mutex<State>,
    pub(crate) log: Mutex<RequestLog>,
    pub(crate) faults: Faults,
    pub(crate) rates: Mutex<RateCounters>,
}

#[derive(Debug)]
struct State {
    world: World,
    journal: Journal,
}

impl Slot {
    pub(crate) fn new(credential: Credential, world: World, journal: Journal, log: usize) -> Self {
        Self {
            credential,
            state: Mutex::new(State { world, journal }),
            log: Mutex::new(RequestLog::new(log)),
            faults: Faults::default(),
            rates: Mutex::new(RateCounters::default()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while applying would leave half a command; the next one still finds valid data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one thing in this world, now.
    ///
    /// # Errors
    /// When the journal cannot be written: then the effect is in memory, unanswered, and gone after a restart. Later
    /// changes are refused before they have an effect.
    pub(crate) async fn execute(
        &self,
        command: Command,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Reply, SandboxError> {
        let seed = entropy.next_u64();
        let (reply, written) = {
            let mut state = self.state();
            let State { world, journal } = &mut *state;
            if !command.is_read() {
                journal.accepts()?;
            }
            let now = world.time_at(clock.now());
            let reply = world.apply(&command, now, &SeededEntropy::new(seed));
            if command.is_read() {
                return Ok(reply);
            }
            let entry = Entry::new(now, seed, command);
            (reply, journal.append(entry)?)
        };
        written.wait().await?;
        Ok(reply)
    }

    /// Looks at the world without changing it.
    pub(crate) fn look<T>(
        &self,
        clock: &dyn Clock,
        look: impl FnOnce(&World, Timestamp) -> T,
    ) -> T {
        let state = self.state();
        let now = state.world.time_at(clock.now());
        look(&state.world, now)
    }

    /// The journal so far, as text.
    pub(crate) fn export(&self) -> Result<String, SandboxError> {
        self.state().journal.export()
    }

    /// Puts another world in this one's place, with the journal that led to it.
    pub(crate) async fn replace(
        &self,
        world: World,
        entries: Vec<Entry>,
    ) -> Result<(), SandboxError> {
        let written = {
            let mut state = self.state();
            let written = state.journal.restart(entries)?;
            state.world = world;
            written
        };
        written.wait().await
    }

    /// Writes a snapshot beside the journal.
    pub(crate) fn save_snapshot(&self) -> Result<(), SandboxError> {
        let mut state = self.state();
        let State { world, journal } = &mut *state;
        journal.save_snapshot(world)
    }
}

/// A slot that several tasks hold.
pub(crate) type SharedSlot = Arc<Slot>;
