//! The append-only list of commands behind each world, and how a world comes back from it.
//!
//! Invariant: an entry is written before its answer leaves, in the order in which the commands were applied. Entries
//! carry their time and seed, so the same rules version replays them to the same world; another version starts from
//! the snapshot.

mod entry;
mod file;
mod memory;
mod writer;

use std::path::Path;
use std::sync::Arc;

pub(crate) use entry::{Entry, parse, replay};
pub(crate) use writer::{Writer, Written};

use crate::SandboxError;
use crate::world::World;
use file::FileJournal;
use memory::MemoryJournal;

/// The journal of one world.
#[derive(Debug)]
pub(crate) enum Journal {
    Memory(MemoryJournal),
    File(FileJournal),
}

impl Journal {
    /// A journal that lives as long as the process.
    pub(crate) fn in_memory(world_id: &str) -> Self {
        Self::Memory(MemoryJournal::new(world_id))
    }

    /// Opens or starts the journal of a world in `directory` and rebuilds the world from it.
    pub(crate) fn open(
        directory: &Path,
        world_id: &str,
        empty: World,
        writer: &Arc<Writer>,
    ) -> Result<(Self, World), SandboxError> {
        let (journal, world) = FileJournal::open(directory, world_id, empty, writer)?;
        Ok((Self::File(journal), world))
    }

    /// Fails when an earlier entry could not be written.
    pub(crate) fn accepts(&self) -> Result<(), SandboxError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(journal) => journal.accepts(),
        }
    }

    /// Hands an entry over. The returned promise is kept when the entry is as safe as configured.
    pub(crate) fn append(&mut self, entry: Entry) -> Result<Written, SandboxError> {
        match self {
            Self::Memory(journal) => {
                journal.append(&entry);
                Ok(Written::already())
            }
            Self::File(journal) => journal.append(&entry),
        }
    }

    /// Starts over with other entries.
    pub(crate) fn restart(&mut self, entries: Vec<Entry>) -> Result<Written, SandboxError> {
        match self {
            Self::Memory(journal) => {
                journal.restart(&entries);
                Ok(Written::already())
            }
            Self::File(journal) => journal.restart(&entries),
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
    pub(crate) fn save_snapshot(&mut self, world: &World) -> Result<(), SandboxError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(journal) => journal.save_snapshot(world),
        }
    }
}
