//! Reading how many tests a runner ran from the lines it closes with.

use std::sync::LazyLock;

use regex::Regex;

/// Tests that passed and failed, as a runner counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    /// Switched off, such as a test that only another test starts.
    pub(super) skipped: u64,
    /// Of those that passed: the ones that failed first and passed when they were run once more.
    pub(super) unsteady: u64,
}

impl Counts {
    /// The sum of both.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            unsteady: self.unsteady + other.unsteady,
        }
    }

    /// These counts after the tests that failed were run once more: what failed again has failed, what
    /// passed now is unsteady.
    pub(super) fn after_another_try(self, failed_again: u64) -> Self {
        let recovered = self.failed.saturating_sub(failed_again);
        Self {
            passed: self.passed + recovered,
            failed: self.failed - recovered,
            unsteady: self.unsteady + recovered,
            ..self
        }
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is constant and tested")
}

static NEXTEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*Summary \[.*?\] (.+)$"));
static NEXTEST_PART: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(\d+) (passed|failed|timed out|exec failed|skipped)"));
static NEXTEST_UNSTEADY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d+) flaky"));
static CARGO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored;"));
static NODE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^(?:#|\x{2139}) (pass|fail|cancelled|skipped|todo) (\d+)$"));

static NODE_PLACE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^test at (\S+\.mjs):\d+:\d+$"));

static UNITTEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^Ran (\d+) tests? in .*\n\n?((?:OK|FAILED).*)$"));
static UNITTEST_PART: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(failures|errors|skipped)=(\d+)"));

/// cargo-nextest: `Summary [ 1.2s] 9 tests run: 7 passed, 1 failed, 1 timed out, 0 skipped`.
pub(super) fn nextest(output: &str) -> Option<Counts> {
    let summary = NEXTEST.captures_iter(output).last()?;
    let mut counts = Counts::default();
    for part in NEXTEST_PART.captures_iter(&summary[1]) {
        let number = part[1].parse::<u64>().ok()?;
        match &part[2] {
            "passed" => counts.passed += number,
            "skipped" => counts.skipped += number,
            _ => counts.failed += number,
        }
    }
    if let Some(unsteady) = NEXTEST_UNSTEADY.captures(&summary[1]) {
        counts.unsteady = unsteady[1].parse().ok()?;
    }
    Some(counts)
}

/// cargo test: one `test result:` line for each binary.
pub(super) fn cargo(output: &str) -> Option<Counts> {
    let mut counts: Option<Counts> = None;
    for line in CARGO.captures_iter(output) {
        let one = Counts {
            passed: line[1].parse().ok()?,
            failed: line[2].parse().ok()?,
            skipped: line[3].parse().ok()?,
            unsteady: 0,
        };
        counts = Some(counts.unwrap_or_default().plus(one));
    }
    counts
}

/// Node's test runner: `# pass 5` and `# fail 0`, or the same behind an information sign.
pub(super) fn node(output: &str) -> Option<Counts> {
    let mut counts = None;
    for line in NODE.captures_iter(output) {
        let number = line[2].parse::<u64>().ok()?;
        let counts = counts.get_or_insert_with(Counts::default);
        match &line[1] {
            "pass" => counts.passed += number,
            "skipped" | "todo" => counts.skipped += number,
            _ => counts.failed += number,
        }
    }
    counts
}

/// The files of the tests that failed, from the closing list of Node's test runner, and the names of those tests.
pub(super) fn node_failures(output: &str) -> Vec<(String, String)> {
    let mut lines = output.lines();
    let mut failures = Vec::new();
    while let Some(line) = lines.next() {
        let Some(place) = NODE_PLACE.captures(line) else {
            continue;
        };
        let name = lines.next().unwrap_or_default();
        failures.push((place[1].to_owned(), name.trim().to_owned()));
    }
    failures
}

/// Python's unittest: `Ran 5 tests in 0.9s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=2)`.
pub(super) fn unittest(output: &str) -> Option<Counts> {
    let ran = UNITTEST.captures_iter(output).last()?;
    let all: u64 = ran[1].parse().ok()?;
    let mut counts = Counts::default();
    for part in UNITTEST_PART.captures_iter(&ran[2]) {
        let number: u64 = part[2].parse().ok()?;
        match &part[1] {
            "skipped" => counts.skipped += number,
            _ => counts.failed += number,
        }
    }
    counts.passed = all.checked_sub(counts.failed + counts.skipped)?;
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
        Some(Counts {
            passed,
            failed,
            skipped,
            unsteady: 0,
        })
    }

    #[test]
    fn nextest_counts_failures_of_every_kind() {
        let text = "  Summary [   1.234s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 3 skipped\n";
        assert_eq!(nextest(text), counts(6, 3, 3));
        assert_eq!(nextest("error: could not compile"), None);
    }

    #[test]
    fn nextest_tells_what_passed_only_at_the_second_try() {
        let text = "  Summary [   1.2s] 5 tests run: 5 passed (1 slow, 2 flaky), 0 skipped\n";
        let counts = nextest(text).unwrap();
        assert_eq!((counts.passed, counts.unsteady), (5, 2));
    }

    #[test]
    fn cargo_test_is_summed_over_binaries() {
        let text = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured\ntest result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured\n";
        assert_eq!(cargo(text), counts(4, 2, 1));
    }

    #[test]
    fn node_counts_cancelled_tests_as_failed() {
        let text = "# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n";
        assert_eq!(node(text), counts(2, 2, 0));
        assert_eq!(
            node("\u{2139} pass 2\n\u{2139} fail 0\n\u{2139} skipped 1\n"),
            counts(2, 0, 1)
        );
    }

    #[test]
    fn node_names_the_files_of_what_failed() {
        let text = "\u{2716} failing tests:\n\ntest at test/portal.test.mjs:128:1\n\u{2716} the focus is seen (662.6ms)\n  AssertionError\n";
        let failure = (
            "test/portal.test.mjs".to_owned(),
            "\u{2716} the focus is seen (662.6ms)".to_owned(),
        );
        assert_eq!(node_failures(text), [failure]);
        assert_eq!(node_failures("\u{2139} pass 2\n"), []);
    }

    #[test]
    fn what_fails_twice_has_failed_and_what_recovers_is_said_to_be_unsteady() {
        let first = Counts {
            passed: 7,
            failed: 2,
            ..Counts::default()
        };
        let settled = first.after_another_try(1);
        assert_eq!(
            (settled.passed, settled.failed, settled.unsteady),
            (8, 1, 1)
        );
        let none = first.after_another_try(2);
        assert_eq!((none.passed, none.failed, none.unsteady), (7, 2, 0));
    }

    #[test]
    fn unittest_counts_errors_as_failures() {
        let text = "...\nRan 7 tests in 0.775s\n\nFAILED (failures=1, errors=2, skipped=1)\n";
        assert_eq!(unittest(text), counts(3, 3, 1));
        assert_eq!(unittest("Ran 1 test in 0.1s\n\nOK\n"), counts(1, 0, 0));
        assert_eq!(unittest("Traceback (most recent call last):\n"), None);
    }
}
