//! Who may look at what: one row for each type, written down apart from the code that decides it.
//!
//! A type without a row fails the tests, so that a new one cannot be forgotten.

/// Who sees a row besides the back offices of its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Nobody.
    Back,
    /// Every sales channel of the organization.
    Shared,
    /// Sales channels of its market.
    Market,
    /// The customer whom it belongs to.
    Own,
    /// Whoever sees its order: the customer's, here.
    Order,
}

use Sight::{Back, Market, Order, Own, Shared};

/// Every type. Source: commerce-api, section b, and docs/shop.md.
pub const SIGHTS: &[(&str, Sight)] = &[
    ("addresses", Own),
    ("adjustments", Back),
    ("applications", Shared),
    ("authorizations", Order),
    ("bundles", Market),
    ("captures", Order),
    ("coupon_codes_promotion_rules", Back),
    ("coupons", Back),
    ("customer_addresses", Own),
    ("customer_groups", Back),
    ("customer_password_resets", Back),
    ("customer_payment_sources", Own),
    ("customers", Own),
    ("delivery_lead_times", Market),
    ("event_callbacks", Back),
    ("events", Back),
    ("external_gateways", Back),
    ("external_payments", Order),
    ("fixed_amount_promotions", Market),
    ("free_shipping_promotions", Market),
    ("gift_cards", Back),
    ("inventory_models", Back),
    ("inventory_stock_locations", Back),
    ("klarna_gateways", Back),
    ("klarna_payments", Order),
    ("line_item_options", Order),
    ("line_items", Order),
    ("manual_gateways", Back),
    ("manual_tax_calculators", Back),
    ("markets", Market),
    ("merchants", Back),
    ("order_amount_promotion_rules", Back),
    ("order_copies", Back),
    ("order_factories", Back),
    ("order_subscription_items", Own),
    ("order_subscriptions", Own),
    ("orders", Own),
    ("organizations", Shared),
    ("packages", Back),
    ("parcels", Order),
    ("payment_gateways", Back),
    ("payment_methods", Market),
    ("payment_options", Back),
    ("percentage_discount_promotions", Market),
    ("price_frequency_tiers", Market),
    ("price_lists", Market),
    ("price_volume_tiers", Market),
    ("prices", Market),
    ("promotion_rules", Back),
    ("promotions", Market),
    ("recurring_order_copies", Back),
    ("refunds", Order),
    ("resource_errors", Back),
    ("shipments", Order),
    ("shipping_categories", Shared),
    ("shipping_methods", Market),
    ("shipping_weight_tiers", Market),
    ("shipping_zones", Shared),
    ("sku_list_items", Own),
    ("sku_list_promotion_rules", Back),
    ("sku_lists", Own),
    ("sku_options", Market),
    ("skus", Market),
    ("stock_items", Market),
    ("stock_line_items", Order),
    ("stock_locations", Market),
    ("stock_reservations", Back),
    ("stock_transfers", Order),
    ("stores", Back),
    ("subscription_models", Back),
    ("tax_categories", Back),
    ("tax_rules", Back),
    ("transactions", Order),
    ("versions", Back),
    ("voids", Order),
    ("webhooks", Back),
    ("wire_transfers", Order),
];

/// The row of a type.
pub fn sight(kind: &str) -> Sight {
    let row = SIGHTS.iter().find(|(known, _)| *known == kind);
    row.unwrap_or_else(|| panic!("{kind} has no row in the matrix: say who may see it"))
        .1
}
