//! `include`, `fields` and `sort`, checked against descriptors.
//!
//! Invariant: what leaves here names only relationships and attributes that exist; a relationship to several types
//! may be followed wherever one of them can.

use std::collections::HashMap;
use std::sync::LazyLock;

use kassa_gateway::shop::graph::{IncludeTree, Selection};
use kassa_gateway::shop::resources::registry;
use kassa_jsonapi::{Fault, Query};
use kassa_storage::descriptor::{Attribute, AttributeSource, Relationship, RelationshipSource};
use kassa_storage::{Descriptor, Sort};

/// Deepest include. The hosted applications go three levels deep.
const MAX_INCLUDE_DEPTH: usize = 4;

/// The types that a relationship leads to, abstract ones together with their concrete ones.
pub(crate) fn targets(relationship: &Relationship) -> Vec<&'static Descriptor> {
    let mut found = Vec::new();
    for kind in relationship.to {
        if let Some(descriptor) = registry().find(kind) {
            found.extend(with_concrete(descriptor));
        }
    }
    found
}

/// A type, and what it stands for when it is abstract.
pub(crate) fn with_concrete(descriptor: &'static Descriptor) -> Vec<&'static Descriptor> {
    let concrete = descriptor.concrete.iter();
    std::iter::once(descriptor)
        .chain(concrete.filter_map(|kind| registry().find(kind)))
        .collect()
}

/// `include` and `fields` of a request about `descriptors`.
pub(crate) fn selection(
    query: &Query,
    descriptors: &[&'static Descriptor],
) -> Result<Selection, Fault> {
    let start: Vec<_> = descriptors
        .iter()
        .flat_map(|descriptor| with_concrete(descriptor))
        .collect();
    let mut include = IncludeTree::default();
    for path in &query.include {
        if path.steps.len() > MAX_INCLUDE_DEPTH {
            return Err(not_includable(
                &path.path,
                &format!("it is deeper than {MAX_INCLUDE_DEPTH} levels"),
            ));
        }
        let mut at = start.clone();
        let mut tree = &mut include;
        for step in &path.steps {
            let found: Vec<&'static Relationship> = at
                .iter()
                .filter_map(|descriptor| descriptor.relationship(step))
                .filter(|relationship| relationship.include)
                .collect();
            if found.is_empty() {
                let kinds: Vec<&str> = at.iter().map(|descriptor| descriptor.kind).collect();
                let reason = format!("{step} is no relationship of {}", kinds.join(" or "));
                return Err(not_includable(&path.path, &reason));
            }
            at = found.into_iter().flat_map(targets).collect();
            at.sort_by_key(|descriptor| descriptor.kind);
            at.dedup_by_key(|descriptor| descriptor.kind);
            tree = tree.0.entry(step.clone()).or_default();
        }
    }
    Ok(Selection {
        include,
        fields: fields(query)?,
    })
}

/// A selection that follows one relationship.
pub(crate) fn only(relationship: &str) -> Selection {
    let mut include = IncludeTree::default();
    include
        .0
        .insert(relationship.to_owned(), IncludeTree::default());
    Selection {
        include,
        fields: HashMap::new(),
    }
}

fn fields(query: &Query) -> Result<HashMap<String, Vec<String>>, Fault> {
    let mut fields: HashMap<String, Vec<String>> = HashMap::new();
    for parameter in &query.fields {
        let name = format!("fields[{}]", parameter.kind);
        match registry().find(&parameter.kind) {
            Some(descriptor) => {
                for field in &parameter.names {
                    if !is_field(descriptor, field) {
                        return Err(Fault::parameter(
                            "INVALID_FIELD",
                            name,
                            format!("{field} is no field of {}", descriptor.kind),
                        ));
                    }
                }
            }
            // Published types that this server does not have are named by clients that know them all.
            None if is_published(&parameter.kind) => {}
            None => {
                return Err(Fault::parameter(
                    "INVALID_FIELD",
                    name,
                    format!("{} is no resource of this API", parameter.kind),
                ));
            }
        }
        fields
            .entry(parameter.kind.clone())
            .or_default()
            .extend(parameter.names.iter().cloned());
    }
    Ok(fields)
}

fn is_field(descriptor: &Descriptor, name: &str) -> bool {
    matches!(name, "id" | "type" | "meta" | "links")
        || descriptor.attribute(name).is_some()
        || descriptor.relationship(name).is_some()
}

/// Whether some relationship may lead to this type.
fn is_published(kind: &str) -> bool {
    registry().0.iter().any(|descriptor| {
        descriptor
            .relationships
            .iter()
            .any(|relationship| relationship.to.contains(&kind))
    })
}

fn not_includable(path: &str, reason: &str) -> Fault {
    Fault::parameter(
        "INVALID_INCLUDE",
        "include",
        format!("{path} cannot be included: {reason}"),
    )
}

/// `sort` of a list of `descriptors`.
pub(crate) fn sort(query: &Query, descriptors: &[&'static Descriptor]) -> Result<Vec<Sort>, Fault> {
    query
        .sort
        .iter()
        .map(|key| match sort_field(descriptors, &key.field) {
            Some(field) => Ok(Sort {
                field,
                descending: key.descending,
            }),
            None => Err(Fault::parameter(
                "INVALID_SORT_CRITERIA",
                "sort",
                format!("this list cannot be sorted by {}", key.field),
            )),
        })
        .collect()
}

/// What a sort key names: the id, an attribute, or a relationship (`market`, `market_id`), whose rows are sorted by the
/// id that it leads to.
fn sort_field(descriptors: &[&'static Descriptor], name: &str) -> Option<&'static str> {
    if name == "id" {
        return Some("id");
    }
    let attributes = descriptors.iter().filter_map(|found| found.attribute(name));
    let attribute = attributes
        .filter(|found| found.sort && is_searchable(found))
        .map(|found| found.name)
        .next();
    attribute.or_else(|| {
        let relationships = descriptors
            .iter()
            .flat_map(|found| found.relationships)
            .filter(|found| found.sort && found.source == RelationshipSource::Stored);
        let mut fields = relationships.filter_map(|found| Some((found.name, id_field(found)?)));
        let (_, field) = fields.find(|(plain, field)| name == *plain || name == *field)?;
        Some(field)
    })
}

/// `<relationship>_id` of a to-one relationship, as bodies keep it.
pub(crate) fn id_field(relationship: &Relationship) -> Option<&'static str> {
    static FIELDS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
        let all = registry().0.iter();
        let one = all
            .flat_map(|found| found.relationships)
            .filter(|found| !found.many);
        let names: std::collections::HashSet<_> = one.map(|found| found.name).collect();
        // Lives as long as the registry does; there are as many as relationship names.
        let leaked = |name: &'static str| (name, &*String::leak(format!("{name}_id")));
        names.into_iter().map(leaked).collect()
    });
    FIELDS.get(relationship.name).copied()
}

/// Whether the store knows what an attribute is worth. What is worked out for each answer it does not: a search would
/// answer nothing, or wrongly, so it is refused.
pub(crate) fn is_searchable(attribute: &Attribute) -> bool {
    attribute.source != AttributeSource::Computed
}

/// Refuses filters where there is no list: ignoring them would answer another question than was asked.
pub(crate) fn refuse_filters(query: &Query) -> Result<(), Fault> {
    match query.filters.first() {
        Some(filter) => Err(filter.not_allowed("filters belong to lists")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, query: &str) -> Result<Selection, Fault> {
        selection(
            &Query::parse(query).unwrap(),
            &[registry().find(kind).unwrap()],
        )
    }

    #[test]
    fn the_recorded_include_lists_are_known() {
        for include in [
            "line_items,line_items.item,customer",
            "shipping_address,billing_address,shipments,shipments.shipping_method,shipments.available_shipping_methods,payment_method,payment_source,customer,customer.customer_addresses,customer.customer_addresses.address,line_items",
            "available_customer_payment_sources.payment_source,available_customer_payment_sources.payment_method,available_payment_methods,payment_source,payment_method,line_items.line_item_options.sku_option,line_items.item,shipping_address,billing_address,shipments.available_shipping_methods,shipments.stock_line_items.line_item,shipments.shipping_method,shipments.stock_transfers.line_item,shipments.stock_location",
        ] {
            of("orders", &format!("include={include}")).unwrap();
        }
    }

    #[test]
    fn unknown_paths_are_refused() {
        for path in [
            "nothing",
            "line_items.nothing",
            "number",
            "line_items.item.nothing",
            "market.merchant.address.geocoder.x",
        ] {
            let fault = of("orders", &format!("include={path}")).unwrap_err();
            assert_eq!(fault.code, "INVALID_INCLUDE", "{path}");
        }
    }

    #[test]
    fn an_abstract_type_is_followed_through_its_concrete_ones() {
        of("orders", "include=transactions.captures").unwrap();
        of("transactions", "include=order").unwrap();
    }

    #[test]
    fn fieldsets_name_attributes_and_relationships() {
        let selected = of(
            "orders",
            "fields[orders]=id,number,line_items&fields[skus]=code",
        )
        .unwrap();
        assert_eq!(selected.fields["orders"], ["id", "number", "line_items"]);
        of("orders", "fields[adyen_payments]=anything").unwrap();
        for query in ["fields[orders]=nothing", "fields[nothing]=id"] {
            assert_eq!(
                of("orders", query).unwrap_err().code,
                "INVALID_FIELD",
                "{query}"
            );
        }
    }

    #[test]
    fn sorting_follows_the_table() {
        let orders = [registry().find("orders").unwrap()];
        let sorted = sort(&Query::parse("sort=-created_at,id").unwrap(), &orders).unwrap();
        assert!(sorted[0].descending);
        for key in ["market", "market_id"] {
            let sorted = sort(&Query::parse(&format!("sort={key}")).unwrap(), &orders).unwrap();
            assert_eq!(sorted[0].field, "market_id");
        }
        for key in ["nothing", "editable", "line_items", "payment_method"] {
            let query = Query::parse(&format!("sort={key}")).unwrap();
            assert_eq!(
                sort(&query, &orders).unwrap_err().code,
                "INVALID_SORT_CRITERIA",
                "{key}"
            );
        }
    }
}
