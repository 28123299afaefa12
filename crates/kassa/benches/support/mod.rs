//! What the benchmarks share: the real binary as a process, the disk's own figures, and medians.
//!
//! Invariant: everything is measured from outside, over a socket or from `/proc`, as an operator would.

pub mod client;
pub mod load;
pub mod template;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use kassa_environment::{Clock, SystemClock};

/// How long a start may take before a benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause between two looks at a starting server.
const LOOK_EVERY: Duration = Duration::from_micros(250);

/// A server that this benchmark started.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Milliseconds from making the process until its first answer.
    pub started_in: f64,
}

impl Server {
    /// Starts `command`, which is to listen on `address`, and waits until `path` is answered with 200.
    pub fn start(command: Command, address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        Self::start_until(command, address, || answers(address, path))
    }

    /// Starts `command` and waits until `address` takes connections.
    pub fn start_when_listening(command: Command, address: SocketAddr) -> anyhow::Result<Self> {
        Self::start_until(command, address, || {
            TcpStream::connect(address).map(|_| true)
        })
    }

    fn start_until(
        mut command: Command,
        address: SocketAddr,
        ready: impl Fn() -> std::io::Result<bool>,
    ) -> anyhow::Result<Self> {
        command.stdout(Stdio::null());
        let began = SystemClock.now();
        let mut child = command
            .spawn()
            .with_context(|| format!("start {command:?}"))?;
        match wait_for(address, ready, &mut child) {
            Ok(()) => Ok(Self {
                child,
                address,
                started_in: milliseconds(began),
            }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// Memory that is resident now, in MiB.
    pub fn resident(&self) -> anyhow::Result<f64> {
        self.memory("VmRSS:")
    }

    /// The most memory that was ever resident, in MiB.
    pub fn peak(&self) -> anyhow::Result<f64> {
        self.memory("VmHWM:")
    }

    /// Seconds that its threads have had the processor, in user and system mode.
    pub fn processor_time(&self) -> anyhow::Result<f64> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()))
            .context("processor time is read from /proc, which this system does not have")?;
        let mut nanoseconds = 0.0;
        for task in tasks {
            // The first number of `schedstat` is the time on the processor, in nanoseconds.
            let text = std::fs::read_to_string(task?.path().join("schedstat"));
            let first = text.as_deref().unwrap_or_default().split(' ').next();
            nanoseconds += first.and_then(|text| text.parse().ok()).unwrap_or(0.0);
        }
        Ok(nanoseconds / 1e9)
    }

    fn memory(&self, name: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("memory is read from /proc, which this system does not have")?;
        let kibibytes: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .with_context(|| format!("{name} is not in the process's status"))?;
        Ok(kibibytes / 1024.0)
    }

    /// Stops it in order, so that a next start finds what an operator's restart would leave.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        ensure!(asked.success(), "kill failed");
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A benchmark that failed leaves no process behind; after `stop` there is none to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for(
    address: SocketAddr,
    ready: impl Fn() -> std::io::Result<bool>,
    child: &mut Child,
) -> anyhow::Result<()> {
    let began = SystemClock.now();
    while SystemClock.now().duration_since(began).unsigned_abs() < PATIENCE {
        if ready().unwrap_or(false) {
            return Ok(());
        }
        if let Some(ended) = child.try_wait()? {
            bail!("the server ended with {ended} before it answered");
        }
        pause(LOOK_EVERY);
    }
    bail!("no answer from {address} within {PATIENCE:?}")
}

fn answers(address: SocketAddr, path: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

/// Waits for a process that tells nobody when it is done.
#[expect(
    clippy::disallowed_methods,
    reason = "the process is watched from outside: there is no event to wait for"
)]
pub fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// An address of this machine that nobody listens on.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Milliseconds to make a process that does nothing, and to see it end.
pub fn bare_process() -> anyhow::Result<f64> {
    let began = SystemClock.now();
    Command::new("true").status()?;
    Ok(milliseconds(began))
}

/// Milliseconds that each of `rounds` appends of 4 KiB takes to be durable.
pub fn bare_syncs(folder: &Path, rounds: usize) -> anyhow::Result<Vec<f64>> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut taken = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let began = SystemClock.now();
        file.write_all(&[0; 4096])?;
        file.as_file().sync_data()?;
        taken.push(milliseconds(began));
    }
    Ok(taken)
}

/// What a file that appears whole says, once it is there.
pub fn wait_for_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let began = SystemClock.now();
    while SystemClock.now().duration_since(began).unsigned_abs() < PATIENCE {
        if let Ok(bytes) = std::fs::read(path) {
            return Ok(bytes);
        }
        pause(LOOK_EVERY);
    }
    bail!("{} did not appear within {PATIENCE:?}", path.display())
}

/// A number that the caller may set, by the name of its environment variable.
pub fn setting(name: &str, default: usize) -> anyhow::Result<usize> {
    match std::env::var(name) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("{name} is {text:?}, which is not a number")),
        Err(_) => Ok(default),
    }
}

/// Milliseconds since `began`.
pub fn milliseconds(began: jiff::Timestamp) -> f64 {
    SystemClock.now().duration_since(began).as_secs_f64() * 1000.0
}

/// The middle one of `values`.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 50)
}

/// The value below which `percent` of `values` lie.
pub fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
