//! One loaded world with everything that stands around it: journal, request log, fault rules, rate counters,
//! callbacks in flight.
//!
//! Invariant: a command is applied and handed to the journal under one lock, so the file has the order in which things
//! happened; the answer leaves only after the journal has it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kassa_environment::{Clock, Entropy, SeededEntropy};

use crate::SandboxError;
use crate::fault::{Faults, HeaderFaults, Target};
use crate::http::{KeysInFlight, RateCounters};
use crate::journal::{Call, Entry, Journal};
use crate::notify::Flights;
use crate::registry::{Known, Number};
use crate::request_log::RequestLog;
use crate::snapshots::Snapshots;
use crate::world::{Birth, Command, Delivery, Numbered, RateColumn, Reply, World};

/// A world and its surroundings.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Its number in the registry.
    pub(crate) number: Number,
    /// The user name that opens it.
    pub(crate) username: String,
    /// The shop's name as shoppers see it.
    pub(crate) name: String,
    state: Mutex<State>,
    pub(crate) log: Mutex<RequestLog>,
    pub(crate) faults: Faults,
    pub(crate) rates: Mutex<RateCounters>,
    pub(crate) in_flight: KeysInFlight,
    pub(crate) flights: Flights,
    pub(crate) snapshots: Snapshots,
    /// When it was last asked for, in microseconds of the machine's clock.
    used_us: AtomicI64,
    /// Set when the journal has become long.
    long: AtomicBool,
}

#[derive(Debug)]
struct State {
    world: World,
    journal: Journal,
    /// Set when the world was removed or unloaded: whoever still holds the slot must not write any more.
    closed: bool,
    /// How often the world was replaced: what began in one epoch has no say in the next.
    epoch: u64,
}

/// Another world for a slot, and the journal that led to it.
#[derive(Debug)]
pub(crate) struct Replacement {
    pub(crate) world: World,
    /// What it was born with, if that changes.
    pub(crate) born: Option<Birth>,
    /// The world that the entries go on from, if there is one.
    pub(crate) base: Option<World>,
    pub(crate) entries: Vec<Entry>,
}

/// What a request has to know of its world before it is understood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    /// World time.
    pub(crate) now: Timestamp,
    /// Nothing for a replayed request, which has its number.
    pub(crate) numbered: Option<Numbered>,
    /// Whether requests may ask for faults.
    pub(crate) header_faults: bool,
    /// The limits that calls count against, if they do.
    pub(crate) rate_limits: Option<RateColumn>,
    /// Whether a second call is refused while the first with its idempotency key is on its way.
    pub(crate) conflict_on_key_in_flight: bool,
}

/// What came of a command, and whether the world has something to do by itself since.
#[derive(Debug)]
pub(crate) struct Answered<T> {
    pub(crate) answer: T,
    pub(crate) owes: bool,
}

/// A slot that several tasks hold.
pub(crate) type SharedSlot = Arc<Slot>;

/// What a command is done with: the time and chance of now, or those of a journal that is replayed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment<'a> {
    Now {
        clock: &'a dyn Clock,
        entropy: &'a dyn Entropy,
        /// The faults that the request asks for.
        asked: &'a HeaderFaults,
        /// The epoch in which it began, if it means nothing in another.
        epoch: Option<u64>,
    },
    Then {
        at: Timestamp,
        seed: u64,
    },
}

impl Moment<'_> {
    fn began_before(&self, epoch: u64) -> bool {
        matches!(self, Self::Now { epoch: Some(began), .. } if *began != epoch)
    }
}

impl Slot {
    /// Puts a world into its surroundings.
    pub(crate) fn new(
        (number, known): (Number, &Known),
        (journal, world): (Journal, World),
        snapshots: Snapshots,
        log: usize,
    ) -> Self {
        Self {
            number,
            username: known.username().to_owned(),
            name: known.name().to_owned(),
            state: Mutex::new(State {
                world,
                journal,
                closed: false,
                epoch: 0,
            }),
            log: Mutex::new(RequestLog::new(log)),
            faults: Faults::default(),
            rates: Mutex::new(RateCounters::default()),
            in_flight: KeysInFlight::default(),
            flights: Flights::default(),
            snapshots,
            used_us: AtomicI64::new(i64::MIN),
            long: AtomicBool::new(false),
        }
    }

