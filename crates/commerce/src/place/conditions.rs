//! The conditions of placing, in the order in which a shopper would meet them.

use crate::address::Address;
use crate::aggregate::OrderAggregate;
use crate::cart::{self, CartContext};
use crate::catalogue::GiftCardStatus;
use crate::error::CommerceError;
use crate::klarna_payment::KlarnaPayment;
use crate::line_item::{ItemType, LineItem};
use crate::payment_method::PaymentSourceKind;
use crate::payment_source::PaymentSource;
use crate::place::PlaceInput;

/// Checks everything that must hold for a pending order.
pub(super) fn check(
    aggregate: &OrderAggregate,
    input: &PlaceInput,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let order = &aggregate.order;
    if order.customer_id.is_none() && context.parties.customer.is_none() {
        return Err(CommerceError::CustomerMissing);
    }
    if aggregate.goods().next().is_none() {
        return Err(CommerceError::NothingToBuy);
    }
    let billing = context
        .parties
        .billing_address
        .as_ref()
        .ok_or(CommerceError::BillingAddressMissing)?;
    if order.requires_billing_info
        && billing
            .billing_info
            .as_deref()
            .unwrap_or_default()
            .trim()
            .is_empty()
    {
        return Err(CommerceError::BillingInfoMissing);
    }
    // Before the shipments: missing stock leaves a line without one, and says more.
    cart::ensure_in_stock(aggregate, context.catalogue)?;
    check_cards(aggregate, context)?;
    check_shipping(aggregate, context)?;
    if order.payable().is_negative() {
        return Err(CommerceError::TotalNegative {
            total: order.payable(),
        });
    }
    // Shops that refresh by themselves may have changed lines since: what is paid must be what is bought.
    let summed = cart::summed_payable(aggregate)?;
    if summed != order.payable() {
        let session = order.payable();
        return Err(CommerceError::MismatchedAmounts {
            order: summed,
            session,
        });
    }
    if order.payable().is_zero() {
        return Ok(());
    }
    check_payment(aggregate, input, context)
}

/// Gift cards that are bought must still be for sale, for what is on them.
fn check_cards(aggregate: &OrderAggregate, context: &CartContext<'_>) -> Result<(), CommerceError> {
    for card in &context.catalogue.sold_gift_cards {
        if card.status != GiftCardStatus::Draft {
            return Err(CommerceError::GiftCardNotForSale);
        }
        let line = aggregate
            .lines_of(ItemType::GiftCards)
            .find(|line| line.item_id.as_deref() == Some(card.id.as_str()));
        if let Some(line) = line
            && line.unit_amount_cents != card.balance_cents
        {
            return Err(CommerceError::MismatchedAmounts {
                order: card.balance_cents,
                session: line.unit_amount_cents,
            });
        }
    }
    Ok(())
}

fn check_shipping(
    aggregate: &OrderAggregate,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let goods = |line: &&LineItem| matches!(line.item_type, ItemType::Skus | ItemType::Bundles);
    let ships = aggregate
        .line_items
        .iter()
        .filter(goods)
        .any(|line| !line.do_not_ship);
    if !ships {
        return Ok(());
    }
    let address = context
        .parties
        .shipping_address
        .as_ref()
        .ok_or(CommerceError::ShippingAddressMissing)?;
    if let Some(lock) = aggregate
        .order
        .shipping_country_code_lock
        .as_deref()
        .filter(|lock| !lock.is_empty())
    {
        let country_code = Address::country(address);
        if !lock.eq_ignore_ascii_case(&country_code) {
            return Err(CommerceError::ShippingCountryLocked {
                lock: lock.to_owned(),
                country_code,
            });
        }
    }
    if aggregate.shipments.is_empty() {
        return Err(CommerceError::ShipmentsMissing);
    }
    match aggregate
        .shipments
        .iter()
        .find(|shipment| shipment.shipping_method_id.is_none())
    {
        Some(shipment) => Err(CommerceError::ShippingMethodMissing {
            id: shipment.id.clone(),
        }),
        None => Ok(()),
    }
}

fn check_payment(
    aggregate: &OrderAggregate,
    input: &PlaceInput,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let method = aggregate
        .order
        .payment_method_id
        .as_ref()
        .ok_or(CommerceError::PaymentMethodMissing)?;
    let method = context
        .catalogue
        .available_payment_methods()
        .find(|available| available.id == *method)
        .ok_or(CommerceError::PaymentMethodUnavailable)?;
    let kind = PaymentSourceKind::parse(&method.payment_source_type)?;
    let source = aggregate
        .payment_source
        .as_ref()
        .ok_or(CommerceError::PaymentSourceMissing)?;
    if source.kind() != kind {
        return Err(CommerceError::PaymentSourceTypeMismatch);
    }
    match source {
        PaymentSource::WireTransfer(_) | PaymentSource::External(_) => Ok(()),
        PaymentSource::Klarna(payment) => check_approval(aggregate, payment, input, context),
    }
}

fn check_approval(
    aggregate: &OrderAggregate,
    payment: &KlarnaPayment,
    input: &PlaceInput,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    if payment.auth_token.is_none() && input.customer_token.is_some() {
        return Ok(());
    }
    if payment.mismatched_amounts || !cart::session_fits(aggregate, payment) {
        let session = payment.session_amount_cents.unwrap_or_default();
        return Err(CommerceError::MismatchedAmounts {
            order: aggregate.order.payable(),
            session,
        });
    }
    if payment.auth_token.is_none() {
        return Err(CommerceError::NotApproved);
    }
    if payment.session_expired(context.now) {
        return Err(CommerceError::SessionExpired);
    }
    if payment.approval_expired(context.now) {
        return Err(CommerceError::ApprovalExpired);
    }
    Ok(())
}
