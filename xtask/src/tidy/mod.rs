//! `cargo xtask tidy`: the rules of the rooms as a program.
//!
//! Each rule is a pure function from parsed sources or manifests to findings, with a test that
//! feeds it something bad. An exception stands in `xtask/tidy-exceptions.toml` with its reason;
//! one that is no longer needed is itself a finding, so the list cannot rot.

mod exceptions;
mod facts;
mod lengths;
mod names;
mod purity;
mod rooms;
mod source;
mod sql;
mod strays;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace;
use source::Source;

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The rule's name, as exceptions name it.
    pub(crate) rule: &'static str,
    /// Path below the root.
    pub(crate) path: String,
    /// Line in that file, from 1; 0 stands for the whole file.
    pub(crate) line: usize,
    /// What is wrong and what to do instead.
    pub(crate) message: String,
    /// A warning is shown and does not fail the run.
    pub(crate) warning: bool,
}

impl Finding {
    fn new(rule: &'static str, path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            rule,
            path: path.to_owned(),
            line,
            message: message.into(),
            warning: false,
        }
    }

    fn into_warning(mut self) -> Self {
        self.warning = true;
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            path,
            line,
            message,
            ..
        } = self;
        if *line == 0 {
            write!(f, "{path}: {rule}: {message}")
        } else {
            write!(f, "{path}:{line}: {rule}: {message}")
        }
    }
}

/// Runs every rule over the checkout; fails when one is broken.
pub(crate) fn run(root: &Path) -> Result<()> {
    let sources = source::load(root)?;
    let mut findings = Vec::new();
    for source in &sources {
        findings.extend(check_source(source));
    }
    findings.extend(check_manifests(root)?);
    let exceptions = exceptions::Exceptions::parse(&read(&root.join(exceptions::FILE))?)?;
    let findings = exceptions.apply(findings);
    report(sources.len(), &findings)
}

fn check_manifests(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut rooms = Vec::new();
    for manifest in workspace::files(root, &["crates", "xtask"], &["toml"])? {
        let path = workspace::relative(root, &manifest);
        let Some(folder) = path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        rooms.extend(folder.strip_prefix("crates/").map(str::to_owned));
        findings.extend(rooms::check(&path, &read(&manifest)?)?);
    }
    let architecture = read(&root.join("ARCHITECTURE.md"))?;
    findings.extend(rooms::check_map(&rooms, &architecture));
    Ok(findings)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(names::check(source));
    if source.is_test {
        return findings;
    }
    findings.extend(lengths::check(source));
    findings.extend(purity::check(source));
    findings.extend(sql::check(source));
    findings.extend(strays::check(source));
    findings
}

fn report(files: usize, findings: &[Finding]) -> Result<()> {
    let mut failures = 0_usize;
    for finding in findings {
        if finding.warning {
            println!("warning: {finding}");
        } else {
            failures += 1;
            println!("error: {finding}");
        }
    }
    let warnings = findings.len() - failures;
    println!("tidy: {files} source files, {failures} broken rules, {warnings} warnings");
    if failures > 0 {
        bail!("{failures} broken rules");
    }
    Ok(())
}
