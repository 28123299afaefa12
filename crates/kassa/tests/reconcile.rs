//! `kassa reconcile`, over the data folder of a stopped gateway and by a running one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};
use std::sync::Arc;

use http::Method;
use kassa::demo::client::{Call, Client, Credentials};
use kassa::demo::story::Story;
use kassa::demo::{Running, Start};
use serde_json::{Value, json};

const AGREED: i32 = 0;
const DIFFERED: i32 = 3;
const UNRESOLVED: i32 = 4;

async fn kassa(words: Vec<String>) -> (i32, String) {
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_kassa"))
            .arg("reconcile")
            .args(words)
            .output()
            .unwrap()
    };
    let output: Output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), text + &problem)
}

/// Gives one minor unit back in Klarna's portal.
async fn refund_in_portal(running: &Running, story: &Story, reference: &str) {
    let ready = running.ready();
    let sandbox = Credentials::Basic(ready.klarna.username.clone(), ready.klarna.password.clone());
    let klarna_order = story.klarna_order.clone();
    let call = Call {
        method: Method::POST,
        url: format!(
            "{}/ordermanagement/v1/orders/{klarna_order}/refunds",
            ready.sandbox_url
        ),
        credentials: &sandbox,
        body: Some(json!({ "refunded_amount": 1, "reference": reference })),
    };
    let answer = Client::new().send(call).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_refund_is_found_once_running_or_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let running = Running::start(Start::in_folder(data.clone()))
        .await
        .unwrap();
    let ready = Arc::new(running.ready().clone());
    let mut story = Story::new(ready.clone(), Client::new(), false);
    story.whole().await.unwrap();

    let by_gateway: Vec<String> = [
        "--gateway",
        &ready.gateway_url,
        "--client-id",
        &ready.integration.client_id,
        "--client-secret",
        &ready.integration.client_secret,
    ]
    .map(str::to_owned)
    .to_vec();
    let (code, told) = kassa(by_gateway.clone()).await;
    assert_eq!(code, AGREED, "{told}");
    refund_in_portal(&running, &story, "by hand 1").await;
    let (code, told) = kassa(by_gateway.clone()).await;
    assert_eq!(code, DIFFERED, "{told}");
    assert!(
        told.contains(&story.order) && told.contains("refunded 1 EUR"),
        "{told}"
    );
    let (code, told) = kassa(by_gateway.clone()).await;
    assert_eq!(code, AGREED, "{told}");
    let mut wrong = by_gateway;
    wrong[5] = "wrong".to_owned();
    let (code, told) = kassa(wrong).await;
    assert!(code == 1 && told.contains("401"), "{code} {told}");

    let busy = vec!["--data".to_owned(), data.display().to_string()];
    let (code, told) = kassa(busy).await;
    assert_eq!(code, 1, "a running gateway keeps its folder: {told}");
    running.stop().await.unwrap();
    let nobody = [
        "--data",
        &data.display().to_string(),
        "--klarna-test-url",
        "http://127.0.0.1:1",
    ];
    let (code, told) = kassa(nobody.map(str::to_owned).to_vec()).await;
    assert_eq!(code, UNRESOLVED, "{told}");
    assert!(told.contains("1 could not be read"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_report_names_the_order_and_what_differed() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(Start::in_folder(folder.path().join("data")))
        .await
        .unwrap();
    let ready = Arc::new(running.ready().clone());
    let mut story = Story::new(ready.clone(), Client::new(), false);
    story.whole().await.unwrap();
    refund_in_portal(&running, &story, "by hand").await;
    let words = [
        "--json",
        "--order",
        &story.order,
        "--gateway",
        &ready.gateway_url,
        "--client-id",
        &ready.integration.client_id,
        "--client-secret",
        &ready.integration.client_secret,
    ];
    let (code, told) = kassa(words.map(str::to_owned).to_vec()).await;
    assert_eq!(code, DIFFERED, "{told}");
    let report: Value = serde_json::from_str(&told).unwrap();
    let difference = &report["differed"][0]["differences"][0];
    assert_eq!(difference["movement"], "refunded");
    assert_eq!(difference["amount_cents"], 1);
    running.stop().await.unwrap();
}
