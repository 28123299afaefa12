//! Prints what the descriptors say: `facts` as JSON, `page` as Markdown, `typings` as TypeScript.
//! `cargo xtask resources` and `cargo xtask typings` run it.

use std::process::ExitCode;

use kassa_gateway::shop::describe::{facts, page, typings};
use kassa_gateway::shop::resources::registry;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["facts"] => print!("{}", facts(registry())),
        ["page"] => print!("{}", page(registry())),
        ["typings"] => print!("{}", typings(registry())),
        _ => {
            eprintln!("arguments: facts, page or typings");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
