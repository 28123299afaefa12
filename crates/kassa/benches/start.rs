//! How long `kassa demo` takes to answer after its process starts, and the memory it holds.
//!
//! Each round starts the real binary twice: on an empty folder, then on the folder that the first start left. The time
//! runs from just before the process is made until `/livez` has answered. Beside it, in the same rounds and on the same
//! disk, stand two things that no start can be without: making a process at all, and making 4 KiB durable.
//! Run it with `cargo xtask bench start`.

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::{Server, bare_process, bare_syncs, free_address, median, pause, setting};

/// Rounds of a first and a second start, unless `KASSA_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 11;
/// How long a process runs before its memory is read: a first start makes its signing key meanwhile.
const SETTLE: Duration = Duration::from_secs(2);

fn main() -> anyhow::Result<()> {
    let rounds = setting("KASSA_BENCH_ROUNDS", ROUNDS)?;
    let mut first = Starts::default();
    let mut second = Starts::default();
    let mut processes = Vec::new();
    let mut syncs = Vec::new();
    for _ in 0..rounds {
        // Not the system's temporary folder: that is often memory, and fsync there costs nothing.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        processes.push(bare_process()?);
        syncs.extend(bare_syncs(folder.path(), 20)?);
        let data = folder.path().join("data");
        first.add(&data)?;
        second.add(&data)?;
    }
    first.print("first start, empty folder");
    second.print("second start, same folder");
    println!(
        "making a process that does nothing {:>8.1} ms",
        median(&processes)
    );
    println!(
        "making 4 KiB durable               {:>8.2} ms",
        median(&syncs)
    );
    Ok(())
}

/// Many starts of one kind.
#[derive(Default)]
struct Starts {
    milliseconds: Vec<f64>,
    resident: Vec<f64>,
    peak: Vec<f64>,
}

impl Starts {
    /// Starts the demo on `data`, waits until it answers, reads its memory and stops it in order.
    fn add(&mut self, data: &Path) -> anyhow::Result<()> {
        let address = free_address()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_kassa"));
        command
            .args(["demo", "--sandbox-listen", "127.0.0.1:0"])
            .args(["--listen", &address.to_string()])
            .arg("--data")
            .arg(data);
        let server = Server::start(command, address, "/livez")?;
        pause(SETTLE);
        self.milliseconds.push(server.started_in);
        self.resident.push(server.resident()?);
        self.peak.push(server.peak()?);
        server.stop()
    }

    fn print(&self, name: &str) {
        let all: Vec<String> = self
            .milliseconds
            .iter()
            .map(|value| format!("{value:.0}"))
            .collect();
        println!(
            "{name:<34} {:>8.1} ms   each: {}",
            median(&self.milliseconds),
            all.join(" ")
        );
        println!(
            "  resident {:.1} MiB, at most {:.1} MiB (the largest of all rounds)",
            largest(&self.resident),
            largest(&self.peak)
        );
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}
