//! A page of Markdown as HTML.
//!
//! Invariant: HTML in the source is shown as text, so a page can contain nothing but what Markdown can say. Headings get
//! the anchors that `cargo xtask citations` checks.

use std::collections::BTreeSet;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::address::{Form, Target, target};
use crate::pages::Page;

/// What is understood beyond CommonMark.
pub(crate) const OPTIONS: Options = Options::ENABLE_TABLES;

/// The body of a page.
pub(crate) fn body(page: &Page) -> String {
    rendered(&page.path, &page.text)
}

fn rendered(path: &str, text: &str) -> String {
    let mut writer = Writer {
        path,
        anchors: BTreeSet::new(),
        heading: String::new(),
        unlinked: Vec::new(),
        out: Vec::new(),
    };
    let mut events = Parser::new_ext(text, OPTIONS);
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading {
                level,
                classes,
                attrs,
                ..
            }) => {
                let inner: Vec<Event<'_>> = events
                    .by_ref()
                    .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
                    .collect();
                let id = writer.anchor(&inner);
                writer.out.push(Event::Start(Tag::Heading {
                    level,
                    id: Some(id.into()),
                    classes,
                    attrs,
                }));
                inner.into_iter().for_each(|event| writer.take(event));
                writer.out.push(Event::End(TagEnd::Heading(level)));
            }
            event => writer.take(event),
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, writer.out.into_iter());
    out
}

struct Writer<'a> {
    path: &'a str,
    anchors: BTreeSet<String>,
    /// The heading that was met last; it names the tables below it.
    heading: String,
    /// For each open link, whether it was dropped.
    unlinked: Vec<bool>,
    out: Vec<Event<'a>>,
}

impl<'a> Writer<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let dest_url = match target(self.path, &dest_url, Form::Html) {
                    Target::Page(address) => Some(CowStr::from(address)),
                    Target::Elsewhere => Some(dest_url),
                    Target::NotServed => None,
                };
                self.unlinked.push(dest_url.is_none());
                if let Some(dest_url) = dest_url {
                    self.out.push(Event::Start(Tag::Link {
                        link_type,
                        dest_url,
                        title,
                        id,
                    }));
                }
            }
            Event::End(TagEnd::Link) => {
                if self.unlinked.pop() == Some(false) {
                    self.out.push(event);
                }
            }
            Event::Start(Tag::Table(_)) => {
                let name = escaped(&self.heading);
                self.raw(format!(
                    "<div class=\"scroll\" role=\"region\" aria-label=\"Table: {name}\" tabindex=\"0\">\n"
                ));
                self.out.push(event);
                self.raw(format!("<caption class=\"hidden\">{name}</caption>"));
            }
            Event::End(TagEnd::Table) => {
                self.out.push(event);
                self.raw("</div>\n".to_owned());
            }
            // Code can be wider than the window: it scrolls, so the keyboard must reach it.
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(language) if !language.is_empty() => {
                        format!(" class=\"language-{}\"", escaped(language))
                    }
                    _ => String::new(),
                };
                self.raw(format!("<pre tabindex=\"0\"><code{language}>"));
            }
            Event::End(TagEnd::CodeBlock) => self.raw("</code></pre>\n".to_owned()),
            Event::Start(Tag::HtmlBlock) => self.out.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => self.out.push(Event::End(TagEnd::Paragraph)),
            Event::Html(text) | Event::InlineHtml(text) => self.out.push(Event::Text(text)),
            event => self.out.push(event),
        }
    }

    fn raw(&mut self, html: String) {
        self.out.push(Event::InlineHtml(html.into()));
    }

    /// The anchor of a heading, as web pages spell it; a repeated one is numbered.
    fn anchor(&mut self, inner: &[Event<'_>]) -> String {
        let text: String = inner
            .iter()
            .filter_map(|event| match event {
                Event::Text(part) | Event::Code(part) => Some(part.as_ref()),
                _ => None,
            })
            .collect();
        let base = slug(&text);
        self.heading = text;
        let mut anchor = base.clone();
        let mut repeat = 0;
        while !self.anchors.insert(anchor.clone()) {
            repeat += 1;
            anchor = format!("{base}-{repeat}");
        }
        anchor
    }
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

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_get_the_anchors_that_links_use() {
        let html = rendered(
            "docs/shop.md",
            "# Captures\n## The `reply`: empty, 201\n## Reply\n## Reply\n",
        );
        for anchor in ["captures", "the-reply-empty-201", "reply", "reply-1"] {
            assert!(
                html.contains(&format!("id=\"{anchor}\"")),
                "{anchor}: {html}"
            );
        }
    }

    #[test]
    fn html_in_a_page_is_text() {
        let html = rendered(
            "docs/shop.md",
            "# A\n\n<script>alert(1)</script>\n\nand <b>inline</b>\n",
        );
        assert!(
            !html.contains("<script>") && !html.contains("<b>"),
            "{html}"
        );
    }

    #[test]
    fn links_lead_to_pages_and_sources_lose_their_link() {
        let html = rendered(
            "docs/klarna/sandbox.md",
            "[d](decisions.md#release) [c](../../Cargo.toml) [e](https://example.com/)",
        );
        assert!(
            html.contains("<a href=\"/docs/klarna/decisions#release\">d</a> c <a"),
            "{html}"
        );
        assert!(html.contains("href=\"https://example.com/\""), "{html}");
    }

    #[test]
    fn a_table_is_captioned_by_its_heading_and_scrolls_by_itself() {
        let html = rendered(
            "docs/shop.md",
            "# A\n## B & C\n\n| x | y |\n|---|---|\n| 1 | 2 |\n",
        );
        assert!(
            html.contains("aria-label=\"Table: B &amp; C\" tabindex=\"0\""),
            "{html}"
        );
        assert!(
            html.contains("<table><caption class=\"hidden\">B &amp; C</caption><thead>"),
            "{html}"
        );
    }
}
