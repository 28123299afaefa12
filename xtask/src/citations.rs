//! `cargo xtask citations`: pages and headings named in comments and links exist.
//!
//! A surprising line of code cites the page that explains it (`docs/klarna/captures.md#reply`).
//! A citation that leads nowhere is worse than none, so it fails the run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use regex::Regex;

use crate::workspace;

/// What `cargo xtask citations` can be asked.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// List the headings of docs/klarna that no Rust file cites.
    #[arg(long)]
    uncited: bool,
}

static CITATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bdocs/[A-Za-z0-9_./-]+\.md(#[A-Za-z0-9_-]+)?")
        .expect("the pattern is constant and tested")
});

static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").expect("the pattern is constant and tested"));

static ANCHOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<a (?:id|name)="([^"]+)""#).expect("the pattern is constant and tested")
});

/// A page or a heading named somewhere.
#[derive(Debug, PartialEq, Eq)]
struct Citation {
    /// Path below the root.
    page: String,
    heading: Option<String>,
    line: usize,
}

/// Checks the whole checkout; fails when a citation leads nowhere.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let pages = read_pages(root)?;
    let mut cited = BTreeSet::new();
    let mut dangling = 0_usize;
    let mut total = 0_usize;
    for path in citing_files(root)? {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let name = workspace::relative(root, &path);
        for citation in citations(&name, &text) {
            total += 1;
            if let Err(complaint) = check(root, &pages, &citation) {
                dangling += 1;
                println!("error: {name}:{}: {complaint}", citation.line);
            }
            if let Some(heading) = citation.heading {
                cited.insert((citation.page, heading));
            }
        }
    }
    report_uncited(&pages, &cited, options.uncited);
    println!("citations: {total} checked, {dangling} dangling");
    if dangling > 0 {
        bail!("{dangling} citations lead nowhere");
    }
    Ok(())
}

fn citing_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = workspace::files(root, &["crates"], &["rs", "md", "sql", "html"])?;
    files.extend(workspace::files(root, &["web"], &["js", "mjs", "md"])?);
    files.extend(markdown(root)?);
    files.dedup();
    Ok(files)
}

fn markdown(root: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = workspace::files(root, &["docs"], &["md"])?;
    for entry in std::fs::read_dir(root).context("read the root")? {
        let path = entry.context("read the root")?.path();
        if path.extension().is_some_and(|text| text == "md") {
            pages.push(path);
        }
    }
    Ok(pages)
}

/// The headings of each page, by path below the root.
fn read_pages(root: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut pages = BTreeMap::new();
    for path in markdown(root)? {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        pages.insert(workspace::relative(root, &path), headings(&text));
    }
    Ok(pages)
}

/// The anchors a page offers: its headings as web pages spell them, and explicit anchors.
fn headings(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for anchor in ANCHOR.captures_iter(line) {
            found.insert(anchor[1].to_owned());
        }
        let title = line.trim_start_matches('#');
        if title.len() < line.len() && title.starts_with(' ') {
            let base = slug(title);
            let mut name = base.clone();
            let mut repeat = 0;
            while !found.insert(name) {
                repeat += 1;
                name = format!("{base}-{repeat}");
            }
        }
    }
    found
}

fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.trim().chars() {
        if letter.is_alphanumeric() || letter == '-' || letter == '_' {
            slug.extend(letter.to_lowercase());
        } else if letter == ' ' {
            slug.push('-');
        }
    }
    slug
}

fn citations(name: &str, text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    let is_page = Path::new(name).extension().is_some_and(|e| e == "md");
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        fenced ^= is_page && line.starts_with("```");
        if fenced {
            continue;
        }
        let targets: Vec<String> = if is_page {
            let links = LINK.captures_iter(line);
            links.filter_map(|link| resolve(name, &link[1])).collect()
        } else {
            CITATION
                .find_iter(line)
                .map(|found| found.as_str().to_owned())
                .collect()
        };
        for target in targets {
            let (page, heading) = match target.split_once('#') {
                Some((page, heading)) => (page.to_owned(), Some(heading.to_owned())),
                None => (target, None),
            };
            found.push(Citation {
                page,
                heading,
                line: index + 1,
            });
        }
    }
    found
}

/// A link of a page as a path below the root; `None` for one that leaves the checkout.
fn resolve(page: &str, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") || link.starts_with('/') {
        return None;
    }
    if let Some(heading) = link.strip_prefix('#') {
        return Some(format!("{page}#{heading}"));
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn check(
    root: &Path,
    pages: &BTreeMap<String, BTreeSet<String>>,
    citation: &Citation,
) -> Result<(), String> {
    let Citation { page, heading, .. } = citation;
    let Some(headings) = pages.get(page) else {
        if heading.is_none() && root.join(page).exists() {
            return Ok(());
        }
        return Err(format!("`{page}` does not exist"));
    };
    match heading {
        Some(heading) if !headings.contains(heading) => {
            Err(format!("`{page}` has no heading `{heading}`"))
        }
        _ => Ok(()),
    }
}

fn report_uncited(
    pages: &BTreeMap<String, BTreeSet<String>>,
    cited: &BTreeSet<(String, String)>,
    list: bool,
) {
    let mut uncited = 0_usize;
    for (page, headings) in pages {
        if !page.starts_with("docs/klarna/") {
            continue;
        }
        for heading in headings {
            if !cited.contains(&(page.clone(), heading.clone())) {
                uncited += 1;
                if list {
                    println!("uncited: {page}#{heading}");
                }
            }
        }
    }
    println!("citations: {uncited} headings of docs/klarna are cited by nothing (--uncited)");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_anchors_as_on_the_web() {
        let text = "# Captures\n## The reply: empty, 201\n## Reply\n## Reply\n```\n# no heading\n```\n<a id=\"x1\"></a>\n";
        let found = headings(text);
        let expected = ["captures", "reply", "reply-1", "the-reply-empty-201", "x1"];
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_comment_cites_a_page_and_a_heading() {
        let found = citations(
            "crates/a/src/b.rs",
            "// docs/klarna/captures.md#reply, surely\n",
        );
        assert_eq!(found[0].page, "docs/klarna/captures.md");
        assert_eq!(found[0].heading.as_deref(), Some("reply"));
    }

    #[test]
    fn links_are_resolved_from_their_page() {
        assert_eq!(
            resolve("docs/klarna/a.md", "../storage.md#x").as_deref(),
            Some("docs/storage.md#x")
        );
        assert_eq!(resolve("docs/a.md", "#y").as_deref(), Some("docs/a.md#y"));
        assert_eq!(resolve("docs/a.md", "https://example.com/"), None);
    }

    #[test]
    fn a_citation_that_leads_nowhere_is_refused() {
        let pages = BTreeMap::from([("docs/a.md".to_owned(), headings("# One\n"))]);
        let root = Path::new("/nowhere");
        let cite = |page: &str, heading: Option<&str>| Citation {
            page: page.to_owned(),
            heading: heading.map(str::to_owned),
            line: 1,
        };
        assert!(check(root, &pages, &cite("docs/a.md", Some("one"))).is_ok());
        assert!(check(root, &pages, &cite("docs/a.md", Some("two"))).is_err());
        assert!(check(root, &pages, &cite("docs/b.md", None)).is_err());
    }
}
