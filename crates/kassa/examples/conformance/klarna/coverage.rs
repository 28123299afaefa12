//! What was asked and answered, counted: operation by documented status.
//!
//! Invariant: a status counts as reached only by an answer that a real process gave over HTTP.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::document::Operation;
use super::expectations::Expectations;
use super::judge::{Finding, Judge};
use super::sandbox::Exchange;
use crate::Report;

/// The share of documented statuses that must be reached, in hundredths.
const REACHED_MIN: usize = 95;

/// Findings shown in full; the rest is counted.
const SHOWN: usize = 60;

/// Operation, status, and what is wrong with it.
type Contradiction = (String, u16, Finding);

/// How often, and the first body.
type Seen = (u64, String);

/// The record of a run.
pub struct Coverage {
    pub operations: Vec<Operation>,
    judge: Judge,
    expectations: Expectations,
    answers: RefCell<BTreeMap<(usize, u16), u64>>,
    contradictions: RefCell<BTreeMap<Contradiction, Seen>>,
}

impl Coverage {
    pub fn new(operations: Vec<Operation>, expectations: Expectations) -> anyhow::Result<Self> {
        Ok(Self {
            operations,
            judge: Judge::new()?,
            expectations,
            answers: RefCell::default(),
            contradictions: RefCell::default(),
        })
    }

    /// Judges one answer and remembers it. Calls that no document knows are not looked at.
    pub fn take(&self, method: &str, path: &str, exchange: &Exchange) {
        let found = self
            .operations
            .iter()
            .position(|operation| operation.method == method && operation.is_at(path));
        let Some(index) = found else { return };
        let Some(operation) = self.operations.get(index) else {
            return;
        };
        let status = exchange.status;
        *self
            .answers
            .borrow_mut()
            .entry((index, status))
            .or_default() += 1;
        for finding in self.judge.findings(operation, exchange) {
            if self.expectations.excuses(operation, status, &finding) {
                continue;
            }
            let mut contradictions = self.contradictions.borrow_mut();
            let entry = contradictions
                .entry((operation.name(), status, finding))
                .or_insert_with(|| (0, example(exchange)));
            entry.0 += 1;
        }
    }

    fn seen(&self, index: usize, status: u16) -> u64 {
        self.answers
            .borrow()
            .get(&(index, status))
            .copied()
            .unwrap_or_default()
    }

    /// Prints the table, and reports what contradicts the documents.
    pub fn report(&self, report: &mut Report) {
        let (mut reached, mut documented) = (0, 0);
        let mut last = "";
        for (index, operation) in self.operations.iter().enumerate() {
            if operation.api != last {
                println!("\n{}", operation.api);
                last = operation.api;
            }
            let mut cells = Vec::new();
            for status in operation.answers.keys().copied() {
                documented += 1;
                match (
                    self.seen(index, status),
                    self.expectations.unreached(operation, status),
                ) {
                    (0, why) => {
                        cells.push(format!(
                            "{status} NOT REACHED: {}",
                            why.unwrap_or("no reason given")
                        ));
                        if why.is_none() {
                            let name = operation.name();
                            report.contradiction(format!(
                                "{name} never answered {status}, and no reason is listed"
                            ));
                        }
                    }
                    (times, _) => {
                        reached += 1;
                        cells.push(format!("{status} x{times}"));
                    }
                }
            }
            println!("  {:<85} {}", operation.name(), cells.join("  "));
        }
        let answers: u64 = self.answers.borrow().values().sum();
        println!("\n{answers} answers judged; what is not as published, and why that is right:");
        self.expectations.print();
        self.report_contradictions(report);
        let permille = reached * 1000 / documented.max(1);
        println!(
            "\ndocumented statuses reached: {reached} of {documented} ({}.{} %)\n",
            permille / 10,
            permille % 10
        );
        report.count("documented statuses", reached, documented);
        if reached * 100 < documented * REACHED_MIN {
            report.contradiction(format!(
                "fewer than {REACHED_MIN} % of the documented statuses were reached"
            ));
        }
        for what in self
            .expectations
            .stale(|name, status| self.reached(name, status))
        {
            report.contradiction(format!("expectations.toml is out of date: {what}"));
        }
        self.count_served(report);
    }

    fn reached(&self, name: &str, status: u16) -> bool {
        let at = self
            .operations
            .iter()
            .position(|operation| operation.name() == name);
        at.is_some_and(|index| self.seen(index, status) > 0)
    }

    fn report_contradictions(&self, report: &mut Report) {
        let contradictions = self.contradictions.borrow();
        for ((name, status, finding), (times, example)) in contradictions.iter().take(SHOWN) {
            let what = match finding {
                Finding::Undocumented { code } => {
                    format!("the status is not documented (code `{code}`)")
                }
                Finding::Deviation(text) => text.clone(),
            };
            report.contradiction(format!(
                "{name} -> {status}: {what} ({times} times); such as: {example}"
            ));
        }
        if contradictions.len() > SHOWN {
            report.contradiction(format!(
                "and {} more findings",
                contradictions.len() - SHOWN
            ));
        }
    }

    /// How many operations of each document ever succeeded.
    fn count_served(&self, report: &mut Report) {
        let mut counts: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
        for (index, operation) in self.operations.iter().enumerate() {
            let count = counts.entry(operation.api).or_default();
            count.1 += 1;
            let succeeded = |status: &u16| *status < 300 && self.seen(index, *status) > 0;
            if operation.answers.keys().any(succeeded) {
                count.0 += 1;
            }
        }
        for (api, (served, published)) in counts {
            report.count(api, served, published);
        }
    }
}

/// The beginning of a body, on one line.
fn example(exchange: &Exchange) -> String {
    let words: Vec<&str> = exchange.body.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}
