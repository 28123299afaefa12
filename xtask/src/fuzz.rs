//! `cargo xtask fuzz`: bytes that nobody meant, for every parser of unsafe input.
//!
//! The functions are those of `kassa-fuzz`. `--smoke` feeds them on the pinned toolchain; without it cargo-fuzz does, with
//! coverage, where it and a nightly are installed. What is missing there is named; nothing is skipped in silence.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::process::{first_line, headline, stream};
use crate::workspace::{cargo, target_directory};

/// The target of `fuzz/` that runs any function, and how it is told which.
const TARGET: &str = "every";
const FUNCTION: &str = "KASSA_FUZZ_FUNCTION";

/// What `cargo xtask fuzz` can be asked.
#[derive(Args)]
pub(crate) struct Options {
    /// Use the pinned toolchain: no coverage, nothing to install.
    #[arg(long)]
    smoke: bool,
    /// Time for all functions together.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// One function; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Seed of all inputs; drawn when absent, and printed. With --smoke.
    #[arg(long, requires = "smoke")]
    seed: Option<u64>,
    /// Run the input in this file, through the function of --only. With --smoke.
    #[arg(long, value_name = "FILE", requires = "smoke")]
    input: Option<PathBuf>,
}

/// Builds the functions and feeds them.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let target = target_directory(root)?;
    if options.smoke {
        return smoke(root, &target, options);
    }
    let missing = missing();
    ensure!(
        missing.is_empty(),
        "fuzzing with coverage needs what is not installed:\n{}\nwithout it: cargo xtask fuzz --smoke",
        missing.join("\n")
    );
    with_coverage(root, &target, options)
}

fn smoke(root: &Path, target: &Path, options: &Options) -> Result<()> {
    let mut command = runner(root, target);
    command.args(["--seconds", &options.seconds.to_string()]);
    for name in &options.only {
        command.args(["--only", name]);
    }
    if let Some(seed) = options.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    if let Some(input) = &options.input {
        // The runner is started at the root; the file is named from here.
        let input = std::path::absolute(input).context("find the input")?;
        command.arg("--input").arg(input);
    }
    let ended = stream(&mut command)?;
    ensure!(ended.status.success(), "not every function ran and held");
    Ok(())
}

/// The stable runner, which keeps what it finds below `target/fuzz`.
fn runner(root: &Path, target: &Path) -> Command {
    let mut command = Command::new(cargo());
    command
        .current_dir(root)
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "kassa-fuzz",
            "--",
            "--keep",
        ])
        .arg(target.join("fuzz"));
    command
}

/// What fuzzing with coverage needs and is not there, each with the way to get it.
fn missing() -> Vec<&'static str> {
    let has = |program, arguments: &[&str]| first_line(program, arguments).is_some();
    let mut missing = Vec::new();
    if !has("rustup", &["run", "nightly", "rustc", "--version"]) {
        missing.push("  a nightly toolchain: rustup toolchain install nightly");
    }
    if !has("cargo", &["fuzz", "--version"]) {
        missing.push("  cargo-fuzz: cargo install cargo-fuzz --locked");
    }
    missing
}

/// Every function under cargo-fuzz, one after the other; the inputs found stay in `fuzz/corpus`.
fn with_coverage(root: &Path, target: &Path, options: &Options) -> Result<()> {
    let seeds = target.join("fuzz-seeds");
    let mut command = runner(root, target);
    for name in &options.only {
        command.args(["--only", name]);
    }
    let written = stream(command.arg("--write-seeds").arg(&seeds))?;
    ensure!(written.status.success(), "the seeds cannot be written");
    let names = match options.only.as_slice() {
        [] => functions(&seeds)?,
        only => only.to_vec(),
    };
    let count = u64::try_from(names.len()).unwrap_or(1).max(1);
    let each = (options.seconds / count).max(1);
    let mut broken = Vec::new();
    for name in &names {
        headline(name);
        let corpus = root.join("fuzz/corpus").join(name);
        std::fs::create_dir_all(&corpus).with_context(|| format!("make {}", corpus.display()))?;
        let ended = stream(&mut cargo_fuzz(
            root,
            name,
            &corpus,
            &seeds.join(name),
            each,
        ))?;
        if !ended.status.success() {
            broken.push(name.as_str());
        }
    }
    if !broken.is_empty() {
        bail!(
            "broken promises in {}; the inputs are in fuzz/artifacts",
            broken.join(", ")
        );
    }
    println!(
        "{} functions held under cargo-fuzz, {each} s each",
        names.len()
    );
    Ok(())
}

/// The names of the folders that the seeds were written to.
fn functions(seeds: &Path) -> Result<Vec<String>> {
    let read = || format!("read {}", seeds.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(seeds).with_context(read)? {
        names.push(
            entry
                .with_context(read)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    Ok(names)
}

fn cargo_fuzz(root: &Path, name: &str, corpus: &Path, seeds: &Path, seconds: u64) -> Command {
    let mut command = Command::new("rustup");
    // `rustup run` wins over the pin in rust-toolchain.toml, for every cargo below it.
    command
        .current_dir(root)
        .args(["run", "nightly", "cargo", "fuzz", "run", TARGET])
        .args([corpus, seeds])
        .args(["--", "-max_len=65536"])
        .arg(format!("-max_total_time={seconds}"))
        .env(FUNCTION, name);
    command
}
