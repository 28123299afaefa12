//! A journal in a file, with its snapshot beside it.
//!
//! Invariant: the journal alone has everything: a newborn world or a base, and all entries since. The snapshot beside it
//! only spares the replay; it belongs to one generation of the journal and is ignored by every other. A line that was
//! torn by a crash is cut off at opening: its answer never left.

use std::fs;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{self, Entry, Header};
use super::files::{self, broken};
use super::writer::{Target, Writer, Written};
use crate::SandboxError;
use crate::world::{Birth, RULES_VERSION, World};

/// Lines after which opening writes a new snapshot.
const SNAPSHOT_AFTER: usize = 1000;

/// How many times as long as its beginning the entries may become before a journal begins anew.
const TIMES: usize = 4;

/// Where the files of a world are, and who writes them.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) directory: PathBuf,
    pub(crate) world_id: String,
    pub(crate) writer: Arc<Writer>,
    /// Bytes of entries after which the journal begins anew.
    pub(crate) compact_after: usize,
}

impl Place {
    fn journal(&self) -> PathBuf {
        self.directory.join(format!("{}.journal", self.world_id))
    }

    fn snapshot(&self) -> PathBuf {
        self.directory.join(format!("{}.snapshot", self.world_id))
    }

    /// Removes everything that is kept of the world.
    pub(crate) fn clear(&self) -> Result<(), SandboxError> {
        files::remove(&self.snapshot())?;
        files::remove(&self.journal())
    }

    /// What has to be known of a world that is not loaded.
    pub(crate) fn rest(&self) -> Rest {
        let Ok(journal) = fs::metadata(self.journal()) else {
            return Rest::Asleep;
        };
        let head = fs::File::open(self.snapshot()).ok().and_then(|file| {
            let mut start = Vec::new();
            file.take(1024).read_to_end(&mut start).ok()?;
            let line = start.split(|byte| *byte == b'\n').next()?;
            serde_json::from_slice::<SnapshotHead>(line).ok()
        });
        match head {
            Some(head) if u64::try_from(head.bytes).ok() == Some(journal.len()) => {
                head.due.map_or(Rest::Asleep, Rest::Until)
            }
            _ => Rest::Disturbed,
        }
    }
}

/// The state in which a world that is not loaded was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing is to be done before somebody calls.
    Asleep,
    /// A callback is due at this instant of the machine's clock.
    Until(Timestamp),
    /// It was never unloaded in order, so only loading it tells.
    Disturbed,
}

/// The journal of a world that is kept.
#[derive(Debug)]
pub(crate) struct FileJournal {
    place: Place,
    header: Header,
    target: Arc<Target>,
    /// Length of the file once everything that was handed over is written.
    bytes: usize,
    /// Length at which the journal begins anew.
    compact_at: usize,
}

/// The first line of a snapshot; the second is the world.
#[derive(Serialize, Deserialize)]
struct SnapshotHead {
    rules: u32,
    /// The generation of the journal that it belongs to.
    generation: u64,
    /// Length of the journal that the world includes.
    bytes: usize,
    /// When the next callback is due, by the machine's clock.
    #[serde(default)]
    due: Option<Timestamp>,
}

/// A journal's new beginning, while it is written beside the old one.
#[derive(Debug)]
pub(crate) struct Draft {
    header: Header,
    world: World,
    /// Length of the old journal that the world includes.
    from: usize,
    path: PathBuf,
}

impl FileJournal {
    /// Opens or starts the journal of a world and rebuilds the world from it.
    pub(crate) fn open(place: Place, born: &Birth) -> Result<(Self, World), SandboxError> {
        let path = place.journal();
        let text = files::whole_lines(&path)?;
        let target = Arc::new(Target::new(path.clone()));
        if text.is_empty() {
            fs::create_dir_all(&place.directory)
                .map_err(|source| broken(&place.directory, source))?;
            files::remove(&place.snapshot())?;
            let header = Header::new(&place.world_id, born);
            let line = header.line();
            files::replace(&path, line.as_bytes())?;
            let mut journal = Self {
                place,
                header,
                target,
                bytes: line.len(),
                compact_at: 0,
            };
            journal.measure(line.len());
            return Ok((journal, World::born(born)));
        }
        let damaged = |damage: entry::Damage| damage.in_file(&path);
        let header = entry::parse_header(&text).map_err(damaged)?;
        let (start, mut world) = match read_snapshot(&place.snapshot(), &text, &header) {
            Some((bytes, world)) => (bytes, world),
            None => {
                let base = entry::parse_base(&text, &header).map_err(damaged)?;
                let newborn = || World::born(header.born.as_ref().unwrap_or(born));
                (0, base.unwrap_or_else(newborn))
            }
        };
        let entries = entry::parse_entries(&text, &header, start).map_err(damaged)?;
        entry::replay(&mut world, &entries);
        let mut journal = Self {
            place,
            target,
            bytes: text.len(),
            compact_at: 0,
            header,
        };
        journal.measure(entry::before_entries(&text, &journal.header));
        if journal.header.rules != RULES_VERSION {
            journal.change_rules(&world, entries.len())?;
        } else if entries.len() > SNAPSHOT_AFTER {
            journal.save_snapshot(&world, None)?;
        }
        Ok((journal, world))
    }

    /// Under other rules the same entries could lead elsewhere: the journal goes on from the world as it is.
    fn change_rules(&mut self, world: &World, after_snapshot: usize) -> Result<(), SandboxError> {
        let (world_id, written_by) = (&self.place.world_id, self.header.rules);
        if after_snapshot > 0 {
            tracing::warn!(
                world = world_id,
                written_by,
                entries = after_snapshot,
                "entries after the snapshot were written under other rules and may have led elsewhere"
            );
        }
        self.restart(None, Some(entry::line(world)), &[])
    }

