//! `kassa operations` over the data folder of a gateway that was stopped.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use kassa::demo::client::Client;
use kassa::demo::story::Story;
use kassa::demo::{Running, Start};
use kassa_storage::{Operation, OperationStatus, Scope};
use serde_json::Value;

fn kassa(data: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kassa"))
        .args(["operations", "--data"])
        .arg(data)
        .args(words)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Hands the capture of a paid order to a person, as if its answer had been lost; the operation's id.
async fn case(running: &Running, order: &str) -> String {
    let gateway = running.gateway();
    for realm in gateway.store().realms().await.unwrap() {
        let mut snapshot = gateway
            .snapshot(&Scope::realm(realm.clone()))
            .await
            .unwrap();
        let operations = snapshot.operations(order).await.unwrap();
        drop(snapshot);
        let Some(capture) = operations.into_iter().find(|it| it.kind == "capture") else {
            continue;
        };
        let id = capture.id.clone();
        let mut set = gateway.change_set(&realm);
        set.operation(Operation {
            status: OperationStatus::NeedsPerson,
            ..capture
        });
        gateway.commit_once(set).await.unwrap();
        return id;
    }
    panic!("no capture");
}

#[tokio::test]
async fn a_case_is_listed_shown_and_closed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let running = Running::start(Start::in_folder(data.clone()))
        .await
        .unwrap();
    let ready = Arc::new(running.ready().clone());
    let mut story = Story::new(ready, Client::new(), false);
    story.whole().await.unwrap();
    let id = case(&running, &story.order).await;
    let busy = kassa(&data, &["list"]);
    assert!(!busy.status.success(), "a running gateway keeps its folder");
    running.stop().await.unwrap();

    let listed = said(&kassa(&data, &["list"]));
    assert!(
        listed.starts_with(&id) && listed.contains(&story.order),
        "{listed}"
    );
    let shown: Value = serde_json::from_str(&said(&kassa(&data, &["show", &id]))).unwrap();
    assert_eq!(shown["status"], "needs_person");
    assert_eq!(shown["order_id"], story.order.as_str());
    assert!(shown["calls"][0]["correlation_id"].is_string(), "{shown}");
    assert!(shown["amount"]["minor_units"].as_i64() > Some(0), "{shown}");

    for wrong in [
        &["resolve", &id, "--happened", "--by", "anna"][..],
        &["resolve", &id, "--by", "anna", "--why", "x"],
        &["resolve", &id, "--happened", "--by", "anna", "--why", "x"],
        &[
            "resolve",
            "nothing",
            "--did-not-happen",
            "--by",
            "anna",
            "--why",
            "x",
        ],
    ] {
        assert!(!kassa(&data, wrong).status.success(), "{wrong:?}");
    }
    let klarna_id = "11111111-2222-4333-8444-555555555555";
    let resolve = [
        "resolve",
        &id,
        "--happened",
        "--klarna-id",
        klarna_id,
        "--by",
        "anna",
        "--why",
        "portal",
    ];
    let told = said(&kassa(&data, &resolve));
    assert!(told.contains("it happened"), "{told}");
    assert!(!kassa(&data, &resolve).status.success(), "once only");
    let shown: Value = serde_json::from_str(&said(&kassa(&data, &["show", &id]))).unwrap();
    assert_eq!(shown["status"], "succeeded");
    assert_eq!(shown["resolution"]["by"], "anna");
    assert_eq!(shown["resolution"]["klarna_id"], klarna_id);
    assert_eq!(
        said(&kassa(&data, &["list"])),
        "no operation waits for a person\n"
    );
}
