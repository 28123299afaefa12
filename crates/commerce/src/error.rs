//! Business facts that stop a decision, with their data. No HTTP and no prose for shoppers.
//!
//! Each variant tells the stable code, the field it is about and the machine word, so that the HTTP room renders it
//! without knowing the variants one by one.

mod field;
mod lost;
mod subscription;

use kassa_money::{Currency, MinorUnits, MoneyError};
use thiserror::Error;

use crate::ids::{LineItemId, ShipmentId, StockTransferId};
use crate::states::{OrderStatus, ShipmentStatus, StockTransferStatus};

pub use field::{ErrorCode, Field};
pub use lost::Lost;
pub use subscription::SubscriptionError;

/// Why a decision about an order cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommerceError {
    // -- states
    /// The order cannot go from one status to the other.
    #[error("cannot go from {} to {}", from.word(), to.word())]
    OrderTransition {
        /// Status it has.
        from: OrderStatus,
        /// Status it should get.
        to: OrderStatus,
    },
    /// The shipment cannot go from one status to the other.
    #[error("cannot go from {} to {}", from.word(), to.word())]
    ShipmentTransition {
        /// Status it has.
        from: ShipmentStatus,
        /// Status it should get.
        to: ShipmentStatus,
    },
    /// The stock transfer cannot go from one status to the other.
    #[error("cannot go from {} to {}", from.word(), to.word())]
    StockTransferTransition {
        /// Status it has.
        from: StockTransferStatus,
        /// Status it should get.
        to: StockTransferStatus,
    },
    /// Goods of the shipment are still on their way to where it leaves.
    #[error("stock transfer {id} has not arrived")]
    StockTransferOpen {
        /// The transfer.
        id: StockTransferId,
    },
    /// Lines, addresses and payment of the order can no longer change.
    #[error("order is {} and cannot be changed", status.word())]
    OrderNotEditable {
        /// Status it has.
        status: OrderStatus,
    },
    /// Klarna is being asked to place the order; nothing else may write meanwhile.
    #[error("order is being placed")]
    OrderBeingPlaced,
    /// The order cannot be deleted any more.
    #[error("order is {} and cannot be deleted", status.word())]
    OrderNotDeletable {
        /// Status it has.
        status: OrderStatus,
    },

    // -- lines
    /// A quantity below one, or beyond all reason.
    #[error("must be between 1 and {most}")]
    QuantityOutOfRange {
        /// What was asked for.
        quantity: i64,
        /// The largest quantity of one line.
        most: i64,
    },
    /// Less in stock than asked for.
    #[error("only {available} of {sku_code} available, {requested} requested")]
    OutOfStock {
        /// The SKU.
        sku_code: String,
        /// Asked for, over all lines of the order.
        requested: i64,
        /// What the market's stock locations can serve.
        available: i64,
    },
    /// No such SKU in this market.
    #[error("no SKU with code {sku_code}")]
    UnknownSku {
        /// The code as sent.
        sku_code: String,
    },
    /// No such bundle in this market, or one with nothing inside.
    #[error("no bundle with code {bundle_code}")]
    UnknownBundle {
        /// The code as sent.
        bundle_code: String,
    },
    /// The SKU has no price in the market's price list.
    #[error("no price for {sku_code} in this market")]
    NoPrice {
        /// The SKU.
        sku_code: String,
    },
    /// A price or amount outside what can be sold.
    #[error("amount {amount} is out of range")]
    AmountOutOfRange {
        /// Minor units.
        amount: MinorUnits,
    },
    /// The row has another currency than the order.
    #[error("must be {}, not {}", expected.code(), sent.code())]
    OtherCurrency {
        /// The order's.
        expected: Currency,
        /// The row's.
        sent: Currency,
    },
    /// The gift card was bought before, or is in this order already.
    #[error("is not for sale")]
    GiftCardNotForSale,
    /// Line items of this kind cannot be added by hand.
    #[error("items of type {item_type} cannot be added")]
    ItemTypeRefused {
        /// The type as sent.
        item_type: String,
    },
    /// A line needs a `sku_code` or an item.
    #[error("can't be blank")]
    ItemMissing,
    /// The line is made by the order itself (shipping, payment cost, discount) and cannot be changed by hand.
    #[error("line of type {item_type} follows from the order and cannot be changed")]
    LineDerived {
        /// Its type.
        item_type: &'static str,
    },
    /// No such line in the order.
    #[error("line item {id} is not part of the order")]
    LineNotFound {
        /// The id as sent.
        id: LineItemId,
    },
    /// No such option in the line's market, or it does not fit the SKU.
    #[error("option does not fit the line")]
    OptionRefused,
    /// The frequency is not one of the market's subscription model.
    #[error("is not included in the list")]
    FrequencyRefused {
        /// The frequency as sent.
        frequency: String,
    },

    /// The coupon of a copied order does not hold any more.
    #[error("is not a valid code")]
    CouponInvalid,
    /// A subscription, its model or its frequency.
    #[error(transparent)]
    Subscription(#[from] SubscriptionError),

    // -- addresses and shipping
    /// A required field of an address is empty.
    #[error("can't be blank")]
    AddressFieldBlank {
        /// The attribute.
        field: &'static str,
    },
    /// No country has this code.
    #[error("{country_code:?} is not a country code of ISO 3166-1 (two letters)")]
    CountryInvalid {
        /// The text as sent.
        country_code: String,
    },
    /// The shipping address is outside the country the order is locked to.
    #[error("must ship to {lock}")]
    ShippingCountryLocked {
        /// Country the order is locked to.
        lock: String,
        /// Country of the address.
        country_code: String,
    },
    /// No such shipment in the order.
    #[error("shipment {id} is not part of the order")]
    ShipmentNotFound {
        /// The id as sent.
        id: ShipmentId,
    },
    /// No such stock transfer in the order.
    #[error("stock transfer {id} is not part of the order")]
    StockTransferNotFound {
        /// The id as sent.
        id: StockTransferId,
    },
    /// The shipping method cannot serve the shipment.
    #[error("is not available for this shipment")]
    ShippingMethodUnavailable,

    // -- payment
    /// The payment method is disabled, of another market or of another currency.
    #[error("is not available for this order")]
    PaymentMethodUnavailable,
    /// The type of payment source is not served; `external_payments` is the way to bring one's own.
    #[error("{requested} is not supported; the type for other gateways is external_payments")]
    PaymentSourceTypeUnsupported {
        /// The resource type as sent.
        requested: String,
    },
    /// The payment source does not fit the order's payment method.
    #[error("does not match the payment method of the order")]
    PaymentSourceTypeMismatch,
    /// The payment source belongs to a placed order.
    #[error("payment source is locked once the order is placed")]
    PaymentSourceLocked,
    /// The gateway behind the payment method is missing or disabled.
    #[error("payment gateway is missing or disabled")]
    GatewayUnavailable,
    /// The authorization token is empty.
    #[error("can't be blank")]
    AuthTokenBlank,
    /// The session that the source stands for has run out.
    #[error("has expired")]
    SessionExpired,
    /// The shopper's approval has run out.
    #[error("has expired")]
    ApprovalExpired,
    /// Klarna does not serve the country.
    #[error("Klarna is not available in {country_code}")]
    CountryNotServed {
        /// The order's country; empty when it has none.
        country_code: String,
    },
    /// Klarna serves the country in another currency only.
    #[error("Klarna takes {expected} in {country_code}")]
    CurrencyNotServed {
        /// The order's country.
        country_code: String,
        /// The country's currency at Klarna.
        expected: &'static str,
    },
    /// More lines than Klarna takes.
    #[error("at most {most} lines")]
    TooManyLines {
        /// The bound.
        most: usize,
    },
    /// An amount beyond what Klarna takes.
    #[error("amount {amount} is beyond {most}")]
    AmountNotServed {
        /// Minor units.
        amount: MinorUnits,
        /// The bound, minor units.
        most: i64,
    },
    /// The lines of the order do not sum to its amount: the order has to be refreshed first.
    #[error("lines do not add up to the order's amount")]
    LinesDoNotAddUp,

    // -- placing
    /// No customer.
    #[error("can't be blank")]
    CustomerMissing,
    /// Nothing to buy.
    #[error("can't be blank")]
    NothingToBuy,
    /// No billing address.
    #[error("can't be blank")]
    BillingAddressMissing,
    /// No shipping address while something ships.
    #[error("can't be blank")]
    ShippingAddressMissing,
    /// The country wants billing information.
    #[error("billing info is required")]
    BillingInfoMissing,
    /// Something ships, but no shipment could be built.
    #[error("can't be blank")]
    ShipmentsMissing,
    /// A shipment without shipping method.
    #[error("shipment {id} has no shipping method")]
    ShippingMethodMissing {
        /// The shipment.
        id: ShipmentId,
    },
    /// No payment method.
    #[error("can't be blank")]
    PaymentMethodMissing,
    /// No payment source.
    #[error("can't be blank")]
    PaymentSourceMissing,
    /// The amount changed after the source was made.
    #[error("amount of the order differs from the one of the payment source")]
    MismatchedAmounts {
        /// Payable now, minor units.
        order: MinorUnits,
        /// The source was made for, minor units.
        session: MinorUnits,
    },
    /// The coupon or gift card paid more of the order that the shopper saw than it pays now.
    #[error("{why}")]
    CodeLost {
        /// The order's attribute that holds the code.
        attribute: &'static str,
        /// What became of it.
        why: Lost,
    },
    /// The shopper has not approved the payment.
    #[error("has not been approved")]
    NotApproved,
    /// Discounts and gift cards exceed what there is to pay.
    #[error("must be greater than or equal to 0")]
    TotalNegative {
        /// Payable, minor units.
        total: MinorUnits,
    },
    /// The gateway refused the payment.
    #[error("{code}: {message}")]
    PaymentRefused {
        /// The gateway's code.
        code: String,
        /// The gateway's message.
        message: String,
    },
    /// An edited order may not cost more than it did when it was placed.
    #[error("total {total} is beyond {ceiling} of the placed order")]
    EditBeyondPlacedTotal {
        /// Total now, minor units.
        total: MinorUnits,
        /// Total when placed, minor units.
        ceiling: MinorUnits,
    },

    // -- transactions
    /// The order has no successful authorization.
    #[error("order has no authorization")]
    AuthorizationMissing,
    /// No such transaction in the order.
    #[error("transaction {id} is not part of the order")]
    TransactionNotFound {
        /// The id as sent.
        id: String,
    },
    /// The transaction failed or was not decided; it cannot be followed by another.
    #[error("transaction did not succeed")]
    TransactionNotSucceeded,
    /// Klarna still reviews the order.
    #[error("fraud review is pending")]
    FraudReviewPending,
    /// Klarna's review ended in a refusal.
    #[error("fraud review ended in refusal")]
    FraudReviewRejected,
    /// An amount of zero or less.
    #[error("must be greater than 0")]
    AmountNotPositive {
        /// Minor units.
        requested: MinorUnits,
    },
    /// More than what is left of the authorization.
    #[error("must be less than or equal to {remaining}")]
    CaptureExceedsRemaining {
        /// Left to capture, minor units.
        remaining: MinorUnits,
        /// Asked for, minor units.
        requested: MinorUnits,
    },
    /// More than what is left of the capture.
    #[error("must be less than or equal to {remaining}")]
    RefundExceedsRemaining {
        /// Left to refund, minor units.
        remaining: MinorUnits,
        /// Asked for, minor units.
        requested: MinorUnits,
    },
    /// Nothing was captured.
    #[error("order has no captures")]
    NothingCaptured,
    /// Everything was captured, or given up already: nothing is left to void.
    #[error("nothing is left to void")]
    NothingToVoid,
    /// The authorization ran out.
    #[error("has expired")]
    AuthorizationExpired,

    // -- configuration and arithmetic
    /// A regular expression, strategy or rate of the shop's configuration cannot be used.
    #[error("configuration cannot be used: {what}")]
    Configuration {
        /// Resource and attribute, e.g. `shipping_zones.zip_code_regex`.
        what: &'static str,
    },
    /// The figures are too large to be money, or not money.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_stock_is_told_on_quantity() {
        let error = CommerceError::OutOfStock {
            sku_code: "A".into(),
            requested: 3,
            available: 2,
        };
        assert_eq!(error.field(), Field::Attribute("quantity"));
        assert_eq!(
            (error.code(), error.word()),
            (ErrorCode::ValidationError, "less_than_or_equal_to")
        );
    }

    #[test]
    fn unsupported_sources_name_the_way_out() {
        let error = CommerceError::PaymentSourceTypeUnsupported {
            requested: "stripe_payments".into(),
        };
        assert!(error.to_string().contains("external_payments"));
    }

    #[test]
    fn a_bad_transition_is_told_on_status() {
        let error = CommerceError::OrderTransition {
            from: OrderStatus::Draft,
            to: OrderStatus::Placing,
        };
        assert_eq!(error.field(), Field::Attribute("status"));
    }
}
