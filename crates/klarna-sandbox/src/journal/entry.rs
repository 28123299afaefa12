//! The lines of a journal: a header, a base if there is one, then what happened, one thing per line.
//!
//! Invariant: the text is self-contained; exported on one machine it replays on another. The header says what the world
//! was born with, so not even the configuration has to be the same.

use std::path::Path;

use jiff::Timestamp;
use kassa_environment::SeededEntropy;
use serde::{Deserialize, Serialize};

use super::call::Call;
use crate::SandboxError;
use crate::world::{Birth, Command, RULES_VERSION, World};

/// The version of the file format that is written.
const FORMAT: u32 = 2;

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
    /// How often the journal began anew, by compaction, restoring or replay.
    #[serde(default)]
    pub(crate) generation: u64,
    /// Whether the second line is the world that the entries go on from, instead of a newborn one.
    #[serde(default)]
    pub(crate) base: bool,
    /// What the world was born with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) born: Option<Birth>,
}

impl Header {
    pub(crate) fn new(world: &str, born: &Birth) -> Self {
        Self {
            journal: FORMAT,
            rules: RULES_VERSION,
            world: world.to_owned(),
            truncated: false,
            generation: 0,
            base: false,
            born: Some(born.clone()),
        }
    }

    /// The header of the journal that follows this one.
    pub(crate) fn next(&self, born: Option<Birth>, base: bool) -> Self {
        Self {
            journal: FORMAT,
            rules: RULES_VERSION,
            world: self.world.clone(),
            truncated: false,
            generation: self.generation + 1,
            base,
            born: born.or_else(|| self.born.clone()),
        }
    }

    pub(crate) fn line(&self) -> String {
        line(self)
    }
}

/// One thing that happened: a command, a request, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// World time.
    pub(crate) at: Timestamp,
    /// The seed of the command's chance.
    #[serde(default)]
    pub(crate) seed: u64,
    /// What happened to the world; nothing when a request was refused at the door.
    #[serde(rename = "do", default, skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<Command>,
    /// The request it came with, and what was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<Call>,
}

/// An entry of the first format.
#[derive(Deserialize)]
struct OldEntry {
    at: Timestamp,
    seed: u64,
    #[serde(flatten)]
    command: Command,
}

impl Entry {
    /// A command that came without a request.
    pub(crate) fn of(at: Timestamp, seed: u64, command: Command) -> Self {
        Self {
            at,
            seed,
            command: Some(command),
            call: None,
        }
    }

    pub(crate) fn line(&self) -> String {
        line(self)
    }
}

impl From<OldEntry> for Entry {
    fn from(old: OldEntry) -> Self {
        Self::of(old.at, old.seed, old.command)
    }
}

pub(super) fn line<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string(value).expect("plain data with text keys becomes JSON");
    text.push('\n');
    text
}

/// A journal that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) header: Header,
    /// The world that the entries go on from, where it is not a newborn one.
    pub(crate) base: Option<World>,
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

/// Reads a whole journal; a copy of one that is being written may end in zeros.
pub(crate) fn parse(text: &str) -> Result<Parsed, Damage> {
    let text = text.trim_end_matches('\0');
    let header = parse_header(text)?;
    let base = parse_base(text, &header)?;
    let entries = parse_entries(text, &header, 0)?;
    Ok(Parsed {
        header,
        base,
        entries,
    })
}

/// Reads the first line.
pub(crate) fn parse_header(text: &str) -> Result<Header, Damage> {
    let damage = |reason: String| Damage { line: 1, reason };
    let first = text.lines().next().unwrap_or_default();
    let header: Header = serde_json::from_str(first).map_err(|error| damage(error.to_string()))?;
    if !(1..=FORMAT).contains(&header.journal) {
        return Err(damage(format!("format {} is unknown", header.journal)));
    }
    Ok(header)
}

/// Reads the world that the entries go on from.
pub(crate) fn parse_base(text: &str, header: &Header) -> Result<Option<World>, Damage> {
    if !header.base {
        return Ok(None);
    }
    let base = text.lines().nth(1).unwrap_or_default();
    serde_json::from_str(base)
        .map(Some)
        .map_err(|error| Damage {
            line: 2,
            reason: error.to_string(),
        })
}

/// Length of what stands before the entries.
pub(crate) fn before_entries(text: &str, header: &Header) -> usize {
    let lines = if header.base { 2 } else { 1 };
    text.split_inclusive('\n').take(lines).map(str::len).sum()
}

/// Reads the entries that begin at byte `start` or later.
pub(crate) fn parse_entries(
    text: &str,
    header: &Header,
    start: usize,
) -> Result<Vec<Entry>, Damage> {
    let start = start.max(before_entries(text, header));
    let before = text.get(..start).unwrap_or(text).matches('\n').count();
    let mut entries = Vec::new();
    for (index, line) in text.get(start..).unwrap_or_default().lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let entry = if header.journal == 1 {
            serde_json::from_str::<OldEntry>(line).map(Entry::from)
        } else {
            serde_json::from_str(line)
        };
        entries.push(entry.map_err(|error| Damage {
            line: before + index + 1,
            reason: error.to_string(),
        })?);
    }
    Ok(entries)
}

/// Does everything again.
pub(crate) fn replay(world: &mut World, entries: &[Entry]) {
    for entry in entries {
        if let Some(command) = &entry.command {
            world.apply(command, entry.at, &SeededEntropy::new(entry.seed));
        }
        if let Some(call) = &entry.call {
            world.note_request(call.number);
        }
    }
}
