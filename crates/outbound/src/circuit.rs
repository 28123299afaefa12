//! When to stop calling somebody who does not answer.
//!
//! Invariant: a circuit is nothing but the number of failures in a row; whoever keeps that number keeps the circuit,
//! across restarts and between processes. Source: commerce-api, webhooks and callbacks.

/// Failures in a row after which nobody is called any more.
pub const OPENS_AT: i64 = 30;

/// Calls that failed in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circuit {
    /// How many.
    pub failures: i64,
}

/// What a call does to a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is added to the number of failures.
    pub delta: i64,
    /// Whether this call opened the circuit.
    pub opened: bool,
}

impl Circuit {
    /// The circuit after so many failures in a row.
    #[must_use]
    pub fn new(failures: i64) -> Self {
        Self { failures }
    }

    /// Whether calls have stopped until somebody resets the circuit.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.failures >= OPENS_AT
    }

    /// `open` or `closed`.
    #[must_use]
    pub fn word(self) -> &'static str {
        if self.is_open() { "open" } else { "closed" }
    }

    /// What the end of a call adds: a failure counts, a success forgets all of them.
    #[must_use]
    pub fn after(self, succeeded: bool) -> Step {
        if succeeded {
            return Step {
                delta: -self.failures,
                opened: false,
            };
        }
        Step {
            delta: 1,
            opened: self.failures + 1 == OPENS_AT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_failures_in_a_row_open_it_and_one_success_forgets_them() {
        let mut circuit = Circuit::default();
        for call in 1..=OPENS_AT {
            assert!(!circuit.is_open(), "{call}");
            let step = circuit.after(false);
            assert_eq!(step.opened, call == 30);
            circuit.failures += step.delta;
        }
        assert_eq!((circuit.is_open(), circuit.word()), (true, "open"));
        circuit.failures += circuit.after(true).delta;
        assert_eq!((circuit.failures, circuit.word()), (0, "closed"));
    }
}
