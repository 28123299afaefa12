//! Receivers that fail, and a program that dies in between.

use std::time::Duration;

use serde_json::json;

use crate::house::House;
use crate::receiver::{Receiver, SILENCE};

/// Machine seconds before each further attempt. Source: docs/webhooks.md.
const WAITS: [i64; 10] = [10, 30, 60, 300, 900, 3_600, 7_200, 14_400, 28_800, 43_200];

#[tokio::test]
async fn a_failing_receiver_is_tried_ten_more_times_under_one_id() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    receiver.answer(500);
    house
        .integration()
        .await
        .webhook("orders.create", &receiver, &[])
        .await;
    house.guest("EU").await.cart().await;
    house.work().await;
    let mut calls = receiver.calls();
    assert_eq!(calls.len(), 1);
    for wait in WAITS {
        house.machine.advance(wait - 1);
        house.work().await;
        assert!(receiver.calls().is_empty(), "too early before {wait} s");
        house.machine.advance(1);
        house.work().await;
        let further = receiver.calls();
        assert_eq!(further.len(), 1, "after {wait} s");
        calls.extend(further);
    }
    house.machine.advance(400_000);
    house.work().await;
    assert!(receiver.calls().is_empty());
    let id = calls[0].header("webhook-id");
    assert!(calls.iter().all(|call| call.header("webhook-id") == id));
    assert_ne!(
        calls[0].header("webhook-timestamp"),
        calls[10].header("webhook-timestamp")
    );
    let integration = house.integration().await;
    let rows = integration.callbacks().await;
    assert_eq!(rows.len(), 11);
    assert!(
        rows.iter()
            .all(|row| row["attributes"]["response_code"] == "500")
    );
    let webhooks = integration.get("/api/webhooks").await.expect(200);
    assert_eq!(
        webhooks.body["data"][0]["attributes"]["circuit_failure_count"],
        11
    );
}

#[tokio::test]
async fn thirty_failures_in_a_row_open_the_circuit_until_it_is_reset() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    receiver.answer(503);
    let integration = house.integration().await;
    let (webhook, _) = integration.webhook("orders.create", &receiver, &[]).await;
    let place = format!("webhooks/{webhook}");
    let guest = house.guest("EU").await;
    for _ in 0..30 {
        guest
            .create("orders", json!({}), json!({}))
            .await
            .expect(201);
        house.work().await;
    }
    assert_eq!(receiver.calls().len(), 30);
    let shown = integration.get(&format!("/api/{place}")).await.expect(200);
    assert_eq!(shown.attribute("circuit_state"), "open");
    assert_eq!(shown.attribute("circuit_failure_count"), 30);
    let found = integration
        .get("/api/webhooks?filter[q][circuit_failure_count_gteq]=30")
        .await
        .expect(200);
    assert_eq!(found.body["meta"]["record_count"], 1);

    // Nobody is called while it is open, and nothing is lost.
    receiver.answer(200);
    guest
        .create("orders", json!({}), json!({}))
        .await
        .expect(201);
    house.machine.advance(60);
    house.work().await;
    assert!(receiver.calls().is_empty());
    let reset = integration
        .update(&place, json!({"_reset_circuit": true}), json!({}))
        .await
        .expect(200);
    assert_eq!(reset.attribute("circuit_state"), "closed");
    assert_eq!(reset.attribute("circuit_failure_count"), 0);
    house.machine.advance(900);
    house.work().await;
    assert_eq!(receiver.calls().len(), 31);
}

#[tokio::test]
async fn one_success_forgets_the_failures_before() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let integration = house.integration().await;
    let (webhook, _) = integration.webhook("orders.create", &receiver, &[]).await;
    let guest = house.guest("EU").await;
    for status in [500, 500, 200] {
        receiver.answer(status);
        guest
            .create("orders", json!({}), json!({}))
            .await
            .expect(201);
        house.work().await;
    }
    let shown = integration
        .get(&format!("/api/webhooks/{webhook}"))
        .await
        .expect(200);
    assert_eq!(shown.attribute("circuit_failure_count"), 0);
}

#[tokio::test]
async fn a_message_survives_a_death_between_sending_and_writing_down() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    receiver.answer(SILENCE);
    let integration = house.integration().await;
    integration.webhook("orders.create", &receiver, &[]).await;
    house.guest("EU").await.cart().await;
    // The work is dropped in the middle of the call, as a kill would.
    tokio::select! {
        () = house.work() => panic!("the receiver does not answer"),
        () = receiver.something() => {}
    }
    receiver.answer(200);
    // Under the lease of the dead worker nobody else sends it.
    house.work().await;
    assert_eq!(receiver.calls().len(), 1);
    house.machine.advance(31);
    house.work().await;
    let again = receiver.calls();
    assert_eq!(again.len(), 1);
    assert_eq!(integration.callbacks().await.len(), 1);
    house.machine.advance(100_000);
    house.work().await;
    assert!(receiver.calls().is_empty());
}

#[tokio::test]
async fn two_workers_do_not_both_send_a_message() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    house
        .integration()
        .await
        .webhook("orders.create", &receiver, &[])
        .await;
    let guest = house.guest("EU").await;
    for _ in 0..20 {
        guest
            .create("orders", json!({}), json!({}))
            .await
            .expect(201);
    }
    tokio::join!(house.work(), house.work(), house.work());
    let mut ids: Vec<String> = receiver
        .calls()
        .iter()
        .map(|call| call.header("webhook-id"))
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn a_running_worker_delivers_by_itself() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    house
        .integration()
        .await
        .webhook("orders.create", &receiver, &[])
        .await;
    let (gateway, arrived) = (house.gateway.clone(), receiver.clone());
    let guest = house.guest("EU").await;
    let told = async {
        guest.cart().await;
        tokio::time::timeout(Duration::from_secs(60), arrived.something())
            .await
            .unwrap();
    };
    tokio::select! {
        () = kassa_gateway::jobs::run(&gateway, std::future::pending()) => panic!("it runs until it is told to stop"),
        () = told => {}
    }
    assert_eq!(receiver.topics(), ["orders.create"]);
}

#[tokio::test]
async fn a_message_of_another_version_is_given_up() {
    let house = House::open().await;
    let realm = house.gateway.store().realms().await.unwrap();
    let mut set = house.gateway.change_set(&realm[0]);
    let now_us = house.gateway.machine().now_us();
    set.send(
        "m1",
        "orders.place",
        json!({"type": "orders", "id": "a"}),
        now_us,
    );
    house.gateway.commit_once(set).await.unwrap();
    house.work().await;
    let due = house.gateway.store().next_due().await.unwrap();
    assert_eq!(due.message, None);
}
