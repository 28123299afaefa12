//! Cron lines of five fields: minute, hour, day of the month, month, day of the week; in UTC.
//!
//! Invariant: a line that was read comes true some day. The smallest unit is the hour, so the minute is one number.
//! Where both kinds of days are restricted either of them suffices, as cron has it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Days that are looked at for the next run: the longest way between two 29ths of February, and a little.
const HORIZON_DAYS: usize = 366 * 9;

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A cron line. Each set has bit `n` for the value `n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    minute: i8,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

impl Cron {
    /// Reads a line; `None` when it is none, or never comes true.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return None;
        };
        let weekdays = set(weekday, 0, 7, &WEEKDAYS, 0)?;
        let cron = Self {
            minute: number(minute, 0, 59, &[], 0).and_then(|found| i8::try_from(found).ok())?,
            hours: set(hour, 0, 23, &[], 0)?,
            days: set(day, 1, 31, &[], 0)?,
            months: set(month, 1, 12, &MONTHS, 1)?,
            // Sunday is 0 and 7.
            weekdays: weekdays | (weekdays >> 7 & 1),
            any_day: day.starts_with('*'),
            any_weekday: weekday.starts_with('*'),
        };
        let any_moment = Timestamp::UNIX_EPOCH;
        cron.next_after(any_moment).is_some().then_some(cron)
    }

    /// The first moment after `moment` at which the line is true.
    pub(super) fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let mut date = moment.to_zoned(TimeZone::UTC).date();
        for _ in 0..HORIZON_DAYS {
            if self.is_on(date) {
                let hours = (0..24_i8).filter(|hour| has(self.hours, *hour));
                let runs = hours.filter_map(|hour| {
                    let time = date.at(hour, self.minute, 0, 0);
                    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
                });
                if let Some(run) = runs.into_iter().find(|run| *run > moment) {
                    return Some(run);
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn is_on(&self, date: Date) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        let right_day = if self.any_day || self.any_weekday {
            day && weekday
        } else {
            day || weekday
        };
        has(self.months, date.month()) && right_day
    }
}

fn has(set: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| set >> value & 1 == 1)
}

/// A field: `*`, values, ranges and lists of them, each with an optional `/step`.
fn set(field: &str, least: u64, most: u64, names: &[&str], first: u64) -> Option<u64> {
    let mut found = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, number(step, 1, most, &[], 0)?),
            None => (part, 1),
        };
        let value = |text| number(text, least, most, names, first);
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (value(from)?, value(to)?),
            // `5/2` is every second one from 5 on.
            None if part.contains('/') => (value(range)?, most),
            None => (value(range)?, value(range)?),
        };
        if from > to {
            return None;
        }
        let mut own = from;
        while own <= to {
            found |= 1 << own;
            own += step;
        }
    }
    Some(found)
}

/// A number within bounds, or one of `names`, the first of which stands for `first`.
fn number(text: &str, least: u64, most: u64, names: &[&str], first: u64) -> Option<u64> {
    let upper = text.to_ascii_uppercase();
    if let Some(index) = names.iter().position(|name| *name == upper) {
        return Some(first + u64::try_from(index).ok()?);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u64 = text.parse().ok()?;
    (least..=most).contains(&value).then_some(value)
}
