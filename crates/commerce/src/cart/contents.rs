//! What the goods of an order are made of: a SKU line is itself, a bundle line is the SKUs of its list.
//!
//! Stock and shipments look at pieces, never at lines, so a bundle takes from stock what its SKUs would.

use serde_json::Value;

use crate::aggregate::OrderAggregate;
use crate::catalogue::{Catalogue, Sku};
use crate::ids::LineItemId;
use crate::line_item::{ItemType, LineItem};

/// So many of one SKU, for one line.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'a> {
    /// The line.
    pub line_item_id: LineItemId,
    /// The SKU.
    pub sku: &'a Sku,
    /// How many for the whole line.
    pub quantity: i64,
}

/// Everything that the lines are made of, line by line. SKUs that the catalogue does not know are left out: pricing
/// refuses them.
pub(crate) fn pieces<'a>(aggregate: &OrderAggregate, catalogue: &'a Catalogue) -> Vec<Piece<'a>> {
    aggregate
        .line_items
        .iter()
        .flat_map(|line| pieces_of(line, catalogue))
        .collect()
}

/// What one line is made of.
pub(crate) fn pieces_of<'a>(line: &LineItem, catalogue: &'a Catalogue) -> Vec<Piece<'a>> {
    let piece = |code: &str, each: i64| {
        Some(Piece {
            line_item_id: line.id.clone(),
            sku: catalogue.sku(code)?,
            quantity: line.quantity.saturating_mul(each),
        })
    };
    match line.item_type {
        ItemType::Skus => line
            .sku_code
            .as_deref()
            .and_then(|code| piece(code, 1))
            .into_iter()
            .collect(),
        ItemType::Bundles => line
            .bundle_code
            .as_deref()
            .and_then(|code| catalogue.bundle(code))
            .map(|bundle| catalogue.bundle_items(bundle))
            .into_iter()
            .flatten()
            .filter_map(|item| piece(&item.sku_code, item.quantity))
            .collect(),
        _ => Vec::new(),
    }
}

/// Writes on the stock lines of bundles which bundle they serve (`stock_line_items.bundle_code`).
pub(super) fn name_bundles(aggregate: &mut OrderAggregate) {
    for line in &aggregate.line_items {
        let Some(code) = &line.bundle_code else {
            continue;
        };
        for stock_line in &mut aggregate.stock_line_items {
            if stock_line.line_item_id == line.id {
                let code = Value::String(code.clone());
                stock_line.extra.insert("bundle_code".to_owned(), code);
            }
        }
    }
}
