//! The merchant portal as a browser without scripts meets it.

mod acts;
mod browser;
mod door;
mod hosted_pages;
mod pages;
mod search;
mod worlds;
