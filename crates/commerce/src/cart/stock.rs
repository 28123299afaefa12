//! Stock: what the market's inventory model can serve, and from where.

use crate::aggregate::OrderAggregate;
use crate::cart::allocation::{self, Need, Shelf};
use crate::cart::contents::{Piece, pieces};
use crate::catalogue::{Catalogue, InventoryStockLocation, InventoryStrategy, Sku, StockItem};
use crate::error::CommerceError;
use crate::ids::{LineItemId, StockLocationId};

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
#[derive(Debug)]
pub(crate) struct Allocation<'a> {
    pub line_item_id: LineItemId,
    pub sku: &'a Sku,
    /// Where the goods lie.
    pub origin: &'a InventoryStockLocation,
    /// Where they leave the house.
    pub location: &'a InventoryStockLocation,
    pub quantity: i64,
    /// What counts them at the origin. Absent for SKUs that are not tracked.
    pub stock_item: Option<&'a StockItem>,
    /// What counts them where they leave.
    pub counted_where_it_leaves: Option<&'a StockItem>,
}

impl Allocation<'_> {
    /// Whether the goods have to be brought to where they leave.
    pub(crate) fn is_transferred(&self) -> bool {
        self.origin.id != self.location.id
    }
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
    let mut wanted = pieces(aggregate, catalogue);
    wanted.retain(|piece| piece.sku.code == sku_code);
    ensure_served(&wanted, catalogue)
}

/// Checks that the whole order can be served in full.
///
/// # Errors
/// [`CommerceError::OutOfStock`] for the first SKU that cannot.
pub(crate) fn ensure_in_stock(
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
) -> Result<(), CommerceError> {
    ensure_served(&pieces(aggregate, catalogue), catalogue)
}

fn ensure_served(wanted: &[Piece<'_>], catalogue: &Catalogue) -> Result<(), CommerceError> {
    let needs: Vec<Need<'_>> = wanted.iter().map(need).collect();
    let parts = spread(catalogue, &needs);
    let short = |index: &usize| {
        needs[*index].tracked && allocation::served(&parts, *index) < needs[*index].quantity
    };
    let Some(first) = (0..needs.len()).find(short) else {
        return Ok(());
    };
    let sku_code = needs[first].sku_code;
    let mut sums = (0_i64, 0_i64);
    for (index, need) in needs.iter().enumerate() {
        if need.sku_code == sku_code {
            sums.0 = sums.0.saturating_add(need.quantity);
            sums.1 = sums.1.saturating_add(allocation::served(&parts, index));
        }
    }
    Err(CommerceError::OutOfStock {
        sku_code: sku_code.to_owned(),
        requested: sums.0,
        available: sums.1,
    })
}

/// Spreads the order's goods over locations: those that ship, and those that are only counted. Lines that stock
/// cannot serve are served as far as it goes.
pub(crate) fn allocate<'a>(
    aggregate: &OrderAggregate,
    catalogue: &'a Catalogue,
) -> Vec<Allocation<'a>> {
    let places = locations(catalogue);
    let wanted = pieces(aggregate, catalogue);
    let needs: Vec<Need<'_>> = wanted.iter().map(need).collect();
    let parts = spread(catalogue, &needs);
    parts
        .into_iter()
        .map(|part| {
            let (line_item_id, sku) = (&wanted[part.need].line_item_id, wanted[part.need].sku);
            let (origin, location) = (places[part.from], places[part.to]);
            let counted = |place: &InventoryStockLocation| {
                let item = stock_item(catalogue, &place.stock_location_id, &sku.code);
                item.filter(|_| !sku.do_not_track)
            };
            Allocation {
                line_item_id: line_item_id.clone(),
                sku,
                origin,
                location,
                quantity: part.quantity,
                stock_item: counted(origin),
                counted_where_it_leaves: counted(location),
            }
        })
        .collect()
}

/// The strategy of the market's model, applied to what lies at its places.
fn spread(catalogue: &Catalogue, needs: &[Need<'_>]) -> Vec<allocation::Part> {
    let shelves: Vec<Shelf<'_>> = locations(catalogue)
        .into_iter()
        .map(|place| shelf(catalogue, place, needs))
        .collect();
    allocation::allocate(catalogue.inventory_model.strategy, needs, &shelves)
}

/// What lies at a place of what is needed.
fn shelf<'a>(
    catalogue: &Catalogue,
    place: &InventoryStockLocation,
    needs: &[Need<'a>],
) -> Shelf<'a> {
    let mut shelf = Shelf::new();
    for need in needs {
        if let Some(item) = stock_item(catalogue, &place.stock_location_id, need.sku_code) {
            shelf.insert(need.sku_code, item.quantity.max(0));
        }
    }
    shelf
}

fn need<'a>(piece: &Piece<'a>) -> Need<'a> {
    Need {
        sku_code: &piece.sku.code,
        quantity: piece.quantity,
        ships: !piece.sku.do_not_ship,
        tracked: !piece.sku.do_not_track,
    }
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
