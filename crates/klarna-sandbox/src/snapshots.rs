//! Named snapshots of a world: taken, listed, restored, exported as text and imported again.
//!
//! Invariant: a snapshot is the whole world (state, clock, counters of chance) and nothing around it: request log, fault
//! rules and journal are not in it. With a directory each is a file of its own, put in place whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::SandboxError;
use crate::disk;
use crate::journal::files;
use crate::slot::{Replacement, SharedSlot};
use crate::world::{RULES_VERSION, World};

/// Snapshots that a world may have at once.
const MAX_SNAPSHOTS: usize = 64;
/// Longest name.
const NAME_LENGTH: usize = 64;

/// What is told about a snapshot: its first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SnapshotHead {
    /// The version of the text format.
    snapshot: u32,
    /// The version of the rules that wrote it.
    pub(crate) rules: u32,
    pub(crate) name: String,
    /// The world's time.
    pub(crate) at: Timestamp,
}

/// Why a snapshot cannot be had.
#[derive(Debug)]
pub(crate) enum SnapshotError {
    /// There is none of this name.
    Unknown,
    /// The name cannot be one.
    Name,
    /// There are too many.
    Full,
    /// The text is no snapshot.
    Text(String),
    /// The disk.
    Io(SandboxError),
}

impl From<SandboxError> for SnapshotError {
    fn from(error: SandboxError) -> Self {
        Self::Io(error)
    }
}

/// The snapshots of one world.
#[derive(Debug)]
pub(crate) enum Snapshots {
    Memory(Mutex<BTreeMap<String, String>>),
    Directory(PathBuf),
}

impl Snapshots {
    pub(crate) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Keeps the world as it is, in the place of an earlier snapshot of this name.
    pub(crate) fn take(
        &self,
        name: &str,
        world: &World,
        at: Timestamp,
    ) -> Result<SnapshotHead, SnapshotError> {
        let head = SnapshotHead {
            snapshot: 1,
            rules: RULES_VERSION,
            name: name.to_owned(),
            at,
        };
        let write = || -> serde_json::Result<String> {
            let head = serde_json::to_string(&head)?;
            let world = serde_json::to_string(world)?;
            Ok(format!("{head}\n{world}\n"))
        };
        let text = write().map_err(|error| SnapshotError::Text(error.to_string()))?;
        self.keep(name, text)?;
        Ok(head)
    }

    /// Keeps a snapshot that came as text, under a name of its own.
    pub(crate) fn import(&self, name: &str, text: &str) -> Result<SnapshotHead, SnapshotError> {
        let (mut head, world) = parse(text)?;
        name.clone_into(&mut head.name);
        let first = serde_json::to_string(&head);
        let first = first.map_err(|error| SnapshotError::Text(error.to_string()))?;
        // Read and written again, so that what restoring finds is sound.
        let world = serde_json::to_string(&world);
        let world = world.map_err(|error| SnapshotError::Text(error.to_string()))?;
        self.keep(name, format!("{first}\n{world}\n"))?;
        Ok(head)
    }

    /// The world as it was.
    pub(crate) fn world(&self, name: &str) -> Result<(SnapshotHead, World), SnapshotError> {
        parse(&self.export(name)?)
    }

    /// The text of a snapshot.
    pub(crate) fn export(&self, name: &str) -> Result<String, SnapshotError> {
        check(name)?;
        match self {
            Self::Memory(kept) => {
                let kept = lock(kept);
                kept.get(name).cloned().ok_or(SnapshotError::Unknown)
            }
            Self::Directory(directory) => {
                let text = files::whole_lines(&directory.join(file_name(name)))?;
                if text.is_empty() {
                    return Err(SnapshotError::Unknown);
                }
                Ok(text)
            }
        }
    }

