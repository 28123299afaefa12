//! The pages that a world keeps, and when each of them ends.
//!
//! Invariant: a page is forgotten with its payment session, and not before its timeout was told where that is owed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::time;
use super::{HEAD_START, HostedPage};

/// All pages of a world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct HostedPages {
    by_id: BTreeMap<String, HostedPage>,
    /// Page ids by code.
    by_code: BTreeMap<String, String>,
    /// When each page ends, soonest first.
    endings: BTreeSet<(Timestamp, String)>,
    /// Those of them whose merchant wants to hear of a timeout.
    pub(super) timeouts: BTreeSet<(Timestamp, String)>,
}

impl HostedPages {
    pub(in super::super) fn find(&self, id: &str) -> Option<&HostedPage> {
        self.by_id.get(id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut HostedPage> {
        self.by_id.get_mut(id)
    }

    pub(super) fn of_code(&self, code: &str) -> Option<&HostedPage> {
        self.find(self.by_code.get(code)?)
    }

    pub(in super::super) fn all(&self) -> impl Iterator<Item = &HostedPage> {
        self.by_id.values()
    }

    pub(super) fn add(&mut self, page: HostedPage) {
        self.by_code.insert(page.code.clone(), page.id.clone());
        let ending = (page.expires_at, page.id.clone());
        if page.merchant_url("status_update").is_some() {
            self.timeouts.insert(ending.clone());
        }
        self.endings.insert(ending);
        self.by_id.insert(page.id.clone(), page);
    }

    /// No timeout is told any more; whether one was still to be told.
    pub(super) fn settle_timeout(&mut self, id: &str) -> bool {
        let ending = self.find(id).map(|page| (page.expires_at, id.to_owned()));
        ending.is_some_and(|ending| self.timeouts.remove(&ending))
    }

    /// Drops the pages whose payment session is gone as well, once everything was told about them.
    pub(super) fn forget_ended(&mut self, now: Timestamp) {
        while let Some(ending) = self.endings.first()
            && now >= time::after(ending.0, HEAD_START)
            && !self.timeouts.contains(ending)
        {
            if let Some((_, id)) = self.endings.pop_first()
                && let Some(page) = self.by_id.remove(&id)
            {
                self.by_code.remove(&page.code);
            }
        }
    }
}
