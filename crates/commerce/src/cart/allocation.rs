//! The five inventory strategies: how the goods of an order are spread over stock locations, as one pure function.
//!
//! Invariants, each a property test: no more is taken of a SKU at a place than lies there; a part never serves more
//! than its line asks for; what is not served could not be served under the strategy; earlier places are used first.

use std::collections::BTreeMap;

use crate::catalogue::InventoryStrategy;

/// What one line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need<'a> {
    /// The SKU's code.
    pub sku_code: &'a str,
    /// How many.
    pub quantity: i64,
    /// It travels in a shipment (not `do_not_ship`).
    pub ships: bool,
    /// It is counted (not `do_not_track`).
    pub tracked: bool,
}

/// What lies at one place: pieces by SKU code.
pub(super) type Shelf<'a> = BTreeMap<&'a str, i64>;

/// A part of a need. Where `from` and `to` differ, the goods are transferred before they are shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Index of the need it serves.
    pub need: usize,
    /// Index of the place where the goods lie.
    pub from: usize,
    /// Index of the place where they leave the house.
    pub to: usize,
    /// How many.
    pub quantity: i64,
}

/// Where a need may be taken from, and where it leaves the house.
struct Route {
    /// Places, first choice first.
    from: Vec<usize>,
    /// One place for all of it; where it lies when absent.
    to: Option<usize>,
}

impl Route {
    fn only(place: usize) -> Self {
        Self {
            from: vec![place],
            to: None,
        }
    }
}

/// Spreads `needs` over `shelves`, which stand in priority order and are as many as the model uses. What stock cannot
/// serve is left out, see [`served`]. Goods that are not counted are everywhere; goods that do not ship are taken
/// wherever they lie, whatever the strategy, and only if they are counted.
pub(super) fn allocate(
    strategy: InventoryStrategy,
    needs: &[Need<'_>],
    shelves: &[Shelf<'_>],
) -> Vec<Part> {
    let mut left: Vec<Shelf<'_>> = shelves.to_vec();
    if left.is_empty() {
        return Vec::new();
    }
    let home = shelves.iter().position(|shelf| serves_all(shelf, needs));
    let mut parts = Vec::new();
    for (index, need) in needs.iter().enumerate() {
        let route = route(strategy, need, home, &left);
        if !need.tracked {
            let place = route.to.unwrap_or(route.from[0]);
            if need.ships {
                parts.push(Part {
                    need: index,
                    from: place,
                    to: place,
                    quantity: need.quantity,
                });
            }
            continue;
        }
        let mut missing = need.quantity;
        for from in route.from {
            let Some(here) = left[from].get_mut(need.sku_code) else {
                continue;
            };
            let quantity = missing.min(*here);
            if quantity > 0 {
                *here -= quantity;
                missing -= quantity;
                parts.push(Part {
                    need: index,
                    from,
                    to: route.to.unwrap_or(from),
                    quantity,
                });
            }
        }
    }
    parts
}

/// How many pieces of a need the parts serve.
pub(super) fn served(parts: &[Part], need: usize) -> i64 {
    let own = parts.iter().filter(|part| part.need == need);
    own.fold(0, |sum, part| sum.saturating_add(part.quantity))
}

fn route(
    strategy: InventoryStrategy,
    need: &Need<'_>,
    home: Option<usize>,
    left: &[Shelf<'_>],
) -> Route {
    let anywhere = || (0..left.len()).collect();
    let by_primary = || Route {
        from: anywhere(),
        to: Some(0),
    };
    if !need.ships {
        return Route {
            from: anywhere(),
            to: None,
        };
    }
    match strategy {
        InventoryStrategy::NoSplit => Route::only(home.unwrap_or(0)),
        InventoryStrategy::SplitShipments => Route {
            from: anywhere(),
            to: None,
        },
        InventoryStrategy::SplitByLineItems => {
            let whole =
                |shelf: &Shelf<'_>| !need.tracked || lies(shelf, need.sku_code) >= need.quantity;
            Route::only(left.iter().position(whole).unwrap_or(0))
        }
        InventoryStrategy::ShipFromPrimary => by_primary(),
        InventoryStrategy::ShipFromFirstAvailableOrPrimary => {
            home.map_or_else(by_primary, Route::only)
        }
    }
}

/// Whether one place has everything that ships and is counted, over all lines.
fn serves_all(shelf: &Shelf<'_>, needs: &[Need<'_>]) -> bool {
    let mut wanted = Shelf::new();
    for need in needs.iter().filter(|need| need.ships && need.tracked) {
        let sum = wanted.entry(need.sku_code).or_default();
        *sum = sum.saturating_add(need.quantity);
    }
    wanted
        .into_iter()
        .all(|(sku_code, quantity)| lies(shelf, sku_code) >= quantity)
}

fn lies(shelf: &Shelf<'_>, sku_code: &str) -> i64 {
    shelf.get(sku_code).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
