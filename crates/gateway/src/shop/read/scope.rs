//! What the markets in a token's scope leave of the rows: orders with their parts, and whatever names a market.
//!
//! Invariant: a row that names no market is for every market; a back office without a market in its scope sees all.

use kassa_storage::{Filter, Record, Test};

use super::rows::{ORDER_PARTS, across, any_of, field, id_field};
use crate::caller::Caller;
use crate::shop::resources::registry;

/// Whether a back office's scope lets it see `record`.
pub(crate) fn in_scope(caller: &Caller, record: &Record) -> bool {
    match record.key.kind.as_ref() {
        "markets" => caller.sees_market(&record.key.id),
        _ => record
            .market
            .as_deref()
            .is_none_or(|market| caller.sees_market(market)),
    }
}

/// The condition that a list of `kind` gets for a back office.
pub(super) fn of_back_office(caller: &Caller, kind: &str) -> Filter {
    if caller.market_ids.is_empty() {
        return Filter::Everything;
    }
    let markets = || any_of(&caller.market_ids);
    if kind == "markets" {
        return field("id", markets());
    }
    if let Some((kind, path)) = order_of_rows(kind) {
        let of_markets = across(kind, path, "market_id", markets());
        return match path {
            [] => of_markets,
            // Transfers and reservations that a shop makes by hand belong to no order.
            [first, ..] => Filter::Any(vec![field(id_field(first), Test::Null), of_markets]),
        };
    }
    let names_market = registry()
        .find(kind)
        .is_some_and(|descriptor| descriptor.relationship("market").is_some());
    if names_market {
        return Filter::Any(vec![
            field("market_id", Test::Null),
            field("market_id", markets()),
        ]);
    }
    Filter::Everything
}

/// How rows of a type lead to their order, and the type whose table says so; `None` for rows that have none.
pub(super) fn order_of_rows(kind: &str) -> Option<(&str, &'static [&'static str])> {
    let path: &[&str] = match kind {
        "orders" => &[],
        "line_item_options" | "stock_transfers" => &["line_item", "order"],
        "parcels" | "stock_line_items" => &["shipment", "order"],
        // The concrete ones share the relationship.
        "transactions" => return Some(("authorizations", &["order"])),
        _ if ORDER_PARTS.contains(&kind) => &["order"],
        _ => return None,
    };
    Some((kind, path))
}
