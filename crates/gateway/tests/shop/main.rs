//! The shop's use cases over a real store in a temporary file, through the door that HTTP uses.

#![expect(
    clippy::unwrap_used,
    reason = "in a test, a value that is not there is the failure"
)]

mod bundles;
mod carts;
mod concurrency;
mod configuration;
mod crowd;
mod includes;
mod lines;
mod password_resets;

mod offers;
mod resources;
mod roles;
mod scopes;
mod sweeping;
mod till;
mod tokens;
mod versions;
mod world;
