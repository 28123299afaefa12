//! Whatever is sent, the answer is a document of ours and never a 5xx.

use axum::body::Body;
use http::Method;
use kassa_environment::{Entropy, SeededEntropy};

use crate::house::House;

const WORDS: &[&str] = &[
    "orders",
    "line_items",
    "skus",
    "organization",
    "transactions",
    "id",
    "number",
    "metadata",
    "include",
    "fields",
    "filter",
    "page",
    "sort",
    "q",
    "[",
    "]",
    "[q]",
    "=",
    "&",
    ",",
    ".",
    "_eq",
    "_in",
    "_or_",
    "_jcont",
    "_null",
    "%5B",
    "%00",
    "%ff",
    "/",
    "//",
    "relationships",
    "customer",
    "market",
    "aBcDeFgHiJ",
    "-1",
    "true",
    "{}",
    "%7B%22a%22:1%7D",
    "9999999999999999999",
    "_place",
    "\u{e9}",
    " ",
    "+",
    "'",
    "\"",
    ";--",
    "%25",
    "2026-03-02",
    "created_at",
    "_gt",
];

const BODIES: &[&str] = &[
    "",
    "{",
    "null",
    "[]",
    "{}",
    "\u{0}",
    r#"{"data":null}"#,
    r#"{"data":{"type":"orders"}}"#,
    r#"{"data":{"type":"orders","attributes":null,"relationships":null}}"#,
    r#"{"data":{"type":"orders","attributes":{"metadata":{"a":{"b":[1,{"c":null}]}}}}}"#,
    r#"{"data":{"type":"orders","attributes":{"":1}}}"#,
    r#"{"data":{"type":"orders","attributes":{"expires_at":"99999-01-01"}}}"#,
    r#"{"data":{"type":"line_items","attributes":{"quantity":1e400}}}"#,
    r#"{"data":{"type":"line_items","attributes":{"quantity":9223372036854775807,"sku_code":"\u0000"}}}"#,
    r#"{"data":{"type":"skus","relationships":{"shipping_category":{"data":{"type":"shipping_categories","id":""}}}}}"#,
    r#"{"data":{"type":"addresses","attributes":{"country_code":"\ud83d\ude00","line_1":""}}}"#,
];

#[tokio::test]
async fn random_requests() {
    let house = House::open().await;
    let visitors = [house.guest("EU").await, house.integration().await];
    let chance = SeededEntropy::new(2026);
    let pick = |count: usize| usize::try_from(chance.next_u64() % count as u64).unwrap();
    for round in 0..1_500 {
        let visitor = &visitors[pick(visitors.len())];
        let method = [Method::GET, Method::POST, Method::PATCH, Method::DELETE][pick(4)].clone();
        let words = |least: usize, most: usize| {
            (0..least + pick(most))
                .map(|_| WORDS[pick(WORDS.len())])
                .collect::<String>()
        };
        let path = match pick(3) {
            0 => format!("/api/{}", words(1, 4)),
            1 => format!("/api/{}?{}", WORDS[pick(5)], words(0, 8)),
            _ => format!(
                "/api/{}/{}?filter[q][{}]={}",
                WORDS[pick(5)],
                words(0, 2),
                words(1, 4),
                words(0, 3)
            ),
        };
        let Ok(uri) = path.parse::<http::Uri>() else {
            continue;
        };
        let request = visitor
            .request(method.clone(), "/")
            .uri(uri)
            .body(Body::from(BODIES[pick(BODIES.len())]))
            .unwrap();
        let answer = house.send(request).await;
        assert!(
            answer.status.as_u16() < 500,
            "{round}: {method} {path}: {}",
            answer.text
        );
        if answer.status.is_client_error() {
            assert!(
                answer.body["errors"][0]["code"].is_string(),
                "{path}: {}",
                answer.text
            );
        }
    }
}
