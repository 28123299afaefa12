//! Tells Cargo that a page which comes, goes or changes changes this crate.

fn main() {
    println!("cargo:rerun-if-changed=../../docs");
    println!("cargo:rerun-if-changed=../../ARCHITECTURE.md");
}
