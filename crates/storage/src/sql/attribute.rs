//! What an attribute is worth as an expression: a member of the body, a counter, or a count.
//!
//! Invariant: an expression says what documents show, so an absent value is its default here too. Nothing is bound:
//! an expression may stand in the text twice, or not at all.

use serde_json::Value;

use crate::descriptor::{Attribute, AttributeSource, Counted};
use crate::store::StoreError;

use super::value::FieldType;
use super::{Builder, Dialect, plain_name};

impl Builder<'_> {
    /// An attribute of the body as text or number, by its type.
    pub(super) fn json_field(&self, alias: &str, name: &str, ty: FieldType) -> String {
        match (self.dialect, ty) {
            (Dialect::Sqlite, _) => format!("json_extract({alias}.body, '$.{name}')"),
            (Dialect::Postgres, FieldType::Integer) => {
                format!("CAST({alias}.body->>'{name}' AS BIGINT)")
            }
            (Dialect::Postgres, FieldType::Decimal) => {
                format!("CAST({alias}.body->>'{name}' AS NUMERIC)")
            }
            (Dialect::Postgres, FieldType::Boolean) => {
                format!("CAST({alias}.body->>'{name}' AS BOOLEAN)")
            }
            (Dialect::Postgres, _) => format!("({alias}.body->>'{name}')"),
        }
    }

    /// The sum of the counters named by `prefixes` and the record's id.
    fn counters(alias: &str, prefixes: &[&str]) -> Result<String, StoreError> {
        let counters: Result<Vec<String>, StoreError> = prefixes
            .iter()
            .map(|prefix| Self::counter(alias, prefix))
            .collect();
        Ok(format!("({})", counters?.join(" + ")))
    }

    /// The counter named by `prefix` and the record's id.
    fn counter(alias: &str, prefix: &str) -> Result<String, StoreError> {
        let plain = prefix.strip_suffix(':').unwrap_or(prefix);
        plain_name(plain)?;
        Ok(format!(
            "COALESCE((SELECT n.value FROM counters n WHERE n.realm = {alias}.realm \
             AND n.name = '{prefix}' || {alias}.id), 0)"
        ))
    }

    /// How many records point here.
    fn count(&self, alias: &str, counted: Counted) -> Result<String, StoreError> {
        let Counted { kind, via, with } = counted;
        let held = self.json_field("m", plain_name(with)?, FieldType::Text);
        Ok(format!(
            "(SELECT COUNT(*) FROM links n JOIN records m ON m.realm = n.realm AND m.kind = n.from_kind \
             AND m.id = n.from_id WHERE n.realm = {alias}.realm AND n.from_kind = '{}' AND n.name = '{}' \
             AND n.to_id = {alias}.id AND n.to_kind = {alias}.kind AND {held} IS NOT NULL)",
            plain_name(kind)?,
            plain_name(via)?,
        ))
    }
}

/// `attribute` of the record `alias`.
pub(super) fn value(
    sql: &Builder<'_>,
    alias: &str,
    attribute: &Attribute,
) -> Result<String, StoreError> {
    match attribute.source {
        AttributeSource::Counter(prefix) => return Builder::counter(alias, prefix),
        AttributeSource::Counters(prefixes) => return Builder::counters(alias, prefixes),
        AttributeSource::Count(counted) => return sql.count(alias, counted),
        AttributeSource::Reached { counter, limit } => {
            let counted = Builder::counter(alias, counter)?;
            let limit = sql.json_field(alias, plain_name(limit)?, FieldType::Integer);
            return Ok(format!("COALESCE({counted} >= {limit}, FALSE)"));
        }
        AttributeSource::Stored | AttributeSource::DerivedMoney(_) | AttributeSource::Computed => {}
    }
    let ty = FieldType::from(attribute.ty);
    let held = sql.json_field(alias, plain_name(attribute.name)?, ty);
    Ok(match attribute.default.and_then(|json| literal(ty, json)) {
        Some(default) => format!("COALESCE({held}, {default})"),
        None => held,
    })
}

/// A descriptor's default as SQL; `None` for one that does not fit its type.
fn literal(ty: FieldType, json: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    match (ty, &value) {
        (FieldType::Boolean, Value::Bool(true)) => Some("TRUE".to_owned()),
        (FieldType::Boolean, Value::Bool(false)) => Some("FALSE".to_owned()),
        (FieldType::Integer, Value::Number(number)) => number.as_i64().map(|it| it.to_string()),
        (FieldType::Decimal, Value::Number(number)) => Some(number.to_string()),
        // Published as text, meant as a number.
        (FieldType::Decimal, Value::String(text)) => {
            let number: serde_json::Number = serde_json::from_str(text).ok()?;
            Some(number.to_string())
        }
        (FieldType::Text | FieldType::Datetime, Value::String(text)) => Some(quoted(text)),
        (FieldType::Object, Value::Object(_)) | (FieldType::Array, Value::Array(_)) => {
            Some(quoted(&value.to_string()))
        }
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_counters_are_summed() {
        let sum = Builder::counters("r", &["stock:", "reserved:"]).unwrap();
        let (one, other) = (
            Builder::counter("r", "stock:"),
            Builder::counter("r", "reserved:"),
        );
        assert_eq!(sum, format!("({} + {})", one.unwrap(), other.unwrap()));
    }

    #[test]
    fn defaults_are_written_by_type() {
        for (ty, json, written) in [
            (FieldType::Boolean, "false", Some("FALSE")),
            (FieldType::Integer, "0", Some("0")),
            (FieldType::Decimal, r#""0.0""#, Some("0.0")),
            (FieldType::Decimal, r#""1); DROP""#, None),
            (FieldType::Text, r#""it's""#, Some("'it''s'")),
            (FieldType::Object, "{}", Some("'{}'")),
            (FieldType::Integer, "true", None),
            (FieldType::Text, "null", None),
        ] {
            assert_eq!(literal(ty, json).as_deref(), written, "{json}");
        }
    }
}
