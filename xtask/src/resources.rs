//! `cargo xtask resources` and `cargo xtask typings`: what the descriptors say.
//!
//! The facts come from an example of `kassa-gateway`, because this crate depends on no room. With a data file of published
//! facts every type, attribute, trigger and relationship is compared with it, flag by flag.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use crate::workspace::cargo;

/// The page that is made from the descriptors.
const PAGE: &str = "docs/resources.md";

/// Members of a document rather than attributes of a type.
const IMPLIED: &[&str] = &["id", "type", "created_at", "updated_at"];

/// What is compared of an attribute, a trigger or a relationship.
const FLAGS: &[&str] = &[
    "type",
    "read",
    "create",
    "update",
    "filter",
    "sort",
    "nullable",
    "integration_only",
    "required_on_create",
    "enum",
    "default",
    "cardinality",
    "include",
];

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
    let Some(path) = &options.against else {
        return Ok(());
    };
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let published: Value = serde_json::from_str(&text).context("read the data file")?;
    let differences = differences(served, members(&published, "resources")?);
    for difference in &differences {
        println!("differs: {difference}");
    }
    println!("{} differences", differences.len());
    ensure!(
        differences.is_empty(),
        "what is served is not what is published"
    );
    Ok(())
}

/// Prints the resources as TypeScript declarations.
pub(crate) fn typings(root: &Path) -> Result<()> {
    print!("{}", printed(root, "typings")?);
    Ok(())
}

/// What the example prints when it is asked for `what`.
fn printed(root: &Path, what: &str) -> Result<String> {
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
        let verbs: Vec<&str> = strings(&facts["verbs"]).into_iter().collect();
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

/// Everything in which the served types are not as published.
fn differences(served: &Map<String, Value>, published: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (kind, ours) in served {
        let Some(theirs) = published.get(kind) else {
            found.push(format!("{kind} is not published"));
            continue;
        };
        let verbs = |facts: &Value| -> BTreeSet<String> {
            strings(&facts["verbs"])
                .into_iter()
                .map(ToOwned::to_owned)
                .collect()
        };
        if verbs(ours) != verbs(theirs) {
            found.push(format!(
                "{kind} verbs: {:?}, published {:?}",
                verbs(ours),
                verbs(theirs)
            ));
        }
        for part in ["attributes", "triggers", "relationships"] {
            let empty = Map::new();
            let (ours, theirs) = (
                ours[part].as_object().unwrap_or(&empty),
                theirs[part].as_object().unwrap_or(&empty),
            );
            for (name, theirs) in theirs {
                match ours.get(name) {
                    Some(ours) => flags(&format!("{kind}.{name}"), ours, theirs, &mut found),
                    None if is_left_out(served, part, name, theirs) => {}
                    None => found.push(format!("{kind}.{name} is missing")),
                }
            }
            for name in ours.keys().filter(|name| !theirs.contains_key(*name)) {
                found.push(format!("{kind}.{name} is not published"));
            }
        }
    }
    found
}

/// What needs no entry: members of the document, tagging, and relationships to types that are not served or to the
/// caller's own token.
fn is_left_out(served: &Map<String, Value>, part: &str, name: &str, theirs: &Value) -> bool {
    match part {
        "attributes" => IMPLIED.contains(&name),
        "triggers" => matches!(name, "_add_tags" | "_remove_tags"),
        _ => {
            name.starts_with("jwt_")
                || strings(&theirs["targets"])
                    .iter()
                    .all(|kind| !served.contains_key(*kind))
        }
    }
}

fn flags(what: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    for flag in FLAGS {
        let Some(published) = theirs.get(*flag) else {
            continue;
        };
        // The published condition is told in our words; that there is one is compared.
        let (own, published) = match (&ours[*flag], published) {
            (Value::Object(_), Value::Object(_)) if *flag == "required_on_create" => continue,
            (Value::Array(own), Value::Array(published)) => {
                (Value::from(sorted(own)), Value::from(sorted(published)))
            }
            // The default of a decimal number is published as text.
            (Value::Number(own), Value::String(published)) => (
                Value::from(own.to_string()),
                Value::from(published.as_str()),
            ),
            (own, published) => (own.clone(), published.clone()),
        };
        if own != published {
            found.push(format!("{what} {flag}: {own}, published {published}"));
        }
    }
}

fn sorted(list: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = list.iter().map(Value::to_string).collect();
    texts.sort_unstable();
    texts
}

fn strings(list: &Value) -> BTreeSet<&str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

fn members<'a>(facts: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    facts[name]
        .as_object()
        .with_context(|| format!("the facts have no `{name}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(ours: Value, theirs: Value) -> Vec<String> {
        differences(ours.as_object().unwrap(), theirs.as_object().unwrap())
    }

    #[test]
    fn every_flag_that_differs_is_told() {
        let of = |sort: bool, verbs: Value| json!({"skus": {"verbs": verbs, "attributes": {"code": {"type": "string", "sort": sort}}}});
        assert!(found(of(true, json!(["list"])), of(true, json!(["list"]))).is_empty());
        let differing = found(
            of(true, json!(["list"])),
            of(false, json!(["list", "create"])),
        );
        assert_eq!(differing.len(), 2, "{differing:?}");
        assert!(
            differing
                .iter()
                .any(|text| text.starts_with("skus.code sort: true"))
        );
    }

    #[test]
    fn what_is_missing_and_what_is_our_own_are_told_apart() {
        let of = |name: &str| json!({"skus": {"verbs": [], "attributes": {name: {}}}});
        assert_eq!(
            found(of("color"), of("code")),
            ["skus.code is missing", "skus.color is not published"]
        );
        let away = json!({"skus": {"verbs": [], "relationships": {"tags": {"targets": ["tags"]}}}});
        assert!(found(json!({"skus": {"verbs": []}}), away).is_empty());
    }
}
