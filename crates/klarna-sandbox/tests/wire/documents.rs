//! The tables in `docs/klarna/` are the ones that the sandbox serves and goes by.

use serde_json::Value;

use crate::desk::Desk;

/// Each table stands between these two lines, with its name.
fn printed(page: &str, name: &str) -> String {
    let begin = format!("<!-- {name}: begin -->\n");
    let end = format!("<!-- {name}: end -->");
    let rest = page
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no {begin}"))
        .1;
    rest.split_once(&end)
        .unwrap_or_else(|| panic!("no {end}"))
        .0
        .to_owned()
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn words(value: &Value, between: &str) -> String {
    let words: Vec<&str> = list(value)
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    words.join(between)
}

fn identity(person: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    [
        text(&person["billing_address"]["phone"]),
        text(&person["customer"]["date_of_birth"]),
        text(&person["customer"]["national_identification_number"]),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

fn home(person: &Value) -> String {
    let address = &person["billing_address"];
    let part = |name: &str| address[name].as_str().unwrap_or_default().to_owned();
    format!(
        "{} {}, {}, {} {} {}",
        part("given_name"),
        part("family_name"),
        part("street_address"),
        part("postal_code"),
        part("city"),
        part("region")
    )
    .trim_end()
    .to_owned()
}

#[tokio::test]
async fn the_page_on_test_shoppers_prints_the_tables_that_decide() {
    let page = include_str!("../../../../docs/klarna/test-shoppers.md");
    let served = Desk::new().get("/sandbox/v1/test-shoppers").await.json();
    let tags = table(
        &["tag", "outcome", "markets"],
        list(&served["patterns"]).iter().map(|row| {
            let markets = words(&row["markets"], ", ");
            let markets = if markets.is_empty() {
                "all".to_owned()
            } else {
                markets
            };
            vec![
                format!("`{}`", row["tag"].as_str().unwrap()),
                row["outcome"].as_str().unwrap().to_owned(),
                markets,
            ]
        }),
    );
    assert_eq!(printed(page, "tags"), tags);
    let people = table(
        &["market", "e-mail", "approved", "denied", "name and address"],
        list(&served["countries"]).iter().map(|row| {
            vec![
                row["country"].as_str().unwrap().to_owned(),
                format!("`{}`", words(&row["approved"]["emails"], "`, `")),
                identity(&row["approved"]),
                identity(&row["denied"]),
                home(&row["approved"]),
            ]
        }),
    );
    assert_eq!(printed(page, "people"), people);
    let companies = table(
        &["market", "approved", "denied"],
        list(&served["countries"])
            .iter()
            .filter(|row| row["approved_company"].is_string())
            .map(|row| {
                let number = |name: &str| row[name].as_str().unwrap_or("–").to_owned();
                vec![
                    row["country"].as_str().unwrap().to_owned(),
                    number("approved_company"),
                    number("denied_company"),
                ]
            }),
    );
    assert_eq!(printed(page, "companies"), companies);
    let instruments = list(&served["cards"]).iter().map(|card| {
        vec![
            format!("card, {}", card["kind"].as_str().unwrap()),
            card["number"].as_str().unwrap().to_owned(),
        ]
    });
    let accounts = list(&served["accounts"]).iter().map(|account| {
        let kind = account["kind"].as_str().unwrap().replace('_', " ");
        vec![
            format!(
                "direct debit, {}, {kind}",
                account["country"].as_str().unwrap()
            ),
            account["number"].as_str().unwrap().to_owned(),
        ]
    });
    let bank = [vec![
        "bank transfer".to_owned(),
        served["bank"].as_str().unwrap().to_owned(),
    ]];
    assert_eq!(
        printed(page, "instruments"),
        table(
            &["instrument", "number"],
            instruments.chain(accounts).chain(bank)
        )
    );
}

#[tokio::test]
async fn the_page_on_markets_prints_the_table_that_decides() {
    let page = include_str!("../../../../docs/klarna/markets.md");
    let served = Desk::new().get("/sandbox/v1/markets").await.json();
    let methods = [
        "pay_now",
        "pay_later",
        "pay_over_time",
        "direct_debit",
        "direct_bank_transfer",
    ];
    let head = [["market", "currency", "locales"].as_slice(), &methods].concat();
    let markets = table(
        &head,
        list(&served["markets"]).iter().map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let limits = methods.map(|method| match &row["methods"][method] {
                Value::Null => "–".to_owned(),
                limits => format!("{}–{}", limits["minimum"], limits["maximum"]),
            });
            let mut columns = vec![
                text("country"),
                text("currency"),
                words(&row["locales"], " "),
            ];
            columns.extend(limits);
            columns
        }),
    );
    assert_eq!(printed(page, "markets"), markets);
}