    /// Entries may take several times what they go on from: writing the world again costs as much as the calls since.
    fn measure(&mut self, beginning: usize) {
        let room = self
            .place
            .compact_after
            .max(TIMES.saturating_mul(beginning));
        self.compact_at = beginning.saturating_add(room);
    }

    pub(crate) fn accepts(&self) -> Result<(), SandboxError> {
        self.place.writer.accepts()
    }

    pub(crate) fn append(&mut self, entry: &Entry) -> Result<Written, SandboxError> {
        let line = entry.line();
        let length = line.len();
        let written = self.place.writer.append(&self.target, line)?;
        self.bytes += length;
        Ok(written)
    }

    /// Begins anew, from a base or from a newborn world.
    pub(super) fn restart(
        &mut self,
        born: Option<Birth>,
        base: Option<String>,
        entries: &[Entry],
    ) -> Result<(), SandboxError> {
        self.settle()?;
        let header = self.header.next(born, base.is_some());
        let mut text = header.line();
        text.push_str(&base.unwrap_or_default());
        let beginning = text.len();
        text.extend(entries.iter().map(Entry::line));
        files::replace(&self.target.path, text.as_bytes())?;
        self.begin(header, text.len(), beginning)
    }

    /// Goes on in the file that was put in place.
    fn begin(
        &mut self,
        header: Header,
        bytes: usize,
        beginning: usize,
    ) -> Result<(), SandboxError> {
        self.header = header;
        self.target = Arc::new(Target::new(self.target.path.clone()));
        self.bytes = bytes;
        self.measure(beginning);
        files::remove(&self.place.snapshot())
    }

    pub(crate) fn export(&mut self) -> Result<String, SandboxError> {
        self.settle()?;
        files::whole_lines(&self.target.path)
    }

    /// Whether it is long enough to begin anew.
    pub(crate) fn is_long(&self) -> bool {
        self.bytes > self.compact_at
    }

    /// The new beginning from `world` as it is now. Until it is taken over the journal goes on as it was.
    pub(crate) fn draft(&mut self, world: &World) -> Draft {
        // Nobody else begins one until the journal has doubled again, whatever becomes of this one.
        self.compact_at = self
            .bytes
            .saturating_add(self.place.compact_after.max(self.bytes));
        Draft {
            header: self.header.next(None, true),
            world: world.clone(),
            from: self.bytes,
            path: self.target.path.with_extension("draft"),
        }
    }

    /// Puts a written draft in this journal's place, with everything that happened since.
    pub(crate) fn take_over(&mut self, draft: &Draft) -> Result<(), SandboxError> {
        self.settle()?;
        if draft.header.generation != self.header.generation + 1 {
            return files::remove(&draft.path);
        }
        let path = &self.target.path;
        let put = || -> io::Result<(usize, usize)> {
            let mut old = fs::File::open(path)?;
            old.seek(io::SeekFrom::Start(draft.from as u64))?;
            let mut new = fs::OpenOptions::new().append(true).open(&draft.path)?;
            let beginning = usize::try_from(new.metadata()?.len()).unwrap_or(usize::MAX);
            let tail = io::copy(&mut old, &mut new)?;
            files::put(&draft.path, path)?;
            Ok((beginning, usize::try_from(tail).unwrap_or(usize::MAX)))
        };
        let (beginning, tail) = put().map_err(|source| broken(path, source))?;
        self.begin(draft.header.clone(), beginning + tail, beginning)
    }

    /// Writes the world beside the journal; `due` is when its next callback is due, by the machine's clock.
    pub(crate) fn save_snapshot(
        &mut self,
        world: &World,
        due: Option<Timestamp>,
    ) -> Result<(), SandboxError> {
        self.settle()?;
        let head = SnapshotHead {
            rules: RULES_VERSION,
            generation: self.header.generation,
            bytes: self.bytes,
            due,
        };
        let text = format!("{}{}", entry::line(&head), entry::line(world));
        files::replace(&self.place.snapshot(), text.as_bytes())
    }

    /// Waits until everything that was handed over is in the file, and nothing else.
    pub(crate) fn settle(&self) -> Result<(), SandboxError> {
        self.place.writer.settle(&self.target)?.wait_blocking()
    }
}

impl Draft {
    /// Writes header and world, which takes as long as the world is large.
    pub(crate) fn write(&self) -> Result<(), SandboxError> {
        let write = || -> io::Result<()> {
            let mut file = io::BufWriter::new(files::create_private(&self.path)?);
            file.write_all(self.header.line().as_bytes())?;
            serde_json::to_writer(&mut file, &self.world)?;
            file.write_all(b"\n")?;
            file.flush()
        };
        write().map_err(|source| broken(&self.path, source))
    }
}

/// A snapshot that cannot be read, or does not belong to the journal, is as good as none: the journal has everything.
fn read_snapshot(path: &Path, journal: &str, header: &Header) -> Option<(usize, World)> {
    let text = fs::read_to_string(path).ok()?;
    let (head, world) = text.split_once('\n')?;
    let read = || -> serde_json::Result<(SnapshotHead, World)> {
        Ok((serde_json::from_str(head)?, serde_json::from_str(world)?))
    };
    match read() {
        Ok((head, world)) => {
            let fits =
                head.generation == header.generation && journal.get(..head.bytes)?.ends_with('\n');
            fits.then_some((head.bytes, world))
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the snapshot is not readable; the journal is replayed");
            None
        }
    }
}
