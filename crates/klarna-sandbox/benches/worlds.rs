//! What worlds and sessions cost: `cargo bench -p kassa-klarna-sandbox --bench worlds`.
//!
//! Prints one figure a line, `name value unit`: the start, bytes per world that is not loaded, bytes per live and per expired
//! session, nanoseconds per session at ten thousand, a hundred thousand and a million of them (`KASSA_BENCH_SESSIONS`
//! sets the last). Bytes are growth of the resident set, the allocator's own share included; they need Linux.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use kassa_environment::{Clock as _, SeededEntropy, SystemClock, SystemEntropy};
use kassa_klarna_sandbox::world::{Command, World};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig, Settings};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const WORLDS: usize = 10_000;
const KEY: &str = "klarna_test_api_bench";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(worlds());
    // Before the many sessions leave room behind.
    expired();
    sessions();
}

/// Ten thousand worlds that nobody has called, and how long a sandbox takes that finds them in its list.
async fn worlds() {
    let directory = std::env::temp_dir().join(format!("kassa-bench-{}", std::process::id()));
    // What the first calls of a process need for good is no world's.
    let warm = router(&open(None));
    for _ in 0..1000 {
        make(&warm).await;
    }
    let (sandbox, before) = (open(None), resident());
    let made = router(&sandbox);
    for _ in 0..WORLDS {
        make(&made).await;
    }
    let grown = resident().saturating_sub(before);
    figure("idle_world", grown / WORLDS as u64, "bytes");

    let kept = open(Some(&directory));
    let made = router(&kept);
    for _ in 0..WORLDS {
        make(&made).await;
    }
    drop((kept, made));
    let began = now_ns();
    let again = open(Some(&directory));
    figure("start_with_10000_worlds", (now_ns() - began) / 1000, "us");
    drop(again);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// One world with more and more sessions, all of them alive.
fn sessions() {
    let most = std::env::var("KASSA_BENCH_SESSIONS");
    let most = most.map_or(1_000_000, |count| count.parse().unwrap());
    let mut world = World::new("Bench", Settings::default());
    let (before, mut count) = (resident(), 0);
    let at = Timestamp::UNIX_EPOCH;
    for step in [10_000, 100_000, most] {
        while count + 2000 < step {
            create(&mut world, count, at);
            count += 1;
        }
        let began = now_ns();
        for _ in 0..2000 {
            create(&mut world, count, at);
            count += 1;
        }
        figure(
            &format!("create_session_at_{step}"),
            (now_ns() - began) / 2000,
            "ns",
        );
    }
    let grown = resident().saturating_sub(before);
    figure("live_session", grown / count, "bytes");
}

/// One world through which sessions pass: few of them alive, the others expired.
fn expired() {
    const LIVE: u64 = 1000;
    const EXPIRED: u64 = 200_000;
    let mut world = World::new("Bench", Settings::default());
    let life = SignedDuration::from_hours(48).as_micros();
    let step = i64::try_from(life).unwrap() / i64::try_from(LIVE).unwrap();
    let pass = |world: &mut World, from: u64, to: u64| {
        for number in from..to {
            let at = step.saturating_mul(i64::try_from(number).unwrap());
            create(world, number, Timestamp::from_microsecond(at).unwrap());
        }
    };
    // Until as many expire as are made, and the tombstones have their first room.
    pass(&mut world, 0, 2 * LIVE);
    let before = resident();
    pass(&mut world, 2 * LIVE, 2 * LIVE + EXPIRED);
    figure(
        "expired_session",
        resident().saturating_sub(before) / EXPIRED,
        "bytes",
    );
}

fn create(world: &mut World, number: u64, at: Timestamp) {
    let command = Command::CreateSession {
        body: cart(),
        public_url: "http://127.0.0.1:8090".to_owned(),
    };
    let reply = world.apply(&command, at, &SeededEntropy::new(number));
    assert!(reply.is_success());
}

fn open(directory: Option<&std::path::Path>) -> Arc<Sandbox> {
    let credential = Credential {
        username: "bench".to_owned(),
        password: "bench".to_owned(),
        api_key: KEY.to_owned(),
        merchant_name: "Bench".to_owned(),
    };
    let config = SandboxConfig {
        credentials: vec![credential],
        directory: directory.map(std::path::Path::to_owned),
        fsync: false,
        ..SandboxConfig::default()
    };
    Sandbox::open(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap()
}

fn router(sandbox: &Arc<Sandbox>) -> Router {
    sandbox.router()
}

async fn make(router: &Router) {
    let request = Request::builder()
        .method("POST")
        .uri("/sandbox/v1/worlds")
        .header("authorization", format!("Basic {KEY}"))
        .body(Body::empty())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 201);
    response.into_body().collect().await.unwrap();
}

fn cart() -> Value {
    json!({
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "order_amount": 24_400, "order_tax_amount": 4880,
        "order_lines": [
            {"type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 10_000,
             "tax_rate": 2500, "total_discount_amount": 500, "total_amount": 19_500, "total_tax_amount": 3900},
            {"type": "shipping_fee", "reference": "SHIP", "name": "Shipping", "quantity": 1, "unit_price": 4900,
             "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980}
        ],
    })
}

/// Nanoseconds since the Unix epoch.
fn now_ns() -> u64 {
    u64::try_from(SystemClock.now().as_nanosecond()).unwrap()
}

/// Bytes of the process that are in memory; 0 where that cannot be read.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

fn figure(name: &str, value: u64, unit: &str) {
    println!("{name} {value} {unit}");
}
