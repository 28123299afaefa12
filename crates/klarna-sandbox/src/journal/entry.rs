//! The lines of a journal: a header, then one command with its time and seed per line.
//!
//! Invariant: the text is self-contained; exported on one machine it replays on another.

use jiff::Timestamp;
use kassa_environment::SeededEntropy;
use serde::{Deserialize, Serialize};

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

/// Reads a journal's text; the error is the line, counted from 1, and what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Parsed, (usize, String)> {
    let mut lines = text.lines().enumerate();
    let Some((_, first)) = lines.next() else {
        return Err((1, "the header is missing".to_owned()));
    };
    let header: Header = serde_json::from_str(first).map_err(|error| (1, error.to_string()))?;
    if header.journal != 1 {
        return Err((1, format!("format {} is unknown", header.journal)));
    }
    let mut entries = Vec::new();
    for (index, line) in lines {
        if line.trim().is_empty() {
            continue;
        }
        let entry = serde_json::from_str(line).map_err(|error| (index + 1, error.to_string()))?;
        entries.push(entry);
    }
    Ok(Parsed { header, entries })
}

/// Does everything again.
pub(crate) fn replay(world: &mut World, entries: &[Entry]) {
    for entry in entries {
        world.apply(&entry.command, entry.at, &SeededEntropy::new(entry.seed));
    }
}
