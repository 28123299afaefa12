//! The last requests of a world, for finding out what happened by any id.
//!
//! Invariant: bounded in entries and in bytes, in memory, and redacted when it is read: tokens, names, addresses and
//! numbers of people never leave it. The raw bytes are kept only to redact them lazily. Identifiers are indexed when
//! somebody first searches, so that a request pays nothing for being found later. There is no log on disk: what must
//! survive a restart is in the journal.

mod ids;
mod redaction;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use redaction::{is_secret, redact};

use ids::{Index, Terms};
use redaction::{shown_body, shown_path};

/// Bytes of a body that the log keeps.
const BODY_LIMIT: usize = 16 * 1024;
/// Bytes of bodies that one world's log keeps.
const LOG_LIMIT: usize = 4 * 1024 * 1024;

/// One request with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) at: Timestamp,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operation: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) correlation_id: String,
    pub(crate) idempotency_key: Option<String>,
    /// The id that the answer gives in a header: of a capture, of a refund.
    pub(crate) made: Option<String>,
    pub(crate) fault: Option<&'static str>,
    /// Who made the fault strike: `header`, `rule 3` or `seed`.
    pub(crate) fault_by: Option<String>,
    pub(crate) request: Bytes,
    pub(crate) response: Bytes,
    pub(crate) duration_us: i64,
}

/// The bounded log.
#[derive(Debug)]
pub(crate) struct RequestLog {
    limit: usize,
    /// Bytes of all bodies.
    bytes: usize,
    /// The running number of the next entry.
    next: u64,
    entries: VecDeque<Kept>,
    /// Entries from the oldest on whose identifiers are in the index.
    indexed: usize,
    index: Index,
}

#[derive(Debug)]
struct Kept {
    /// The running number by which the index knows the entry.
    number: u64,
    entry: Arc<Logged>,
    /// Empty until it is indexed.
    terms: Vec<Arc<str>>,
}

impl RequestLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: 0,
            next: 0,
            entries: VecDeque::new(),
            indexed: 0,
            index: Index::default(),
        }
    }

    pub(crate) fn add(&mut self, mut entry: Logged) {
        if self.limit == 0 {
            return;
        }
        for body in [&mut entry.request, &mut entry.response] {
            if body.len() > BODY_LIMIT {
                *body = Bytes::new();
            }
        }
        self.bytes += entry.weight();
        self.entries.push_back(Kept {
            number: self.next,
            entry: Arc::new(entry),
            terms: Vec::new(),
        });
        self.next += 1;
        while self.entries.len() > self.limit || self.bytes > LOG_LIMIT {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            self.bytes -= oldest.entry.weight();
            self.index.remove(oldest.number, &oldest.terms);
            self.indexed = self.indexed.saturating_sub(1);
        }
    }

    pub(crate) fn clear(&mut self) {
        while !self.entries.is_empty() {
            self.forget_oldest();
        }
    }

    /// Entries with this correlation id and about this text, newest first. The text is an identifier or the beginning
    /// of one; where it is neither, any text in a path or a body.
    pub(crate) fn find(
        &mut self,
        correlation_id: Option<&str>,
        text: Option<&str>,
        limit: usize,
    ) -> Vec<Arc<Logged>> {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        if correlation_id.is_some() || text.is_some() {
            self.index_new();
        }
        let with_id = correlation_id.map(|id| self.index.find(id));
        let mentioning = text.map(|text| self.index.find(text));
        let scanned = mentioning.as_ref().is_some_and(|found| found.is_empty());
        self.entries
            .iter()
            .rev()
            .filter(|kept| {
                with_id.as_ref().is_none_or(|found| {
                    found.contains(&kept.number)
                        && Some(kept.entry.correlation_id.as_str()) == correlation_id
                })
            })
            .filter(|kept| match (&mentioning, text) {
                (Some(_), Some(text)) if scanned => kept.entry.mentions(text),
                (Some(found), _) => found.contains(&kept.number),
                (None, _) => true,
            })
            .take(limit)
            .map(|kept| Arc::clone(&kept.entry))
            .collect()
    }

    /// Entries that mention any of these identifiers, newest first.
    pub(crate) fn about(&mut self, ids: &[&str], limit: usize) -> Vec<Arc<Logged>> {
        self.index_new();
        let found: Vec<_> = ids.iter().map(|id| self.index.find(id)).collect();
        self.entries
            .iter()
            .rev()
            .filter(|kept| found.iter().any(|numbers| numbers.contains(&kept.number)))
            .take(limit)
            .map(|kept| Arc::clone(&kept.entry))
            .collect()
    }

    fn index_new(&mut self) {
        for kept in self.entries.iter_mut().skip(self.indexed) {
            kept.terms = kept.entry.terms();
            self.index.add(kept.number, &kept.terms);
        }
        self.indexed = self.entries.len();
    }
}

impl Logged {
    fn weight(&self) -> usize {
        self.request.len() + self.response.len()
    }

    /// Everything that the entry is found by.
    fn terms(&self) -> Vec<Arc<str>> {
        let mut terms = Terms::default();
        terms.one(&self.correlation_id);
        terms.one(self.operation);
        for id in [&self.idempotency_key, &self.made].into_iter().flatten() {
            terms.one(id);
        }
        terms.path(&self.path);
        terms.body(&self.response);
        terms.body(&self.request);
        terms.finish()
    }

    fn mentions(&self, text: &str) -> bool {
        let within = |bytes: &[u8]| {
            bytes
                .windows(text.len())
                .any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
        };
        within(self.path.as_bytes()) || within(&self.request) || within(&self.response)
    }

    /// The entry as people and tests may see it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "time": self.at.to_string(),
            "method": self.method,
            "path": shown_path(&self.path),
            "operation": self.operation,
            "status": self.status,
            "correlation_id": self.correlation_id,
            "idempotency_key": self.idempotency_key,
            "made": self.made,
            "fault": self.fault,
            "fault_by": self.fault_by,
            "duration_us": self.duration_us,
            "request": shown_body(&self.request),
            "response": shown_body(&self.response),
        })
    }
}

#[cfg(test)]
mod tests;
