//! What an input made the product do, as far as its answers tell: stable Rust has no coverage to go by.
//!
//! Invariant: numbers and identifiers do not count, or every answer would be news.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

thread_local! {
    static SEEN: RefCell<BTreeSet<u64>> = const { RefCell::new(BTreeSet::new()) };
    static TAKEN: Cell<bool> = const { Cell::new(false) };
}

/// Notes something that the running input did.
pub(crate) fn saw(what: impl Hash) {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    SEEN.with_borrow_mut(|seen| seen.insert(hasher.finish()));
}

/// Notes that the running input was taken for what it is, not refused.
pub(crate) fn taken() {
    TAKEN.set(true);
}

/// Takes what was noted since the last call, and whether the input was taken.
pub(crate) fn take() -> (BTreeSet<u64>, bool) {
    (SEEN.take(), TAKEN.take())
}

/// The words of a text: what is left without digits, quoted parts and everything behind the first 120 letters.
pub(crate) fn words(text: &str) -> String {
    let mut quoted = false;
    text.chars()
        .filter(|letter| {
            quoted ^= matches!(letter, '`' | '“' | '”');
            !quoted && (letter.is_ascii_alphabetic() || *letter == ' ')
        })
        .take(120)
        .collect()
}
