//! Changes to the order itself: attributes, customer, addresses, payment method, and the triggers that ride with them.
//!
//! One `PATCH` is one [`OrderChange`]: its parts are applied in a fixed order and the cart follows once, at the end.

use serde_json::{Map, Value};

use crate::address::Address;
use crate::aggregate::{OrderAggregate, Parties};
use crate::body::Entity;
use crate::cart::{self, CartContext, NewId, Refreshed};
use crate::catalogue::Catalogue;
use crate::customer::Customer;
use crate::error::CommerceError;
use crate::ids::{AddressId, PaymentMethodId};
use crate::order::Order;
use crate::patch::Patch;
use crate::payment_method::PaymentSourceKind;
use crate::states::OrderStatus;

/// What happens to one of the two addresses.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum AddressChange {
    /// As it was.
    #[default]
    Keep,
    /// None from now on.
    Clear,
    /// The relationship was set: this row is the order's from now on.
    Use(Address),
    /// `_billing_address_clone_id`, `_shipping_address_clone_id`: a copy of this row.
    Clone(Address),
    /// `_shipping_address_same_as_billing` or its twin: a copy of the other one.
    SameAsOther,
}

/// One `PATCH` of an order, as far as it does not place, pay or ship.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderChange {
    /// Plain attributes that the caller found writable, under their API names; merged into the body.
    pub attributes: Map<String, Value>,
    /// The customer, found or made by the caller from `customer_email` or the relationship.
    pub customer: Patch<Customer>,
    /// Billing address.
    pub billing_address: AddressChange,
    /// Shipping address.
    pub shipping_address: AddressChange,
    /// `payment_method` relationship.
    pub payment_method: Patch<PaymentMethodId>,
    /// `_nullify_payment_source`.
    pub nullify_payment_source: bool,
    /// `_refresh`: recompute even when `autorefresh` is off.
    pub refresh: bool,
}

/// A changed order with the roots that changed beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderChanged {
    /// The order and what follows from the change.
    pub refreshed: Refreshed,
    /// Customer and addresses as the order has them now.
    pub parties: Parties,
    /// Addresses that were made by cloning; new records.
    pub created_addresses: Vec<Address>,
}

/// Attributes that shape the cart. All others (`metadata`, `reference`, URLs …) may change at any time.
const CART_ATTRIBUTES: &[&str] = &[
    "autorefresh",
    "guest",
    "customer_email",
    "language_code",
    "freight_taxable",
    "payment_method_taxable",
    "adjustment_taxable",
    "gift_card_taxable",
    "shipping_country_code_lock",
    "coupon_code",
    "gift_card_code",
];

impl OrderChange {
    /// Whether the change shapes the cart and therefore needs an editable order.
    pub fn shapes_cart(&self) -> bool {
        self.refresh
            || self.nullify_payment_source
            || !self.customer.is_keep()
            || !self.payment_method.is_keep()
            || self.billing_address != AddressChange::Keep
            || self.shipping_address != AddressChange::Keep
            || self
                .attributes
                .keys()
                .any(|key| CART_ATTRIBUTES.contains(&key.as_str()))
    }
}

