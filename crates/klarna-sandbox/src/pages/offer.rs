//! What a session offers the shopper, for the widget and for the hosted page.
//!
//! Invariant: both open the same flow from the same offer, so that a purchase looks alike wherever it is made.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::flows::Flows;
use super::journey::{Ending, Flow, View};
use crate::world::Method;
use crate::{Sandbox, Visit};

/// What the handlers share.
pub(super) struct Pages {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) flows: Flows,
}

/// A session that the browser may pay.
pub(super) struct Offer {
    pub(super) session_id: String,
    pub(super) view: View,
    /// Category identifiers.
    pub(super) categories: Vec<String>,
    methods: Vec<Method>,
    /// What is known of the shopper.
    pub(super) data: Map<String, Value>,
    /// Whether the shopper approved before.
    pub(super) authorized: bool,
}

impl Offer {
    /// The flow in which it is paid.
    pub(super) fn flow(self, categories: &[String], auto_finalize: bool) -> Flow {
        Flow::new(
            self.session_id,
            self.view,
            self.data,
            categories,
            &self.methods,
            auto_finalize,
        )
    }
}

impl Pages {
    /// What a session offers, or the word for why there is nothing to pay.
    pub(super) async fn offer_of(
        &self,
        session_id: &str,
        data: &Map<String, Value>,
    ) -> Result<Offer, &'static str> {
        let session = self.sandbox.session_view(session_id).await;
        let session = session.ok_or("expired")?;
        if session.completed {
            return Err("complete");
        }
        if session.expired {
            return Err("expired");
        }
        // Too small, too large, or nothing that recurs where it has to.
        if session.categories.is_empty() {
            return Err("category");
        }
        // Language codes of shops reach us in the data of the call, too.
        let locale = data
            .get("locale")
            .and_then(Value::as_str)
            .unwrap_or(&session.locale);
        let view = View {
            merchant_name: session.merchant_name,
            locale: locale.to_owned(),
            country: session.purchase_country,
            currency: session.purchase_currency,
            order_amount: session.order_amount,
        };
        let data = over_session(&session.billing_address, data);
        Ok(Offer {
            session_id: session_id.to_owned(),
            view,
            categories: session.categories,
            methods: session.methods,
            data,
            authorized: session.authorized,
        })
    }

    /// One visit of the shopper, as a payload for the shop's callback and our word for it.
    pub(super) async fn visit(&self, session_id: &str, visit: Visit) -> Ending {
        let failed = || Ending {
            result: json!({"approved": false, "show_form": false}),
            reason: "failed",
        };
        let Ok(reply) = self.sandbox.shopper(session_id, visit).await else {
            return failed();
        };
        let Some(result) = reply.document().filter(|_| reply.is_success()) else {
            return failed();
        };
        let ending = Ending::of(result.clone());
        if ending.reason == "declined" {
            self.flows.decline(session_id);
        }
        ending
    }
}

/// What the shop gave in the browser, over the address that its server gave with the session.
fn over_session(session: &Map<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut data = given.clone();
    let address = data.entry("billing_address").or_insert_with(|| json!({}));
    for (name, value) in session {
        if let Some(address) = address.as_object_mut() {
            address.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    data
}
