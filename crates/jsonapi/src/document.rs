//! Answers: resources, relationships, links, and the document around them.
//!
//! Invariant: members appear in the published order; an included, empty relationship is `null` or `[]`, one that
//! was not included has no `data` at all.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// Type and id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// The type.
    pub kind: String,
    /// The id.
    pub id: String,
}

/// Links by name, in the order they are written.
pub type Links = Vec<(&'static str, String)>;

/// One relationship of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationshipObject {
    /// Its name.
    pub name: &'static str,
    /// `self` and `related`.
    pub links: Links,
    /// Linkage when it was asked for.
    pub data: Option<crate::request::Linkage>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// `links.self`.
    pub self_link: String,
    /// Attributes, in the order they are written.
    pub attributes: Map<String, Value>,
    /// Relationships, in the order they are written.
    pub relationships: Vec<RelationshipObject>,
    /// `meta`.
    pub meta: Map<String, Value>,
}

/// The primary data of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Primary {
    /// One resource, or `null`.
    One(Option<Box<Resource>>),
    /// A list.
    Many(Vec<Resource>),
    /// Identifiers only, as the relationship routes answer.
    Linkage(crate::request::Linkage),
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What was asked for.
    pub data: Primary,
    /// What came along; the member is left out when nothing did.
    pub included: Vec<Resource>,
    /// Top-level links; left out when empty.
    pub links: Links,
    /// Top-level `meta`; left out when empty.
    pub meta: Map<String, Value>,
}

struct AsMap<'a>(&'a Links);

impl Serialize for AsMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, url)| (name, url)))
    }
}

struct SelfLink<'a>(&'a str);

impl Serialize for SelfLink<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("self", self.0)])
    }
}

struct Relationships<'a>(&'a [RelationshipObject]);

impl Serialize for Relationships<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|object| (object.name, object)))
    }
}

impl Serialize for RelationshipObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("links", &AsMap(&self.links))?;
        if let Some(data) = &self.data {
            map.serialize_entry("data", data)?;
        }
        map.end()
    }
}

impl Serialize for crate::request::Linkage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(target) => target.serialize(serializer),
            Self::Many(targets) => targets.serialize(serializer),
        }
    }
}

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("type", &self.kind), ("id", &self.id)])
    }
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("links", &SelfLink(&self.self_link))?;
        map.serialize_entry("attributes", &self.attributes)?;
        map.serialize_entry("relationships", &Relationships(&self.relationships))?;
        map.serialize_entry("meta", &self.meta)?;
        map.end()
    }
}

impl Serialize for Primary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(resource) => resource.serialize(serializer),
            Self::Many(resources) => resources.serialize(serializer),
            Self::Linkage(linkage) => linkage.serialize(serializer),
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("data", &self.data)?;
        if !self.included.is_empty() {
            map.serialize_entry("included", &self.included)?;
        }
        if !self.meta.is_empty() {
            map.serialize_entry("meta", &self.meta)?;
        }
        if !self.links.is_empty() {
            map.serialize_entry("links", &AsMap(&self.links))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Linkage;

    fn order() -> Resource {
        let mut attributes = Map::new();
        attributes.insert("number".to_owned(), 7.into());
        attributes.insert("about".to_owned(), Value::Null);
        let relationship = |name, data| RelationshipObject {
            name,
            links: vec![("self", "s".to_owned()), ("related", "r".to_owned())],
            data,
        };
        Resource {
            id: "aBc".to_owned(),
            kind: "things".to_owned(),
            self_link: "https://h/api/things/aBc".to_owned(),
            attributes,
            relationships: vec![
                relationship("plain", None),
                relationship("empty", Some(Linkage::One(None))),
                relationship("none", Some(Linkage::Many(Vec::new()))),
            ],
            meta: Map::new(),
        }
    }

    #[test]
    fn members_in_published_order_and_empty_linkage_told_apart() {
        let document = Document {
            data: Primary::One(Some(Box::new(order()))),
            included: Vec::new(),
            links: Vec::new(),
            meta: Map::new(),
        };
        assert_eq!(
            serde_json::to_string(&document).unwrap(),
            concat!(
                r#"{"data":{"id":"aBc","type":"things","links":{"self":"https://h/api/things/aBc"},"#,
                r#""attributes":{"number":7,"about":null},"relationships":{"#,
                r#""plain":{"links":{"self":"s","related":"r"}},"#,
                r#""empty":{"links":{"self":"s","related":"r"},"data":null},"#,
                r#""none":{"links":{"self":"s","related":"r"},"data":[]}},"meta":{}}}"#
            )
        );
    }
}
