//! One test of one expression.
//!
//! Invariant: values are converted to the expression's type before they are bound; LIKE ignores the case of ASCII
//! letters on both engines.

use serde_json::Value;

use crate::query::Test;
use crate::store::StoreError;

use super::value::FieldType;
use super::{Builder, Dialect, SqlValue};

/// A pattern with more wildcards than this can keep the engine busy for too long on one row.
const WILDCARDS_MAX: usize = 8;

impl Builder<'_> {
    /// The test `test` of the expression `field`, which is of type `ty`.
    pub(super) fn push_test(
        &mut self,
        field: &str,
        ty: FieldType,
        test: &Test,
    ) -> Result<(), StoreError> {
        match test {
            Test::Eq(Value::Null) | Test::Null => self.push(&format!("{field} IS NULL")),
            Test::Blank => self.push_blank(field, ty),
            Test::Eq(value) => self.push_comparison(field, ty, "=", value),
            Test::Lt(value) => self.push_comparison(field, ty, "<", value),
            Test::Lteq(value) => self.push_comparison(field, ty, "<=", value),
            Test::Gt(value) => self.push_comparison(field, ty, ">", value),
            Test::Gteq(value) => self.push_comparison(field, ty, ">=", value),
            Test::In(values) => self.push_in(field, ty, values),
            Test::Matches(pattern) => {
                if pattern.matches('%').count() > WILDCARDS_MAX {
                    return Err(StoreError::TooBroad);
                }
                self.push_like(field, ty, pattern, "");
            }
            Test::Start(text) => self.push_like(field, ty, &format!("{}%", escaped(text)), "\\"),
            Test::End(text) => self.push_like(field, ty, &format!("%{}", escaped(text)), "\\"),
            Test::Contains(text) => {
                self.push_like(field, ty, &format!("%{}%", escaped(text)), "\\");
            }
            Test::JsonContains(_) => return Err(StoreError::UnknownField(field.to_owned())),
        }
        Ok(())
    }

    fn push_blank(&mut self, field: &str, ty: FieldType) {
        let empty = match ty {
            FieldType::Text | FieldType::Datetime => "''",
            FieldType::Object => "'{}'",
            FieldType::Array => "'[]'",
            _ => return self.push(&format!("{field} IS NULL")),
        };
        self.push(&format!("({field} IS NULL OR {field} = {empty})"));
    }

    fn push_comparison(&mut self, field: &str, ty: FieldType, operator: &str, value: &Value) {
        let Some(value) = ty.convert(value) else {
            return self.push("1 = 0");
        };
        self.push(&format!("{field} {operator} "));
        match (ty, self.dialect) {
            (FieldType::Decimal, Dialect::Sqlite) => {
                self.push("CAST(");
                self.bind(value);
                self.push(" AS NUMERIC)");
            }
            (FieldType::Decimal, Dialect::Postgres) => {
                self.push("CAST(CAST(");
                self.bind(value);
                self.push(" AS TEXT) AS NUMERIC)");
            }
            _ => self.bind(value),
        }
    }

    fn push_in(&mut self, field: &str, ty: FieldType, values: &[Value]) {
        if matches!(ty, FieldType::Boolean | FieldType::Decimal) {
            self.push("(1 = 0");
            for value in values {
                self.push(" OR ");
                self.push_comparison(field, ty, "=", value);
            }
            return self.push(")");
        }
        let (mut texts, mut integers) = (Vec::new(), Vec::new());
        for value in values.iter().filter_map(|value| ty.convert(value)) {
            match value {
                SqlValue::Text(text) => texts.push(text),
                SqlValue::Integer(number) => integers.push(number),
                _ => {}
            }
        }
        let list = if matches!(ty, FieldType::Integer | FieldType::Microseconds) {
            SqlValue::Integers(integers)
        } else {
            SqlValue::Texts(texts)
        };
        self.push_in_list(field, list);
    }

    /// LIKE without regard to ASCII case, which is what SQLite's does by itself.
    fn push_like(&mut self, field: &str, ty: FieldType, pattern: &str, escape: &str) {
        match self.dialect {
            Dialect::Sqlite => {
                self.push(&format!("{field} LIKE "));
                self.bind_text(pattern);
                if !escape.is_empty() {
                    self.push(&format!(" ESCAPE '{escape}'"));
                }
            }
            Dialect::Postgres => {
                let text = match ty {
                    FieldType::Text | FieldType::Datetime => field.to_owned(),
                    _ => format!("CAST({field} AS TEXT)"),
                };
                self.push(&format!("LOWER({text}) LIKE "));
                self.bind_text(&pattern.to_ascii_lowercase());
                self.push(&format!(" ESCAPE '{escape}'"));
            }
        }
    }
}

/// `text` with LIKE's own characters escaped.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
