//! Changes of text, by its tokens, and of bytes.

use crate::Dice;

/// Words that mean something to one parser or another, and those that often mean trouble.
const WORDS: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "1e309",
    "0x10",
    "9223372036854775808",
    "18446744073709551616",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "\"",
    "'",
    "\\",
    "../..",
    "%00",
    "%",
    "%ff",
    "%C3%28",
    "\u{0}",
    "\u{7f}",
    "\r\n",
    "\t",
    "\u{e9}",
    "\u{20ac}",
    "\u{1f600}",
    "e\u{301}",
    "\u{202e}",
    "\u{feff}",
    "\u{fffd}",
    "ß",
    "İ",
    "id",
    "type",
    "data",
    "attributes",
    "relationships",
    "metadata",
    "status",
    "order_lines",
    "order_amount",
    "tax_rate",
    "quantity",
    "merchant_urls",
    "purchase_country",
    "locale",
    "country",
    "email",
    "phone",
    "reference",
    "SE",
    "US",
    "SEK",
    "EUR",
    "JPY",
    "ZZZ",
    "sv-SE",
    "en-US",
    "sales_tax",
    "discount",
    "digital",
    "buy",
    "tokenize",
    "approve",
    "page[size]",
    "page[number]",
    "filter[q]",
    "[status_eq]",
    "_or_",
    "_in",
    "_null",
    "_jcont",
    "_gt",
    "_start",
    "include",
    "fields[orders]",
    "sort",
    "-created_at",
    "market:code:EU",
    "client_credentials",
    "Basic ",
    "Bearer ",
    "2026-02-30",
    "2026-03-02T09:00:00Z",
    "9999-12-31T23:59:59Z",
    "-009999-01-01T00:00:00Z",
    "12:60",
    "http://127.0.0.1:9/",
    "https://[::1]/",
    "javascript:alert(1)",
    "{session.id}",
    "{{session_id}}",
    "<script>",
    "&amp;",
    "status_after; status=503",
    "hold_before; hold_ms=1",
];

/// Bytes at which text falls into tokens.
const SEPARATORS: &[u8] = b"&=;,. /?:[]{}\"'%+-_@\n";

/// A word, now and then a very long one.
pub(super) fn word(dice: &Dice) -> String {
    let word = dice.pick(WORDS);
    match dice.below(24) {
        0 => word.repeat(1 + dice.below(300)),
        1 => format!("{word}{}", dice.pick(WORDS)),
        2 => "a".repeat(dice.below(5000)),
        _ => word.to_owned(),
    }
}

/// Text with a token changed, moved, doubled, taken out or put in; `other` gives tokens of its own away.
pub(super) fn mutated(text: &str, other: &str, dice: &Dice) -> String {
    let mut tokens = tokens(text);
    if tokens.is_empty() {
        return word(dice);
    }
    let at = dice.below(tokens.len());
    let donors = self::tokens(other);
    let fresh = word(dice);
    match dice.below(9) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at]),
        2 | 3 => tokens[at] = &fresh,
        4 => tokens.insert(at, &fresh),
        5 => tokens.swap(at, dice.below(at + 1)),
        6 if !donors.is_empty() => tokens[at] = donors[dice.below(donors.len())],
        7 if !donors.is_empty() => {
            let from = dice.below(donors.len());
            tokens.truncate(at);
            tokens.extend(&donors[from..]);
        }
        _ => return String::from_utf8_lossy(&mutated_bytes(text.as_bytes(), &[], dice)).into(),
    }
    tokens.concat()
}

/// The text in pieces, separators being pieces of their own.
fn tokens(text: &str) -> Vec<&str> {
    let is_separator = |letter: char| letter.is_ascii() && SEPARATORS.contains(&(letter as u8));
    let mut pieces = Vec::new();
    for piece in text.split_inclusive(is_separator) {
        match piece.char_indices().next_back() {
            Some((at, last)) if at > 0 && is_separator(last) => {
                pieces.extend([&piece[..at], &piece[at..]]);
            }
            _ => pieces.push(piece),
        }
    }
    pieces
}

/// Bytes with one place changed.
pub(super) fn mutated_bytes(data: &[u8], other: &[u8], dice: &Dice) -> Vec<u8> {
    let mut made = data.to_vec();
    if made.is_empty() {
        return word(dice).into_bytes();
    }
    let at = dice.below(made.len());
    let byte = dice.number().to_le_bytes()[0];
    match dice.below(8) {
        0 => made[at] = byte,
        1 => made[at] ^= 1 << dice.below(8),
        2 => made.insert(at, byte),
        3 => drop(made.remove(at)),
        4 => made.truncate(at),
        5 => {
            let end = at + dice.below(made.len() - at);
            let piece = made[at..end].to_vec();
            made.splice(at..at, piece);
        }
        6 if !other.is_empty() => {
            let from = dice.below(other.len());
            made.truncate(at);
            made.extend_from_slice(&other[from..]);
        }
        _ => drop(made.splice(at..at, word(dice).into_bytes())),
    }
    made
}
