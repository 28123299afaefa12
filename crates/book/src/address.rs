//! Where a file of the repository is served, and what a link of one page to another becomes.
//!
//! Invariant: `README.md` is its folder's index and has the folder's address; every other page has its own path
//! without `.md`. The Markdown of an address is that address with `.md`.

use crate::pages;

/// The form in which a page is served. A link stays in the form of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Markdown,
}

/// What a link in a page leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Another page, or a heading of one.
    Page(String),
    /// Something that is no file of the repository; left as it is.
    Elsewhere,
    /// A file of the repository that is not served.
    NotServed,
}

/// The address of a file of the repository.
pub(crate) fn of_path(path: &str) -> String {
    let below = path.strip_prefix("docs/").unwrap_or(path);
    let name = below.strip_suffix(".md").unwrap_or(below);
    match name {
        "README" => "/docs".to_owned(),
        _ => format!("/docs/{}", name.strip_suffix("/README").unwrap_or(name)),
    }
}

/// What the link `link` in the file `page` leads to.
pub(crate) fn target(page: &str, link: &str, form: Form) -> Target {
    if link.starts_with('#') || link.starts_with('/') || has_scheme(link) {
        return Target::Elsewhere;
    }
    let (path, heading) = match link.split_once('#') {
        Some((path, heading)) => (path, Some(heading)),
        None => (link, None),
    };
    let Some(found) = pages::in_repository(&joined(page, path)) else {
        return Target::NotServed;
    };
    let mut address = found.address.clone();
    if form == Form::Markdown {
        address.push_str(".md");
    }
    if let Some(heading) = heading {
        address.push('#');
        address.push_str(heading);
    }
    Target::Page(address)
}

fn has_scheme(link: &str) -> bool {
    link.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// A relative path seen from the folder of `page`.
fn joined(page: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if relative.is_empty() || relative.ends_with('/') {
        parts.push("README.md");
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_the_address_of_its_folder() {
        for (path, address) in [
            ("docs/README.md", "/docs"),
            ("docs/storage.md", "/docs/storage"),
            ("docs/klarna/README.md", "/docs/klarna"),
            ("docs/klarna/sandbox.md", "/docs/klarna/sandbox"),
            ("ARCHITECTURE.md", "/docs/ARCHITECTURE"),
        ] {
            assert_eq!(of_path(path), address);
        }
    }

    #[test]
    fn a_link_stays_in_the_form_of_its_page() {
        let page = "docs/klarna/sandbox.md";
        for (link, html, markdown) in [
            (
                "decisions.md#release",
                "/docs/klarna/decisions#release",
                "/docs/klarna/decisions.md#release",
            ),
            ("../README.md", "/docs", "/docs.md"),
            (
                "../../ARCHITECTURE.md",
                "/docs/ARCHITECTURE",
                concat!("/docs/ARCHITECTURE", ".md"),
            ),
        ] {
            assert_eq!(
                target(page, link, Form::Html),
                Target::Page(html.to_owned())
            );
            assert_eq!(
                target(page, link, Form::Markdown),
                Target::Page(markdown.to_owned())
            );
        }
    }

    #[test]
    fn other_links_are_left_alone_and_sources_are_no_pages() {
        for link in [
            "https://example.com/",
            "#clock",
            "/openapi.json",
            "mailto:a@example.com",
        ] {
            assert_eq!(
                target("docs/README.md", link, Form::Html),
                Target::Elsewhere
            );
        }
        assert_eq!(
            target("docs/README.md", "../Cargo.toml", Form::Html),
            Target::NotServed
        );
    }
}
