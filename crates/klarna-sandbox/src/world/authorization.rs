//! Authorization tokens: what they were granted for, how they are used up, how they are given back.
//!
//! Invariant: a session has at most one live token, the newest. One token makes at most one order and at most one
//! customer token, and remembers the body and the answer of both.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::Document;
use super::reply::{Outcome, Reply};
use super::session::Session;
use super::shopper::Approval;
use super::{World, time};

/// One granted authorization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authorization {
    /// The session that it came from.
    pub session_id: String,
    /// The session's body at the moment of approval.
    pub authorized: Document,
    /// Plan, fraud check and customer data.
    pub approval: Approval,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// Whether `DELETE` gave it back.
    pub cancelled: bool,
    /// The order that was placed, with the body that placed it.
    pub placed: Option<Placed>,
    /// The customer token that was made from it.
    pub customer_token: Option<String>,
    /// The error that creating an order ended with; it is given again whatever the next body says.
    pub refused: Option<Reply>,
}

/// A placed order as its token remembers it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Placed {
    /// The body of the request.
    pub body: Value,
    /// The answer, repeated for the same body.
    pub reply: Reply,
}

impl Authorization {
    pub(super) fn new(session: &Session, approval: Approval, now: Timestamp) -> Self {
        Self {
            session_id: session.id.to_string(),
            authorized: session.body.clone(),
            approval,
            granted_at: now,
            cancelled: false,
            placed: None,
            customer_token: None,
            refused: None,
        }
    }

    /// The intent at the time of approval.
    #[must_use]
    pub fn intent(&self) -> String {
        let intent = self.authorized.text("intent");
        intent.unwrap_or_else(|| "buy".to_owned())
    }

    /// When an unused token stops working.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        time::after(self.granted_at, time::AUTHORIZATION)
    }
}

impl World {
    pub(super) fn cancel_authorization(&mut self, token: &str, now: Timestamp) -> Outcome {
        let (authorization, _) = self.known_authorization(token, now)?;
        if authorization.placed.is_some() || authorization.customer_token.is_some() {
            return Err(Reply::error(
                404,
                "NOT_FOUND",
                "Authorization cannot be deleted",
            ));
        }
        if now >= authorization.expires_at() {
            return Err(invalid_token());
        }
        let session_id = authorization.session_id.clone();
        if let Some(authorization) = self.authorizations.get_mut(token) {
            authorization.cancelled = true;
        }
        self.deliveries.forget_authorization(token);
        if let Some(session) = self.session_mut(&session_id) {
            session.authorization_token = None;
        }
        Ok(Reply::empty(204))
    }

    /// Lets an error stick to a token that can still be used, as after a refused order.
    pub(super) fn spoil_authorization(&mut self, token: &str, error: &Reply, now: Timestamp) {
        let usable = self
            .known_authorization(token, now)
            .is_ok_and(|(authorization, _)| {
                authorization.placed.is_none() && now < authorization.expires_at()
            });
        if let Some(authorization) = self.authorizations.get_mut(token).filter(|_| usable) {
            authorization.refused.get_or_insert_with(|| error.clone());
        }
    }

    /// An authorization that is its session's newest, was not given back, and whose session is not yet forgotten.
    ///
    /// It may be older than 60 minutes: a repeated request for a used token is answered for as long as the session
    /// would have lived.
    pub(super) fn known_authorization(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(&Authorization, &Session), Reply> {
        let authorization = self.authorizations.get(token).ok_or_else(invalid_token)?;
        let session = self
            .session(&authorization.session_id, now)
            .map_err(|_| invalid_token())?;
        let newest = session.authorization_token.as_deref() == Some(token);
        if authorization.cancelled || !newest {
            return Err(invalid_token());
        }
        Ok((authorization, session))
    }

    /// The token that reading the session shows: the newest, while it can be used.
    pub(super) fn live_token(&self, session: &Session, now: Timestamp) -> Option<String> {
        let token = session.authorization_token.as_ref()?;
        let authorization = self.authorizations.get(token)?;
        let live = !authorization.cancelled && now < authorization.expires_at();
        live.then(|| token.clone())
    }
}

/// Unknown, older than 60 minutes, given back, or replaced by a newer one: all the same to the caller.
pub(super) fn invalid_token() -> Reply {
    Reply::error(404, "NOT_FOUND", "Invalid authorization token")
}
