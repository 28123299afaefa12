//! What one request costs the sandbox, without sockets: `cargo bench -p kassa-klarna-sandbox --bench requests`.
//!
//! Creates Klarna sessions of 2 KB through the router, journal on, `KASSA_BENCH_REQUESTS` times (1000), and prints the
//! processor time of each. Made for `valgrind --tool=callgrind`, which counts the same instructions on a busy machine as
//! on a quiet one; see `docs/performance.md`.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use kassa_environment::{Clock as _, SystemClock, SystemEntropy};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use serde_json::json;
use tower::ServiceExt as _;

const KEY: &str = "klarna_test_api_bench";

fn main() {
    let count = std::env::var("KASSA_BENCH_REQUESTS");
    let count: i64 = count.map_or(1000, |count| count.parse().unwrap());
    let directory = std::env::temp_dir().join(format!("kassa-requests-{}", std::process::id()));
    let credential = Credential {
        username: "bench".to_owned(),
        password: "bench".to_owned(),
        api_key: KEY.to_owned(),
        merchant_name: "Bench".to_owned(),
    };
    let config = SandboxConfig {
        credentials: vec![credential],
        directory: Some(directory.clone()),
        fsync: false,
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::open(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let body = cart();
    let began = SystemClock.now_us();
    runtime.block_on(async {
        let router = sandbox.router();
        for _ in 0..count {
            let request = Request::builder()
                .method("POST")
                .uri("/payments/v1/sessions")
                .header("authorization", format!("Basic {KEY}"))
                .header("content-type", "application/json")
                .header("content-length", body.len())
                .body(Body::from(body.clone()))
                .unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200);
            response.into_body().collect().await.unwrap();
        }
    });
    let took = (SystemClock.now_us() - began) / count.max(1);
    println!("create_session_in_process {took} us");
    drop(sandbox);
    std::fs::remove_dir_all(directory).unwrap();
}

/// Five lines and an address, about 2 KB.
fn cart() -> String {
    let line = |number: i64| {
        json!({
            "type": "physical", "reference": format!("STONEWARE-{number:02}"),
            "name": format!("Stoneware bowl number {number}, glazed by hand"),
            "quantity": 2, "quantity_unit": "pcs", "unit_price": 5000, "tax_rate": 2500, "total_amount": 10_000,
            "total_discount_amount": 0, "total_tax_amount": 2000,
            "product_url": format!("https://shop.example.com/products/stoneware-{number}"),
            "image_url": format!("https://shop.example.com/images/stoneware-{number}.png"),
        })
    };
    json!({
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "order_amount": 50_000, "order_tax_amount": 10_000,
        "order_lines": (1..=5).map(line).collect::<Vec<_>>(),
        "billing_address": {
            "given_name": "Testperson-se", "family_name": "Approved", "email": "customer@example.com",
            "phone": "+46701740615", "street_address": "Storgatan 2", "postal_code": "11148", "city": "Stockholm",
            "country": "SE",
        },
        "merchant_reference1": "benchmark",
    })
    .to_string()
}
