//! The command line of `kassa access`.
//!
//! Invariant: what is added is named on the command line; what is secret about it is not.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `kassa access`.
#[derive(Debug, Args)]
pub struct Access {
    /// Folder with the database and the key file.
    #[arg(long, env = "KASSA_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What to add.
    #[command(subcommand)]
    pub command: AccessCommand,
}

/// The commands of `kassa access`.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Add an application, and print its credentials once.
    Application(NewApplication),
    /// Add a user, who can let webapps act for them, and print the password once.
    User(NewUser),
}

/// Where something is added, and what it may do.
#[derive(Debug, Args)]
pub struct Place {
    /// The organization's slug.
    #[arg(long, value_name = "SLUG")]
    pub organization: String,
    /// In live mode instead of test mode.
    #[arg(long)]
    pub live: bool,
    /// May look at everything and change nothing.
    #[arg(long)]
    pub read_only: bool,
}

/// Options of `kassa access application`.
#[derive(Debug, Args)]
pub struct NewApplication {
    /// Where, and what it may do.
    #[command(flatten)]
    pub place: Place,
    /// `sales_channel`, `integration` or `webapp`.
    #[arg(long, value_name = "KIND")]
    pub kind: ApplicationKindName,
    /// Its name, for people.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Where a webapp's codes may be sent; may be given several times.
    #[arg(long, value_name = "URL")]
    pub redirect_uri: Vec<String>,
    /// Give a sales channel a secret too, with which it may speak on behalf of customers.
    #[arg(long)]
    pub on_behalf: bool,
}

/// The kinds of application that can be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ApplicationKindName {
    /// A front end.
    SalesChannel,
    /// A back office.
    Integration,
    /// A program that users let in.
    Webapp,
}

/// Options of `kassa access user`.
#[derive(Debug, Args)]
pub struct NewUser {
    /// Where, and what the user may do.
    #[command(flatten)]
    pub place: Place,
    /// The user's email.
    #[arg(long, value_name = "EMAIL")]
    pub email: String,
}
