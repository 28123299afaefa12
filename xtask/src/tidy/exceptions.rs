//! Exceptions to the rules: one file, each with a reason, each still needed.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Finding;

/// The file with the exceptions, below the root.
pub(crate) const FILE: &str = "xtask/tidy-exceptions.toml";

/// A reason shorter than this explains nothing.
const REASON_MIN: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    rule: String,
    path: String,
    reason: String,
}

/// The list of exceptions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    #[serde(default, rename = "exception")]
    list: Vec<Exception>,
}

impl Exceptions {
    /// Reads the list; an exception without a reason is refused.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let exceptions: Self = toml::from_str(text).with_context(|| format!("read {FILE}"))?;
        for exception in &exceptions.list {
            ensure!(
                exception.reason.len() >= REASON_MIN,
                "{FILE}: the exception of `{}` from `{}` gives no reason",
                exception.path,
                exception.rule
            );
        }
        Ok(exceptions)
    }

    /// Removes what is excepted, and adds a finding for each exception that nothing needs.
    pub(crate) fn apply(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let mut used = vec![false; self.list.len()];
        let mut kept: Vec<Finding> = Vec::new();
        for finding in findings {
            let excepted = self.list.iter().position(|exception| {
                exception.rule == finding.rule && exception.path == finding.path
            });
            match excepted {
                Some(index) => used[index] = true,
                None => kept.push(finding),
            }
        }
        for (exception, used) in self.list.iter().zip(used) {
            if !used {
                let message = format!(
                    "the exception of `{}` from `{}` is no longer needed: remove it",
                    exception.path, exception.rule
                );
                kept.push(Finding::new("exception", FILE, 0, message));
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[exception]]\nrule = \"float\"\npath = \"a.rs\"\nreason = \"shown to people, never added up\"\n";

    #[test]
    fn an_exception_covers_its_rule_in_its_file_alone() {
        let exceptions = Exceptions::parse(ONE).expect("parses");
        let findings = vec![
            Finding::new("float", "a.rs", 1, ""),
            Finding::new("float", "b.rs", 1, ""),
            Finding::new("pure", "a.rs", 1, ""),
        ];
        let left = exceptions.apply(findings);
        assert_eq!(left.len(), 2);
    }

    #[test]
    fn an_exception_without_a_reason_is_refused() {
        let text = "[[exception]]\nrule = \"float\"\npath = \"a.rs\"\nreason = \"\"\n";
        assert!(Exceptions::parse(text).is_err());
    }

    #[test]
    fn an_exception_that_nothing_needs_fails() {
        let left = Exceptions::parse(ONE).expect("parses").apply(Vec::new());
        assert_eq!(left[0].rule, "exception");
    }
}
