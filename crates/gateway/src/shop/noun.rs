//! Which noun's own rules a configuration row goes through before it is written.
//!
//! Invariant: what is written can be read back by the rules; a row that they could not read is refused here.

use kassa_commerce::body::Entity;
use kassa_commerce::catalogue as goods;
use kassa_commerce::payment_method::PaymentMethod;
use kassa_environment::base62;
use kassa_storage::Descriptor;
use kassa_storage::descriptor::Required;
use serde_json::{Map, Value};

use super::configuration::{Change, refuse};
use super::payment_method::inherit_currency;
use super::{
    address, bundle, calling, customer, customer_address, gift_card, initial, klarna_gateway,
    market, password_reset, payment_method, price, promotion, shipping_method, sku_list,
    stock_item, stock_reservation, stock_transfer, tier,
};
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::renewals;
use crate::shop::graph::Draft;
use crate::shop::read::Reader;
use crate::webhooks;

/// Triggers that any configuration type may carry.
const SHARED_TRIGGERS: &[&str] = &[
    "_disable",
    "_enable",
    "_regenerate_shared_secret",
    "_reset_circuit",
    "_validate",
];

/// Triggers of one type, run by its own rules.
const OWN_TRIGGERS: &[(&str, &[&str])] = &[
    (
        "bundles",
        &["_compute_price_amount", "_compute_compare_at_amount"],
    ),
    ("customer_password_resets", &["_reset_password_token"]),
    ("events", &["_trigger"]),
    (
        "order_subscriptions",
        &["_activate", "_deactivate", "_cancel", "_convert"],
    ),
    (
        "gift_cards",
        &[
            "_purchase",
            "_activate",
            "_deactivate",
            "_balance_change_cents",
        ],
    ),
    ("stock_reservations", &["_pending"]),
];

/// What takes long to make and therefore is made before a snapshot is opened.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// The stored form of a new password.
    pub password_hash: Option<String>,
}

/// Makes what takes long.
pub(crate) async fn slow_secrets(
    gateway: &Gateway,
    descriptor: &Descriptor,
    draft: &Draft,
) -> Result<Secrets, GatewayError> {
    let field = match descriptor.kind {
        "customers" => "password",
        "customer_password_resets" => "customer_password",
        _ => return Ok(Secrets::default()),
    };
    match draft.attributes.get(field) {
        Some(Value::String(password)) => {
            let password_hash = Some(customer::password_hash(gateway, field, password).await?);
            Ok(Secrets { password_hash })
        }
        _ => Ok(Secrets::default()),
    }
}

/// Completes and judges a row by the rules of its noun.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    secrets: &Secrets,
) -> Result<(), GatewayError> {
    let unserved = change.draft.triggers.iter().find(|(name, value)| {
        !is_served(change.descriptor.kind, name) && asks_for_something(value)
    });
    if let Some((name, _)) = unserved {
        return Err(refuse(name, "invalid", "is not served"));
    }
    initial::fill(change);
    calling::reset_circuit(change, reader).await?;
    match change.descriptor.kind {
        "addresses" => address::complete(change, reader).await?,
        "customers" => customer::complete(change, secrets)?,
        "customer_addresses" => customer_address::complete(change, reader).await?,
        "prices" => price::complete(change, reader).await?,
        "stock_items" => stock_item::complete(change, reader).await?,
        "payment_methods" => payment_method::complete(change, reader).await?,
        "klarna_gateways" => klarna_gateway::complete(change)?,
        "markets" => market::complete(change),
        "webhooks" => webhooks::complete(change)?,
        "external_gateways" => calling::external_gateway(change)?,
        "events" => webhooks::trigger(change, reader).await?,
        "delivery_lead_times" => shipping_method::lead_time(change)?,
        "sku_options" => {
            let hours = change
                .body
                .get("delay_hours")
                .and_then(Value::as_i64)
                .unwrap_or(0);
            change.set_field("delay_days", days(hours));
        }
        "bundles" => bundle::complete(change, reader).await?,
        "customer_password_resets" => password_reset::complete(change, reader, secrets).await?,
        "shipping_methods" => inherit_currency(change, reader).await?,
        "price_volume_tiers" | "price_frequency_tiers" | "shipping_weight_tiers" => {
            tier::complete(change, reader).await?;
        }
        "percentage_discount_promotions"
        | "free_shipping_promotions"
        | "fixed_amount_promotions" => promotion::complete(change, reader).await?,
        "order_amount_promotion_rules" => promotion::order_amount_rule(change, reader).await?,
        "coupons" => promotion::coupon(change, reader).await?,
        "gift_cards" => gift_card::complete(change, reader).await?,
        "sku_lists" => sku_list::complete(change, reader).await?,
        "sku_list_items" => sku_list::item(change, reader).await?,
        "tax_categories" => price::find_sku(change, reader, true).await?,
        "stock_transfers" => stock_transfer::complete(change, reader).await?,
        "subscription_models" => renewals::complete_model(change)?,
        "order_subscriptions" => renewals::complete_subscription(change, reader).await?,
        "order_subscription_items" => renewals::complete_item(change, reader).await?,
        "order_copies" | "recurring_order_copies" => renewals::complete_copy(change)?,
        "stock_reservations" => stock_reservation::complete(change)?,
        _ => {}
    }
    required_if(change)?;
    readable(change.descriptor.kind, &change.body)
}

