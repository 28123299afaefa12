//! Work that its caller cannot stop by going away.
//!
//! Invariant: once begun, the work ends. As long as somebody waits for it, it runs where they wait, which costs no
//! task; when they stop waiting it becomes a task of its own.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that goes on when it is dropped.
pub(super) struct GoesOn<F: Future<Output: Send + 'static> + Send + 'static> {
    /// There until it is done.
    work: Option<Pin<Box<F>>>,
    begun: bool,
}

impl<F: Future<Output: Send + 'static> + Send + 'static> GoesOn<F> {
    pub(super) fn new(work: F) -> Self {
        Self {
            work: Some(Box::pin(work)),
            begun: false,
        }
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Future for GoesOn<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.begun = true;
        let Some(work) = &mut self.work else {
            return Poll::Pending;
        };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Drop for GoesOn<F> {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else {
            return;
        };
        // What panicked cannot go on, and what was never asked for was never begun.
        if self.begun
            && !std::thread::panicking()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_was_begun_ends_without_its_caller() {
        let (go, wait) = oneshot::channel();
        let (done, mut end) = oneshot::channel();
        let work = async move {
            wait.await.unwrap();
            done.send(7).unwrap();
        };
        let waited = tokio::time::timeout(Duration::ZERO, GoesOn::new(work)).await;
        assert!(waited.is_err());
        assert!(end.try_recv().is_err());
        go.send(()).unwrap();
        assert_eq!(end.await, Ok(7));
    }

    #[tokio::test]
    async fn what_ends_in_time_answers_its_caller() {
        assert_eq!(GoesOn::new(async { 7 }).await, 7);
    }
}
