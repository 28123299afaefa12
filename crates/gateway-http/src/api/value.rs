//! JSON values as attributes: types checked on the way in, moments and money written on the way out.
//!
//! Invariant: no value of another JSON type than the descriptor says passes; nothing is computed in floats.

use std::borrow::Cow;

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use kassa_storage::Record;
use kassa_storage::descriptor::{Attribute, AttributeSource, AttributeType};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Why a value does not fit: the published code and what was expected.
pub(crate) struct Misfit {
    pub(crate) code: &'static str,
    pub(crate) expected: &'static str,
}

/// Checks `value` for an attribute of type `ty`; `null` clears and always fits.
///
/// A moment comes back in the form in which bodies keep it. Triggers take `1` for `true` (published).
pub(crate) fn check(ty: AttributeType, value: Value, trigger: bool) -> Result<Value, Misfit> {
    let misfit = |expected| {
        Err(Misfit {
            code: "INVALID_FIELD_VALUE",
            expected,
        })
    };
    match (ty, value) {
        (_, Value::Null) => Ok(Value::Null),
        (AttributeType::String, value @ Value::String(_))
        | (AttributeType::Boolean, value @ Value::Bool(_))
        | (AttributeType::Object, value @ Value::Object(_))
        | (AttributeType::Array, value @ Value::Array(_)) => Ok(value),
        (AttributeType::Float, Value::Number(number))
            if number.as_f64().is_some_and(f64::is_finite) =>
        {
            Ok(Value::Number(number))
        }
        (AttributeType::Integer, Value::Number(number)) => match number.as_i64() {
            Some(integer) => Ok(integer.into()),
            None => misfit("a whole number of at most 64 bits"),
        },
        (AttributeType::Boolean, value) if trigger => match value.to_string().trim_matches('"') {
            "1" | "true" => Ok(Value::Bool(true)),
            "0" | "false" => Ok(Value::Bool(false)),
            _ => misfit("true or false"),
        },
        (AttributeType::Datetime, Value::String(text)) => match instant(&text) {
            Some(moment) => Ok(Value::String(iso_timestamp(moment))),
            None => Err(Misfit {
                code: "INVALID_FIELD_FORMAT",
                expected: "an ISO 8601 date and time such as 2018-01-01T12:00:00.000Z",
            }),
        },
        (AttributeType::String, _) => misfit("text"),
        (AttributeType::Integer, _) => misfit("a whole number"),
        (AttributeType::Float, _) => misfit("a number"),
        (AttributeType::Boolean, _) => misfit("true or false"),
        (AttributeType::Datetime, _) => misfit("an ISO 8601 date and time as text"),
        (AttributeType::Object, _) => misfit("an object"),
        (AttributeType::Array, _) => misfit("a list"),
    }
}

/// The moment that a client wrote: with an offset, or a date and time, or a date, both in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

/// UTC with milliseconds: `2018-01-01T12:00:00.000Z`.
pub(crate) fn iso_timestamp(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A record's attribute as it stands in documents.
pub(crate) struct Shown<'a> {
    pub(crate) attribute: &'a Attribute,
    pub(crate) record: &'a Record,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { attribute, record } = self;
        match (attribute.source, attribute.name) {
            (AttributeSource::DerivedMoney(cents), name) => {
                money(name, cents, record).serialize(serializer)
            }
            (_, "created_at") => stamp(record.created_at).serialize(serializer),
            (_, "updated_at") => stamp(record.updated_at).serialize(serializer),
            (_, name) => match record.body.get(name) {
                Some(Value::String(text)) if attribute.ty == AttributeType::Datetime => {
                    moment(text).serialize(serializer)
                }
                Some(value) if !value.is_null() => value.serialize(serializer),
                _ => absent(attribute, serializer),
            },
        }
    }
}

/// What stands for a value that the body does not have: the default, or the empty value of a type that is never
/// null in published answers.
fn absent<S: Serializer>(attribute: &Attribute, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(default) = attribute.default {
        let written: Option<&RawValue> = serde_json::from_str(default).ok();
        return written.serialize(serializer);
    }
    match attribute.ty {
        AttributeType::Array if !attribute.nullable => serializer.collect_seq(0..0),
        _ => serializer.serialize_unit(),
    }
}

fn stamp(us: i64) -> Option<String> {
    Timestamp::from_microsecond(us).ok().map(iso_timestamp)
}

fn moment(text: &str) -> Cow<'_, str> {
    // Bodies keep the shown form already; anything else was written by another version.
    if text.len() == 24 && text.ends_with('Z') {
        return text.into();
    }
    instant(text).map_or_else(|| text.into(), |moment| iso_timestamp(moment).into())
}

/// `*_float` or `formatted_*` of an amount in the record's currency; null without either.
fn money(name: &str, cents: &str, record: &Record) -> Value {
    let amount = record.integer(cents).map(MinorUnits::new);
    let currency = record
        .text("currency_code")
        .and_then(|code| Currency::parse(code).ok());
    match (amount, currency) {
        (Some(amount), Some(currency)) if name.starts_with("formatted_") => {
            currency.formatted(amount).into()
        }
        (Some(amount), Some(currency)) => Value::Number(currency.float_number(amount)),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use kassa_storage::Key;
    use serde_json::{Map, json};

    use super::*;

    fn fits(ty: AttributeType, value: Value) -> bool {
        check(ty, value, false).is_ok()
    }

    #[test]
    fn types_are_checked() {
        use AttributeType::{Array, Boolean, Datetime, Float, Integer, Object, String};
        for (ty, good, bad) in [
            (String, json!("a"), json!(1)),
            (Integer, json!(-1), json!(1.5)),
            (Integer, json!(i64::MAX), json!(u64::MAX)),
            (Integer, json!(null), json!("1")),
            (Float, json!(1.5), json!("1.5")),
            (Boolean, json!(false), json!(0)),
            (Datetime, json!("2018-01-01T12:00:00Z"), json!("noon")),
            (Object, json!({}), json!([])),
            (Array, json!([]), json!({})),
        ] {
            assert!(fits(ty, good), "{ty:?}");
            assert!(!fits(ty, bad), "{ty:?}");
        }
        assert!(check(Boolean, json!(1), true).is_ok_and(|value| value == json!(true)));
        assert!(check(Boolean, json!("0"), true).is_ok_and(|value| value == json!(false)));
        assert!(check(Boolean, json!("yes"), true).is_err());
        assert!(
            check(Datetime, json!("2018-01-01T13:00:00+01:00"), false)
                .is_ok_and(|value| value == json!("2018-01-01T12:00:00.000Z"))
        );
    }

    fn shown(attribute: &Attribute, record: &Record) -> Value {
        serde_json::to_value(Shown { attribute, record }).unwrap()
    }

    #[test]
    fn companions_of_an_amount() {
        let mut body = Map::new();
        body.insert("amount_cents".into(), 1000.into());
        let mut record = Record::root(Key::new("prices", "a"), body, 0);
        let float =
            Attribute::of("amount_float", AttributeType::Float, "r").money_of("amount_cents");
        let formatted =
            Attribute::of("formatted_amount", AttributeType::String, "r").money_of("amount_cents");
        assert_eq!(shown(&float, &record), Value::Null);
        record.body.insert("currency_code".into(), "EUR".into());
        assert_eq!(shown(&float, &record).to_string(), "10.0");
        assert_eq!(shown(&formatted, &record), json!("€10,00"));
    }
}