/// Whether a trigger of this type does anything.
fn is_served(kind: &str, trigger: &str) -> bool {
    let own = OWN_TRIGGERS.iter().find(|(owner, _)| *owner == kind);
    SHARED_TRIGGERS.contains(&trigger)
        || own.is_some_and(|(_, names)| names.contains(&trigger))
        || (kind == "stock_transfers" && stock_transfer::serves(trigger))
}

/// Whether the value of a trigger asks for anything: `false`, `0` and `null` do not.
fn asks_for_something(value: &Value) -> bool {
    !value.is_null() && *value != Value::Bool(false) && value.as_i64() != Some(0)
}

/// Begun days of so many hours.
pub(crate) fn days(hours: i64) -> i64 {
    hours.max(0).div_euclid(24) + i64::from(hours.max(0).rem_euclid(24) > 0)
}

/// Attributes that a row needs under a condition and that nothing has filled in.
fn required_if(change: &Change<'_>) -> Result<(), GatewayError> {
    for attribute in change.descriptor.attributes {
        let Required::If(condition) = attribute.required else {
            continue;
        };
        let holds = match condition {
            "scheme=external" => change.text("scheme") == Some("external"),
            // Addresses are judged by their own rules; other conditions concern orders.
            _ => false,
        };
        if holds && change.text(attribute.name).is_none() {
            return Err(GatewayError::violation(super::validate::blank(
                attribute.name,
            )));
        }
    }
    Ok(())
}

/// Whether the rules can read a body of this type.
///
/// # Errors
/// 422 on the base: a value has a form that no decision could use.
fn readable(kind: &str, body: &Map<String, Value>) -> Result<(), GatewayError> {
    fn check<T: Entity>(body: &Map<String, Value>) -> Result<(), serde_json::Error> {
        T::from_body("", body).map(|_| ())
    }
    let read = match kind {
        "markets" => check::<goods::Market>(body),
        "price_lists" => check::<goods::PriceList>(body),
        "prices" => check::<goods::Price>(body),
        "skus" => check::<goods::Sku>(body),
        "sku_options" => check::<goods::SkuOption>(body),
        "subscription_models" => check::<goods::SubscriptionModel>(body),
        "inventory_models" => check::<goods::InventoryModel>(body),
        "inventory_stock_locations" => check::<goods::InventoryStockLocation>(body),
        "stock_locations" => check::<goods::StockLocation>(body),
        "stock_items" => check::<goods::StockItem>(body),
        "shipping_categories" => check::<goods::ShippingCategory>(body),
        "shipping_zones" => check::<goods::ShippingZone>(body),
        "shipping_methods" => check::<goods::ShippingMethod>(body),
        "delivery_lead_times" => check::<goods::DeliveryLeadTime>(body),
        "payment_methods" => check::<PaymentMethod>(body),
        "klarna_gateways" => check::<goods::KlarnaGateway>(body),
        "bundles" => check::<goods::Bundle>(body),
        "sku_lists" => check::<goods::SkuList>(body),
        "sku_list_items" => check::<goods::SkuListItem>(body),
        "price_volume_tiers" => check::<goods::PriceVolumeTier>(body),
        "price_frequency_tiers" => check::<goods::PriceFrequencyTier>(body),
        "shipping_weight_tiers" => check::<goods::ShippingWeightTier>(body),
        "adjustments" => check::<goods::Adjustment>(body),
        "tax_categories" => check::<goods::TaxCategory>(body),
        "coupons" => check::<goods::Coupon>(body),
        "gift_cards" => check::<goods::GiftCard>(body),
        "percentage_discount_promotions"
        | "fixed_amount_promotions"
        | "free_shipping_promotions" => check::<goods::Promotion>(body),
        "tax_rules" => check::<goods::TaxRule>(body),
        "addresses" => check::<kassa_commerce::address::Address>(body),
        "customers" => check::<kassa_commerce::customer::Customer>(body),
        _ => Ok(()),
    };
    read.map_err(|error| {
        GatewayError::violation(Violation::base(
            "invalid",
            format!("cannot be used: {error}"),
        ))
    })
}

/// A new shared secret: 32 hexadecimal digits.
pub(crate) fn new_shared_secret(change: &mut Change<'_>) {
    let secret = shared_secret(change.gateway);
    change.set_field("shared_secret", secret);
}

/// 128 random bits as 32 hexadecimal digits.
pub(crate) fn shared_secret(gateway: &Gateway) -> String {
    let mut bytes = [0_u8; 16];
    gateway.entropy.fill(&mut bytes);
    crate::access::secrets::hexadecimal(&bytes)
}

/// A random number for people, of six digits at most.
pub(crate) fn number(gateway: &Gateway) -> i64 {
    i64::try_from(gateway.entropy.next_u64() % 1_000_000).unwrap_or(0)
}

/// A token for pages that are opened without a login.
pub(crate) fn page_token(gateway: &Gateway) -> String {
    base62(gateway.entropy.as_ref(), 32)
}
