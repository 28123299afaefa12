//! `/llms.txt`: where a program that reads text should look first, by the convention of llmstxt.org.
//!
//! Invariant: one heading, a summary in a quotation, what the face itself has to say, then lists of links to the
//! Markdown of every page; what can be left out comes last, under "Optional".

use std::fmt::Write as _;

use crate::pages::{self, Page};

/// What a listener says about itself before it lists the documents: a heading, a quotation, a few lines.
#[derive(Debug, Clone, Copy)]
pub struct Cover {
    /// Markdown that begins with a first-level heading.
    pub text: &'static str,
}

/// The sections, with the folder of `docs/` that each lists; the last one may be skipped by a hurried reader.
const SECTIONS: [(&str, &[&str]); 3] = [
    ("Documents", &[""]),
    ("Klarna's rules", &["klarna"]),
    ("Optional", &[]),
];

/// The whole file.
pub(crate) fn text(cover: Cover) -> String {
    let mut out = cover.text.trim_end().to_owned();
    out.push('\n');
    let named: Vec<&str> = SECTIONS
        .iter()
        .flat_map(|(_, folders)| *folders)
        .copied()
        .collect();
    for (title, folders) in SECTIONS {
        let belongs = |page: &&Page| match folders {
            [] => !named.contains(&page.section()),
            folders => folders.contains(&page.section()),
        };
        // Writing into a string cannot fail.
        let _ = write!(out, "\n## {title}\n\n");
        for page in pages::all().iter().filter(belongs) {
            let _ = write!(out, "- [{}]({}.md)", page.title, page.address);
            if !page.summary.is_empty() {
                let _ = write!(out, ": {}", page.summary);
            }
            out.push('\n');
        }
    }
    out
}
