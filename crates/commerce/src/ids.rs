//! One id type per noun of the shop side. Ids are opaque, case-sensitive text made outside this room.
//!
//! Klarna's own ids are other types, in `klarna-api`; the two never convert into each other.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Takes the id as it came from the outside.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// Of an address.
    AddressId,
    /// Of an adjustment.
    AdjustmentId,
    /// Of an authorization.
    AuthorizationId,
    /// Of a bundle.
    BundleId,
    /// Of a capture.
    CaptureId,
    /// Of a coupon.
    CouponId,
    /// Of a customer.
    CustomerId,
    /// Of a delivery lead time.
    DeliveryLeadTimeId,
    /// Of an external payment.
    ExternalPaymentId,
    /// Of a gift card.
    GiftCardId,
    /// Of an inventory model.
    InventoryModelId,
    /// Of the place of a stock location in an inventory model.
    InventoryStockLocationId,
    /// Of a Klarna gateway.
    KlarnaGatewayId,
    /// Of a Klarna payment source.
    KlarnaPaymentId,
    /// Of a line item.
    LineItemId,
    /// Of a line item option.
    LineItemOptionId,
    /// Of a market.
    MarketId,
    /// Of an order.
    OrderId,
    /// Of a copy of an order.
    OrderCopyId,
    /// Of a subscription.
    OrderSubscriptionId,
    /// Of an item of a subscription.
    OrderSubscriptionItemId,
    /// Of an organization.
    OrganizationId,
    /// Of a payment method.
    PaymentMethodId,
    /// Of a price.
    PriceId,
    /// Of a price frequency tier.
    PriceFrequencyTierId,
    /// Of a price list.
    PriceListId,
    /// Of a price volume tier.
    PriceVolumeTierId,
    /// Of a promotion.
    PromotionId,
    /// Of a refund.
    RefundId,
    /// Of a shipment.
    ShipmentId,
    /// Of a shipping category.
    ShippingCategoryId,
    /// Of a shipping method.
    ShippingMethodId,
    /// Of a weight tier of a shipping method.
    ShippingWeightTierId,
    /// Of a shipping zone.
    ShippingZoneId,
    /// Of a SKU.
    SkuId,
    /// Of a SKU list.
    SkuListId,
    /// Of an item of a SKU list.
    SkuListItemId,
    /// Of a SKU option.
    SkuOptionId,
    /// Of a stock item.
    StockItemId,
    /// Of a stock line item.
    StockLineItemId,
    /// Of a stock location.
    StockLocationId,
    /// Of a stock reservation.
    StockReservationId,
    /// Of a stock transfer.
    StockTransferId,
    /// Of a subscription model.
    SubscriptionModelId,
    /// Of a tax category.
    TaxCategoryId,
    /// Of a tax rule.
    TaxRuleId,
    /// Of a void.
    VoidId,
    /// Of a wire transfer.
    WireTransferId,
}
