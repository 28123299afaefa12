//! The same order by writes alone, from an empty cart to the placed order: what a front end sends that reads nothing.
//!
//! Invariant: it is the checkout of `shopper.rs` without its reads and with the cart before it; what a next step needs is
//! taken from the answer to the step before.

use crate::carts::Shop;
use crate::rounds::Buyer;
use crate::shopper::Known;
use crate::support::client::Connection;

/// Calls of the commerce API, all of them writes.
pub const CALLS: usize = 9;

/// What is asked for beside the order when its address is set: how it can be delivered and paid.
const CHOICES: &str = "include=shipments.available_shipping_methods,available_payment_methods";

/// A guest who has nothing yet.
pub struct Newcomer<'a> {
    /// Where to buy.
    pub shop: &'a Shop,
    /// Whose order it is; nobody else's.
    pub email: String,
}

impl Buyer for Newcomer<'_> {
    type Lines = (Connection, Connection);

    fn dial(&self) -> anyhow::Result<Self::Lines> {
        self.shop.door.dial()
    }

    fn buy(&self, (shop, klarna): &mut Self::Lines) -> anyhow::Result<()> {
        let guest = self.shop.guest(shop)?;
        let order = guest.set_address(shop, &self.email, CHOICES)?;
        let known = Known::of(&serde_json::from_str(&order)?)?;
        guest.choose_delivery(shop, &known)?;
        guest.choose_klarna(shop, &known, "")?;
        let (source, session) = guest.open_session(shop)?;
        let token = self.shop.door.approve(klarna, &session)?;
        guest.authorize(shop, &source, &token)?;
        guest.confirm(shop, "")
    }
}
