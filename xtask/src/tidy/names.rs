//! Rules about names and first lines: a module says what it is for, in its name and its comment.

use super::Finding;
use super::source::Source;

/// Names that say nothing about their content.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "manager", "service", "impl", "misc", "shared",
];

/// `module-doc`, `module-name`, `getter`, `unfinished`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !source.has_module_doc && !source.is_test {
        findings.push(Finding::new(
            "module-doc",
            &source.path,
            1,
            "opens without `//!`: say purpose, invariant and place in two or three sentences",
        ));
    }
    findings.extend(module_names(source));
    if !source.is_test {
        findings.extend(getters(source));
    }
    findings.extend(unfinished(source));
    findings
}

fn module_names(source: &Source) -> Vec<Finding> {
    let message = |name: &str| format!("`{name}` says nothing: name the noun it holds");
    let mut findings = Vec::new();
    let inside = source.path.split_once("/src/").map_or("", |parts| parts.1);
    for part in inside.trim_end_matches(".rs").split('/') {
        if EMPTY_NAMES.contains(&part) {
            findings.push(Finding::new("module-name", &source.path, 0, message(part)));
        }
    }
    for module in &source.facts.modules {
        if EMPTY_NAMES.contains(&module.what.as_str()) {
            let text = message(&module.what);
            findings.push(Finding::new("module-name", &source.path, module.line, text));
        }
    }
    findings
}

fn getters(source: &Source) -> Vec<Finding> {
    let functions = source.facts.functions.iter();
    functions
        .filter(|function| function.what.name.starts_with("get_") && !function.what.in_trait_impl)
        .map(|function| {
            let name = &function.what.name;
            let message = format!("`{name}`: drop the `get_`");
            Finding::new("getter", &source.path, function.line, message)
        })
        .collect()
}

/// Words that admit a piece is missing. Spelled in halves, so this file does not accuse itself.
fn unfinished(source: &Source) -> Vec<Finding> {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("unimpl", "emented!("),
        concat!("to", "do!("),
    ];
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        if let Some(word) = words.iter().find(|word| contains_word(line, word)) {
            let message = format!("`{word}`: finish it, or record the decision in docs/decisions");
            findings.push(Finding::new("unfinished", &source.path, index + 1, message));
        }
    }
    findings
}

fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !is_letter(before) && (word.ends_with('(') || !is_letter(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let source = Source::parse(path, text).expect("parses");
        check(&source).iter().map(|f| f.rule).collect()
    }

    #[test]
    fn a_module_without_a_comment_fails() {
        assert_eq!(rules("crates/money/src/a.rs", "fn a() {}"), ["module-doc"]);
        assert!(rules("crates/money/src/a.rs", "//! Says it.\n").is_empty());
    }

    #[test]
    fn a_module_with_an_empty_name_fails() {
        assert_eq!(
            rules("crates/money/src/utils.rs", "//! Doc.\n"),
            ["module-name"]
        );
        assert_eq!(
            rules("crates/money/src/helpers/mod.rs", "//! Doc.\n"),
            ["module-name"]
        );
        assert_eq!(
            rules(
                "crates/money/src/a.rs",
                "//! Doc.\nmod common { fn a() {} }"
            ),
            ["module-name"]
        );
    }

    #[test]
    fn a_getter_fails_unless_a_trait_names_it() {
        let own = "//! Doc.\nimpl A { fn get_a(&self) {} }";
        let fixed = "//! Doc.\nimpl B for A { fn get_a(&self) {} }";
        assert_eq!(rules("crates/money/src/a.rs", own), ["getter"]);
        assert!(rules("crates/money/src/a.rs", fixed).is_empty());
    }

    #[test]
    fn a_note_about_missing_work_fails() {
        let text = format!("//! Doc.\n// {}: later\nfn a() {{}}", concat!("TO", "DO"));
        assert_eq!(rules("crates/money/src/a.rs", &text), ["unfinished"]);
    }
}
