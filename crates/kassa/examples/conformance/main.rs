//! Compares what the sandbox serves with Klarna's published documents: `cargo xtask conformance`.
//!
//! `check` holds what it serves against the documents; a contradiction fails the run, and what is not served yet is
//! counted. `prepare` writes Klarna's documents as JSON, corrected, for programs that generate requests or clients;
//! `around` runs such a program with a sandbox beside it.

mod klarna;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// What was found.
#[derive(Default)]
pub struct Report {
    contradictions: Vec<String>,
    counts: Vec<(&'static str, usize, usize)>,
}

impl Report {
    /// Something published is missing here or is otherwise.
    pub fn contradiction(&mut self, what: String) {
        self.contradictions.push(what);
    }

    /// How many of the published are served.
    pub fn count(&mut self, what: &'static str, served: usize, published: usize) {
        self.counts.push((what, served, published));
    }

    fn print(&self) {
        for what in &self.contradictions {
            println!("error: {what}");
        }
        println!(
            "{:<28} {:>7} {:>10} {:>8}",
            "", "served", "published", "to come"
        );
        for (what, served, published) in &self.counts {
            let rest = published.saturating_sub(*served);
            println!("{what:<28} {served:>7} {published:>10} {rest:>8}");
        }
        println!("conformance: {} contradictions", self.contradictions.len());
    }
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let arguments: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
    match arguments.as_slice() {
        [what, specs, kassa] if *what == "check" => check(Path::new(specs), Path::new(kassa)),
        [what, specs, into] if *what == "prepare" => {
            klarna::prepare(Path::new(specs), Path::new(into))?;
            Ok(ExitCode::SUCCESS)
        }
        [what, kassa, program, rest @ ..] if *what == "around" => {
            klarna::around(Path::new(kassa), program, rest)
        }
        _ => bail!(
            "arguments: check SPECS KASSA, prepare SPECS FOLDER, or around KASSA PROGRAM ARGUMENTS"
        ),
    }
}

fn check(specs: &Path, kassa: &Path) -> Result<ExitCode> {
    let mut report = Report::default();
    klarna::check(specs, kassa, &mut report)?;
    report.print();
    Ok(if report.contradictions.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}
