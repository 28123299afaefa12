//! The cart: everything about an order that follows from its goods, its addresses, its choices and the catalogue.
//!
//! [`refresh`] is a pure function of those; running it twice changes nothing. Ids of derived parts (shipments, cost
//! lines) are kept as long as what they stand for is still there.

mod allocation;
mod contents;
mod discounts;
mod eligibility;
mod gift_card;
mod pricing;
mod relief;
mod shipments;
mod shipping_methods;
mod source;
mod stock;
mod tax;
mod totals;

use jiff::Timestamp;
use kassa_klarna_api::AuthorizationToken;
use kassa_money::{DecimalRate, MinorUnits};

use crate::aggregate::{OrderAggregate, Parties};
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::line_item::{ItemType, LineItem};
use crate::payment_source::PaymentSource;
use crate::reservation;
use crate::states::OrderTrigger;
use crate::stock_reservation;

pub use shipping_methods::{AvailableShippingMethod, available_shipping_methods};
pub use stock::{Inventory, inventory};

pub(crate) use contents::pieces_of;
pub(crate) use pricing::price_line;
pub(crate) use shipments::number as number_shipments;
pub(crate) use source::{Dropped, drop_source, keep_source_bound, session_fits};
pub(crate) use stock::{allocate, ensure_in_stock, ensure_sku_in_stock};

/// Where new ids come from: the caller's entropy.
pub type NewId<'a> = &'a mut dyn FnMut() -> String;

/// A refreshed order and what has to follow outside of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Refreshed {
    /// The order as it shall be.
    pub aggregate: OrderAggregate,
    /// The payment source that no longer fits and was taken off the order; its record is to be deleted.
    pub dropped_source: Option<PaymentSource>,
    /// An approval that will not be used and has to be given back at Klarna.
    pub cancel_approval: Option<AuthorizationToken>,
}

/// What a refresh looks at beside the order.
#[derive(Debug, Clone, Copy)]
pub struct CartContext<'a> {
    /// Customer and addresses.
    pub parties: &'a Parties,
    /// Configuration.
    pub catalogue: &'a Catalogue,
    /// Business time.
    pub now: Timestamp,
}

/// Recomputes prices, shipments, costs, discounts, taxes, gift card, totals, counts, status and payment source.
///
/// # Errors
/// An order that is not editable; a SKU without price; configuration or figures that cannot be used. Stock never
/// fails a refresh: it is checked where quantities change and again at placing.
pub fn refresh(
    aggregate: OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    aggregate.ensure_editable()?;
    let catalogue = reservation::own_returned(&aggregate, context.catalogue);
    let context = &CartContext {
        catalogue: &catalogue,
        ..*context
    };
    let mut aggregate = aggregate;
    inherit(&mut aggregate, context)?;
    pricing::reprice(&mut aggregate, context.catalogue)?;
    let free_shipping = discounts::rebuild_goods_promotions(&mut aggregate, context, &mut *new_id)?;
    shipments::rebuild(&mut aggregate, context, &mut *new_id)?;
    contents::name_bundles(&mut aggregate);
    stock_reservation::follow_cart(&mut aggregate, context.catalogue);
    cost_lines(&mut aggregate, context.catalogue, &mut *new_id);
    discounts::apply_free_shipping(
        &mut aggregate,
        free_shipping.as_ref(),
        context,
        &mut *new_id,
    )?;
    relief::distribute_adjustments(&mut aggregate)?;
    tax::apply(&mut aggregate, context)?;
    totals::without_gift_card(&mut aggregate)?;
    gift_card::rebuild(&mut aggregate, context, new_id)?;
    totals::finish(&mut aggregate)?;
    settle(&mut aggregate, context.parties);
    aggregate.order.refreshed_at = Some(context.now);
    let (dropped_source, cancel_approval) = source::reconcile(&mut aggregate, context);
    Ok(Refreshed {
        aggregate,
        dropped_source,
        cancel_approval,
    })
}

/// What follows any change of an editable order: a refresh, unless the order switched that off or is too long for it.
///
/// Without a refresh only the counts and the status follow; amounts stay until somebody asks for `_refresh`.
///
/// # Errors
/// Those of [`refresh`].
pub fn after_change(
    aggregate: OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    let lines = i64::try_from(aggregate.line_items.len()).unwrap_or(i64::MAX);
    let cutoff = context
        .catalogue
        .organization
        .orders_autorefresh_cutoff_live;
    if aggregate.order.autorefresh && lines <= cutoff {
        return refresh(aggregate, context, new_id);
    }
    aggregate.ensure_editable()?;
    let mut aggregate = aggregate;
    let (dropped_source, cancel_approval) =
        source::drop_if_method_changed(&mut aggregate, context.catalogue);
    source::mark_if_outgrown(&mut aggregate);
    settle(&mut aggregate, context.parties);
    Ok(Refreshed {
        aggregate,
        dropped_source,
        cancel_approval,
    })
}

/// What the lines of the order sum to, whatever the order says.
pub(crate) fn summed_payable(aggregate: &OrderAggregate) -> Result<MinorUnits, CommerceError> {
    let mut summed = aggregate.clone();
    totals::finish(&mut summed)?;
    Ok(summed.order.payable())
}

