//! Field descriptions and the checker that walks a JSON body with them.
//!
//! Invariant: unknown fields and explicit nulls pass, as recorded traffic shows; everything described is checked for
//! type and limit. Payments names the paths of what is wrong, Order Management writes a sentence per field.

use serde_json::{Map, Value};

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A string of `min..=max` characters.
    Text { min: usize, max: usize },
    /// A string that a function accepts.
    Shape(fn(&str) -> bool),
    /// A string out of a list.
    OneOf(&'static [&'static str]),
    /// A whole number; fractions are refused even when they are zero.
    Integer { min: i64, max: i64 },
    /// `true` or `false`.
    Boolean,
    /// An object with described members.
    Object(&'static [Field]),
    /// A list of objects.
    List {
        min: usize,
        max: usize,
        item: &'static [Field],
    },
    /// A list of strings.
    TextList,
}

/// One described field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) kind: Kind,
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            required: false,
            kind,
        }
    }

    pub(crate) const fn text(name: &'static str, max: usize) -> Self {
        Self::new(name, Kind::Text { min: 0, max })
    }

    pub(crate) const fn integer(name: &'static str, min: i64, max: i64) -> Self {
        Self::new(name, Kind::Integer { min, max })
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad {
    /// Dotted path with list positions, `order_lines[0].name`.
    pub(crate) path: String,
    /// The rule, for the sentences of Order Management.
    pub(crate) rule: Rule,
}

/// The rule that a value broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Missing,
    Size {
        min: usize,
        max: usize,
    },
    Range {
        min: i64,
        max: i64,
    },
    /// Not a whole number.
    Whole {
        min: i64,
        max: i64,
    },
    /// Not one of the words.
    Choice(&'static [&'static str]),
    Form,
}

impl Bad {
    /// A value that breaks a rule of its own.
    pub(crate) fn form(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            rule: Rule::Form,
        }
    }

    /// Order Management's sentence: `The size of the shipping_info/shipping_company value must be between 0 and 100`.
    pub(crate) fn sentence(&self) -> String {
        let name = self.slashed();
        match self.rule {
            Rule::Missing => format!("The {name} value must not be null"),
            Rule::Size { min, max } => {
                format!("The size of the {name} value must be between {min} and {max}")
            }
            Rule::Range { min, max } => format!("The {name} value must be between {min} and {max}"),
            Rule::Whole { .. } | Rule::Choice(_) | Rule::Form => {
                format!("The {name} value is invalid")
            }
        }
    }

    /// The path as Order Management writes it: slashes, no list positions.
    fn slashed(&self) -> String {
        let mut text = String::new();
        let mut inside = false;
        for character in self.path.chars() {
            match character {
                '[' => inside = true,
                ']' => inside = false,
                '.' => text.push('/'),
                other if !inside => text.push(other),
                _ => {}
            }
        }
        text
    }
}

/// Checks `object` against `fields`, in the order of the description.
pub(crate) fn check(object: &Map<String, Value>, fields: &[Field]) -> Vec<Bad> {
    let mut bad = Vec::new();
    check_object(object, fields, None, &mut bad);
    bad
}

/// Where a value stands, as a chain from the inside out. Most values are sound, so the path is written only for
/// those that are not.
#[derive(Clone, Copy)]
struct Place<'a> {
    around: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

impl Place<'_> {
    fn path(&self) -> String {
        let before = self.around.map(Place::path).unwrap_or_default();
        match self.step {
            Step::Member(name) if before.is_empty() => name.to_owned(),
            Step::Member(name) => format!("{before}.{name}"),
            Step::Item(index) => format!("{before}[{index}]"),
        }
    }

    fn breaks(&self, rule: Rule) -> Bad {
        Bad {
            path: self.path(),
            rule,
        }
    }
}

fn check_object(
    object: &Map<String, Value>,
    fields: &[Field],
    around: Option<&Place<'_>>,
    bad: &mut Vec<Bad>,
) {
    for field in fields {
        let place = Place {
            around,
            step: Step::Member(field.name),
        };
        match present(object, field.name) {
            None if field.required => bad.push(place.breaks(Rule::Missing)),
            None => {}
            Some(value) => check_value(value, field.kind, &place, bad),
        }
    }
}

