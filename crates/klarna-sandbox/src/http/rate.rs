//! Rate limits per merchant and category, counted per second of machine time. Off unless the world's switch is on.
//!
//! Source: docs.klarna.com, rate limits, both columns; see `docs/klarna/payments.md#rate-limits`.

use axum::http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hosted_page::HostedPageRoute;
use super::render::set;
use super::route::Route;
use crate::world::RateColumn;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    CreateSession,
    CustomerToken,
    HostedPage,
    Other,
}

impl Category {
    /// The category of a call. A session that only tokenizes counts with the customer tokens.
    pub(crate) fn of(route: &Route, body: &[u8]) -> Self {
        match route {
            Route::CreateSession if tokenizes(body) => Self::CustomerToken,
            Route::CreateSession => Self::CreateSession,
            Route::CreateCustomerToken(_) => Self::CustomerToken,
            Route::HostedPage(HostedPageRoute::Create) => Self::HostedPage,
            _ => Self::Other,
        }
    }

    /// Calls per second.
    fn limit(self, column: RateColumn) -> u32 {
        match (self, column) {
            (Self::Other, RateColumn::Playground) => 50,
            (Self::Other, RateColumn::Live) => 200,
            (_, RateColumn::Playground) => 5,
            (_, RateColumn::Live) => 40,
        }
    }
}

fn tokenizes(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Intent {
        intent: String,
    }
    serde_json::from_slice::<Intent>(body).is_ok_and(|body| body.intent == "tokenize")
}

/// The counters of one merchant.
#[derive(Debug, Default)]
pub(crate) struct RateCounters {
    second: i64,
    counts: [u32; 4],
}

/// Where a call stands against its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    limit: u32,
    remaining: u32,
    pub(crate) allowed: bool,
}

impl RateCounters {
    pub(crate) fn count(
        &mut self,
        category: Category,
        column: RateColumn,
        now: Timestamp,
    ) -> Standing {
        if now.as_second() != self.second {
            self.second = now.as_second();
            self.counts = [0; 4];
        }
        let count = &mut self.counts[category as usize];
        *count = count.saturating_add(1);
        let limit = category.limit(column);
        Standing {
            limit,
            remaining: limit.saturating_sub(*count),
            allowed: *count <= limit,
        }
    }
}

/// The headers that tell a standing.
const HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
];

impl Standing {
    /// Where a call stands that is one too many.
    pub(crate) fn used_up(category: Category, column: RateColumn) -> Self {
        Self {
            limit: category.limit(column),
            remaining: 0,
            allowed: false,
        }
    }

    /// Takes the headers of a standing out of an answer.
    pub(crate) fn erase(headers: &mut HeaderMap) {
        for name in HEADERS {
            headers.remove(name);
        }
    }

    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let limit = self.limit;
        let values = [
            format!("{limit}, {limit};w=1"),
            self.remaining.to_string(),
            "1".to_owned(),
        ];
        for (name, value) in HEADERS.into_iter().zip(values) {
            set(headers, name, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many calls of a category pass in one second.
    fn passing(category: Category, column: RateColumn) -> usize {
        let mut counters = RateCounters::default();
        (0..1000)
            .filter(|_| {
                let standing = counters.count(category, column, Timestamp::UNIX_EPOCH);
                standing.allowed
            })
            .count()
    }

    #[test]
    fn each_category_has_its_limit_in_both_columns() {
        use RateColumn::{Live, Playground};
        assert_eq!(passing(Category::CreateSession, Playground), 5);
        assert_eq!(passing(Category::CustomerToken, Playground), 5);
        assert_eq!(passing(Category::HostedPage, Playground), 5);
        assert_eq!(passing(Category::HostedPage, Live), 40);
        assert_eq!(passing(Category::Other, Playground), 50);
        assert_eq!(passing(Category::CreateSession, Live), 40);
        assert_eq!(passing(Category::CustomerToken, Live), 40);
        assert_eq!(passing(Category::Other, Live), 200);
    }

    #[test]
    fn the_next_second_begins_anew_and_categories_do_not_mix() {
        let mut counters = RateCounters::default();
        let mut count = |category, at| counters.count(category, RateColumn::Playground, at);
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..5 {
            assert!(count(Category::CreateSession, now).allowed);
        }
        assert!(!count(Category::CreateSession, now).allowed);
        assert!(count(Category::Other, now).allowed);
        let later = now + jiff::SignedDuration::from_secs(1);
        assert!(count(Category::CreateSession, later).allowed);
    }

    #[test]
    fn a_session_that_only_tokenizes_counts_as_a_customer_token() {
        let of = |body: &str| Category::of(&Route::CreateSession, body.as_bytes());
        assert_eq!(of(r#"{"intent": "tokenize"}"#), Category::CustomerToken);
        for body in [r#"{"intent": "buy_and_tokenize"}"#, "{}", "no json"] {
            assert_eq!(of(body), Category::CreateSession);
        }
    }

    #[test]
    fn the_headers_have_the_documented_form() {
        let mut headers = HeaderMap::new();
        let mut counters = RateCounters::default();
        counters
            .count(
                Category::Other,
                RateColumn::Playground,
                Timestamp::UNIX_EPOCH,
            )
            .write(&mut headers);
        assert_eq!(headers["x-ratelimit-limit"], "50, 50;w=1");
        assert_eq!(headers["x-ratelimit-remaining"], "49");
    }
}
