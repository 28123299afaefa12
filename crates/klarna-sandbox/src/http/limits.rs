//! The size limits of a request's headers.
//!
//! Invariant: a header line is counted as its name and its value, without the separators around them. Source:
//! docs.klarna.com, request limits; see `docs/klarna/authentication.md`.

use axum::http::HeaderMap;

/// The longest single header, name and value, in bytes.
const ONE_HEADER: usize = 6 * 1024;
/// All headers together, in bytes.
const ALL_HEADERS: usize = 20 * 1024;

/// Whether the headers of a request are within the limits.
pub(super) fn headers_fit(headers: &HeaderMap) -> bool {
    let mut total = 0;
    headers.iter().all(|(name, value)| {
        let length = name.as_str().len() + value.len();
        total += length;
        length <= ONE_HEADER && total <= ALL_HEADERS
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn with(count: usize, length: usize) -> HeaderMap {
        (0..count)
            .map(|index| {
                let name = HeaderName::try_from(format!("x-{index:04}")).unwrap();
                let value = HeaderValue::try_from("v".repeat(length - 6)).unwrap();
                (name, value)
            })
            .collect()
    }

    #[test]
    fn one_header_may_have_six_kilobytes() {
        assert!(headers_fit(&with(1, 6 * 1024)));
        assert!(!headers_fit(&with(1, 6 * 1024 + 1)));
    }

    #[test]
    fn all_headers_may_have_twenty_kilobytes() {
        assert!(headers_fit(&with(4, 5 * 1024)));
        let mut over = with(4, 5 * 1024);
        over.insert("a", HeaderValue::from_static(""));
        assert!(!headers_fit(&over));
    }
}
