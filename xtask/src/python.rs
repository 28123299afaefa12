//! Python for the chores: pinned packages in a virtual environment below Cargo's target folder.
//!
//! Invariant: what runs is what a `requirements.txt` pins with hashes; nothing of the machine's own packages is used or
//! changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{self, headline};

/// The oldest Python that the pinned packages run on.
const PYTHON_MIN: (u32, u32) = (3, 10);

/// Installs what `pinned`, a `requirements.txt`, names into `environment`; gives the folder of its programs.
pub(crate) fn install(pinned: &Path, environment: &Path) -> Result<PathBuf> {
    let programs = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let wanted =
        fs::read_to_string(pinned).with_context(|| format!("read {}", pinned.display()))?;
    // Written last, so that an installation that broke off is not taken for a whole one.
    let stamp = environment.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    headline(&format!("installing what {} pins", pinned.display()));
    let python = python()?;
    let made = process::stream(
        Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(environment),
    )?;
    ensure!(
        made.status.success(),
        "{python} cannot make a virtual environment: install its modules venv and ensurepip (on Debian: apt-get install python3-venv)"
    );
    let mut pip = Command::new(programs.join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(["--require-hashes", "--requirement"])
    .arg(pinned);
    ensure!(
        process::stream(&mut pip)?.status.success(),
        "pip could not install {}: is the package index within reach?",
        pinned.display()
    );
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    Ok(programs)
}

fn python() -> Result<&'static str> {
    let (major, minor) = PYTHON_MIN;
    for name in ["python3", "python"] {
        let version =
            process::first_line(name, &["-c", "import sys; print(*sys.version_info[:2])"]);
        let version = version.as_deref().and_then(|text| text.split_once(' '));
        let parsed =
            version.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        if parsed.is_some_and(|found: (u32, u32)| found >= PYTHON_MIN) {
            return Ok(name);
        }
    }
    anyhow::bail!("Python is missing: install Python {major}.{minor} or newer with venv and pip")
}
