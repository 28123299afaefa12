//! Taxes, line by line, by the first rule of the market's calculator that covers the destination.
//!
//! Not included: `(total + discount) × rate`. Included: what is inside the gross. Cents, halves away from zero.

use kassa_money::{DecimalRate, MinorUnits};
use serde_json::json;

use crate::aggregate::OrderAggregate;
use crate::cart::CartContext;
use crate::catalogue::TaxRule;
use crate::error::CommerceError;
use crate::line_item::{ItemType, LineItem};

/// Taxes every line and notes the rule's rate on the order.
pub(super) fn apply(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let rule = rule_for(context)?;
    aggregate.order.tax_rate = rule.map(|rule| rule.tax_rate);
    aggregate.order.rule_taxability = rule.map(TaxRule::taxability);
    aggregate.order.tax_calculations_count = i64::from(rule.is_some());
    let tax_included = aggregate.order.tax_included;
    let bears = aggregate.order.taxability();
    for line in &mut aggregate.line_items {
        let taxable = rule.is_some()
            && match line.item_type {
                ItemType::Skus | ItemType::Bundles => true,
                ItemType::Shipments => bears.freight_taxable,
                ItemType::PaymentMethods => bears.payment_method_taxable,
                ItemType::Adjustments => bears.adjustment_taxable,
                ItemType::GiftCards => !line.is_used_gift_card() && bears.gift_card_taxable,
                // Promotions already lowered the tax of the lines they lowered.
                _ => false,
            };
        let rate = if taxable {
            rule.map_or(DecimalRate::ZERO, |rule| rule.tax_rate)
        } else {
            DecimalRate::ZERO
        };
        tax_line(line, rate, tax_included)?;
        line.tax_breakdown = rule.filter(|_| taxable).map(|rule| {
            json!({"id": rule.id.as_str(), "name": rule.name, "rate": rate, "tax_cents": line.tax_amount_cents})
        });
    }
    Ok(())
}

/// Taxes one line at a rate.
pub(crate) fn tax_line(
    line: &mut LineItem,
    rate: DecimalRate,
    tax_included: bool,
) -> Result<(), CommerceError> {
    let basis = line.discounted()?;
    line.tax_rate = Some(rate);
    line.tax_amount_cents = if rate.is_zero() {
        MinorUnits::ZERO
    } else if tax_included {
        rate.tax_of_gross(basis)?
    } else {
        rate.tax_on_net(basis)?
    };
    Ok(())
}

fn rule_for<'a>(context: &CartContext<'a>) -> Result<Option<&'a TaxRule>, CommerceError> {
    let Some(address) = context.parties.destination() else {
        return Ok(None);
    };
    for rule in &context.catalogue.tax_rules {
        if rule.places.cover(address, "tax_rules")? {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}
