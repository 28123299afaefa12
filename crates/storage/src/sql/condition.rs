//! Filters as SQL conditions.
//!
//! Invariant: a condition is true or false, never unknown: a test of an absent value fails (except the tests for
//! absence), and its negation holds. A path over a stored relationship starts from its targets and comes back
//! through the links table; a path over an inverse one starts from the records that point here.

use crate::descriptor::{Attribute, Crossing, Relationship, RelationshipSource};
use crate::links::{has_index, index_prefix};
use crate::query::{FieldPath, Filter, Test};
use crate::store::StoreError;

use super::attribute;
use super::value::FieldType;
use super::{Builder, Dialect, SqlValue, plain_name};

/// What must hold at the end of a relationship.
#[derive(Clone, Copy)]
enum Beyond<'a> {
    /// A test at the end of the rest of a path.
    Path(&'a [&'static Relationship], &'a FieldPath, &'a Test),
    /// A condition on the record that is reached.
    Filter(&'a Filter),
    /// What must hold at the end of one more relationship.
    Across(&'static Relationship, &'a Beyond<'a>),
}

impl Beyond<'_> {
    /// The test that the link itself answers, because it asks for the id of what is reached.
    fn of_link(&self) -> Option<&Test> {
        match self {
            Self::Path([], path, test) if path.field == "id" && is_equality(test) => Some(test),
            _ => None,
        }
    }
}

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
            Filter::Across(relationship, condition) => {
                self.push_across(alias, kinds, relationship, Beyond::Filter(condition))?;
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
        self.push_across(alias, kinds, relationship, Beyond::Path(rest, path, test))
    }

    /// Whether a relationship leads from a record of `kinds` to one where `beyond` holds.
    fn push_across(
        &mut self,
        alias: &str,
        kinds: &[&str],
        relationship: &'static Relationship,
        beyond: Beyond<'_>,
    ) -> Result<(), StoreError> {
        let concrete = self.concrete(relationship.to);
        let targets = concrete.as_slice();
        match (relationship.source, relationship.crossed) {
            (RelationshipSource::Stored, _) => {
                self.push_link_sources(alias, kinds, relationship.name)?;
                self.push_targets(targets, beyond)?;
            }
            (RelationshipSource::Inverse { via }, _) => {
                let pointing = self.alias('p');
                self.push_pointed_at(alias, kinds, &pointing, (targets, via))?;
                self.push_beyond(&pointing, targets, beyond)?;
            }
            (RelationshipSource::Computed, Some(Crossing::Of(stored))) => {
                self.push_link_sources(alias, kinds, stored)?;
                self.push_kinds("l.to_kind", targets)?;
                self.push(" AND ");
                self.push_targets(targets, beyond)?;
            }
            (RelationshipSource::Computed, Some(Crossing::Over(first, second))) => {
                let first = relationship_of(self, kinds, first)?;
                let second = relationship_of(self, &self.concrete(first.to), second)?;
                return self.push_across(alias, kinds, first, Beyond::Across(second, &beyond));
            }
            (RelationshipSource::Computed, None) => {
                return Err(StoreError::UnknownField(relationship.name.to_owned()));
            }
        }
        self.push(")");
        Ok(())
    }

    /// The types that rows of `kinds` are stored under: the concrete ones of an abstract type.
    fn concrete(&self, kinds: &[&'static str]) -> Vec<&'static str> {
        let stored = |kind: &&'static str| match self.registry.find(kind) {
            Some(found) if !found.concrete.is_empty() => found.concrete.to_vec(),
            _ => vec![*kind],
        };
        kinds.iter().flat_map(stored).collect()
    }

    /// What must hold of the target of the link `l`.
    fn push_targets(
        &mut self,
        targets: &[&'static str],
        beyond: Beyond<'_>,
    ) -> Result<(), StoreError> {
        if let Some(test) = beyond.of_link() {
            return self.push_test("l.to_id", FieldType::Text, test);
        }
        let target = self.alias('t');
        self.push_row("l.to_kind", "l.to_id", targets)?;
        self.push(&match targets {
            [_] => format!(" IN (SELECT {target}.id"),
            _ => format!(" IN (SELECT {target}.kind, {target}.id"),
        });
        self.push(&format!(" FROM records {target} WHERE "));
        self.push_visible(&target, targets)?;
        self.push(" AND ");
        self.push_beyond(&target, targets, beyond)?;
        self.push(")");
        Ok(())
    }

    fn push_beyond(
        &mut self,
        alias: &str,
        kinds: &[&str],
        beyond: Beyond<'_>,
    ) -> Result<(), StoreError> {
        match beyond {
            Beyond::Path(rest, path, test) => self.push_path(alias, kinds, rest, path, test),
            Beyond::Filter(condition) => self.push_condition(alias, kinds, condition),
            Beyond::Across(relationship, beyond) => {
                self.push_across(alias, kinds, relationship, *beyond)
            }
        }
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
    /// The caller goes on with a condition on `l` and closes the bracket. The first one of a condition that is to be
    /// checked row by row looks the record's own links up instead.
    pub(super) fn push_link_sources(
        &mut self,
        alias: &str,
        kinds: &[&str],
        name: &str,
    ) -> Result<(), StoreError> {
        let name = plain_name(name)?;
        let checked = std::mem::take(&mut self.checked);
        self.push(&match kinds {
            _ if checked => "0 < (SELECT COUNT(*)".to_owned(),
            [_] => format!("{alias}.id IN (SELECT l.from_id"),
            _ => format!("({alias}.kind, {alias}.id) IN (SELECT l.from_kind, l.from_id"),
        });
        self.push(" FROM links l WHERE l.realm = ");
        self.bind_text(self.scope.realm.as_str());
        if checked {
            self.push(&format!(
                " AND l.from_kind = {alias}.kind AND l.from_id = {alias}.id"
            ));
        }
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
            return self.push_contains(alias, kinds, name, value);
        }
        if !is_equality(test) || !is_indexed(self, kinds, name) {
            return self.push_test(&expression, ty, test);
        }
        // The links narrow the search, the body decides: a link keeps only the beginning of a long value.
        self.push("(");
        self.push_link_sources(alias, kinds, name)?;
        self.push_in_list("l.to_id", SqlValue::Texts(index_texts(ty, test)));
        self.push(") AND ");
        self.push_test(&expression, ty, test)?;
        self.push(")");
        Ok(())
    }

    fn json_text(&self, alias: &str, name: &str) -> String {
        self.json_field(alias, name, FieldType::Text)
    }
}

/// The first of `kinds` that has the attribute says what it is.
pub(super) fn attribute_of(
    sql: &Builder<'_>,
    kinds: &[&str],
    name: &str,
) -> Option<&'static Attribute> {
    kinds
        .iter()
        .find_map(|kind| sql.registry.find(kind)?.attribute(name))
}

