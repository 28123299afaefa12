//! Filters: names resolved by descriptors, values checked by type, predicates spelled out.
//!
//! Invariant: only attributes that the table marks filterable are reached, over relationships that it marks too; a value of another type is refused, never compared.

use kassa_jsonapi::{Comparison, Compound, Fault, FilterParameter, Query};
use kassa_storage::descriptor::{AttributeType, Relationship, RelationshipSource};
use kassa_storage::{Descriptor, FieldPath, Filter, Test};
use serde_json::{Number, Value};

use super::selection::{id_field, is_searchable, targets, with_concrete};
use super::value::{instant, iso_timestamp};

/// Relationships that one filter may cross.
const MAX_CROSSINGS: usize = 3;

/// Values in one filter.
const MAX_VALUES: usize = 500;

/// Attributes in one filter.
const MAX_ATTRIBUTES: usize = 10;

/// A field that may be filtered on, and its type.
#[derive(Debug, Clone)]
struct Found {
    path: FieldPath,
    ty: AttributeType,
}

/// The filters of a list of `descriptors`, all of which must hold.
pub(crate) fn filter(query: &Query, descriptors: &[&'static Descriptor]) -> Result<Filter, Fault> {
    let kinds: Vec<_> = descriptors
        .iter()
        .flat_map(|descriptor| with_concrete(descriptor))
        .collect();
    let mut all = query
        .filters
        .iter()
        .map(|parameter| one(parameter, &kinds))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(match all.len() {
        0 => Filter::Everything,
        1 => all.remove(0),
        _ => Filter::All(all),
    })
}

fn one(parameter: &FilterParameter, kinds: &[&'static Descriptor]) -> Result<Filter, Fault> {
    let fields = attributes(parameter, kinds)?;
    let mut any = fields
        .into_iter()
        .map(|found| condition(parameter, &found))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(if any.len() == 1 {
        any.remove(0)
    } else {
        Filter::Any(any)
    })
}

/// The attributes of a key. A name may contain `_or_` itself (`gift_card_or_coupon_code`), so the longest names
/// that resolve are taken first.
fn attributes(
    parameter: &FilterParameter,
    kinds: &[&'static Descriptor],
) -> Result<Vec<Found>, Fault> {
    let parts: Vec<&str> = parameter.attributes.split("_or_").collect();
    if parts.len() > MAX_ATTRIBUTES {
        return Err(parameter.not_allowed(&format!(
            "at most {MAX_ATTRIBUTES} attributes join with _or_"
        )));
    }
    let mut found = Vec::new();
    let mut start = 0;
    while start < parts.len() {
        let longest = (start + 1..=parts.len()).rev().find_map(|end| {
            let name = parts[start..end].join("_or_");
            resolve(kinds, &name, MAX_CROSSINGS).map(|field| (end, field))
        });
        let Some((end, field)) = longest else {
            let reason = format!("{} cannot be filtered on", parts[start..].join("_or_"));
            return Err(parameter.not_allowed(&reason));
        };
        found.push(field);
        start = end;
    }
    Ok(found)
}

fn resolve(kinds: &[&'static Descriptor], name: &str, crossings: usize) -> Option<Found> {
    if name == "id" {
        return Some(here("id", AttributeType::String));
    }
    let own = kinds
        .iter()
        .filter_map(|descriptor| descriptor.attribute(name))
        .find(|attribute| attribute.filter && is_searchable(attribute));
    if let Some(attribute) = own {
        return Some(here(attribute.name, attribute.ty));
    }
    // `sku_code` of a price is no filterable attribute, but the code of its SKU is.
    kinds.iter().find_map(|descriptor| {
        descriptor
            .relationships
            .iter()
            .find_map(|relationship| across(relationship, name, crossings))
    })
}

fn across(relationship: &'static Relationship, name: &str, crossings: usize) -> Option<Found> {
    let unknown =
        relationship.source == RelationshipSource::Computed && relationship.crossed.is_none();
    if !relationship.filter || unknown {
        return None;
    }
    let rest = name.strip_prefix(relationship.name)?.strip_prefix('_')?;
    if rest == "id" && !relationship.many && relationship.source == RelationshipSource::Stored {
        return Some(here(id_field(relationship)?, AttributeType::String));
    }
    if crossings == 0 {
        return None;
    }
    let mut found = resolve(&targets(relationship), rest, crossings - 1)?;
    found.path.through.insert(0, relationship);
    Some(found)
}

fn here(field: &'static str, ty: AttributeType) -> Found {
    Found {
        path: FieldPath {
            through: Vec::new(),
            field,
        },
        ty,
    }
}

fn condition(parameter: &FilterParameter, found: &Found) -> Result<Filter, Fault> {
    let predicate = parameter.predicate;
    let test = |test| Filter::Field(found.path.clone(), test);
    if predicate.is_switch() {
        return switch(parameter, found);
    }
    if predicate.comparison == Comparison::JsonContains {
        if !matches!(found.ty, AttributeType::Object | AttributeType::Array) {
            return Err(parameter.not_allowed("jcont is for objects and lists"));
        }
        let object = parameter.object()?;
        return Ok(test(Test::JsonContains(Value::Object(object))));
    }
    let texts = parameter.values();
    if texts.len() > MAX_VALUES {
        return Err(parameter.invalid(&format!("takes at most {MAX_VALUES} values")));
    }
    if predicate.comparison == Comparison::In && is_stamp(found) {
        let each = texts.iter().map(|text| stamp(parameter, found, text));
        let any = Filter::Any(each.collect::<Result<_, _>>()?);
        return Ok(negated(parameter, found, any));
    }
    if predicate.comparison == Comparison::In {
        let values = texts
            .iter()
            .map(|text| value(parameter, found.ty, text))
            .collect::<Result<Vec<_>, _>>()?;
        return Ok(negated(parameter, found, test(Test::In(values))));
    }
    let mut each = texts
        .iter()
        .map(|text| {
            let filter = comparison(parameter, found, text)?;
            Ok(negated(parameter, found, filter))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(match predicate.compound {
        Compound::Single => each.remove(0),
        Compound::Any => Filter::Any(each),
        Compound::All => Filter::All(each),
    })
}

/// `present`, `blank`, `null`, `not_null`, `true`, `false`; the value `false` turns them round.
fn switch(parameter: &FilterParameter, found: &Found) -> Result<Filter, Fault> {
    let predicate = parameter.predicate;
    let on = parameter.switch()?;
    let (test, expected) = match predicate.comparison {
        Comparison::Present => (Test::Blank, !on),
        Comparison::Blank => (Test::Blank, on),
        Comparison::True => {
            if found.ty != AttributeType::Boolean {
                return Err(parameter.not_allowed("true and false are for booleans"));
            }
            let fact = on != predicate.negated;
            return Ok(Filter::Field(
                found.path.clone(),
                Test::Eq(Value::Bool(fact)),
            ));
        }
        _ => (Test::Null, on != predicate.negated),
    };
    let filter = Filter::Field(found.path.clone(), test);
    Ok(if expected {
        filter
    } else {
        Filter::Not(Box::new(filter))
    })
}

fn comparison(parameter: &FilterParameter, found: &Found, text: &str) -> Result<Filter, Fault> {
    let test = |test| Filter::Field(found.path.clone(), test);
    let textual = |pattern: fn(String) -> Test| {
        if matches!(found.ty, AttributeType::String) {
            Ok(test(pattern(text.to_owned())))
        } else {
            Err(parameter.not_allowed("text predicates are for text"))
        }
    };
    match parameter.predicate.comparison {
        Comparison::Matches => return textual(Test::Matches),
        Comparison::Start => return textual(Test::Start),
        Comparison::End => return textual(Test::End),
        Comparison::Cont => return textual(Test::Contains),
        Comparison::Lt | Comparison::Lteq | Comparison::Gt | Comparison::Gteq
            if found.ty == AttributeType::Boolean =>
        {
            return Err(parameter.not_allowed("booleans are neither less nor greater"));
        }
        _ => {}
    }
    if is_stamp(found) {
        return stamp(parameter, found, text);
    }
    let value = value(parameter, found.ty, text)?;
    Ok(test(match parameter.predicate.comparison {
        Comparison::Lt => Test::Lt(value),
        Comparison::Lteq => Test::Lteq(value),
        Comparison::Gt => Test::Gt(value),
        Comparison::Gteq => Test::Gteq(value),
        _ => Test::Eq(value),
    }))
}

/// Whether a field is one that the store itself writes.
fn is_stamp(found: &Found) -> bool {
    found.ty == AttributeType::Datetime && matches!(found.path.field, "created_at" | "updated_at")
}

/// Rows keep microseconds, documents show milliseconds: a moment from a document means its whole millisecond.
fn stamp(parameter: &FilterParameter, found: &Found, text: &str) -> Result<Filter, Fault> {
    let moment = instant(text)
        .ok_or_else(|| parameter.invalid("expects ISO 8601 dates or times"))?
        .as_millisecond();
    let (begin, end) = match moment.checked_mul(1_000) {
        Some(begin) => (begin, begin.saturating_add(1_000)),
        None => return Err(parameter.invalid("expects ISO 8601 dates or times")),
    };
    let test = |test| Filter::Field(found.path.clone(), test);
    Ok(match parameter.predicate.comparison {
        Comparison::Lt => test(Test::Lt(begin.into())),
        Comparison::Lteq => test(Test::Lt(end.into())),
        Comparison::Gt => test(Test::Gteq(end.into())),
        Comparison::Gteq => test(Test::Gteq(begin.into())),
        _ => Filter::All(vec![
            test(Test::Gteq(begin.into())),
            test(Test::Lt(end.into())),
        ]),
    })
}

/// Negation and `_or_null`: a plain negation leaves nulls out, as the published service does.
fn negated(parameter: &FilterParameter, found: &Found, filter: Filter) -> Filter {
    let null = || Filter::Field(found.path.clone(), Test::Null);
    let not = |filter| Filter::Not(Box::new(filter));
    match (parameter.predicate.negated, parameter.predicate.or_null) {
        (false, false) => filter,
        (false, true) => Filter::Any(vec![filter, null()]),
        (true, false) => Filter::All(vec![not(filter), not(null())]),
        (true, true) => Filter::Any(vec![not(filter), null()]),
    }
}

fn value(parameter: &FilterParameter, ty: AttributeType, text: &str) -> Result<Value, Fault> {
    let invalid = |expectation| parameter.invalid(expectation);
    match ty {
        AttributeType::String => Ok(Value::String(text.to_owned())),
        AttributeType::Integer => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| invalid("expects whole numbers")),
        AttributeType::Float => text
            .trim()
            .parse::<Number>()
            .map(Value::Number)
            .map_err(|_| invalid("expects numbers")),
        AttributeType::Boolean => match text {
            "true" | "1" | "t" => Ok(Value::Bool(true)),
            "false" | "0" | "f" => Ok(Value::Bool(false)),
            _ => Err(invalid("expects true or false")),
        },
        AttributeType::Datetime => instant(text)
            .map(|moment| Value::String(iso_timestamp(moment)))
            .ok_or_else(|| invalid("expects ISO 8601 dates or times")),
        AttributeType::Object | AttributeType::Array => {
            Err(parameter.not_allowed("objects and lists are filtered with jcont"))
        }
    }
}

#[cfg(test)]
mod tests;
