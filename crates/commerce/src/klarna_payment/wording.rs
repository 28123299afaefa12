//! What an order line is called at Klarna: type, name and rhythm.

use kassa_klarna_api::order_line::Subscription;

use crate::limits::KLARNA_LINE_NAME;
use crate::line_item::{ItemType, LineItem};

/// Klarna's type of a line; `None` for promotions, which show as discounts of the lines they lower.
pub(super) fn kind_of(item: &LineItem) -> Option<&'static str> {
    match item.item_type {
        ItemType::Skus | ItemType::Bundles if item.do_not_ship => Some("digital"),
        ItemType::Skus | ItemType::Bundles => Some("physical"),
        ItemType::GiftCards if item.is_used_gift_card() => Some("gift_card"),
        ItemType::GiftCards => Some("digital"),
        ItemType::Shipments => Some("shipping_fee"),
        ItemType::PaymentMethods => Some("surcharge"),
        ItemType::Adjustments if item.unit_amount_cents.is_negative() => Some("discount"),
        ItemType::Adjustments => Some("surcharge"),
        _ => None,
    }
}

pub(super) fn name_of(item: &LineItem) -> String {
    let name = item
        .name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    cut(
        name.or(item.sku_code.as_deref())
            .unwrap_or(item.item_type.word()),
        KLARNA_LINE_NAME,
    )
}

pub(super) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The rhythm of a frequency in Klarna's words. Klarna knows no hours and no cron lines: both count as days.
pub(super) fn subscription(item: &LineItem, frequency: &str) -> Subscription {
    let (interval, interval_count) = match frequency {
        "weekly" => ("WEEK", 1),
        "monthly" => ("MONTH", 1),
        "two-month" => ("MONTH", 2),
        "three-month" => ("MONTH", 3),
        "four-month" => ("MONTH", 4),
        "six-month" => ("MONTH", 6),
        "yearly" => ("YEAR", 1),
        _ => ("DAY", 1),
    };
    Subscription {
        name: name_of(item),
        interval: interval.to_owned(),
        interval_count,
    }
}
