//! Request documents: `{"data": {"type", "id", "attributes", "relationships"}}`.
//!
//! Invariant: what passes has the JSON:API shape; names and values are still the sender's.

use serde_json::{Map, Value};

use crate::document::Identifier;
use crate::error::Source;
use crate::fault::{Fault, pointer_token};

/// A parsed POST or PATCH body.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestDocument {
    /// `data.type`.
    pub kind: String,
    /// `data.id`, if sent.
    pub id: Option<String>,
    /// `data.attributes`, empty when left out.
    pub attributes: Map<String, Value>,
    /// `data.relationships`, in the order sent.
    pub relationships: Vec<(String, Linkage)>,
}

/// Resource linkage of one relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linkage {
    /// One target, or `null`.
    One(Option<Identifier>),
    /// Several.
    Many(Vec<Identifier>),
}

impl RequestDocument {
    /// Reads a body.
    ///
    /// # Errors
    /// `INVALID_DATA_FORMAT` for what is no JSON or has no JSON:API shape, `PARAM_MISSING` for a missing `data` or
    /// `type`, `INVALID_LINKS_OBJECT` for a relationship without proper linkage.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let root: Value = serde_json::from_slice(body).map_err(|error| Fault {
            code: "INVALID_DATA_FORMAT",
            detail: if body.is_empty() {
                "the body is empty; send a JSON:API document".to_owned()
            } else {
                format!("the body is not valid JSON: {error}")
            },
            source: Some(Source::Pointer(String::new())),
        })?;
        let Value::Object(mut root) = root else {
            return Err(shape("", "the document must be an object"));
        };
        let data = match root.remove("data") {
            Some(Value::Object(data)) => data,
            Some(_) => return Err(shape("/data", "`data` must be one resource object")),
            None => return Err(missing("/data", "data")),
        };
        Self::from_data(data)
    }

    fn from_data(mut data: Map<String, Value>) -> Result<Self, Fault> {
        let kind = match data.remove("type") {
            Some(Value::String(kind)) if !kind.is_empty() => kind,
            Some(Value::Null) | None => return Err(missing("/data/type", "type")),
            Some(_) => return Err(shape("/data/type", "`type` must be text")),
        };
        let id = match data.remove("id") {
            Some(Value::String(id)) => Some(id),
            Some(Value::Null) | None => None,
            Some(_) => return Err(shape("/data/id", "`id` must be text")),
        };
        let attributes = match data.remove("attributes") {
            Some(Value::Object(attributes)) => attributes,
            Some(Value::Null) | None => Map::new(),
            Some(_) => {
                return Err(shape("/data/attributes", "`attributes` must be an object"));
            }
        };
        let relationships = match data.remove("relationships") {
            Some(Value::Object(relationships)) => relationships
                .into_iter()
                .map(|(name, value)| linkage(&name, value).map(|linkage| (name, linkage)))
                .collect::<Result<Vec<_>, Fault>>()?,
            Some(Value::Null) | None => Vec::new(),
            Some(_) => {
                return Err(shape(
                    "/data/relationships",
                    "`relationships` must be an object",
                ));
            }
        };
        Ok(Self {
            kind,
            id,
            attributes,
            relationships,
        })
    }
}

fn linkage(name: &str, value: Value) -> Result<Linkage, Fault> {
    let place = format!("/data/relationships/{}", pointer_token(name));
    let Value::Object(mut object) = value else {
        return Err(links(
            &place,
            "a relationship must be an object with `data`",
        ));
    };
    match object.remove("data") {
        Some(Value::Null) => Ok(Linkage::One(None)),
        Some(Value::Array(items)) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| identifier(&format!("{place}/data/{index}"), item))
            .collect::<Result<_, _>>()
            .map(Linkage::Many),
        Some(item) => {
            identifier(&format!("{place}/data"), item).map(|found| Linkage::One(Some(found)))
        }
        None => Err(links(&place, "a relationship must carry `data`")),
    }
}

fn identifier(place: &str, value: Value) -> Result<Identifier, Fault> {
    let Value::Object(mut object) = value else {
        return Err(links(
            place,
            "linkage must be a resource identifier with `type` and `id`",
        ));
    };
    let mut member = |name: &str| match object.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(links(
            &format!("{place}/{name}"),
            &format!("a resource identifier needs `{name}` as text"),
        )),
    };
    Ok(Identifier {
        kind: member("type")?,
        id: member("id")?,
    })
}

fn shape(pointer: &str, detail: &str) -> Fault {
    Fault::pointer("INVALID_DATA_FORMAT", pointer, detail)
}

fn missing(pointer: &str, name: &str) -> Fault {
    Fault::pointer(
        "PARAM_MISSING",
        pointer,
        format!("the required member `{name}` is missing"),
    )
}

fn links(pointer: &str, detail: &str) -> Fault {
    Fault::pointer("INVALID_LINKS_OBJECT", pointer, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (&'static str, String) {
        let fault = RequestDocument::parse(body.as_bytes()).unwrap_err();
        match fault.source {
            Some(Source::Pointer(pointer)) => (fault.code, pointer),
            other => panic!("no pointer: {other:?}"),
        }
    }

    #[test]
    fn a_whole_document() {
        let document = RequestDocument::parse(
            br#"{"data":{"type":"orders","id":"aBc","attributes":{"_place":true},
                "relationships":{"a":{"data":null},"b":{"data":{"type":"t","id":"1"}},"c":{"data":[{"type":"t","id":"2"}]}}}}"#,
        )
        .unwrap();
        assert_eq!(document.kind, "orders");
        assert_eq!(document.id.as_deref(), Some("aBc"));
        assert_eq!(document.attributes["_place"], true);
        let target = |id: &str| Identifier {
            kind: "t".to_owned(),
            id: id.to_owned(),
        };
        assert_eq!(
            document.relationships,
            vec![
                ("a".to_owned(), Linkage::One(None)),
                ("b".to_owned(), Linkage::One(Some(target("1")))),
                ("c".to_owned(), Linkage::Many(vec![target("2")])),
            ]
        );
    }

    #[test]
    fn faults_name_their_place() {
        let format = "INVALID_DATA_FORMAT";
        let missing = "PARAM_MISSING";
        let links = "INVALID_LINKS_OBJECT";
        for (body, code, pointer) in [
            ("", format, ""),
            ("{", format, ""),
            ("[]", format, ""),
            ("{}", missing, "/data"),
            (r#"{"data":[]}"#, format, "/data"),
            (r#"{"data":{}}"#, missing, "/data/type"),
            (r#"{"data":{"type":7}}"#, format, "/data/type"),
            (r#"{"data":{"type":"a","id":7}}"#, format, "/data/id"),
            (
                r#"{"data":{"type":"a","attributes":[]}}"#,
                format,
                "/data/attributes",
            ),
            (
                r#"{"data":{"type":"a","relationships":[]}}"#,
                format,
                "/data/relationships",
            ),
            (
                r#"{"data":{"type":"a","relationships":{"b/c":1}}}"#,
                links,
                "/data/relationships/b~1c",
            ),
            (
                r#"{"data":{"type":"a","relationships":{"b":{}}}}"#,
                links,
                "/data/relationships/b",
            ),
            (
                r#"{"data":{"type":"a","relationships":{"b":{"data":[{"type":"t"}]}}}}"#,
                links,
                "/data/relationships/b/data/0/id",
            ),
        ] {
            assert_eq!(refused(body), (code, pointer.to_owned()), "{body}");
        }
    }
}
