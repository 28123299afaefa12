//! Identifiers in the shapes that Klarna's public samples show, drawn from the entropy of one command.
//!
//! Invariant: the same entropy gives the same identifiers, so a journal replays to the same world.

use kassa_environment::Entropy;

/// A lower-case UUID of the given version. Sessions are version 3 in recorded traffic, everything else is version 4.
pub(crate) fn uuid(entropy: &dyn Entropy, version: u8) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 0x0f));
    }
    text
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0')
}

/// A short reference that people read aloud, eight characters without look-alikes.
pub(crate) fn short_reference(entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0u8; 8];
    entropy.fill(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect()
}

/// Whether `text` has the shape of a UUID; Order Management refuses other order ids.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use kassa_environment::SeededEntropy;

    use super::*;

    #[test]
    fn identifiers_are_lower_case_uuids_of_the_asked_version() {
        let entropy = SeededEntropy::new(1);
        let id = uuid(&entropy, 3);
        assert!(is_uuid(&id), "{id}");
        assert_eq!(id, id.to_lowercase());
        assert_eq!(id.as_bytes()[14], b'3');
        assert_ne!(id, uuid(&entropy, 3));
    }
}
