//! The markets: every row through session creation, the offered categories, and the limits to the minor unit.

use serde_json::{Value, json};

use crate::desk::Desk;

/// Country, locales, currency: as published, and independent of the sandbox's own table.
const PUBLISHED: [(&str, &[&str], &str); 26] = [
    ("AU", &["en-AU"], "AUD"),
    ("AT", &["de-AT", "en-AT"], "EUR"),
    ("BE", &["nl-BE", "fr-BE", "en-BE"], "EUR"),
    ("CA", &["en-CA", "fr-CA"], "CAD"),
    ("CZ", &["cs-CZ", "en-CZ"], "CZK"),
    ("DK", &["da-DK", "en-DK"], "DKK"),
    ("FI", &["fi-FI", "sv-FI", "en-FI"], "EUR"),
    ("FR", &["fr-FR", "en-FR"], "EUR"),
    ("DE", &["de-DE", "en-DE"], "EUR"),
    ("GR", &["el-GR", "en-GR"], "EUR"),
    ("HU", &["hu-HU", "en-HU"], "HUF"),
    ("IE", &["en-IE"], "EUR"),
    ("GB", &["en-GB"], "GBP"),
    ("IT", &["it-IT", "en-IT"], "EUR"),
    ("MX", &["en-MX", "es-MX"], "MXN"),
    ("NL", &["nl-NL", "en-NL"], "EUR"),
    ("NZ", &["en-NZ"], "NZD"),
    ("NO", &["nb-NO", "en-NO"], "NOK"),
    ("PL", &["pl-PL", "en-PL"], "PLN"),
    ("PT", &["pt-PT", "en-PT"], "EUR"),
    ("RO", &["ro-RO", "en-RO"], "RON"),
    ("SK", &["sk-SK", "en-SK"], "EUR"),
    ("ES", &["es-ES", "en-ES"], "EUR"),
    ("SE", &["sv-SE", "en-SE"], "SEK"),
    ("CH", &["de-CH", "fr-CH", "it-CH", "en-CH"], "CHF"),
    ("US", &["en-US", "es-US"], "USD"),
];

const METHODS: [&str; 5] = [
    "pay_now",
    "pay_later",
    "pay_over_time",
    "direct_debit",
    "direct_bank_transfer",
];

fn cart(country: &str, currency: &str, amount: i64) -> Value {
    json!({"purchase_country": country, "purchase_currency": currency, "order_amount": amount,
        "order_lines": [{"name": "Lamp", "quantity": 1, "unit_price": amount, "total_amount": amount}]})
}

