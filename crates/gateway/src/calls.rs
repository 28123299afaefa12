//! The latest API calls, kept in memory for the story of an order.
//!
//! Invariant: bounded, and never needed for a decision; what must survive a restart is in the operations and the
//! ledger.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use kassa_storage::Realm;

/// Calls that are remembered: a day of a demo, minutes of a busy shop.
const CAPACITY: usize = 5_000;

/// One answered API call. Carries no body and no header, so no secret and no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCall {
    /// Identifies the request in answers and logs.
    pub trace_id: String,
    /// Whose call it was; `None` when the token was not valid.
    pub realm: Option<Realm>,
    /// Business time of the answer, microseconds since the epoch.
    pub at_us: i64,
    /// HTTP method.
    pub method: String,
    /// Path without its query.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// Code of the first error, if any.
    pub code: Option<String>,
    /// What it took, microseconds of machine time.
    pub duration_us: i64,
    /// Ids that the call was about: the order's, and the resource's own.
    pub subjects: Vec<String>,
}

/// A ring of the latest calls.
#[derive(Debug, Default)]
pub struct CallLog {
    ring: Mutex<VecDeque<ApiCall>>,
}

impl CallLog {
    /// Remembers a call, forgetting the oldest when full.
    pub fn record(&self, call: ApiCall) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() >= CAPACITY {
            ring.pop_front();
        }
        ring.push_back(call);
    }

    /// The calls about any of `subjects` in `realm`, oldest first.
    #[must_use]
    pub fn about(&self, realm: &Realm, subjects: &[&str]) -> Vec<ApiCall> {
        self.select(|call| {
            call.realm.as_ref() == Some(realm)
                && call
                    .subjects
                    .iter()
                    .any(|subject| subjects.contains(&subject.as_str()))
        })
    }

    /// The calls of one request (one, or none when it was forgotten).
    #[must_use]
    pub fn traced(&self, realm: &Realm, trace_id: &str) -> Vec<ApiCall> {
        self.select(|call| call.realm.as_ref() == Some(realm) && call.trace_id == trace_id)
    }

    fn select(&self, wanted: impl Fn(&ApiCall) -> bool) -> Vec<ApiCall> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().filter(|call| wanted(call)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_and_realms_are_apart() {
        let log = CallLog::default();
        let realm = Realm::new("acme", true);
        for number in 0..=CAPACITY {
            log.record(ApiCall {
                trace_id: number.to_string(),
                realm: Some(realm.clone()),
                at_us: 0,
                method: "GET".to_owned(),
                path: "/api/orders/a".to_owned(),
                status: 200,
                code: None,
                duration_us: 1,
                subjects: vec!["a".to_owned()],
            });
        }
        assert_eq!(log.about(&realm, &["a"]).len(), CAPACITY);
        assert!(log.traced(&realm, "0").is_empty());
        assert_eq!(log.traced(&realm, "1").len(), 1);
        assert!(log.about(&Realm::new("acme", false), &["a"]).is_empty());
    }
}
