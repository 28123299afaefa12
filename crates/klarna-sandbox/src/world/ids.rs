//! Identifiers in the shapes that Klarna's public samples show, drawn from the entropy of one command.
//!
//! Invariant: the same entropy gives the same identifiers, so a journal replays to the same world.

use kassa_environment::Entropy;

/// The bits of a mark that fit into an identifier.
pub(crate) const MARK_BITS: u64 = 0xffff_ffff_ffff;

/// A lower-case UUID of the given version. Sessions are version 3 in recorded traffic, everything else is version 4.
pub(crate) fn uuid(entropy: &dyn Entropy, version: u8) -> String {
    text(u128::from_be_bytes(drawn(entropy, version)))
}

/// A UUID by which its world is found: the first 48 bits are the world's mark, folded with the last 48 so that no two
/// identifiers of a world begin alike.
pub(crate) fn marked(mark: u64, entropy: &dyn Entropy, version: u8) -> String {
    let number = u128::from_be_bytes(drawn(entropy, version));
    let random = number & ((1 << 80) - 1);
    let first = (u128::from(mark & MARK_BITS)) ^ (number & u128::from(MARK_BITS));
    text((first << 80) | random)
}

/// The mark of the world that an identifier belongs to, if [`marked`] made it.
pub(crate) fn mark_of(id: &str) -> Option<u64> {
    let number = number(id)?;
    let mark = (number >> 80) ^ (number & u128::from(MARK_BITS));
    u64::try_from(mark).ok()
}

fn drawn(entropy: &dyn Entropy, version: u8) -> [u8; 16] {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | (version << 4);
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

/// A UUID as a number, which takes a third of the room.
pub(crate) fn number(id: &str) -> Option<u128> {
    if !is_uuid(id) {
        return None;
    }
    let digits = id.bytes().filter(|byte| *byte != b'-');
    digits.into_iter().try_fold(0u128, |number, digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some((number << 4) | u128::from(digit))
    })
}

/// A number as a lower-case UUID.
pub(crate) fn text(number: u128) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in number.to_be_bytes().iter().enumerate() {
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

const CODE_ALPHABET: &[u8; 64] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzKS";

/// Seven letters and digits: how a hosted page is named in the shopper's browser. The last two follow from the others and
/// the world's mark, so that few worlds have to be asked for a page.
pub(crate) fn page_code(mark: u64, entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 5];
    entropy.fill(&mut bytes);
    let mut code: String = bytes
        .iter()
        .map(|byte| char::from(CODE_ALPHABET[usize::from(byte & 63)]))
        .collect();
    let check = code_check(mark, &code);
    code.extend(check);
    code
}

/// Whether a page of this name may be in a world with this mark.
pub(crate) fn page_code_fits(mark: u64, code: &str) -> bool {
    match code.split_at_checked(5) {
        Some((random, check)) => check.chars().eq(code_check(mark, random)),
        None => false,
    }
}

fn code_check(mark: u64, random: &str) -> [char; 2] {
    let mark = (mark & MARK_BITS).to_be_bytes();
    // FNV-1a: only to tell worlds apart.
    let hash = mark
        .iter()
        .chain(random.as_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let [.., first, second] = (hash >> 20).to_be_bytes();
    [first, second].map(|byte| char::from(CODE_ALPHABET[usize::from(byte & 63)]))
}

/// A letter and two digits for two people to compare, such as `A78`.
pub(crate) fn challenge(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 3];
    entropy.fill(&mut bytes);
    let [letter, tens, ones] = bytes;
    let letter = char::from(b'A' + letter % 26);
    format!("{letter}{}{}", tens % 10, ones % 10)
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
    #[test]
    fn a_marked_identifier_leads_back_to_its_world_and_shows_no_pattern() {
        let entropy = SeededEntropy::new(2);
        let (one, two) = (
            marked(0xabcd_ef01_2345, &entropy, 3),
            marked(0xabcd_ef01_2345, &entropy, 3),
        );
        for id in [&one, &two] {
            assert!(is_uuid(id), "{id}");
            assert_eq!(id.as_bytes()[14], b'3');
            assert_eq!(mark_of(id), Some(0xabcd_ef01_2345));
            assert_eq!(text(number(id).unwrap()), *id);
        }
        assert_ne!(one[..8], two[..8]);
        assert_eq!(mark_of("no identifier"), None);
    }
    #[test]
    fn a_page_code_fits_its_world_and_few_others() {
        let entropy = SeededEntropy::new(3);
        let code = page_code(77, &entropy);
        assert_eq!(code.len(), 7);
        assert!(page_code_fits(77, &code));
        let fitting = (0..10_000).filter(|mark| page_code_fits(*mark, &code));
        assert!(fitting.count() < 20);
        assert!(!page_code_fits(77, "short"));
    }
}
