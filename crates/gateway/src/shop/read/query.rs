//! Which filters and sorts can be answered at all.
//!
//! Invariant: a filter on what is computed (a stock item's quantity is a counter) is refused; one that silently found
//! nothing would be worse.

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
    fn a_counter_is_neither_filtered_nor_sorted_by() {
        let stock = registry().find("stock_items").unwrap();
        let skus = registry().find("skus").unwrap();
        let quantity = |through| {
            Filter::Field(
                FieldPath {
                    through,
                    field: "quantity",
                },
                Test::Gt(0.into()),
            )
        };
        let direct = Filter::Not(Box::new(Filter::All(vec![quantity(Vec::new())])));
        assert!(check(stock, &request(direct, Vec::new())).is_err());
        let across = quantity(vec![skus.relationship("stock_items").unwrap()]);
        assert!(check(skus, &request(across, Vec::new())).is_err());
        let sort = vec![Sort {
            field: "quantity",
            descending: true,
        }];
        assert!(check(stock, &request(Filter::Everything, sort)).is_err());
        let code = FieldPath {
            through: Vec::new(),
            field: "sku_code",
        };
        let code = Filter::Field(code, Test::Eq("A".into()));
        assert!(check(stock, &request(code, Vec::new())).is_ok());
    }
}
