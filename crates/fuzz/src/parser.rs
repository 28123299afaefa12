//! The table of all fuzz functions.
//!
//! Invariant: a function has a name, says what it reads, and brings inputs that the parser accepts: mutation of nothing
//! finds nothing.

use crate::{gateway, plain, sandbox};

/// A fuzz function, as the table has it.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// Its name: that of the function, and of the cargo-fuzz target.
    pub name: &'static str,
    /// What is parsed: method and path of a request, or a type.
    pub reads: &'static str,
    /// The function. It panics when a promise is broken.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Declares fuzz functions: `name "what it reads" => closure over the bytes, seeds;`.
macro_rules! parsers {
    ($($name:ident $reads:expr => $run:expr, $seeds:expr;)*) => {
        $(
            // As code: brackets in a path are no links.
            #[doc = concat!("Bytes for: `` ", $reads, " ``.")]
            pub fn $name(data: &[u8]) {
                let run: fn(&[u8]) = $run;
                run(data);
            }
        )*

        /// The functions of this part.
        pub(crate) const PARSERS: &[$crate::parser::Parser] = &[$(
            $crate::parser::Parser {
                name: stringify!($name),
                reads: $reads,
                run: $name,
                seeds: || $seeds,
            },
        )*];
    };
}
pub(crate) use parsers;

/// Every fuzz function.
pub fn all() -> impl Iterator<Item = &'static Parser> {
    [sandbox::parts(), gateway::parts(), plain::parts()]
        .into_iter()
        .flatten()
        .flat_map(|part| part.iter())
}

/// The function called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Parser> {
    all().find(|parser| parser.name == name)
}

/// Runs the function called `name`: what a cargo-fuzz target does.
///
/// # Panics
/// When there is none of this name, and when the product breaks a promise.
pub fn run(name: &str, data: &[u8]) {
    let parser = find(name).expect("fuzz/Cargo.toml names functions of the table only");
    (parser.run)(data);
}

/// Forgets what earlier inputs left behind on this thread: the next one meets a newborn sandbox and gateway.
pub fn begin() {
    sandbox::forget();
    gateway::forget();
}