/// Taxes every line again at a rate of its own and sums up. For tests: more rates than categories make.
#[doc(hidden)]
pub fn retax(
    aggregate: &mut OrderAggregate,
    mut rate: impl FnMut(&LineItem) -> DecimalRate,
) -> Result<(), CommerceError> {
    let tax_included = aggregate.order.tax_included;
    let mut paid = MinorUnits::ZERO;
    for line in &mut aggregate.line_items {
        if line.item_type.is_promotion() || line.is_used_gift_card() {
            continue;
        }
        let own = rate(line);
        tax::tax_line(line, own, tax_included)?;
    }
    totals::without_gift_card(aggregate)?;
    for line in aggregate
        .line_items
        .iter_mut()
        .filter(|line| line.is_used_gift_card())
    {
        // The card cannot pay more than there is, whatever the taxes became.
        let most = aggregate
            .order
            .total_amount_with_taxes_cents
            .checked_sub(paid)?
            .max(MinorUnits::ZERO);
        let used = line.total_amount_cents.checked_neg()?.min(most);
        paid = paid.checked_add(used)?;
        line.total_amount_cents = used.checked_neg()?;
    }
    aggregate
        .line_items
        .retain(|line| !line.is_used_gift_card() || !line.total_amount_cents.is_zero());
    totals::finish(aggregate)
}

/// What the order takes over from its market and its addresses.
fn inherit(aggregate: &mut OrderAggregate, context: &CartContext<'_>) -> Result<(), CommerceError> {
    let order = &mut aggregate.order;
    order.currency_code = Some(context.catalogue.currency()?);
    order.tax_included = context.catalogue.price_list.tax_included;
    order.country_code = context
        .parties
        .destination()
        .map(crate::address::Address::country)
        .filter(|country| !country.is_empty());
    if order.payment_method_id.is_none() && order.refreshed_at.is_none() {
        let default = context.catalogue.market.default_payment_method_id.as_ref();
        let available = |id| {
            context
                .catalogue
                .available_payment_methods()
                .any(|method| method.id == id)
        };
        order.payment_method_id = default.filter(|id| available((*id).clone())).cloned();
    }
    // Italian electronic invoices need the code of the recipient; nobody else asks for it.
    order.requires_billing_info = context
        .parties
        .billing_address
        .as_ref()
        .is_some_and(|address| address.business && address.country() == "IT");
    Ok(())
}

/// One line for the cost of each shipment with a method, and one for the payment method.
fn cost_lines(aggregate: &mut OrderAggregate, catalogue: &Catalogue, new_id: NewId<'_>) {
    let mut wanted = Vec::new();
    for shipment in &aggregate.shipments {
        let Some(method) = shipment.shipping_method_id.as_ref() else {
            continue;
        };
        let name = catalogue
            .shipping_method(method)
            .map(|method| method.name.clone());
        wanted.push((
            ItemType::Shipments,
            shipment.id.as_str().to_owned(),
            name,
            shipment.cost_amount_cents,
        ));
    }
    if let Some(method) = aggregate
        .order
        .payment_method_id
        .as_ref()
        .and_then(|id| catalogue.payment_method(id))
    {
        let id = method.id.as_str().to_owned();
        wanted.push((
            ItemType::PaymentMethods,
            id,
            method.name.clone(),
            method.price_amount_cents,
        ));
    }
    let is_cost = |line: &LineItem| {
        matches!(
            line.item_type,
            ItemType::Shipments | ItemType::PaymentMethods
        )
    };
    let mut known: Vec<LineItem> = Vec::new();
    aggregate.line_items.retain(|line| {
        let cost = is_cost(line);
        if cost {
            known.push(line.clone());
        }
        !cost
    });
    for (item_type, item_id, name, amount) in wanted {
        let kept = known
            .iter()
            .find(|line| line.item_type == item_type && line.item_id.as_deref() == Some(&*item_id));
        let line = derived_line(
            aggregate,
            kept,
            item_type,
            Some(item_id),
            name,
            amount,
            &mut *new_id,
        );
        aggregate.line_items.push(line);
    }
}

/// A line of quantity one that the order makes by itself; keeps the id of the line it replaces.
fn derived_line(
    aggregate: &OrderAggregate,
    kept: Option<&LineItem>,
    item_type: ItemType,
    item_id: Option<String>,
    name: Option<String>,
    amount: MinorUnits,
    new_id: NewId<'_>,
) -> LineItem {
    LineItem {
        id: kept.map_or_else(|| new_id().into(), |line| line.id.clone()),
        order_id: aggregate.order.id.clone(),
        quantity: 1,
        currency_code: aggregate.order.currency_code,
        unit_amount_cents: amount,
        total_amount_cents: amount,
        name,
        item_type,
        item_id,
        extra: kept.map(|line| line.extra.clone()).unwrap_or_default(),
        ..LineItem::default()
    }
}

/// Counts and status: draft without a customer or without anything to buy, else pending.
fn settle(aggregate: &mut OrderAggregate, parties: &Parties) {
    totals::count(aggregate);
    let complete = aggregate.goods().next().is_some()
        && (aggregate.order.customer_id.is_some() || parties.customer.is_some());
    let order = &mut aggregate.order;
    let trigger = if complete {
        OrderTrigger::Complete
    } else {
        OrderTrigger::Strip
    };
    // An order that is being edited stays one, whatever is in it.
    order.status = order.status.on(trigger).unwrap_or(order.status);
    order.editable = order.status.editable();
}
