//! A parsed source file with its tests set aside.
//!
//! Most rules hold for production code alone, so `#[cfg(test)]` items are cut from the tree
//! here, once, and their lines are not counted. Whole files that only tests reach (`tests.rs`,
//! `tests/`, a module declared under `#[cfg(test)]`) are marked instead.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item};

use super::facts::Facts;
use crate::workspace;

/// One Rust file of the workspace.
pub(crate) struct Source {
    /// Path below the root.
    pub(crate) path: String,
    /// The file as text.
    pub(crate) text: String,
    /// Whether only tests, benchmarks and examples reach this file.
    pub(crate) is_test: bool,
    /// Whether the file opens with a `//!` comment.
    pub(crate) has_module_doc: bool,
    /// Lines that belong to tests inside this file.
    pub(crate) test_lines: usize,
    /// What the production part mentions.
    pub(crate) facts: Facts,
    test_modules: Vec<String>,
}

impl Source {
    /// Parses `text`; `path` decides whether the file is a test.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self> {
        let file = syn::parse_file(text).with_context(|| format!("parse {path}"))?;
        let has_module_doc = file.attrs.iter().any(|a| a.path().is_ident("doc"));
        let mut cut = Cut::default();
        let items = cut.production(file.items);
        let is_test = is_test_path(path) || file.attrs.iter().any(is_test_attribute);
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            is_test,
            has_module_doc,
            test_lines: cut.lines,
            facts: Facts::of(&items),
            test_modules: cut.modules,
        })
    }

    /// The room the file belongs to: the folder below `crates/`, or `xtask`.
    pub(crate) fn room(&self) -> &str {
        let mut parts = self.path.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some(room)) => room,
            (Some(top), _) => top,
            (None, _) => "",
        }
    }

    /// Whether the file lies in one of these folders or is one of these files.
    pub(crate) fn is_below(&self, folders: &[&str]) -> bool {
        folders
            .iter()
            .any(|folder| self.path == *folder || self.path.starts_with(&format!("{folder}/")))
    }

    /// Lines without the tests.
    pub(crate) fn production_lines(&self) -> usize {
        self.text.lines().count().saturating_sub(self.test_lines)
    }
}

/// Every Rust file of the rooms and of the chores.
pub(crate) fn load(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in workspace::files(root, &["crates", "xtask"], &["rs"])? {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        sources.push(Source::parse(&workspace::relative(root, &path), &text)?);
    }
    mark_test_modules(&mut sources);
    Ok(sources)
}

/// Marks files that are reached only through a `#[cfg(test)] mod name;`.
fn mark_test_modules(sources: &mut [Source]) {
    let mut files = HashSet::new();
    let mut folders = Vec::new();
    for source in sources.iter() {
        for module in &source.test_modules {
            let base = module_folder(&source.path);
            files.insert(format!("{base}/{module}.rs"));
            folders.push(format!("{base}/{module}/"));
        }
    }
    for source in sources {
        source.is_test |= files.contains(&source.path)
            || folders.iter().any(|folder| source.path.starts_with(folder));
    }
}

/// The folder in which Rust looks for the modules that the file at `path` declares.
fn module_folder(path: &str) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    match file.trim_end_matches(".rs") {
        "mod" | "lib" | "main" => folder.to_owned(),
        stem => format!("{folder}/{stem}"),
    }
}

fn is_test_path(path: &str) -> bool {
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let is_file = parts.peek().is_none();
        if (is_file && part == "tests.rs")
            || (!is_file && matches!(part, "tests" | "benches" | "examples"))
        {
            return true;
        }
    }
    false
}

/// `#[test]`, `#[cfg(test)]` and combinations such as `#[cfg(all(test, unix))]`.
fn is_test_attribute(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    if !list.path.is_ident("cfg") {
        return false;
    }
    let condition = list.tokens.to_string();
    let words: Vec<&str> = condition
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    words.contains(&"test") && !words.contains(&"not") && !words.contains(&"any")
}

#[derive(Default)]
struct Cut {
    lines: usize,
    modules: Vec<String>,
}

impl Cut {
    fn production(&mut self, items: Vec<Item>) -> Vec<Item> {
        let mut kept = Vec::new();
        for mut item in items {
            if attributes(&item).iter().any(is_test_attribute) {
                self.lines += lines_of(&item);
                if let Item::Mod(module) = &item
                    && module.content.is_none()
                {
                    self.modules.push(module.ident.to_string());
                }
                continue;
            }
            if let Item::Mod(module) = &mut item
                && let Some((_, inner)) = &mut module.content
            {
                *inner = self.production(std::mem::take(inner));
            }
            if let Item::Impl(block) = &mut item {
                block.items.retain(|part| {
                    let test = impl_attributes(part).iter().any(is_test_attribute);
                    if test {
                        self.lines += lines_of(part);
                    }
                    !test
                });
            }
            kept.push(item);
        }
        kept
    }
}

fn lines_of(part: &impl Spanned) -> usize {
    let span = part.span();
    span.end().line.saturating_sub(span.start().line) + 1
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn impl_attributes(part: &ImplItem) -> &[Attribute] {
    match part {
        ImplItem::Const(part) => &part.attrs,
        ImplItem::Fn(part) => &part.attrs,
        ImplItem::Type(part) => &part.attrs,
        ImplItem::Macro(part) => &part.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_modules_are_cut_and_their_lines_not_counted() {
        let text = "//! Doc.\nfn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        let source = Source::parse("crates/money/src/a.rs", text).expect("parses");
        assert_eq!(source.test_lines, 4);
        assert_eq!(source.production_lines(), 2);
        assert!(source.facts.paths.is_empty());
    }

    #[test]
    fn a_module_declared_under_cfg_test_is_a_test_file() {
        let parent = "//! Doc.\n#[cfg(test)]\nmod vectors;\n";
        let mut sources = vec![
            Source::parse("crates/money/src/tax.rs", parent).expect("parses"),
            Source::parse("crates/money/src/tax/vectors.rs", "").expect("parses"),
        ];
        mark_test_modules(&mut sources);
        assert!(!sources[0].is_test);
        assert!(sources[1].is_test);
    }

    #[test]
    fn code_for_tests_or_a_feature_counts_as_production() {
        let text = "#[cfg(any(test, feature = \"x\"))]\nfn a() { std::fs::read(\"\"); }";
        let source = Source::parse("crates/money/src/a.rs", text).expect("parses");
        assert!(!source.facts.paths.is_empty());
    }
}
