//! A journal without a file: enough for an export while the process lives.
//!
//! Invariant: bounded. At the limit it begins anew from the world as it is, if that is small enough; otherwise it stops
//! recording and says so in its header, because a journal with a hole in the middle would replay to another world.

use std::io;

use super::entry::{Entry, Header};
use crate::world::{Birth, World};

/// Bytes of entries that are kept, and bytes of a world that they may go on from.
const LIMIT: usize = 16 * 1024 * 1024;

/// The journal of a world that lives in memory.
#[derive(Debug)]
pub(crate) struct MemoryJournal {
    pub(super) header: Header,
    base: String,
    text: String,
}

impl MemoryJournal {
    pub(crate) fn new(world_id: &str, born: &Birth) -> Self {
        Self {
            header: Header::new(world_id, born),
            base: String::new(),
            text: String::new(),
        }
    }

    /// Adds an entry that led to `world`.
    pub(crate) fn append(&mut self, entry: &Entry, world: &World) {
        if self.header.truncated {
            return;
        }
        let line = entry.line();
        if self.text.len() + line.len() <= LIMIT {
            self.text.push_str(&line);
            return;
        }
        match bounded(world) {
            Some(base) => self.restart(None, Some(base), &[]),
            None => self.header.truncated = true,
        }
    }

    pub(super) fn restart(&mut self, born: Option<Birth>, base: Option<String>, entries: &[Entry]) {
        self.header = self.header.next(born, base.is_some());
        self.base = base.unwrap_or_default();
        self.text = entries.iter().map(Entry::line).collect();
    }

    pub(crate) fn export(&self) -> String {
        format!("{}{}{}", self.header.line(), self.base, self.text)
    }
}

/// The world as a line, unless it is too large.
fn bounded(world: &World) -> Option<String> {
    struct Bounded(Vec<u8>);
    impl io::Write for Bounded {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() + bytes.len() > LIMIT {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut bounded = Bounded(Vec::new());
    serde_json::to_writer(&mut bounded, world).ok()?;
    bounded.0.push(b'\n');
    String::from_utf8(bounded.0).ok()
}
