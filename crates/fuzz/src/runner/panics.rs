//! Hearing of panics: those that unwind to the runner, and those that a task or a handler swallowed on the way.
//!
//! Invariant: only panics on a thread that is listening are kept; all others are told as always.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// What was heard; nothing while nobody listens.
    static HEARD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Does the work; the error is the first panic on this thread, with its place.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    listen();
    HEARD.set(Some(Vec::new()));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    let heard = HEARD.take().unwrap_or_default();
    match (done, heard.into_iter().next()) {
        (Ok(done), None) => Ok(done),
        (_, Some(first)) => Err(first),
        (Err(_), None) => Err("a panic without words".to_owned()),
    }
}

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let kept = HEARD.with_borrow_mut(|heard| match heard {
                Some(heard) => {
                    heard.push(panic.to_string());
                    true
                }
                None => false,
            });
            if !kept {
                before(panic);
            }
        }));
    });
}
