//! `kassa import` and `kassa export`: a catalogue as files, one for each type.
//!
//! Invariant: nothing is written before every file was read and found whole, unless the operator says otherwise; what
//! stops an import is told with file and line, and the next run goes on there.

pub mod export;
pub mod import;
pub mod kinds;
pub mod progress;
pub mod sheet;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};

use crate::cli::{Export, GatewayAccess, Import};
use crate::remote::{Account, Remote};
use import::Tally;
use progress::Progress;
use sheet::{Problem, Sheet};

impl GatewayAccess {
    /// The account these options name.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            url: self.gateway.trim_end_matches('/').to_owned(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
        }
    }
}

/// Imports files, or a folder of them.
///
/// # Errors
/// When a file cannot be read at all or the gateway does not answer. Wrong lines are told, and make the exit code 1.
pub async fn import(options: Import) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in &options.paths {
        if path.is_dir() {
            files.extend(files_of(path)?);
        } else {
            files.push(path.clone());
        }
    }
    ensure!(!files.is_empty(), "there is no file to import");
    let mut sheets = Vec::new();
    for path in files {
        sheets.push((sheet::read(&path)?, path));
    }
    let place = |sheet: &Sheet| sheet::writable().position(|kind| kind == sheet.kind);
    sheets.sort_by_key(|(sheet, _)| place(sheet));
    let mut problems: Vec<Problem> = sheets
        .iter()
        .flat_map(|(sheet, _)| sheet.problems.clone())
        .collect();
    if options.check || (!problems.is_empty() && !options.skip_errors) {
        let rows: usize = sheets.iter().map(|(sheet, _)| sheet.rows.len()).sum();
        println!(
            "{rows} rows are well-formed, {} problems; nothing was written",
            problems.len()
        );
        return report(&problems, options.report.as_deref());
    }
    let account = options.access.account();
    let gateway = account.url.clone();
    let remote = Remote::connect(account).await?;
    let import = import::Import::new(&remote);
    for (sheet, path) in &sheets {
        let progress = Progress::of(path, &gateway)?;
        let name = sheet.kind.name;
        let all = sheet.rows.len();
        let tally = import
            .sheet(sheet, progress, |done| tell(name, done, Some(all)))
            .await;
        end_line();
        let tally = tally?;
        summarize(name, &tally);
        problems.extend(tally.problems);
    }
    report(&problems, options.report.as_deref())
}

/// Exports every type of the catalogue, or those that are named.
///
/// # Errors
/// When the gateway does not answer, or a file cannot be written.
pub async fn export(options: Export) -> anyhow::Result<ExitCode> {
    let mut kinds = Vec::new();
    for name in &options.kinds {
        let Some(kind) = sheet::writable().find(|kind| kind.name == name) else {
            let known: Vec<&str> = sheet::writable().map(|kind| kind.name).collect();
            bail!(
                "{name} is no type of the catalogue; expected some of {}",
                known.join(", ")
            );
        };
        kinds.push(kind);
    }
    if kinds.is_empty() {
        kinds = sheet::writable().collect();
    }
    std::fs::create_dir_all(&options.folder)
        .with_context(|| format!("{} cannot be made", options.folder.display()))?;
    let remote = Remote::connect(options.access.account()).await?;
    for kind in kinds {
        let told = |read| tell(kind.name, read, None);
        let rows = export::kind(&remote, kind, &options.folder, options.format, told).await;
        end_line();
        println!("{:<24} {:>8} rows", kind.name, rows?);
    }
    Ok(ExitCode::SUCCESS)
}

/// The files of a folder that are named after a type of the catalogue.
fn files_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for kind in sheet::writable() {
        let named =
            ["csv", "json"].map(|extension| folder.join(kind.name).with_extension(extension));
        let found: Vec<PathBuf> = named.into_iter().filter(|path| path.is_file()).collect();
        ensure!(
            found.len() < 2,
            "{} holds {} twice, as CSV and as JSON",
            folder.display(),
            kind.name
        );
        files.extend(found);
    }
    Ok(files)
}

fn summarize(name: &str, tally: &Tally) {
    println!(
        "{name:<24} {:>8} created, {:>8} updated, {:>8} done before, {:>6} refused",
        tally.created,
        tally.updated,
        tally.skipped,
        tally.problems.len()
    );
}

/// Problems line by line, on standard error and where the operator wants them; the exit code tells whether there were any.
fn report(problems: &[Problem], file: Option<&Path>) -> anyhow::Result<ExitCode> {
    for problem in problems {
        eprintln!("{problem}");
    }
    if let Some(path) = file {
        let mut writer = csv::Writer::from_path(path)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        writer.write_record(["file", "line", "problem"])?;
        for problem in problems {
            writer.write_record([&problem.file, &problem.line.to_string(), &problem.what])?;
        }
        writer.flush()?;
    }
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The progress of one type, rewritten in place for a person at a terminal and silent otherwise.
fn tell(name: &str, done: usize, all: Option<usize>) {
    let mut out = std::io::stderr();
    if out.is_terminal() {
        let all = all.map_or_else(String::new, |all| format!(" of {all}"));
        // A terminal that went away changes nothing about the work.
        let _told = write!(out, "\r{name}: {done}{all} rows").and_then(|()| out.flush());
    }
}

fn end_line() {
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
}
