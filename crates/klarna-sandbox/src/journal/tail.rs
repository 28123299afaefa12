//! The end of a journal's file, where lines are added.
//!
//! Invariant: a file is its lines, and behind them nothing or zeros, which no line contains: room that was made durable
//! before it is needed. A line that is written into such room changes neither the file's length nor its blocks, so the
//! disk is waited for once and not also for its own journal.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Bytes of lines below which no room is made: most worlds are small, and so are their files.
const SMALL: u64 = 32 * 1024;

/// The most room that is made at once, in bytes.
const ROOM: u64 = 1024 * 1024;

/// What room is made of. Written piece by piece: a megabyte of fresh memory for each room cost more than a twentieth of all
/// processor time under load.
static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// A file that is open for more lines.
#[derive(Debug)]
pub(super) struct Tail {
    file: File,
    /// Where the next line begins.
    end: u64,
    /// Where the file ends.
    length: u64,
}

impl Tail {
    /// Opens a file that exists and has nothing but lines.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().write(true).open(path)?;
        let end = file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file,
            end,
            length: end,
        })
    }

    /// Adds lines.
    pub(super) fn append(&mut self, lines: &str) -> io::Result<()> {
        self.put(lines.as_bytes())?;
        self.end += lines.len() as u64;
        self.length = self.length.max(self.end);
        Ok(())
    }

    /// Adds lines and waits until the disk has them.
    pub(super) fn append_durably(&mut self, lines: &str) -> io::Result<()> {
        let end = self.end + lines.len() as u64;
        if end <= self.length || end < SMALL {
            self.append(lines)?;
        } else {
            let room = end.min(ROOM);
            self.put(lines.as_bytes())?;
            self.make_room(room)?;
            (self.end, self.length) = (end, end + room);
        }
        self.file.sync_data()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)
    }

    /// Writes zeros behind what was put last.
    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        let mut left = usize::try_from(bytes).unwrap_or_default();
        while left > 0 {
            let some = left.min(ZEROS.len());
            self.file.write_all(&ZEROS[..some])?;
            left -= some;
        }
        Ok(())
    }

    /// Takes back the room that was not needed.
    pub(super) fn close(self) -> io::Result<()> {
        if self.length > self.end {
            self.file.set_len(self.end)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_ahead_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        std::fs::write(&path, "head\n").unwrap();
        let line = format!("{}\n", "x".repeat(usize::try_from(SMALL).unwrap()));
        let mut tail = Tail::open(&path).unwrap();
        for _ in 0..3 {
            tail.append_durably(&line).unwrap();
        }
        let live = std::fs::read(&path).unwrap();
        let text = format!("head\n{line}{line}{line}");
        assert_eq!(live[..text.len()], *text.as_bytes());
        assert!(live.len() > text.len());
        assert!(live[text.len()..].iter().all(|byte| *byte == 0));
        tail.close().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_small_file_is_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        std::fs::write(&path, "head\n").unwrap();
        let mut tail = Tail::open(&path).unwrap();
        tail.append_durably("one\n").unwrap();
        tail.append_durably("two\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "head\none\ntwo\n");
    }
}
