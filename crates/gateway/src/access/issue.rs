//! What a granted request is answered with: claims, the signed token, and the refresh token beside it.
//!
//! Invariant: a refresh token is written before the access token leaves, in one change set with the end of what it
//! replaces: the refresh token or the code before it.

use kassa_environment::base62;
use kassa_storage::{ChangeSet, Guard, Key, Put, Record, Scope, Snapshot};
use serde_json::{Map, Value, json};

use super::application::{Application, kind_word};
use super::grant::{REFRESH, REFRESH_TOKENS, oauth};
use super::jwt::{ApplicationClaim, Claims, MarketClaim, OrganizationClaim, OwnerClaim};
use super::scope::Granted;
use super::{IssuedToken, secrets, sweep};
use crate::caller::{ApplicationKind, Role};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome};

/// Seconds an access token of a sales channel lives. Source: commerce-api, section b.
const SALES_CHANNEL_SECONDS: i64 = 4 * 3600;
/// Seconds an access token of an integration or a webapp lives. Source: commerce-api, section b.
const BACK_OFFICE_SECONDS: i64 = 2 * 3600;
/// Seconds a refresh token lives: two weeks. Source: commerce-api, section b.
const REFRESH_SECONDS: i64 = 14 * 24 * 3600;

/// Whose token it is, besides the application's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// A customer of the shop, by id.
    Customer(String),
    /// Somebody of the organization, by id.
    User(String),
}

impl Owner {
    fn id(&self) -> &str {
        match self {
            Self::Customer(id) | Self::User(id) => id,
        }
    }

    /// The row that stands for the owner.
    pub(super) fn key(&self) -> Key {
        match self {
            Self::Customer(id) => Key::new("customers", id.clone()),
            Self::User(id) => Key::new(super::user::KIND, id.clone()),
        }
    }

    /// The owner that a refresh token's record names.
    pub(super) fn of(record: &Record) -> Option<Self> {
        let of = |field| record.text(field).map(ToOwned::to_owned);
        of("customer_id")
            .map(Self::Customer)
            .or_else(|| of("user_id").map(Self::User))
    }
}

/// Whom a token speaks for, and what was said besides.
#[derive(Debug, Clone)]
pub(super) struct Bearer {
    pub owner: Owner,
    /// What the owner may do: a user's role.
    pub role: Role,
    pub custom_claim: Option<Value>,
}

impl Bearer {
    /// The owner as the store knows it now.
    ///
    /// # Errors
    /// `invalid_grant` when there is no such owner (any more).
    pub(super) async fn read(
        snapshot: &mut dyn Snapshot,
        owner: Owner,
        custom_claim: Option<Value>,
    ) -> Result<Self, GatewayError> {
        let row = snapshot.record(&owner.key()).await?;
        let row = row.ok_or_else(|| oauth("invalid_grant", "the owner does not exist"))?;
        let role = match owner {
            Owner::Customer(_) => Role::Admin,
            Owner::User(_) => row.text("role").map_or(Role::ReadOnly, Role::of),
        };
        Ok(Self {
            owner,
            role,
            custom_claim,
        })
    }
}

impl Gateway {
    /// A token for somebody, with the refresh token that follows `replaces`.
    pub(super) async fn bearer_token(
        &self,
        application: &Application,
        granted: Granted,
        bearer: Bearer,
        replaces: Option<&Record>,
    ) -> Result<IssuedToken, GatewayError> {
        let mut snapshot = self
            .snapshot(&Scope::realm(application.realm.clone()))
            .await?;
        let organization = organization_claim(snapshot.as_mut(), application).await?;
        let mut set = self.change_set(&application.realm);
        sweep::see_to_it(self, snapshot.as_mut(), &mut set).await?;
        drop(snapshot);
        let refresh = self
            .new_refresh_token(application, &bearer, &granted.scope, replaces, set)
            .await?;
        let claims = self.claims(application, organization, granted, Some(bearer));
        self.signed(&claims, Some(refresh)).await
    }

