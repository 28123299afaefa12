//! `cargo xtask conformance`: what is served, against the published documents.
//!
//! The documents are not part of this repository. Wire types are compared as text (`wire`), resources by what the descriptors
//! print (`crate::resources`); the walk through the sandbox is an example of the `kassa` crate, because it links the room it
//! asks about and starts the binary; requests and clients that are
//! generated from the documents are the work of Python packages (`generated`).

mod generated;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::resources;
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
    let resources = resources::check(root, &specs.join("commerce-resources.json"));
    let built = Command::new(cargo()).args(BUILD).current_dir(root).status();
    ensure!(
        built.context("start cargo")?.success(),
        "the comparison does not compile"
    );
    let target = workspace::target_directory(root)?;
    let folder = target.join("debug");
    let suffix = std::env::consts::EXE_SUFFIX;
    let comparison = folder.join(format!("examples/conformance{suffix}"));
    let kassa = folder.join(format!("kassa{suffix}"));
    let mut command = Command::new(&comparison);
    let ended = process::stream(command.arg("check").arg(&specs).arg(&kassa))?;
    let generated = generated::check(&generated::Bench {
        root,
        target: &target,
        specs: &specs,
        comparison,
        kassa,
    });
    ensure!(
        ended.status.success(),
        "what is served contradicts what is published"
    );
    wire.and(resources).and(generated)
}
