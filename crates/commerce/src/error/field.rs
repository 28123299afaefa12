//! How the HTTP room tells an error without knowing the variants: code, field and machine word of each.
//!
//! The match below has no wildcard on purpose: a new variant does not compile before it says what it is about.

use crate::error::{CommerceError, SubscriptionError};

/// The stable code of an error object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// An attribute or relationship breaks a rule (422).
    ValidationError,
    /// A part of the order that the request names does not exist (404).
    RecordNotFound,
}

impl ErrorCode {
    /// The code on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::ValidationError => "VALIDATION_ERROR",
            Self::RecordNotFound => "RECORD_NOT_FOUND",
        }
    }
}

/// What an error is about; becomes the JSON pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// `/data/attributes/<name>`.
    Attribute(&'static str),
    /// `/data/relationships/<name>`.
    Relationship(&'static str),
    /// `/data`.
    Base,
}

/// What an error is about, and its machine word.
type Told = (Field, &'static str);

const TOO_MUCH: &str = "less_than_or_equal_to";

fn at(attribute: &'static str, word: &'static str) -> Told {
    (Field::Attribute(attribute), word)
}

/// A value that is none of those that are taken.
fn outside(attribute: &'static str) -> Told {
    at(attribute, "inclusion")
}

/// Something about where it stands.
fn stays(word: &'static str) -> Told {
    at("status", word)
}

fn on(relationship: &'static str, word: &'static str) -> Told {
    (Field::Relationship(relationship), word)
}

fn whole(word: &'static str) -> Told {
    (Field::Base, word)
}

/// More than the order may cost.
fn of_total() -> Told {
    at("total_amount_cents", TOO_MUCH)
}

/// A quantity out of range: too few, or too many.
fn of_quantity(quantity: i64) -> Told {
    let word = if quantity < 1 {
        "greater_than"
    } else {
        TOO_MUCH
    };
    at("quantity", word)
}

impl CommerceError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self.told().1 {
            "not_found" => ErrorCode::RecordNotFound,
            _ => ErrorCode::ValidationError,
        }
    }

    /// What the error is about.
    pub fn field(&self) -> Field {
        self.told().0
    }

    /// The machine word for `meta.error`.
    pub fn word(&self) -> &'static str {
        self.told().1
    }

    fn told(&self) -> Told {
        match self {
            Self::OrderTransition { .. }
            | Self::ShipmentTransition { .. }
            | Self::StockTransferTransition { .. } => stays("invalid_transition"),
            Self::StockTransferOpen { .. } => on("stock_transfers", "pending"),
            Self::OrderNotEditable { .. } | Self::OrderNotDeletable { .. } => stays("not_editable"),
            Self::OrderBeingPlaced => stays("pending"),
            Self::QuantityOutOfRange { quantity, .. } => of_quantity(*quantity),
            Self::OutOfStock { .. } => at("quantity", TOO_MUCH),
            Self::UnknownSku { .. } => at("sku_code", "invalid"),
            Self::UnknownBundle { .. } => at("bundle_code", "invalid"),
            Self::NoPrice { .. } => at("unit_amount_cents", "blank"),
            Self::AmountOutOfRange { .. } => at("unit_amount_cents", "invalid"),
            Self::ItemTypeRefused { .. } => at("item_type", "inclusion"),
            Self::ItemMissing => on("item", "blank"),
            Self::GiftCardNotForSale => on("item", "invalid"),
            Self::LineDerived { .. } => at("item_type", "not_editable"),
            Self::LineNotFound { .. }
            | Self::ShipmentNotFound { .. }
            | Self::StockTransferNotFound { .. }
            | Self::TransactionNotFound { .. } => whole("not_found"),
            Self::OptionRefused => on("sku_option", "invalid"),
            Self::FrequencyRefused { .. } => at("frequency", "inclusion"),
            Self::CouponInvalid => at("coupon_code", "invalid"),
            Self::Subscription(error) => error.told(),
            Self::AddressFieldBlank { field } => at(field, "blank"),
            Self::ShippingCountryLocked { .. } => on("shipping_address", "invalid"),
            Self::ShippingMethodUnavailable => on("shipping_method", "invalid"),
            Self::PaymentMethodUnavailable => on("payment_method", "invalid"),
            Self::PaymentSourceTypeUnsupported { .. } => at("payment_source_type", "inclusion"),
            Self::PaymentSourceTypeMismatch => on("payment_source", "invalid"),
            Self::PaymentSourceLocked => whole("locked"),
            Self::GatewayUnavailable => on("payment_gateway", "invalid"),
            Self::AuthTokenBlank => at("auth_token", "blank"),
            Self::SessionExpired => at("session_id", "expired"),
            Self::ApprovalExpired => at("auth_token", "expired"),
            Self::CountryInvalid { .. } | Self::CountryNotServed { .. } => outside("country_code"),
            Self::CurrencyNotServed { .. } | Self::OtherCurrency { .. } => outside("currency_code"),
            Self::TooManyLines { .. } => on("line_items", "too_long"),
            Self::AmountNotServed { .. } | Self::EditBeyondPlacedTotal { .. } => of_total(),
            Self::LinesDoNotAddUp => at("total_amount_cents", "invalid"),
            Self::CustomerMissing => on("customer", "blank"),
            Self::NothingToBuy => on("line_items", "blank"),
            Self::BillingAddressMissing => on("billing_address", "blank"),
            Self::ShippingAddressMissing => on("shipping_address", "blank"),
            Self::BillingInfoMissing => on("billing_address", "billing_info_blank"),
            Self::ShipmentsMissing => on("shipments", "blank"),
            Self::ShippingMethodMissing { .. } => on("shipments", "shipping_method_blank"),
            Self::PaymentMethodMissing => on("payment_method", "blank"),
            Self::PaymentSourceMissing => on("payment_source", "blank"),
            Self::MismatchedAmounts { .. } => on("payment_source", "mismatched_amounts"),
            Self::CodeLost { attribute, why } => at(attribute, why.word()),
            Self::NotApproved => on("payment_source", "not_approved"),
            Self::TotalNegative { .. } => at("total_amount_cents", "greater_than_or_equal_to"),
            Self::PaymentRefused { .. } => on("payment_source", "refused"),
            Self::AuthorizationMissing => on("authorizations", "blank"),
            Self::TransactionNotSucceeded => at("succeeded", "invalid"),
            Self::FraudReviewPending => at("fraud_review", "pending"),
            Self::FraudReviewRejected => at("fraud_review", "rejected"),
            Self::AmountNotPositive { .. } => at("amount_cents", "greater_than"),
            Self::CaptureExceedsRemaining { .. } => at("_capture_amount_cents", TOO_MUCH),
            Self::RefundExceedsRemaining { .. } => at("_refund_amount_cents", TOO_MUCH),
            Self::NothingCaptured => on("captures", "blank"),
            Self::NothingToVoid => on("authorizations", "invalid"),
            Self::AuthorizationExpired => on("authorizations", "expired"),
            Self::Configuration { .. } => whole("invalid_configuration"),
            Self::Money(_) => whole("invalid_amount"),
        }
    }
}

impl SubscriptionError {
    fn told(&self) -> Told {
        match self {
            Self::Transition { .. } => stays("invalid_transition"),
            Self::FrequencyInvalid { .. } => at("frequency", "invalid"),
            Self::StrategyInvalid => outside("strategy"),
            Self::ModelMissing => on("subscription_model", "blank"),
            Self::ModelTaken => on("subscription_model", "taken"),
            Self::NothingRecurs => on("line_items", "invalid"),
            Self::Guest => at("guest", "invalid"),
            Self::NotAfter { attribute, .. } => at(attribute, "greater_than"),
            Self::StartMissing => at("starts_at", "blank"),
            Self::AlertOutOfRange { .. } => outside("renewal_alert_period"),
        }
    }
}
