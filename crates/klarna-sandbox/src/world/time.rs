//! Lifetimes of the contract and the form in which instants go over the wire.
//!
//! Invariant: every deadline is computed from the world's own clock, so moving the clock moves them all.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};

/// A payment session lives 48 hours.
pub(crate) const SESSION: SignedDuration = SignedDuration::from_hours(48);
/// An authorization token is good for 60 minutes.
pub(crate) const AUTHORIZATION: SignedDuration = SignedDuration::from_mins(60);
/// An idempotency key is honoured for 24 hours.
pub(crate) const IDEMPOTENCY: SignedDuration = SignedDuration::from_hours(24);
/// Days an order stays authorized when nobody extends it.
pub const ACCOUNT_PERIOD_DAYS: i32 = 28;
/// Days after which an order can no longer be extended.
pub(crate) const EXTENSION_LIMIT_DAYS: i32 = 180;
/// Days for which an order can be read and worked on: three years.
pub(crate) const READABLE_DAYS: i32 = 3 * 365;
/// A rejected order may be taken over by capturing it within four hours.
pub(crate) const TAKE_OVER: SignedDuration = SignedDuration::from_hours(4);

/// `at` moved by `by`, held at the last instant that can be written.
pub(crate) fn after(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// `at` moved back by `by`, held at the first instant that can be written.
pub(crate) fn before(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// Midnight UTC, `days` days after the day of `at`: the rounding of the published order sample.
pub(crate) fn midnight_after(at: Timestamp, days: i32) -> Timestamp {
    let day = at.to_zoned(TimeZone::UTC).date();
    day.checked_add(days.days())
        .ok()
        .and_then(|day| day.to_zoned(TimeZone::UTC).ok())
        .map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

/// ISO 8601 with milliseconds and `Z`.
pub(crate) fn wire(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_expires_at_midnight_utc_of_the_28th_day() {
        let placed: Timestamp = "2022-07-08T09:48:16.680Z".parse().unwrap();
        let expires = midnight_after(placed, ACCOUNT_PERIOD_DAYS);
        assert_eq!(wire(expires), "2022-08-05T00:00:00.000Z");
    }

    #[test]
    fn instants_are_written_with_milliseconds() {
        let at: Timestamp = "2015-08-10T07:45:00.098765Z".parse().unwrap();
        assert_eq!(wire(at), "2015-08-10T07:45:00.098Z");
        let whole: Timestamp = "2015-08-10T07:45:00Z".parse().unwrap();
        assert_eq!(wire(whole), "2015-08-10T07:45:00.000Z");
    }
}
