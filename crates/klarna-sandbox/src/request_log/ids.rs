//! The identifiers in a request and its answer, and an index of the requests that mention each.
//!
//! Invariant: an entry gives at most [`PER_ENTRY`] terms of at most [`LONGEST`] bytes, so the index is bounded by the
//! log. It holds nothing that the log does not hold.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

/// Terms that one entry is found by.
const PER_ENTRY: usize = 64;
/// The longest identifier; longer text is none.
const LONGEST: usize = 255;
/// The shortest beginning of an identifier that is searched for; a shorter text must be a whole one.
const SHORTEST_PREFIX: usize = 4;

/// Members whose text identifies something.
const NAMED: [&str; 17] = [
    "authorization_token",
    "capture_id",
    "correlation_id",
    "customer_token",
    "distribution_id",
    "klarna_reference",
    "merchant_reference1",
    "merchant_reference2",
    "order_id",
    "payment_method_reference",
    "payment_request_id",
    "payment_transaction_id",
    "reference",
    "refund_id",
    "session_id",
    "token_id",
    "tracking_number",
];

/// Which entries mention an identifier; entries are known by their running number.
#[derive(Debug, Default)]
pub(super) struct Index {
    terms: BTreeMap<Arc<str>, Vec<u64>>,
}

impl Index {
    pub(super) fn add(&mut self, entry: u64, terms: &[Arc<str>]) {
        for term in terms {
            self.terms.entry(Arc::clone(term)).or_default().push(entry);
        }
    }

    pub(super) fn remove(&mut self, entry: u64, terms: &[Arc<str>]) {
        for term in terms {
            if let Some(entries) = self.terms.get_mut(term) {
                entries.retain(|known| *known != entry);
                if entries.is_empty() {
                    self.terms.remove(term);
                }
            }
        }
    }

    /// The entries that mention an identifier which is or begins with `text`, in any letter case.
    pub(super) fn find(&self, text: &str) -> BTreeSet<u64> {
        let wanted = text.to_ascii_lowercase();
        let from = (Bound::Included(wanted.as_str()), Bound::Unbounded);
        self.terms
            .range::<str, _>(from)
            .take_while(|(term, _)| {
                if wanted.len() < SHORTEST_PREFIX {
                    term.as_ref() == wanted
                } else {
                    term.starts_with(&wanted)
                }
            })
            .flat_map(|(_, entries)| entries.iter().copied())
            .collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.terms.len()
    }
}

/// Collects the terms of one entry.
#[derive(Debug, Default)]
pub(super) struct Terms(BTreeSet<Arc<str>>);

impl Terms {
    pub(super) fn one(&mut self, text: &str) {
        if !text.is_empty() && text.len() <= LONGEST && self.0.len() < PER_ENTRY {
            self.0.insert(text.to_ascii_lowercase().into());
        }
    }

    pub(super) fn path(&mut self, path: &str) {
        path.split('/').for_each(|segment| self.one(segment));
    }

    /// The named members of a JSON body, those of the document before those of what lies in it: a long list of lines
    /// must not crowd out the order's own id.
    pub(super) fn body(&mut self, body: &Bytes) {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return;
        };
        let mut level = vec![&value];
        while !level.is_empty() && self.0.len() < PER_ENTRY {
            let mut below = Vec::new();
            for value in level {
                match value {
                    Value::Object(object) => {
                        for (name, value) in object {
                            match value {
                                Value::String(text) if NAMED.contains(&name.as_str()) => {
                                    self.one(text)
                                }
                                value => below.push(value),
                            }
                        }
                    }
                    Value::Array(list) => below.extend(list),
                    _ => {}
                }
            }
            level = below;
        }
    }

    pub(super) fn finish(self) -> Vec<Arc<str>> {
        self.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(body: &str) -> Vec<Arc<str>> {
        let mut terms = Terms::default();
        terms.body(&Bytes::copy_from_slice(body.as_bytes()));
        terms.finish()
    }

    #[test]
    fn an_identifier_is_found_whole_or_by_its_beginning_in_any_case() {
        let mut index = Index::default();
        index.add(
            1,
            &terms(r#"{"order_id": "0B1E5C3A-11", "locale": "sv-SE"}"#),
        );
        index.add(2, &terms(r#"{"order_lines": [{"reference": "SKU-1"}]}"#));
        assert_eq!(index.find("0b1e5c3a").len(), 1);
        assert_eq!(index.find("0b1e5c3a-11").len(), 1);
        assert_eq!(index.find("sku-1").into_iter().collect::<Vec<_>>(), [2]);
        assert!(
            index.find("0b1").is_empty(),
            "three letters are no beginning"
        );
        assert!(index.find("sv-SE").is_empty());
    }

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let mut index = Index::default();
        let both = terms(r#"{"order_id": "a", "session_id": "b"}"#);
        index.add(1, &both);
        index.add(2, &both);
        index.remove(1, &both);
        assert_eq!(index.find("a").into_iter().collect::<Vec<_>>(), [2]);
        index.remove(2, &both);
        assert_eq!(index.len(), 0);
    }

    #[test]
    fn a_thousand_lines_do_not_crowd_out_the_order() {
        let lines: Vec<String> = (0..1000)
            .map(|line| format!(r#"{{"reference": "R{line}"}}"#))
            .collect();
        let found = terms(&format!(
            r#"{{"order_lines": [{}], "merchant_reference1": "shop-7"}}"#,
            lines.join(",")
        ));
        assert_eq!(found.len(), PER_ENTRY);
        assert!(found.iter().any(|term| term.as_ref() == "shop-7"));
    }
}
