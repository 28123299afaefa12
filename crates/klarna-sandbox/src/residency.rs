//! Which worlds are in memory: loaded at their first call, unloaded when nobody has asked for a while.
//!
//! Invariant: a world is in memory at most once, and what waits to be done in one that is not is known: the instant of
//! its next callback is kept when it is unloaded, and found again after a start.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kassa_environment::sleep;

use crate::disk;
use crate::journal::{Journal, Place, Rest};
use crate::registry::Number;
use crate::slot::{Replacement, SharedSlot, Slot};
use crate::snapshots::Snapshots;
use crate::world::{World, mark_of};
use crate::{Sandbox, SandboxError};

/// The rest between two rounds.
const ROUND: Duration = Duration::from_secs(30);

/// The worlds that wait for a callback to be tried: loaded ones, and others with the machine's time at which they must
/// be.
#[derive(Debug, Default)]
pub(crate) struct Owing {
    worlds: Mutex<BTreeMap<Number, Option<Timestamp>>>,
}

impl Owing {
    fn worlds(&self) -> MutexGuard<'_, BTreeMap<Number, Option<Timestamp>>> {
        self.worlds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A loaded world owes something.
    pub(crate) fn add(&self, number: Number) {
        self.worlds().insert(number, None);
    }

    /// A world was unloaded.
    fn left(&self, number: Number, due: Option<Timestamp>) {
        match due {
            Some(due) => self.worlds().insert(number, Some(due)),
            None => self.worlds().remove(&number),
        };
    }

    /// When the first world has to be loaded.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.worlds().values().flatten().min().copied()
    }

    fn due(&self, now: Timestamp) -> Vec<Number> {
        self.worlds()
            .iter()
            .filter(|(_, due)| due.is_some_and(|due| due <= now))
            .map(|(number, _)| *number)
            .collect()
    }
}

impl Sandbox {
    /// A world, loaded if need be.
    ///
    /// # Errors
    /// When its journal cannot be read, or it was removed.
    pub(crate) async fn world(
        self: &Arc<Self>,
        number: Number,
    ) -> Result<SharedSlot, SandboxError> {
        if let Some(slot) = self.registry.loaded(number) {
            slot.touch(self.clock.now());
            return Ok(slot);
        }
        let sandbox = Arc::clone(self);
        disk::beside(move || sandbox.load(number)).await?
    }

    /// A world, loaded if need be; one that cannot be loaded is told to the log.
    pub(crate) async fn world_if_sound(self: &Arc<Self>, number: Number) -> Option<SharedSlot> {
        let loaded = self.world(number).await;
        loaded
            .inspect_err(|error| tracing::error!(%error, "a world cannot be loaded"))
            .ok()
    }

    /// The world that a session or an order belongs to, whoever asks.
    pub(crate) async fn world_of_id(self: &Arc<Self>, id: &str) -> Option<SharedSlot> {
        for number in self.registry.by_mark(mark_of(id)?) {
            if let Some(slot) = self.world_if_sound(number).await
                && slot.look(&*self.clock, |world, _| world.knows(id))
            {
                return Some(slot);
            }
        }
        None
    }

    /// From now on the device with this access id is looked for in this world, too, also after a restart.
    pub(crate) async fn note_device(
        &self,
        slot: &SharedSlot,
        access_id: &str,
    ) -> Result<(), SandboxError> {
        if self.registry.note_device(slot.number, access_id)
            && let Some(catalogue) = &self.catalogue
        {
            let written = catalogue.device(&slot.username, access_id)?;
            written.wait().await?;
        }
        Ok(())
    }

    /// The only world, where the portal stands open to this machine.
    pub(crate) fn open_portal_world(&self) -> Option<Number> {
        let numbers = self.registry.list(0, 2, |number, _| Some(number));
        match numbers.as_slice() {
            [number] if self.config.open_portal => Some(*number),
            _ => None,
        }
    }

    /// The worlds that are in memory.
    pub(crate) fn slots(&self) -> Vec<SharedSlot> {
        let numbers = self.registry.list(0, usize::MAX, |number, known| {
            known.is_loaded().then_some(number)
        });
        numbers
            .into_iter()
            .filter_map(|number| self.registry.loaded(number))
            .collect()
    }

    /// The loaded worlds that owe somebody a callback.
    pub(crate) fn owing_worlds(&self) -> Vec<SharedSlot> {
        let mut slots = Vec::new();
        self.owing.worlds().retain(|number, due| {
            if due.is_some() {
                return true;
            }
            let Some(slot) = self.registry.loaded(*number) else {
                return false;
            };
            let owes = slot.look(&*self.clock, |world, _| world.owes());
            if owes {
                slots.push(slot);
            }
            owes
        });
        slots
    }

    /// Where the files of a world are; `None` when worlds live in memory.
    pub(crate) fn place(&self, world_id: &str) -> Option<Place> {
        Some(Place {
            directory: self.config.directory.clone()?,
            world_id: world_id.to_owned(),
            writer: Arc::clone(self.writer.as_ref()?),
            compact_after: self.config.compact_after,
        })
    }

    pub(crate) fn snapshots_of(&self, world_id: &str) -> Snapshots {
        match &self.config.directory {
            None => Snapshots::in_memory(),
            Some(directory) => {
                Snapshots::Directory(directory.join(format!("{world_id}.snapshots")))
            }
        }
    }

