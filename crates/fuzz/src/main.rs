//! What `cargo xtask fuzz --smoke` runs: feeds every function, prints the table, keeps the inputs that broke something.
//!
//! Invariant: the exit code is 0 only when every function that was asked for ran and held.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser as _;
use kassa_environment::{Entropy, SystemClock, SystemEntropy};
use kassa_fuzz::runner::{self, Budget, Plan, Report};
use kassa_fuzz::{Parser, all, find};

/// Feeds the fuzz functions on a stable toolchain.
#[derive(clap::Parser)]
struct Options {
    /// Time for all functions together.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Inputs for each function, in the place of a time.
    #[arg(long)]
    inputs: Option<u64>,
    /// One function; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Seed of all inputs; drawn when absent, and printed.
    #[arg(long)]
    seed: Option<u64>,
    /// Runs the input in this file, through the function of `--only`.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Where inputs that broke something are kept.
    #[arg(long, value_name = "DIR", default_value = "target/fuzz")]
    keep: PathBuf,
    /// Writes the seeds of each function into a folder of its name, and ends.
    #[arg(long, value_name = "DIR")]
    write_seeds: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let parsers = chosen(&options.only)?;
    if let Some(folder) = &options.write_seeds {
        return write_seeds(&parsers, folder);
    }
    if let Some(file) = &options.input {
        return repeat(&parsers, file);
    }
    let plan = Plan {
        seed: options.seed.unwrap_or_else(|| SystemEntropy.next_u64()),
        budget: match options.inputs {
            Some(inputs) => Budget::Inputs(inputs),
            None => Budget::Time(Duration::from_secs(options.seconds)),
        },
        jobs: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    println!("{} functions, seed {}", parsers.len(), plan.seed);
    println!("{}", runner::headline());
    let told = |report: &Report| println!("{}", runner::line(report));
    let reports = runner::smoke(&parsers, &plan, &SystemClock, &told);
    conclude(&reports, &options.keep)
}

fn chosen(only: &[String]) -> Result<Vec<&'static Parser>> {
    if only.is_empty() {
        return Ok(all().collect());
    }
    only.iter()
        .map(|name| find(name).with_context(|| format!("there is no function `{name}`")))
        .collect()
}

/// Writes down what broke, and says how it went as a whole.
fn conclude(reports: &[Report], keep: &Path) -> Result<ExitCode> {
    let executions: u64 = reports.iter().map(|report| report.executions).sum();
    let mut failed = 0_usize;
    for report in reports {
        let file = keep.join(format!("{}-{}.input", report.name, report.seed));
        if let (Some(failure), Some(text)) = (&report.failure, runner::failure_text(report, &file))
        {
            std::fs::create_dir_all(keep).with_context(|| format!("make {}", keep.display()))?;
            std::fs::write(&file, &failure.input)
                .with_context(|| format!("write {}", file.display()))?;
            println!("\n{text}");
            failed += 1;
        }
    }
    println!(
        "\n{} functions, {executions} executions, {failed} failed",
        reports.len()
    );
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// One input through one function.
fn repeat(parsers: &[&Parser], file: &Path) -> Result<ExitCode> {
    let [parser] = parsers else {
        bail!("--input needs --only with the function that the input is for");
    };
    let input = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    match runner::repeat(parser, &input) {
        Ok(()) => {
            println!("{}: ok", parser.name);
            Ok(ExitCode::SUCCESS)
        }
        Err(message) => {
            println!("{}: {message}", parser.name);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn write_seeds(parsers: &[&Parser], folder: &Path) -> Result<ExitCode> {
    for parser in parsers {
        let folder = folder.join(parser.name);
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let seeds = (parser.seeds)();
        ensure!(!seeds.is_empty(), "{} has no seeds", parser.name);
        for (number, seed) in seeds.iter().enumerate() {
            let file = folder.join(format!("seed-{number}"));
            std::fs::write(&file, seed).with_context(|| format!("write {}", file.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