    /// The name that tells this world from others; no secret.
    pub(crate) fn world_name(&self) -> &str {
        &self.username
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while applying would leave half a command; the next one still finds valid data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody asked for this world.
    pub(crate) fn touch(&self, now: Timestamp) {
        self.used_us
            .fetch_max(now.as_microsecond(), Ordering::Relaxed);
    }

    /// When somebody last asked for it, in microseconds of the machine's clock.
    pub(crate) fn used_us(&self) -> i64 {
        self.used_us.load(Ordering::Relaxed)
    }

    /// Lets a request in, and numbers it if it is a fresh one. One look, because others wait for the world meanwhile.
    pub(crate) fn enter(&self, clock: &dyn Clock, fresh: bool) -> Door {
        let mut state = self.state();
        let numbered = fresh.then(|| state.world.number_request());
        let settings = state.world.settings();
        Door {
            now: state.world.time_at(clock.now()),
            numbered,
            header_faults: settings.header_faults,
            rate_limits: settings.rate_limits.then_some(settings.rate_limit_column),
            conflict_on_key_in_flight: settings.conflict_on_key_in_flight,
        }
    }

    /// Numbers a request that comes in by another way than [`Slot::enter`].
    pub(crate) fn number_request(&self) -> Numbered {
        self.state().world.number_request()
    }

    /// Does one thing in this world.
    ///
    /// # Errors
    /// When the journal cannot be written: then the effect is in memory, unanswered, and gone after a restart. Later
    /// changes are refused before they have an effect.
    pub(crate) async fn execute(
        &self,
        command: Command,
        moment: Moment<'_>,
    ) -> Result<Reply, SandboxError> {
        let done = self
            .answer(command, moment, |reply, _| (reply, None))
            .await?;
        Ok(done.answer)
    }

    /// Does one thing in this world for a request. Callbacks that come to be owed by it are struck in the same breath,
    /// before anybody can make them. `render` makes the answer and the journal's record of it, which is written with
    /// the command; it is told whether the journal keeps whole answers.
    ///
    /// # Errors
    /// As [`Slot::execute`].
    pub(crate) async fn answer<T>(
        &self,
        command: Command,
        moment: Moment<'_>,
        render: impl FnOnce(Reply, bool) -> (T, Option<Call>),
    ) -> Result<Answered<T>, SandboxError> {
        let (answered, written) = {
            let mut state = self.state();
            let State {
                world,
                journal,
                closed,
                epoch,
            } = &mut *state;
            if *closed {
                return Err(SandboxError::Gone);
            }
            if moment.began_before(*epoch) {
                return Err(SandboxError::Replaced);
            }
            if !command.is_read() {
                journal.accepts()?;
            }
            let (at, seed) = match moment {
                Moment::Then { at, seed } => (at, seed),
                Moment::Now { clock, entropy, .. } => {
                    let seed = world.seed_for(&command);
                    let seed = seed.unwrap_or_else(|| entropy.next_u64());
                    (world.time_at(clock.now()), seed)
                }
            };
            let newest = world.newest_delivery();
            let reply = world.apply(&command, at, &SeededEntropy::new(seed));
            let (answer, call) = render(reply, world.settings().journal_answers);
            let recorded = if command.is_read() {
                call.is_some() && world.settings().journal_reads
            } else {
                true
            };
            if !recorded {
                let owes = world.owes();
                return Ok(Answered { answer, owes });
            }
            let entry = Entry {
                at,
                seed,
                command: Some(command),
                call,
            };
            let mut written = journal.append(&entry, world)?;
            for command in self.strikes(world, newest, moment) {
                world.apply(&command, at, &SeededEntropy::new(0));
                written = journal.append(&Entry::of(at, 0, command), world)?;
            }
            if journal.is_long() {
                self.long.store(true, Ordering::Relaxed);
            }
            let owes = world.owes();
            (Answered { answer, owes }, written)
        };
        written.wait().await?;
        Ok(answered)
    }

    /// What faults do to the callbacks that are newer than `newest`. A replay finds it in its journal.
    fn strikes(&self, world: &World, newest: u64, moment: Moment<'_>) -> Vec<Command> {
        let Moment::Now { entropy, asked, .. } = moment else {
            return Vec::new();
        };
        let strike = |delivery: &Delivery| {
            let kind = delivery.kind.name();
            let strike = self.faults.strike(Target::Callback, kind, asked, entropy)?;
            Some(Command::StrikeCallback {
                delivery: delivery.id,
                fault: strike.on_callback()?,
            })
        };
        world.deliveries_since(newest).filter_map(strike).collect()
    }

    /// Records a request that never became a command. Nobody waits for the disk: it had no effect.
    /// `at` is the time of a replay.
    pub(crate) fn note(
        &self,
        clock: &dyn Clock,
        at: Option<Timestamp>,
        call: impl FnOnce(bool) -> Call,
    ) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        let entry = Entry {
            at: at.unwrap_or_else(|| state.world.time_at(clock.now())),
            seed: 0,
            command: None,
            call: Some(call(state.world.settings().journal_answers)),
        };
        let State { world, journal, .. } = &mut *state;
        if let Err(error) = journal.append(&entry, world) {
            tracing::warn!(%error, "a refused request is missing in the journal");
        }
    }

