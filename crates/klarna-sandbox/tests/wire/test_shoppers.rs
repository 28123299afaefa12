//! Every published test shopper through the headless shopper, in both generations of addresses.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk};

/// Phone and birth date.
type Who = [&'static str; 2];

/// Country, currency, code in addresses, the approved and the denied shopper: as printed, and independent of the
/// sandbox's own table.
const PUBLISHED: [(&str, &str, &str, Who, Who); 26] = [
    (
        "AT",
        "EUR",
        "at",
        ["+4306762600456", "1970-07-10"],
        ["+4306762600745", "1970-07-10"],
    ),
    (
        "BE",
        "EUR",
        "be",
        ["+32485121291", "1970-07-10"],
        ["+32485212123", "1970-07-10"],
    ),
    (
        "CZ",
        "CZK",
        "cz",
        ["+420771613715", "1970-01-01"],
        ["+420771623691", "1992-06-27"],
    ),
    (
        "DK",
        "DKK",
        "dk",
        ["+4542555628", "1980-01-01"],
        ["+4552555348", "1970-07-10"],
    ),
    (
        "FI",
        "EUR",
        "fi",
        ["+358401234567", "1999-01-01"],
        ["+358401234568", "1999-01-01"],
    ),
    (
        "FR",
        "EUR",
        "fr",
        ["+33689854321", "1990-07-10"],
        ["+33687984322", "1990-07-10"],
    ),
    (
        "DE",
        "EUR",
        "de",
        ["+49017614284340", "1970-07-10"],
        ["+49017610927312", "1970-07-10"],
    ),
    (
        "GR",
        "EUR",
        "gr",
        ["+306945553624", "1960-01-01"],
        ["+306945553625", "1970-11-11"],
    ),
    (
        "HU",
        "HUF",
        "hu",
        ["+36300102692", "2000-01-01"],
        ["+36705553575", "2000-01-01"],
    ),
    (
        "IE",
        "EUR",
        "ie",
        ["+353855351400", "1970-07-10"],
        ["+353855351401", "1970-07-10"],
    ),
    (
        "IT",
        "EUR",
        "it",
        ["+393339741231", "1980-01-01"],
        ["+393312232389", "1980-01-01"],
    ),
    (
        "NL",
        "EUR",
        "nl",
        ["+31689124321", "1970-07-10"],
        ["+31632167678", "1970-07-10"],
    ),
    (
        "NO",
        "NOK",
        "no",
        ["+4740123456", "1970-08-01"],
        ["+4740123457", "1970-08-01"],
    ),
    (
        "PL",
        "PLN",
        "pl",
        ["+48795222223", "1967-05-05"],
        ["+48795223325", "1967-05-05"],
    ),
    (
        "PT",
        "EUR",
        "pt",
        ["+351935556731", "1990-07-10"],
        ["+351915593837", "1990-07-10"],
    ),
    (
        "RO",
        "RON",
        "ro",
        ["+40741209876", "1970-12-25"],
        ["+40707127444", "1970-12-25"],
    ),
    (
        "SK",
        "EUR",
        "sk",
        ["+421905123456", "2000-01-01"],
        ["+421905123457", "2000-01-01"],
    ),
    (
        "ES",
        "EUR",
        "es",
        ["+34672563009", "1970-07-10"],
        ["+34682425101", "1970-07-10"],
    ),
    (
        "SE",
        "SEK",
        "se",
        ["+46701740615", "1941-03-21"],
        ["+46701740620", "1941-10-28"],
    ),
    (
        "CH",
        "CHF",
        "ch",
        ["+41758680000", "1990-01-01"],
        ["+41758680001", "2000-01-01"],
    ),
    (
        "GB",
        "GBP",
        "uk",
        ["+447755564318", "1970-07-10"],
        ["+447355505530", "1970-07-10"],
    ),
    (
        "CA",
        "CAD",
        "ca",
        ["+15197438620", "1970-07-10"],
        ["+15197308624", "1970-07-10"],
    ),
    (
        "MX",
        "MXN",
        "mx",
        ["+525593747739", "1970-07-10"],
        ["+525593747740", "1970-07-10"],
    ),
    (
        "US",
        "USD",
        "us",
        ["+13106683312", "1970-07-10"],
        ["+13106354386", "1970-07-10"],
    ),
    (
        "AU",
        "AUD",
        "au",
        ["+61473752244", "1970-07-10"],
        ["+61473763254", "1994-05-03"],
    ),
    (
        "NZ",
        "NZD",
        "nz",
        ["+6427555290", "1970-07-10"],
        ["+642993007712", "1970-07-10"],
    ),
];

/// The published numbers beside phone and birth date: approved, denied.
const NUMBERS: [(&str, Option<&str>, Option<&str>); 9] = [
    ("FI", Some("190122-829F"), None),
    ("GR", Some("090000045"), None),
    ("IT", Some("RSSBNC80A41H501B"), None),
    ("NO", Some("NO01087000571"), Some("NO01087000148")),
    ("RO", Some("1701225193558"), None),
    ("SK", Some("000101/0009"), Some("000101/0020")),
    ("ES", Some("99999999R"), None),
    ("SE", Some("SE194103219202"), Some("SE194110288083")),
    ("US", Some("123456789"), None),
];

pub fn small_cart(country: &str, currency: &str) -> Value {
    json!({"purchase_country": country, "purchase_currency": currency, "order_amount": 50_000,
        "order_lines": [{"name": "Lamp", "quantity": 1, "unit_price": 50_000, "total_amount": 50_000}]})
}

async fn meets(desk: &Desk, country: &str, currency: &str, data: &Value) -> Answer {
    let session = desk.session(&small_cart(country, currency)).await;
    let mut visit = data.clone();
    visit["action"] = json!("approve");
    desk.shopper(&session, &visit).await
}

fn declined() -> Value {
    json!({"approved": false, "show_form": false})
}

async fn served(desk: &Desk) -> Value {
    let answer = desk.get("/sandbox/v1/test-shoppers").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn the_served_table_holds_what_is_published() {
    let desk = Desk::new();
    let table = served(&desk).await;
    let countries = table["countries"].as_array().unwrap();
    assert_eq!(countries.len(), PUBLISHED.len());
    for (country, _, code, approved, denied) in PUBLISHED {
        let row = countries
            .iter()
            .find(|row| row["country"] == country)
            .unwrap();
        for (who, [phone, born], tag) in [("approved", approved, ""), ("denied", denied, "+denied")]
        {
            assert_eq!(row[who]["billing_address"]["phone"], phone, "{country}");
            assert_eq!(row[who]["customer"]["date_of_birth"], born, "{country}");
            let emails = json!([
                format!("customer{tag}@email.{code}"),
                format!("customer+{code}{tag}@klarna.com"),
            ]);
            assert_eq!(row[who]["emails"], emails);
        }
    }
    for (country, approved, denied) in NUMBERS {
        let row = countries
            .iter()
            .find(|row| row["country"] == country)
            .unwrap();
        for (who, number) in [("approved", approved), ("denied", denied)] {
            let shown = &row[who]["customer"]["national_identification_number"];
            assert_eq!(shown.as_str(), number, "{country} {who}");
        }
    }
    assert_eq!(table["one_time_code"]["refused"], "999999");
    let cards: Vec<_> = table["cards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|card| card["number"].clone())
        .collect();
    assert_eq!(
        cards,
        ["4111111111111111", "4012888888881881", "4687388888888881"]
    );
    assert_eq!(table["accounts"][0]["number"], "DE11520513735120710131");
    assert_eq!(table["accounts"][1]["number"], "19770111-6050");
    assert_eq!(table["bank"], "Demo Bank");
}

#[tokio::test]
async fn every_published_shopper_is_approved_or_denied_as_published() {
    let desk = Desk::new();
    let table = served(&desk).await;
    for row in table["countries"].as_array().unwrap() {
        let country = row["country"].as_str().unwrap();
        let (_, currency, ..) = PUBLISHED.iter().find(|known| known.0 == country).unwrap();
        for who in ["approved", "denied"] {
            for email in row[who]["emails"].as_array().unwrap() {
                let mut data = json!({"billing_address": row[who]["billing_address"], "customer": row[who]["customer"]});
                data["billing_address"]["email"] = email.clone();
                let answer = meets(&desk, country, currency, &data).await.json();
                match who {
                    "approved" => {
                        let token = answer["authorization_token"].as_str();
                        let token = token.unwrap_or_else(|| panic!("{country} {email}: {answer}"));
                        let placed = desk.place(token, &small_cart(country, currency)).await;
                        assert_eq!(placed.status, 200, "{}", placed.text);
                    }
                    _ => assert_eq!(answer, declined(), "{country} {email}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_denied_phone_or_number_declines_without_any_address() {
    let desk = Desk::new();
    for (country, currency, _, [approved, _], [denied, _]) in PUBLISHED {
        let data = json!({"billing_address": {"phone": denied}});
        assert_eq!(
            meets(&desk, country, currency, &data).await.json(),
            declined()
        );
        let data = json!({"billing_address": {"phone": approved}});
        assert_eq!(
            meets(&desk, country, currency, &data).await.json()["approved"],
            true
        );
    }
    for (country, approved, denied) in NUMBERS {
        let (_, currency, ..) = PUBLISHED.iter().find(|known| known.0 == country).unwrap();
        for (number, expected) in [(approved, true), (denied, false)] {
            let Some(number) = number else { continue };
            let data = json!({"customer": {"national_identification_number": number}});
            let answer = meets(&desk, country, currency, &data).await.json();
            assert_eq!(answer["approved"], expected, "{country} {number}");
        }
    }
}

#[tokio::test]
async fn published_companies_are_approved_or_denied() {
    let desk = Desk::new();
    for (country, currency, number, expected) in [
        ("DK", "DKK", "27968880", true),
        ("DK", "DKK", "99999993", false),
        ("FI", "EUR", "10891871", true),
        ("NO", "NOK", "999999999", true),
        ("SE", "SEK", "002031-0132", true),
    ] {
        let data =
            json!({"customer": {"type": "organization", "organization_registration_id": number}});
        let answer = meets(&desk, country, currency, &data).await.json();
        assert_eq!(answer["approved"], expected, "{number}");
    }
}

/// An order of a shopper with this tag in a market.
async fn order_of(desk: &Desk, tag: &str, country: &str, currency: &str) -> String {
    let email = format!("customer+{tag}@email.com");
    let data = json!({"billing_address": {"email": email}});
    let token = meets(desk, country, currency, &data)
        .await
        .member("authorization_token");
    let placed = desk.place(&token, &small_cart(country, currency)).await;
    assert_eq!(placed.status, 200, "{}", placed.text);
    placed.member("order_id")
}

#[tokio::test]
async fn every_tag_leads_where_the_table_says_in_a_market_of_its_own() {
    let desk = Desk::new();
    for row in served(&desk).await["patterns"].as_array().unwrap() {
        let tag = row["tag"]
            .as_str()
            .unwrap()
            .trim_start_matches('+')
            .replace("NN", "07");
        let country = row["markets"][0].as_str().unwrap_or("SE");
        let (_, currency, ..) = PUBLISHED.iter().find(|known| known.0 == country).unwrap();
        let data = json!({"billing_address": {"email": format!("customer+{tag}@email.com")}});
        let answer = meets(&desk, country, currency, &data).await.json();
        let outcome = row["outcome"].as_str().unwrap();
        let first = outcome.split([':', ',']).next().unwrap();
        match first {
            "declined" | "not offered" => assert_eq!(answer, declined(), "{tag}"),
            "signs up" | "approved" | "pending" => assert_eq!(answer["approved"], true, "{tag}"),
            _ => {
                let challenge = tag.trim_start_matches("auth_");
                assert_eq!(first, format!("challenge {challenge}"));
                assert_eq!(answer["challenge"]["type"], challenge);
            }
        }
    }
}

#[tokio::test]
async fn a_pending_shoppers_order_is_decided_after_the_minutes_of_the_address() {
    let desk = Desk::new();
    for (tag, status) in [
        ("pend-accept-07", "ACCEPTED"),
        ("pend-reject-07", "REJECTED"),
    ] {
        let order = order_of(&desk, tag, "GB", "GBP").await;
        let path = format!("/ordermanagement/v1/orders/{order}");
        desk.advance(7 * 60 - 1).await;
        assert_eq!(desk.get(&path).await.json()["fraud_status"], "PENDING");
        desk.advance(1).await;
        assert_eq!(desk.get(&path).await.json()["fraud_status"], status);
    }
}

#[tokio::test]
async fn a_step_up_shopper_passes_the_challenge_or_fails_it() {
    let desk = Desk::new();
    let session = desk.session(&small_cart("US", "USD")).await;
    let answering = |answer: Value| {
        let data = json!({"action": "approve", "challenge": answer,
            "billing_address": {"email": "customer+denied+auth_otp_phone@email.us"}});
        let (desk, session) = (&desk, &session);
        async move { desk.shopper(session, &data).await.json() }
    };
    let asked = json!({"approved": false, "show_form": true, "challenge": {"type": "otp_phone"}});
    assert_eq!(answering(Value::Null).await, asked);
    let mut wrong = asked.clone();
    wrong["challenge"]["error"] = json!("wrong_answer");
    for code in ["999999", "12345", "maybe"] {
        assert_eq!(answering(json!(code)).await, wrong, "{code}");
    }
    assert_eq!(answering(json!("rejected")).await, declined());
    let token = answering(json!("123456")).await["authorization_token"].clone();
    let placed = desk
        .place(token.as_str().unwrap(), &small_cart("US", "USD"))
        .await;
    assert_eq!(placed.status, 200, "{}", placed.text);
}

#[tokio::test]
async fn a_challenge_that_a_market_does_not_have_leaves_the_denial() {
    let desk = Desk::new();
    let data = json!({"billing_address": {"email": "customer+denied+auth_cvv_entry@email.de"}});
    assert_eq!(meets(&desk, "DE", "EUR", &data).await.json(), declined());
}