/// The first of `kinds` that has the relationship says where it leads.
fn relationship_of(
    sql: &Builder<'_>,
    kinds: &[&str],
    name: &str,
) -> Result<&'static Relationship, StoreError> {
    kinds
        .iter()
        .find_map(|kind| sql.registry.find(kind)?.relationship(name))
        .ok_or_else(|| StoreError::UnknownField(name.to_owned()))
}

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
    if let Some(attribute) = attribute_of(sql, kinds, name) {
        let expression = attribute::value(sql, alias, attribute)?;
        return Ok((expression, FieldType::from(attribute.ty)));
    }
    if stored_to_one(sql, kinds, name).is_some() {
        return Ok((sql.json_text(alias, plain_name(name)?), FieldType::Text));
    }
    Err(StoreError::UnknownField(name.to_owned()))
}

/// The stored to-one relationship whose id the field `<relationship>_id` holds.
pub(super) fn stored_to_one(
    sql: &Builder<'_>,
    kinds: &[&str],
    name: &str,
) -> Option<&'static Relationship> {
    let relationship = name.strip_suffix("_id")?;
    kinds
        .iter()
        .filter_map(|kind| sql.registry.find(kind)?.relationship(relationship))
        .find(|found| !found.many && found.source == RelationshipSource::Stored)
}

/// Whether every type that has the attribute keeps links for it.
pub(super) fn is_indexed(sql: &Builder<'_>, kinds: &[&str], name: &str) -> bool {
    let mut attributes = kinds
        .iter()
        .filter_map(|kind| sql.registry.find(kind)?.attribute(name))
        .peekable();
    attributes.peek().is_some() && attributes.all(has_index)
}

/// The ids under which the values of an equality are linked.
pub(super) fn index_texts(ty: FieldType, test: &Test) -> Vec<String> {
    equal_texts(ty, test)
        .map(|text| index_prefix(&text).to_owned())
        .collect()
}

/// The values of an equality as texts.
pub(super) fn equal_texts(ty: FieldType, test: &Test) -> impl Iterator<Item = String> {
    let values = match test {
        Test::Eq(value) => std::slice::from_ref(value),
        Test::In(values) => values,
        _ => &[],
    };
    values
        .iter()
        .filter_map(move |value| match ty.convert(value)? {
            SqlValue::Text(text) => Some(text),
            SqlValue::Integer(number) => Some(number.to_string()),
            SqlValue::Boolean(fact) => Some(fact.to_string()),
            SqlValue::Texts(_) | SqlValue::Integers(_) => None,
        })
}

/// Whether a test asks for given values, which the links table can find.
pub(super) fn is_equality(test: &Test) -> bool {
    match test {
        Test::Eq(value) => !value.is_null(),
        Test::In(_) => true,
        _ => false,
    }
}
