//! What a use case hands to the wire: records with their linkage, ready to render by descriptor.
//!
//! Invariant: computed attributes are already in the bodies; only money companions (`*_float`, `formatted_*`) are
//! left to the renderer. Linkage is present exactly for included paths.

use std::collections::{BTreeMap, HashMap};

use kassa_storage::{Filter, Key, Record, Sort};
use serde_json::{Map, Value};

/// A tree of relationship names: the `include` parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncludeTree(pub BTreeMap<String, IncludeTree>);

/// What the answer shall carry.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Relationships to follow; validated against the descriptors by the planner.
    pub include: IncludeTree,
    /// Sparse fieldsets by type, attributes and relationships alike.
    pub fields: HashMap<String, Vec<String>>,
}

/// A list request, already checked against the descriptor.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// Which rows.
    pub filter: Filter,
    /// In which order.
    pub sort: Vec<Sort>,
    /// Page number, from 1.
    pub page_number: u64,
    /// Page size, 1..=25.
    pub page_size: u64,
    /// What the answer shall carry.
    pub selection: Selection,
}

/// Where an included relationship leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linkage {
    /// To one, or to nothing (`"data": null`).
    One(Option<Key>),
    /// To many, or to none (`"data": []`).
    Many(Vec<Key>),
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The resources asked for.
    pub primary: Vec<Record>,
    /// A list rather than one resource (or none).
    pub many: bool,
    /// Total rows of a list.
    pub total: Option<u64>,
    /// Everything reached by `include`, each once, none of the primary ones.
    pub included: Vec<Record>,
    /// Linkage of included relationships.
    pub linkage: LinkageOf,
}

/// Linkage by record and relationship.
#[derive(Debug, Clone, Default)]
pub struct LinkageOf(HashMap<Key, Vec<(&'static str, Linkage)>>);

impl LinkageOf {
    /// Where the relationship `name` of `from` leads, if it was included.
    #[must_use]
    pub fn get(&self, from: &Key, name: &str) -> Option<&Linkage> {
        let all = self.0.get(from)?;
        all.iter()
            .find(|(own, _)| *own == name)
            .map(|(_, linkage)| linkage)
    }

    /// The relationship `name` of `from` leads to `linkage`.
    pub(crate) fn insert(&mut self, from: &Key, name: &'static str, linkage: Linkage) {
        if let Some(all) = self.0.get_mut(from) {
            all.retain(|(own, _)| *own != name);
            all.push((name, linkage));
            return;
        }
        self.0.insert(from.clone(), vec![(name, linkage)]);
    }
}

/// Identifiers sent for a relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkInput {
    /// A to-one, or null.
    One(Option<(String, String)>),
    /// A to-many.
    Many(Vec<(String, String)>),
}

/// What a POST or PATCH carries: names checked against the descriptor, JSON types checked, role rules not yet.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Plain attributes.
    pub attributes: Map<String, Value>,
    /// Trigger attributes (`_place`, ...).
    pub triggers: Map<String, Value>,
    /// Relationships as (type, id).
    pub relationships: BTreeMap<String, LinkInput>,
}
