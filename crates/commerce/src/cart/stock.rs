//! Stock: what the market's inventory model can serve, and from where.

use crate::aggregate::OrderAggregate;
use crate::cart::pieces;
use crate::catalogue::{Catalogue, InventoryStockLocation, InventoryStrategy, Sku, StockItem};
use crate::error::CommerceError;
use crate::ids::{LineItemId, StockItemId, StockLocationId};

/// `skus.inventory`: what the market can sell of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Anything left, or nothing to count.
    pub available: bool,
    /// Pieces, over all locations that the strategy may combine.
    pub quantity: i64,
    /// Pieces by location, in priority order.
    pub levels: Vec<(StockLocationId, i64)>,
}

/// A part of a line served from one location.
pub(super) struct Allocation<'a> {
    pub line_item_id: LineItemId,
    pub sku: &'a Sku,
    pub location: &'a InventoryStockLocation,
    pub quantity: i64,
    /// Absent for SKUs that are not tracked.
    pub stock_item: Option<&'a StockItem>,
}

/// What the market's locations hold of a SKU, as its strategy counts it.
pub fn inventory(catalogue: &Catalogue, sku: &Sku) -> Inventory {
    let levels: Vec<(StockLocationId, i64)> = locations(catalogue)
        .into_iter()
        .map(|place| {
            let quantity = stock_item(catalogue, &place.stock_location_id, &sku.code)
                .map_or(0, |item| item.quantity.max(0));
            (place.stock_location_id.clone(), quantity)
        })
        .collect();
    let each = levels.iter().map(|(_, quantity)| *quantity);
    let quantity = match catalogue.inventory_model.strategy {
        // One line is served from one place here, so the fullest place is what counts.
        InventoryStrategy::NoSplit | InventoryStrategy::SplitByLineItems => each.max().unwrap_or(0),
        InventoryStrategy::SplitShipments
        | InventoryStrategy::ShipFromPrimary
        | InventoryStrategy::ShipFromFirstAvailableOrPrimary => each.fold(0, i64::saturating_add),
    };
    Inventory {
        available: quantity > 0 || sku.do_not_track,
        quantity,
        levels,
    }
}

/// Checks that one SKU of the order can be served in full, over all of its lines.
///
/// # Errors
/// [`CommerceError::OutOfStock`] with what is there and what the lines ask for together.
pub(crate) fn ensure_sku_in_stock(
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
    sku_code: &str,
) -> Result<(), CommerceError> {
    let Some(sku) = catalogue.sku(sku_code).filter(|sku| !sku.do_not_track) else {
        return Ok(());
    };
    let pieces = pieces(aggregate, catalogue);
    let same = pieces.iter().filter(|piece| piece.sku.code == sku_code);
    let requested = same.fold(0i64, |sum, piece| sum.saturating_add(piece.quantity));
    let available = inventory(catalogue, sku).quantity;
    if requested <= available {
        return Ok(());
    }
    Err(CommerceError::OutOfStock {
        sku_code: sku.code.clone(),
        requested,
        available,
    })
}

/// Checks that the whole order can be served in full.
///
/// # Errors
/// [`CommerceError::OutOfStock`] for the first SKU that cannot.
pub(crate) fn ensure_in_stock(
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
) -> Result<(), CommerceError> {
    for piece in pieces(aggregate, catalogue) {
        ensure_sku_in_stock(aggregate, catalogue, &piece.sku.code)?;
    }
    if catalogue.inventory_model.strategy == InventoryStrategy::NoSplit {
        ensure_one_place(aggregate, catalogue)?;
    }
    Ok(())
}

/// `no_split`: one location has to serve all that ships, or the order is out of stock.
fn ensure_one_place(
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
) -> Result<(), CommerceError> {
    let needs = needs(aggregate, catalogue);
    let tracked: Vec<_> = needs
        .iter()
        .filter(|(_, sku, _)| !sku.do_not_track)
        .collect();
    if tracked.is_empty()
        || locations(catalogue)
            .into_iter()
            .any(|place| serves_all(catalogue, place, &needs))
    {
        return Ok(());
    }
    // Report the first SKU that the best place lacks.
    let place = locations(catalogue).into_iter().next();
    for (_, sku, quantity) in tracked {
        let here =
            place.and_then(|place| stock_item(catalogue, &place.stock_location_id, &sku.code));
        let available = here.map_or(0, |item| item.quantity.max(0));
        if *quantity > available {
            return Err(CommerceError::OutOfStock {
                sku_code: sku.code.clone(),
                requested: *quantity,
                available,
            });
        }
    }
    let (_, sku, quantity) = &needs[0];
    Err(CommerceError::OutOfStock {
        sku_code: sku.code.clone(),
        requested: *quantity,
        available: 0,
    })
}

