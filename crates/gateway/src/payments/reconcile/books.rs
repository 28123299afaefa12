//! All orders of an organization against Klarna's books: page by page on demand, and every night.
//!
//! Invariant: a page leaves no order out. It goes by the order's id, not by a count of rows, because folding a fact in
//! may take an order out of what is looked at.

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use kassa_storage::{
    FieldPath, Filter, ListQuery, Operation, Page, QueueChange, Realm, Scope, Sort, Test, Timer,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Difference, Reconciled, reconcile_order};
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::jobs::After;

/// Kind of the timer that runs every night.
pub(crate) const NIGHTLY: &str = "reconcile";

/// What the nightly timer is about: the organization as a whole.
const SUBJECT: &str = "books";

/// Hour of the night, UTC, at which it begins; the minute is the organization's own, so that they do not all ask at once.
const HOUR: i64 = 3;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Orders asked for at the same time: Klarna limits how many calls an account makes.
const AT_ONCE: usize = 4;

/// Orders of one page at most.
pub const LIMIT_MAX: u64 = 200;

/// Days after placing during which an order is read although all its money has moved: refunds made in Klarna's portal
/// come late. Ours: half a year.
pub const SETTLED_DAYS: i64 = 180;

/// Operations that wait for a person, listed at most.
const CASES: u64 = 1_000;

/// Payment statuses under which Klarna still holds a guarantee.
const GUARANTEED: [&str; 3] = ["authorized", "partially_authorized", "partially_paid"];

/// Payment statuses under which money may still go back.
const SETTLED: [&str; 3] = ["paid", "partially_refunded", "partially_voided"];

/// Which orders to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BooksQuery {
    /// Only orders whose id is greater: where the page before ended.
    pub after: Option<String>,
    /// Orders of this page, 1 to [`LIMIT_MAX`].
    pub limit: u64,
    /// Days after placing during which settled orders are read, too.
    pub settled_days: i64,
    /// This order alone, whatever its state.
    pub order_id: Option<String>,
}

impl Default for BooksQuery {
    fn default() -> Self {
        Self {
            after: None,
            limit: 25,
            settled_days: SETTLED_DAYS,
            order_id: None,
        }
    }
}

/// An order whose two sides differed until now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differed {
    /// The order.
    pub order_id: String,
    /// What was entered here. Empty when only an open operation was ended by what Klarna shows.
    pub differences: Vec<Difference>,
}

/// An order that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The order.
    pub order_id: String,
    /// Why.
    pub reason: String,
}

/// What a page of orders showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BooksPage {
    /// Orders read at Klarna.
    pub read: u64,
    /// Orders that were different; they agree now.
    pub differed: Vec<Differed>,
    /// Orders that could not be read.
    pub unread: Vec<Unread>,
    /// Operations that wait for a person, on the last page.
    pub need_person: Vec<String>,
    /// Where the next page begins; nothing on the last one.
    pub next: Option<String>,
}

impl BooksPage {
    /// Adds the next page.
    pub fn extend(&mut self, next: Self) {
        self.read += next.read;
        self.differed.extend(next.differed);
        self.unread.extend(next.unread);
        self.need_person.extend(next.need_person);
        self.next = next.next;
    }

    fn add(&mut self, order_id: String, seen: Result<Reconciled, GatewayError>) {
        match seen {
            Ok(seen) => {
                self.read += u64::from(seen.at_klarna);
                if seen.changed {
                    self.differed.push(Differed {
                        order_id,
                        differences: seen.differences,
                    });
                }
            }
            Err(error) => self.unread.push(Unread {
                order_id,
                reason: error.to_string(),
            }),
        }
    }
}

