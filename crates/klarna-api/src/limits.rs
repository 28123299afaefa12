//! Limits of Klarna's wire, each with its source in the published documents.

/// Order lines per session or order.
pub const ORDER_LINES: usize = 1_000;
/// Largest `unit_price`, `total_amount`, `order_amount`, capture or refund, minor units.
pub const AMOUNT: i64 = 200_000_000;
/// Largest amount of an order placed with a customer token, minor units (that document kept the older ceiling).
pub const CUSTOMER_TOKEN_AMOUNT: i64 = 100_000_000;
/// Bytes of a request body; more is answered 413.
pub const REQUEST_BYTES: usize = 1_000_000;
/// Characters of `merchant_reference1`, `reference`, `description` and other short text.
pub const SHORT_TEXT: usize = 255;
/// Seconds that a payment session lives.
pub const SESSION_SECONDS: i64 = 48 * 3600;
/// Seconds that an authorization token lives.
pub const AUTHORIZATION_TOKEN_SECONDS: i64 = 60 * 60;
/// Seconds for which Order Management remembers an idempotency key.
pub const IDEMPOTENCY_SECONDS: i64 = 24 * 3600;
