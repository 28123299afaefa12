//! Payment sessions: create, update, read, and how they end.
//!
//! Invariant: `body` is what the shop's server sent and the only thing an order is later matched against; what the
//! shopper typed is kept beside it in `collected` and only shown.

use std::sync::Arc;

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client_token;
use super::document::Document;
use super::fields::{self, merge};
use super::ids;
use super::kept::Kept;
use super::market::{self, ConsideredCategory, Market, Purchase};
use super::reply::{Outcome, Reply, bad_request};
use super::{World, schema, time, tombstone, validation};

/// One payment session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// `session_id`.
    pub id: Arc<str>,
    /// The token for the browser.
    pub client_token: Box<str>,
    /// What the shop sent, merged over updates and validated as a whole.
    pub body: Document,
    /// Customer data that arrived with an authorization; never matched against the order.
    pub collected: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops existing.
    pub expires_at: Timestamp,
    /// The newest authorization token.
    pub authorization_token: Option<String>,
    /// An approval that waits for `finalize`.
    pub awaiting_finalize: Option<Box<super::shopper::Approval>>,
    /// Set once an order (or, for `tokenize`, a customer token) came out of it.
    pub completed: bool,
}

/// The sound cart of a session.
pub(super) struct SessionCart<'a> {
    market: &'static Market,
    /// In Klarna's letter case; `en-US` where none was sent.
    locale: &'static str,
    body: &'a Map<String, Value>,
}

