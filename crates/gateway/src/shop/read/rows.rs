//! Which rows a sales channel sees: those of its market, its own customer's, and guests' orders by their id.
//!
//! Invariant: a row of another owner or market is refused with 401, an unknown id with 404; integrations see all
//! rows of their realm.

use std::collections::HashMap;
use std::sync::LazyLock;

use kassa_storage::{FieldPath, Filter, Key, Record, Snapshot, Test};
use serde_json::Value;

use super::scope;
pub(crate) use super::scope::in_scope;
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::catalogue;
use crate::shop::resources::registry;

/// States in which a guest may look at an order by its id. Source: commerce-api, section b; `approved` because a
/// shop may approve at once and the thank-you page still has to show the order.
const GUEST_STATES: &[&str] = &["draft", "pending", "placing", "placed", "approved"];

/// Parts of an order: seen by whoever sees the order.
pub(crate) const ORDER_PARTS: &[&str] = &[
    "line_items",
    "line_item_options",
    "shipments",
    "stock_line_items",
    "stock_transfers",
    "stock_reservations",
    "klarna_payments",
    "wire_transfers",
    "external_payments",
    "authorizations",
    "captures",
    "voids",
    "refunds",
];

/// Rows that are seen by whoever sees the row that their relationship names.
const FOLLOWERS: &[(&str, &str)] = &[
    ("order_subscription_items", "order_subscription"),
    ("parcels", "shipment"),
    ("price_frequency_tiers", "price"),
    ("price_volume_tiers", "price"),
    ("shipping_weight_tiers", "shipping_method"),
    ("sku_list_items", "sku_list"),
];

/// What the market in scope means for the catalogue.
#[derive(Debug, Clone, Default)]
pub(crate) struct MarketView {
    pub market_id: String,
    pub price_list_id: String,
    /// Locations of the market's inventory model, first priority first, at most its cutoff.
    pub stock_location_ids: Vec<String>,
    /// Addresses in the customer's address book; only read for lists of addresses.
    pub address_ids: Vec<String>,
}

/// The `<relationship>_id` field of a relationship, as the static name that queries want.
pub(crate) fn id_field(relationship: &str) -> &'static str {
    static NAMES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
        let relationships = registry()
            .0
            .iter()
            .flat_map(|descriptor| descriptor.relationships);
        // Leaked once for each of a fixed set of names.
        relationships
            .map(|relationship| {
                let field: &'static str = format!("{}_id", relationship.name).leak();
                (relationship.name, field)
            })
            .collect()
    });
    NAMES.get(relationship).copied().unwrap_or("id")
}

/// A test of a field of the record itself.
pub(crate) fn field(name: &'static str, test: Test) -> Filter {
    Filter::Field(
        FieldPath {
            through: Vec::new(),
            field: name,
        },
        test,
    )
}

/// A test of a field across relationships, outermost first.
pub(super) fn across(kind: &str, path: &[&str], name: &'static str, test: Test) -> Filter {
    let mut through = Vec::new();
    let mut kind = kind.to_owned();
    for step in path {
        let Some(relationship) = registry()
            .find(&kind)
            .and_then(|descriptor| descriptor.relationship(step))
        else {
            // A path is written in this file; one that does not exist selects nothing.
            return Filter::Not(Box::new(Filter::Everything));
        };
        through.push(relationship);
        kind = relationship
            .to
            .first()
            .copied()
            .unwrap_or_default()
            .to_owned();
    }
    Filter::Field(
        FieldPath {
            through,
            field: name,
        },
        test,
    )
}

pub(super) fn any_of(values: &[String]) -> Test {
    Test::In(values.iter().cloned().map(Value::from).collect())
}

/// Reads what the market in scope means.
pub(crate) async fn market_view(
    gateway: &Gateway,
    snapshot: &mut dyn Snapshot,
    caller: &Caller,
    market_id: &str,
) -> Result<MarketView, GatewayError> {
    let found =
        catalogue::configuration(&gateway.configurations, snapshot, &caller.realm, market_id)
            .await?;
    let Some(found) = found else {
        return Ok(MarketView {
            market_id: market_id.to_owned(),
            ..MarketView::default()
        });
    };
    let catalogue = &found.catalogue;
    let mut places: Vec<_> = catalogue.inventory_stock_locations.iter().collect();
    places.sort_by_key(|place| place.priority);
    let cutoff = catalogue
        .inventory_model
        .stock_locations_cutoff
        .unwrap_or(i64::MAX)
        .max(1);
    Ok(MarketView {
        market_id: market_id.to_owned(),
        price_list_id: catalogue.price_list.id.as_str().to_owned(),
        stock_location_ids: places
            .into_iter()
            .take(usize::try_from(cutoff).unwrap_or(usize::MAX))
            .map(|place| place.stock_location_id.as_str().to_owned())
            .filter(|place| {
                let asked = &caller.stock_location_ids;
                asked.is_empty() || asked.contains(place)
            })
            .collect(),
        address_ids: Vec::new(),
    })
}