async fn offered(desk: &Desk, body: &Value) -> Vec<String> {
    let answer = desk.post("/payments/v1/sessions", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    identifiers(&answer.json())
}

fn identifiers(document: &Value) -> Vec<String> {
    let categories = document["payment_method_categories"].as_array().unwrap();
    categories
        .iter()
        .map(|category| category["identifier"].as_str().unwrap().to_owned())
        .collect()
}

/// A desk whose merchant has the older categories instead of `klarna`.
async fn split_desk() -> Desk {
    let desk = Desk::new();
    let changed = desk
        .call(
            "PATCH",
            "/sandbox/v1/settings",
            &json!({"categories": METHODS}),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    desk
}

async fn table(desk: &Desk) -> Vec<Value> {
    let answer = desk.get("/sandbox/v1/markets").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["markets"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_served_markets_are_the_published_ones() {
    let desk = Desk::new();
    let table = table(&desk).await;
    assert_eq!(table.len(), PUBLISHED.len());
    for (country, locales, currency) in PUBLISHED {
        let row = table.iter().find(|row| row["country"] == country).unwrap();
        assert_eq!(row["currency"], currency);
        assert_eq!(row["locales"], json!(locales));
    }
}

#[tokio::test]
async fn a_session_is_created_in_every_market_with_each_of_its_locales_and_no_other_currency() {
    let desk = Desk::new();
    for (country, locales, currency) in PUBLISHED {
        for locale in locales {
            let mut body = cart(country, currency, 100_000);
            body["locale"] = json!(locale);
            assert_eq!(offered(&desk, &body).await, ["klarna"], "{locale}");
        }
        let foreign = PUBLISHED.iter().find(|other| other.2 != currency).unwrap();
        let mut body = cart(country, foreign.2, 100_000);
        let refused = desk.post("/payments/v1/sessions", &body).await;
        assert_eq!(
            refused.error().2,
            "Bad value: purchase_currency",
            "{country}"
        );
        body["purchase_currency"] = json!(currency);
        body["locale"] = json!("xx-XX");
        let refused = desk.post("/payments/v1/sessions", &body).await;
        assert_eq!(refused.error().2, "Bad value: locale", "{country}");
    }
}

#[tokio::test]
async fn each_method_is_offered_within_its_limits_to_the_minor_unit() {
    let desk = split_desk().await;
    for row in table(&desk).await {
        let (country, currency) = (
            row["country"].as_str().unwrap(),
            row["currency"].as_str().unwrap(),
        );
        for method in METHODS {
            let Some(limits) = row["methods"].get(method) else {
                let offered = offered(&desk, &cart(country, currency, 100_000)).await;
                assert!(
                    !offered.contains(&method.to_owned()),
                    "{country} has no {method}"
                );
                continue;
            };
            let (minimum, maximum) = (
                limits["minimum"].as_i64().unwrap(),
                limits["maximum"].as_i64().unwrap(),
            );
            for (amount, expected) in [
                (minimum - 1, false),
                (minimum, true),
                (maximum, true),
                (maximum + 1, false),
            ] {
                let offered = offered(&desk, &cart(country, currency, amount)).await;
                assert_eq!(
                    offered.contains(&method.to_owned()),
                    expected,
                    "{country} {method} {amount}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_one_category_is_offered_while_one_of_its_methods_is() {
    let desk = Desk::new();
    for (amount, expected) in [
        (99, false),
        (100, true),
        (1_500_000, true),
        (1_500_001, false),
    ] {
        let offered = offered(&desk, &cart("DE", "EUR", amount)).await;
        assert_eq!(!offered.is_empty(), expected, "{amount}");
    }
}

#[tokio::test]
async fn recurring_intents_offer_only_what_recurs() {
    let desk = split_desk().await;
    let all = [
        "pay_now",
        "pay_later",
        "pay_over_time",
        "direct_debit",
        "direct_bank_transfer",
    ]
    .as_slice();
    let recurring = ["pay_now", "pay_later", "direct_debit"].as_slice();
    for (intent, expected) in [
        ("buy", all),
        ("tokenize", recurring),
        ("buy_and_tokenize", recurring),
        ("buy_and_default_tokenize", all),
        ("buy_and_link", all),
    ] {
        let mut body = cart("DE", "EUR", 10_000);
        body["intent"] = json!(intent);
        assert_eq!(offered(&desk, &body).await, expected, "{intent}");
    }
}

#[tokio::test]
async fn a_tokenizing_session_without_an_amount_offers_what_recurs() {
    let desk = split_desk().await;
    let mut body = cart("DE", "EUR", 0);
    body["intent"] = json!("tokenize");
    assert_eq!(
        offered(&desk, &body).await,
        ["pay_now", "pay_later", "direct_debit"]
    );
    body["intent"] = json!("buy_and_tokenize");
    assert!(offered(&desk, &body).await.is_empty());
}

#[tokio::test]
async fn an_update_changes_what_is_offered() {
    let desk = split_desk().await;
    let session = desk.session(&cart("DE", "EUR", 10_000)).await;
    let path = format!("/payments/v1/sessions/{session}");
    assert!(identifiers(&desk.get(&path).await.json()).contains(&"pay_over_time".to_owned()));
    assert_eq!(desk.post(&path, &cart("DE", "EUR", 3499)).await.status, 204);
    let now = identifiers(&desk.get(&path).await.json());
    assert_eq!(
        now,
        [
            "pay_now",
            "pay_later",
            "direct_debit",
            "direct_bank_transfer"
        ]
    );
}
