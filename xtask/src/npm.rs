//! Node.js for the chores: the packages that a lock file pins, beside that file.
//!
//! Invariant: no package runs a script of its own while it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;

/// `npm ci` in `project`, unless what is installed is newer than the lock file.
pub(crate) fn install(project: &Path) -> Result<()> {
    let modified = |path: PathBuf| path.metadata().and_then(|data| data.modified()).ok();
    let installed = modified(project.join("node_modules/.package-lock.json"));
    let locked = modified(project.join("package-lock.json"));
    ensure!(
        locked.is_some(),
        "{} has no package-lock.json",
        project.display()
    );
    if installed >= locked {
        return Ok(());
    }
    let arguments = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    let ended = process::stream(Command::new("npm").args(arguments).current_dir(project))
        .context("Node.js with npm is needed")?;
    ensure!(
        ended.status.success(),
        "npm ci failed in {}",
        project.display()
    );
    Ok(())
}
