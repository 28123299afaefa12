//! Who is asking: what a verified access token says, and nothing else.
//!
//! Invariant: a caller's realm comes from the token alone, so a test key can name no live row.

use kassa_storage::{Realm, Scope};

/// What kind of application the token was issued to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationKind {
    /// A front end: public client id, no secret, bound to markets.
    SalesChannel,
    /// A back office: client id and secret, every permission.
    Integration,
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Organization and mode.
    pub realm: Realm,
    /// The organization's slug, as the token names it.
    pub organization_slug: String,
    /// Id of the application record.
    pub application_id: String,
    /// What kind of application.
    pub kind: ApplicationKind,
    /// The customer who logged in, if any.
    pub customer_id: Option<String>,
    /// Markets in scope, by id; empty for an integration that may see all.
    pub market_ids: Vec<String>,
    /// Identifies the request in answers and logs.
    pub trace_id: String,
}

impl Caller {
    /// Whether this is a sales channel without a logged-in customer.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.kind == ApplicationKind::SalesChannel && self.customer_id.is_none()
    }

    /// Whether every permission is granted.
    #[must_use]
    pub fn is_integration(&self) -> bool {
        self.kind == ApplicationKind::Integration
    }

    /// The rows this caller may see, before the finer rules of each noun.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope {
            realm: self.realm.clone(),
            market: match self.kind {
                ApplicationKind::SalesChannel => self.market_ids.first().cloned(),
                ApplicationKind::Integration => None,
            },
            owner: match self.kind {
                ApplicationKind::SalesChannel => self.customer_id.clone(),
                ApplicationKind::Integration => None,
            },
        }
    }
}
