//! The one thread that writes journals, so that many worlds share their waits for the disk.
//!
//! Invariant: lines of a file are written in the order in which they were handed over. After the first failure nothing
//! is promised any more: the memory of the process and the file could otherwise tell different stories.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use crate::SandboxError;

/// Lines that share one wait for the disk.
const BATCH: usize = 256;

/// Files that are open at once.
const OPEN: usize = 128;

/// A file that the thread appends to. It exists already; the thread opens it, so that a world costs no open file while
/// it is silent.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) path: PathBuf,
}

impl Target {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

/// The open files. A target in here keeps its address, so no other can be taken for it.
type OpenFiles = HashMap<*const Target, (Arc<Target>, File)>;

struct Job {
    target: Arc<Target>,
    line: String,
    done: oneshot::Sender<Result<(), SandboxError>>,
}

/// The handle to the writing thread, which ends when the last handle is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    failed: Arc<AtomicBool>,
    flushes: Arc<AtomicU64>,
}

/// The promise that an entry will be written.
#[derive(Debug)]
pub(crate) struct Written(Option<oneshot::Receiver<Result<(), SandboxError>>>);

impl Written {
    /// A promise that is kept already.
    pub(crate) fn already() -> Self {
        Self(None)
    }

    /// Waits until the entry is written.
    pub(crate) async fn wait(self) -> Result<(), SandboxError> {
        match self.0 {
            None => Ok(()),
            Some(done) => done.await.unwrap_or(Err(SandboxError::Closed)),
        }
    }

    /// Waits without a runtime.
    pub(crate) fn wait_blocking(self) -> Result<(), SandboxError> {
        match self.0 {
            None => Ok(()),
            Some(mut done) => loop {
                match done.try_recv() {
                    Ok(result) => return result,
                    Err(oneshot::error::TryRecvError::Empty) => std::thread::yield_now(),
                    Err(oneshot::error::TryRecvError::Closed) => return Err(SandboxError::Closed),
                }
            },
        }
    }
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(fsync: bool) -> Arc<Self> {
        let (jobs, queue) = mpsc::channel();
        let failed = Arc::new(AtomicBool::new(false));
        let flushes = Arc::new(AtomicU64::new(0));
        let writer = Self {
            jobs,
            failed: Arc::clone(&failed),
            flushes: Arc::clone(&flushes),
        };
        std::thread::Builder::new()
            .name("sandbox-journal".to_owned())
            .spawn(move || run(&queue, &failed, fsync.then_some(&flushes)))
            .expect("the operating system starts a thread");
        Arc::new(writer)
    }

    /// Waits for the disk so far.
    pub(crate) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }

    /// Fails once a line could not be written.
    pub(crate) fn accepts(&self) -> Result<(), SandboxError> {
        if self.failed.load(Ordering::SeqCst) {
            return Err(SandboxError::Closed);
        }
        Ok(())
    }

    /// Queues a line behind everything that was queued before.
    pub(crate) fn append(
        &self,
        target: &Arc<Target>,
        line: String,
    ) -> Result<Written, SandboxError> {
        self.accepts()?;
        let (done, written) = oneshot::channel();
        let job = Job {
            target: Arc::clone(target),
            line,
            done,
        };
        self.jobs.send(job).map_err(|_| SandboxError::Closed)?;
        Ok(Written(Some(written)))
    }
}

/// Writes until the last handle is gone. `flushes` counts the waits for the disk; without it there are none.
fn run(queue: &mpsc::Receiver<Job>, failed: &AtomicBool, flushes: Option<&AtomicU64>) {
    let mut open = OpenFiles::new();
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let result = if failed.load(Ordering::SeqCst) {
            Err(SandboxError::Closed)
        } else {
            write(&batch, &mut open, flushes)
        };
        if let Err(error) = &result
            && !failed.swap(true, Ordering::SeqCst)
        {
            tracing::error!(%error, "the sandbox stops answering writes");
        }
        for job in batch {
            let answer = if result.is_ok() {
                Ok(())
            } else {
                Err(SandboxError::Closed)
            };
            // Whoever waited may be gone; the entry is written all the same.
            let _ = job.done.send(answer);
        }
    }
}

/// Writes a batch, one call and one wait for the disk per file.
fn write(
    batch: &[Job],
    open: &mut OpenFiles,
    flushes: Option<&AtomicU64>,
) -> Result<(), SandboxError> {
    let mut texts: HashMap<*const Target, (&Arc<Target>, String)> = HashMap::new();
    for job in batch {
        texts
            .entry(Arc::as_ptr(&job.target))
            .or_insert_with(|| (&job.target, String::new()))
            .1
            .push_str(&job.line);
    }
    for (target, text) in texts.values() {
        if text.is_empty() {
            continue;
        }
        append(target, text, open, flushes).map_err(|source| SandboxError::Journal {
            path: target.path.clone(),
            source,
        })?;
    }
    Ok(())
}

fn append(
    target: &Arc<Target>,
    text: &str,
    open: &mut OpenFiles,
    flushes: Option<&AtomicU64>,
) -> std::io::Result<()> {
    let address = Arc::as_ptr(target);
    if !open.contains_key(&address) && open.len() >= OPEN {
        open.clear();
    }
    let file = match open.entry(address) {
        Entry::Occupied(known) => &mut known.into_mut().1,
        Entry::Vacant(new) => {
            let file = File::options().append(true).open(&target.path)?;
            &mut new.insert((Arc::clone(target), file)).1
        }
    };
    file.write_all(text.as_bytes())?;
    if let Some(flushes) = flushes {
        file.sync_data()?;
        flushes.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn after_a_failed_write_nothing_is_promised_any_more() {
        let target = Arc::new(Target::new(PathBuf::from("/dev/full")));
        let writer = Writer::start(false);
        let written = writer.append(&target, "a line\n".to_owned()).unwrap();
        assert!(written.wait_blocking().is_err());
        assert!(writer.accepts().is_err());
        assert!(writer.append(&target, String::new()).is_err());
    }
}
