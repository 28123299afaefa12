//! Work with files, beside the threads that answer requests.
//!
//! Invariant: whatever reads or writes whole files for a request, or takes long over their text, is done through here; the
//! journal's appends have a thread of their own.

use crate::SandboxError;

/// Does `work` where waiting for the disk holds nobody up.
///
/// # Errors
/// [`SandboxError::Closed`] when the process is ending or `work` panicked.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SandboxError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| SandboxError::Closed)
}
