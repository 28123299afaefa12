//! The steps that need Node.js: the published client libraries, and a shopper in Chromium, in our pages and in one of
//! published components.
//!
//! What is missing is installed where that is a matter of one package (Debian, as root), and
//! otherwise named exactly; nothing is skipped in silence.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Bench;
use super::counts::{self, Counts};
use super::rust::settled;
use crate::{npm, process, resources};

const NODE_MAJOR_MIN: u32 = 20;

/// More failures than this are no missed beat and are not tried again.
const TRIED_AGAIN_MAX: u64 = 3;

const CHROMIUM_NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// The story of a shop, told by the published client libraries, unchanged.
pub(super) fn client_libraries(bench: &Bench) -> Result<Counts> {
    require_node()?;
    let typings = bench.target.join("kassa-typings.ts");
    std::fs::write(&typings, resources::printed(&bench.root, "typings")?)
        .with_context(|| format!("write {}", typings.display()))?;
    node_project(bench, "web/sdk-story", &[("KASSA_TYPINGS", &typings)])
}

/// A shopper in a headless browser.
pub(super) fn browser(bench: &Bench) -> Result<Counts> {
    require_node()?;
    let chromium = chromium()?;
    println!("browser: {}", chromium.display());
    node_project(bench, "web/tests", &[("CHROMIUM_BIN", &chromium)])
}

/// A checkout page of published components, in the same browser.
pub(super) fn react_checkout(bench: &Bench) -> Result<Counts> {
    require_node()?;
    let chromium = chromium()?;
    node_project(bench, "web/react-checkout", &[("CHROMIUM_BIN", &chromium)])
}

/// Runs the files of the tests that failed once more. A browser on a busy machine misses a beat now and then; what
/// fails twice has failed, and what passes now is named, so that it is mended and not forgotten.
fn another_try(
    bench: &Bench,
    folder: &str,
    environment: &[(&str, &Path)],
    first: Counts,
    failures: &[(String, String)],
) -> Result<Counts> {
    let files: BTreeSet<&str> = failures.iter().map(|(file, _)| file.as_str()).collect();
    let files = files.into_iter().collect::<Vec<_>>().join(" ");
    process::headline(&format!("{folder}: once more what failed: {files}"));
    let mut environment = environment.to_vec();
    environment.push(("KASSA_TEST_FILES", Path::new(&files)));
    let (second, _) = run_project(bench, folder, &environment)?;
    let settled = first.after_another_try(second.failed);
    for (file, name) in failures {
        println!("UNSTEADY or failed, first try: {file}: {name}");
    }
    Ok(settled)
}

fn require_node() -> Result<()> {
    let version = process::first_line("node", &["--version"])
        .context("Node.js is missing: install Node.js 20 or newer (with npm), or use --quick")?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse::<u32>().ok());
    ensure!(
        major.is_some_and(|major| major >= NODE_MAJOR_MIN),
        "Node.js {version} is too old: {NODE_MAJOR_MIN} or newer is needed"
    );
    ensure!(process::find("npm").is_some(), "npm is missing");
    Ok(())
}

/// Installs a project's locked packages and runs its tests against the binary just built.
fn node_project(bench: &Bench, folder: &str, extra: &[(&str, &Path)]) -> Result<Counts> {
    let (counts, output) = run_project(bench, folder, extra)?;
    let failures = counts::node_failures(&output);
    if counts.failed == 0 || counts.failed > TRIED_AGAIN_MAX || failures.is_empty() {
        return Ok(counts);
    }
    another_try(bench, folder, extra, counts, &failures)
}

fn run_project(bench: &Bench, folder: &str, extra: &[(&str, &Path)]) -> Result<(Counts, String)> {
    let project = bench.root.join(folder);
    npm::install(&project)?;
    let mut command = Command::new("npm");
    command
        .args(["test", "--silent"])
        .current_dir(&project)
        .env("KASSA_BIN", bench.kassa());
    for (name, value) in extra {
        command.env(name, value);
    }
    let ended = process::stream(&mut command)?;
    let counts = settled(ended.status.success(), counts::node(&ended.output))?;
    Ok((counts, ended.output))
}

/// The browser: named by `CHROMIUM_BIN`, found on the path, or installed on Debian as root.
fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM_BIN") {
        let named = PathBuf::from(named);
        ensure!(
            named.is_file(),
            "CHROMIUM_BIN names {}, which does not exist",
            named.display()
        );
        return Ok(named);
    }
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    if process::find("apt-get").is_some() && is_root() {
        install_chromium()?;
    }
    find_chromium().context(
        "Chromium is missing: install it (on Debian: apt-get install chromium), \
         name it in CHROMIUM_BIN, or use --quick",
    )
}

fn find_chromium() -> Option<PathBuf> {
    CHROMIUM_NAMES.iter().find_map(|name| process::find(name))
}

fn is_root() -> bool {
    process::first_line("id", &["-u"]).as_deref() == Some("0")
}

fn install_chromium() -> Result<()> {
    println!("Chromium is missing: installing Debian's package");
    for arguments in [
        &["update", "-q"][..],
        &["install", "-q", "-y", "--no-install-recommends", "chromium"],
    ] {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        let ended = process::stream(&mut command)?;
        ensure!(ended.status.success(), "apt-get {} failed", arguments[0]);
    }
    Ok(())
}
