//! What Python packages generate from the documents: requests, and clients that tell a story.
//!
//! Invariant: the documents are used as `prepare` writes them, so that `expectations.toml` alone says what is known to
//! differ; the same requests are made in every run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{self, headline};
use crate::python;

/// Where the scripts and the pinned packages are.
const SCRIPTS: &str = "web/klarna-clients";

/// The documents as `prepare` names them.
const DOCUMENTS: &[&str] = &[
    "payments",
    "order-management",
    "customer-token",
    "hosted-payment-page",
];

/// Everything the two checks need.
pub(super) struct Bench<'a> {
    pub(super) root: &'a Path,
    pub(super) target: &'a Path,
    pub(super) specs: &'a Path,
    /// The built comparison, which prepares the documents and starts the sandbox.
    pub(super) comparison: PathBuf,
    pub(super) kassa: PathBuf,
}

/// Both checks, on packages that are installed here first.
pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.target.join("conformance");
    let documents = folder.join("documents");
    fs::create_dir_all(&documents).with_context(|| format!("make {}", documents.display()))?;
    let pinned = bench.root.join(SCRIPTS).join("requirements.txt");
    let programs = python::install(&pinned, &folder.join("python"))?;
    let prepared = Command::new(&bench.comparison)
        .arg("prepare")
        .args([bench.specs, &documents])
        .status();
    ensure!(
        prepared.context("prepare the documents")?.success(),
        "the documents could not be prepared"
    );
    let requests = generated_requests(bench, &programs, &documents);
    let client = generated_client(bench, &programs, &documents, &folder.join("clients"));
    requests.and(client)
}

/// schemathesis makes requests of each document, right and wrong ones, the same ones in every run.
fn generated_requests(bench: &Bench<'_>, programs: &Path, documents: &Path) -> Result<()> {
    let scripts = bench.root.join(SCRIPTS);
    let mut broken = Vec::new();
    for name in DOCUMENTS {
        headline(&format!("requests generated from {name}"));
        let mut command = around(bench, &programs.join("schemathesis"));
        command
            .arg("--config-file")
            .arg(scripts.join("schemathesis.toml"))
            .arg("run")
            .arg(documents.join(format!("{name}.json")))
            .env("PYTHONPATH", &scripts)
            .current_dir(documents);
        if !process::stream(&mut command)?.status.success() {
            broken.push(*name);
        }
    }
    ensure!(
        broken.is_empty(),
        "answers to generated requests contradict: {}",
        broken.join(", ")
    );
    Ok(())
}

/// openapi-python-client makes a client of each document; a story is told through them.
fn generated_client(
    bench: &Bench<'_>,
    programs: &Path,
    documents: &Path,
    clients: &Path,
) -> Result<()> {
    headline("a story told by clients generated from the documents");
    let scripts = bench.root.join(SCRIPTS);
    fs::create_dir_all(clients).with_context(|| format!("make {}", clients.display()))?;
    for name in DOCUMENTS {
        let mut command = Command::new(programs.join("openapi-python-client"));
        command
            .args([
                "generate",
                "--overwrite",
                "--meta",
                "none",
                "--fail-on-warning",
            ])
            .arg("--config")
            .arg(scripts.join("generator.yaml"))
            .arg("--path")
            .arg(documents.join(format!("{name}.json")))
            .arg("--output-path")
            .arg(clients.join(name.replace('-', "_")));
        let ended = process::stream(&mut command)?;
        ensure!(
            ended.status.success(),
            "no client could be generated from {name}"
        );
    }
    let mut command = around(bench, &programs.join("python"));
    command
        .arg(scripts.join("generated_client_story.py"))
        .arg("--verbose")
        .env("PYTHONPATH", clients);
    let ended = process::stream(&mut command)?;
    ensure!(
        ended.status.success(),
        "the generated clients could not tell their story"
    );
    Ok(())
}

/// A program with a fresh sandbox beside it.
fn around(bench: &Bench<'_>, program: &Path) -> Command {
    let mut command = Command::new(&bench.comparison);
    command
        .arg("around")
        .arg(&bench.kassa)
        .arg(program)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
