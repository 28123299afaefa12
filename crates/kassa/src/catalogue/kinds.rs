//! What a catalogue consists of, and what tells two rows of a type apart without their ids.
//!
//! Invariant: a type comes after every type its rows refer to, so that one pass over the list suffices.

use kassa_gateway::shop::resources::registry;
use kassa_storage::Descriptor;
use kassa_storage::descriptor::{Attribute, AttributeSource, Relationship, RelationshipSource};

/// A type of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The resource type, which is also the name of its file.
    pub name: &'static str,
    /// Columns that together name one row: attributes, or relationships to types of this list.
    pub identity: &'static [&'static str],
    /// Referred to only: too much of it is no catalogue (a stock location needs an address).
    pub reference_only: bool,
}

/// The types, those that others refer to first.
pub const KINDS: &[Kind] = &[
    Kind::of("shipping_categories", &["name"]),
    Kind::of("skus", &["code"]),
    Kind::of("price_lists", &["name"]),
    Kind::of("prices", &["price_list", "sku"]),
    Kind::of("price_volume_tiers", &["price", "name"]),
    Kind::of("price_frequency_tiers", &["price", "name"]),
    Kind::reference("markets"),
    Kind::of("sku_options", &["name"]),
    Kind::of("sku_lists", &["name"]),
    Kind::of("sku_list_items", &["sku_list", "sku"]),
    Kind::of("bundles", &["code"]),
    Kind::reference("stock_locations"),
    Kind::of("stock_items", &["stock_location", "sku"]),
];

/// What one cell of a column is.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// A value of the row.
    Attribute(&'static Attribute),
    /// Part of the identity of the row that a relationship names: `price_list` or `price.sku`.
    Reference(&'static Relationship),
}

impl Kind {
    const fn of(name: &'static str, identity: &'static [&'static str]) -> Self {
        Self {
            name,
            identity,
            reference_only: false,
        }
    }

    const fn reference(name: &'static str) -> Self {
        Self {
            name,
            identity: &["name"],
            reference_only: true,
        }
    }

    /// The kind called `name`.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Its table.
    ///
    /// # Panics
    /// Never: a test walks the list.
    #[must_use]
    pub fn descriptor(&self) -> &'static Descriptor {
        let found = registry().find(self.name);
        found.expect("every kind of the catalogue is served")
    }

    /// The columns of its file, identity first, then what can be written, in the order of the documentation.
    #[must_use]
    pub fn columns(&self) -> Vec<(String, Column)> {
        let descriptor = self.descriptor();
        let mut columns = Vec::new();
        for relationship in descriptor.relationships {
            if is_written(relationship) && target(relationship).is_some() {
                for path in paths(relationship) {
                    columns.push((path, Column::Reference(relationship)));
                }
            }
        }
        for attribute in descriptor.attributes {
            let stored = !matches!(attribute.source, AttributeSource::DerivedMoney(_));
            if attribute.create && attribute.update && stored {
                columns.push((attribute.name.to_owned(), Column::Attribute(attribute)));
            }
        }
        columns.sort_by_key(|(name, _)| {
            let head = name.split('.').next().unwrap_or(name);
            let place = self.identity.iter().position(|own| *own == head);
            place.unwrap_or(usize::MAX)
        });
        columns
    }
}

/// The kind that a relationship of one target type points to.
#[must_use]
pub fn target(relationship: &Relationship) -> Option<&'static Kind> {
    match relationship.to {
        [only] => Kind::find(only),
        _ => None,
    }
}

/// The columns that name the row behind a relationship: its own name, or one for each part of a composed identity.
#[must_use]
pub fn paths(relationship: &Relationship) -> Vec<String> {
    let name = relationship.name;
    match target(relationship).map(|kind| kind.identity) {
        None | Some([_]) => vec![name.to_owned()],
        Some(parts) => parts.iter().map(|part| format!("{name}.{part}")).collect(),
    }
}

fn is_written(relationship: &Relationship) -> bool {
    relationship.create && !relationship.many && relationship.source == RelationshipSource::Stored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_served_and_comes_after_what_it_refers_to() {
        for (place, kind) in KINDS.iter().enumerate() {
            for (_, column) in kind.columns() {
                let Column::Reference(relationship) = column else {
                    continue;
                };
                let target = target(relationship).unwrap();
                let before = KINDS.iter().position(|known| known == target).unwrap();
                assert!(before < place, "{} before {}", target.name, kind.name);
            }
            for part in kind.identity {
                let descriptor = kind.descriptor();
                let known =
                    descriptor.attribute(part).is_some() || descriptor.relationship(part).is_some();
                assert!(known, "{}.{part}", kind.name);
            }
        }
    }

    #[test]
    fn a_composed_identity_takes_a_column_for_each_part() {
        let tiers = Kind::find("price_volume_tiers").unwrap();
        let names: Vec<String> = tiers.columns().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[..3], ["price.price_list", "price.sku", "name"]);
    }
}
