//! `kassa doctor`: looks at the machine and the data folder, and says what to do about what it finds.
//!
//! Invariant: it changes nothing but a probe file of its own, and its exit status is 0 exactly when every check is
//! fine.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use kassa_environment::{Clock, SystemClock};

use crate::cli::Doctor;
use crate::config::{File, GATEWAY_LISTEN};
use crate::data::DataFolder;
use crate::gateway_server::open_store;
use crate::listen::Listener;

/// Runs every check and prints one line for each.
///
/// # Errors
/// Never for a failed check: that is printed and reflected in the exit status.
pub async fn run(options: Doctor, file: &File) -> anyhow::Result<ExitCode> {
    let data = file.data(options.data);
    let listen = options
        .listen
        .or(file.gateway.listen)
        .unwrap_or(GATEWAY_LISTEN);
    let checks = [
        ("machine clock", clock()),
        ("data folder", writable(&data)),
        ("durable writes", durable(&data)),
        ("database", database(&data).await),
        ("gateway address", address(listen).await),
    ];
    let mut fine = true;
    for (name, result) in checks {
        match result {
            Ok(found) => println!("ok       {name:<16} {found}"),
            Err(error) => {
                fine = false;
                println!("problem  {name:<16} {error:#}");
            }
        }
    }
    Ok(if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A clock before the program's own time makes every token and deadline wrong.
fn clock() -> anyhow::Result<String> {
    let now = SystemClock.now();
    let released = jiff::civil::date(2026, 1, 1)
        .to_zoned(jiff::tz::TimeZone::UTC)?
        .timestamp();
    ensure!(
        now >= released,
        "it shows {now}, which is before this program was made; set the machine's time"
    );
    Ok(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn writable(data: &Path) -> anyhow::Result<String> {
    if !data.exists() {
        return Ok(format!(
            "{} does not exist yet; it will be made",
            data.display()
        ));
    }
    tempfile::NamedTempFile::new_in(data)
        .with_context(|| format!("{} cannot be written by this user", data.display()))?;
    Ok(format!("{} can be written", data.display()))
}

/// Money needs a disk that keeps what it acknowledged.
fn durable(data: &Path) -> anyhow::Result<String> {
    let folder = if data.exists() { data } else { Path::new(".") };
    let mut probe = tempfile::NamedTempFile::new_in(folder)?;
    let started = SystemClock.now();
    const ROUNDS: i64 = 20;
    for _ in 0..ROUNDS {
        probe.write_all(&[0; 4096])?;
        probe
            .as_file()
            .sync_data()
            .context("the file system refuses fsync; choose another disk with --data")?;
    }
    let each = SystemClock.now().duration_since(started).as_micros() / i128::from(ROUNDS);
    Ok(format!("one fsync takes {each} µs"))
}

async fn database(data: &Path) -> anyhow::Result<String> {
    if !data.join("kassa.db").exists() {
        return Ok("none yet; `kassa migrate` or `kassa demo` makes it".to_owned());
    }
    let folder = DataFolder::open(data)?;
    folder.master_key()?;
    let store = open_store(&folder)?;
    let realms = kassa_storage::Store::realms(store.as_ref()).await?;
    if realms.is_empty() {
        bail!("it holds no organization; make one with `kassa migrate --organization SLUG`");
    }
    Ok(format!("opens, with {} organization(s)", realms.len()))
}

async fn address(listen: std::net::SocketAddr) -> anyhow::Result<String> {
    let bound = Listener::bind(listen, "--listen").await?;
    Ok(format!("{} is free", bound.address))
}
