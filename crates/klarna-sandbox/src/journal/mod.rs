//! The append-only list of what happened in each world, and how a world comes back from it.
//!
//! Invariant: an entry is written before its answer leaves, in the order in which the commands were applied. Entries
//! carry their time and seed, so the same rules version replays them to the same world; another version starts from
//! the snapshot.

mod call;
mod entry;
mod file;
pub(crate) mod files;
mod memory;
mod tail;
mod writer;

use jiff::Timestamp;

pub(crate) use call::{Answer, Call, Sent};
pub(crate) use entry::{Damage, Entry, parse, replay};
pub(crate) use file::{Draft, Place, Rest};
pub(crate) use writer::{Target, Writer, Written};

use crate::SandboxError;
use crate::world::{Birth, World};
use file::FileJournal;
use memory::MemoryJournal;

/// The journal of one world.
#[derive(Debug)]
pub(crate) enum Journal {
    Memory(Box<MemoryJournal>),
    File(Box<FileJournal>),
}

impl Journal {
    /// A journal that lives as long as the process.
    pub(crate) fn in_memory(world_id: &str, born: &Birth) -> Self {
        Self::Memory(Box::new(MemoryJournal::new(world_id, born)))
    }

    /// Opens or starts the journal of a world and rebuilds the world from it.
    pub(crate) fn open(place: Place, born: &Birth) -> Result<(Self, World), SandboxError> {
        let (journal, world) = FileJournal::open(place, born)?;
        Ok((Self::File(Box::new(journal)), world))
    }

    /// Whether the world can be loaded again.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Fails when an earlier entry could not be written.
    pub(crate) fn accepts(&self) -> Result<(), SandboxError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(journal) => journal.accepts(),
        }
    }

    /// Hands an entry over that led to `world`. The returned promise is kept when the entry is as safe as configured.
    pub(crate) fn append(&mut self, entry: &Entry, world: &World) -> Result<Written, SandboxError> {
        match self {
            Self::Memory(journal) => {
                journal.append(entry, world);
                Ok(Written::already())
            }
            Self::File(journal) => journal.append(entry),
        }
    }

    /// Begins anew, from a base or from a newborn world.
    pub(crate) fn restart(
        &mut self,
        born: Option<Birth>,
        base: Option<&World>,
        entries: &[Entry],
    ) -> Result<(), SandboxError> {
        let base = base.map(entry::line);
        match self {
            Self::Memory(journal) => {
                journal.restart(born, base, entries);
                Ok(())
            }
            Self::File(journal) => journal.restart(born, base, entries),
        }
    }

    /// The whole journal as text, one JSON document a line, the header first.
    pub(crate) fn export(&mut self) -> Result<String, SandboxError> {
        match self {
            Self::Memory(journal) => Ok(journal.export()),
            Self::File(journal) => journal.export(),
        }
    }

    /// Writes a snapshot; in memory there is nothing to write.
    pub(crate) fn save_snapshot(
        &mut self,
        world: &World,
        due: Option<Timestamp>,
    ) -> Result<(), SandboxError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(journal) => journal.save_snapshot(world, due),
        }
    }

    /// The new beginning of a journal that has become long.
    pub(crate) fn draft(&mut self, world: &World) -> Option<Draft> {
        match self {
            Self::Memory(_) => None,
            Self::File(journal) => journal.is_long().then(|| journal.draft(world)),
        }
    }

    /// Puts a written draft in this journal's place.
    pub(crate) fn take_over(&mut self, draft: &Draft) -> Result<(), SandboxError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(journal) => journal.take_over(draft),
        }
    }

    /// Whether [`Journal::draft`] would give one.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Memory(_) => false,
            Self::File(journal) => journal.is_long(),
        }
    }

    /// Waits until everything that was handed over is written.
    pub(crate) fn settle(&self) -> Result<(), SandboxError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(journal) => journal.settle(),
        }
    }
}