/// The addresses in a customer's address book.
pub(crate) async fn address_book(
    snapshot: &mut dyn Snapshot,
    customer_id: &str,
) -> Result<Vec<String>, GatewayError> {
    let customer = [customer_id.to_owned()];
    let entries = snapshot
        .inverse(&["customer_addresses"], "customer", &customer, 1000)
        .await?;
    Ok(entries
        .iter()
        .filter_map(|entry| entry.text("address_id"))
        .map(ToOwned::to_owned)
        .collect())
}

/// The condition that a list of `kind` gets besides the caller's own filter.
pub(crate) fn list_filter(caller: &Caller, view: &MarketView, kind: &str) -> Filter {
    if caller.is_integration() {
        return scope::of_back_office(caller, kind);
    }
    let customer = caller.customer_id.clone().unwrap_or_default();
    let own = || Test::Eq(customer.clone().into());
    if let Some((kind, path)) = scope::order_of_rows(kind) {
        let of_market = across(kind, path, "market_id", any_of(&caller.market_ids));
        return Filter::All(vec![across(kind, path, "customer_id", own()), of_market]);
    }
    match kind {
        "customer_addresses" | "customer_payment_sources" | "order_subscriptions" => {
            field("customer_id", own())
        }
        "customers" => field("id", own()),
        "addresses" => field("id", any_of(&view.address_ids)),
        "order_subscription_items" => across(kind, &["order_subscription"], "customer_id", own()),
        "sku_lists" => Filter::Any(vec![
            field("customer_id", Test::Null),
            field("customer_id", own()),
        ]),
        "sku_list_items" => {
            let list = |test| across(kind, &["sku_list"], "customer_id", test);
            Filter::Any(vec![list(Test::Null), list(own())])
        }
        "markets" => field("id", any_of(&caller.market_ids)),
        _ => catalogue_filter(view, kind),
    }
}

/// The part of the catalogue that belongs to the market in scope.
fn catalogue_filter(view: &MarketView, kind: &str) -> Filter {
    let of_list = || Test::Eq(view.price_list_id.clone().into());
    let market = || Test::Eq(view.market_id.clone().into());
    let of_market = || {
        Filter::Any(vec![
            field("market_id", Test::Null),
            field("market_id", market()),
        ])
    };
    let of_its_method = || {
        let method = |test| across(kind, &["shipping_method"], "market_id", test);
        Filter::Any(vec![method(Test::Null), method(market())])
    };
    let in_stock_at = || any_of(&view.stock_location_ids);
    match kind {
        "price_lists" => field("id", of_list()),
        "prices" => field("price_list_id", of_list()),
        "price_volume_tiers" | "price_frequency_tiers" => {
            across(kind, &["price"], "price_list_id", of_list())
        }
        "stock_items" => field("stock_location_id", in_stock_at()),
        "stock_locations" => field("id", in_stock_at()),
        "skus" => Filter::All(vec![
            across(kind, &["prices"], "price_list_id", of_list()),
            Filter::Any(vec![
                field("do_not_track", Test::Eq(true.into())),
                across(kind, &["stock_items"], "stock_location_id", in_stock_at()),
            ]),
        ]),
        "payment_methods"
        | "shipping_methods"
        | "promotions"
        | "percentage_discount_promotions"
        | "free_shipping_promotions"
        | "fixed_amount_promotions" => {
            Filter::All(vec![of_market(), field("disabled_at", Test::Null)])
        }
        "bundles" | "sku_options" => of_market(),
        "shipping_weight_tiers" => of_its_method(),
        "delivery_lead_times" => Filter::All(vec![
            of_its_method(),
            field("stock_location_id", in_stock_at()),
        ]),
        _ => Filter::Everything,
    }
}

