//! Making new inputs from old ones.
//!
//! Invariant: what is JSON mostly stays JSON, what is text mostly keeps its separators: a parser that refuses the first
//! byte is not tried any further. The same dice make the same input.

mod json;
mod text;

use serde_json::Value;

use crate::Dice;

/// Inputs grow no longer than this, bytes.
pub const LONGEST: usize = 64 * 1024;

/// A new input from `data`, with a bit of `other` where two are joined.
#[must_use]
pub fn mutated(data: &[u8], other: &[u8], dice: &Dice) -> Vec<u8> {
    let mut made = data.to_vec();
    for _ in 0..=dice.below(3) {
        made = once(&made, other, dice);
    }
    made.truncate(LONGEST);
    made
}

fn once(data: &[u8], other: &[u8], dice: &Dice) -> Vec<u8> {
    if dice.below(8) > 0 {
        if let Some(lines) = documents(data) {
            return joined(lines, other, dice);
        }
        if let Ok(text) = std::str::from_utf8(data)
            && dice.below(6) > 0
        {
            return text::mutated(text, &String::from_utf8_lossy(other), dice).into_bytes();
        }
    }
    text::mutated_bytes(data, other, dice)
}

/// The input as one JSON document or, like a journal, one a line.
fn documents(data: &[u8]) -> Option<Vec<Value>> {
    if let Ok(whole) = serde_json::from_slice(data) {
        return Some(vec![whole]);
    }
    let text = std::str::from_utf8(data).ok()?;
    let lines: Option<Vec<Value>> = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).ok())
        .collect();
    lines.filter(|lines| !lines.is_empty())
}

/// One of the documents changed, or one line more or less.
fn joined(mut lines: Vec<Value>, other: &[u8], dice: &Dice) -> Vec<u8> {
    let at = dice.below(lines.len());
    let donors = documents(other).unwrap_or_default();
    if lines.len() > 1 && dice.one_in(6) {
        match dice.below(3) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[dice.below(lines.len())].clone()),
            _ => lines.swap(at, dice.below(at + 1)),
        }
    } else {
        json::mutate(&mut lines[at], donors.first(), dice);
    }
    let texts: Vec<String> = lines.iter().map(Value::to_string).collect();
    texts.join("\n").into_bytes()
}
