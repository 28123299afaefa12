//! The shop side: resources of the commerce API and what they do.

pub mod graph;
pub mod read;
pub mod resources;
pub mod write;
