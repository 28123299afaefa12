//! What a resource is made of: one static table per resource type.
//!
//! Invariant: a descriptor is the only place that names an attribute; validation, serialisation, filters, sorts,
//! indexes, documentation and typings are derived from it.

mod build;

/// A resource type.
#[derive(Debug, PartialEq)]
pub struct Descriptor {
    /// The plural type, e.g. `orders`.
    pub kind: &'static str,
    /// Its name in the singular, e.g. `order`.
    pub singular: &'static str,
    /// Served at the singular path without an id (`/api/organization`).
    pub singleton: bool,
    /// `Some("order")`: a child whose root is what this relationship names. `None`: its own root.
    pub root: Option<&'static str>,
    /// Current schema number of the body.
    pub schema: i64,
    /// What may be done with it.
    pub verbs: Verbs,
    /// For an abstract type (`transactions`), the concrete ones; empty otherwise.
    pub concrete: &'static [&'static str],
    /// Attributes, in the order of the documentation; common ones (`reference`, `metadata`, ...) included.
    pub attributes: &'static [Attribute],
    /// Relationships.
    pub relationships: &'static [Relationship],
    /// Write-only attributes that begin with `_` and run something.
    pub triggers: &'static [Trigger],
}

/// Verbs that a resource answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verbs {
    /// GET of the collection.
    pub list: bool,
    /// GET of one.
    pub retrieve: bool,
    /// POST.
    pub create: bool,
    /// PATCH.
    pub update: bool,
    /// DELETE.
    pub delete: bool,
}

/// JSON type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    String,
    /// Whole number.
    Integer,
    /// Decimal number; kept as JSON number, never computed with as a float.
    Float,
    /// `true` or `false`.
    Boolean,
    /// ISO 8601 text.
    Datetime,
    /// JSON object.
    Object,
    /// JSON array.
    Array,
}

/// When a create must carry an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// Never.
    No,
    /// Always.
    Yes,
    /// Under a condition, in the words of the data file; checked by the noun's own code.
    If(&'static str),
}

/// Where an attribute's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeSource {
    /// The body.
    Stored,
    /// A companion of the named `*_cents` attribute: `*_float` or `formatted_*`.
    DerivedMoney(&'static str),
    /// The counter that this prefix and the record's id name together; 0 where nobody has counted.
    Counter(&'static str),
    /// The sum of the counters that these prefixes and the record's id name together; 0 where nobody has counted.
    Counters(&'static [&'static str]),
    /// Whether the counter that `counter` and the record's id name together has come to the attribute `limit`; never
    /// without a limit.
    Reached {
        /// The counter's prefix.
        counter: &'static str,
        /// The whole number of the body that bounds it.
        limit: &'static str,
    },
    /// How many records of another type point here.
    Count(Counted),
    /// A function of the noun's own code.
    Computed,
}

/// The records that an attribute counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Their type.
    pub kind: &'static str,
    /// Their stored relationship that points here.
    pub via: &'static str,
    /// Their attribute that must have a value.
    pub with: &'static str,
}

/// An attribute.
#[derive(Debug, PartialEq)]
pub struct Attribute {
    /// Its name on the wire and in the body.
    pub name: &'static str,
    /// Its JSON type.
    pub ty: AttributeType,
    /// Appears in answers.
    pub read: bool,
    /// Accepted by POST.
    pub create: bool,
    /// Accepted by PATCH.
    pub update: bool,
    /// May be null in an answer.
    pub nullable: bool,
    /// When a create must carry it.
    pub required: Required,
    /// Refused when a sales channel sends it.
    pub restricted: bool,
    /// May be filtered on.
    pub filter: bool,
    /// May be sorted by.
    pub sort: bool,
    /// Allowed values; empty when free.
    pub values: &'static [&'static str],
    /// JSON text of what stands for an absent value, if anything: in documents, filters and sorts alike.
    pub default: Option<&'static str>,
    /// Where its value comes from.
    pub source: AttributeSource,
    /// Tests for equality find their rows through the links table. For selective attributes only (a number, a code,
    /// a token, an address): each value costs a row, and a value that half of the rows share finds nothing faster.
    pub indexed: bool,
}

/// A relationship.
#[derive(Debug, PartialEq)]
pub struct Relationship {
    /// Its name on the wire; the body keeps `<name>_id`, with `<name>_type` when `to` has several.
    pub name: &'static str,
    /// Types it may point to.
    pub to: &'static [&'static str],
    /// To-many.
    pub many: bool,
    /// Accepted by POST.
    pub create: bool,
    /// Accepted by PATCH.
    pub update: bool,
    /// A create must carry it.
    pub required: bool,
    /// May appear in `include`.
    pub include: bool,
    /// Filters may cross it, and test what it leads to by `<name>_id`.
    pub filter: bool,
    /// Rows may be sorted by the id that it leads to; for stored to-one relationships.
    pub sort: bool,
    /// Where its targets come from.
    pub source: RelationshipSource,
    /// How filters cross it although it is computed.
    pub crossed: Option<Crossing>,
}

/// Where a relationship's targets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationshipSource {
    /// The body and the links table.
    Stored,
    /// Records of the target types whose stored relationship `via` points here.
    Inverse {
        /// The relationship on the other side.
        via: &'static str,
    },
    /// A batched function of the noun's own code.
    Computed,
}

/// How filters cross a relationship whose targets are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// Its targets are those of this stored relationship that are of its types.
    Of(&'static str),
    /// Its targets are reached over the first relationship and then over the second.
    Over(&'static str, &'static str),
}

/// A write-only attribute that runs something.
#[derive(Debug, PartialEq)]
pub struct Trigger {
    /// Its name, with the leading `_`.
    pub name: &'static str,
    /// Its JSON type.
    pub ty: AttributeType,
    /// Accepted by POST.
    pub create: bool,
    /// Accepted by PATCH.
    pub update: bool,
    /// Refused when a sales channel sends it.
    pub restricted: bool,
}

/// All resource types of a program.
#[derive(Debug, Clone, Copy)]
pub struct Registry(pub &'static [&'static Descriptor]);

impl Registry {
    /// The descriptor of `kind`.
    #[must_use]
    pub fn find(&self, kind: &str) -> Option<&'static Descriptor> {
        self.0
            .iter()
            .copied()
            .find(|descriptor| descriptor.kind == kind)
    }
}

impl Descriptor {
    /// The attribute called `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// The relationship called `name`.
    #[must_use]
    pub fn relationship(&self, name: &str) -> Option<&'static Relationship> {
        self.relationships
            .iter()
            .find(|relationship| relationship.name == name)
    }

    /// The trigger called `name`.
    #[must_use]
    pub fn trigger(&self, name: &str) -> Option<&'static Trigger> {
        self.triggers.iter().find(|trigger| trigger.name == name)
    }
}

// The notation of the tables: `r` read, `c` create, `u` update, `f` filter, `s` sort, `i` indexed, `!` never null,
// `*` required on create, `^` refused for sales channels, `x` not includable; of relationships `f` crossed by filters and
// `s` sorted by the id. A wrong letter fails the build.
