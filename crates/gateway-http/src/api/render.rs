//! Records as documents.
//!
//! Invariant: attributes and relationships stand in the order of the descriptor; a relationship carries `data`
//! exactly when the graph has linkage for it.

use kassa_gateway::shop::graph::{Graph, Linkage, Selection};
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{Caller, Gateway, GatewayError};
use kassa_jsonapi::{Document, Links, Primary, Query, Resource, ShownLinkage, page_links};
use kassa_storage::{Descriptor, Key, Record};
use serde::ser::SerializeMap;
use serde_json::{Map, Value};

use super::value::Shown;

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
    bytes(&renderer.document(graph, &Query::default(), ""))
}

/// A document as it goes out.
///
/// # Errors
/// When it cannot be written, which is a fault of ours.
pub(super) fn bytes(document: &Document<'_, Row<'_>>) -> Result<Vec<u8>, GatewayError> {
    let mut bytes = Vec::with_capacity(ROOM + RESOURCE * document.included.len());
    serde_json::to_writer(&mut bytes, document).map_err(|error| {
        GatewayError::Internal(format!("a document cannot be written: {error}"))
    })?;
    Ok(bytes)
}

/// Bytes that a document takes at first: an order with all its attributes and links.
const ROOM: usize = 16 * 1024;
/// Bytes for each resource that came along.
const RESOURCE: usize = 2 * 1024;

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
    pub(crate) fn document<'g>(
        &'g self,
        graph: &'g Graph,
        query: &Query,
        path: &str,
    ) -> Document<'g, Row<'g>> {
        let mut resources = self.rows(&graph.primary, graph);
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
            Primary::One(resources.pop())
        };
        meta.extend(self.meta.clone());
        Document {
            data,
            included: self.rows(&graph.included, graph),
            links,
            meta,
            resource_meta: &self.meta,
        }
    }

    /// The identifier form of one relationship.
    pub(crate) fn identifiers<'g>(
        &'g self,
        graph: &'g Graph,
        descriptor: &Descriptor,
        id: &str,
        relationship: &'static str,
    ) -> Document<'g, Row<'g>> {
        let own = graph.primary.first().map_or_else(
            || Key::new(descriptor.kind, id),
            |record| record.key.clone(),
        );
        let linkage = graph.linkage.get(&own, relationship);
        let url = format!("{}/api/{}/{id}", self.base, descriptor.kind);
        Document {
            data: Primary::Linkage(linkage.map_or(ShownLinkage::One(None), identifiers)),
            included: Vec::new(),
            links: vec![
                ("self", format!("{url}/relationships/{relationship}")),
                ("related", format!("{url}/{relationship}")),
            ],
            meta: self.meta.clone(),
            resource_meta: &self.meta,
        }
    }

    /// Records as resources; one of a type that is not served, which the gateway never hands out, is left out.
    fn rows<'g>(&'g self, records: &'g [Record], graph: &'g Graph) -> Vec<Row<'g>> {
        let of = |record: &'g Record| {
            let descriptor = registry().find(&record.key.kind)?;
            let id = &record.key.id;
            let url = if descriptor.singleton {
                format!("{}/api/{}", self.base, descriptor.singular)
            } else {
                format!("{}/api/{}/{id}", self.base, descriptor.kind)
            };
            Some(Row {
                record,
                graph,
                descriptor,
                fields: self
                    .selection
                    .fields
                    .get(descriptor.kind)
                    .map(Vec::as_slice),
                url,
            })
        };
        records.iter().filter_map(of).collect()
    }
}

/// A record as a resource of a document.
pub(crate) struct Row<'g> {
    record: &'g Record,
    graph: &'g Graph,
    descriptor: &'static Descriptor,
    /// The sparse fieldset of its type.
    fields: Option<&'g [String]>,
    url: String,
}

impl Row<'_> {
    fn wanted(&self, name: &str) -> bool {
        self.fields
            .is_none_or(|names| names.iter().any(|field| field == name))
    }
}

impl Resource for Row<'_> {
    fn id(&self) -> &str {
        &self.record.key.id
    }

    fn kind(&self) -> &str {
        self.descriptor.kind
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn attributes<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let record = self.record;
        for attribute in self.descriptor.attributes {
            if attribute.read && self.wanted(attribute.name) {
                map.serialize_entry(attribute.name, &Shown { attribute, record })?;
            }
        }
        Ok(())
    }

    fn relationships(&self) -> impl Iterator<Item = (&'static str, Option<ShownLinkage<'_>>)> {
        let wanted = self.descriptor.relationships.iter();
        wanted
            .map(|relationship| relationship.name)
            .filter(|name| self.wanted(name))
            .map(|name| {
                let linkage = self.graph.linkage.get(&self.record.key, name);
                (name, linkage.map(identifiers))
            })
    }
}

fn identifiers(linkage: &Linkage) -> ShownLinkage<'_> {
    match linkage {
        Linkage::One(target) => ShownLinkage::One(target.as_ref().map(identifier)),
        Linkage::Many(targets) => ShownLinkage::Many(targets.iter().map(identifier).collect()),
    }
}

fn identifier(key: &Key) -> (&str, &str) {
    (&key.kind, &key.id)
}
