//! The pages that are compiled in, by their path in the repository.
//!
//! Invariant: the list is sorted by section and title, so that an index is the same in every build.

use std::borrow::Cow;
use std::sync::LazyLock;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use rust_embed::RustEmbed;

use crate::address;

#[derive(RustEmbed)]
#[folder = "../../docs"]
#[include = "*.md"]
struct Files;

/// The map of the code, which the documents link to, stands beside them.
const ARCHITECTURE: &str = include_str!("../../../ARCHITECTURE.md");

/// One page.
#[derive(Debug)]
pub(crate) struct Page {
    /// Where it lies in the repository, such as `docs/klarna/sandbox.md`.
    pub(crate) path: String,
    /// Where it is served, such as `/docs/klarna/sandbox`.
    pub(crate) address: String,
    /// The first heading.
    pub(crate) title: String,
    /// The first sentence below it.
    pub(crate) summary: String,
    /// The Markdown as written.
    pub(crate) text: Cow<'static, str>,
}

static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
    let embedded = Files::iter().filter_map(|name| {
        let data = match Files::get(&name)?.data {
            Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).ok()?),
        };
        Some(Page::new(format!("docs/{name}"), data))
    });
    let architecture = Page::new("ARCHITECTURE.md".to_owned(), Cow::Borrowed(ARCHITECTURE));
    let mut pages: Vec<Page> = embedded.chain([architecture]).collect();
    pages.sort_by(|one, two| one.order().cmp(&two.order()));
    pages
});

/// All pages, index pages first within their folder.
pub(crate) fn all() -> &'static [Page] {
    &PAGES
}

/// The page served at an address without its `.md`.
pub(crate) fn at(address: &str) -> Option<&'static Page> {
    all().iter().find(|page| page.address == address)
}

/// The page that lies at a path of the repository.
pub(crate) fn in_repository(path: &str) -> Option<&'static Page> {
    all().iter().find(|page| page.path == path)
}

impl Page {
    fn new(path: String, text: Cow<'static, str>) -> Self {
        let (title, summary) = heading_and_summary(&text);
        Self {
            address: address::of_path(&path),
            title,
            summary,
            text,
            path,
        }
    }

    /// The folder below `docs/`, empty for the top.
    pub(crate) fn section(&self) -> &str {
        let below = self.path.strip_prefix("docs/").unwrap_or_default();
        below.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    fn order(&self) -> (&str, bool, &str) {
        (
            self.section(),
            !self.path.ends_with("README.md"),
            &self.path,
        )
    }
}

/// The text of the first heading and the first sentence of the first paragraph.
fn heading_and_summary(text: &str) -> (String, String) {
    let (mut title, mut summary) = (String::new(), String::new());
    let mut into: Option<&mut String> = None;
    let (mut has_title, mut has_summary) = (false, false);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { .. }) if !has_title => into = Some(&mut title),
            Event::End(TagEnd::Heading(_)) => {
                has_title = true;
                into = None;
            }
            Event::Start(Tag::Paragraph) if has_title && !has_summary => into = Some(&mut summary),
            Event::End(TagEnd::Paragraph) => {
                has_summary = has_title;
                into = None;
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(text) = &mut into {
                    text.push_str(&part);
                }
            }
            Event::SoftBreak => {
                if let Some(text) = &mut into {
                    text.push(' ');
                }
            }
            _ => {}
        }
        if has_title && has_summary {
            break;
        }
    }
    let end = summary.find(". ").map_or(summary.len(), |end| end + 1);
    summary.truncate(end);
    (title, summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_its_title_and_its_first_sentence() {
        let found =
            heading_and_summary("# The `x` page\n\nOne thing\nand `more`. Another.\n\nThird.\n");
        assert_eq!(
            found,
            ("The x page".to_owned(), "One thing and more.".to_owned())
        );
    }

    #[test]
    fn every_page_has_a_title_and_an_address_of_its_own() {
        let mut addresses: Vec<&str> = all().iter().map(|page| page.address.as_str()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), all().len());
        for page in all() {
            assert!(!page.title.is_empty(), "{}", page.path);
        }
    }
}