fn check_value(value: &Value, kind: Kind, place: &Place<'_>, bad: &mut Vec<Bad>) {
    let broken = match kind {
        Kind::Text { min, max } => match value.as_str().map(|text| text.chars().count()) {
            Some(length) if (min..=max).contains(&length) => None,
            Some(_) => Some(Rule::Size { min, max }),
            None => Some(Rule::Form),
        },
        Kind::Shape(accepts) => (!value.as_str().is_some_and(accepts)).then_some(Rule::Form),
        Kind::OneOf(list) => {
            (!value.as_str().is_some_and(|text| list.contains(&text))).then_some(Rule::Choice(list))
        }
        Kind::Integer { min, max } => match value.as_i64() {
            Some(number) if (min..=max).contains(&number) => None,
            Some(_) => Some(Rule::Range { min, max }),
            None => Some(Rule::Whole { min, max }),
        },
        Kind::Boolean => (!value.is_boolean()).then_some(Rule::Form),
        Kind::Object(fields) => match value.as_object() {
            Some(object) => return check_object(object, fields, Some(place), bad),
            None => Some(Rule::Form),
        },
        Kind::List { min, max, item } => match value.as_array() {
            Some(list) if (min..=max).contains(&list.len()) => {
                return check_items(list, item, place, bad);
            }
            Some(_) => Some(Rule::Size { min, max }),
            None => Some(Rule::Form),
        },
        Kind::TextList => {
            let texts = value
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_string));
            (!texts).then_some(Rule::Form)
        }
    };
    bad.extend(broken.map(|rule| place.breaks(rule)));
}

fn check_items(list: &[Value], item: &[Field], around: &Place<'_>, bad: &mut Vec<Bad>) {
    for (index, value) in list.iter().enumerate() {
        let place = Place {
            around: Some(around),
            step: Step::Item(index),
        };
        match value.as_object() {
            Some(object) => check_object(object, item, Some(&place), bad),
            None => bad.push(place.breaks(Rule::Form)),
        }
    }
}

/// Members up to which an object is searched name by name: hashing the name costs more.
const FEW: usize = 16;

/// A member that is there and not null.
pub(crate) fn present<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = if object.len() <= FEW {
        let mut members = object.iter();
        members
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value)
    } else {
        object.get(name)
    };
    found.filter(|value| !value.is_null())
}

/// A string member.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// A whole-number member.
pub(crate) fn integer(object: &Map<String, Value>, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

/// An object member.
pub(crate) fn object<'a>(
    parent: &'a Map<String, Value>,
    name: &str,
) -> Option<&'a Map<String, Value>> {
    parent.get(name).and_then(Value::as_object)
}

/// A list member; absent counts as empty.
pub(crate) fn list<'a>(parent: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    parent
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The described, non-null members of `object`, and inside them again.
pub(crate) fn known(object: &Map<String, Value>, fields: &[Field]) -> Map<String, Value> {
    fields
        .iter()
        .filter_map(|field| {
            let value = present(object, field.name)?;
            Some((field.name.to_owned(), known_value(value, field.kind)))
        })
        .collect()
}

fn known_value(value: &Value, kind: Kind) -> Value {
    match (value, kind) {
        (Value::Object(object), Kind::Object(fields)) => known(object, fields).into(),
        (Value::Array(list), Kind::List { item, .. }) => list
            .iter()
            .map(|value| known_value(value, Kind::Object(item)))
            .collect(),
        (other, _) => without_nulls(other),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// Puts the members of `newer` over `older`, objects member by member: customer data is merged, not replaced.
pub(crate) fn merge(older: &mut Map<String, Value>, newer: &Map<String, Value>) {
    for (name, value) in newer {
        match (older.get_mut(name), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(older)), Value::Object(newer)) => merge(older, newer),
            _ => {
                older.insert(name.clone(), without_nulls(value));
            }
        }
    }
}
