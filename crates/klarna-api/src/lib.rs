//! Klarna's wire: Payments v1, Order Management v1 and Customer Token v1 as plain data, in both directions.
//!
//! A [`PreparedRequest`] is the exact call, fit to be stored before it is tried; a [`KlarnaReply`] is the exact
//! answer; the `decode_*` functions turn an answer into a value or a [`KlarnaError`]. Unknown fields and explicit
//! nulls are tolerated on the way in; absent fields stay absent on the way out.
//!
//! Absent on purpose: I/O, clocks, rules about money (those are proven in `money` and decided in `commerce`).

pub mod address;
pub mod customer;
pub mod customer_token;
pub mod error;
pub mod limits;
pub mod merchant_urls;
pub mod notification;
pub mod order;
pub mod order_line;
pub mod place_order;
pub mod reply;
pub mod request;
pub mod secret;
pub mod session;
mod wire;

pub use address::Address;
pub use customer::Customer;
pub use customer_token::{
    CustomerTokenCreateRequest, CustomerTokenCreated, CustomerTokenOrderRequest, CustomerTokenRead,
};
pub use error::{ErrorBody, KlarnaError};
pub use merchant_urls::MerchantUrls;
pub use notification::{AuthorizationCallback, FraudEvent, FraudNotification};
pub use order::{
    Capture, CaptureRequest, FraudStatus, Order, OrderStatus, Refund, RefundRequest, ShippingInfo,
    UpdateAuthorizationRequest,
};
pub use order_line::OrderLine;
pub use place_order::{AuthorizedPaymentMethod, CreateOrderRequest, CreateOrderResponse};
pub use reply::KlarnaReply;
pub use request::{Method, Operation, PreparedRequest};
pub use secret::{ApiPassword, AuthorizationToken, ClientToken, CustomerToken};
pub use session::{PaymentMethodCategory, Session, SessionCreated};