    /// Reads a world and puts it in its place.
    fn load(&self, number: Number) -> Result<SharedSlot, SandboxError> {
        let _door = self.registry.door(number);
        if let Some(slot) = self.registry.loaded(number) {
            return Ok(slot);
        }
        let (world_id, born) = self
            .registry
            .look(number, |known| {
                let born = known.birth(&self.config.settings);
                (known.file_name(), born)
            })
            .ok_or(SandboxError::Gone)?;
        let parts = match self.place(&world_id) {
            Some(place) => Journal::open(place, &born)?,
            None => (Journal::in_memory(&world_id, &born), World::born(&born)),
        };
        let owes = parts.1.owes();
        let (snapshots, log) = (self.snapshots_of(&world_id), self.config.log_entries);
        let slot = self.registry.look(number, |known| {
            Arc::new(Slot::new((number, known), parts, snapshots, log))
        });
        let slot = slot.ok_or(SandboxError::Gone)?;
        slot.touch(self.clock.now());
        self.registry.put(number, &slot).ok_or(SandboxError::Gone)?;
        if owes {
            self.owing.add(number);
            self.notifier.wake();
        }
        Ok(slot)
    }

    /// Puts another world in the place of a loaded one; see [`Slot::replace`]. Its identifiers lead here from now on.
    pub(crate) async fn replace_world(
        &self,
        slot: &SharedSlot,
        by: Replacement,
    ) -> Result<(), SandboxError> {
        let mark = by.world.mark();
        for access_id in by.world.devices() {
            self.note_device(slot, &access_id).await?;
        }
        let replaced = Arc::clone(slot);
        disk::beside(move || replaced.replace(by)).await??;
        if self.registry.adopt(slot.number, mark)
            && let Some(catalogue) = &self.catalogue
        {
            catalogue.adopted(&slot.username, mark)?.wait().await?;
        }
        self.look_for_work(slot);
        Ok(())
    }

    /// Writes a snapshot of a world and takes it out of memory, unless somebody is using it or has used it since
    /// `idle_since` (microseconds of the machine's clock).
    fn unload(&self, number: Number, idle_since: i64) -> Result<(), SandboxError> {
        let _door = self.registry.door(number);
        let slot = self.registry.take(number, |slot| {
            Arc::strong_count(slot) == 1 && slot.used_us() <= idle_since && slot.may_leave()
        });
        let Some(slot) = slot else {
            return Ok(());
        };
        match slot.save_snapshot(&*self.clock) {
            Ok(due) => {
                self.owing.left(number, due);
                Ok(())
            }
            Err(error) => {
                // Better in memory than half gone.
                self.registry.put(number, &slot);
                Err(error)
            }
        }
    }

    /// Makes a long journal short, beside the calls.
    pub(crate) fn compact_if_long(&self, slot: &SharedSlot) {
        if !slot.became_long() {
            return;
        }
        let slot = Arc::clone(slot);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = slot.compact() {
                tracing::warn!(%error, world = slot.username, "the journal stays long");
            }
        });
    }

    /// Tidies up again and again.
    pub(crate) async fn keep_house(self: &Arc<Self>) {
        loop {
            self.tidy_up().await;
            let until = self.owing.next().map(|due| {
                let until = due.duration_since(self.clock.now());
                Duration::try_from(until).unwrap_or_default()
            });
            let least = Duration::from_millis(10);
            sleep(until.unwrap_or(ROUND).clamp(least, ROUND)).await;
        }
    }

    /// One round: loads worlds whose callback is due, unloads idle ones.
    pub(crate) async fn tidy_up(self: &Arc<Self>) {
        if !self.recalled.swap(true, Ordering::SeqCst) {
            let sandbox = Arc::clone(self);
            // A panic in there is logged by the runtime; the worlds are loaded when they are called.
            let _ = tokio::task::spawn_blocking(move || sandbox.recall()).await;
        }
        let now = self.clock.now();
        for number in self.owing.due(now) {
            if let Err(error) = self.world(number).await {
                tracing::error!(%error, "a world with callbacks to make cannot be loaded");
                self.owing.left(number, None);
            }
        }
        let idle = SignedDuration::try_from(self.config.idle_after).unwrap_or(SignedDuration::MAX);
        let Ok(idle_since) = now.checked_sub(idle) else {
            return;
        };
        let idle_since = idle_since.as_microsecond();
        let idle: Vec<Number> = self.registry.idle(idle_since);
        if idle.is_empty() {
            return;
        }
        let sandbox = Arc::clone(self);
        let unload = move || {
            for number in idle {
                if let Err(error) = sandbox.unload(number, idle_since) {
                    tracing::warn!(%error, "an idle world stays in memory");
                }
            }
        };
        let _ = tokio::task::spawn_blocking(unload).await;
    }

    /// Finds the worlds that an earlier process left with something to do.
    fn recall(&self) {
        let Some(_) = &self.config.directory else {
            return;
        };
        let known = self.registry.list(0, usize::MAX, |number, known| {
            Some((number, known.file_name()))
        });
        for (number, world_id) in known {
            let rest = self.place(&world_id).map(|place| place.rest());
            match rest {
                None | Some(Rest::Asleep) => {}
                Some(Rest::Until(due)) => {
                    if self.registry.loaded(number).is_none() {
                        self.owing.left(number, Some(due));
                    }
                }
                Some(Rest::Disturbed) => {
                    if let Err(error) = self.load(number) {
                        tracing::error!(%error, world = world_id, "a world cannot be loaded");
                    }
                }
            }
        }
    }
}
