//! The command line.
//!
//! Invariant: every value given here also has a `KASSA_*` variable and a line in `kassa.toml`; flags win over
//! variables, variables over the file, the file over defaults. `config` does the merging.

mod access;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kassa_gateway_http::RateLimits;
use kassa_klarna_sandbox::CallbackTargets;
use kassa_outbound::Targets;

use crate::catalogue::export::Format;
use crate::config::ReconcileWhen;

pub use access::{Access, AccessCommand, ApplicationKindName, NewApplication, NewUser, Place};

/// Klarna payments end to end: a gateway for shops, and a whole Klarna to test against, in one binary.
#[derive(Debug, Parser)]
#[command(
    name = "kassa",
    version,
    about,
    long_about = "Kassa takes Klarna payments end to end and brings its own Klarna to test against.\n\n\
        Start with `kassa demo`: it needs no account, no network and no configuration. When you are ready for the \
        real thing, `kassa serve` runs the gateway alone, and `kassa sandbox` runs the offline Klarna alone.",
    after_help = "Settings: flags win over KASSA_* variables, variables over kassa.toml, the file over defaults."
)]
pub struct Cli {
    /// Configuration file; missing is fine unless it is named here.
    #[arg(long, global = true, env = "KASSA_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to log, e.g. `info` or `kassa_gateway=debug`.
    #[arg(long, global = true, env = "KASSA_LOG", value_name = "FILTER")]
    pub log: Option<String>,

    /// What to run.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Gateway and sandbox together with seeded data: the quickest way to see a payment.
    #[command(after_help = "Examples:\n  \
        kassa demo                     browse http://127.0.0.1:8080/shop and pay\n  \
        kassa demo --once              run one whole payment, print every step, exit\n  \
        kassa demo --listen 127.0.0.1:0 --sandbox-listen 127.0.0.1:0 --ready-file ready.json")]
    Demo(Demo),
    /// The gateway alone: the commerce API for shops, in front of Klarna or of a sandbox.
    #[command(after_help = "Prepare the data folder first:\n  \
        kassa migrate --data DIR --organization my-shop\n  kassa serve --data DIR")]
    Serve(Serve),
    /// The offline Klarna alone: Payments, Order Management, Customer Token, browser SDK.
    #[command(after_help = "Example:\n  \
        kassa sandbox --listen 127.0.0.1:8090 --username K_1 --password secret\n  \
        curl -u K_1:secret http://127.0.0.1:8090/sandbox/v1/clock")]
    Sandbox(Sandbox),
    /// Create or update the database, and optionally a first organization.
    Migrate(Migrate),
    /// Let people and programs in: add a user, or an application with its client id and secret.
    #[command(after_help = "The gateway must be stopped. Examples:\n  \
        kassa access --data DIR application --organization my-shop --kind sales_channel --name 'Web shop'\n  \
        kassa access --data DIR application --organization my-shop --kind webapp --name Reports \\\n    \
          --redirect-uri https://reports.example.com/callback\n  \
        kassa access --data DIR user --organization my-shop --email anna@example.com")]
    Access(Access),
    /// What became of these calls to Klarna only a person can say: list them, look at one, and close it.
    #[command(after_help = "The gateway must be stopped. Examples:\n  \
        kassa operations --data DIR list\n  \
        kassa operations --data DIR resolve ID --happened --klarna-id ID --by anna --why 'seen in the portal'\n  \
        kassa operations --data DIR resolve ID --did-not-happen --by anna --why 'klarna support, case 42'")]
    Operations(Operations),
    /// Compare orders with Klarna's books: enter what happened there without us, and list it.
    #[command(after_help = "Examples:\n  \
        kassa reconcile --data DIR                      the gateway is stopped\n  \
        kassa reconcile --gateway https://shop.example.com --client-id ID --client-secret SECRET\n  \
        kassa reconcile --data DIR --order ID --json\n\n\
        The exit code is 0 when both sides agreed, 3 when something differed and was entered, 4 when an order could \
        not be read or an operation waits for a person, 1 when nothing could be compared.")]
    Reconcile(Reconcile),
    /// Write rows of a catalogue, from CSV or JSON files, into a running gateway.
    #[command(after_help = "Examples:\n  \
        kassa import skus.csv prices.csv --gateway https://shop.example.com --check\n  \
        kassa import shop/ --gateway https://shop.example.com --report problems.csv\n\n\
        Run it again to go on where it stopped. The exit code is 0 when every line was written.")]
    Import(Import),
    /// Write the catalogue of a running gateway into files that `kassa import` reads.
    #[command(after_help = "Example:\n  \
        kassa export shop/ --gateway https://shop.example.com --kind skus --kind prices")]
    Export(Export),
    /// Check that this machine and this data folder can run Kassa, and say what to do if not.
    Doctor(Doctor),
}

