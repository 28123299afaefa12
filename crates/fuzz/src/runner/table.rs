//! What a run tells people: a line for each function, and how to do a failure again.

use std::path::Path;

use super::Report;
use crate::answer::shown;

/// The line above the table.
#[must_use]
pub fn headline() -> String {
    format!(
        "{:<30} {:>10} {:>7} {:>6} {:>7}  result",
        "function", "executions", "taken", "seeds", "corpus"
    )
}

/// The line of one function.
#[must_use]
pub fn line(report: &Report) -> String {
    let result = match &report.failure {
        None => "ok",
        Some(_) => "FAILED",
    };
    format!(
        "{:<30} {:>10} {:>7} {:>6} {:>7}  {result}",
        report.name, report.executions, report.taken, report.seeds, report.corpus
    )
}

/// A failure in full: what broke, the beginning of the input, and how to do it again. `file` holds the input.
#[must_use]
pub fn failure_text(report: &Report, file: &Path) -> Option<String> {
    let failure = report.failure.as_ref()?;
    let (name, seed, file) = (report.name, report.seed, file.display());
    let again = match failure.alone {
        true => format!("cargo xtask fuzz --smoke --only {name} --input {file}"),
        false => format!(
            "the input needs those before it: cargo xtask fuzz --smoke --only {name} --seed {seed}"
        ),
    };
    Some(format!(
        "{name} ({}), seed {seed}, input {}, {} bytes:\n  {}\n  {}\n  again: {again}",
        report.reads,
        report.executions,
        failure.input.len(),
        failure.message.replace('\n', "\n  "),
        shown(&failure.input).escape_debug(),
    ))
}
