//! A journal in a file, with its snapshot beside it.
//!
//! Invariant: the world is the snapshot plus the lines after it. A line that was torn by a crash is cut off at opening:
//! its answer never left.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry::{Entry, Header, parse_entries, parse_header, replay};
use super::writer::{Target, Writer, Written};
use crate::SandboxError;
use crate::world::{RULES_VERSION, World};

/// Lines after which opening writes a new snapshot.
const SNAPSHOT_AFTER: usize = 1000;

/// The journal of a world that is kept.
#[derive(Debug)]
pub(crate) struct FileJournal {
    world_id: String,
    snapshot_path: PathBuf,
    target: Arc<Target>,
    writer: Arc<Writer>,
    /// Length of the file once everything that was handed over is written.
    bytes: usize,
}

#[derive(Serialize, Deserialize)]
struct Snapshot<W> {
    rules: u32,
    /// Length of the journal that the world includes.
    bytes: usize,
    world: W,
}

impl FileJournal {
    pub(crate) fn open(
        directory: &Path,
        world_id: &str,
        empty: World,
        writer: &Arc<Writer>,
    ) -> Result<(Self, World), SandboxError> {
        let path = directory.join(format!("{world_id}.journal"));
        let snapshot_path = directory.join(format!("{world_id}.snapshot"));
        fs::create_dir_all(directory).map_err(|source| broken(directory, source))?;
        let text = read(&path)?;
        let mut world = empty;
        let mut replayed = 0;
        let mut bytes = text.len();
        if text.is_empty() {
            let header = Header::new(world_id).line();
            bytes = header.len();
            remove(&snapshot_path)?;
            replace(&path, header.as_bytes())?;
        } else {
            let header = parse_header(&text).map_err(|damage| damage.in_file(&path))?;
            if header.rules != RULES_VERSION {
                tracing::warn!(
                    world = world_id,
                    written_by = header.rules,
                    "the journal was written under other rules; what follows the snapshot may lead elsewhere"
                );
            }
            let mut start = 0;
            if let Some(snapshot) = read_snapshot(&snapshot_path, &text) {
                start = snapshot.bytes;
                world = snapshot.world;
            }
            let entries = parse_entries(&text, start).map_err(|damage| damage.in_file(&path))?;
            replay(&mut world, &entries);
            replayed = entries.len();
        }
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|source| broken(&path, source))?;
        let mut journal = Self {
            world_id: world_id.to_owned(),
            snapshot_path,
            target: Arc::new(Target { path, file }),
            writer: Arc::clone(writer),
            bytes,
        };
        if replayed > SNAPSHOT_AFTER {
            journal.save_snapshot(&world)?;
        }
        Ok((journal, world))
    }

    pub(crate) fn accepts(&self) -> Result<(), SandboxError> {
        self.writer.accepts()
    }

    pub(crate) fn append(&mut self, entry: &Entry) -> Result<Written, SandboxError> {
        let line = entry.line();
        let length = line.len();
        let written = self.writer.append(&self.target, line)?;
        self.bytes += length;
        Ok(written)
    }

    pub(crate) fn restart(&mut self, entries: &[Entry]) -> Result<Written, SandboxError> {
        self.settle()?;
        let path = self.target.path.clone();
        let mut text = Header::new(&self.world_id).line();
        for entry in entries {
            text.push_str(&entry.line());
        }
        // The snapshot goes first: alone it would belong to another journal.
        remove(&self.snapshot_path)?;
        replace(&path, text.as_bytes())?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|source| broken(&path, source))?;
        self.target = Arc::new(Target { path, file });
        self.bytes = text.len();
        Ok(Written::already())
    }

    pub(crate) fn export(&mut self) -> Result<String, SandboxError> {
        self.settle()?;
        read(&self.target.path)
    }

    pub(crate) fn save_snapshot(&mut self, world: &World) -> Result<(), SandboxError> {
        self.settle()?;
        let snapshot = Snapshot {
            rules: RULES_VERSION,
            bytes: self.bytes,
            world,
        };
        let text = serde_json::to_vec(&snapshot)
            .map_err(|error| broken(&self.snapshot_path, io::Error::other(error)))?;
        replace(&self.snapshot_path, &text)
    }

    /// Waits until everything that was handed over is in the file.
    fn settle(&self) -> Result<(), SandboxError> {
        self.writer
            .append(&self.target, String::new())?
            .wait_blocking()
    }
}

/// The whole lines of a file; what follows the last line break was torn off and is removed.
fn read(path: &Path) -> Result<String, SandboxError> {
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(broken(path, error)),
    };
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    if whole < bytes.len() {
        bytes.truncate(whole);
        let length = u64::try_from(whole).unwrap_or(u64::MAX);
        OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|file| file.set_len(length))
            .map_err(|source| broken(path, source))?;
    }
    String::from_utf8(bytes).map_err(|error| broken(path, io::Error::other(error)))
}

/// A snapshot that cannot be read, or does not belong to the journal, is as good as none: the journal has everything.
fn read_snapshot(path: &Path, journal: &str) -> Option<Snapshot<World>> {
    let text = fs::read(path).ok()?;
    match serde_json::from_slice::<Snapshot<World>>(&text) {
        Ok(snapshot) if journal.get(..snapshot.bytes)?.ends_with('\n') => Some(snapshot),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the snapshot is not readable; the journal is replayed");
            None
        }
    }
}

/// Puts a file in place whole, by rename.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), SandboxError> {
    let temporary = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = create_private(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        match path.parent() {
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|source| broken(path, source))
}

/// A journal holds people's data as it was sent: its owner alone may read it.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn remove(path: &Path) -> Result<(), SandboxError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(broken(path, error)),
        _ => Ok(()),
    }
}

fn broken(path: &Path, source: io::Error) -> SandboxError {
    SandboxError::Journal {
        path: path.to_owned(),
        source,
    }
}