    /// What there is, by name, with the length of each text.
    pub(crate) fn list(&self) -> Result<Vec<(SnapshotHead, usize)>, SnapshotError> {
        let mut listed = Vec::new();
        for name in self.names()? {
            match self.export(&name) {
                Ok(text) => listed.push((parse_head(&text)?, text.len())),
                Err(SnapshotError::Unknown) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(listed)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), SnapshotError> {
        check(name)?;
        match self {
            Self::Memory(kept) => {
                let removed = lock(kept).remove(name);
                removed.map(|_| ()).ok_or(SnapshotError::Unknown)
            }
            Self::Directory(directory) => {
                let path = directory.join(file_name(name));
                if !path.exists() {
                    return Err(SnapshotError::Unknown);
                }
                Ok(files::remove(&path)?)
            }
        }
    }

    /// Removes all of them, with their directory.
    pub(crate) fn clear(&self) -> Result<(), SandboxError> {
        match self {
            Self::Memory(kept) => {
                lock(kept).clear();
                Ok(())
            }
            Self::Directory(directory) => match fs::remove_dir_all(directory) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(files::broken(directory, error))
                }
                _ => Ok(()),
            },
        }
    }

    fn names(&self) -> Result<Vec<String>, SandboxError> {
        let mut names: Vec<String> = match self {
            Self::Memory(kept) => lock(kept).keys().cloned().collect(),
            Self::Directory(directory) => match fs::read_dir(directory) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(error) => return Err(files::broken(directory, error)),
                Ok(found) => found
                    .filter_map(|file| file.ok()?.file_name().into_string().ok())
                    .filter_map(|file| file.strip_suffix(".world").map(str::to_owned))
                    .collect(),
            },
        };
        names.sort();
        Ok(names)
    }

    fn keep(&self, name: &str, text: String) -> Result<(), SnapshotError> {
        check(name)?;
        let names = self.names()?;
        if names.len() >= MAX_SNAPSHOTS && !names.iter().any(|other| other == name) {
            return Err(SnapshotError::Full);
        }
        match self {
            Self::Memory(kept) => {
                lock(kept).insert(name.to_owned(), text);
            }
            Self::Directory(directory) => {
                fs::create_dir_all(directory).map_err(|error| files::broken(directory, error))?;
                files::replace(&directory.join(file_name(name)), text.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// Does something with the snapshots of a world, beside the threads that answer requests.
pub(crate) async fn of<T: Send + 'static>(
    slot: &SharedSlot,
    work: impl FnOnce(&Snapshots) -> Result<T, SnapshotError> + Send + 'static,
) -> Result<T, SnapshotError> {
    let slot = SharedSlot::clone(slot);
    disk::beside(move || work(&slot.snapshots)).await?
}

/// What restoring a snapshot puts in a world's place.
pub(crate) async fn restored(
    slot: &SharedSlot,
    name: String,
) -> Result<(SnapshotHead, Replacement), SnapshotError> {
    let (head, world) = of(slot, move |snapshots| snapshots.world(&name)).await?;
    let by = Replacement {
        base: Some(world.clone()),
        world,
        born: None,
        entries: Vec::new(),
    };
    Ok((head, by))
}

fn lock(kept: &Mutex<BTreeMap<String, String>>) -> MutexGuard<'_, BTreeMap<String, String>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name is a file name without surprises on any system.
fn check(name: &str) -> Result<(), SnapshotError> {
    let sound = (1..=NAME_LENGTH).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    sound.then_some(()).ok_or(SnapshotError::Name)
}

fn file_name(name: &str) -> String {
    format!("{name}.world")
}

fn parse_head(text: &str) -> Result<SnapshotHead, SnapshotError> {
    let first = text.lines().next().unwrap_or_default();
    let head: SnapshotHead = serde_json::from_str(first)
        .map_err(|error| SnapshotError::Text(format!("line 1: {error}")))?;
    if head.snapshot != 1 {
        let reason = format!("line 1: format {} is unknown", head.snapshot);
        return Err(SnapshotError::Text(reason));
    }
    Ok(head)
}

fn parse(text: &str) -> Result<(SnapshotHead, World), SnapshotError> {
    let head = parse_head(text)?;
    let second = text.lines().nth(1).unwrap_or_default();
    let world = serde_json::from_str(second)
        .map_err(|error| SnapshotError::Text(format!("line 2: {error}")))?;
    Ok((head, world))
}
