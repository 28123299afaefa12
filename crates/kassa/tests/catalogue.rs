//! `kassa export` and `kassa import` between two running gateways.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use kassa::demo::ready::Ready;
use kassa::demo::{Running, Start};
use serde_json::Value;

async fn kassa(ready: &Ready, words: &[&str]) -> (bool, String) {
    let access = [
        "--gateway",
        &ready.gateway_url,
        "--client-id",
        &ready.integration.client_id,
        "--client-secret",
        &ready.integration.client_secret,
    ];
    let words: Vec<String> = words
        .iter()
        .chain(&access)
        .map(|word| (*word).to_owned())
        .collect();
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_kassa"))
            .args(words)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), text + &problems)
}

async fn start(folder: &Path) -> Running {
    Running::start(Start::in_folder(folder.join("data")))
        .await
        .unwrap()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_imported_and_exported_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let here = start(folder.path()).await;
    let first = path(folder.path(), "first");
    let (done, told) = kassa(here.ready(), &["export", &first]).await;
    assert!(done && told.contains("skus"), "{told}");

    let (done, told) = kassa(here.ready(), &["import", &first]).await;
    assert!(
        done && told.contains("0 created") && told.contains("0 refused"),
        "{told}"
    );
    let second = path(folder.path(), "second");
    kassa(here.ready(), &["export", &second]).await;
    for file in std::fs::read_dir(&first).unwrap() {
        let name = file.unwrap().file_name();
        let read = |folder: &str| std::fs::read_to_string(Path::new(folder).join(&name)).unwrap();
        assert_eq!(read(&first), read(&second), "{name:?}");
    }

    let json = path(folder.path(), "json");
    let (done, told) = kassa(
        here.ready(),
        &["export", &json, "--format", "json", "--kind", "skus"],
    )
    .await;
    assert!(done, "{told}");
    let text = std::fs::read_to_string(Path::new(&json).join("skus.json")).unwrap();
    let items: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(
        items
            .iter()
            .all(|item| item["code"].is_string() && item["shipping_category"].is_string()),
        "{text}"
    );
    here.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_rows_are_made_in_the_right_order_and_wrong_ones_are_told_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path()).await;
    let ready = running.ready();
    let files = folder.path().join("shop");
    std::fs::create_dir(&files).unwrap();
    let write = |name: &str, text: &str| std::fs::write(files.join(name), text).unwrap();
    write("shipping_categories.csv", "name,code\nFragile,FRAGILE\n");
    write(
        "skus.csv",
        "code,name,shipping_category,weight,unit_of_weight\nVASE,Vase,Fragile,900,gr\nBOWL,Bowl,Nowhere,300,gr\n",
    );
    write(
        "price_lists.json",
        r#"[{"name":"Autumn","currency_code":"EUR","tax_included":true}]"#,
    );
    write(
        "prices.csv",
        "price_list,sku,amount_cents\nAutumn,VASE,4900\nAutumn,BOWL,1900\n",
    );
    let shop = files.display().to_string();
    let report = path(folder.path(), "report.csv");

    let (done, told) = kassa(ready, &["import", &shop, "--check"]).await;
    assert!(done && told.contains("6 rows are well-formed"), "{told}");
    let (done, told) = kassa(ready, &["import", &shop, "--report", &report]).await;
    assert!(!done, "{told}");
    assert!(
        told.contains("skus.csv:3: shipping_category: no shipping_categories Nowhere"),
        "{told}"
    );
    assert!(told.contains("prices.csv:3: sku: no skus BOWL"), "{told}");
    let report = std::fs::read_to_string(report).unwrap();
    assert_eq!(report.lines().count(), 3, "{report}");

    write(
        "skus.csv",
        "code,name,shipping_category\nVASE,Vase,Fragile\nBOWL,Bowl,Fragile\n",
    );
    let (done, told) = kassa(ready, &["import", &shop]).await;
    assert!(done, "{told}");
    let counts = |kind: &str| {
        let line = told.lines().find(|line| line.starts_with(kind)).unwrap();
        line.split_whitespace()
            .filter_map(|word| word.parse::<u64>().ok())
            .collect::<Vec<_>>()
    };
    assert_eq!(counts("skus"), [1, 1, 0, 0], "{told}");
    assert_eq!(counts("prices"), [1, 1, 0, 0], "{told}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_writes_nothing_and_an_interrupted_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path()).await;
    let ready = running.ready();
    let file = folder.path().join("shipping_categories.csv");
    let name = file.display().to_string();
    std::fs::write(&file, "name\nA\nB\nC\n").unwrap();
    let wrong = folder.path().join("skus.csv");
    std::fs::write(&wrong, "code,name,shipping_category,weight\nX,X,A,heavy\n").unwrap();
    let both = folder.path().join("both");
    std::fs::create_dir(&both).unwrap();
    for file in [&file, &wrong] {
        std::fs::copy(file, both.join(file.file_name().unwrap())).unwrap();
    }
    let (done, told) = kassa(ready, &["import", &both.display().to_string()]).await;
    assert!(!done && told.contains("nothing was written"), "{told}");
    assert!(
        told.contains("skus.csv:2: weight: \"heavy\" is no number"),
        "{told}"
    );

    let mut progress = kassa::catalogue::progress::Progress::of(&file, &ready.gateway_url).unwrap();
    progress.reached(2).unwrap();
    let (done, told) = kassa(ready, &["import", &name]).await;
    let line = told
        .split_whitespace()
        .filter_map(|word| word.parse::<u64>().ok())
        .collect::<Vec<_>>();
    assert!(done && line == [1, 0, 2, 0], "{told}");
    let (done, told) = kassa(ready, &["import", &name]).await;
    let line = told
        .split_whitespace()
        .filter_map(|word| word.parse::<u64>().ok())
        .collect::<Vec<_>>();
    assert!(done && line == [2, 1, 0, 0], "{told}");
    running.stop().await.unwrap();
}
