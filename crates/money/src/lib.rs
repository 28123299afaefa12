//! Integer money: amounts in minor units, currencies, tax rates, and the proofs that an order's lines add up.
//!
//! Nothing here rounds silently, overflows silently or touches a float: every operation that can fail returns a
//! [`Result`], every division names its rounding. No I/O, clock, randomness or database lives in this room.

mod amount;
mod currency;
mod distribute;
mod error;
mod format;
pub mod order_lines;
mod rate;
mod rounding;

pub use amount::{MinorUnits, Money};
pub use currency::Currency;
pub use distribute::distribute;
pub use error::MoneyError;
pub use rate::{DecimalRate, TaxRate};
pub use rounding::{div_ceil, div_round_half_away, div_round_half_up};
