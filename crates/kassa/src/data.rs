//! The data folder: one process at a time, one key, one database.
//!
//! Invariant: the key that guards secrets at rest is made once, is readable by its owner only, and is never
//! replaced, because what it encrypted would be lost.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kassa_environment::{Entropy, SystemEntropy};

/// A data folder that this process has for itself.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    // Held for its lock, which the system releases with the process, however it ends.
    _lock: File,
}

impl DataFolder {
    /// Opens the folder, making it when missing, and takes its lock.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or another process has it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("the data folder {} cannot be made", path.display()))?;
        let lock = path.join("kassa.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock)
            .with_context(|| format!("{} cannot be written", lock.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: file,
            }),
            Err(TryLockError::WouldBlock) => bail!(
                "the data folder {} is in use by another kassa process; stop it, or choose another folder with --data",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                bail!("{} cannot be locked: {error}", lock.display())
            }
        }
    }

    /// Path of the gateway's database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("kassa.db")
    }

    /// Folder of the sandbox's journals.
    #[must_use]
    pub fn sandbox(&self) -> PathBuf {
        self.path.join("sandbox")
    }

    /// File with the sandbox's credentials.
    #[must_use]
    pub fn sandbox_credentials(&self) -> PathBuf {
        self.path.join("sandbox.json")
    }

    /// The key that guards secrets at rest: read, or made at the first start.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not 64 hexadecimal digits.
    pub fn master_key(&self) -> anyhow::Result<[u8; 32]> {
        let path = self.path.join("kassa.key");
        match std::fs::read_to_string(&path) {
            Ok(text) => parse_key(text.trim()).with_context(|| {
                format!(
                    "{} is not 64 hexadecimal digits; restore it from a backup",
                    path.display()
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if self.database().exists() {
                    bail!(
                        "{} is missing but the database exists: without it stored credentials cannot be read; \
                         restore it from a backup",
                        path.display()
                    );
                }
                make_key(&path)
            }
            Err(error) => bail!("{} cannot be read: {error}", path.display()),
        }
    }
}

/// Makes a key and its file, durably, before anything is encrypted with it.
fn make_key(path: &Path) -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    SystemEntropy.fill(&mut key);
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(key)
}

/// 64 hexadecimal digits as 32 bytes.
fn parse_key(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        assert_eq!(data.master_key().unwrap(), data.master_key().unwrap());
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        std::fs::write(data.database(), b"x").unwrap();
        let error = data.master_key().unwrap_err().to_string();
        assert!(error.contains("backup"), "{error}");
    }

    #[test]
    fn a_second_process_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let _first = DataFolder::open(folder.path()).unwrap();
        let error = DataFolder::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("--data"), "{error}");
    }

    #[test]
    fn a_damaged_key_is_an_error() {
        assert!(parse_key("zz").is_none());
        assert!(parse_key(&"0".repeat(64)).is_some());
        assert!(parse_key(&"é".repeat(32)).is_none());
    }
}
