//! Files that are put in place whole, and files that are read up to their last whole line.
//!
//! Invariant: at no instant does a reader find half a file under its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::SandboxError;

/// The whole lines of a file, nothing when there is none. What follows the last line break was torn off by a crash and
/// is removed, as is everything from the first zero on: room in which nothing was promised yet.
pub(crate) fn whole_lines(path: &Path) -> Result<String, SandboxError> {
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(broken(path, error)),
    };
    let written = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let whole = written
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

/// Puts a file in place whole, by rename.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), SandboxError> {
    let temporary = path.with_extension("new");
    let write = || -> io::Result<()> {
        create_private(&temporary)?.write_all(bytes)?;
        put(&temporary, path)
    };
    write().map_err(|source| broken(path, source))
}

/// Gives a written file its name, once its content is on the disk.
pub(crate) fn put(temporary: &Path, path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .open(temporary)?
        .sync_all()?;
    fs::rename(temporary, path)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

/// These files hold people's data as it was sent: their owner alone may read them.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes a file; it may be gone already.
pub(crate) fn remove(path: &Path) -> Result<(), SandboxError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(broken(path, error)),
        _ => Ok(()),
    }
}

pub(crate) fn broken(path: &Path, source: io::Error) -> SandboxError {
    SandboxError::Journal {
        path: path.to_owned(),
        source,
    }
}
