//! From any bytes to something that can stand in a request.
//!
//! Invariant: nothing is dropped that a server could be sent; only what HTTP itself cannot carry is refused or encoded.

use http::{HeaderValue, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};

/// What cannot stand in a request line as it is.
const OUTSIDE_A_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The longest request line.
const LONGEST_URI: usize = 16 * 1024;

/// Path and query with the bytes in them; `None` when no request line can hold the result.
pub(crate) fn uri(text: &[u8]) -> Option<Uri> {
    let encoded = percent_encode(text, OUTSIDE_A_URI).to_string();
    if encoded.len() > LONGEST_URI || !encoded.starts_with('/') {
        return None;
    }
    encoded.parse().ok()
}

/// The bytes as one value of a query string or one segment of a path.
pub(crate) fn value(bytes: &[u8]) -> String {
    percent_encode(bytes, NON_ALPHANUMERIC).to_string()
}

/// The bytes as the value of a header; `None` for what no header can carry.
pub(crate) fn header(bytes: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(bytes).ok()
}

/// The bytes in front of the first line break, and those behind it.
pub(crate) fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}

/// Seeds written as text.
pub(crate) fn texts<T: AsRef<str>>(seeds: impl IntoIterator<Item = T>) -> Vec<Vec<u8>> {
    seeds
        .into_iter()
        .map(|seed| seed.as_ref().as_bytes().to_vec())
        .collect()
}

/// Seeds written as JSON.
pub(crate) fn documents(seeds: impl IntoIterator<Item = serde_json::Value>) -> Vec<Vec<u8>> {
    texts(seeds.into_iter().map(|seed| seed.to_string()))
}
