//! How often something recurs: the named frequencies of the commerce API, or a cron line.
//!
//! Everything is counted in UTC, so no clock change moves a run. Months are counted from the anchor's day: what begins
//! on the 31st runs on the last day of shorter months and on the 31st again. Invariant: the runs of an anchor are a fixed
//! series; [`Frequency::next_after`] walks it and never skips or repeats one.

mod cron;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::error::SubscriptionError;
use cron::Cron;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The named frequencies. Source: commerce-api, flows, subscriptions.
const NAMED: &[(&str, Rhythm)] = &[
    ("hourly", Rhythm::Seconds(HOUR)),
    ("daily", Rhythm::Seconds(DAY)),
    ("weekly", Rhythm::Seconds(7 * DAY)),
    ("monthly", Rhythm::Months(1)),
    ("two-month", Rhythm::Months(2)),
    ("three-month", Rhythm::Months(3)),
    ("four-month", Rhythm::Months(4)),
    ("six-month", Rhythm::Months(6)),
    ("yearly", Rhythm::Months(12)),
];

/// What repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rhythm {
    /// So many seconds.
    Seconds(i64),
    /// So many calendar months.
    Months(i64),
    /// Whenever the cron line says.
    Cron(Cron),
}

/// A frequency that makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frequency(Rhythm);

impl Frequency {
    /// Reads a named frequency or a cron line.
    ///
    /// # Errors
    /// [`SubscriptionError::FrequencyInvalid`] for any other text, and for a cron line that never comes true or runs more
    /// often than hourly.
    pub fn parse(text: &str) -> Result<Self, SubscriptionError> {
        if let Some((_, rhythm)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(Self(rhythm.clone()));
        }
        Cron::parse(text)
            .map(|cron| Self(Rhythm::Cron(cron)))
            .ok_or_else(|| SubscriptionError::FrequencyInvalid {
                frequency: text.to_owned(),
            })
    }

    /// The first run after `moment`, of the series that begins at `anchor`. A cron line has no series of its own: it
    /// begins with its first moment that is not before the anchor. `None` beyond the end of the calendar.
    pub fn next_after(&self, anchor: Timestamp, moment: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Rhythm::Seconds(_) | Rhythm::Months(_) if moment < anchor => Some(anchor),
            Rhythm::Seconds(step) => {
                let passed = moment.duration_since(anchor).as_secs();
                let next = passed.div_euclid(*step).checked_add(1)?;
                anchor
                    .checked_add(Span::new().try_seconds(next.checked_mul(*step)?).ok()?)
                    .ok()
            }
            Rhythm::Months(step) => months_after(anchor, moment, *step),
            Rhythm::Cron(cron) => {
                let just_before = anchor.checked_sub(Span::new().nanoseconds(1)).ok()?;
                cron.next_after(moment.max(just_before))
            }
        }
    }
}

/// The first multiple of `step` months after the anchor that lies after `moment`.
fn months_after(anchor: Timestamp, moment: Timestamp, step: i64) -> Option<Timestamp> {
    let start = anchor.to_zoned(TimeZone::UTC);
    let there = moment.to_zoned(TimeZone::UTC);
    let years = i64::from(there.year()) - i64::from(start.year());
    let months = years * 12 + i64::from(there.month()) - i64::from(start.month());
    let mut count = months.div_euclid(step).max(0);
    loop {
        // Each is counted from the anchor, so a short month does not shorten those after it.
        let span = Span::new().try_months(count.checked_mul(step)?).ok()?;
        let run = start.checked_add(span).ok()?.timestamp();
        if run > moment {
            return Some(run);
        }
        count += 1;
    }
}