/// Reads one page of orders at Klarna and folds in what is new.
///
/// # Errors
/// 422 for a limit or a number of days out of bounds; when the store cannot be used. What Klarna does not answer is in
/// the page.
pub async fn page(
    gateway: &Gateway,
    realm: &Realm,
    query: &BooksQuery,
) -> Result<BooksPage, GatewayError> {
    check(query)?;
    let ids = match &query.order_id {
        Some(order_id) => vec![order_id.clone()],
        None => orders(gateway, realm, query).await?,
    };
    let full = query.order_id.is_none() && ids.len() as u64 == query.limit;
    let mut page = BooksPage {
        next: ids.last().filter(|_| full).cloned(),
        ..BooksPage::default()
    };
    let mut seen = stream::iter(ids)
        .map(|order_id| async move {
            let seen = reconcile_order(gateway, realm, &order_id).await;
            (order_id, seen)
        })
        .buffered(AT_ONCE);
    while let Some((order_id, seen)) = seen.next().await {
        page.add(order_id, seen);
    }
    if page.next.is_none() {
        page.need_person = need_person(gateway, realm, query.order_id.as_deref()).await?;
    }
    Ok(page)
}

/// Reads all pages.
///
/// # Errors
/// Like [`page`].
pub async fn whole(
    gateway: &Gateway,
    realm: &Realm,
    query: &BooksQuery,
) -> Result<BooksPage, GatewayError> {
    let mut whole = page(gateway, realm, query).await?;
    while let Some(after) = whole.next.take() {
        let query = BooksQuery {
            after: Some(after),
            ..query.clone()
        };
        whole.extend(page(gateway, realm, &query).await?);
    }
    Ok(whole)
}

fn check(query: &BooksQuery) -> Result<(), GatewayError> {
    let wrong = |name: &str, sent: String, expected: String| {
        let message = format!("is {sent}, expected {expected}");
        Err(GatewayError::Invalid(vec![Violation::attribute(
            name, "invalid", message,
        )]))
    };
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        return wrong(
            "limit",
            query.limit.to_string(),
            format!("1 to {LIMIT_MAX}"),
        );
    }
    if !(0..=36_500).contains(&query.settled_days) {
        let sent = query.settled_days.to_string();
        return wrong("settled_days", sent, "0 to 36500".to_owned());
    }
    Ok(())
}

async fn orders(
    gateway: &Gateway,
    realm: &Realm,
    query: &BooksQuery,
) -> Result<Vec<String>, GatewayError> {
    let since = gateway.business_now(realm) - SignedDuration::from_hours(24 * query.settled_days);
    let field = |field: &'static str, test: Test| {
        let through = Vec::new();
        Filter::Field(FieldPath { through, field }, test)
    };
    let one_of = |statuses: &[&str]| {
        let statuses = statuses.iter().map(|status| (*status).into()).collect();
        field("payment_status", Test::In(statuses))
    };
    let lately = field("placed_at", Test::Gteq(since.to_string().into()));
    let settled = Filter::All(vec![one_of(&SETTLED), lately]);
    let mut filters = vec![Filter::Any(vec![one_of(&GUARANTEED), settled])];
    if let Some(after) = &query.after {
        filters.push(field("id", Test::Gt(after.as_str().into())));
    }
    let query = ListQuery {
        kinds: vec!["orders"],
        filter: Filter::All(filters),
        sort: vec![Sort {
            field: "id",
            descending: false,
        }],
        page: Page {
            offset: 0,
            limit: query.limit,
        },
    };
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let rows = snapshot.list(&query).await?;
    Ok(rows.into_iter().map(|row| row.key.id).collect())
}

async fn need_person(
    gateway: &Gateway,
    realm: &Realm,
    order_id: Option<&str>,
) -> Result<Vec<String>, GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let cases = snapshot.operations_for_a_person(CASES).await?;
    let of_it = |case: &Operation| order_id.is_none_or(|wanted| wanted == case.order_id);
    let ids = cases.into_iter().filter(of_it).map(|case| case.id);
    Ok(ids.collect())
}

