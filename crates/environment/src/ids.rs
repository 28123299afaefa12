//! Identifiers made from injected entropy and time.
//!
//! Invariant: nothing here reads a clock or a generator of its own, so a seed reproduces every id.

use jiff::Timestamp;

use crate::Entropy;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `length` letters of mixed case, the shape of the commerce API's ids (10 there).
pub fn letters(entropy: &dyn Entropy, length: usize) -> String {
    draw(entropy, LETTERS, length)
}

/// `length` characters of base 62, for tokens and secrets (43 characters carry 256 bits).
pub fn base62(entropy: &dyn Entropy, length: usize) -> String {
    draw(entropy, BASE62, length)
}

/// A version 4 UUID, lower case.
pub fn uuid_v4(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    hyphenated(bytes)
}

/// A version 7 UUID: sorts by `now` (milliseconds), so rows land at the end of their index. It reveals its
/// time of making: for internal rows, never for tokens.
pub fn time_ordered_id(entropy: &dyn Entropy, now: Timestamp) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let millisecond = now.as_millisecond().max(0).to_be_bytes();
    bytes[..6].copy_from_slice(&millisecond[2..]);
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    hyphenated(bytes)
}

/// Characters of `alphabet`, without the bias that a plain remainder would have.
fn draw(entropy: &dyn Entropy, alphabet: &[u8], length: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 32];
    while text.len() < length {
        entropy.fill(&mut bytes);
        for byte in bytes.map(usize::from) {
            if byte < fair && text.len() < length {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
    }
    text
}

fn hyphenated(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;

    #[test]
    fn ids_have_their_shapes() {
        let entropy = SeededEntropy::new(1);
        let id = letters(&entropy, 10);
        assert_eq!(id.len(), 10);
        assert!(id.chars().all(|character| character.is_ascii_alphabetic()));
        assert_eq!(base62(&entropy, 43).len(), 43);
        let uuid = uuid_v4(&entropy);
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
    }

    #[test]
    fn time_ordered_ids_sort_by_time() {
        let entropy = SeededEntropy::new(1);
        let early = time_ordered_id(&entropy, Timestamp::from_millisecond(1_000).unwrap());
        let late = time_ordered_id(&entropy, Timestamp::from_millisecond(2_000).unwrap());
        assert!(early < late);
    }
}