/// Options of `kassa demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the gateway listens; port 0 picks a free one.
    #[arg(long, env = "KASSA_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Where the sandbox listens; port 0 picks a free one.
    #[arg(long, env = "KASSA_SANDBOX_LISTEN", value_name = "ADDRESS")]
    pub sandbox_listen: Option<SocketAddr>,
    /// Folder for all data; made when missing.
    #[arg(long, env = "KASSA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The domain whose host labels name organizations, for front ends that have theirs built in.
    #[arg(long, env = "KASSA_DOMAIN", value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// Run one whole payment over HTTP, print each step, and exit: 0, or 1 with the step that failed.
    #[arg(long)]
    pub once: bool,
    /// Write addresses, credentials and ids here as JSON once both servers answer.
    #[arg(long, env = "KASSA_READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// Options of `kassa serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the gateway listens; port 0 picks a free one.
    #[arg(long, env = "KASSA_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Folder with the database and the key file.
    #[arg(long, env = "KASSA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The address under which Klarna and browsers reach this gateway, for callbacks.
    #[arg(long, env = "KASSA_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Send test-mode Klarna calls here instead of Klarna's playground (a sandbox's address).
    #[arg(long, env = "KASSA_KLARNA_TEST_URL", value_name = "URL")]
    pub klarna_test_url: Option<String>,
    /// The domain whose host labels name organizations: `acme.<domain>`, `auth.<domain>`.
    #[arg(long, env = "KASSA_DOMAIN", value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// When orders are compared with Klarna's books: every night, or only when asked to.
    #[arg(long, env = "KASSA_RECONCILE", value_name = "nightly|on-demand")]
    pub reconcile: Option<ReconcileWhen>,
    /// Serve the read-only dashboard to other machines too, to whoever sends this key.
    #[arg(
        long,
        env = "KASSA_DASHBOARD_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub dashboard_key: Option<String>,
    /// Which addresses webhooks and external payments may reach: `public` (over https), `loopback` (this machine too), or
    /// `private` (private networks too).
    #[arg(
        long,
        env = "KASSA_OUTBOUND_TARGETS",
        value_name = "public|loopback|private"
    )]
    pub outbound_targets: Option<Targets>,
    /// Requests that each client address may make: `generous`, `published`, or `class=minute/burst,...` with a class of
    /// cacheable, reads, writes, tokens.
    #[arg(long, env = "KASSA_RATE_LIMITS", value_name = "LIMITS")]
    pub rate_limits: Option<RateLimits>,
    /// Write addresses here as JSON once the server answers.
    #[arg(long, env = "KASSA_READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// Options of `kassa sandbox`.
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Something else than serving.
    #[command(subcommand)]
    pub command: Option<SandboxCommand>,
    /// Where the sandbox listens; port 0 picks a free one.
    #[arg(long, env = "KASSA_SANDBOX_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Folder for the journal; without it the world lives in memory.
    #[arg(long, env = "KASSA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The address under which browsers reach this sandbox.
    #[arg(long, env = "KASSA_SANDBOX_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// User name of the world's credentials.
    #[arg(long, env = "KASSA_SANDBOX_USERNAME", value_name = "NAME")]
    pub username: Option<String>,
    /// Password of the world's credentials.
    #[arg(
        long,
        env = "KASSA_SANDBOX_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub password: Option<String>,
    /// Enforce Klarna's published playground rate limits.
    #[arg(long, env = "KASSA_SANDBOX_RATE_LIMITS")]
    pub rate_limits: bool,
    /// Which addresses callbacks may reach: `any`, or `public` for a sandbox that strangers can reach.
    #[arg(
        long,
        env = "KASSA_SANDBOX_CALLBACK_TARGETS",
        value_name = "any|public"
    )]
    pub callback_targets: Option<CallbackTargets>,
    /// The key that makes, lists and removes worlds; without one any credentials of this sandbox may.
    #[arg(
        long,
        env = "KASSA_SANDBOX_ADMIN_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub admin_key: Option<String>,
    /// Write addresses here as JSON once the server answers.
    #[arg(long, env = "KASSA_READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// What `kassa sandbox` can do beside serving.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Do everything again that an exported journal tells, and compare every answer to the byte.
    #[command(after_help = "Example:\n  \
        curl -u K_1:secret http://127.0.0.1:8090/sandbox/v1/journal > run.journal\n  \
        kassa sandbox replay run.journal\n\n\
        The exit code is 0 when every answer is the same, 1 at the first that is not, 2 for what is no journal.")]
    Replay(Replay),
}

