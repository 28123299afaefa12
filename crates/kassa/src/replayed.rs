//! `kassa sandbox replay`: everything that an exported journal tells, once more, every answer compared to the byte.
//!
//! Invariant: nothing listens and nothing is written; the journal is all that takes part.

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::Context;
use kassa_klarna_sandbox::{Difference, replay};

use crate::cli::Replay;

/// The exit code for a text that is no journal.
const NO_JOURNAL: u8 = 2;

/// Replays a journal and tells the first answer that differs: 0 when there is none, 1 when there is.
///
/// # Errors
/// When the file cannot be read.
pub async fn run(options: &Replay) -> anyhow::Result<ExitCode> {
    let path = &options.file;
    let mut text = String::new();
    if path.as_os_str() == "-" {
        let read = std::io::stdin().read_to_string(&mut text);
        read.context("standard input cannot be read")?;
    } else {
        let read = std::fs::read_to_string(path);
        text = read.with_context(|| format!("{} cannot be read", path.display()))?;
    }
    let replayed = match replay(&text).await {
        Ok(replayed) => replayed,
        Err(error) => {
            eprintln!("kassa: {} is no journal: {error}", path.display());
            return Ok(ExitCode::from(NO_JOURNAL));
        }
    };
    if !replayed.same_rules {
        println!("note       the journal was written under other rules than today's");
    }
    if replayed.truncated {
        println!("note       the journal lacks its end: its world outgrew the memory for it");
    }
    let (entries, answers) = (replayed.entries, replayed.answers);
    let Some(difference) = replayed.difference else {
        println!("same       {answers} answers of {entries} entries, to the byte");
        return Ok(ExitCode::SUCCESS);
    };
    let Difference {
        line,
        request,
        correlation_id,
        what,
    } = difference;
    println!("different  line {line}: {request}");
    println!("           {what}");
    println!("           correlation id {correlation_id}; {answers} answers compared");
    Ok(ExitCode::FAILURE)
}
