//! A real `kassa sandbox` process and plain HTTP with it.
//!
//! Invariant: every call is a connection of its own, so no answer can depend on what was left on the last one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

pub const USERNAME: &str = "K_conformance";
pub const PASSWORD: &str = "conformance";

/// The running process; it ends with this value.
pub struct Sandbox {
    child: Child,
    address: String,
}

/// What is sent.
#[derive(Clone)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// The `Authorization` header.
    pub authorization: &'a str,
    /// `Klarna-Idempotency-Key`.
    pub key: Option<&'a str>,
    /// The bytes of the body; empty for none.
    pub body: &'a [u8],
}

/// What came back.
#[derive(Clone)]
pub struct Exchange {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Exchange {
    /// A header by its name in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A string member of the body.
    pub fn member(&self, name: &str) -> Result<String> {
        self.json()[name]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("no `{name}` in {} {}", self.status, self.body))
    }
}

impl Sandbox {
    /// Starts a world in memory on a free port.
    pub fn start(kassa: &Path) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder")?;
        let ready = folder.path().join("ready.json");
        let mut child = Command::new(kassa)
            .args(["sandbox", "--listen", "127.0.0.1:0"])
            .args(["--username", USERNAME, "--password", PASSWORD])
            .arg("--ready-file")
            .arg(&ready)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("start {}", kassa.display()))?;
        for _ in 0..500 {
            if let Ok(text) = std::fs::read_to_string(&ready) {
                let ready: Value = serde_json::from_str(&text)?;
                let url = ready["sandbox_url"].as_str().context("no sandbox_url")?;
                let address = url.trim_start_matches("http://").trim_end_matches('/');
                return Ok(Self {
                    child,
                    address: address.to_owned(),
                });
            }
            if let Some(status) = child.try_wait()? {
                bail!("the sandbox ended at once: {status}");
            }
            wait();
        }
        child.kill()?;
        bail!("the sandbox did not become ready");
    }

    /// The header of the world's own credentials.
    pub fn authorization() -> String {
        basic(&format!("{USERNAME}:{PASSWORD}"))
    }

    /// Scheme, host and port.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One request and its answer.
    pub fn exchange(&self, request: &Request<'_>) -> Result<Exchange> {
        let mut stream = TcpStream::connect(&self.address).context("connect to the sandbox")?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n",
            request.method,
            request.path,
            self.address,
            request.authorization,
            request.body.len(),
        );
        if let Some(key) = request.key {
            head.push_str(&format!("Klarna-Idempotency-Key: {key}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        // A server may answer before it has taken the whole of a body that is too large.
        let sent = stream.write_all(request.body);
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        if bytes.is_empty() {
            sent.context("send the body")?;
            read.context("read the answer")?;
        }
        parse(&bytes).with_context(|| format!("{} {}", request.method, request.path))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// `Basic` with these credentials.
pub fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

fn parse(bytes: &[u8]) -> Result<Exchange> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").context("no whole answer")?;
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .context("no status")?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let exchange = Exchange {
        status,
        headers,
        body: body.to_owned(),
    };
    let announced = exchange.header("content-length").unwrap_or("0");
    ensure!(
        announced.parse::<usize>().ok() == Some(body.len()),
        "{announced} bytes were announced and {} came",
        body.len()
    );
    Ok(exchange)
}

#[expect(
    clippy::disallowed_methods,
    reason = "waits for a real process to write its ready file"
)]
fn wait() {
    std::thread::sleep(Duration::from_millis(20));
}
