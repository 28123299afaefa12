//! Real processes for the crash tests: started from the built binary, killed with SIGKILL.
//!
//! Invariant: nothing outlives its test; dropping a process kills it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kassa::demo::ready::Ready;
use kassa_environment::sleep;
use serde_json::Value;

/// How long a process may take to be ready in a debug build on a busy machine.
const START: Duration = Duration::from_secs(30);

/// A running `kassa`.
pub struct Process {
    child: Child,
    /// What its ready file said.
    pub ready: Value,
}

impl Process {
    /// Starts `kassa <arguments> --ready-file <folder>/<name>.json` and waits until it is ready.
    pub async fn start(folder: &Path, name: &str, arguments: &[&str]) -> Self {
        let file: PathBuf = folder.join(format!("{name}.json"));
        let _absent = std::fs::remove_file(&file);
        let log = std::fs::File::create(folder.join(format!("{name}.log"))).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_kassa"))
            .args(arguments)
            .arg("--ready-file")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let step = Duration::from_millis(20);
        for _ in 0..(START.as_millis() / step.as_millis()) {
            if let Ok(text) = std::fs::read(&file) {
                let ready = serde_json::from_slice(&text).unwrap();
                return Self { child, ready };
            }
            if let Some(status) = child.try_wait().unwrap() {
                let log = std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap();
                panic!("{name} ended with {status} before it was ready: {log}");
            }
            sleep(step).await;
        }
        child.kill().unwrap();
        panic!("{name} was not ready within {START:?}");
    }

    /// Text in the ready file.
    pub fn text(&self, name: &str) -> String {
        self.ready[name].as_str().unwrap().to_owned()
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// A sandbox and a gateway as two processes over one seeded data folder.
pub struct Pair {
    folder: tempfile::TempDir,
    // The sandbox, which survives; held so that it lives as long as the pair.
    _sandbox: Process,
    gateway: Option<Process>,
    /// Credentials and addresses as they are now.
    pub ready: Ready,
}

impl Pair {
    /// Seeds a data folder with `kassa demo`, then starts both halves on their own.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let data_text = data.to_str().unwrap();
        let seeded = Process::start(
            folder.path(),
            "demo",
            &[
                "demo",
                "--data",
                data_text,
                "--listen",
                "127.0.0.1:0",
                "--sandbox-listen",
                "127.0.0.1:0",
            ],
        )
        .await;
        let mut ready: Ready = serde_json::from_value(seeded.ready.clone()).unwrap();
        seeded.kill();
        let journal = folder.path().join("journal");
        let sandbox = Process::start(
            folder.path(),
            "sandbox",
            &[
                "sandbox",
                "--data",
                journal.to_str().unwrap(),
                "--listen",
                "127.0.0.1:0",
                "--username",
                &ready.klarna.username,
                "--password",
                &ready.klarna.password,
            ],
        )
        .await;
        ready.sandbox_url = sandbox.text("sandbox_url");
        let mut pair = Self {
            folder,
            _sandbox: sandbox,
            gateway: None,
            ready,
        };
        pair.start_gateway().await;
        pair
    }

    /// Starts the gateway on the same data; its port is another one each time.
    pub async fn start_gateway(&mut self) {
        let data = self.folder.path().join("data");
        let gateway = Process::start(
            self.folder.path(),
            "gateway",
            &[
                "serve",
                "--data",
                data.to_str().unwrap(),
                "--listen",
                "127.0.0.1:0",
                "--klarna-test-url",
                &self.ready.sandbox_url,
                "--log",
                "info",
            ],
        )
        .await;
        self.ready.gateway_url = gateway.text("gateway_url");
        self.gateway = Some(gateway);
    }

    /// Kills the gateway with SIGKILL.
    pub fn kill_gateway(&mut self) {
        self.gateway.take().unwrap().kill();
    }
}