    /// Looks at the world without changing it.
    pub(crate) fn look<T>(
        &self,
        clock: &dyn Clock,
        look: impl FnOnce(&World, Timestamp) -> T,
    ) -> T {
        self.look_with_epoch(clock, |world, now, _| look(world, now))
    }

    /// Looks at the world and at the epoch in which it stands.
    pub(crate) fn look_with_epoch<T>(
        &self,
        clock: &dyn Clock,
        look: impl FnOnce(&World, Timestamp, u64) -> T,
    ) -> T {
        let state = self.state();
        let now = state.world.time_at(clock.now());
        look(&state.world, now, state.epoch)
    }

    /// The journal so far, as text.
    pub(crate) fn export(&self) -> Result<String, SandboxError> {
        self.state().journal.export()
    }

    /// Puts another world in this one's place.
    pub(crate) fn replace(&self, by: Replacement) -> Result<(), SandboxError> {
        let mut state = self.state();
        if state.closed {
            return Err(SandboxError::Gone);
        }
        let Replacement {
            world,
            born,
            base,
            entries,
        } = by;
        state.journal.restart(born, base.as_ref(), &entries)?;
        state.world = world;
        state.epoch += 1;
        Ok(())
    }

    /// Whether unloading would lose nothing but the request log.
    pub(crate) fn may_leave(&self) -> bool {
        self.state().journal.is_kept() && self.faults.is_empty()
    }

    /// Writes a snapshot beside the journal and tells when the next callback is due, by the machine's clock. What nobody
    /// asks for any more is not written.
    pub(crate) fn save_snapshot(
        &self,
        clock: &dyn Clock,
    ) -> Result<Option<Timestamp>, SandboxError> {
        let mut state = self.state();
        if state.closed {
            return Ok(None);
        }
        let State { world, journal, .. } = &mut *state;
        world.bury_forgotten_sessions(world.time_at(clock.now()));
        let due = world
            .next_work_at()
            .and_then(|due| world.machine_time_of(due));
        journal.save_snapshot(world, due)?;
        Ok(due)
    }

    /// From now on nobody changes this world through this slot.
    pub(crate) fn close(&self) -> Result<(), SandboxError> {
        let mut state = self.state();
        state.closed = true;
        state.journal.settle()
    }

    /// Whether the journal has become long since somebody last asked.
    pub(crate) fn became_long(&self) -> bool {
        self.long.load(Ordering::Relaxed) && self.long.swap(false, Ordering::Relaxed)
    }

    /// Lets the journal begin anew from the world as it is. Calls go on while the world is written.
    pub(crate) fn compact(&self) -> Result<(), SandboxError> {
        let draft = {
            let mut state = self.state();
            let State {
                world,
                journal,
                closed,
                ..
            } = &mut *state;
            if *closed {
                return Ok(());
            }
            journal.draft(world)
        };
        let Some(draft) = draft else {
            return Ok(());
        };
        draft.write()?;
        let mut state = self.state();
        if state.closed {
            return Ok(());
        }
        state.journal.take_over(&draft)
    }
}
