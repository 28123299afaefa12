//! One function: its seeds, then what becomes of them, until its share is used up or it fails.

use std::collections::BTreeSet;

use super::panics::caught;
use crate::mutate::mutated;
use crate::{Dice, Parser, begin, signal};

/// Inputs that are kept at most.
const LARGEST_CORPUS: usize = 2000;

/// What came of one function.
#[derive(Debug)]
pub struct Report {
    /// Its name.
    pub name: &'static str,
    /// What it reads.
    pub reads: &'static str,
    /// The seed of the run.
    pub seed: u64,
    /// Inputs that were run, the seeds among them.
    pub executions: u64,
    /// Inputs that were taken, not refused.
    pub taken: u64,
    /// Seeds that it brought.
    pub seeds: usize,
    /// Inputs that did something new.
    pub corpus: usize,
    /// How it failed, if it did.
    pub failure: Option<Failure>,
}

/// A broken promise.
#[derive(Debug)]
pub struct Failure {
    /// The panic and its place.
    pub message: String,
    /// The input.
    pub input: Vec<u8>,
    /// Whether the input does it by itself; else those before it are needed, and only the seed repeats it.
    pub alone: bool,
}

/// Runs one function while `more` says so; it is given how many inputs were made so far.
pub fn explore(parser: &Parser, seed: u64, more: impl Fn(u64) -> bool) -> Report {
    let mut report = Report {
        name: parser.name,
        reads: parser.reads,
        seed,
        executions: 0,
        taken: 0,
        seeds: 0,
        corpus: 0,
        failure: None,
    };
    begin();
    let seeds = match caught(parser.seeds) {
        Ok(seeds) => seeds,
        Err(message) => {
            report.failure = Some(Failure {
                message: format!("no seeds: {message}"),
                input: Vec::new(),
                alone: false,
            });
            return report;
        }
    };
    report.seeds = seeds.len();
    begin();
    let mut corpus = Corpus::default();
    for input in seeds {
        if !corpus.run(parser, input, true, &mut report) {
            return report;
        }
    }
    let dice = Dice::new(seed ^ of_name(parser.name));
    let mut made = 0;
    while more(made) {
        let input = corpus.offspring(&dice);
        if !corpus.run(parser, input, false, &mut report) {
            return report;
        }
        made += 1;
    }
    report
}

/// Runs one input by itself; the error is the panic.
///
/// # Errors
/// The panic, with its place.
pub fn repeat(parser: &Parser, input: &[u8]) -> Result<(), String> {
    begin();
    let done = caught(|| (parser.run)(input));
    signal::take();
    done
}

/// Inputs that did something new, and everything that any did.
#[derive(Default)]
struct Corpus {
    inputs: Vec<Vec<u8>>,
    seen: BTreeSet<u64>,
}

impl Corpus {
    fn offspring(&self, dice: &Dice) -> Vec<u8> {
        let any = || self.inputs.get(dice.below(self.inputs.len()));
        let parent = any().map_or(&[][..], Vec::as_slice);
        let other = any().map_or(&[][..], Vec::as_slice);
        mutated(parent, other, dice)
    }

    /// Runs an input and keeps it if it is a seed or did something new; whether the function lives.
    fn run(&mut self, parser: &Parser, input: Vec<u8>, keep: bool, report: &mut Report) -> bool {
        report.executions += 1;
        let done = caught(|| (parser.run)(&input));
        let before = self.seen.len();
        let (seen, taken) = signal::take();
        self.seen.extend(seen);
        report.taken += u64::from(taken);
        if let Err(message) = done {
            let alone = repeat(parser, &input).is_err();
            report.failure = Some(Failure {
                message,
                input,
                alone,
            });
            return false;
        }
        if (keep || self.seen.len() > before) && self.inputs.len() < LARGEST_CORPUS {
            self.inputs.push(input);
        }
        report.corpus = self.inputs.len();
        true
    }
}

/// A number for each name, the same on every machine.
fn of_name(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
