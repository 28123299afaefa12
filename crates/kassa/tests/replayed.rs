//! `kassa sandbox replay`, as a process of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use kassa_environment::{SystemClock, SystemEntropy};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use tower::ServiceExt as _;

const KEY: &str = "klarna_test_api_replayed";
const CART: &str = r#"{"purchase_country": "SE", "purchase_currency": "SEK", "order_amount": 100, "order_tax_amount": 0,
    "order_lines": [{"name": "Mug", "quantity": 1, "unit_price": 100, "total_amount": 100}]}"#;

/// The journal of a world with a session, a refused one, and one that a fault hid.
async fn journal() -> String {
    let credential = Credential {
        username: "K_replayed".to_owned(),
        password: "secret".to_owned(),
        api_key: KEY.to_owned(),
        merchant_name: "Acme".to_owned(),
    };
    let config = SandboxConfig {
        credentials: vec![credential],
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::open(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let call = async |method: &str, path: &str, fault: &str, body: &str| {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Basic {KEY}"));
        if !fault.is_empty() {
            request = request.header("kassa-fault", fault);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = sandbox.router().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let sessions = "/payments/v1/sessions";
    call("POST", sessions, "", CART).await;
    call("POST", sessions, "", "{}").await;
    call("POST", sessions, "status_after; status=503", CART).await;
    call("GET", "/sandbox/v1/journal", "", "").await
}

fn replay(file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kassa"))
        .args(["sandbox", "replay"])
        .arg(file)
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_exit_code_tells_whether_every_answer_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.journal");
    let journal = journal().await;

    std::fs::write(&file, &journal).unwrap();
    let same = replay(&file);
    let said = String::from_utf8(same.stdout).unwrap();
    assert_eq!(same.status.code(), Some(0), "{said}");
    assert!(said.contains("3 answers of 3 entries"), "{said}");

    std::fs::write(&file, journal.replacen("\"SEK\"", "\"SEX\"", 1)).unwrap();
    let different = replay(&file);
    let said = String::from_utf8(different.stdout).unwrap();
    assert_eq!(different.status.code(), Some(1), "{said}");
    assert!(
        said.contains("line 2: POST /payments/v1/sessions"),
        "{said}"
    );
    assert!(said.contains("status 200 was recorded, now 400"), "{said}");

    std::fs::write(&file, "nonsense").unwrap();
    let nonsense = replay(&file);
    assert_eq!(nonsense.status.code(), Some(2));
    let said = String::from_utf8(nonsense.stderr).unwrap();
    assert!(said.contains("line 1"), "{said}");
}