/// Whether a sales channel may see `record` when it asks for it by id, as far as the row itself tells; parts of
/// orders, SKUs and the like are judged by [`judge_order`] and [`judge_sku`].
pub(crate) fn judge_row(caller: &Caller, view: &MarketView, record: &Record) -> bool {
    if caller.is_integration() {
        return true;
    }
    let own = |id: Option<&str>| id.is_some() && id == caller.customer_id.as_deref();
    let of_market = || {
        record
            .text("market_id")
            .is_none_or(|id| id == view.market_id)
    };
    match record.key.kind.as_ref() {
        "orders" => judge_order(caller, record),
        "customers" => own(Some(record.key.id.as_str())),
        "customer_addresses" | "customer_payment_sources" | "order_subscriptions" => {
            own(record.text("customer_id"))
        }
        "sku_lists" => record.text("customer_id").is_none() || own(record.text("customer_id")),
        // Only while it is being bought; its code is worth money afterwards.
        "gift_cards" => record.text("status") == Some("draft"),
        "addresses" => record.owner.is_none() || own(record.owner.as_deref()),
        "markets" => caller.market_ids.contains(&record.key.id),
        "price_lists" => record.key.id == view.price_list_id,
        "prices" => record.text("price_list_id") == Some(view.price_list_id.as_str()),
        "stock_items" => record
            .text("stock_location_id")
            .is_some_and(|id| view.stock_location_ids.iter().any(|own| own == id)),
        "stock_locations" => view.stock_location_ids.contains(&record.key.id),
        "bundles"
        | "payment_methods"
        | "shipping_methods"
        | "sku_options"
        | "percentage_discount_promotions"
        | "free_shipping_promotions"
        | "fixed_amount_promotions" => of_market(),
        _ => true,
    }
}

/// Whether a sales channel may see an order: a guest's own flow, or the customer's own orders; a customer also
/// sees a guest order that is still open, to adopt it.
pub(crate) fn judge_order(caller: &Caller, order: &Record) -> bool {
    if caller.is_integration() {
        return true;
    }
    let in_market = order
        .text("market_id")
        .is_some_and(|id| caller.market_ids.iter().any(|own| own == id));
    let guest = order
        .body
        .get("guest")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let status = order.text("status").unwrap_or_default();
    let open = GUEST_STATES.contains(&status);
    let own =
        caller.customer_id.is_some() && order.text("customer_id") == caller.customer_id.as_deref();
    in_market && (own || (guest && open))
}

/// Whether a sales channel may see a SKU: it has a price, and stock unless it is not tracked, in the market.
pub(crate) async fn judge_sku(
    snapshot: &mut dyn Snapshot,
    view: &MarketView,
    sku: &Record,
) -> Result<bool, GatewayError> {
    let id = std::slice::from_ref(&sku.key.id);
    let prices = snapshot.inverse(&["prices"], "sku", id, 1000).await?;
    if !prices
        .iter()
        .any(|price| price.text("price_list_id") == Some(view.price_list_id.as_str()))
    {
        return Ok(false);
    }
    if sku
        .body
        .get("do_not_track")
        .and_then(Value::as_bool)
        .unwrap_or(false)
    {
        return Ok(true);
    }
    let stock = snapshot.inverse(&["stock_items"], "sku", id, 1000).await?;
    Ok(stock.iter().any(|item| {
        item.text("stock_location_id")
            .is_some_and(|place| view.stock_location_ids.iter().any(|own| own == place))
    }))
}

/// The order that a part belongs to; `None` for anything else.
pub(crate) fn order_of(record: &Record) -> Option<Key> {
    (ORDER_PARTS.contains(&record.key.kind.as_ref()) && record.root.kind == "orders")
        .then(|| record.root.clone())
}

/// The row that decides who sees `record`, for types that follow another.
pub(crate) fn followed(record: &Record) -> Option<Key> {
    let kind = record.key.kind.as_ref();
    let (_, name) = FOLLOWERS.iter().find(|(follower, _)| *follower == kind)?;
    let relationship = registry().find(kind)?.relationship(name)?;
    let id = record.text(id_field(name))?;
    Some(Key::new(*relationship.to.first()?, id))
}

/// Whether a sales channel's rows of this type are known by the row alone; of others only a list can tell, because
/// what they point to decides.
pub(crate) fn row_tells(kind: &str) -> bool {
    !matches!(kind, "skus" | "delivery_lead_times")
        && FOLLOWERS.iter().all(|(follower, _)| *follower != kind)
}
