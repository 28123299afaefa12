//! The payment source of an order: one of the kinds that Kassa serves, stored as a record of its own type.

use kassa_klarna_api::AuthorizationToken;
use kassa_money::MinorUnits;
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::body::Entity;
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::external_payment::ExternalPayment;
use crate::klarna_payment::KlarnaPayment;
use crate::payment_method::PaymentSourceKind;
use crate::wire_transfer::WireTransfer;

/// What an order is going to be paid with.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an order has one source, so a box would only add an indirection"
)]
pub enum PaymentSource {
    /// A Klarna session and, once the shopper agreed, its authorization token.
    Klarna(KlarnaPayment),
    /// Money sent by bank, outside Kassa's sight.
    WireTransfer(WireTransfer),
    /// A gateway of the shop's own.
    External(ExternalPayment),
}

impl PaymentSource {
    /// The kind.
    pub fn kind(&self) -> PaymentSourceKind {
        match self {
            Self::Klarna(_) => PaymentSourceKind::Klarna,
            Self::WireTransfer(_) => PaymentSourceKind::WireTransfer,
            Self::External(_) => PaymentSourceKind::External,
        }
    }

    /// The resource type.
    pub fn resource_type(&self) -> &'static str {
        self.kind().word()
    }

    /// The id.
    pub fn id(&self) -> &str {
        match self {
            Self::Klarna(payment) => payment.id(),
            Self::WireTransfer(transfer) => transfer.id(),
            Self::External(payment) => payment.id(),
        }
    }

    /// The Klarna payment, if it is one.
    pub fn klarna(&self) -> Option<&KlarnaPayment> {
        match self {
            Self::Klarna(payment) => Some(payment),
            Self::WireTransfer(_) | Self::External(_) => None,
        }
    }

    /// The external payment, if it is one.
    pub fn external(&self) -> Option<&ExternalPayment> {
        match self {
            Self::External(payment) => Some(payment),
            Self::Klarna(_) | Self::WireTransfer(_) => None,
        }
    }

    /// What this version does not interpret of it.
    pub fn extra(&self) -> &Map<String, Value> {
        match self {
            Self::Klarna(payment) => &payment.extra,
            Self::WireTransfer(transfer) => &transfer.extra,
            Self::External(payment) => &payment.extra,
        }
    }

    /// The same, to write.
    pub fn extra_mut(&mut self) -> &mut Map<String, Value> {
        match self {
            Self::Klarna(payment) => &mut payment.extra,
            Self::WireTransfer(transfer) => &mut transfer.extra,
            Self::External(payment) => &mut payment.extra,
        }
    }

    /// Whether it was made with the gateway `id`; a wire transfer needs none.
    pub fn is_of_gateway(&self, id: Option<&str>) -> bool {
        match self {
            Self::Klarna(payment) => payment.payment_gateway_id.as_deref() == id,
            Self::WireTransfer(_) => true,
            Self::External(payment) => payment.payment_gateway_id.as_deref() == id,
        }
    }

    /// The amount the source was made for, where it is bound to one.
    pub fn amount(&self) -> Option<MinorUnits> {
        self.klarna()
            .and_then(|payment| payment.session_amount_cents)
    }
}

/// An order with a new source, and what became of the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attached {
    /// The order.
    pub aggregate: OrderAggregate,
    /// The source that was replaced; its record is to be deleted.
    pub replaced: Option<PaymentSource>,
    /// An approval that will not be used and has to be given back at Klarna.
    pub cancel_approval: Option<AuthorizationToken>,
}

/// Puts a new source on an order: at most one lives at a time.
///
/// # Errors
/// Order not open for payment; no payment method; a source of another kind than the method's.
pub fn attach(
    aggregate: OrderAggregate,
    source: PaymentSource,
    catalogue: &Catalogue,
) -> Result<Attached, CommerceError> {
    aggregate.ensure_source_open()?;
    let method = aggregate
        .order
        .payment_method_id
        .as_ref()
        .ok_or(CommerceError::PaymentMethodMissing)?;
    let method = catalogue
        .available_payment_methods()
        .find(|available| available.id == *method)
        .ok_or(CommerceError::PaymentMethodUnavailable)?;
    if PaymentSourceKind::parse(&method.payment_source_type)? != source.kind() {
        return Err(CommerceError::PaymentSourceTypeMismatch);
    }
    let mut aggregate = aggregate;
    let replaced = aggregate.set_payment_source(source);
    let approval = replaced
        .as_ref()
        .and_then(PaymentSource::klarna)
        .and_then(|payment| payment.auth_token.clone());
    Ok(Attached {
        aggregate,
        replaced,
        cancel_approval: approval,
    })
}