/// Applies a change.
///
/// # Errors
/// Order being placed; order not editable, when the change shapes the cart; a payment method that is not available or
/// whose kind of source is not served; attributes of a wrong type; everything that a refresh can refuse.
pub fn update(
    aggregate: OrderAggregate,
    change: OrderChange,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<OrderChanged, CommerceError> {
    if aggregate.order.status == OrderStatus::Placing {
        return Err(CommerceError::OrderBeingPlaced);
    }
    let shapes_cart = change.shapes_cart();
    if shapes_cart {
        aggregate.ensure_editable()?;
    }
    let mut aggregate = aggregate;
    let mut parties = context.parties.clone();
    merge(&mut aggregate.order, change.attributes)?;
    if !shapes_cart {
        let refreshed = Refreshed {
            aggregate,
            ..Refreshed::default()
        };
        return Ok(OrderChanged {
            refreshed,
            parties,
            created_addresses: Vec::new(),
        });
    }
    set_customer(&mut aggregate, &mut parties, change.customer);
    let created_addresses = set_addresses(
        &mut aggregate,
        &mut parties,
        change.billing_address,
        change.shipping_address,
        &mut *new_id,
    )?;
    let mut dropped =
        choose_payment_method(&mut aggregate, change.payment_method, context.catalogue)?;
    if change.nullify_payment_source && dropped.0.is_none() {
        aggregate.ensure_source_open()?;
        dropped = cart::drop_source(&mut aggregate);
    }
    let context = CartContext {
        parties: &parties,
        ..*context
    };
    let mut refreshed = if change.refresh {
        cart::refresh(aggregate, &context, new_id)?
    } else {
        cart::after_change(aggregate, &context, new_id)?
    };
    if dropped.0.is_some() {
        (refreshed.dropped_source, refreshed.cancel_approval) = dropped;
    }
    Ok(OrderChanged {
        refreshed,
        parties,
        created_addresses,
    })
}

/// Merges attributes into the order by way of its body, so that known and unknown ones go the same way.
fn merge(order: &mut Order, attributes: Map<String, Value>) -> Result<(), CommerceError> {
    if attributes.is_empty() {
        return Ok(());
    }
    let mut body = order.to_body();
    body.extend(attributes);
    *order =
        Order::from_body(order.id.as_str(), &body).map_err(|_| CommerceError::Configuration {
            what: "orders attributes",
        })?;
    Ok(())
}

fn set_customer(aggregate: &mut OrderAggregate, parties: &mut Parties, change: Patch<Customer>) {
    match change {
        Patch::Keep => {}
        Patch::Clear => {
            aggregate.order.customer_id = None;
            aggregate.order.customer_email = None;
            parties.customer = None;
        }
        Patch::Set(customer) => {
            aggregate.order.customer_id = Some(customer.id.clone());
            aggregate.order.customer_email = Some(customer.email.clone());
            parties.customer = Some(customer);
        }
    }
}

/// Sets both addresses; billing first, so that "same as billing" sees the new one.
fn set_addresses(
    aggregate: &mut OrderAggregate,
    parties: &mut Parties,
    billing: AddressChange,
    shipping: AddressChange,
    new_id: NewId<'_>,
) -> Result<Vec<Address>, CommerceError> {
    let mut created = Vec::new();
    let billing_follows = billing == AddressChange::SameAsOther;
    // Billing may follow shipping too; whoever is followed is settled first.
    if !billing_follows {
        let other = parties.shipping_address.clone();
        settle(
            &mut parties.billing_address,
            billing.clone(),
            other,
            &mut created,
            &mut *new_id,
            missing_shipping,
        )?;
    }
    let other = parties.billing_address.clone();
    settle(
        &mut parties.shipping_address,
        shipping,
        other,
        &mut created,
        &mut *new_id,
        missing_billing,
    )?;
    if billing_follows {
        let other = parties.shipping_address.clone();
        settle(
            &mut parties.billing_address,
            billing,
            other,
            &mut created,
            new_id,
            missing_shipping,
        )?;
    }
    aggregate.order.billing_address_id = parties
        .billing_address
        .as_ref()
        .map(|address| address.id.clone());
    aggregate.order.shipping_address_id = parties
        .shipping_address
        .as_ref()
        .map(|address| address.id.clone());
    Ok(created)
}

fn missing_billing() -> CommerceError {
    CommerceError::BillingAddressMissing
}

fn missing_shipping() -> CommerceError {
    CommerceError::ShippingAddressMissing
}

fn settle(
    own: &mut Option<Address>,
    change: AddressChange,
    other: Option<Address>,
    created: &mut Vec<Address>,
    new_id: NewId<'_>,
    missing: fn() -> CommerceError,
) -> Result<(), CommerceError> {
    let source = match change {
        AddressChange::Keep => return Ok(()),
        AddressChange::Clear => {
            *own = None;
            return Ok(());
        }
        AddressChange::Use(address) => {
            *own = Some(address);
            return Ok(());
        }
        AddressChange::Clone(source) => source,
        AddressChange::SameAsOther => other.ok_or_else(missing)?,
    };
    let copy = source.cloned_as(AddressId::from(new_id()));
    created.push(copy.clone());
    *own = Some(copy);
    Ok(())
}

/// Chooses how to pay. Another method than before drops the source, whatever its kind.
fn choose_payment_method(
    aggregate: &mut OrderAggregate,
    change: Patch<PaymentMethodId>,
    catalogue: &Catalogue,
) -> Result<cart::Dropped, CommerceError> {
    let chosen = match change {
        Patch::Keep => return Ok((None, None)),
        Patch::Clear => None,
        Patch::Set(id) => {
            let method = catalogue
                .payment_method(&id)
                .ok_or(CommerceError::PaymentMethodUnavailable)?;
            PaymentSourceKind::parse(&method.payment_source_type)?;
            if !catalogue
                .available_payment_methods()
                .any(|available| available.id == id)
            {
                return Err(CommerceError::PaymentMethodUnavailable);
            }
            Some(id)
        }
    };
    if aggregate.order.payment_method_id == chosen {
        return Ok((None, None));
    }
    aggregate.ensure_source_open()?;
    aggregate.order.payment_method_id = chosen;
    Ok(cart::drop_source(aggregate))
}
