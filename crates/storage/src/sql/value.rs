//! Values on their way into a statement, and the types of the columns they are compared with.
//!
//! Invariant: a value is converted to its column's type before it is bound; what cannot be converted matches no
//! row. Decimal numbers travel as text and become numbers inside the database.

use jiff::Timestamp;
use serde_json::Value;

use crate::descriptor::AttributeType;

/// A bound value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlValue {
    /// TEXT.
    Text(String),
    /// BIGINT.
    Integer(i64),
    /// BOOLEAN.
    Boolean(bool),
    /// A list of TEXT: a JSON array on SQLite, an array on PostgreSQL.
    Texts(Vec<String>),
    /// A list of BIGINT, likewise.
    Integers(Vec<i64>),
}

/// The type of a field in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldType {
    /// Text compared by bytes.
    Text,
    /// Whole number.
    Integer,
    /// Decimal number.
    Decimal,
    /// True or false.
    Boolean,
    /// A column of epoch microseconds.
    Microseconds,
    /// An attribute of ISO 8601 text in UTC with milliseconds.
    Datetime,
    /// JSON object.
    Object,
    /// JSON array.
    Array,
}

impl From<AttributeType> for FieldType {
    fn from(ty: AttributeType) -> Self {
        match ty {
            AttributeType::String => Self::Text,
            AttributeType::Integer => Self::Integer,
            AttributeType::Float => Self::Decimal,
            AttributeType::Boolean => Self::Boolean,
            AttributeType::Datetime => Self::Datetime,
            AttributeType::Object => Self::Object,
            AttributeType::Array => Self::Array,
        }
    }
}

impl FieldType {
    /// `value` as something that can be compared with a field of this type.
    pub(super) fn convert(self, value: &Value) -> Option<SqlValue> {
        match self {
            Self::Text => match value {
                Value::String(text) => Some(SqlValue::Text(text.clone())),
                Value::Number(number) => Some(SqlValue::Text(number.to_string())),
                Value::Bool(fact) => Some(SqlValue::Text(fact.to_string())),
                _ => None,
            },
            Self::Integer => integer(value).map(SqlValue::Integer),
            Self::Decimal => decimal(value).map(SqlValue::Text),
            Self::Boolean => match value {
                Value::Bool(fact) => Some(SqlValue::Boolean(*fact)),
                Value::String(text) => text.parse().ok().map(SqlValue::Boolean),
                _ => None,
            },
            Self::Microseconds => match value {
                Value::String(text) => {
                    instant(text).map(|instant| SqlValue::Integer(instant.as_microsecond()))
                }
                _ => integer(value).map(SqlValue::Integer),
            },
            Self::Datetime => value.as_str().map(|text| {
                SqlValue::Text(instant(text).map_or_else(|| text.to_owned(), canonical))
            }),
            Self::Object | Self::Array => match value {
                Value::String(text) => Some(SqlValue::Text(text.clone())),
                Value::Object(_) | Value::Array(_) => Some(SqlValue::Text(value.to_string())),
                _ => None,
            },
        }
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The number's digits, if it is one.
fn decimal(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The instant that a user wrote: with an offset, or a date and time, or a date, both of them in UTC.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    civil
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// The form in which bodies keep instants.
fn canonical(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_take_the_type_of_their_field() {
        let text = |text: &str| Some(SqlValue::Text(text.into()));
        assert_eq!(
            FieldType::Integer.convert(&json!("12")),
            Some(SqlValue::Integer(12))
        );
        assert_eq!(FieldType::Integer.convert(&json!("twelve")), None);
        assert_eq!(FieldType::Decimal.convert(&json!("0.22")), text("0.22"));
        assert_eq!(FieldType::Decimal.convert(&json!("0.22; x")), None);
        assert_eq!(
            FieldType::Boolean.convert(&json!("true")),
            Some(SqlValue::Boolean(true))
        );
        assert_eq!(FieldType::Text.convert(&json!(5)), text("5"));
        for written in [
            "2018-01-01",
            "2018-01-01T00:00:00Z",
            "2018-01-01T01:00:00+01:00",
        ] {
            assert_eq!(
                FieldType::Datetime.convert(&json!(written)),
                text("2018-01-01T00:00:00.000Z")
            );
            assert_eq!(
                FieldType::Microseconds.convert(&json!(written)),
                Some(SqlValue::Integer(1_514_764_800_000_000))
            );
        }
    }
}
