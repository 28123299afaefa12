//! What any operation may meet before its rules are asked: credentials, malformed bodies, limits, outages.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::super::document::Operation;
use super::super::sandbox::{Request, Sandbox, basic};
use super::desk::Desk;
use super::path_for;
use super::situations::Subject;

/// Klarna takes bodies of up to a megabyte.
const TOO_LARGE: usize = 1024 * 1024 + 1;

/// Klarna's playground takes 50 calls a second; as many as surely pass that within one.
const BURST: usize = 400;

pub fn run(desk: &Desk<'_>, operations: &[Operation]) -> Result<()> {
    let own = Sandbox::authorization();
    let strangers = Subject::default();
    for operation in operations {
        let path = path_for(operation, &strangers);
        let request = Request {
            method: &operation.method,
            path: &path,
            authorization: &own,
            key: None,
            body: b"",
        };
        for wrong in ["", "Bearer klarna", &basic("K_nobody:nothing"), "Basic !"] {
            desk.send(&Request {
                authorization: wrong,
                ..request.clone()
            })?;
        }
        let odd = path.replace(super::situations::STRANGER, "no-such-thing");
        desk.send(&Request {
            path: &odd,
            body: b"{}",
            ..request.clone()
        })?;
        if !operation.takes_body {
            continue;
        }
        for malformed in [
            &b""[..],
            b"{",
            b"[]",
            b"null",
            b"\"text\"",
            b"{\"order_amount\": 1e999}",
        ] {
            desk.send(&Request {
                body: malformed,
                ..request.clone()
            })?;
        }
        let large = vec![b' '; TOO_LARGE];
        desk.send(&Request {
            body: &large,
            ..request
        })?;
    }
    outages(desk, operations)?;
    account(desk, operations)?;
    limits(desk, operations)
}

/// Every operation while Klarna is in trouble.
fn outages(desk: &Desk<'_>, operations: &[Operation]) -> Result<()> {
    for status in [500, 503] {
        let rule = json!({"operation": "*", "kind": "status_before", "times": 0, "status": status});
        desk.control("POST", "/faults", &rule)?;
        for operation in operations {
            desk.operate(operation, &Subject::default(), Some(&json!({})))?;
        }
        desk.control("DELETE", "/faults", &Value::Null)?;
    }
    Ok(())
}

/// Every operation for an account that may not use it.
fn account(desk: &Desk<'_>, operations: &[Operation]) -> Result<()> {
    // All that the sandbox has, so that none is forgotten here.
    let denied = &desk.control("GET", "/operations", &Value::Null)?["operations"];
    ensure!(
        denied
            .as_array()
            .is_some_and(|names| names.len() >= operations.len()),
        "fewer operations than the documents have: {denied}"
    );
    for refusal in [
        json!({"merchant_active": false}),
        json!({"disabled_operations": denied}),
        json!({"denied_operations": denied}),
    ] {
        desk.with_settings(&refusal, || {
            for operation in operations {
                desk.operate(operation, &Subject::default(), Some(&json!({})))?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// More calls than a second takes, one operation of each document.
fn limits(desk: &Desk<'_>, operations: &[Operation]) -> Result<()> {
    let mut seen = "";
    for operation in operations {
        if operation.api == seen {
            continue;
        }
        seen = operation.api;
        desk.with_settings(&json!({"rate_limits": true}), || {
            for _ in 0..BURST {
                let exchange = desk.operate(operation, &Subject::default(), Some(&json!({})))?;
                if exchange.status == 429 {
                    break;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}
