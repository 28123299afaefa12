//! Every page of `docs/` as a reader meets it: as HTML, as Markdown, and with links that lead somewhere.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use kassa_book::Cover;
use tower::ServiceExt as _;

fn book() -> Router {
    kassa_book::router(Cover {
        text: "# Face\n\n> What it is.\n",
    })
}

struct Answer {
    status: StatusCode,
    media_type: String,
    location: String,
    text: String,
}

async fn get(book: &Router, address: &str) -> Answer {
    let request = Request::get(address).body(Body::empty()).unwrap();
    let response = book.clone().oneshot(request).await.unwrap();
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    let (status, media_type, location) = (
        response.status(),
        header("content-type"),
        header("location"),
    );
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer {
        status,
        media_type,
        location,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// The Markdown files of the checkout, as addresses.
fn addresses() -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut found = Vec::new();
    walk(&docs, &mut found);
    let mut addresses: Vec<String> = found
        .iter()
        .map(|path| {
            let below = path.strip_prefix(&docs).unwrap().to_str().unwrap();
            let name = below.trim_end_matches(".md").trim_end_matches("README");
            format!("/docs/{name}").trim_end_matches('/').to_owned()
        })
        .collect();
    addresses.push("/docs/ARCHITECTURE".to_owned());
    addresses.sort();
    addresses
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let mark = format!(" {attribute}=\"");
    html.split(&mark)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[tokio::test]
async fn every_document_is_served_as_a_page_and_as_markdown() {
    let book = book();
    let addresses = addresses();
    assert!(addresses.len() > 50, "{addresses:?}");
    for address in addresses {
        let page = get(&book, &address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(page.media_type.starts_with("text/html"), "{address}");
        assert_eq!(page.text.matches("<h1").count(), 1, "{address}");
        assert!(!page.text.contains("<script"), "{address}");
        let twin = get(&book, &format!("{address}.md")).await;
        assert_eq!(twin.status, StatusCode::OK, "{address}.md");
        assert!(twin.media_type.starts_with("text/markdown"), "{address}.md");
        assert!(twin.text.starts_with("# "), "{address}.md");
    }
}

#[tokio::test]
async fn every_link_between_pages_leads_to_a_page_and_its_heading() {
    let book = book();
    let mut pages = BTreeMap::new();
    for address in addresses() {
        let text = get(&book, &address).await.text;
        pages.insert(address, text);
    }
    let anchors: BTreeMap<&str, BTreeSet<&str>> = pages
        .iter()
        .map(|(address, text)| (address.as_str(), values(text, "id").into_iter().collect()))
        .collect();
    let mut followed = 0;
    for (address, text) in &pages {
        for link in values(text, "href") {
            let (page, heading) = link.split_once('#').unwrap_or((link, ""));
            let page = if page.is_empty() { address } else { page };
            if !page.starts_with("/docs") || page.ends_with(".md") || page.ends_with(".css") {
                continue;
            }
            let known = anchors
                .get(page)
                .unwrap_or_else(|| panic!("{address} links to {link}"));
            assert!(
                heading.is_empty() || known.contains(heading),
                "{address} links to {link}"
            );
            followed += 1;
        }
    }
    assert!(followed > 500, "{followed}");
}

#[tokio::test]
async fn links_in_the_markdown_lead_to_markdown() {
    let book = book();
    let mut followed = 0;
    for address in addresses() {
        let text = get(&book, &format!("{address}.md")).await.text;
        for rest in text.split("](").skip(1) {
            let link = rest.split(')').next().unwrap();
            let page = link.split('#').next().unwrap();
            if page.starts_with("http") || page.is_empty() {
                continue;
            }
            assert!(page.starts_with("/docs"), "{address}.md links to {link}");
            assert_eq!(
                get(&book, page).await.status,
                StatusCode::OK,
                "{address}.md links to {link}"
            );
            followed += 1;
        }
    }
    assert!(followed > 20, "{followed}");
}

#[tokio::test]
async fn the_index_for_programs_lists_every_page_once() {
    let book = book();
    let index = get(&book, "/llms.txt").await;
    assert!(
        index.media_type.starts_with("text/plain"),
        "{}",
        index.media_type
    );
    assert!(
        index.text.starts_with("# Face\n\n> What it is.\n"),
        "{}",
        index.text
    );
    for address in addresses() {
        let link = format!("]({address}.md)");
        assert_eq!(index.text.matches(&link).count(), 1, "{link}");
    }
    let optional = index.text.find("## Optional").unwrap();
    assert!(index.text.find(concat!("(/docs/errors", ".md)")).unwrap() > optional);
    assert!(index.text.find("(/docs/klarna/sandbox.md)").unwrap() < optional);
}

#[tokio::test]
async fn the_spellings_of_the_source_lead_on_and_nonsense_does_not() {
    let book = book();
    for (address, target) in [
        ("/docs/", "/docs"),
        ("/docs/README.md", "/docs.md"),
        ("/docs/klarna/", "/docs/klarna"),
        ("/docs/klarna/README", "/docs/klarna"),
        ("/docs/klarna/README.md", concat!("/docs/klarna", ".md")),
    ] {
        let answer = get(&book, address).await;
        assert_eq!(
            (answer.status, answer.location.as_str()),
            (StatusCode::PERMANENT_REDIRECT, target),
            "{address}"
        );
    }
    for address in [
        "/docs/nothing",
        "/docs/../Cargo.toml",
        "/docs/klarna/%2e%2e/storage",
    ] {
        assert_eq!(
            get(&book, address).await.status,
            StatusCode::NOT_FOUND,
            "{address}"
        );
    }
}
