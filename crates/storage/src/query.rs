//! Lists, filters and sorts as data.
//!
//! Invariant: only names found in a descriptor reach SQL text; every value is bound.

use serde_json::Value;

use crate::descriptor::Relationship;

/// A page of records of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// The types to list; several for an abstract type such as `transactions`.
    pub kinds: Vec<&'static str>,
    /// Which rows.
    pub filter: Filter,
    /// In which order; ties fall back to `created_at, id`.
    pub sort: Vec<Sort>,
    /// Which page.
    pub page: Page,
}

/// One page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Rows to skip.
    pub offset: u64,
    /// Rows to return.
    pub limit: u64,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The attribute.
    pub field: &'static str,
    /// Largest first.
    pub descending: bool,
}

/// A condition on a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every row.
    Everything,
    /// All of them hold.
    All(Vec<Filter>),
    /// At least one holds.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A test of one field.
    Field(FieldPath, Test),
    /// At least one record at the end of a stored or inverse relationship holds all of the condition.
    Across(&'static Relationship, Box<Filter>),
}

/// A field, reached over stored or inverse relationships.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPath {
    /// Relationships to cross, outermost first; empty for the record itself.
    pub through: Vec<&'static Relationship>,
    /// `id`, `created_at`, `updated_at`, an attribute, or `<relationship>_id`.
    pub field: &'static str,
}

/// A test of a field's value. Text comparison is by bytes unless named otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equal.
    Eq(Value),
    /// Less than.
    Lt(Value),
    /// Less than or equal.
    Lteq(Value),
    /// Greater than.
    Gt(Value),
    /// Greater than or equal.
    Gteq(Value),
    /// One of.
    In(Vec<Value>),
    /// Absent or null.
    Null,
    /// Absent, null, empty text, empty list or empty object.
    Blank,
    /// SQL LIKE pattern with `%` and `_`, ASCII case ignored.
    Matches(String),
    /// Text begins with it, case ignored.
    Start(String),
    /// Text ends with it, case ignored.
    End(String),
    /// Text contains it, case ignored.
    Contains(String),
    /// The JSON value contains this object, at any listed key.
    JsonContains(Value),
}
