//! The domain core of the shop side: cart, totals, order, payment source, transactions, subscriptions.
//!
//! Pure functions over plain data: a decision takes what was read (aggregate, parties, catalogue, time, new ids) and
//! answers what shall be written and asked of Klarna. Absent on purpose: I/O, async, clocks, randomness, SQL, HTTP and
//! the store; the gateway converts between records and these types with [`body::Entity`].

pub mod address;
pub mod aggregate;
pub mod balances;
pub mod body;
pub mod capture;
pub mod cart;
pub mod catalogue;
pub mod country;
pub mod customer;
pub mod edit;
pub mod error;
pub mod external_payment;
pub mod fraud;
pub mod frequency;
pub mod fulfillment;
pub mod ids;
pub mod klarna_payment;
pub mod limits;
pub mod line_item;
pub mod line_item_option;
pub mod order;
pub mod order_copy;
pub mod order_subscription;
pub mod patch;
pub mod payment_method;
pub mod payment_source;
pub mod place;
pub mod portal;
pub mod refund;
pub mod reservation;
pub mod shipment;
pub mod states;
pub mod stock_reservation;
pub mod stock_transfer;
#[doc(hidden)]
pub mod testing;
pub mod transaction;
pub mod void;
pub mod wire_transfer;

pub use aggregate::{Event, OrderAggregate, Parties};
pub use body::Entity;
pub use cart::{CartContext, Refreshed};
pub use catalogue::Catalogue;
pub use error::{CommerceError, ErrorCode, Field};
pub use frequency::Frequency;
pub use patch::Patch;
