//! A journal without a file: enough for an export while the process lives.
//!
//! Invariant: bounded. At the limit it stops recording and says so in its header, because a journal with a hole
//! in the middle would replay to another world.

use super::entry::{Entry, Header};

/// Bytes of entries that are kept.
const LIMIT: usize = 16 * 1024 * 1024;

/// The journal of a world that lives in memory.
#[derive(Debug)]
pub(crate) struct MemoryJournal {
    header: Header,
    text: String,
}

impl MemoryJournal {
    pub(crate) fn new(world_id: &str) -> Self {
        Self {
            header: Header::new(world_id),
            text: String::new(),
        }
    }

    pub(crate) fn append(&mut self, entry: &Entry) {
        if self.header.truncated {
            return;
        }
        let line = entry.line();
        if self.text.len() + line.len() > LIMIT {
            self.header.truncated = true;
            return;
        }
        self.text.push_str(&line);
    }

    pub(crate) fn restart(&mut self, entries: &[Entry]) {
        self.header.truncated = false;
        self.text.clear();
        for entry in entries {
            self.append(entry);
        }
    }

    pub(crate) fn export(&self) -> String {
        format!("{}{}", self.header.line(), self.text)
    }
}
