//! `cargo xtask resources` and `cargo xtask typings`: what the descriptors say.
//!
//! The facts come from an example of `kassa-gateway`, because this crate depends on no room. With a data file of published
//! facts every type, attribute, trigger and relationship is compared with it, flag by flag (`compare`), and what is meant to
//! be otherwise is told with its reason (`accepted`).

mod accepted;
mod compare;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use crate::workspace::cargo;

/// The page that is made from the descriptors.
const PAGE: &str = "docs/resources.md";

/// What `cargo xtask resources` can be asked.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A data file of published facts to compare with (commerce-resources.json).
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Write docs/resources.md anew instead.
    #[arg(long, conflicts_with = "against")]
    page: bool,
}

/// Prints the types with their verbs and counts, and what differs from the data file.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    if options.page {
        let page = printed(root, "page")?;
        return fs::write(root.join(PAGE), page).with_context(|| format!("write {PAGE}"));
    }
    let facts: Value = serde_json::from_str(&printed(root, "facts")?).context("read the facts")?;
    let served = members(&facts, "resources")?;
    table(served);
    match &options.against {
        Some(path) => compare_with(served, path),
        None => Ok(()),
    }
}

/// Compares what the descriptors say with the data file at `path`: every difference that is not meant fails.
pub(crate) fn check(root: &Path, path: &Path) -> Result<()> {
    let facts: Value = serde_json::from_str(&printed(root, "facts")?).context("read the facts")?;
    compare_with(members(&facts, "resources")?, path)
}

fn compare_with(served: &Map<String, Value>, path: &Path) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let published: Value = serde_json::from_str(&text).context("read the data file")?;
    let published = members(&published, "resources")?;
    let differences = compare::differences(served, published);
    let (rest, accepted) = accepted::sort_out(&differences, served);
    for difference in &rest {
        println!("differs: {difference}");
    }
    for (why, count) in &accepted {
        println!("accepted: {count} because: {why}");
    }
    println!(
        "{} types of {} that are published, {} differences, {} of them accepted",
        served.len(),
        published.len(),
        differences.len(),
        differences.len() - rest.len()
    );
    ensure!(rest.is_empty(), "what is served is not what is published");
    let idle: Vec<&str> = accepted
        .iter()
        .filter(|(_, count)| *count == 0)
        .map(|(why, _)| *why)
        .collect();
    ensure!(
        idle.is_empty(),
        "no difference needs this reason any more: {idle:?}"
    );
    Ok(())
}

/// Prints the resources as TypeScript declarations.
pub(crate) fn typings(root: &Path) -> Result<()> {
    print!("{}", printed(root, "typings")?);
    Ok(())
}

/// What the example prints when it is asked for `what`.
pub(crate) fn printed(root: &Path, what: &str) -> Result<String> {
    let output = Command::new(cargo())
        .args([
            "run",
            "--quiet",
            "--locked",
            "-p",
            "kassa-gateway",
            "--example",
            "resources",
            what,
        ])
        .current_dir(root)
        .output()
        .context("start cargo")?;
    ensure!(
        output.status.success(),
        "the descriptors could not be printed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).context("read what was printed")
}

fn table(served: &Map<String, Value>) {
    println!(
        "{:<34} {:<40} {:>10} {:>8} {:>13}",
        "type", "verbs", "attributes", "triggers", "relationships"
    );
    for (kind, facts) in served {
        let verbs: Vec<&str> = compare::strings(&facts["verbs"]).into_iter().collect();
        let count = |name: &str| facts[name].as_object().map_or(0, Map::len);
        println!(
            "{kind:<34} {:<40} {:>10} {:>8} {:>13}",
            verbs.join(" "),
            count("attributes"),
            count("triggers"),
            count("relationships")
        );
    }
    println!("{} types", served.len());
}

fn members<'a>(facts: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    facts[name]
        .as_object()
        .with_context(|| format!("the facts have no `{name}`"))
}
