//! `/llms.txt`: where a program that reads text should look first.

/// `GET /llms.txt`.
pub(crate) async fn text() -> ([(http::HeaderName, &'static str); 1], &'static str) {
    (
        [(http::header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        include_str!("llms.txt"),
    )
}