/// Spreads the order's physical goods over locations. Lines that stock cannot serve are served as far as it goes.
///
/// # Errors
/// [`CommerceError::Configuration`] for the strategies that need stock transfers.
pub(super) fn allocate<'a>(
    aggregate: &OrderAggregate,
    catalogue: &'a Catalogue,
) -> Result<Vec<Allocation<'a>>, CommerceError> {
    let places = locations(catalogue);
    let needs = needs(aggregate, catalogue);
    let Some(first) = places.first().copied() else {
        return Ok(Vec::new());
    };
    let mut taken: Vec<(&StockItem, i64)> = Vec::new();
    let mut allocations = Vec::new();
    let home = places
        .iter()
        .copied()
        .find(|place| serves_all(catalogue, place, &needs))
        .unwrap_or(first);
    for (line_item_id, sku, quantity) in needs {
        let order = match catalogue.inventory_model.strategy {
            InventoryStrategy::NoSplit => vec![home],
            InventoryStrategy::SplitShipments => places.clone(),
            InventoryStrategy::SplitByLineItems => {
                let whole = |place: &&InventoryStockLocation| {
                    left(catalogue, place, sku, &taken) >= quantity
                };
                vec![places.iter().copied().find(whole).unwrap_or(first)]
            }
            InventoryStrategy::ShipFromPrimary
            | InventoryStrategy::ShipFromFirstAvailableOrPrimary => {
                let what = "inventory_models.strategy";
                return Err(CommerceError::Configuration { what });
            }
        };
        if sku.do_not_track {
            let location = order.first().copied().unwrap_or(first);
            allocations.push(Allocation {
                line_item_id,
                sku,
                location,
                quantity,
                stock_item: None,
            });
            continue;
        }
        let mut missing = quantity;
        for location in order {
            let Some(item) = stock_item(catalogue, &location.stock_location_id, &sku.code) else {
                continue;
            };
            let quantity = missing.min(left(catalogue, location, sku, &taken));
            if quantity <= 0 {
                continue;
            }
            missing -= quantity;
            taken.push((item, quantity));
            allocations.push(Allocation {
                line_item_id: line_item_id.clone(),
                sku,
                location,
                quantity,
                stock_item: Some(item),
            });
        }
    }
    Ok(allocations)
}

/// Stock of goods that are counted but not shipped: it moves at placing, with no shipment to say from where.
pub(crate) fn unshipped_stock(
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
) -> Vec<(StockItemId, i64)> {
    let mut taken: Vec<(&StockItem, i64)> = Vec::new();
    for piece in pieces(aggregate, catalogue) {
        let sku = piece.sku;
        if !sku.do_not_ship || sku.do_not_track {
            continue;
        }
        let mut missing = piece.quantity;
        for place in locations(catalogue) {
            let Some(item) = stock_item(catalogue, &place.stock_location_id, &sku.code) else {
                continue;
            };
            let quantity = missing.min(left(catalogue, place, sku, &taken));
            if quantity > 0 {
                missing -= quantity;
                taken.push((item, quantity));
            }
        }
    }
    taken
        .into_iter()
        .map(|(item, quantity)| (item.id.clone(), quantity))
        .collect()
}

/// What needs a shipment: line, SKU and quantity; a bundle line stands here once for each of its SKUs.
fn needs<'a>(
    aggregate: &OrderAggregate,
    catalogue: &'a Catalogue,
) -> Vec<(LineItemId, &'a Sku, i64)> {
    pieces(aggregate, catalogue)
        .into_iter()
        .filter(|piece| !piece.sku.do_not_ship)
        .map(|piece| (piece.line_item_id, piece.sku, piece.quantity))
        .collect()
}

/// The model's locations in priority order, as many as it uses.
fn locations(catalogue: &Catalogue) -> Vec<&InventoryStockLocation> {
    let mut places: Vec<&InventoryStockLocation> =
        catalogue.inventory_stock_locations.iter().collect();
    places.sort_by(|left, right| {
        left.priority
            .cmp(&right.priority)
            .then_with(|| left.id.cmp(&right.id))
    });
    let most = catalogue
        .inventory_model
        .stock_locations_cutoff
        .and_then(|cutoff| usize::try_from(cutoff).ok());
    places.truncate(most.unwrap_or(usize::MAX).max(1));
    places
}

fn stock_item<'a>(
    catalogue: &'a Catalogue,
    location: &StockLocationId,
    sku_code: &str,
) -> Option<&'a StockItem> {
    catalogue
        .stock_items
        .iter()
        .find(|item| item.stock_location_id == *location && item.sku_code == sku_code)
}

fn serves_all(
    catalogue: &Catalogue,
    place: &InventoryStockLocation,
    needs: &[(LineItemId, &Sku, i64)],
) -> bool {
    needs
        .iter()
        .filter(|(_, sku, _)| !sku.do_not_track)
        .all(|(_, sku, _)| {
            let same = needs.iter().filter(|(_, other, _)| other.code == sku.code);
            let wanted = same.fold(0i64, |sum, (_, _, quantity)| sum.saturating_add(*quantity));
            stock_item(catalogue, &place.stock_location_id, &sku.code)
                .is_some_and(|item| item.quantity >= wanted)
        })
}

fn left(
    catalogue: &Catalogue,
    place: &InventoryStockLocation,
    sku: &Sku,
    taken: &[(&StockItem, i64)],
) -> i64 {
    let Some(item) = stock_item(catalogue, &place.stock_location_id, &sku.code) else {
        return 0;
    };
    let gone: i64 = taken
        .iter()
        .filter(|(other, _)| other.id == item.id)
        .map(|(_, quantity)| quantity)
        .sum();
    item.quantity.saturating_sub(gone).max(0)
}
