//! Answers: resources, relationships, links, and the document around them, written straight from where they lie.
//!
//! Invariant: members appear in the published order; an included, empty relationship is `null` or `[]`, one that
//! was not included has no `data` at all. No tree is built in between: a document borrows what it shows.

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

/// A resource as a document shows it.
pub trait Resource {
    /// Its id.
    fn id(&self) -> &str;
    /// Its type.
    fn kind(&self) -> &str;
    /// `links.self`; the links of relationships begin with it.
    fn url(&self) -> &str;
    /// Writes the attributes, in the order in which they shall appear.
    ///
    /// # Errors
    /// Those of `map`.
    fn attributes<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
    /// The relationships in the order in which they shall appear, with linkage where it was asked for.
    fn relationships(&self) -> impl Iterator<Item = (&'static str, Option<Linkage<'_>>)>;
}

/// Where an included relationship leads: types and ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linkage<'a> {
    /// To one, or `null`.
    One(Option<(&'a str, &'a str)>),
    /// To several.
    Many(Vec<(&'a str, &'a str)>),
}

/// The primary data of an answer.
#[derive(Debug)]
pub enum Primary<'a, R> {
    /// One resource, or `null`.
    One(Option<R>),
    /// A list.
    Many(Vec<R>),
    /// Identifiers only, as the relationship routes answer.
    Linkage(Linkage<'a>),
}

/// A whole answer.
#[derive(Debug)]
pub struct Document<'a, R> {
    /// What was asked for.
    pub data: Primary<'a, R>,
    /// What came along; the member is left out when nothing did.
    pub included: Vec<R>,
    /// Top-level links; left out when empty.
    pub links: Links,
    /// Top-level `meta`; left out when empty.
    pub meta: Map<String, Value>,
    /// The `meta` of each resource.
    pub resource_meta: &'a Map<String, Value>,
}

struct AsMap<'a>(&'a Links);

impl Serialize for AsMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, url)| (name, url)))
    }
}

/// The address of something below a resource.
struct Below<'a>(&'a str, &'static str, &'static str);

impl Serialize for Below<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(url, route, name) = self;
        serializer.collect_str(&format_args!("{url}/{route}{name}"))
    }
}

/// `links` of a relationship.
struct RelationshipLinks<'a>(&'a str, &'static str);

impl Serialize for RelationshipLinks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(url, name) = self;
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("self", &Below(url, "relationships/", name))?;
        map.serialize_entry("related", &Below(url, "", name))?;
        map.end()
    }
}

struct Relationship<'a> {
    url: &'a str,
    name: &'static str,
    data: Option<Linkage<'a>>,
}

impl Serialize for Relationship<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("links", &RelationshipLinks(self.url, self.name))?;
        if let Some(data) = &self.data {
            map.serialize_entry("data", data)?;
        }
        map.end()
    }
}

struct ShownIdentifier<'a>((&'a str, &'a str));

impl Serialize for ShownIdentifier<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, id) = self.0;
        serializer.collect_map([("type", kind), ("id", id)])
    }
}

impl Serialize for Linkage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(target) => target.map(ShownIdentifier).serialize(serializer),
            Self::Many(targets) => {
                serializer.collect_seq(targets.iter().map(|target| ShownIdentifier(*target)))
            }
        }
    }
}

struct Attributes<'a, R>(&'a R);

impl<R: Resource> Serialize for Attributes<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.attributes(&mut map)?;
        map.end()
    }
}

struct Relationships<'a, R>(&'a R);

impl<R: Resource> Serialize for Relationships<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let url = self.0.url();
        let all = self.0.relationships();
        serializer.collect_map(all.map(|(name, data)| (name, Relationship { url, name, data })))
    }
}

struct Shown<'a, R> {
    resource: &'a R,
    meta: &'a Map<String, Value>,
}

impl<R: Resource> Serialize for Shown<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { resource, meta } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", resource.id())?;
        map.serialize_entry("type", resource.kind())?;
        map.serialize_entry("links", &SelfLink(resource.url()))?;
        map.serialize_entry("attributes", &Attributes(*resource))?;
        map.serialize_entry("relationships", &Relationships(*resource))?;
        map.serialize_entry("meta", meta)?;
        map.end()
    }
}

struct SelfLink<'a>(&'a str);

impl Serialize for SelfLink<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("self", self.0)])
    }
}

struct List<'a, R> {
    resources: &'a [R],
    meta: &'a Map<String, Value>,
}

impl<R: Resource> Serialize for List<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meta = self.meta;
        let all = self.resources.iter();
        serializer.collect_seq(all.map(|resource| Shown { resource, meta }))
    }
}

struct Data<'a, R> {
    primary: &'a Primary<'a, R>,
    meta: &'a Map<String, Value>,
}

impl<R: Resource> Serialize for Data<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meta = self.meta;
        match self.primary {
            Primary::One(resource) => {
                let shown = resource.as_ref().map(|resource| Shown { resource, meta });
                shown.serialize(serializer)
            }
            Primary::Many(resources) => List { resources, meta }.serialize(serializer),
            Primary::Linkage(linkage) => linkage.serialize(serializer),
        }
    }
}

impl<R: Resource> Serialize for Document<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meta = self.resource_meta;
        let mut map = serializer.serialize_map(None)?;
        let primary = &self.data;
        map.serialize_entry("data", &Data { primary, meta })?;
        if !self.included.is_empty() {
            let resources = &self.included;
            map.serialize_entry("included", &List { resources, meta })?;
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

    struct Thing;

    impl Resource for Thing {
        fn id(&self) -> &str {
            "aBc"
        }

        fn kind(&self) -> &str {
            "things"
        }

        fn url(&self) -> &str {
            "https://h/api/things/aBc"
        }

        fn attributes<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
            map.serialize_entry("number", &7)?;
            map.serialize_entry("about", &Value::Null)
        }

        fn relationships(&self) -> impl Iterator<Item = (&'static str, Option<Linkage<'_>>)> {
            let part = ("parts", "x");
            [
                ("plain", None),
                ("empty", Some(Linkage::One(None))),
                ("none", Some(Linkage::Many(Vec::new()))),
                ("some", Some(Linkage::Many(vec![part]))),
            ]
            .into_iter()
        }
    }

    #[test]
    fn members_in_published_order_and_empty_linkage_told_apart() {
        let document = Document {
            data: Primary::One(Some(Thing)),
            included: Vec::new(),
            links: Vec::new(),
            meta: Map::new(),
            resource_meta: &Map::new(),
        };
        let links = |name: &str| {
            format!(
                r#""links":{{"self":"https://h/api/things/aBc/relationships/{name}","related":"https://h/api/things/aBc/{name}"}}"#
            )
        };
        let wanted = [
            r#"{"data":{"id":"aBc","type":"things","links":{"self":"https://h/api/things/aBc"},"#,
            r#""attributes":{"number":7,"about":null},"relationships":{"#,
            &format!(r#""plain":{{{}}},"#, links("plain")),
            &format!(r#""empty":{{{},"data":null}},"#, links("empty")),
            &format!(r#""none":{{{},"data":[]}},"#, links("none")),
            &format!(
                r#""some":{{{},"data":[{{"type":"parts","id":"x"}}]}}}},"#,
                links("some")
            ),
            r#""meta":{}}}"#,
        ];
        assert_eq!(serde_json::to_string(&document).unwrap(), wanted.concat());
    }
}
