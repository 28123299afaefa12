//! A page as the Markdown it was written in, with links that work where it is served.
//!
//! Invariant: nothing but the targets of links between pages differs from the source.

use pulldown_cmark::{Event, Parser, Tag};

use crate::address::{Form, Target, target};
use crate::html::OPTIONS;
use crate::pages::Page;

/// The Markdown of a page.
pub(crate) fn text(page: &Page) -> String {
    relinked(&page.path, &page.text)
}

fn relinked(path: &str, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    let mut written = 0;
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else {
            continue;
        };
        let Target::Page(address) = target(path, &dest_url, Form::Markdown) else {
            continue;
        };
        // An inline link ends in `](target)`; the last occurrence of the target is the one that leads.
        let Some(source) = text.get(range.clone()) else {
            continue;
        };
        let Some(at) = source.rfind(&format!("({dest_url}")) else {
            continue;
        };
        let from = range.start + at + 1;
        out.push_str(text.get(written..from).unwrap_or_default());
        out.push_str(&address);
        written = from + dest_url.len();
    }
    out.push_str(text.get(written..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_between_pages_become_addresses_and_the_rest_stays() {
        let source = "# A\n\nSee [decisions.md](decisions.md#release), `[x](y.md)` and [out](https://example.com/).\n";
        let text = relinked("docs/klarna/sandbox.md", source);
        let expected = source.replace("(decisions.md#", "(/docs/klarna/decisions.md#");
        assert_eq!(text, expected);
    }
}
