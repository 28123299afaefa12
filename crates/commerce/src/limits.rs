//! Bounds of this room, each with its source. Those of Klarna's wire are `kassa_klarna_api::limits`.

/// Characters of a line's name at Klarna. Source: Payments API, `order_lines[].name`.
pub const KLARNA_LINE_NAME: usize = 255;

/// Characters of a line's reference at Klarna. Source: Payments API, `order_lines[].reference`.
pub const KLARNA_LINE_REFERENCE: usize = 255;

/// Characters of a line's URLs at Klarna. Source: Payments API, `image_url`, `product_url`.
pub const KLARNA_LINE_URL: usize = 1024;

/// Largest quantity of one line. Ours: beyond this a cart is a mistake, and products stay far from overflow.
pub const LINE_QUANTITY: i64 = 1_000_000;

/// Largest absolute amount that a price or an adjustment may have, minor units. Ours: ten times Klarna's bound.
pub const AMOUNT: i64 = 2_000_000_000;

/// Stock locations that an inventory model uses unless it says otherwise. Source: `stock_locations_cutoff`.
pub const STOCK_LOCATIONS_CUTOFF: i64 = 2;

/// Seconds for which stock is held unless the inventory model says otherwise. Source: `stock_reservation_cutoff`.
pub const STOCK_RESERVATION_SECONDS: i64 = 3600;

/// Lines above which an order is no longer refreshed by itself. Source: `orders_autorefresh_cutoff_live`.
pub const AUTOREFRESH_CUTOFF: i64 = 500;

/// Characters of a regular expression in configuration. Source: `api_max_regex_length`.
pub const REGEX_LENGTH: usize = 5000;
