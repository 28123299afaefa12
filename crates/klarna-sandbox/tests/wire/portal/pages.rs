//! Every page: there, escaped, guarded by its headers, and usable by ear and by keyboard.

use std::collections::BTreeSet;

use serde_json::json;

use super::browser::Browser;
use crate::desk::{Desk, cart};

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let mark = format!(" {attribute}=\"");
    html.split(&mark)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

async fn addresses(desk: &Desk) -> Vec<String> {
    let mut body = cart();
    body["intent"] = json!("buy_and_tokenize");
    let session = desk.session(&body).await;
    let order = desk.order(&cart()).await;
    let mut addresses: Vec<String> = [
        "/portal",
        "/portal/sessions",
        "/portal/tokens",
        "/portal/logs",
        "/portal/deliveries",
        "/portal/outbox",
        "/portal/clock",
        "/portal/faults",
        "/portal/shoppers",
        "/portal/world",
    ]
    .map(str::to_owned)
    .into();
    addresses.push(format!("/portal/sessions/{session}"));
    addresses.push(format!("/portal/orders/{order}"));
    addresses
}

#[tokio::test]
async fn every_page_is_there_and_every_link_of_it_too() {
    let desk = Desk::new();
    let addresses = addresses(&desk).await;
    let browser = Browser::sign_in(&desk).await;
    let mut linked = BTreeSet::new();
    for address in &addresses {
        let answer = browser.get(address).await;
        assert_eq!(answer.status, 200, "{address}");
        assert_eq!(answer.header("cache-control"), "no-store");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        let links = values(&answer.text, "href");
        let own = links.into_iter().filter(|link| link.starts_with("/portal"));
        linked.extend(own.map(|link| link.replace("&amp;", "&").replace("&#38;", "&")));
    }
    for link in linked {
        assert_eq!(browser.get(&link).await.status, 200, "{link}");
    }
    for missing in ["/portal/nowhere", "/portal/orders/x", "/portal/sessions/x"] {
        assert_eq!(browser.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn every_page_is_usable_by_ear() {
    let desk = Desk::new();
    let addresses = addresses(&desk).await;
    let browser = Browser::sign_in(&desk).await;
    for address in &addresses {
        let page = browser.page(address).await;
        assert!(page.contains("<html lang=\"en\">"), "{address}");
        for (landmark, times) in [
            ("<h1>", 1),
            ("<main ", 1),
            ("<header>", 1),
            ("<footer>", 1),
            ("role=\"search\"", 1),
        ] {
            assert_eq!(
                page.matches(landmark).count(),
                times,
                "{address}: {landmark}"
            );
        }
        assert_eq!(
            page.matches("<table>").count(),
            page.matches("<caption").count(),
            "{address}"
        );
        assert_eq!(
            page.matches("aria-current=\"page\"").count(),
            1,
            "{address}"
        );
        let ids = values(&page, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{address}: an id is there twice");
        let labelled: BTreeSet<&str> = values(&page, "for").into_iter().collect();
        for field in page
            .split("<input ")
            .skip(1)
            .chain(page.split("<select ").skip(1))
        {
            let tag = field.split('>').next().unwrap();
            if !tag.contains("type=\"hidden\"") {
                let id = values(&format!(" {tag}"), "id")[0].to_owned();
                assert!(
                    labelled.contains(id.as_str()),
                    "{address}: {id} has no label"
                );
            }
        }
        for reference in ["aria-labelledby", "aria-describedby"] {
            for id in values(&page, reference) {
                assert!(unique.contains(id), "{address}: {reference} {id}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_shop_or_an_address_says_is_text_and_never_markup() {
    let desk = Desk::new();
    let evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
    let mut body = cart();
    body["merchant_reference1"] = json!(evil);
    body["order_lines"][0]["name"] = json!(evil);
    let session = desk.session(&body).await;
    let token = desk.approve(&session).await;
    let order = desk.place(&token, &body).await.member("order_id");
    let browser = Browser::sign_in(&desk).await;
    let encoded: String = evil.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for address in [
        "/portal".to_owned(),
        format!("/portal?q={encoded}"),
        format!("/portal/logs?q={encoded}"),
        format!("/portal/orders/{order}"),
        format!("/portal/orders/{order}?done={encoded}"),
        format!("/portal/sessions/{session}"),
    ] {
        let page = browser.page(&address).await;
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{address}"
        );
    }
    let refused = browser
        .act(
            &format!("/portal/orders/{order}/capture"),
            &[("amount", evil)],
        )
        .await;
    assert_eq!(refused.status, 422);
    assert!(!refused.text.contains("<script"), "{}", refused.text);
    assert!(
        refused.text.contains("&#60;script&#62;"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let desk = Desk::new();
    for number in 0..30 {
        let mut body = cart();
        body["merchant_reference1"] = json!(format!("shop-{number:02}"));
        desk.order(&body).await;
        desk.advance(1).await;
    }
    let browser = Browser::sign_in(&desk).await;
    let first = browser.page("/portal").await;
    assert!(first.contains("shop-29") && first.contains("shop-05") && !first.contains("shop-04"));
    let second = browser.page("/portal?page=1").await;
    assert!(second.contains("shop-04") && !second.contains("shop-05"));
    let found = browser.page("/portal?q=SHOP-07").await;
    assert_eq!(found.matches("<tr>").count(), 2, "a head and one order");
}
