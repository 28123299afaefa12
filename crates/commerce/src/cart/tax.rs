//! Taxes, line by line, by the rules of the market's calculator that cover the destination: the one that is named like
//! the tax category of the SKU, else the first.
//!
//! Not included: `(total + discount) × rate`. Included: what is inside the gross. Cents, halves away from zero.

use kassa_money::{DecimalRate, MinorUnits};
use serde_json::json;

use crate::aggregate::OrderAggregate;
use crate::cart::{CartContext, relief};
use crate::catalogue::TaxRule;
use crate::error::CommerceError;
use crate::line_item::{ItemType, LineItem};

/// Taxes every line and notes the rule's rate on the order.
pub(super) fn apply(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let rules = covering(context)?;
    let rule = rules.first().copied();
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
                ItemType::Adjustments => bears.adjustment_taxable && !relief::is_distributed(line),
                ItemType::GiftCards => !line.is_used_gift_card() && bears.gift_card_taxable,
                // Promotions already lowered the tax of the lines they lowered.
                _ => false,
            };
        let rule = rule_of(line, &rules, context).filter(|_| taxable);
        let rate = rule.map_or(DecimalRate::ZERO, |rule| rule.tax_rate);
        tax_line(line, rate, tax_included)?;
        line.tax_breakdown = rule.map(|rule| {
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
    let basis = line.taxed()?;
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

/// The rules that cover the destination, in their order.
fn covering<'a>(context: &CartContext<'a>) -> Result<Vec<&'a TaxRule>, CommerceError> {
    let mut covering = Vec::new();
    let Some(address) = context.parties.destination() else {
        return Ok(covering);
    };
    for rule in &context.catalogue.tax_rules {
        if rule.places.cover(address, "tax_rules")? {
            covering.push(rule);
        }
    }
    Ok(covering)
}

/// The rule of a line: named like the category of its SKU, else the first.
fn rule_of<'a>(
    line: &LineItem,
    covering: &[&'a TaxRule],
    context: &CartContext<'_>,
) -> Option<&'a TaxRule> {
    let categories = &context.catalogue.tax_categories;
    let own = line.sku_code.as_deref().and_then(|code| {
        let category = categories.iter().find(|own| own.sku_code == code)?;
        covering.iter().find(|rule| rule.name == category.code)
    });
    own.or(covering.first()).copied()
}
