//! Tests of the room through its public door. One binary, one module for each subject.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot take a step has failed"
)]

mod cart;
mod carts;
mod klarna;
mod offers;
mod order;
mod place;
mod properties;
mod reference;
mod shop;
mod states;
mod stock;
mod subscriptions;
mod transactions;
