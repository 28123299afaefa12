//! Error objects and the document that carries them.
//!
//! Invariant: the key order is the published one, and `status` is text.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// Where in the request an error sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// JSON pointer into the request document.
    Pointer(String),
    /// Name of a query parameter.
    Parameter(String),
}

/// One error.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorObject {
    /// Short and the same for every occurrence.
    pub title: String,
    /// What happened, to which object, what to do.
    pub detail: String,
    /// Published code.
    pub code: String,
    /// HTTP status.
    pub status: u16,
    /// Where, if it has a place.
    pub source: Option<Source>,
    /// Machine-readable facts; left out when empty.
    pub meta: Map<String, Value>,
}

/// `{"errors": [...]}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorDocument {
    /// The errors, at least one.
    pub errors: Vec<ErrorObject>,
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (key, place) = match self {
            Self::Pointer(pointer) => ("pointer", pointer),
            Self::Parameter(parameter) => ("parameter", parameter),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(key, place)?;
        map.end()
    }
}

impl Serialize for ErrorObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("detail", &self.detail)?;
        map.serialize_entry("code", &self.code)?;
        if let Some(source) = &self.source {
            map.serialize_entry("source", source)?;
        }
        map.serialize_entry("status", &self.status.to_string())?;
        if !self.meta.is_empty() {
            map.serialize_entry("meta", &self.meta)?;
        }
        map.end()
    }
}

impl Serialize for ErrorDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("errors", &self.errors)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_shape() {
        let mut meta = Map::new();
        meta.insert("error".to_owned(), "blank".into());
        let document = ErrorDocument {
            errors: vec![ErrorObject {
                title: "can't be blank".to_owned(),
                detail: "name - can't be blank".to_owned(),
                code: "VALIDATION_ERROR".to_owned(),
                status: 422,
                source: Some(Source::Pointer("/data/attributes/name".to_owned())),
                meta,
            }],
        };
        assert_eq!(
            serde_json::to_string(&document).unwrap(),
            concat!(
                r#"{"errors":[{"title":"can't be blank","detail":"name - can't be blank","#,
                r#""code":"VALIDATION_ERROR","source":{"pointer":"/data/attributes/name"},"#,
                r#""status":"422","meta":{"error":"blank"}}]}"#
            )
        );
    }
}
