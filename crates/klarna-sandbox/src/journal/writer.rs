//! The one thread that writes journals, so that many worlds share their waits for the disk.
//!
//! Invariant: lines of a file are written in the order in which they were handed over. After the first failure nothing
//! is promised any more: the memory of the process and the file could otherwise tell different stories.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::tail::Tail;
use crate::SandboxError;

/// Lines that share one wait for the disk.
const BATCH: usize = 256;

/// Lines in one wait for the disk from which on several callers are at work, so that waiting for more pays.
const COMPANY: usize = 3;

/// How long no line may come before the thread stops waiting for more.
const QUIET: Duration = Duration::from_micros(100);

/// How often the thread looks for more lines at most.
const LOOKS: usize = 12;

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
type OpenFiles = HashMap<*const Target, (Arc<Target>, Tail)>;

struct Job {
    target: Arc<Target>,
    work: Work,
    done: oneshot::Sender<Result<(), SandboxError>>,
}

enum Work {
    Append(String),
    /// Nothing follows for a while: the file ends where its lines end, and is closed.
    Settle,
}

/// The handle to the writing thread, which ends when the last handle is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    /// There until the handle is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
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
        let (has_failed, flushed) = (Arc::clone(&failed), Arc::clone(&flushes));
        let thread = std::thread::Builder::new()
            .name("sandbox-journal".to_owned())
            .spawn(move || run(&queue, &has_failed, fsync.then_some(&flushed)))
            .expect("the operating system starts a thread");
        Arc::new(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            failed,
            flushes,
        })
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
        self.hand_over(target, Work::Append(line))
    }

    /// Leaves nothing but lines in the file once everything that was queued before is written.
    pub(crate) fn settle(&self, target: &Arc<Target>) -> Result<Written, SandboxError> {
        self.hand_over(target, Work::Settle)
    }

    fn hand_over(&self, target: &Arc<Target>, work: Work) -> Result<Written, SandboxError> {
        self.accepts()?;
        let (done, written) = oneshot::channel();
        let job = Job {
            target: Arc::clone(target),
            work,
            done,
        };
        let jobs = self.jobs.as_ref().ok_or(SandboxError::Closed)?;
        jobs.send(job).map_err(|_| SandboxError::Closed)?;
        Ok(Written(Some(written)))
    }
}

impl Drop for Writer {
    /// Waits for the thread: whoever opens the files next finds them as they stay.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // It has said in the log what went wrong.
            let _ = thread.join();
        }
    }
}

/// Writes until the last handle is gone. `flushes` counts the waits for the disk; without it there are none.
fn run(queue: &mpsc::Receiver<Job>, failed: &AtomicBool, flushes: Option<&AtomicU64>) {
    let mut open = OpenFiles::new();
    let mut last = 0;
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        take_waiting(queue, &mut batch);
        if flushes.is_some() && last >= COMPANY {
            gather(queue, &mut batch);
        }
        last = batch.len();
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
    if let Err(error) = close_all(&mut open) {
        tracing::warn!(%error, "a journal keeps empty room behind its last line; its next opening removes it");
    }
}

/// Takes what waits already.
fn take_waiting(queue: &mpsc::Receiver<Job>, batch: &mut Vec<Job>) {
    while batch.len() < BATCH
        && let Ok(next) = queue.try_recv()
    {
        batch.push(next);
    }
}

/// While others are at work, one wait for the disk is put off until no line comes any more: a wait costs as much
/// processor time as several calls. Nobody is woken for a line here, which is why the thread looks instead of listening.
fn gather(queue: &mpsc::Receiver<Job>, batch: &mut Vec<Job>) {
    for _ in 0..LOOKS {
        let before = batch.len();
        std::thread::park_timeout(QUIET);
        take_waiting(queue, batch);
        if batch.len() == before || batch.len() >= BATCH {
            return;
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
        let text = texts
            .entry(Arc::as_ptr(&job.target))
            .or_insert_with(|| (&job.target, String::new()));
        match &job.work {
            Work::Append(line) => text.1.push_str(line),
            Work::Settle => {}
        }
    }
    for (target, text) in texts.values().filter(|(_, text)| !text.is_empty()) {
        append(target, text, open, flushes).map_err(|error| in_file(target, error))?;
    }
    let settled = batch.iter().filter(|job| matches!(job.work, Work::Settle));
    for Job { target, .. } in settled {
        if let Some((_, tail)) = open.remove(&Arc::as_ptr(target)) {
            tail.close().map_err(|error| in_file(target, error))?;
        }
    }
    Ok(())
}

fn in_file(target: &Target, source: std::io::Error) -> SandboxError {
    SandboxError::Journal {
        path: target.path.clone(),
        source,
    }
}

fn append(
    target: &Arc<Target>,
    text: &str,
    open: &mut OpenFiles,
    flushes: Option<&AtomicU64>,
) -> std::io::Result<()> {
    let address = Arc::as_ptr(target);
    if !open.contains_key(&address) && open.len() >= OPEN {
        close_all(open)?;
    }
    let tail = match open.entry(address) {
        Entry::Occupied(known) => &mut known.into_mut().1,
        Entry::Vacant(new) => {
            let tail = Tail::open(&target.path)?;
            &mut new.insert((Arc::clone(target), tail)).1
        }
    };
    match flushes {
        Some(flushes) => {
            tail.append_durably(text)?;
            flushes.fetch_add(1, Ordering::Relaxed);
        }
        None => tail.append(text)?,
    }
    Ok(())
}

fn close_all(open: &mut OpenFiles) -> std::io::Result<()> {
    for (_, (_, tail)) in open.drain() {
        tail.close()?;
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
