//! The sandbox's routes against Klarna's published operations, over real HTTP.
//!
//! Every operation of the documents is called, with ids that do not exist: what counts is whether
//! somebody answers at all. What the answers say is for the sandbox's own tests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;

use super::Report;

/// The documents, and how many of their operations each must serve by now.
const DOCUMENTS: &[(&str, &str)] = &[
    ("payments operations", "klarna-payments.openapi.yaml"),
    (
        "order management operations",
        "klarna-order-management.openapi.yaml",
    ),
    (
        "customer token operations",
        "klarna-customer-token.openapi.yaml",
    ),
];

/// What must be served; everything else is counted as to come.
const REQUIRED: &[&str] = &[
    "POST /payments/v1/sessions",
    "POST /payments/v1/sessions/{session_id}",
    "GET /payments/v1/sessions/{session_id}",
    "DELETE /payments/v1/authorizations/{authorizationToken}",
    "POST /payments/v1/authorizations/{authorizationToken}/order",
    "POST /payments/v1/authorizations/{authorizationToken}/customer-token",
    "GET /ordermanagement/v1/orders/{order_id}",
    "POST /ordermanagement/v1/orders/{order_id}/acknowledge",
    "PATCH /ordermanagement/v1/orders/{order_id}/authorization",
    "POST /ordermanagement/v1/orders/{order_id}/captures",
    "POST /ordermanagement/v1/orders/{order_id}/refunds",
    "POST /ordermanagement/v1/orders/{order_id}/cancel",
    "POST /ordermanagement/v1/orders/{order_id}/release-remaining-authorization",
    "POST /ordermanagement/v1/orders/{order_id}/extend-authorization-time",
    "POST /customer-token/v1/tokens/{customerToken}/order",
];

const USERNAME: &str = "K_conformance";
const PASSWORD: &str = "conformance";

/// Starts the sandbox and asks it for every published operation.
pub fn check(specs: &Path, kassa: &Path, report: &mut Report) -> Result<()> {
    let sandbox = Sandbox::start(kassa)?;
    let mut known = Vec::new();
    for (what, file) in DOCUMENTS {
        let operations = operations(&super::read(&specs.join(file))?);
        ensure!(!operations.is_empty(), "{file} names no operation");
        let mut served = 0;
        for operation in &operations {
            if sandbox.serves(operation)? {
                served += 1;
            } else if REQUIRED.contains(&operation.to_string().as_str()) {
                report.contradiction(format!("the sandbox does not serve {operation}"));
            }
        }
        report.count(what, served, operations.len());
        known.extend(operations.iter().map(ToString::to_string));
    }
    for required in REQUIRED {
        if !known.iter().any(|name| name == required) {
            report.contradiction(format!("{required} is in no published document"));
        }
    }
    Ok(())
}

struct Operation {
    method: String,
    path: String,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The operations of an OpenAPI document. Its paths stand two columns in and methods four, which is
/// all that has to be understood of the format here.
fn operations(document: &str) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut path = None;
    for line in document.lines() {
        let indent = line.len() - line.trim_start().len();
        let Some(key) = line.trim().strip_suffix(':') else {
            continue;
        };
        if indent == 2 {
            path = key.starts_with('/').then(|| key.to_owned());
        }
        let is_method = matches!(key, "get" | "post" | "put" | "patch" | "delete");
        if indent == 4
            && is_method
            && let Some(path) = &path
        {
            operations.push(Operation {
                method: key.to_uppercase(),
                path: path.clone(),
            });
        }
    }
    operations
}

struct Sandbox {
    child: Child,
    address: String,
}

impl Sandbox {
    fn start(kassa: &Path) -> Result<Self> {
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
                let ready: serde_json::Value = serde_json::from_str(&text)?;
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

    /// A path that is routed refuses a method nobody publishes with 405, and a strange one with 404.
    fn serves(&self, operation: &Operation) -> Result<bool> {
        let path = with_strange_ids(&operation.path);
        if self.ask("PUT", &path)? != 405 {
            return Ok(false);
        }
        Ok(self.ask(&operation.method, &path)? != 405)
    }

    fn ask(&self, method: &str, path: &str) -> Result<u16> {
        let mut stream = TcpStream::connect(&self.address).context("connect to the sandbox")?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let credentials =
            base64::engine::general_purpose::STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
        let body = if matches!(method, "GET" | "DELETE") {
            ""
        } else {
            "{}"
        };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len(),
        )?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).context("read the answer")?;
        let text = String::from_utf8_lossy(&bytes);
        text.split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .with_context(|| format!("no status in {text:?}"))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// `/orders/{order_id}` with an id that looks real and belongs to nobody.
fn with_strange_ids(path: &str) -> String {
    let mut strange = String::new();
    for part in path.split('/').skip(1) {
        strange.push('/');
        strange.push_str(if part.starts_with('{') {
            "5f3b2c1e-9d4a-4c77-8a61-0d2e4f6a8b9c"
        } else {
            part
        });
    }
    strange
}

#[expect(
    clippy::disallowed_methods,
    reason = "waits for a real process to write its ready file"
)]
fn wait() {
    std::thread::sleep(Duration::from_millis(20));
}
