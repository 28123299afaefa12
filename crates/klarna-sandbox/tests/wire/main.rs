//! The sandbox over HTTP, without sockets: requests go straight into the router.
//!
//! Every test goes through the public door: `Sandbox::open` and `router()`.

mod desk;
mod story;
