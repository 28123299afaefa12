//! The shop's use cases over a real store in a temporary file, through the door that HTTP uses.

mod carts;
mod concurrency;
mod configuration;
mod includes;
mod roles;
mod tokens;
mod world;
