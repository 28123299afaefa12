//! What was chosen for a world, in as few bytes as it takes while nobody calls the world.
//!
//! Invariant: what comes out is what went in. The form lives in memory only and may change with every build; the
//! catalogue's file has one of its own.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::known::{Beginning, DEFAULT_NAME};
use crate::world::{Settings, WorldClock};

/// Names and beginning of one world.
#[derive(Debug)]
pub(super) struct Packed(Box<[u8]>);

// What follows the user name, in this order.
const NAME: u8 = 1;
const SEED: u8 = 2;
const OFFSET: u8 = 4;
const FROZEN: u8 = 8;
/// The moment at which the clock stands is a whole second.
const WHOLE: u8 = 16;
const SETTINGS: u8 = 32;

// The value of a switch.
const FALSE: u8 = 0;
const TRUE: u8 = 1;
const JSON: u8 = 2;

impl Packed {
    pub(super) fn new(username: &str, name: &str, beginning: &Beginning) -> Self {
        let Beginning {
            seed,
            clock,
            settings,
        } = beginning;
        let mut bytes = vec![0];
        put_text(&mut bytes, username);
        let mut flags = 0;
        if name != DEFAULT_NAME {
            flags |= NAME;
            put_text(&mut bytes, name);
        }
        if let Some(seed) = seed {
            flags |= SEED;
            bytes.extend(seed.to_le_bytes());
        }
        if clock.offset_us != 0 {
            flags |= OFFSET;
            put_number(&mut bytes, zigzag(clock.offset_us));
        }
        if let Some(at) = clock.frozen_at {
            flags |= FROZEN;
            put_number(&mut bytes, zigzag(at.as_second()));
            match at.subsec_nanosecond() {
                0 => flags |= WHOLE,
                part => bytes.extend(part.to_le_bytes()),
            }
        }
        if let Some(settings) = settings {
            flags |= SETTINGS;
            put_difference(&mut bytes, settings);
        }
        bytes[0] = flags;
        // A copy of just this size: cutting off what is too much would leave crumbs that nobody can use.
        Self(bytes.as_slice().into())
    }

    pub(super) fn username(&self) -> &str {
        self.reader().text()
    }

    pub(super) fn name(&self) -> &str {
        self.name_and_rest().0
    }

    fn has(&self, flag: u8) -> bool {
        self.0.first().is_some_and(|flags| flags & flag != 0)
    }

    fn name_and_rest(&self) -> (&str, Reader<'_>) {
        let mut reader = self.reader();
        reader.text();
        let name = match self.has(NAME) {
            true => reader.text(),
            false => DEFAULT_NAME,
        };
        (name, reader)
    }

    pub(super) fn beginning(&self) -> Beginning {
        let (_, mut reader) = self.name_and_rest();
        let has = |flag| self.has(flag);
        let seed = has(SEED).then(|| u64::from_le_bytes(reader.array()));
        let mut clock = WorldClock::default();
        if has(OFFSET) {
            clock.offset_us = zagzig(reader.number());
        }
        if has(FROZEN) {
            let second = zagzig(reader.number());
            let nanosecond = match has(WHOLE) {
                true => 0,
                false => i32::from_le_bytes(reader.array()),
            };
            clock.frozen_at = Timestamp::new(second, nanosecond).ok();
        }
        let settings = has(SETTINGS).then(|| Box::new(with_difference(reader)));
        Beginning {
            seed,
            clock,
            settings,
        }
    }

    fn reader(&self) -> Reader<'_> {
        Reader(self.0.get(1..).unwrap_or_default())
    }
}

/// The switches that are not as they are by default: the place of each in the list of switches, then its value.
fn put_difference(bytes: &mut Vec<u8>, settings: &Settings) {
    let (members, default) = (members(settings), members(&Settings::default()));
    let places = members.values().zip(default.values()).zip(0..);
    for ((value, default), place) in places {
        if value == default {
            continue;
        }
        put_number(bytes, place);
        match value {
            Value::Bool(false) => bytes.push(FALSE),
            Value::Bool(true) => bytes.push(TRUE),
            other => {
                bytes.push(JSON);
                put_text(bytes, &other.to_string());
            }
        }
    }
}

/// The switches that [`put_difference`] tells of.
fn with_difference(mut reader: Reader<'_>) -> Settings {
    let mut members = members(&Settings::default());
    while !reader.0.is_empty() {
        let place = usize::try_from(reader.number()).ok();
        let value = match reader.array() {
            [FALSE] => false.into(),
            [TRUE] => true.into(),
            _ => serde_json::from_str(reader.text()).unwrap_or_default(),
        };
        if let Some(member) = place.and_then(|place| members.values_mut().nth(place)) {
            *member = value;
        }
    }
    serde_json::from_value(members.into()).unwrap_or_default()
}

fn members(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// A text with its length before it.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

/// A number, seven bits a byte, the lowest first.
fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(low_bits(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low_bits(number));
}

fn low_bits(number: u64) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or_default()
}

/// Numbers near zero, whatever their sign, become small ones.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// Undoes [`zigzag`].
fn zagzig(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or_default();
        self.0 = rest;
        taken
    }

    fn array<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        self.take(LENGTH).try_into().unwrap_or([0; LENGTH])
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let [byte] = self.array();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift >= u64::BITS {
                return number;
            }
        }
    }

    fn text(&mut self) -> &'a str {
        let length = usize::try_from(self.number()).unwrap_or_default();
        // It was text when it came.
        str::from_utf8(self.take(length)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginnings() -> Vec<Beginning> {
        let clock = |offset_us, frozen_at: Option<&str>| WorldClock {
            offset_us,
            frozen_at: frozen_at.map(|at| at.parse().unwrap()),
        };
        let switched = Settings {
            rate_limits: true,
            categories: vec!["pay_later".to_owned()],
            ..Settings::default()
        };
        let with = |seed, clock, settings: Option<Settings>| Beginning {
            seed,
            clock,
            settings: settings.map(Box::new),
        };
        vec![
            Beginning::default(),
            with(Some(u64::MAX), WorldClock::default(), None),
            with(Some(0), clock(-1, None), Some(Settings::default())),
            with(
                None,
                clock(i64::MIN, Some("1913-02-01T00:00:00.123456789Z")),
                None,
            ),
            with(None, clock(i64::MAX, Some("1913-02-01T00:00:00Z")), None),
            with(
                Some(7),
                clock(0, Some("2026-01-01T00:00:00Z")),
                Some(switched),
            ),
        ]
    }

    #[test]
    fn what_comes_out_is_what_went_in() {
        let long = "Bäckerei ".repeat(100);
        for beginning in beginnings() {
            for (username, name) in [("K_abcdefghijkl", DEFAULT_NAME), ("", ""), ("one", &long)] {
                let packed = Packed::new(username, name, &beginning);
                assert_eq!((packed.username(), packed.name()), (username, name));
                assert_eq!(packed.beginning(), beginning);
            }
        }
    }

    #[test]
    fn everything_together_takes_no_more_than_56_bytes() {
        let clock = WorldClock {
            offset_us: -40_000_000_000_000,
            frozen_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        };
        let settings = Settings {
            rate_limits: true,
            ..Settings::default()
        };
        let beginning = Beginning {
            seed: Some(u64::MAX),
            clock,
            settings: Some(Box::new(settings)),
        };
        let packed = Packed::new("K_abcdefghijkl", "Stoneware & Sons", &beginning);
        assert!(packed.0.len() <= 56, "{}", packed.0.len());
    }
}
