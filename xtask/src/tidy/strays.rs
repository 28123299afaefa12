//! Rules about the edges of the program: time and randomness, connections, configuration. Each has
//! one home, so that tests, the simulator and a reader know where it comes from.

use super::Finding;
use super::purity::starts_with;
use super::source::Source;

/// Reading a clock, waiting on one, or taking randomness; matched at the end of a path.
const TIME_AND_CHANCE: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Utc::now",
    "Local::now",
    "time::sleep",
    "time::sleep_until",
    "time::interval",
    "time::interval_at",
    "thread::sleep",
    "rand::rng",
    "rand::random",
    "thread_rng",
    "OsRng",
    "StdRng::from_os_rng",
    "SystemRandom::new",
    "rand::fill",
    "getrandom::fill",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "Uuid::now_v6",
    "Uuid::now_v1",
];

/// Opening a connection or being a client.
const OUTWARD: &[&str] = &[
    "hyper::client",
    "hyper_rustls",
    "hyper_util::client",
    "reqwest",
    "tokio::net::TcpStream",
    "tokio::net::UdpSocket",
    "tokio::net::UnixStream",
    "tokio::net::lookup_host",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os::unix::net::UnixStream",
];

const OUTWARD_HOMES: &[&str] = &[
    "crates/klarna-client",
    "crates/outbound",
    "crates/klarna-sandbox/src/notify",
    "crates/klarna-sandbox/src/notify.rs",
    "crates/storage-postgres",
];

const CONFIGURATION: &[&str] = &[
    "std::env::var",
    "std::env::var_os",
    "std::env::vars",
    "std::env::args",
    "clap",
    "config::Config",
];

/// `stray-clock`, `outward`, `configuration`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if source.room() != "environment" {
        findings.extend(at_paths(source, "stray-clock", |path| {
            TIME_AND_CHANCE
                .iter()
                .any(|end| ends_with(path, end))
                .then_some("time and randomness come from `kassa-environment` alone")
        }));
    }
    if !source.is_below(OUTWARD_HOMES) {
        findings.extend(at_paths(source, "outward", |path| {
            OUTWARD
                .iter()
                .any(|prefix| starts_with(path, prefix))
                .then_some("only klarna-client, outbound and the sandbox's notify connect outward")
        }));
    }
    if !matches!(source.room(), "kassa" | "xtask") {
        findings.extend(at_paths(source, "configuration", |path| {
            CONFIGURATION
                .iter()
                .any(|prefix| starts_with(path, prefix))
                .then_some("only `kassa` reads configuration: take the value as an argument")
        }));
    }
    findings
}

fn at_paths(
    source: &Source,
    rule: &'static str,
    complaint: impl Fn(&str) -> Option<&'static str>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for path in &source.facts.paths {
        let Some(text) = complaint(&path.what) else {
            continue;
        };
        if findings.iter().any(|finding| finding.line == path.line) {
            continue;
        }
        let message = format!("`{}`: {text}", path.what);
        findings.push(Finding::new(rule, &source.path, path.line, message));
    }
    findings
}

fn ends_with(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let source = Source::parse(path, text).expect("parses");
        check(&source).iter().map(|f| f.rule).collect()
    }

    #[test]
    fn a_clock_or_chance_from_the_air_fails() {
        for line in [
            "fn a() { std::time::SystemTime::now(); }",
            "use std::time::Instant;\nfn a() { Instant::now(); }",
            "fn a() { jiff::Timestamp::now(); }",
            "use tokio::time;\nfn a() { time::sleep(b); }",
            "use tokio::time::sleep;",
            "fn a() { rand::rng(); }",
            "fn a() { vec![uuid::Uuid::new_v4()]; }",
        ] {
            assert_eq!(
                rules("crates/gateway/src/a.rs", line),
                ["stray-clock"],
                "{line}"
            );
            assert!(rules("crates/environment/src/a.rs", line).is_empty());
        }
    }

    #[test]
    fn a_connection_outside_its_homes_fails() {
        let text = "use hyper_util::client::legacy::Client;";
        assert_eq!(rules("crates/gateway/src/a.rs", text), ["outward"]);
        assert_eq!(
            rules("crates/klarna-sandbox/src/http/a.rs", text),
            ["outward"]
        );
        assert!(rules("crates/klarna-client/src/a.rs", text).is_empty());
        assert!(rules("crates/klarna-sandbox/src/notify/a.rs", text).is_empty());
    }

    #[test]
    fn configuration_read_outside_the_binary_fails() {
        let text = "fn a() { std::env::var(\"KASSA_X\"); }";
        assert_eq!(rules("crates/gateway/src/a.rs", text), ["configuration"]);
        assert!(rules("crates/kassa/src/a.rs", text).is_empty());
    }
}
