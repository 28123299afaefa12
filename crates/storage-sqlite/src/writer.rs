//! The writer thread: takes what is queued, applies it, answers.
//!
//! Invariant: a batch never waits to fill; it is what arrived while the one before was being made durable. When
//! a COMMIT fails, or the thread panics, the `on_fatal` hook is called and nothing is written any more.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::batch::{Answer, Batcher, Work};
use crate::options::Options;

/// Most sets in a batch, and roughly the most bytes.
const BATCH_SETS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;

/// A piece of work and where its answer goes.
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The handle of the thread. Dropping it lets the thread finish what is queued and waits for that.
#[derive(Debug)]
pub(crate) struct Writer {
    /// `None` once closed. A lock, because the channel's sender is cloned rarely and sent to often.
    queue: Mutex<Option<Sender<Job>>>,
    thread: Option<JoinHandle<()>>,
    flushes: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread over `batcher`.
    pub(crate) fn start(batcher: Batcher, options: &Options) -> std::io::Result<Self> {
        let (queue, jobs) = channel();
        let flushes = Arc::new(AtomicU64::new(batcher.flushes()));
        let mut thread = Thread {
            batcher,
            jobs,
            options: options.clone(),
            flushes: Arc::clone(&flushes),
        };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                let guard = PanicGuard(Arc::clone(&thread.options.on_fatal));
                thread.serve();
                drop(guard);
            })?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            thread: Some(thread),
            flushes,
        })
    }

    /// Queues `work`; the receiver fails when the thread ends before answering. `None` when it has ended already.
    pub(crate) fn send(&self, work: Work) -> Option<oneshot::Receiver<Answer>> {
        let (answer, receiver) = oneshot::channel();
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref()?.send(Job { work, answer }).ok()?;
        Some(receiver)
    }

    pub(crate) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread had panicked");
        }
    }
}

/// What the thread owns.
struct Thread {
    batcher: Batcher,
    jobs: Receiver<Job>,
    options: Options,
    flushes: Arc<AtomicU64>,
}

impl Thread {
    fn serve(&mut self) {
        while let Ok(first) = self.jobs.recv() {
            let (work, answers) = self.take_batch(first);
            let now = self.options.clock.now_us();
            match self.batcher.run(&work, now) {
                Ok(done) => {
                    // Counted before the answers, so that whoever waited for one sees it counted.
                    self.flushes
                        .store(self.batcher.flushes(), Ordering::Relaxed);
                    for (answer, done) in answers.into_iter().zip(done) {
                        // A caller that went away does not undo what it asked for.
                        drop(answer.send(done));
                    }
                }
                Err(error) => {
                    // The dropped senders answer `Unknown`, which is the truth.
                    drop(answers);
                    (self.options.on_fatal)(&error.to_string());
                    return;
                }
            }
            self.batcher.checkpoint_if_due();
            self.flushes
                .store(self.batcher.flushes(), Ordering::Relaxed);
        }
    }

    /// `first` and whatever else is queued by now.
    fn take_batch(&self, first: Job) -> (Vec<Work>, Vec<oneshot::Sender<Answer>>) {
        let mut bytes = first.work.bytes();
        let (mut work, mut answers) = (vec![first.work], vec![first.answer]);
        while work.len() < BATCH_SETS && bytes < BATCH_BYTES {
            let Ok(job) = self.jobs.try_recv() else {
                break;
            };
            bytes += job.work.bytes();
            work.push(job.work);
            answers.push(job.answer);
        }
        (work, answers)
    }
}

/// Reports a panic of the writer thread: without a writer the process is of no use.
struct PanicGuard(Arc<dyn Fn(&str) + Send + Sync>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)("the writer thread panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use kassa_storage::{ChangeSet, Realm, Registry};

    use super::*;
    use crate::prepared::Prepared;

    fn work(id: &str) -> Work {
        let set = ChangeSet::new(id.to_owned(), Realm::new("acme", true));
        Work::Set(Box::new(Prepared::new(set, &Registry(&[])).unwrap()))
    }

    #[test]
    fn a_failed_commit_ends_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let reasons = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&reasons);
        let options = Options {
            on_fatal: Arc::new(move |reason| seen.lock().unwrap().push(reason.to_owned())),
            ..Options::unsynchronised()
        };
        let batcher = Batcher::open(&folder.path().join("k.db"), &options, Registry(&[])).unwrap();
        batcher.break_commits();
        let writer = Writer::start(batcher, &options).unwrap();
        let answer = writer.send(work("1")).unwrap();
        assert!(answer.blocking_recv().is_err(), "the outcome is unknown");
        // The thread has dropped its end by the time the hook has returned.
        while writer.send(work("2")).is_some() {
            std::thread::yield_now();
        }
        assert_eq!(reasons.lock().unwrap().len(), 1);
        drop(writer);
        let options = Options::unsynchronised();
        let mut batcher =
            Batcher::open(&folder.path().join("k.db"), &options, Registry(&[])).unwrap();
        let set = ChangeSet::new("1".to_owned(), Realm::new("acme", true));
        let answers = batcher.apply_batch(&[set], 1).unwrap();
        assert_eq!(answers, [kassa_storage::Commit::Committed]);
    }
}
