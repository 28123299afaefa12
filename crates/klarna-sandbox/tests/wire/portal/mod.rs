//! The merchant portal as a browser without scripts meets it.

mod acts;
mod browser;
mod door;
mod pages;
mod search;
mod worlds;
