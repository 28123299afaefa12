//! The payment source of an order: one of the kinds that Kassa serves, stored as a record of its own type.

use kassa_money::MinorUnits;

use crate::body::Entity;
use crate::klarna_payment::KlarnaPayment;
use crate::payment_method::PaymentSourceKind;
use crate::wire_transfer::WireTransfer;

/// What an order is going to be paid with.
#[derive(Debug, Clone, PartialEq)]
pub enum PaymentSource {
    /// A Klarna session and, once the shopper agreed, its authorization token.
    Klarna(KlarnaPayment),
    /// Money sent by bank, outside Kassa's sight.
    WireTransfer(WireTransfer),
}

impl PaymentSource {
    /// The kind.
    pub fn kind(&self) -> PaymentSourceKind {
        match self {
            Self::Klarna(_) => PaymentSourceKind::Klarna,
            Self::WireTransfer(_) => PaymentSourceKind::WireTransfer,
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
        }
    }

    /// The Klarna payment, if it is one.
    pub fn klarna(&self) -> Option<&KlarnaPayment> {
        match self {
            Self::Klarna(payment) => Some(payment),
            Self::WireTransfer(_) => None,
        }
    }

    /// The amount the source was made for, where it is bound to one.
    pub fn amount(&self) -> Option<MinorUnits> {
        self.klarna()
            .and_then(|payment| payment.session_amount_cents)
    }
}
