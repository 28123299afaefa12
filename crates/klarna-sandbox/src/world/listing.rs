//! Lists of a world for people: orders, sessions, hosted pages and customer tokens, newest first, page by page.
//!
//! Invariant: reading only; equal instants are ordered by id, so that a page does not depend on chance.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::World;
use super::customer_token::CustomerToken;
use super::fields::text;
use super::hosted_page::{HostedPage, PageView};
use super::order::Order;
use super::session::Session;

/// A part of a list, and whether more follows.
pub(crate) struct Listed<T> {
    pub(crate) lines: Vec<T>,
    pub(crate) more: bool,
}

impl World {
    /// Orders whose id, reference or merchant reference contains `wanted`, as they are at `now`.
    pub(crate) fn list_orders(
        &self,
        wanted: &str,
        (skip, take): (usize, usize),
        now: Timestamp,
    ) -> Listed<Order> {
        let wanted = wanted.to_lowercase();
        let found = self
            .orders
            .values()
            .filter(|order| mentions(order, &wanted));
        let listed = newest(found, (skip, take), |order| (order.created_at, &order.id));
        Listed {
            more: listed.more,
            lines: listed
                .lines
                .into_iter()
                .map(|order| {
                    let mut order = order.clone();
                    order.settle(now);
                    order
                })
                .collect(),
        }
    }

    /// Sessions, expired ones too while the world remembers them.
    pub(crate) fn list_sessions(&self, (skip, take): (usize, usize)) -> Listed<&Session> {
        newest(
            self.sessions.values().map(Arc::as_ref),
            (skip, take),
            |session| (session.created_at, &session.id),
        )
    }

    /// A session that the world remembers.
    pub(crate) fn session_of_id(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id).map(Arc::as_ref)
    }

    /// Hosted pages that `wanted` names: by their own ids, their payment session's or their order's. Last changed first.
    pub(crate) fn list_hosted_pages(
        &self,
        wanted: &str,
        (skip, take): (usize, usize),
        now: Timestamp,
    ) -> Listed<PageView> {
        let named = |page: &&HostedPage| wanted.is_empty() || page.is_named(wanted);
        let found = self.hosted_pages.all().filter(named);
        let listed = newest(found, (skip, take), |page| (page.updated_at, &page.id));
        Listed {
            more: listed.more,
            lines: listed
                .lines
                .into_iter()
                .filter_map(|page| self.page_view(page, now))
                .collect(),
        }
    }

    /// Customer tokens.
    pub(crate) fn list_tokens(&self, (skip, take): (usize, usize)) -> Listed<&CustomerToken> {
        newest(self.customer_tokens.values(), (skip, take), |token| {
            (token.created_at, &token.id)
        })
    }

    /// A customer token.
    pub(crate) fn token_of_id(&self, id: &str) -> Option<&CustomerToken> {
        self.customer_tokens.get(id)
    }

    /// How many orders, sessions and customer tokens there are.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        (
            self.orders.len(),
            self.sessions.len(),
            self.customer_tokens.len(),
        )
    }
}

fn mentions(order: &Order, wanted: &str) -> bool {
    let references =
        ["merchant_reference1", "merchant_reference2"].map(|name| text(&order.body, name));
    let own = [Some(order.id.as_str()), Some(order.reference.as_str())];
    wanted.is_empty()
        || own
            .into_iter()
            .chain(references)
            .flatten()
            .any(|known| known.to_lowercase().contains(wanted))
}

/// The newest after those skipped: only what is shown is sorted, however many there are.
fn newest<'a, T, K: Ord>(
    all: impl Iterator<Item = &'a T>,
    (skip, take): (usize, usize),
    key: impl Fn(&'a T) -> K,
) -> Listed<&'a T> {
    let mut all: Vec<&T> = all.collect();
    let end = skip.saturating_add(take);
    let more = all.len() > end;
    if more {
        all.select_nth_unstable_by_key(end, |line| Reverse(key(line)));
        all.truncate(end);
    }
    all.sort_by_key(|line| Reverse(key(line)));
    Listed {
        lines: all.into_iter().skip(skip).collect(),
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gap_or_repeat() {
        let all: Vec<u32> = (0..100).map(|number| number * 37 % 101).collect();
        let mut seen = Vec::new();
        for page in 0..10 {
            let listed = newest(all.iter(), (page * 11, 11), |number| *number);
            assert_eq!(listed.more, page < 9);
            seen.extend(listed.lines.into_iter().copied());
        }
        let mut expected = all.clone();
        expected.sort_unstable_by(|one, two| two.cmp(one));
        assert_eq!(seen, expected);
    }
}
