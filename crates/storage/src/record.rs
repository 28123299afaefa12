//! Records, their keys, and the realm that every row belongs to.
//!
//! Invariant: the realm leads every key, so no row of one organization, or of test mode, is ever reached by a
//! query of another organization, or of live mode.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// One organization in one mode: the leading part of every key.
///
/// Test and live data never share a row, a sequence or a claim: the mode is part of the name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Realm(String);

impl Realm {
    /// The realm of `organization` in test (`true`) or live (`false`) mode.
    #[must_use]
    pub fn new(organization: &str, test: bool) -> Self {
        Self(format!(
            "{organization}.{}",
            if test { "test" } else { "live" }
        ))
    }

    /// The realm from its stored name.
    #[must_use]
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The stored name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The organization's id.
    #[must_use]
    pub fn organization(&self) -> &str {
        self.0.rsplit_once('.').map_or(&self.0, |(id, _)| id)
    }

    /// Whether the name has both parts: an organization and a mode.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.0
            .rsplit_once('.')
            .is_some_and(|(id, mode)| !id.is_empty() && matches!(mode, "test" | "live"))
    }

    /// Whether this is the test side of the organization.
    #[must_use]
    pub fn test(&self) -> bool {
        self.0.ends_with(".test")
    }

    /// The lease bucket (0..256) of the realm's timers and outbox.
    #[must_use]
    pub fn bucket(&self) -> i64 {
        let hash = self
            .0
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        i64::from((hash ^ (hash >> 32)).to_le_bytes()[0])
    }
}

/// What a query may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Organization and mode.
    pub realm: Realm,
    /// When set, rows of other markets are invisible (rows without a market stay visible).
    pub market: Option<String>,
    /// When set, rows of other owners are invisible (rows without an owner stay visible).
    pub owner: Option<String>,
}

impl Scope {
    /// Everything in `realm`.
    #[must_use]
    pub fn realm(realm: Realm) -> Self {
        Self {
            realm,
            market: None,
            owner: None,
        }
    }
}

/// Type and id of a record, unique within its realm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The resource type, e.g. `orders`.
    pub kind: Cow<'static, str>,
    /// The id.
    pub id: String,
}

impl Key {
    /// The key of `kind` and `id`.
    #[must_use]
    pub fn new(kind: impl Into<Cow<'static, str>>, id: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
        }
    }
}

/// A stored resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Type and id.
    pub key: Key,
    /// The root whose version guards this record; equal to `key` for a root.
    pub root: Key,
    /// The root's version for a root; 0 for a child.
    pub version: i64,
    /// Schema number of `body`.
    pub schema: i64,
    /// Market that the row belongs to, for [`Scope::market`].
    pub market: Option<String>,
    /// Owner (customer id) that the row belongs to, for [`Scope::owner`].
    pub owner: Option<String>,
    /// Attributes under their API names, and `<relationship>_id` (and `<relationship>_type` where the target
    /// may be of several types) for each stored to-one relationship, `<relationship>_ids` for a stored to-many.
    pub body: Map<String, Value>,
    /// Business time of creation, microseconds since the epoch.
    pub created_at: i64,
    /// Business time of the last write, microseconds since the epoch.
    pub updated_at: i64,
}

impl Record {
    /// A new root record at schema 1.
    #[must_use]
    pub fn root(key: Key, body: Map<String, Value>, now_us: i64) -> Self {
        Self {
            root: key.clone(),
            key,
            version: 0,
            schema: 1,
            market: None,
            owner: None,
            body,
            created_at: now_us,
            updated_at: now_us,
        }
    }

    /// A new child record of `root` at schema 1.
    #[must_use]
    pub fn child(key: Key, root: Key, body: Map<String, Value>, now_us: i64) -> Self {
        Self {
            root,
            ..Self::root(key, body, now_us)
        }
    }

    /// Whether the record guards itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.key == self.root
    }

    /// A string in the body, if it is there and a string.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }

    /// An integer in the body, if it is there and an integer.
    #[must_use]
    pub fn integer(&self, field: &str) -> Option<i64> {
        self.body.get(field).and_then(Value::as_i64)
    }
}

/// One edge of a stored relationship, kept for inverse lookups.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    /// The record that holds the relationship.
    pub from: Key,
    /// The relationship's name.
    pub name: Cow<'static, str>,
    /// The record it points to.
    pub to: Key,
}
