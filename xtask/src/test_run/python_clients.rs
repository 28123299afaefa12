//! The step that needs Python: a published client of Klarna's API, unchanged against the sandbox.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::counts::{self, Counts};
use super::rust::settled;
use crate::{process, python};

/// Installs the pinned client and runs its story against the binary just built.
pub(super) fn published(bench: &Bench) -> Result<Counts> {
    let folder = bench.root.join("web/klarna-clients/published");
    let environment = bench.target.join("published-clients");
    let programs = python::install(&folder.join("requirements.txt"), &environment)?;
    let mut command = Command::new(programs.join("python"));
    command
        .arg(folder.join("payments_story.py"))
        .arg("--verbose")
        .env("KASSA_BIN", bench.kassa())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let ended = process::stream(&mut command)?;
    settled(ended.status.success(), counts::unittest(&ended.output))
}
