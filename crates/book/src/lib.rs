//! The documents of this repository, compiled in: each as a web page and as the Markdown it was written in.
//!
//! Invariant: what is served is what the checkout says at compile time; nothing is read from disk while running, and
//! every link between pages leads to a page of the same form. Absent: any other room, any knowledge of what the pages
//! are about. A room because both listeners serve it and the two must not see each other; only the binary depends on it, so
//! editing a page compiles nothing else anew.

mod address;
mod html;
mod llms;
mod markdown;
mod pages;
mod router;

pub use llms::Cover;
pub use router::router;