/// Options of `kassa sandbox replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The exported journal; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Options of `kassa migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Folder with the database; made when missing.
    #[arg(long, env = "KASSA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Create this organization (its slug) with one integration application, and print the credentials once.
    #[arg(long, value_name = "SLUG")]
    pub organization: Option<String>,
    /// The new organization's mode is live instead of test.
    #[arg(long, requires = "organization")]
    pub live: bool,
}

/// Options of `kassa doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Folder with the database.
    #[arg(long, env = "KASSA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Also check that this address is free.
    #[arg(long, env = "KASSA_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
}

/// Options of `kassa reconcile`.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// Folder with the database and the key file of a gateway that is stopped.
    #[arg(
        long,
        env = "KASSA_DATA",
        value_name = "DIR",
        conflicts_with = "gateway"
    )]
    pub data: Option<PathBuf>,
    /// Where test-mode Klarna orders are read instead of Klarna's playground (a sandbox's address).
    #[arg(long, env = "KASSA_KLARNA_TEST_URL", value_name = "URL")]
    pub klarna_test_url: Option<String>,
    /// Address of a gateway that is running: it does the work.
    #[arg(long, value_name = "URL", requires_all = ["client_id", "client_secret"])]
    pub gateway: Option<String>,
    /// An integration of the organization.
    #[arg(long, env = "KASSA_CLIENT_ID", value_name = "ID")]
    pub client_id: Option<String>,
    /// Its secret.
    #[arg(
        long,
        env = "KASSA_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub client_secret: Option<String>,
    /// Days after placing during which orders are read although all their money has moved.
    #[arg(long, value_name = "DAYS")]
    pub settled_days: Option<i64>,
    /// This order alone, whatever its state.
    #[arg(long, value_name = "ID")]
    pub order: Option<String>,
    /// Print the whole report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which running gateway, and as whom.
#[derive(Debug, Args)]
pub struct GatewayAccess {
    /// Address of the gateway.
    #[arg(
        long,
        env = "KASSA_GATEWAY",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub gateway: String,
    /// An integration of the organization.
    #[arg(long, env = "KASSA_CLIENT_ID", value_name = "ID")]
    pub client_id: String,
    /// Its secret.
    #[arg(
        long,
        env = "KASSA_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub client_secret: String,
}

/// Options of `kassa import`.
#[derive(Debug, Args)]
pub struct Import {
    /// Files named after what they hold (`skus.csv`, `prices.json`), or folders of them.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Only read the files and tell their problems.
    #[arg(long)]
    pub check: bool,
    /// Write the lines that are well-formed although others are not.
    #[arg(long, conflicts_with = "check")]
    pub skip_errors: bool,
    /// Keep all problems here, as CSV.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The gateway.
    #[command(flatten)]
    pub access: GatewayAccess,
}

/// Options of `kassa export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Folder of the files; made when missing.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Only this type; may be given several times.
    #[arg(long = "kind", value_name = "TYPE")]
    pub kinds: Vec<String>,
    /// How the files are written.
    #[arg(long, value_name = "csv|json", default_value = "csv")]
    pub format: Format,
    /// The gateway.
    #[command(flatten)]
    pub access: GatewayAccess,
}

/// Options of `kassa operations`.
#[derive(Debug, Args)]
pub struct Operations {
    /// Folder with the database and the key file.
    #[arg(long, env = "KASSA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where test-mode Klarna orders are read instead of Klarna's playground (a sandbox's address).
    #[arg(long, env = "KASSA_KLARNA_TEST_URL", value_name = "URL")]
    pub klarna_test_url: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: OperationsCommand,
}

/// The commands of `kassa operations`.
#[derive(Debug, Subcommand)]
pub enum OperationsCommand {
    /// One line for each operation that waits for a person.
    List,
    /// Everything about one operation, as JSON: amounts, reason, and the calls with Klarna's correlation ids.
    Show {
        /// The operation.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Close an operation by what was found out; the order and its books follow.
    Resolve(Resolve),
}

/// Options of `kassa operations resolve`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("finding").required(true).args(["happened", "did_not_happen"]))]
pub struct Resolve {
    /// The operation.
    #[arg(value_name = "ID")]
    pub id: String,
    /// It happened at Klarna.
    #[arg(long)]
    pub happened: bool,
    /// It did not happen, and never will.
    #[arg(long)]
    pub did_not_happen: bool,
    /// The id that Klarna gave to the order, capture or refund; needed where it happened and has one.
    #[arg(long, value_name = "ID", requires = "happened")]
    pub klarna_id: Option<String>,
    /// Who found it out.
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// How it was found out.
    #[arg(long, value_name = "TEXT")]
    pub why: String,
}