    /// Writes a refresh token and ends what it replaces, in one set: each is used once.
    async fn new_refresh_token(
        &self,
        application: &Application,
        bearer: &Bearer,
        scope: &str,
        replaces: Option<&Record>,
        mut set: ChangeSet,
    ) -> Result<String, GatewayError> {
        let token = base62(self.entropy.as_ref(), 43);
        let now = self.machine.now();
        let mut body = Map::new();
        body.insert("application_id".to_owned(), application.id.clone().into());
        body.insert("scope".to_owned(), scope.into());
        let expires_at = now.as_second() + REFRESH_SECONDS;
        body.insert("expires_at".to_owned(), expires_at.into());
        let field = match bearer.owner {
            Owner::Customer(_) => "customer_id",
            Owner::User(_) => "user_id",
        };
        body.insert(field.to_owned(), bearer.owner.id().into());
        body.insert("custom_claim".to_owned(), json!(bearer.custom_claim));
        let key = Key::new(
            REFRESH_TOKENS,
            secrets::digest(&self.settings, REFRESH, &token),
        );
        set.puts.push(Put {
            record: Record::root(key, body, now.as_microsecond()),
            guard: Guard::New,
        });
        if let Some(old) = replaces {
            set.deletes.push((old.key.clone(), Guard::At(old.version)));
        }
        match self.commit(set).await? {
            Outcome::Done => Ok(token),
            Outcome::Conflict(_) | Outcome::Refused(_) => Err(oauth(
                "invalid_grant",
                "the refresh token or code was used by somebody else",
            )),
        }
    }

    /// What a token says.
    pub(super) fn claims(
        &self,
        application: &Application,
        organization: OrganizationClaim,
        granted: Granted,
        bearer: Option<Bearer>,
    ) -> Claims {
        let now = self.machine.now().as_second();
        let lifetime = match application.kind {
            ApplicationKind::SalesChannel => SALES_CHANNEL_SECONDS,
            ApplicationKind::Integration | ApplicationKind::Webapp => BACK_OFFICE_SECONDS,
        };
        let role = match (&bearer, application.kind) {
            (_, ApplicationKind::SalesChannel) => Role::Admin,
            (Some(bearer), _) => bearer.role,
            (None, _) => application.role,
        };
        let (owner, custom_claim) = match bearer {
            Some(bearer) => (Some(owner_claim(&bearer.owner)), bearer.custom_claim),
            None => (None, None),
        };
        Claims {
            organization,
            application: ApplicationClaim {
                id: application.id.clone(),
                client_id: application.client_id.clone(),
                kind: kind_word(application.kind).to_owned(),
                public: application.is_public(),
                confidential: !application.is_public(),
            },
            market: (!granted.market_ids.is_empty()).then_some(MarketClaim {
                id: granted.market_ids,
                stock_location_ids: granted.stock_location_ids,
                store_id: granted.store_id,
                geocoder_id: None,
                allows_external_prices: false,
            }),
            owner,
            custom_claim,
            role: (role != Role::Admin).then(|| role.word().to_owned()),
            scope: granted.scope,
            exp: now + lifetime,
            iat: now,
            rand: base62(self.entropy.as_ref(), 20),
            test: application.realm.test(),
            iss: self.issuer(),
        }
    }

    /// The answer with the signed token.
    pub(super) async fn signed(
        &self,
        claims: &Claims,
        refresh_token: Option<String>,
    ) -> Result<IssuedToken, GatewayError> {
        let owner = claims.owner.as_ref();
        Ok(IssuedToken {
            access_token: self.signing_key().await?.sign(claims)?,
            token_type: "Bearer",
            expires_in: claims.exp - claims.iat,
            scope: claims.scope.clone(),
            created_at: claims.iat,
            owner_id: owner.map(|owner| owner.id.clone()),
            owner_type: owner.map(|owner| match owner.kind.as_str() {
                "User" => "user",
                _ => "customer",
            }),
            refresh_token,
        })
    }

    /// Who signs our tokens.
    pub(super) fn issuer(&self) -> String {
        format!("https://auth.{}", self.settings.domain)
    }
}

fn owner_claim(owner: &Owner) -> OwnerClaim {
    let kind = match owner {
        Owner::Customer(_) => "Customer",
        Owner::User(_) => "User",
    };
    OwnerClaim {
        id: owner.id().to_owned(),
        kind: kind.to_owned(),
    }
}

/// What a token says of its organization.
pub(super) async fn organization_claim(
    snapshot: &mut dyn Snapshot,
    application: &Application,
) -> Result<OrganizationClaim, GatewayError> {
    let id = application.realm.organization();
    let record = snapshot
        .record(&Key::new("organizations", id))
        .await?
        .ok_or_else(|| oauth("invalid_client", "the client's organization is gone"))?;
    Ok(OrganizationClaim {
        id: id.to_owned(),
        slug: record.text("slug").unwrap_or_default().to_owned(),
        enterprise: false,
        region: "local".to_owned(),
    })
}
