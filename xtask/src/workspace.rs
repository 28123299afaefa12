//! Where things are: the root of the checkout, Cargo's target folder, the files of a kind.
//!
//! Paths are reported relative to the root with forward slashes, so a finding reads the same
//! on every machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

/// The root of the checkout this program was built from.
pub(crate) fn root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest
        .parent()
        .context("xtask lies directly below the root")?;
    ensure!(
        root.join("Cargo.toml").is_file(),
        "{} is no longer the root of the workspace: build xtask again",
        root.display()
    );
    Ok(root.to_path_buf())
}

/// Cargo's target folder, as Cargo itself sees it (environment and configuration included).
pub(crate) fn target_directory(root: &Path) -> Result<PathBuf> {
    let output = Command::new(cargo())
        .args([
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(root)
        .output()
        .context("start cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo metadata failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("read the answer of cargo metadata")?;
    let directory = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names no target folder")?;
    Ok(PathBuf::from(directory))
}

/// The cargo that started this program, so that one toolchain does all the work.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// What every chore builds: one call with one set of features, so nothing is compiled twice.
pub(crate) const BUILD: &[&str] = &[
    "build",
    "--workspace",
    "--bins",
    "--tests",
    "--examples",
    "--locked",
];

/// Every file below `folders` with one of the `extensions`, sorted; build output is left out.
pub(crate) fn files(root: &Path, folders: &[&str], extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        let top = root.join(folder);
        if !top.exists() {
            continue;
        }
        let walk = WalkDir::new(&top)
            .into_iter()
            .filter_entry(|entry| !is_build_output(entry.file_name().to_str().unwrap_or_default()));
        for entry in walk {
            let entry = entry.with_context(|| format!("walk {}", top.display()))?;
            let extension = entry.path().extension().and_then(|text| text.to_str());
            if entry.file_type().is_file()
                && extension.is_some_and(|text| extensions.contains(&text))
            {
                found.push(entry.into_path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_build_output(name: &str) -> bool {
    matches!(name, "target" | "node_modules" | ".git")
}

/// `path` relative to `root`, with forward slashes.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}