/// Sets the nightly timer of every organization that has none, or with `false` takes it away.
///
/// # Errors
/// When the store cannot be used.
pub async fn every_night(gateway: &Gateway, wanted: bool) -> Result<(), GatewayError> {
    for realm in gateway.store().realms().await? {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let is_set = !snapshot.timers(SUBJECT).await?.is_empty();
        drop(snapshot);
        if is_set == wanted {
            continue;
        }
        let change = if wanted {
            QueueChange::Set(timer(None, tonight(&realm, gateway.business_now(&realm))))
        } else {
            let id = NIGHTLY.to_owned();
            QueueChange::Cancel { id }
        };
        let mut set = gateway.change_set(&realm);
        set.queues.push(change);
        gateway.commit_once(set).await?;
    }
    Ok(())
}

/// Runs the timer: one page, and sets it again for the next page or the next night.
pub(crate) async fn nightly(
    gateway: &Gateway,
    realm: &Realm,
    timer_now: &Timer,
) -> Result<After, GatewayError> {
    let query = BooksQuery {
        after: timer_now.payload["after"].as_str().map(str::to_owned),
        limit: LIMIT_MAX,
        ..BooksQuery::default()
    };
    let page = page(gateway, realm, &query).await?;
    tell(realm, &page);
    if let Some(unread) = page.unread.first().filter(|_| page.read == 0) {
        // Klarna answers nobody: this page again later.
        return Err(GatewayError::Unavailable(unread.reason.clone()));
    }
    let due = match &page.next {
        Some(_) => gateway.business_now(realm),
        None => tonight(realm, gateway.business_now(realm)),
    };
    let mut set = gateway.change_set(realm);
    set.queues
        .push(QueueChange::Set(timer(page.next.as_deref(), due)));
    gateway.commit_once(set).await?;
    Ok(After::Done)
}

/// Every difference is logged and counted: somebody works around this program.
fn tell(realm: &Realm, page: &BooksPage) {
    let organization = realm.as_str();
    for differed in &page.differed {
        tracing::warn!(organization, order = %differed.order_id, differences = ?differed.differences, "klarna's books differed");
    }
    for unread in &page.unread {
        tracing::warn!(organization, order = %unread.order_id, reason = %unread.reason, "an order could not be reconciled");
    }
    let waiting = page.need_person.len();
    tracing::info!(
        organization,
        read = page.read,
        differed = page.differed.len(),
        unread = page.unread.len(),
        waiting,
        "reconciled a page"
    );
    metrics::counter!("kassa_reconciled_orders_total").increment(page.read);
    metrics::counter!("kassa_reconcile_differences_total").increment(page.differed.len() as u64);
    metrics::counter!("kassa_reconcile_unread_total").increment(page.unread.len() as u64);
}

fn timer(after: Option<&str>, due: Timestamp) -> Timer {
    Timer {
        id: NIGHTLY.to_owned(),
        kind: NIGHTLY.to_owned(),
        subject: SUBJECT.to_owned(),
        payload: json!({ "after": after }),
        due_at: due.as_microsecond(),
        attempts: 0,
    }
}

/// The next moment at which the organization's night run begins, after `now`.
fn tonight(realm: &Realm, now: Timestamp) -> Timestamp {
    let letters = realm.as_str().bytes().map(u64::from);
    let minute = letters.fold(0, |sum, letter| (sum * 31 + letter) % 60);
    let into_the_day = SignedDuration::from_secs(HOUR * 3600)
        + SignedDuration::from_secs(i64::try_from(minute).unwrap_or(0) * 60);
    let midnight = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(DAY));
    let begins = midnight.unwrap_or(now) + into_the_day;
    if begins > now {
        begins
    } else {
        begins + SignedDuration::from_secs(DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_night_is_always_ahead_and_within_a_day() {
        let realm = Realm::new("acme", true);
        let mut now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        for _ in 0..200 {
            let next = tonight(&realm, now);
            assert!(next > now && next <= now + SignedDuration::from_hours(24));
            assert_eq!(next.as_second().rem_euclid(DAY) / 3600, HOUR);
            now += SignedDuration::from_mins(17);
        }
    }
}
