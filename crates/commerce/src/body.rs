//! How typed nouns become record bodies and back: a JSON object under the API's attribute names, without the id.
//!
//! Fields that this version does not know ride in each noun's `extra` map, so a body survives a read and a write.

use jiff::Timestamp;
use kassa_money::MinorUnits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A noun that is stored as a record of its own.
pub trait Entity: Serialize + DeserializeOwned {
    /// The resource type, e.g. `orders`.
    const TYPE: &'static str;

    /// The id, which stands beside the body, not in it.
    fn id(&self) -> &str;

    /// Puts the id in place after a body was read.
    fn set_id(&mut self, id: String);

    /// The noun under `id` from its record body.
    ///
    /// # Errors
    /// When a known field has a value of another type: the body was not written by this room.
    fn from_body(
        id: impl Into<String>,
        body: &Map<String, Value>,
    ) -> Result<Self, serde_json::Error> {
        let mut entity = Self::deserialize(body)?;
        entity.set_id(id.into());
        Ok(entity)
    }

    /// The record body. Absent values are left out.
    fn to_body(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(body)) => body,
            // Every entity is a struct of plain data with string keys, which always becomes an object.
            _ => Map::new(),
        }
    }
}

macro_rules! entity {
    ($name:ident, $kind:literal) => {
        impl $crate::body::Entity for $name {
            const TYPE: &'static str = $kind;

            fn id(&self) -> &str {
                self.id.as_str()
            }

            fn set_id(&mut self, id: String) {
                self.id = id.into();
            }
        }
    };
}
pub(crate) use entity;

/// Reads an explicit `null` as the type's default: writable fields may be cleared by clients.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads an explicit `null` as `true`, for switches that are on unless somebody turned them off.
pub(crate) fn null_is_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(deserializer)?.unwrap_or(true))
}

/// The default of a switch that is on unless somebody turned it off.
pub(crate) fn on() -> bool {
    true
}

/// Leaves `false` out of bodies.
pub(crate) fn is_false(value: &bool) -> bool {
    !*value
}

/// Leaves amounts of zero out of bodies.
pub(crate) fn is_nothing(amount: &MinorUnits) -> bool {
    amount.is_zero()
}

/// Time as the API writes it: UTC with milliseconds, `2018-01-01T12:00:00.000Z`.
pub fn iso_timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Serde form of optional times in bodies.
pub(crate) mod time {
    use super::{Deserialize, Deserializer, Serializer, Timestamp, iso_timestamp};

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_str(&iso_timestamp(*at)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::<Timestamp>::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        let at: Timestamp = "2018-01-01T12:00:00.123456Z".parse().unwrap();
        assert_eq!(iso_timestamp(at), "2018-01-01T12:00:00.123Z");
        let whole: Timestamp = "2018-01-01T12:00:00Z".parse().unwrap();
        assert_eq!(iso_timestamp(whole), "2018-01-01T12:00:00.000Z");
    }
}
