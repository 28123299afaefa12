//! What can go wrong in the shell. Refusals by the rules are replies, not errors.

use std::path::PathBuf;

/// Why a sandbox could not be opened or could not keep a promise.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A journal file could not be read or written.
    #[error("the journal {path} is not usable: {source}", path = path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A journal holds something that is no journal.
    #[error("the journal {path} is damaged at line {line}: {reason}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// An earlier write failed; nothing is promised any more until the process starts again.
    #[error("an earlier journal write failed")]
    Closed,
    /// The world was put back to another time, so what was under way in the one before has no place any more.
    #[error("the world was replaced meanwhile")]
    Replaced,
    /// The world was removed while it was in use.
    #[error("the world was removed")]
    Gone,
    /// Two credentials share a user name or a key.
    #[error("the credentials of {0} are given twice")]
    TwiceGiven(String),
}
