//! The shop side: resources of the commerce API and what they do.

pub(crate) mod catalogue;
pub mod graph;
pub mod order;
pub mod read;
pub mod resources;
pub(crate) mod role;
pub mod write;
