//! A JSON object that is kept as its text.
//!
//! Invariant: the text is a whole JSON object. It takes a fraction of the room of its tree, copies share it, and writing
//! it into a snapshot or a journal is copying bytes; whoever looks inside pays for reading it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// A JSON object as text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub struct Document(Arc<RawValue>);

impl Document {
    /// The text of `object`, which serialises to a JSON object.
    pub(crate) fn of(object: &impl Serialize) -> Self {
        let text = to_raw_value(object).expect("plain data with text keys becomes JSON");
        Self(text.into())
    }

    /// Its members, in their order.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        // It was an object when it came.
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }

    /// One member, if it is there and a `T`. The others are passed over, which costs a fraction of reading them.
    pub(crate) fn member<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut text = serde_json::Deserializer::from_str(self.0.get());
        let member = Member {
            name,
            value: PhantomData,
        };
        text.deserialize_map(member).ok().flatten()
    }

    /// A string member.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.member(name)
    }
}

impl TryFrom<Box<RawValue>> for Document {
    type Error = serde_json::Error;

    fn try_from(text: Box<RawValue>) -> Result<Self, Self::Error> {
        serde_json::from_str::<Map<String, Value>>(text.get())?;
        Ok(Self(text.into()))
    }
}

/// Finds the member of this name.
struct Member<'a, T> {
    name: &'a str,
    value: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Member<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        let mut found = None;
        while let Some(wanted) = map.next_key_seed(Is(self.name))? {
            if wanted {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Whether a text is this one, without keeping it.
struct Is<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        Ok(text == self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_keep_their_order_through_text() {
        let text = r#"{"b":1,"a":{"z":"ö\n","y":[true,null,-7]}}"#;
        let document: Document = serde_json::from_str(text).unwrap();
        assert_eq!(Value::from(document.members()).to_string(), text);
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
        let again = Document::of(&document.members());
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }

    #[test]
    fn only_an_object_is_a_document() {
        for text in ["7", "[]", "null", "{", r#"{"a":1e999}"#] {
            assert!(serde_json::from_str::<Document>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_member_is_read_alone() {
        let document =
            Document::of(&json!({"a": {"locale": "no"}, "locale": "sv-SE", "amount": 1}));
        assert_eq!(document.text("locale").as_deref(), Some("sv-SE"));
        assert_eq!(document.member::<i64>("amount"), Some(1));
        assert_eq!(
            (document.text("amount"), document.text("none")),
            (None, None)
        );
    }
}
