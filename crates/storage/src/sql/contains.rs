//! JSON containment: PostgreSQL's `@>`, spelled out leaf by leaf for SQLite.
//!
//! Invariant: an object is contained when each of its keys is, an array when each of its items is contained in some
//! item, a scalar when type and value are equal; keys come from users and are bound, never written into the text.

use serde_json::{Map, Value};

use crate::store::StoreError;

use super::condition::attribute_of;
use super::{Builder, Dialect, plain_name};

impl Builder<'_> {
    /// Whether the attribute `name` contains `value`.
    pub(super) fn push_contains(
        &mut self,
        alias: &str,
        kinds: &[&str],
        name: &str,
        value: &Value,
    ) -> Result<(), StoreError> {
        let name = plain_name(name)?;
        let default = attribute_of(self, kinds, name).and_then(|attribute| attribute.default);
        if default == Some("{}") && value.as_object().is_some_and(Map::is_empty) {
            // Never absent, and every object contains the empty one.
            self.push("1 = 1");
            return Ok(());
        }
        match self.dialect {
            Dialect::Postgres => {
                self.push(&format!("({alias}.body->'{name}') @> CAST(CAST("));
                self.bind_text(&value.to_string());
                self.push(" AS TEXT) AS JSONB)");
            }
            Dialect::Sqlite => {
                self.push_contained(&format!("{alias}.body"), &format!("$.{name}"), value);
            }
        }
        Ok(())
    }

    fn push_contained(&mut self, source: &str, path: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                self.push("(");
                self.push_json_type(source, path, "= 'object'");
                for (key, value) in members {
                    self.push(" AND ");
                    let key = Value::String(key.clone());
                    self.push_contained(source, &format!("{path}.{key}"), value);
                }
                self.push(")");
            }
            Value::Array(items) => {
                self.push("(");
                self.push_json_type(source, path, "= 'array'");
                for item in items {
                    self.push(" AND ");
                    self.push_some_item(source, path, item);
                }
                self.push(")");
            }
            Value::String(text) => {
                self.push("(");
                self.push_json_type(source, path, "= 'text'");
                self.push(&format!(" AND json_extract({source}, "));
                self.bind_text(path);
                self.push(") = ");
                self.bind_text(text);
                self.push(")");
            }
            Value::Number(number) => {
                self.push("(");
                self.push_json_type(source, path, "IN ('integer', 'real')");
                self.push(&format!(" AND json_extract({source}, "));
                self.bind_text(path);
                self.push(") = CAST(");
                self.bind_text(&number.to_string());
                self.push(" AS NUMERIC))");
            }
            Value::Bool(true) => self.push_json_type(source, path, "= 'true'"),
            Value::Bool(false) => self.push_json_type(source, path, "= 'false'"),
            Value::Null => self.push_json_type(source, path, "= 'null'"),
        }
    }

    fn push_json_type(&mut self, source: &str, path: &str, test: &str) {
        self.push(&format!("json_type({source}, "));
        self.bind_text(path);
        self.push(&format!(") {test}"));
    }

    fn push_some_item(&mut self, source: &str, path: &str, item: &Value) {
        let each = self.alias('e');
        self.push(&format!("EXISTS (SELECT 1 FROM json_each({source}, "));
        self.bind_text(path);
        self.push(&format!(") {each} WHERE "));
        match item {
            Value::Object(_) | Value::Array(_) => {
                // Only containers have JSON text as their value; on a scalar the functions would fail.
                self.push(&format!(
                    "{each}.type IN ('object', 'array') AND CASE WHEN {each}.type IN ('object', 'array') THEN "
                ));
                self.push_contained(&format!("{each}.value"), "$", item);
                self.push(" ELSE 1 = 0 END");
            }
            Value::String(text) => {
                self.push(&format!("{each}.type = 'text' AND {each}.atom = "));
                self.bind_text(text);
            }
            Value::Number(number) => {
                self.push(&format!(
                    "{each}.type IN ('integer', 'real') AND {each}.atom = CAST("
                ));
                self.bind_text(&number.to_string());
                self.push(" AS NUMERIC)");
            }
            Value::Bool(fact) => self.push(&format!("{each}.type = '{fact}'")),
            Value::Null => self.push(&format!("{each}.type = 'null'")),
        }
        self.push(")");
    }
}
