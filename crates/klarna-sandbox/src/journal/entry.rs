//! The lines of a journal: a header, then one command with its time and seed per line.
//!
//! Invariant: the text is self-contained; exported on one machine it replays on another.

use std::path::Path;

use jiff::Timestamp;
use kassa_environment::SeededEntropy;
use serde::{Deserialize, Serialize};

use crate::SandboxError;
use crate::world::{Command, RULES_VERSION, World};

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The version of the file format.
    pub(crate) journal: u32,
    /// The version of the rules that wrote it.
    pub(crate) rules: u32,
    /// The world's id.
    pub(crate) world: String,
    /// Whether entries are missing at the end, because the memory limit was reached.
    #[serde(default)]
    pub(crate) truncated: bool,
}

impl Header {
    pub(crate) fn new(world: &str) -> Self {
        Self {
            journal: 1,
            rules: RULES_VERSION,
            world: world.to_owned(),
            truncated: false,
        }
    }

    pub(crate) fn line(&self) -> String {
        line(self)
    }
}

/// One command that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// World time.
    pub(crate) at: Timestamp,
    /// The seed of its entropy.
    pub(crate) seed: u64,
    /// What happened.
    #[serde(flatten)]
    pub(crate) command: Command,
}

impl Entry {
    pub(crate) fn new(at: Timestamp, seed: u64, command: Command) -> Self {
        Self { at, seed, command }
    }

    pub(crate) fn line(&self) -> String {
        line(self)
    }
}

fn line<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string(value).expect("plain data with text keys becomes JSON");
    text.push('\n');
    text
}

/// A journal that was read.
pub(crate) struct Parsed {
    pub(crate) header: Header,
    pub(crate) entries: Vec<Entry>,
}

/// A line that is no part of a journal.
#[derive(Debug)]
pub(crate) struct Damage {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

impl Damage {
    pub(crate) fn in_file(self, path: &Path) -> SandboxError {
        SandboxError::Damaged {
            path: path.to_owned(),
            line: self.line,
            reason: self.reason,
        }
    }
}

/// Reads a whole journal.
pub(crate) fn parse(text: &str) -> Result<Parsed, Damage> {
    Ok(Parsed {
        header: parse_header(text)?,
        entries: parse_entries(text, 0)?,
    })
}

/// Reads the first line.
pub(crate) fn parse_header(text: &str) -> Result<Header, Damage> {
    let damage = |reason: String| Damage { line: 1, reason };
    let first = text.lines().next().unwrap_or_default();
    let header: Header = serde_json::from_str(first).map_err(|error| damage(error.to_string()))?;
    if header.journal != 1 {
        return Err(damage(format!("format {} is unknown", header.journal)));
    }
    Ok(header)
}

/// Reads the entries that begin at byte `start` or later; the header is none of them.
pub(crate) fn parse_entries(text: &str, start: usize) -> Result<Vec<Entry>, Damage> {
    let first = text.find('\n').map_or(text.len(), |end| end + 1);
    let start = start.max(first);
    let before = text.get(..start).unwrap_or(text).matches('\n').count();
    let mut entries = Vec::new();
    for (index, line) in text.get(start..).unwrap_or_default().lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let entry = serde_json::from_str(line).map_err(|error| Damage {
            line: before + index + 1,
            reason: error.to_string(),
        })?;
        entries.push(entry);
    }
    Ok(entries)
}

/// Does everything again.
pub(crate) fn replay(world: &mut World, entries: &[Entry]) {
    for entry in entries {
        world.apply(&entry.command, entry.at, &SeededEntropy::new(entry.seed));
    }
}
