//! Filters as SQL conditions.
//!
//! Invariant: a condition is true or false, never unknown: a test of an absent value fails (except the tests for
//! absence), and its negation holds. A path over a stored relationship starts from its targets and comes back
//! through the links table; a path over an inverse one starts from the records that point here.

use serde_json::Value;

use crate::descriptor::{Relationship, RelationshipSource};
use crate::query::{FieldPath, Filter, Test};
use crate::store::StoreError;

use super::value::FieldType;
use super::{Builder, Dialect, SqlValue, plain_name};

impl Builder<'_> {
    /// ` AND <filter>`, nothing when everything passes.
    pub(super) fn push_filter(
        &mut self,
        alias: &str,
        kinds: &[&str],
        filter: &Filter,
    ) -> Result<(), StoreError> {
        if *filter == Filter::Everything {
            return Ok(());
        }
        self.push(" AND ");
        self.push_condition(alias, kinds, filter)
    }

    fn push_condition(
        &mut self,
        alias: &str,
        kinds: &[&str],
        filter: &Filter,
    ) -> Result<(), StoreError> {
        match filter {
            Filter::Everything => self.push("1 = 1"),
            Filter::All(parts) => self.push_joined(alias, kinds, parts, (" AND ", "1 = 1"))?,
            Filter::Any(parts) => self.push_joined(alias, kinds, parts, (" OR ", "1 = 0"))?,
            Filter::Not(inner) => {
                self.push("(");
                self.push_condition(alias, kinds, inner)?;
                self.push(") IS NOT TRUE");
            }
            Filter::Field(path, test) => {
                self.push_path(alias, kinds, &path.through, path, test)?;
            }
        }
        Ok(())
    }

    fn push_joined(
        &mut self,
        alias: &str,
        kinds: &[&str],
        parts: &[Filter],
        (joint, empty): (&str, &str),
    ) -> Result<(), StoreError> {
        if parts.is_empty() {
            self.push(empty);
            return Ok(());
        }
        self.push("(");
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(joint);
            }
            self.push_condition(alias, kinds, part)?;
        }
        self.push(")");
        Ok(())
    }

    /// The test at the end of a path, seen from a record of `kinds`.
    fn push_path(
        &mut self,
        alias: &str,
        kinds: &[&str],
        through: &[&'static Relationship],
        path: &FieldPath,
        test: &Test,
    ) -> Result<(), StoreError> {
        let Some((relationship, rest)) = through.split_first() else {
            return self.push_field(alias, kinds, path.field, test);
        };
        let targets = relationship.to;
        match relationship.source {
            RelationshipSource::Stored => {
                self.push_link_sources(alias, kinds, relationship.name)?;
                if rest.is_empty() && path.field == "id" && is_equality(test) {
                    self.push_test("l.to_id", FieldType::Text, test)?;
                } else {
                    let target = self.alias('t');
                    self.push_row("l.to_kind", "l.to_id", targets)?;
                    self.push(&match targets {
                        [_] => format!(" IN (SELECT {target}.id"),
                        _ => format!(" IN (SELECT {target}.kind, {target}.id"),
                    });
                    self.push(&format!(" FROM records {target} WHERE "));
                    self.push_visible(&target, targets)?;
                    self.push(" AND ");
                    self.push_path(&target, targets, rest, path, test)?;
                    self.push(")");
                }
            }
            RelationshipSource::Inverse { via } => {
                let pointing = self.alias('p');
                self.push_pointed_at(alias, kinds, &pointing, (targets, via))?;
                self.push_path(&pointing, targets, rest, path, test)?;
            }
            RelationshipSource::Computed => {
                return Err(StoreError::UnknownField(relationship.name.to_owned()));
            }
        }
        self.push(")");
        Ok(())
    }

    /// `<kind> = '..' AND <id>` for one type, `(<kind>, <id>)` for several: the left side of an `IN`.
    fn push_row(&mut self, kind: &str, id: &str, kinds: &[&str]) -> Result<(), StoreError> {
        if let [_] = kinds {
            self.push_kinds(kind, kinds)?;
            self.push(&format!(" AND {id}"));
        } else {
            self.push(&format!("({kind}, {id})"));
        }
        Ok(())
    }

    /// `<record> IN (SELECT ... FROM links l WHERE ... AND `: the records of `kinds` that hold the link `name`.
    /// The caller goes on with a condition on `l` and closes the bracket.
    pub(super) fn push_link_sources(
        &mut self,
        alias: &str,
        kinds: &[&str],
        name: &str,
    ) -> Result<(), StoreError> {
        let name = plain_name(name)?;
        self.push(&match kinds {
            [_] => format!("{alias}.id IN (SELECT l.from_id"),
            _ => format!("({alias}.kind, {alias}.id) IN (SELECT l.from_kind, l.from_id"),
        });
        self.push(" FROM links l WHERE l.realm = ");
        self.bind_text(self.scope.realm.as_str());
        self.push(&format!(" AND l.name = '{name}' AND "));
        self.push_kinds("l.from_kind", kinds)?;
        self.push(" AND ");
        Ok(())
    }

    /// `<alias>.id IN (SELECT <what via holds> FROM records <pointing> WHERE ... AND `: the records that are pointed
    /// at. The caller goes on with a condition on `pointing` and closes the bracket.
    fn push_pointed_at(
        &mut self,
        alias: &str,
        kinds: &[&str],
        pointing: &str,
        (sources, via): (&[&'static str], &str),
    ) -> Result<(), StoreError> {
        let stored = sources
            .iter()
            .filter_map(|kind| self.registry.find(kind)?.relationship(via))
            .next()
            .ok_or_else(|| StoreError::UnknownField(via.to_owned()))?;
        let via = plain_name(via)?;
        if stored.many {
            let each = match self.dialect {
                Dialect::Sqlite => format!("json_each({pointing}.body, '$.{via}_ids') held"),
                Dialect::Postgres => {
                    format!(
                        "jsonb_array_elements_text({pointing}.body->'{via}_ids') AS held(value)"
                    )
                }
            };
            self.push(&format!(
                "{alias}.id IN (SELECT held.value FROM records {pointing}, {each} WHERE "
            ));
        } else {
            let held = self.json_text(pointing, &format!("{via}_id"));
            self.push(&format!(
                "{alias}.id IN (SELECT {held} FROM records {pointing} WHERE "
            ));
        }
        self.push_visible(pointing, sources)?;
        if stored.to.len() > 1 {
            let held_kind = self.json_text(pointing, &format!("{via}_type"));
            self.push(" AND ");
            self.push_kinds(&held_kind, kinds)?;
        }
        self.push(" AND ");
        Ok(())
    }

    fn push_field(
        &mut self,
        alias: &str,
        kinds: &[&str],
        name: &'static str,
        test: &Test,
    ) -> Result<(), StoreError> {
        if let (Some(relationship), true) = (stored_to_one(self, kinds, name), is_equality(test)) {
            self.push_link_sources(alias, kinds, relationship.name)?;
            self.push_test("l.to_id", FieldType::Text, test)?;
            self.push(")");
            return Ok(());
        }
        let (expression, ty) = field(self, alias, kinds, name)?;
        if let Test::JsonContains(value) = test {
            let found = self.push_contains(alias, name, value);
            return found;
        }
        self.push_test(&expression, ty, test)
    }

    fn push_test(&mut self, field: &str, ty: FieldType, test: &Test) -> Result<(), StoreError> {
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

    /// An attribute of the body as text or number, by its type.
    fn json_field(&self, alias: &str, name: &str, ty: FieldType) -> String {
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

    fn json_text(&self, alias: &str, name: &str) -> String {
        self.json_field(alias, name, FieldType::Text)
    }
}

/// A pattern with more wildcards than this can keep the engine busy for too long on one row.
const WILDCARDS_MAX: usize = 8;

/// A field of a record of `kinds` as an expression, with its type.
pub(super) fn field(
    sql: &Builder<'_>,
    alias: &str,
    kinds: &[&str],
    name: &'static str,
) -> Result<(String, FieldType), StoreError> {
    match name {
        "id" => return Ok((format!("{alias}.id"), FieldType::Text)),
        "created_at" | "updated_at" => {
            return Ok((format!("{alias}.{name}"), FieldType::Microseconds));
        }
        _ => {}
    }
    let attribute = kinds
        .iter()
        .filter_map(|kind| sql.registry.find(kind)?.attribute(name))
        .next();
    if let Some(attribute) = attribute {
        let ty = FieldType::from(attribute.ty);
        return Ok((sql.json_field(alias, plain_name(name)?, ty), ty));
    }
    if stored_to_one(sql, kinds, name).is_some() {
        return Ok((sql.json_text(alias, plain_name(name)?), FieldType::Text));
    }
    Err(StoreError::UnknownField(name.to_owned()))
}

/// The stored to-one relationship whose id the field `<relationship>_id` holds.
fn stored_to_one(sql: &Builder<'_>, kinds: &[&str], name: &str) -> Option<&'static Relationship> {
    let relationship = name.strip_suffix("_id")?;
    kinds
        .iter()
        .filter_map(|kind| sql.registry.find(kind)?.relationship(relationship))
        .find(|found| !found.many && found.source == RelationshipSource::Stored)
}

/// Whether a test can be answered from the links table alone.
fn is_equality(test: &Test) -> bool {
    match test {
        Test::Eq(value) => !value.is_null(),
        Test::In(_) => true,
        _ => false,
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
