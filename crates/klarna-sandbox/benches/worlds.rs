//! What worlds and sessions cost: `cargo bench -p kassa-klarna-sandbox --bench worlds`.
//!
//! Prints one figure a line, `name value unit`: bytes per world that is not loaded, for every kind of world, the start with
//! ten thousand of them, bytes per live and per expired session, nanoseconds per session made and read at ten thousand, a
//! hundred thousand and a million of them (`KASSA_BENCH_SESSIONS` sets the last). Bytes are growth of the resident set, the
//! allocator's own share included, each in a process of its own so that none takes room that another left; they need
//! Linux.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::process::Command as Process;
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

/// How many worlds there are when they are weighed: once with the indexes full and once just after they grew, where
/// they are emptiest.
const WORLDS: [u64; 2] = [14_000, 15_000];
/// Worlds in the list of a start.
const LISTED: usize = 10_000;
const KEY: &str = "klarna_test_api_bench";
/// Names what a process of its own is to weigh.
const ROLE: &str = "KASSA_BENCH_WEIGH";
/// The kinds of world.
const KINDS: [&str; 6] = ["plain", "named", "seeded", "clock", "switch", "all"];

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    match std::env::var(ROLE).as_deref() {
        Ok("expired_session") => expired(),
        Ok("live_session") => live(),
        Ok(kind) => runtime.block_on(weigh(kind)),
        Err(_) => {
            for role in KINDS.iter().chain(&["expired_session", "live_session"]) {
                alone(role);
            }
            runtime.block_on(start());
            sessions();
        }
    }
}

/// Runs this program again for one figure.
fn alone(role: &str) {
    let program = std::env::current_exe().unwrap();
    let ended = Process::new(program).env(ROLE, role).status().unwrap();
    assert!(ended.success(), "{role}");
}

/// What is sent to make the world with this number.
fn wishes(kind: &str, number: u64) -> Value {
    // Numbers as a clock or a generator would give them: no short ones.
    let seed = u64::MAX / 3 + number;
    let (name, settings) = ("Stoneware & Sons", json!({"rate_limits": true}));
    let stopped = json!({"at": "2026-01-01T00:00:00Z", "frozen": true});
    match kind {
        "plain" => json!({}),
        "named" => json!({"name": name}),
        "seeded" => json!({"seed": seed}),
        "clock" => json!({"clock": stopped}),
        "switch" => json!({"settings": settings}),
        _ => json!({"name": name, "seed": seed, "clock": stopped, "settings": settings}),
    }
}

/// Worlds that nobody has called.
async fn weigh(kind: &str) {
    // What the first calls of a process need for good is no world's.
    let warm = open(None).router();
    for number in 0..1000 {
        make(&warm, &wishes(kind, number)).await;
    }
    let (sandbox, before) = (open(None), resident());
    let (router, mut made, mut most) = (sandbox.router(), 0, 0);
    for count in WORLDS {
        while made < count {
            make(&router, &wishes(kind, made)).await;
            made += 1;
        }
        most = most.max(resident().saturating_sub(before) / count);
    }
    figure(&format!("idle_world_{kind}"), most, "bytes");
}

/// How long a sandbox takes that finds many worlds in its list.
async fn start() {
    let directory = std::env::temp_dir().join(format!("kassa-bench-{}", std::process::id()));
    let kept = open(Some(&directory));
    let made = kept.router();
    for _ in 0..LISTED {
        make(&made, &json!({})).await;
    }
    drop((kept, made));
    let began = now_ns();
    let again = open(Some(&directory));
    figure("start_with_10000_worlds", (now_ns() - began) / 1000, "us");
    drop(again);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// Sessions that are made and, from all over the world, read at each step.
const STEP: u64 = 2000;
/// How many of them are timed together: the median of the batches is the figure, so that a pause of the machine in the
/// middle of one does not become the cost of a session.
const BATCH: u64 = 100;

/// One world with more and more sessions, all of them alive.
fn sessions() {
    let most = std::env::var("KASSA_BENCH_SESSIONS");
    let most = most.map_or(1_000_000, |count| count.parse().unwrap());
    let mut world = World::new("Bench", Settings::default());
    let (mut made, mut costs) = (Vec::new(), Vec::new());
    let at = Timestamp::UNIX_EPOCH;
    for step in [10_000, 100_000.min(most), most] {
        let until = usize::try_from(step - STEP).unwrap();
        while made.len() < until {
            made.push(create(&mut world, made.len() as u64, at));
        }
        // Read from all over the world: what was just made is still in the processor's caches.
        let stride = made.len() * usize::try_from(BATCH).unwrap() / usize::try_from(STEP).unwrap();
        let (mut creating, mut reading) = (Vec::new(), Vec::new());
        for batch in made.clone().chunks(stride) {
            let began = now_ns();
            for _ in 0..BATCH {
                made.push(create(&mut world, made.len() as u64, at));
            }
            creating.push((now_ns() - began) / BATCH);
            let spread = batch.len() / usize::try_from(BATCH).unwrap();
            let began = now_ns();
            for session_id in batch.iter().step_by(spread.max(1)) {
                read(&mut world, session_id.clone(), at);
            }
            let count = batch.iter().step_by(spread.max(1)).count();
            reading.push((now_ns() - began) / count.max(1) as u64);
        }
        let (created, read) = (median(creating), median(reading));
        figure(&format!("create_session_at_{step}"), created, "ns");
        figure(&format!("read_session_at_{step}"), read, "ns");
        costs.push((created, read));
    }
    if let [first, .., last] = costs.as_slice() {
        println!("create_growth {:.2} times", last.0 as f64 / first.0 as f64);
        println!("read_growth {:.2} times", last.1 as f64 / first.1 as f64);
    }
}

/// What a session weighs that can still be paid.
fn live() {
    const SESSIONS: u64 = 50_000;
    let mut world = World::new("Bench", Settings::default());
    create(&mut world, SESSIONS, Timestamp::UNIX_EPOCH);
    let before = resident();
    for number in 0..SESSIONS {
        create(&mut world, number, Timestamp::UNIX_EPOCH);
    }
    let grown = resident().saturating_sub(before);
    figure("live_session", grown / SESSIONS, "bytes");
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

const PUBLIC_URL: &str = "http://127.0.0.1:8090";

/// Makes a session and tells its id.
fn create(world: &mut World, number: u64, at: Timestamp) -> String {
    let command = Command::CreateSession {
        body: cart(),
        public_url: PUBLIC_URL.to_owned(),
    };
    let reply = world.apply(&command, at, &SeededEntropy::new(number));
    let id = reply.document().and_then(|body| body.get("session_id"));
    id.and_then(Value::as_str).unwrap().to_owned()
}

fn read(world: &mut World, session_id: String, at: Timestamp) {
    let command = Command::ReadSession {
        session_id,
        public_url: PUBLIC_URL.to_owned(),
    };
    let reply = world.apply(&command, at, &SeededEntropy::new(0));
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

async fn make(router: &Router, wishes: &Value) {
    let request = Request::builder()
        .method("POST")
        .uri("/sandbox/v1/worlds")
        .header("authorization", format!("Basic {KEY}"))
        .header("content-type", "application/json")
        .body(Body::from(wishes.to_string()))
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
fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

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
