//! Callouts: what is asked of a gateway of the shop's own, over the addresses that its row names.
//!
//! A callout is an operation like any call to Klarna: its bytes are written before it leaves, sent again unchanged under
//! the same key, and what cannot be known is not guessed. Invariant: nothing is held to have happened that the gateway
//! did not say, and nothing is held not to have happened once a call may have arrived without a clear no.

mod answer;
mod ask;
mod document;

use kassa_commerce::external_payment::ExternalPayment;
use kassa_outbound::Circuit;
use kassa_storage::{Key, Realm, Record, Scope};
use serde::{Deserialize, Serialize};

use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::shop::calling;
use crate::shop::graph::IncludeTree;

pub(crate) use answer::Heard;
pub(crate) use ask::ask;

/// The type of the rows that are called.
const GATEWAYS: &str = "external_gateways";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asks {
    Authorize,
    Capture,
    Void,
    Refund,
    Token,
}

impl Asks {
    /// The word in logs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Token => "token",
        }
    }

    /// The attribute of the gateway with the address to call.
    fn address(self) -> &'static str {
        match self {
            Self::Authorize => "authorize_url",
            Self::Capture => "capture_url",
            Self::Void => "void_url",
            Self::Refund => "refund_url",
            Self::Token => "token_url",
        }
    }

    /// What the callout's topic header says.
    fn topic(self) -> &'static str {
        match self {
            Self::Authorize => "external_payments.authorize",
            Self::Capture => "external_payments.capture",
            Self::Void => "external_payments.void",
            Self::Refund => "external_payments.refund",
            Self::Token => "external_payments.token",
        }
    }
}

/// A callout that is decided and not written yet.
#[derive(Debug)]
pub(crate) struct Callout {
    pub asks: Asks,
    /// The payment whose gateway is asked.
    pub payment: ExternalPayment,
    /// What the document is about: the order as it is going to be, or the row that the outcome will be written on.
    pub about: Record,
}

/// A callout as it is stored: everything that is sent but the signature, which bears the time of each attempt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub asks: Asks,
    pub url: String,
    pub body: String,
}

impl std::fmt::Debug for Prepared {
    /// Hides the body, which names people.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Prepared")
            .field("asks", &self.asks)
            .field("url", &self.url)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// Whom an operation asks instead of Klarna.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Door {
    /// The external gateway.
    pub gateway_id: String,
    /// The id that the callout's document has given to the row of the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_id: Option<String>,
}

impl Callout {
    /// Whom it asks.
    pub(crate) fn door(&self) -> Door {
        let is_row = self.asks != Asks::Authorize && self.asks != Asks::Token;
        Door {
            gateway_id: gateway_id(&self.payment).to_owned(),
            row_id: is_row.then(|| self.about.key.id.clone()),
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// 422 when the gateway is gone, switched off, cannot be asked this, or has failed too often in a row.
    pub(crate) async fn prepare(
        self,
        gateway: &Gateway,
        realm: &Realm,
        operation_id: &str,
    ) -> Result<Prepared, GatewayError> {
        let row = usable(gateway, realm, &self.payment).await?;
        let name = self.asks.address();
        let Some(url) = row.text(name).filter(|url| !url.is_empty()) else {
            return Err(unusable(&format!("has no {name}")));
        };
        let include = calling::includes(&row.body, "external_includes");
        Ok(Prepared {
            asks: self.asks,
            url: url.to_owned(),
            body: document::write(gateway, realm, operation_id, &self, include).await?,
        })
    }
}

/// Whether the gateway of `payment` makes tokens for later orders.
pub(crate) async fn makes_tokens(
    gateway: &Gateway,
    realm: &Realm,
    payment: &ExternalPayment,
) -> Result<bool, GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let row = snapshot.record(&key(gateway_id(payment))).await?;
    let url = row.as_ref().and_then(|row| row.text("token_url"));
    Ok(url.is_some_and(|url| !url.is_empty()))
}

/// The gateway's row, if a new callout may begin.
async fn usable(
    gateway: &Gateway,
    realm: &Realm,
    payment: &ExternalPayment,
) -> Result<Record, GatewayError> {
    let key = key(gateway_id(payment));
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let row = snapshot.record(&key).await?;
    let failures = snapshot.counter(&calling::circuit_counter(&key)).await?;
    let row = row.ok_or_else(|| unusable("does not exist any more"))?;
    if row.text("disabled_at").is_some() {
        return Err(unusable("is disabled"));
    }
    if Circuit::new(failures).is_open() {
        return Err(GatewayError::violation(Violation::base(
            "gateway_unreachable",
            "the external gateway failed too often in a row and is not called until its circuit is reset; nothing happened",
        )));
    }
    Ok(row)
}

fn unusable(reason: &str) -> GatewayError {
    let message = format!("the external gateway {reason}");
    GatewayError::violation(Violation::relationship(
        "payment_gateway",
        "invalid",
        message,
    ))
}

fn gateway_id(payment: &ExternalPayment) -> &str {
    payment.payment_gateway_id.as_deref().unwrap_or_default()
}

fn key(gateway_id: &str) -> Key {
    Key::new(GATEWAYS, gateway_id)
}

/// `names` as a tree of relationships, each with what hangs on it.
fn tree(names: impl IntoIterator<Item = (&'static str, IncludeTree)>) -> IncludeTree {
    IncludeTree(
        names
            .into_iter()
            .map(|(name, below)| (name.to_owned(), below))
            .collect(),
    )
}
