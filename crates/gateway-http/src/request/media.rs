//! Media types: what may be sent and what is answered.
//!
//! Invariant: the API speaks `application/vnd.api+json` only, in both directions.

use http::{HeaderMap, header};

use crate::error::Refused;

/// The media type of JSON:API.
pub(crate) const JSON_API: &str = "application/vnd.api+json";

/// Refuses an `Accept` that excludes JSON:API. A missing one accepts everything.
pub(crate) fn check_accept(headers: &HeaderMap) -> Result<(), Refused> {
    let mut values = headers.get_all(header::ACCEPT).iter().peekable();
    if values.peek().is_none() {
        return Ok(());
    }
    let accepted = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| matches!(essence(range).as_str(), JSON_API | "application/*" | "*/*"));
    if accepted {
        Ok(())
    } else {
        Err(Refused::NotAcceptable)
    }
}

/// Refuses a body in another media type.
pub(crate) fn check_content_type(headers: &HeaderMap) -> Result<(), Refused> {
    match content_type(headers) {
        Some(essence) if essence == JSON_API => Ok(()),
        sent => Err(Refused::UnsupportedMediaType(sent)),
    }
}

/// The request's media type without parameters, lower case.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()
        .map(essence)
}

fn essence(range: &str) -> String {
    range
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn what_is_acceptable() {
        for (accept, fine) in [
            ("application/vnd.api+json", true),
            ("*/*", true),
            ("text/html, application/*;q=0.5", true),
            ("application/vnd.api+json; charset=utf-8", true),
            ("application/json", false),
            ("text/html", false),
        ] {
            let result = check_accept(&headers(header::ACCEPT, accept));
            assert_eq!(result.is_ok(), fine, "{accept}");
        }
        assert!(check_accept(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn what_may_be_sent() {
        for (sent, fine) in [
            ("application/vnd.api+json", true),
            ("Application/Vnd.Api+Json; charset=utf-8", true),
            ("application/json", false),
            ("", false),
        ] {
            let result = check_content_type(&headers(header::CONTENT_TYPE, sent));
            assert_eq!(result.is_ok(), fine, "{sent}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_err());
    }
}
