//! `cargo xtask test`: everything that is tested, in one command and one summary.
//!
//! The numbers in the closing line are the sums of what the runners themselves counted. A step
//! that could not run at all fails the whole run, and then there is no closing line to mistake.

mod browser;
mod counts;
mod python_clients;
mod rust;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process::{self, Stopwatch};
use crate::workspace;
use counts::Counts;

/// What `cargo xtask test` can be asked.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leave out what needs a browser, Node.js or Python. For the minutes between two commits only.
    #[arg(long)]
    quick: bool,
}

/// What every step may need.
struct Bench {
    root: PathBuf,
    target: PathBuf,
}

impl Bench {
    /// The binary under test, as the build step left it.
    fn kassa(&self) -> PathBuf {
        let name = format!("kassa{}", std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }
}

struct Report {
    name: &'static str,
    outcome: Result<Counts>,
    elapsed: Duration,
}

type Step = (&'static str, fn(&Bench) -> Result<Counts>);

const RUST: &[Step] = &[
    ("build", rust::build),
    ("rust tests", rust::tests),
    ("documentation tests", rust::documentation_tests),
];

const BROWSER: &[Step] = &[
    ("client library story", browser::client_libraries),
    ("published Klarna client", python_clients::published),
    ("browser tests", browser::browser),
    ("react checkout", browser::react_checkout),
];

/// Runs all steps, prints the summary, fails when anything failed.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let bench = Bench {
        root: root.to_path_buf(),
        target: workspace::target_directory(root)?,
    };
    let whole = Stopwatch::start();
    let mut steps: Vec<Step> = RUST.to_vec();
    if !options.quick {
        steps.extend(BROWSER);
    }
    let mut reports = Vec::new();
    for (name, step) in steps {
        process::headline(name);
        let watch = Stopwatch::start();
        let outcome = step(&bench);
        if let Err(error) = &outcome {
            println!("error: {name}: {error:#}");
        }
        let broken_build = name == "build" && outcome.is_err();
        reports.push(Report {
            name,
            outcome,
            elapsed: watch.elapsed(),
        });
        if broken_build {
            break;
        }
    }
    summarize(&reports, options.quick, whole.elapsed())
}

fn summarize(reports: &[Report], quick: bool, whole: Duration) -> Result<()> {
    process::headline("summary");
    println!(
        "{:<24} {:>7} {:>7} {:>7} {:>9}",
        "step", "passed", "failed", "skipped", "time"
    );
    let mut sum = Counts::default();
    let mut broken = Vec::new();
    for report in reports {
        let seconds = report.elapsed.as_secs_f32();
        match &report.outcome {
            Ok(counts) => {
                sum = sum.plus(*counts);
                println!(
                    "{:<24} {:>7} {:>7} {:>7} {seconds:>8.1}s",
                    report.name, counts.passed, counts.failed, counts.skipped
                );
            }
            Err(error) => {
                broken.push(report.name);
                println!("{:<24} {:>23} {seconds:>8.1}s", report.name, "did not run");
                println!("    {error:#}");
            }
        }
    }
    println!("{:<24} {:>23} {:>8.1}s", "all", "", whole.as_secs_f32());
    if quick {
        println!(
            "QUICK: the browser tests, the React checkout, the client library story and the published Klarna client were left out."
        );
    }
    if !broken.is_empty() {
        bail!("did not run to the end: {}", broken.join(", "));
    }
    if sum.unsteady > 0 {
        println!(
            "UNSTEADY: {} of the tests that passed failed at the first try; they are named above.",
            sum.unsteady
        );
    }
    println!(
        "{} passed, {} failed, {} skipped",
        sum.passed, sum.failed, sum.skipped
    );
    if sum.failed > 0 {
        bail!("{} tests failed", sum.failed);
    }
    Ok(())
}
