//! Tests of the room through its public door. One binary, one module for each subject.

mod cart;
mod carts;
mod klarna;
mod order;
mod place;
mod shop;
mod transactions;
