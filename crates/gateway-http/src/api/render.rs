//! Records as documents.
//!
//! Invariant: attributes and relationships stand in the order of the descriptor; a relationship carries `data`
//! exactly when the graph has linkage for it.

use kassa_gateway::shop::graph::{Graph, Linkage, Selection};
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{Caller, Gateway, GatewayError};
use kassa_jsonapi::{
    Document, Identifier, Linkage as Shown, Links, Primary, Query, RelationshipObject, Resource,
    page_links,
};
use kassa_storage::{Descriptor, Key, Record};
use serde_json::{Map, Value};

use super::value::shown;

/// The bytes that a GET of `graph` answers at the gateway's own address: what webhooks carry.
///
/// # Errors
/// When the document cannot be written, which is a fault of ours.
pub fn document(
    gateway: &Gateway,
    caller: &Caller,
    selection: &Selection,
    graph: &Graph,
) -> Result<Vec<u8>, GatewayError> {
    let renderer = Renderer::new(&gateway.settings().public_url, caller, selection);
    let document = renderer.document(graph, &Query::default(), "");
    serde_json::to_vec(&document)
        .map_err(|error| GatewayError::Internal(format!("a document cannot be written: {error}")))
}

/// Writes documents for one request.
pub(crate) struct Renderer<'a> {
    base: &'a str,
    selection: &'a Selection,
    meta: Map<String, Value>,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(base: &'a str, caller: &Caller, selection: &'a Selection) -> Self {
        let realm = &caller.realm;
        let mode = if realm.test() { "test" } else { "live" };
        let mut meta = Map::new();
        meta.insert("mode".to_owned(), mode.into());
        meta.insert("organization_id".to_owned(), realm.organization().into());
        meta.insert("trace_id".to_owned(), caller.trace_id.as_str().into());
        Self {
            base,
            selection,
            meta,
        }
    }

    /// The answer that `graph` is.
    pub(crate) fn document(&self, graph: &Graph, query: &Query, path: &str) -> Document {
        let mut resources: Vec<Resource> = graph
            .primary
            .iter()
            .filter_map(|record| self.resource(record, graph))
            .collect();
        let mut meta = Map::new();
        let mut links = Links::new();
        let data = if graph.many {
            let shown = u64::try_from(resources.len()).unwrap_or(u64::MAX);
            let records = graph.total.unwrap_or(shown);
            let page_count = query.page.page_count(records);
            meta.insert("record_count".to_owned(), records.into());
            meta.insert("page_count".to_owned(), page_count.into());
            let url = format!("{}{path}", self.base);
            links = page_links(&url, &query.parameters, query.page, page_count);
            Primary::Many(resources)
        } else {
            Primary::One(resources.pop().map(Box::new))
        };
        meta.extend(self.meta.clone());
        Document {
            data,
            included: graph
                .included
                .iter()
                .filter_map(|record| self.resource(record, graph))
                .collect(),
            links,
            meta,
        }
    }

    /// The identifier form of one relationship.
    pub(crate) fn identifiers(
        &self,
        graph: &Graph,
        descriptor: &Descriptor,
        id: &str,
        relationship: &'static str,
    ) -> Document {
        let key = Key::new(descriptor.kind, id);
        let own = graph
            .primary
            .first()
            .map_or(key, |record| record.key.clone());
        let linkage = graph.linkage.get(&(own, relationship.to_owned()));
        let url = format!("{}/api/{}/{id}", self.base, descriptor.kind);
        Document {
            data: Primary::Linkage(linkage.map_or(Shown::One(None), identifiers)),
            included: Vec::new(),
            links: vec![
                ("self", format!("{url}/relationships/{relationship}")),
                ("related", format!("{url}/{relationship}")),
            ],
            meta: self.meta.clone(),
        }
    }

    /// One resource; `None` for a type that is not served, which the gateway never hands out.
    fn resource(&self, record: &Record, graph: &Graph) -> Option<Resource> {
        let descriptor = registry().find(&record.key.kind)?;
        let fields = self.selection.fields.get(descriptor.kind);
        let wanted =
            |name: &str| fields.is_none_or(|names| names.iter().any(|field| field == name));
        let id = &record.key.id;
        let self_link = if descriptor.singleton {
            format!("{}/api/{}", self.base, descriptor.singular)
        } else {
            format!("{}/api/{}/{id}", self.base, descriptor.kind)
        };
        let attributes = descriptor
            .attributes
            .iter()
            .filter(|attribute| attribute.read && wanted(attribute.name))
            .map(|attribute| (attribute.name.to_owned(), shown(attribute, record)))
            .collect();
        let relationships = descriptor
            .relationships
            .iter()
            .filter(|relationship| wanted(relationship.name))
            .map(|relationship| {
                let name = relationship.name;
                let place = (record.key.clone(), name.to_owned());
                RelationshipObject {
                    name,
                    links: vec![
                        ("self", format!("{self_link}/relationships/{name}")),
                        ("related", format!("{self_link}/{name}")),
                    ],
                    data: graph.linkage.get(&place).map(identifiers),
                }
            })
            .collect();
        Some(Resource {
            id: id.clone(),
            kind: descriptor.kind.to_owned(),
            self_link,
            attributes,
            relationships,
            meta: self.meta.clone(),
        })
    }
}

fn identifiers(linkage: &Linkage) -> Shown {
    let identifier = |key: &Key| Identifier {
        kind: key.kind.to_string(),
        id: key.id.clone(),
    };
    match linkage {
        Linkage::One(target) => Shown::One(target.as_ref().map(identifier)),
        Linkage::Many(targets) => Shown::Many(targets.iter().map(identifier).collect()),
    }
}
