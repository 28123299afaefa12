//! `cargo xtask bench`: measurements, each beside what the same machine can do at best.
//!
//! Invariant: timing on a shared machine decides no test. The sandbox's figures are held against bounds that are ratios
//! within one run, or bytes; whoever asks for them wants a quiet machine. `--smoke` judges nothing.

mod figures;
mod peer;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use crate::npm;
use crate::process::{headline, stream};
use figures::Report;

/// Where the published documents lie unless told otherwise: beside the checkout.
const SPECS: &str = "../shared/specs";
/// The document that the mock answers from.
const DOCUMENT: &str = "klarna-payments.openapi.yaml";
/// The package with the OpenAPI mock, pinned by its lock file.
const MOCK: &str = "web/openapi-mock";
/// Where PostgreSQL is unless told otherwise.
const POSTGRES: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    subject: Option<Subject>,
    /// How many whole payments to measure.
    #[arg(long, default_value_t = 1500)]
    flows: u32,
}

#[derive(Subcommand)]
enum Subject {
    /// The time until `kassa demo` answers, and its memory.
    Start {
        /// How many times to start on an empty folder, and again on the folder left behind.
        #[arg(long, default_value_t = 11)]
        rounds: u32,
    },
    /// A guest's whole checkout, call by call as the published checkout makes it, beside a commerce server for Node.js
    /// (npm) over PostgreSQL.
    Checkout {
        /// How many alternating rounds to measure.
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        /// How many checkouts in each round, of each server.
        #[arg(long, default_value_t = 400)]
        checkouts: u32,
        /// PostgreSQL for the other server, by a user who may create databases.
        #[arg(long, value_name = "URL", env = peer::DATABASE, hide_env_values = true, default_value = POSTGRES)]
        peer_database: String,
    },
    /// A page of orders with twelve includes, among a thousand orders and among many.
    Lists {
        /// How many orders there are at last.
        #[arg(long, default_value_t = 100_000)]
        orders: u32,
    },
    /// Placing, when everybody buys one SKU and when everybody buys another.
    Stock {
        /// How many rounds of five hundred orders on each side.
        #[arg(long, default_value_t = 5)]
        rounds: u32,
    },
    /// The sandbox, beside a minimal server and an OpenAPI mock (npm) of the same document; then what worlds and
    /// sessions cost.
    Sandbox {
        /// How many alternating rounds to measure.
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        /// Folder with Klarna's OpenAPI documents; without it the mock is left out.
        #[arg(long, value_name = "DIR")]
        specs: Option<PathBuf>,
        /// Writes every figure to this file, as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// A small run that shows that everything can be measured, and holds no figure against its bound.
        #[arg(long)]
        smoke: bool,
    },
}

/// How much a small run measures.
const SMOKE: [(&str, &str); 4] = [
    ("KASSA_BENCH_ROUNDS", "1"),
    ("KASSA_BENCH_MILLISECONDS", "200"),
    ("KASSA_BENCH_FLOWS", "10"),
    ("KASSA_BENCH_SESSIONS", "20000"),
];

/// Builds with optimisation and runs one benchmark: the full durable flow, unless another is named.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    match &options.subject {
        None => {
            let flows = ("KASSA_BENCH_FLOWS", options.flows.to_string().into());
            measure(root, ("kassa", "flow"), &[flows])?;
            Ok(())
        }
        Some(Subject::Stock { rounds }) => {
            measure(root, ("kassa", "stock"), &[rounds_of(*rounds)])?;
            Ok(())
        }
        Some(Subject::Checkout {
            rounds,
            checkouts,
            peer_database,
        }) => {
            let checkouts = ("KASSA_BENCH_FLOWS", checkouts.to_string().into());
            let mut variables = vec![rounds_of(*rounds), checkouts];
            variables.extend(peer::variables(root, peer_database));
            measure(root, ("kassa", "checkout"), &variables)?;
            Ok(())
        }
        Some(Subject::Lists { orders }) => {
            let orders = ("KASSA_BENCH_ORDERS", orders.to_string().into());
            measure(root, ("kassa", "lists"), &[orders])?;
            Ok(())
        }
        Some(Subject::Start { rounds }) => {
            measure(root, ("kassa", "start"), &[rounds_of(*rounds)])?;
            Ok(())
        }
        Some(Subject::Sandbox {
            rounds,
            specs,
            json,
            smoke,
        }) => {
            let mut variables = vec![rounds_of(*rounds)];
            if *smoke {
                variables = SMOKE.map(|(name, value)| (name, value.into())).into();
            }
            variables.extend(mock(root, specs.as_deref())?);
            sandbox(root, &variables, json.as_deref(), *smoke)
        }
    }
}

/// Measures the sandbox and holds the figures against their bounds.
fn sandbox(root: &Path, variables: &[Variable], json: Option<&Path>, smoke: bool) -> Result<()> {
    // Built before the load is read: compiling is no other load.
    for (package, name) in [("kassa", "sandbox"), ("kassa-klarna-sandbox", "worlds")] {
        cargo(root, (package, name), &["--no-run"], &[])?;
    }
    let before = figures::load();
    let mut output = measure(root, ("kassa", "sandbox"), variables)?;
    output += &measure(root, ("kassa-klarna-sandbox", "worlds"), variables)?;
    let report = Report {
        figures: figures::read(&output),
        bounds: figures::SANDBOX,
        load: [before, figures::load()],
    };
    headline("bounds");
    print!("{}", report.table());
    let [before, after] = &report.load;
    println!("\nload of the machine before {before}; after {after}");
    if let Some(path) = json {
        let text = format!("{:#}\n", report.json());
        std::fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    }
    if smoke {
        return Ok(());
    }
    report.hold()
}

type Variable = (&'static str, std::ffi::OsString);

fn rounds_of(rounds: u32) -> Variable {
    ("KASSA_BENCH_ROUNDS", rounds.to_string().into())
}

/// Installs the mock and says where it and its document are; nothing, said aloud, without the document.
fn mock(root: &Path, specs: Option<&Path>) -> Result<Vec<Variable>> {
    let document = specs.unwrap_or(&root.join(SPECS)).join(DOCUMENT);
    if !document.is_file() {
        ensure!(
            specs.is_none(),
            "{} does not exist: name the folder of the documents with --specs",
            document.display()
        );
        println!(
            "SKIPPED: no published document, so no OpenAPI mock; name its folder with --specs"
        );
        return Ok(Vec::new());
    }
    let document = document
        .canonicalize()
        .with_context(|| format!("find {}", document.display()))?;
    let package = root.join(MOCK);
    npm::install(&package).context("install the OpenAPI mock")?;
    let program = package.join("node_modules/@stoplight/prism-cli/dist/index.js");
    Ok(vec![
        ("KASSA_BENCH_PRISM", program.into()),
        ("KASSA_BENCH_DOCUMENT", document.into()),
    ])
}

/// Runs the benchmark `name` of `package`; what it printed.
fn measure(root: &Path, benchmark: (&str, &str), variables: &[Variable]) -> Result<String> {
    cargo(root, benchmark, &[], variables)
}

fn cargo(
    root: &Path,
    (package, name): (&str, &str),
    arguments: &[&str],
    variables: &[Variable],
) -> Result<String> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(root)
        .args(["bench", "--package", package, "--bench", name])
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)));
    let ended = stream(&mut command)?;
    ensure!(ended.status.success(), "the benchmark failed");
    Ok(ended.output)
}
