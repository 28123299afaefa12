//! One descriptor table per resource type, and the registry of all of them.
//!
//! Invariant: a type is served exactly when it is listed here.

use kassa_storage::{Descriptor, Registry};

pub mod address;
pub mod adjustment;
pub mod application;
pub mod authorization;
pub mod bundle;
pub mod capture;
pub mod coupon;
pub mod coupon_codes_promotion_rule;
pub mod customer;
pub mod customer_address;
pub mod customer_group;
pub mod customer_password_reset;
pub mod customer_payment_source;
pub mod delivery_lead_time;
pub mod event;
pub mod event_callback;
pub mod external_gateway;
pub mod external_payment;
pub mod fixed_amount_promotion;
pub mod free_shipping_promotion;
pub mod gift_card;
pub mod inventory_model;
pub mod inventory_stock_location;
pub mod klarna_gateway;
pub mod klarna_payment;
pub mod line_item;
pub mod line_item_option;
pub mod manual_gateway;
pub mod manual_tax_calculator;
pub mod market;
pub mod merchant;
pub mod order;
pub mod order_amount_promotion_rule;
pub mod order_copy;
pub mod order_factory;
pub mod order_subscription;
pub mod order_subscription_item;
pub mod organization;
pub mod package;
pub mod parcel;
pub mod payment_gateway;
pub mod payment_method;
pub mod payment_option;
pub mod percentage_discount_promotion;
pub mod price;
pub mod price_frequency_tier;
pub mod price_list;
pub mod price_volume_tier;
pub mod promotion;
pub mod promotion_rule;
pub mod published;
pub mod recurring_order_copy;
pub mod refund;
pub mod resource_error;
pub mod shipment;
pub mod shipping_category;
pub mod shipping_method;
pub mod shipping_weight_tier;
pub mod shipping_zone;
pub mod sku;
pub mod sku_list;
pub mod sku_list_item;
pub mod sku_list_promotion_rule;
pub mod sku_option;
pub mod stock_item;
pub mod stock_line_item;
pub mod stock_location;
pub mod stock_reservation;
pub mod stock_transfer;
pub mod store;
pub mod subscription_model;
pub mod tax_category;
pub mod tax_rule;
pub mod transaction;
pub mod version;
pub mod void;
pub mod webhook;
pub mod wire_transfer;

/// What an order may be paid with, as published; those that are not served are refused when they are made.
const PAYMENT_SOURCES: &[&str] = &[
    "adyen_payments",
    "axerve_payments",
    "braintree_payments",
    "checkout_com_payments",
    "external_payments",
    "klarna_payments",
    "paypal_payments",
    "satispay_payments",
    "stripe_payments",
    "wire_transfers",
];

/// Every kind of promotion, as published; those that are not served have no rows.
const PROMOTIONS: &[&str] = &[
    "percentage_discount_promotions",
    "free_shipping_promotions",
    "buy_x_pay_y_promotions",
    "free_gift_promotions",
    "fixed_price_promotions",
    "external_promotions",
    "fixed_amount_promotions",
    "flex_promotions",
];

static ALL: &[&Descriptor] = &[
    &address::DESCRIPTOR,
    &adjustment::DESCRIPTOR,
    &application::DESCRIPTOR,
    &authorization::DESCRIPTOR,
    &bundle::DESCRIPTOR,
    &capture::DESCRIPTOR,
    &coupon::DESCRIPTOR,
    &coupon_codes_promotion_rule::DESCRIPTOR,
    &customer::DESCRIPTOR,
    &customer_address::DESCRIPTOR,
    &customer_group::DESCRIPTOR,
    &customer_password_reset::DESCRIPTOR,
    &customer_payment_source::DESCRIPTOR,
    &delivery_lead_time::DESCRIPTOR,
    &event::DESCRIPTOR,
    &event_callback::DESCRIPTOR,
    &external_gateway::DESCRIPTOR,
    &external_payment::DESCRIPTOR,
    &fixed_amount_promotion::DESCRIPTOR,
    &free_shipping_promotion::DESCRIPTOR,
    &gift_card::DESCRIPTOR,
    &inventory_model::DESCRIPTOR,
    &inventory_stock_location::DESCRIPTOR,
    &klarna_gateway::DESCRIPTOR,
    &klarna_payment::DESCRIPTOR,
    &line_item::DESCRIPTOR,
    &line_item_option::DESCRIPTOR,
    &manual_gateway::DESCRIPTOR,
    &manual_tax_calculator::DESCRIPTOR,
    &market::DESCRIPTOR,
    &merchant::DESCRIPTOR,
    &order::DESCRIPTOR,
    &order_amount_promotion_rule::DESCRIPTOR,
    &order_copy::DESCRIPTOR,
    &order_factory::DESCRIPTOR,
    &order_subscription::DESCRIPTOR,
    &order_subscription_item::DESCRIPTOR,
    &organization::DESCRIPTOR,
    &package::DESCRIPTOR,
    &parcel::DESCRIPTOR,
    &payment_gateway::DESCRIPTOR,
    &payment_method::DESCRIPTOR,
    &payment_option::DESCRIPTOR,
    &percentage_discount_promotion::DESCRIPTOR,
    &price::DESCRIPTOR,
    &price_frequency_tier::DESCRIPTOR,
    &price_list::DESCRIPTOR,
    &price_volume_tier::DESCRIPTOR,
    &promotion::DESCRIPTOR,
    &promotion_rule::DESCRIPTOR,
    &recurring_order_copy::DESCRIPTOR,
    &refund::DESCRIPTOR,
    &resource_error::DESCRIPTOR,
    &shipment::DESCRIPTOR,
    &shipping_category::DESCRIPTOR,
    &shipping_method::DESCRIPTOR,
    &shipping_weight_tier::DESCRIPTOR,
    &shipping_zone::DESCRIPTOR,
    &sku::DESCRIPTOR,
    &sku_list::DESCRIPTOR,
    &sku_list_item::DESCRIPTOR,
    &sku_list_promotion_rule::DESCRIPTOR,
    &sku_option::DESCRIPTOR,
    &stock_item::DESCRIPTOR,
    &stock_line_item::DESCRIPTOR,
    &stock_location::DESCRIPTOR,
    &stock_reservation::DESCRIPTOR,
    &stock_transfer::DESCRIPTOR,
    &store::DESCRIPTOR,
    &subscription_model::DESCRIPTOR,
    &tax_category::DESCRIPTOR,
    &tax_rule::DESCRIPTOR,
    &transaction::DESCRIPTOR,
    &version::DESCRIPTOR,
    &void::DESCRIPTOR,
    &webhook::DESCRIPTOR,
    &wire_transfer::DESCRIPTOR,
];

/// Every resource type that is served.
#[must_use]
pub fn registry() -> Registry {
    Registry(ALL)
}
