//! One descriptor table per resource type, and the registry of all of them.
//!
//! Invariant: a type is served exactly when it is listed here.

use kassa_storage::{Descriptor, Registry};

pub mod address;
pub mod application;
pub mod authorization;
pub mod capture;
pub mod customer;
pub mod customer_address;
pub mod customer_group;
pub mod customer_payment_source;
pub mod delivery_lead_time;
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
pub mod organization;
pub mod payment_gateway;
pub mod payment_method;
pub mod price;
pub mod price_list;
pub mod refund;
pub mod shipment;
pub mod shipping_category;
pub mod shipping_method;
pub mod shipping_zone;
pub mod sku;
pub mod sku_option;
pub mod stock_item;
pub mod stock_line_item;
pub mod stock_location;
pub mod stock_transfer;
pub mod tax_rule;
pub mod transaction;
pub mod void;
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

static ALL: &[&Descriptor] = &[
    &address::DESCRIPTOR,
    &application::DESCRIPTOR,
    &authorization::DESCRIPTOR,
    &capture::DESCRIPTOR,
    &customer::DESCRIPTOR,
    &customer_address::DESCRIPTOR,
    &customer_group::DESCRIPTOR,
    &customer_payment_source::DESCRIPTOR,
    &delivery_lead_time::DESCRIPTOR,
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
    &organization::DESCRIPTOR,
    &payment_gateway::DESCRIPTOR,
    &payment_method::DESCRIPTOR,
    &price::DESCRIPTOR,
    &price_list::DESCRIPTOR,
    &refund::DESCRIPTOR,
    &shipment::DESCRIPTOR,
    &shipping_category::DESCRIPTOR,
    &shipping_method::DESCRIPTOR,
    &shipping_zone::DESCRIPTOR,
    &sku::DESCRIPTOR,
    &sku_option::DESCRIPTOR,
    &stock_item::DESCRIPTOR,
    &stock_line_item::DESCRIPTOR,
    &stock_location::DESCRIPTOR,
    &stock_transfer::DESCRIPTOR,
    &tax_rule::DESCRIPTOR,
    &transaction::DESCRIPTOR,
    &void::DESCRIPTOR,
    &wire_transfer::DESCRIPTOR,
];

/// Every resource type that is served.
#[must_use]
pub fn registry() -> Registry {
    Registry(ALL)
}
