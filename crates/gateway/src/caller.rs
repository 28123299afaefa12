//! Who is asking: what a verified access token says, and nothing else.
//!
//! Invariant: a caller's realm comes from the token alone, so a test key can name no live row.

use kassa_storage::{Realm, Scope};

/// What kind of application the token was issued to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationKind {
    /// A front end: public client id, no secret, bound to markets.
    SalesChannel,
    /// A back office: client id and secret, the permissions of its role.
    Integration,
    /// A program that a user of the organization let in: client id and secret, the permissions of that user's role.
    Webapp,
}

/// What a back office may do. Source: commerce-api, section b (admin may do everything); which others there are is
/// ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    #[default]
    Admin,
    /// Look at everything, change nothing.
    ReadOnly,
}

impl Role {
    /// The word in records, tokens and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::ReadOnly => "read_only",
        }
    }

    /// The role of a word; an unknown one may do the least.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word {
            "admin" => Self::Admin,
            _ => Self::ReadOnly,
        }
    }
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
    /// What a back office may do; a sales channel has its own rules whatever stands here.
    pub role: Role,
    /// The customer who logged in, if any.
    pub customer_id: Option<String>,
    /// Markets in scope, by id; empty for an integration that may see all.
    pub market_ids: Vec<String>,
    /// Stock locations in scope, by id; empty for all of the market's.
    pub stock_location_ids: Vec<String>,
    /// The store in scope, by id: new orders are its.
    pub store_id: Option<String>,
    /// Identifies the request in answers and logs.
    pub trace_id: String,
}

impl Caller {
    /// Whether this is a sales channel without a logged-in customer.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.kind == ApplicationKind::SalesChannel && self.customer_id.is_none()
    }

    /// Whether this is a back office, which sees every row of its realm: an integration, or a webapp that acts for a
    /// user of the organization.
    #[must_use]
    pub fn is_integration(&self) -> bool {
        self.kind != ApplicationKind::SalesChannel
    }

    /// Whether the scope lets the caller look at a market: a back office that names none looks at all.
    #[must_use]
    pub fn sees_market(&self, id: &str) -> bool {
        let unbound = self.is_integration() && self.market_ids.is_empty();
        unbound || self.market_ids.iter().any(|own| own == id)
    }

    /// The rows this caller may see, before the finer rules of each noun.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope {
            realm: self.realm.clone(),
            market: match self.kind {
                ApplicationKind::SalesChannel => self.market_ids.first().cloned(),
                ApplicationKind::Integration | ApplicationKind::Webapp => None,
            },
            owner: match self.kind {
                ApplicationKind::SalesChannel => self.customer_id.clone(),
                ApplicationKind::Integration | ApplicationKind::Webapp => None,
            },
        }
    }
}