impl SessionCart<'_> {
    /// What is kept of it; `defaults` stand where nothing was sent.
    fn document(&self, defaults: &[(&'static str, &str)]) -> Document {
        let mut own = vec![
            ("purchase_country", self.market.country),
            ("purchase_currency", self.market.currency),
            ("locale", self.locale),
        ];
        let absent = |name: &str| fields::present(self.body, name).is_none();
        own.extend(defaults.iter().filter(|(name, _)| absent(name)));
        Document::of(&Kept {
            sent: self.body,
            described: [schema::MARKET, schema::SESSION],
            own: &own,
        })
    }
}

impl Session {
    /// The intent; a session without one buys.
    #[must_use]
    pub fn intent(&self) -> String {
        self.body.text("intent").unwrap_or_else(|| "buy".to_owned())
    }

    /// A URL of `merchant_urls`, unless it is empty.
    #[must_use]
    pub fn merchant_url(&self, name: &str) -> Option<String> {
        let urls: Map<String, Value> = self.body.member("merchant_urls")?;
        let url = fields::text(&urls, name).filter(|url| !url.is_empty());
        url.map(str::to_owned)
    }
}

impl World {
    pub(super) fn create_session(
        &mut self,
        body: &Value,
        public_url: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let body = body.as_object().ok_or_else(bad_request)?;
        let cart = self.session_cart(body)?;
        self.bury_expired_sessions(now, tombstone::AT_ONCE);
        let id = ids::marked(self.origin.mark, entropy, 3);
        let client_token = client_token::mint(
            &client_token::Claims {
                session_id: &id,
                public_url,
                merchant_name: &self.merchant_name,
                market: cart.market,
                locale: cart.locale,
            },
            entropy,
        );
        let answer = json!({
            "session_id": id,
            "client_token": client_token,
            "payment_method_categories": self.categories(body, public_url),
        });
        let id: Arc<str> = id.into();
        let session = Session {
            id: Arc::clone(&id),
            client_token: client_token.into(),
            body: cart.document(&[("acquiring_channel", "ECOMMERCE")]),
            collected: Map::new(),
            created_at: now,
            expires_at: time::after(now, time::SESSION),
            authorization_token: None,
            awaiting_finalize: None,
            completed: false,
        };
        self.session_queue.push_back(Arc::clone(&id));
        self.sessions.insert(id, Arc::new(session));
        Ok(Reply::json(200, answer))
    }

    pub(super) fn update_session(&mut self, id: &str, body: &Value, now: Timestamp) -> Outcome {
        let session = self.session(id, now)?;
        if session.completed {
            return Err(session_completed());
        }
        let sent = body.as_object().ok_or_else(bad_request)?;
        let mut merged = session.body.members();
        for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
            merged.insert(name.clone(), value.clone());
        }
        // A locale that came from the default is no statement of the shop.
        if !sent.contains_key("locale") && fields::text(&merged, "locale") == Some("en-US") {
            merged.remove("locale");
        }
        let body = self.session_cart(&merged)?.document(&[]);
        if let Some(session) = self.session_mut(id) {
            session.body = body;
        }
        Ok(Reply::empty(204))
    }

    pub(super) fn read_session(&self, id: &str, public_url: &str, now: Timestamp) -> Outcome {
        let session = self.session(id, now)?;
        let mut shown = session.body.members();
        let categories = self.categories(&shown, public_url);
        let customer = shown_customer(session, &shown);
        if session.authorization_token.is_some() {
            merge(&mut shown, &session.collected);
        } else {
            // Personal data is shown only once the session was authorized.
            shown.remove("billing_address");
            shown.remove("shipping_address");
        }
        match customer {
            Some(customer) => shown.insert("customer".into(), customer.into()),
            None => shown.remove("customer"),
        };
        shown.insert("client_token".into(), (*session.client_token).into());
        shown.insert("expires_at".into(), time::wire(session.expires_at).into());
        let status = if session.completed {
            "complete"
        } else {
            "incomplete"
        };
        shown.insert("status".into(), status.into());
        shown.insert("payment_method_categories".into(), categories);
        if let Some(token) = self.live_token(session, now) {
            shown.insert("authorization_token".into(), token.into());
        }
        Ok(Reply::json(200, shown.into()))
    }

    /// The offered categories as the session answers list them.
    pub(super) fn categories(&self, body: &Map<String, Value>, public_url: &str) -> Value {
        let image = format!("{public_url}/kp/assets/badge.svg");
        self.considered(body)
            .into_iter()
            .filter(|category| category.offered)
            .map(|category| {
                json!({
                    "identifier": category.identifier,
                    "name": market::category_name(&category.identifier),
                    "asset_urls": {"descriptive": image, "standard": image},
                })
            })
            .collect()
    }

    /// Every category for a session's body, with what speaks against it.
    pub(super) fn considered(&self, body: &Map<String, Value>) -> Vec<ConsideredCategory> {
        let country = fields::text(body, "purchase_country").unwrap_or_default();
        let Some(market) = market::of_country(country) else {
            return Vec::new();
        };
        let purchase = Purchase {
            market,
            intent: fields::text(body, "intent").unwrap_or("buy"),
            amount: fields::integer(body, "order_amount").unwrap_or(0),
        };
        market::considered(&self.settings.categories, purchase)
    }

    /// A session, to change it.
    pub(super) fn session_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.get_mut(id).map(Arc::make_mut)
    }

    /// A session that exists and has not expired.
    pub(super) fn session(&self, id: &str, now: Timestamp) -> Result<&Session, Reply> {
        self.sessions
            .get(id)
            .map(Arc::as_ref)
            .filter(|session| now < session.expires_at)
            .ok_or_else(|| Reply::error(404, "NOT_FOUND", "Invalid session id"))
    }

    /// The cart of a session, or why there can be no session for it.
    pub(super) fn session_cart<'a>(
        &self,
        body: &'a Map<String, Value>,
    ) -> Result<SessionCart<'a>, Reply> {
        let market = validation::sound_market(body, schema::SESSION, &self.settings)?;
        self.check_subscription(body)?;
        self.check_step_up(body)?;
        let locale = fields::text(body, "locale").and_then(|own| market.canonical_locale(own));
        Ok(SessionCart {
            market,
            locale: locale.unwrap_or("en-US"),
            body,
        })
    }

    /// With the switch on, tokenizing intents need a `subscription` on at least one line.
    fn check_subscription(&self, body: &Map<String, Value>) -> Result<(), Reply> {
        let tokenizes =
            fields::text(body, "intent").is_some_and(|intent| intent.contains("tokenize"));
        if !self.settings.require_subscription || !tokenizes {
            return Ok(());
        }
        let subscribed = fields::list(body, "order_lines")
            .iter()
            .any(|line| line.get("subscription").is_some_and(Value::is_object));
        if subscribed {
            Ok(())
        } else {
            Err(super::reply::bad_value(&[
                "order_lines[0].subscription".to_owned()
            ]))
        }
    }
}

/// `customer_read`: no national identification number, no social security digits, nothing before authorization.
fn shown_customer(session: &Session, body: &Map<String, Value>) -> Option<Map<String, Value>> {
    session.authorization_token.as_ref()?;
    let mut customer = fields::object(body, "customer")
        .cloned()
        .unwrap_or_default();
    if let Some(collected) = fields::object(&session.collected, "customer") {
        merge(&mut customer, collected);
    }
    customer.remove("national_identification_number");
    customer.remove("last_four_ssn");
    (!customer.is_empty()).then_some(customer)
}

/// The answer to everything that would continue a session which already produced its order.
pub(super) fn session_completed() -> Reply {
    Reply::error(
        404,
        "SESSION_COMPLETED",
        "Session has already been completed",
    )
}
