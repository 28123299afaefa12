//! What the sandbox's benchmarks print, what it is held against, and both as a file.
//!
//! Invariant: a benchmark prints figures and judges none; the bounds stand here, in one table. A figure that is missing
//! is not one that passed.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// A line `name value unit` that a benchmark printed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) unit: String,
}

/// What a figure is held against.
pub(super) struct Bound {
    name: &'static str,
    limit: Limit,
    says: &'static str,
}

enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

use Limit::{AtLeast, AtMost};

const fn bound(name: &'static str, limit: Limit, says: &'static str) -> Bound {
    Bound { name, limit, says }
}

/// The sandbox's bounds.
pub(super) const SANDBOX: &[Bound] = &[
    bound(
        "sandbox_over_mock",
        AtLeast(15.0),
        "creating sessions, beside an OpenAPI mock",
    ),
    bound(
        "sandbox_over_minimal",
        AtLeast(0.4),
        "creating sessions, beside a minimal axum server",
    ),
    bound(
        "flow_over_sync",
        AtMost(10.0),
        "whole flow, in durable writes of the same disk",
    ),
    bound("start", AtMost(50.0), "start on an empty folder"),
    bound("idle", AtMost(30.0), "resident without load"),
    bound(
        "idle_world_plain",
        AtMost(200.0),
        "world that nobody calls, nothing chosen",
    ),
    bound("idle_world_named", AtMost(200.0), "the same with a name"),
    bound("idle_world_seeded", AtMost(200.0), "the same with a seed"),
    bound(
        "idle_world_clock",
        AtMost(200.0),
        "the same with a clock of its own",
    ),
    bound("idle_world_switch", AtMost(200.0), "the same with a switch"),
    bound(
        "idle_world_all",
        AtMost(200.0),
        "the same with name, seed, stopped clock and switch",
    ),
    bound("expired_session", AtMost(200.0), "session that expired"),
    bound(
        "create_growth",
        AtMost(1.5),
        "creating a session among a million, beside ten thousand",
    ),
    bound(
        "read_growth",
        AtMost(1.5),
        "reading one among a million, beside ten thousand",
    ),
];

/// The figures among the lines of `output`.
pub(super) fn read(output: &str) -> Vec<Figure> {
    output.lines().filter_map(figure).collect()
}

fn figure(line: &str) -> Option<Figure> {
    let mut words = line.split_whitespace();
    let (name, value, unit) = (words.next()?, words.next()?, words.next()?);
    let is_name = name
        .bytes()
        .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !is_name || words.next().is_some() {
        return None;
    }
    Some(Figure {
        name: name.to_owned(),
        value: value.parse().ok()?,
        unit: unit.to_owned(),
    })
}

/// How a figure stands against its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Short,
    Missing,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Short => "SHORT",
            Self::Missing => "MISSING",
        }
    }
}

impl Bound {
    fn verdict(&self, figure: Option<&Figure>) -> Verdict {
        let Some(figure) = figure else {
            return Verdict::Missing;
        };
        let met = match self.limit {
            AtLeast(least) => figure.value >= least,
            AtMost(most) => figure.value <= most,
        };
        if met { Verdict::Pass } else { Verdict::Short }
    }

    fn shown(&self) -> String {
        match self.limit {
            AtLeast(least) => format!("at least {least}"),
            AtMost(most) => format!("at most {most}"),
        }
    }
}

/// All figures of a run, with the machine's load around it.
pub(super) struct Report<'a> {
    pub(super) figures: Vec<Figure>,
    pub(super) bounds: &'a [Bound],
    /// `/proc/loadavg` before and after.
    pub(super) load: [String; 2],
}

impl Report<'_> {
    fn of(&self, bound: &Bound) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == bound.name)
    }

    /// One line for each bound.
    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        for bound in self.bounds {
            let figure = self.of(bound);
            let value = figure.map_or_else(
                || "-".to_owned(),
                |figure| format!("{:.2} {}", figure.value, figure.unit),
            );
            let word = bound.verdict(figure).word();
            let (limit, says) = (bound.shown(), bound.says);
            // Writing to text does not fail.
            let _ = writeln!(table, "{word:<8}{value:>16}  {limit:<14}{says}");
        }
        table
    }

    /// The run as JSON.
    pub(super) fn json(&self) -> Value {
        let figures = self.figures.iter().map(|figure| {
            let Figure { name, value, unit } = figure;
            let mut shown = json!({"name": name, "value": value, "unit": unit});
            if let Some(bound) = self.bounds.iter().find(|bound| bound.name == name) {
                shown["bound"] = bound.shown().into();
                shown["verdict"] = bound.verdict(Some(figure)).word().into();
            }
            shown
        });
        let [before, after] = &self.load;
        json!({
            "load": {"before": before, "after": after},
            "figures": figures.collect::<Vec<_>>(),
        })
    }

    /// Fails when a bound is not met.
    pub(super) fn hold(&self) -> Result<()> {
        let short = self
            .bounds
            .iter()
            .filter(|bound| bound.verdict(self.of(bound)) != Verdict::Pass);
        let names: Vec<_> = short.map(|bound| bound.name).collect();
        ensure!(names.is_empty(), "bounds not met: {}", names.join(", "));
        Ok(())
    }
}

/// What the machine does beside; a dash where it does not tell.
pub(super) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg");
    text.map_or_else(|_| "-".to_owned(), |text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(output: &str) -> Report<'static> {
        const BOUNDS: &[Bound] = &[
            bound("rate", AtLeast(2.0), "a rate"),
            bound("time", AtMost(5.0), "a time"),
        ];
        Report {
            figures: read(output),
            bounds: BOUNDS,
            load: ["0.1".to_owned(), "0.2".to_owned()],
        }
    }

    #[test]
    fn figures_are_told_from_everything_else_that_is_printed() {
        let output = "   Compiling kassa v0.0.0\nrate 2.5 /s\nrate is fine\n\ntime 7 ms\nx 1 2 3\n";
        let names: Vec<_> = read(output).into_iter().map(|figure| figure.name).collect();
        assert_eq!(names, ["rate", "time"]);
    }

    #[test]
    fn a_bound_is_met_exactly_or_better_and_never_by_silence() {
        assert!(report("rate 2 /s\ntime 5 ms").hold().is_ok());
        let short = report("rate 1.99 /s\ntime 5 ms").hold().unwrap_err();
        assert_eq!(short.to_string(), "bounds not met: rate");
        let missing = report("rate 2 /s").hold().unwrap_err();
        assert_eq!(missing.to_string(), "bounds not met: time");
        assert!(report("time 6 ms").table().contains("MISSING"));
        assert!(report("time 6 ms").table().contains("SHORT"));
    }

    #[test]
    fn the_file_has_every_figure_with_its_verdict() {
        let json = report("rate 3 /s\nother 4 us").json();
        assert_eq!(
            json["figures"],
            json!([
                {"name": "rate", "value": 3.0, "unit": "/s", "bound": "at least 2", "verdict": "PASS"},
                {"name": "other", "value": 4.0, "unit": "us"},
            ])
        );
        assert_eq!(json["load"]["after"], "0.2");
    }
}
