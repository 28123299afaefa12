//! Which filters and sorts can be answered at all.
//!
//! Invariant: a filter on what is worked out for each answer (whether a customer has a password) is refused; one that
//! silently found nothing would be worse.

use kassa_storage::descriptor::AttributeSource;
use kassa_storage::{Descriptor, FieldPath, Filter};

use super::include::concrete;
use crate::error::GatewayError;
use crate::shop::graph::ListRequest;
use crate::shop::resources::registry;

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
    }
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
