//! `/docs`, the Markdown beside each page, and `/llms.txt`.
//!
//! Invariant: everything here is public, constant and free of scripts.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};

use crate::llms::{self, Cover};
use crate::pages::{self, Page};
use crate::{html, markdown};

/// The look that all pages for people share, and what running text needs besides.
const STYLE: &str = concat!(
    include_str!("../../../web/look/base.css"),
    include_str!("prose.css")
);

#[derive(Template)]
#[template(path = "page.html")]
struct PageView<'a> {
    page: &'a Page,
    /// HTML that [`crate::html`] made; the one value that is not escaped here.
    body: String,
    sections: Vec<(&'static str, Vec<&'static Page>)>,
}

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingView;

/// Routes of the documents for one listener, whose `/llms.txt` begins with `cover`.
pub fn router(cover: Cover) -> Router {
    Router::new()
        .route("/docs", get(async || page("/docs")))
        .route("/docs/", get(async || Redirect::permanent("/docs")))
        .route("/docs.md", get(async || twin("/docs")))
        .route("/docs/style.css", get(style))
        .route("/docs/{*rest}", get(below))
        .route(
            "/llms.txt",
            get(async move || plain("text/plain; charset=utf-8", llms::text(cover))),
        )
        .layer(from_fn(protect))
}

async fn below(Path(rest): Path<String>) -> Response {
    // `README` is how the source spells an index; links of old habit still arrive.
    for (index, form) in [("README.md", ".md"), ("README", ""), ("", "")] {
        if let Some(folder) = rest.strip_suffix(index)
            && (folder.is_empty() || folder.ends_with('/'))
            && !(index.is_empty() && folder.is_empty())
        {
            let address = format!("/docs/{folder}");
            return Redirect::permanent(&format!("{}{form}", address.trim_end_matches('/')))
                .into_response();
        }
    }
    match rest.strip_suffix(".md") {
        Some(name) => twin(&format!("/docs/{name}")),
        None => page(&format!("/docs/{rest}")),
    }
}

fn page(address: &str) -> Response {
    let Some(page) = pages::at(address) else {
        return missing();
    };
    let view = PageView {
        page,
        body: html::body(page),
        sections: sections(),
    };
    shown(StatusCode::OK, &view)
}

fn twin(address: &str) -> Response {
    match pages::at(address) {
        Some(page) => plain("text/markdown; charset=utf-8", markdown::text(page)),
        None => missing(),
    }
}

fn missing() -> Response {
    shown(StatusCode::NOT_FOUND, &MissingView)
}

fn sections() -> Vec<(&'static str, Vec<&'static Page>)> {
    let mut sections: Vec<(&str, Vec<&Page>)> = Vec::new();
    for page in pages::all() {
        match sections.last_mut() {
            Some((section, listed)) if *section == page.section() => listed.push(page),
            _ => sections.push((page.section(), vec![page])),
        }
    }
    sections
}

async fn style() -> Response {
    plain("text/css; charset=utf-8", STYLE)
}

fn plain(media_type: &'static str, text: impl IntoResponse) -> Response {
    let mut response = text.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn shown(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the documents cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        // A binary that was updated must not meet the pages of yesterday.
        (header::CACHE_CONTROL, "no-cache"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
