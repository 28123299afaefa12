//! Status updates, over real loopback sockets and on the movable clock.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Page, act, cart_of, page, page_for, status_after};
use crate::desk::Desk;
use crate::merchant::Merchant;

fn urls(address: &str) -> Value {
    let url = format!("{address}/status?secret=1&hppId={{{{session_id}}}}");
    json!({"merchant_urls": {"status_update": url}})
}

fn statuses(merchant: &Merchant) -> Vec<String> {
    let heard = merchant.heard();
    let body = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    heard
        .iter()
        .map(|(_, text)| body(text)["session"]["status"].as_str().unwrap().to_owned())
        .collect()
}

async fn told(desk: &Desk, page: &Page, action: &str) {
    let answer = act(desk, page, json!({"action": action})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    desk.sandbox.tick().await;
}

#[tokio::test]
async fn each_status_is_told_once_with_what_reading_shows() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let page = page(&desk, urls(&address)).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 0, "creating is no change of status");
    let mut expected = Vec::new();
    for (action, status) in [
        ("open", "IN_PROGRESS"),
        ("open", ""),
        ("back", "BACK"),
        ("open", "IN_PROGRESS"),
        ("decline", "FAILED"),
        ("open", "IN_PROGRESS"),
        ("back", "BACK"),
    ] {
        told(&desk, &page, action).await;
        if !status.is_empty() {
            expected.push(status);
        }
        assert_eq!(statuses(&merchant), expected, "after {action}");
    }
    let (url, body) = merchant.heard().pop().unwrap();
    assert_eq!(url, format!("/status?secret=1&hppId={}", page.id()));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["session"], desk.get(&page.path()).await.json());
    assert_eq!(body["event_id"].as_str().unwrap().len(), 36);
    assert_eq!(body.as_object().unwrap().len(), 2);
    let ids: HashSet<String> = merchant
        .heard()
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["event_id"].to_string())
        .collect();
    assert_eq!(ids.len(), expected.len());
}

#[tokio::test]
async fn paying_at_once_tells_both_that_it_was_opened_and_that_it_is_paid() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let page = page(&desk, urls(&address)).await;
    told(&desk, &page, "approve").await;
    let mut heard = statuses(&merchant);
    heard.sort();
    assert_eq!(heard, ["COMPLETED", "IN_PROGRESS"]);
    let token = desk.get(&page.path()).await.member("authorization_token");
    assert!(
        merchant
            .heard()
            .iter()
            .any(|(_, body)| body.contains(&token))
    );
    let log = desk.get("/sandbox/v1/deliveries").await.text;
    assert!(!log.contains(&token), "the log shows no token");
    assert!(log.contains("\"status_update\""));
}

#[tokio::test]
async fn cancelling_and_the_document_at_the_counter_are_told_too() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let page = page_for(&desk, &cart_of("IN_STORE"), urls(&address)).await;
    told(&desk, &page, "open").await;
    told(&desk, &page, "manual_id_check").await;
    told(&desk, &page, "error").await;
    told(&desk, &page, "open").await;
    told(&desk, &page, "cancel").await;
    assert_eq!(
        statuses(&merchant),
        [
            "IN_PROGRESS",
            "MANUAL_ID_CHECK",
            "ERROR",
            "IN_PROGRESS",
            "CANCELLED"
        ]
    );
    assert!(merchant.heard()[1].1.contains("manual_identification"));
}

#[tokio::test]
async fn an_event_is_tried_four_times_five_seconds_apart() {
    let (merchant, address) = Merchant::open(&[500, 302, 404, 503]).await;
    let desk = Desk::new();
    let page = page(&desk, urls(&address)).await;
    status_after(&desk, &page, "open").await;
    for (pause, heard) in [
        (0, 1),
        (4, 1),
        (1, 2),
        (4, 2),
        (1, 3),
        (4, 3),
        (1, 4),
        (3600, 4),
    ] {
        desk.advance(pause).await;
        desk.sandbox.tick().await;
        assert_eq!(merchant.heard().len(), heard, "after {pause}");
    }
    let bodies: HashSet<String> = merchant.heard().into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies.len(), 1, "the event keeps its id");
    let listed = desk.get("/sandbox/v1/deliveries").await.json();
    let delivery = listed["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|delivery| delivery["body"]["session"]["status"] == "IN_PROGRESS")
        .unwrap();
    assert_eq!(delivery["state"], "given_up");
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn any_2xx_ends_the_tries() {
    let (merchant, address) = Merchant::open(&[500, 202]).await;
    let desk = Desk::new();
    let page = page(&desk, urls(&address)).await;
    status_after(&desk, &page, "open").await;
    for _ in 0..4 {
        desk.sandbox.tick().await;
        desk.advance(5).await;
    }
    assert_eq!(merchant.heard().len(), 2);
}

#[tokio::test]
async fn a_merchant_who_takes_three_seconds_is_asked_again() {
    // Connections wait in the backlog of a listener that nobody serves.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let desk = Desk::new();
    let page = page(&desk, urls(&address)).await;
    status_after(&desk, &page, "open").await;
    desk.sandbox.tick().await;
    let listed = desk.get("/sandbox/v1/deliveries").await.json();
    let tried = listed["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|delivery| {
            delivery["attempts"]
                .as_array()
                .is_some_and(|list| !list.is_empty())
        })
        .unwrap();
    assert_eq!(tried["state"], "waiting");
    assert_eq!(tried["due_at"], "2026-03-02T09:30:05Z");
}

#[tokio::test]
async fn an_unfinished_page_tells_its_timeout_when_it_ends() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let page = page(&desk, urls(&address)).await;
    desk.advance(47 * 3600 - 1).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 0);
    desk.advance(1).await;
    desk.sandbox.tick().await;
    assert_eq!(statuses(&merchant), ["TIMEOUT"]);
    let body: Value = serde_json::from_str(&merchant.heard()[0].1).unwrap();
    assert_eq!(
        body["session"],
        json!({"session_id": page.id(), "status": "TIMEOUT", "updated_at": "2026-03-04T08:30:00.000Z",
            "expires_at": "2026-03-04T08:30:00.000Z"})
    );
}

#[tokio::test]
async fn a_finished_page_has_no_timeout_and_disabling_is_not_told() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let paid = page(&desk, urls(&address)).await;
    told(&desk, &paid, "approve").await;
    let disabled = page(&desk, urls(&address)).await;
    desk.call("DELETE", &disabled.path(), &Value::Null).await;
    let heard = merchant.heard().len();
    desk.advance(48 * 3600).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), heard);
}
