//! Which filters and sorts can be answered at all, and how far a filter may look.
//!
//! Invariant: a filter on what is worked out for each answer (whether a customer has a password) is refused; one that
//! silently found nothing would be worse. A filter that crosses a relationship finds only rows that the caller may list:
//! otherwise the count of a list would answer what the rows themselves do not.

use kassa_storage::descriptor::AttributeSource;
use kassa_storage::{Descriptor, FieldPath, Filter, Relationship};

use super::include::{concrete, target_kinds};
use super::rows::{self, MarketView};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::shop::graph::ListRequest;
use crate::shop::resources::registry;
use crate::shop::role;

/// Refuses filters and sorts by attributes that no row holds.
///
/// # Errors
/// 400 `FILTER_NOT_ALLOWED` or `INVALID_SORT_CRITERIA` naming the attribute.
pub(super) fn check(
    descriptor: &'static Descriptor,
    request: &ListRequest,
) -> Result<(), GatewayError> {
    check_filter(descriptor, &request.filter)?;
    match request
        .sort
        .iter()
        .find(|sort| computed(descriptor, sort.field))
    {
        None => Ok(()),
        Some(sort) => Err(refused("INVALID_SORT_CRITERIA", "sort", sort.field)),
    }
}

fn check_filter(descriptor: &'static Descriptor, filter: &Filter) -> Result<(), GatewayError> {
    match filter {
        Filter::Everything => Ok(()),
        Filter::All(parts) | Filter::Any(parts) => parts
            .iter()
            .try_for_each(|part| check_filter(descriptor, part)),
        Filter::Not(inner) => check_filter(descriptor, inner),
        Filter::Field(path, _) if ends_computed(descriptor, path) => {
            Err(refused("FILTER_NOT_ALLOWED", "filter", path.field))
        }
        Filter::Field(..) => Ok(()),
        Filter::Across(relationship, inner) => target_kinds(relationship)
            .into_iter()
            .filter_map(|kind| registry().find(kind))
            .try_for_each(|end| check_filter(end, inner)),
    }
}

/// The filter as `caller` may ask it: every row that it reaches over a relationship is one that the caller may list.
///
/// # Errors
/// [`GatewayError::Denied`] when it crosses to a type that this role does not read, or to several types at once.
pub(super) fn guarded(
    caller: &Caller,
    view: &MarketView,
    filter: &Filter,
) -> Result<Filter, GatewayError> {
    if caller.is_integration() && caller.market_ids.is_empty() {
        return Ok(filter.clone());
    }
    let each = |parts: &[Filter]| -> Result<Vec<Filter>, GatewayError> {
        parts
            .iter()
            .map(|part| guarded(caller, view, part))
            .collect()
    };
    Ok(match filter {
        Filter::Everything => Filter::Everything,
        Filter::All(parts) => Filter::All(each(parts)?),
        Filter::Any(parts) => Filter::Any(each(parts)?),
        Filter::Not(inner) => Filter::Not(Box::new(guarded(caller, view, inner)?)),
        Filter::Across(relationship, inner) => {
            let inner = guarded(caller, view, inner)?;
            reached(caller, view, relationship, inner)?
        }
        Filter::Field(path, test) => {
            let here = FieldPath {
                through: Vec::new(),
                field: path.field,
            };
            let mut inner = Filter::Field(here, test.clone());
            for relationship in path.through.iter().rev() {
                inner = reached(caller, view, relationship, inner)?;
            }
            inner
        }
    })
}

/// `inner` at the end of a relationship, on rows that the caller may list.
fn reached(
    caller: &Caller,
    view: &MarketView,
    relationship: &'static Relationship,
    inner: Filter,
) -> Result<Filter, GatewayError> {
    let hidden = target_kinds(relationship)
        .into_iter()
        .find(|kind| !role::may_be_searched(caller, kind));
    if let Some(kind) = hidden {
        return Err(GatewayError::Denied(format!(
            "this token may not list {kind}, nor filter by them"
        )));
    }
    let listed = match relationship.to {
        // They hang on what may be seen; an address book is judged by its entries.
        ["addresses"] => Filter::Everything,
        [kind] => rows::list_filter(caller, view, kind),
        _ if caller.is_integration() => Filter::Everything,
        _ => {
            return Err(GatewayError::Denied(format!(
                "{} leads to several types; this token may filter by its id alone",
                relationship.name
            )));
        }
    };
    let inner = match listed {
        Filter::Everything => inner,
        listed => Filter::All(vec![inner, listed]),
    };
    Ok(Filter::Across(relationship, Box::new(inner)))
}

/// Whether the attribute at the end of a path is computed.
fn ends_computed(descriptor: &'static Descriptor, path: &FieldPath) -> bool {
    let Some(last) = path.through.last() else {
        return computed(descriptor, path.field);
    };
    let mut ends = last.to.iter().filter_map(|kind| registry().find(kind));
    ends.any(|end| computed(end, path.field))
}

fn computed(descriptor: &'static Descriptor, field: &str) -> bool {
    concrete(descriptor).iter().any(|kind| {
        let attribute = kind.attribute(field);
        attribute.is_some_and(|attribute| attribute.source == AttributeSource::Computed)
    })
}

fn refused(code: &'static str, parameter: &str, field: &str) -> GatewayError {
    GatewayError::Malformed {
        code,
        detail: format!(
            "{field} is worked out for each answer and cannot be searched or sorted by"
        ),
        parameter: Some(parameter.to_owned()),
        pointer: None,
    }
}

#[cfg(test)]
mod tests {
    use kassa_storage::{Sort, Test};

    use super::*;
    use crate::shop::graph::Selection;

    fn request(filter: Filter, sort: Vec<Sort>) -> ListRequest {
        ListRequest {
            filter,
            sort,
            page_number: 1,
            page_size: 10,
            selection: Selection::default(),
        }
    }

    #[test]
    fn what_is_worked_out_is_neither_filtered_nor_sorted_by() {
        let customers = registry().find("customers").unwrap();
        let orders = registry().find("orders").unwrap();
        let test = |through, field| Filter::Field(FieldPath { through, field }, Test::Gt(0.into()));
        let worked_out = |through| test(through, "has_password");
        let direct = Filter::Not(Box::new(Filter::All(vec![worked_out(Vec::new())])));
        assert!(check(customers, &request(direct, Vec::new())).is_err());
        let across = worked_out(vec![orders.relationship("customer").unwrap()]);
        assert!(check(orders, &request(across, Vec::new())).is_err());
        let sort = |field| Sort {
            field,
            descending: true,
        };
        let by_password = vec![sort("has_password")];
        assert!(check(customers, &request(Filter::Everything, by_password)).is_err());
        for field in ["email", "total_orders_count"] {
            let known = request(test(Vec::new(), field), vec![sort(field)]);
            assert!(check(customers, &known).is_ok(), "{field}");
        }
    }
}
