//! Rules about what decides: no clock, file, socket, thread, randomness or waiting in it, and no
//! float near money.
//!
//! The manifests keep whole crates away (`rooms`); this looks for what the standard library offers
//! anyway, and guards the sandbox's `world/`, which shares a crate with code that does all of it.

use super::Finding;
use super::source::Source;

/// Folders that only compute.
const PURE: &[&str] = &[
    "crates/money/src",
    "crates/klarna-api/src",
    "crates/commerce/src",
    "crates/partner/src",
    "crates/jsonapi/src",
    "crates/klarna-sandbox/src/world",
];

/// What reaches outside the program, as prefixes of a path.
const OUTSIDE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::sync::mpsc",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "async_trait",
    "axum",
    "futures_util",
    "getrandom",
    "hyper",
    "hyper_rustls",
    "hyper_util",
    "kassa_environment::BusinessClock",
    "kassa_environment::Clock",
    "kassa_environment::SystemClock",
    "kassa_environment::SystemEntropy",
    "kassa_environment::wait",
    "kassa_klarna_client",
    "kassa_storage",
    "rand",
    "rand_chacha",
    "rusqlite",
    "rustls",
    "tempfile",
    "tokio",
    "tokio_postgres",
    "tower",
    "tower_http",
    "tracing",
];

/// Folders whose numbers are money or stand next to it.
const EXACT: &[&str] = &[
    "crates/money/src",
    "crates/klarna-api/src",
    "crates/commerce/src",
    "crates/partner/src",
    "crates/gateway/src",
    "crates/storage/src",
    "crates/klarna-sandbox/src/world",
];

/// `pure`, `float`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if source.is_below(PURE) {
        findings.extend(outside(source));
    }
    if source.is_below(EXACT) {
        findings.extend(floats(source));
    }
    findings
}

fn outside(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &source.facts.paths {
        if let Some(prefix) = OUTSIDE
            .iter()
            .find(|prefix| starts_with(&path.what, prefix))
        {
            let message = format!("`{prefix}` reaches outside: take the result as a value");
            findings.push(Finding::new("pure", &source.path, path.line, message));
        }
    }
    for suspension in &source.facts.suspensions {
        let message = format!(
            "`{}` waits for something: a decision never does",
            suspension.what
        );
        findings.push(Finding::new("pure", &source.path, suspension.line, message));
    }
    findings.dedup_by_key(|finding| finding.line);
    findings
}

fn floats(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut push = |line: usize, what: &str| {
        let message = format!("`{what}`: money is integer minor units, rates are scaled integers");
        findings.push(Finding::new("float", &source.path, line, message));
    };
    for path in &source.facts.paths {
        if path
            .what
            .split("::")
            .any(|part| matches!(part, "f32" | "f64"))
        {
            push(path.line, &path.what);
        }
    }
    for literal in &source.facts.float_literals {
        push(literal.line, &literal.what);
    }
    for method in &source.facts.methods {
        if matches!(
            method.what.as_str(),
            "as_f32" | "as_f64" | "to_f32" | "to_f64"
        ) {
            push(method.line, &method.what);
        }
    }
    findings
}

/// Whether `path` is `prefix` or lies below it, by whole segments.
pub(crate) fn starts_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let source = Source::parse(path, text).expect("parses");
        check(&source).iter().map(|f| f.rule).collect()
    }

    #[test]
    fn a_decision_that_reaches_outside_fails() {
        for line in [
            "use std::fs;",
            "use std::{net::TcpStream};",
            "fn a() { std::thread::spawn(b); }",
            "fn a() { std::time::SystemTime::now(); }",
            "use rand::Rng;",
            "use kassa_environment::Clock;",
            "async fn a() {}",
            "fn a() { let b = async {}; }",
        ] {
            assert_eq!(rules("crates/commerce/src/a.rs", line), ["pure"], "{line}");
        }
    }

    #[test]
    fn the_sandbox_world_is_pure_and_its_http_is_not() {
        let text = "use tokio::net::TcpListener;";
        assert_eq!(
            rules("crates/klarna-sandbox/src/world/a.rs", text),
            ["pure"]
        );
        assert!(rules("crates/klarna-sandbox/src/http/a.rs", text).is_empty());
    }

    #[test]
    fn a_duration_is_a_value() {
        assert!(rules("crates/commerce/src/a.rs", "use std::time::Duration;").is_empty());
    }

    #[test]
    fn a_float_near_money_fails() {
        for line in [
            "struct A { b: f64 }",
            "fn a(b: Option<f32>) {}",
            "fn a() { let b = 1.5; }",
            "fn a() { let b = c as f64; }",
            "fn a() { format!(\"{}\", 0.5); }",
            "fn a() { b.as_f64(); }",
        ] {
            assert_eq!(rules("crates/money/src/a.rs", line), ["float"], "{line}");
        }
        assert!(rules("crates/money/src/a.rs", "fn a() { assert!(b.0.1 == 2); }").is_empty());
    }
}
