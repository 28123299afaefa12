//! `cargo xtask conformance`: what is served, against the published documents.
//!
//! The documents are not part of this repository. Wire types are compared as text (`wire`); the
//! comparison of resources and routes links the rooms it asks about, so it is an example of the
//! `kassa` crate, which this chore builds and runs.

mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process;
use crate::workspace::{self, BUILD, cargo};

/// Where the documents lie unless told otherwise: beside the checkout.
const SPECS: &str = "../shared/specs";

/// What `cargo xtask conformance` can be asked.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folder with Klarna's OpenAPI documents and commerce-resources.json.
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
}

/// Builds the binary and the comparison, and runs it.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let specs = options.specs.clone().unwrap_or_else(|| root.join(SPECS));
    ensure!(
        specs.join("commerce-resources.json").is_file(),
        "{} holds no published documents: name their folder with --specs",
        specs.display()
    );
    let specs = specs
        .canonicalize()
        .with_context(|| format!("find {}", specs.display()))?;
    let wire = wire::check(root, &specs);
    let built = Command::new(cargo()).args(BUILD).current_dir(root).status();
    ensure!(
        built.context("start cargo")?.success(),
        "the comparison does not compile"
    );
    let folder = workspace::target_directory(root)?.join("debug");
    let suffix = std::env::consts::EXE_SUFFIX;
    let ended = process::stream(
        Command::new(folder.join(format!("examples/conformance{suffix}")))
            .arg(specs)
            .arg(folder.join(format!("kassa{suffix}"))),
    )?;
    if !ended.status.success() {
        bail!("what is served contradicts what is published");
    }
    wire
}
