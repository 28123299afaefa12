//! How far an import came, beside the file it reads, so that the next run goes on there.
//!
//! Invariant: only rows that the gateway has answered are behind the mark; a file that was changed starts over.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The mark of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The gateway it goes to.
    gateway: String,
    /// Digest of the file.
    sha256: String,
    /// Rows that are done.
    done: usize,
}

/// Where a file's import stands.
#[derive(Debug)]
pub struct Progress {
    path: PathBuf,
    mark: Mark,
}

impl Progress {
    /// The progress of `file` towards `gateway`: where an earlier run stopped, or the beginning.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(file: &Path, gateway: &str) -> anyhow::Result<Self> {
        let bytes = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
        let sha256 = Sha256::digest(&bytes);
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut path = file.as_os_str().to_owned();
        path.push(".progress");
        let path = PathBuf::from(path);
        let fresh = Mark {
            gateway: gateway.to_owned(),
            sha256,
            done: 0,
        };
        let known = std::fs::read(&path).ok();
        let known = known.and_then(|bytes| serde_json::from_slice::<Mark>(&bytes).ok());
        let same = |known: &Mark| known.gateway == fresh.gateway && known.sha256 == fresh.sha256;
        let mark = known.filter(same).unwrap_or(fresh);
        Ok(Self { path, mark })
    }

    /// Rows that are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.mark.done
    }

    /// Moves the mark. Written beside and renamed, so that a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// When the mark cannot be written.
    pub fn reached(&mut self, done: usize) -> anyhow::Result<()> {
        self.mark.done = done;
        let beside = self.path.with_extension("progress-new");
        let text = serde_json::to_vec(&self.mark)?;
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, &self.path))
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }

    /// Removes the mark: everything is done.
    pub fn finish(self) {
        // A mark that stays says the same: all rows are done.
        let _removed = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_where_the_last_one_stopped_unless_the_file_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("skus.csv");
        std::fs::write(&file, "a\n1\n").unwrap();
        let mut first = Progress::of(&file, "here").unwrap();
        assert_eq!(first.done(), 0);
        first.reached(7).unwrap();
        assert_eq!(Progress::of(&file, "here").unwrap().done(), 7);
        assert_eq!(Progress::of(&file, "elsewhere").unwrap().done(), 0);
        std::fs::write(&file, "a\n2\n").unwrap();
        assert_eq!(Progress::of(&file, "here").unwrap().done(), 0);
        first.finish();
        assert!(!folder.path().join("skus.csv.progress").exists());
    }
}
