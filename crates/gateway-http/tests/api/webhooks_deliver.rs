//! What a subscriber is told, how it can be proven, and what is kept of it.

use serde_json::{Value, json};

use crate::house::House;
use crate::receiver::Receiver;

#[tokio::test]
async fn a_placed_order_is_told_signed_with_the_document_of_a_get() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let integration = house.integration().await;
    let includes = ["line_items.item", "customer"];
    let (webhook, secret) = integration
        .webhook("orders.place", &receiver, &includes)
        .await;
    let order = house.guest("EU").await.placed().await;
    house.work().await;

    let calls = receiver.calls();
    assert_eq!(calls.len(), 1);
    calls[0].verify(&secret);
    assert_eq!(calls[0].header("x-commercelayer-topic"), "orders.place");
    assert_eq!(calls[0].header("content-type"), "application/json");
    let mut told = calls[0].json();
    let path = format!("/api/orders/{order}?include=line_items.item,customer");
    let mut answered = integration.get(&path).await.expect(200).body;
    for document in [&mut told, &mut answered] {
        without_traces(document);
    }
    assert_eq!(told, answered);

    let rows = integration.callbacks().await;
    assert_eq!(rows.len(), 1);
    let attributes = &rows[0]["attributes"];
    assert_eq!(attributes["response_code"], "200");
    assert_eq!(attributes["response_message"], "OK");
    assert_eq!(attributes["callback_url"], receiver.url);
    assert_eq!(attributes["payload"]["data"]["id"], order);
    let shown = integration
        .get(&format!(
            "/api/webhooks/{webhook}?include=last_event_callbacks"
        ))
        .await
        .expect(200);
    let last = shown.linkage("last_event_callbacks").unwrap();
    assert_eq!(last[0]["id"], rows[0]["id"]);
    assert_eq!(shown.attribute("circuit_failure_count"), 0);
    // Nothing is left to do.
    house.machine.advance(100_000);
    house.work().await;
    assert!(receiver.calls().is_empty());
}

/// Takes out what differs between two answers to the same question: who asked, and under which host.
fn without_traces(document: &mut Value) {
    match document {
        Value::Object(members) => {
            members.remove("trace_id");
            members.remove("links");
            members.values_mut().for_each(without_traces);
        }
        Value::Array(items) => items.iter_mut().for_each(without_traces),
        _ => {}
    }
}

#[tokio::test]
async fn only_what_happens_while_somebody_listens_is_told() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let integration = house.integration().await;
    let guest = house.guest("EU").await;
    guest.cart().await;
    let (webhook, _) = integration.webhook("orders.create", &receiver, &[]).await;
    guest.cart().await;
    house.work().await;
    assert_eq!(receiver.topics(), ["orders.create"]);
    let place = format!("webhooks/{webhook}");
    integration
        .update(&place, json!({"_disable": true}), json!({}))
        .await
        .expect(200);
    guest.cart().await;
    house.work().await;
    assert!(receiver.calls().is_empty());
    integration
        .update(&place, json!({"_enable": true}), json!({}))
        .await
        .expect(200);
    guest.cart().await;
    house.work().await;
    assert_eq!(receiver.topics(), ["orders.create"]);
}

#[tokio::test]
async fn a_deleted_order_is_told_as_it_was() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let integration = house.integration().await;
    integration.webhook("orders.destroy", &receiver, &[]).await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    guest
        .delete(&format!("/api/orders/{order}"))
        .await
        .expect(204);
    house.work().await;
    let calls = receiver.calls();
    let told = calls[0].json();
    assert_eq!(told["data"]["id"], order);
    assert_eq!(told["data"]["attributes"]["status"], "draft");
}

#[tokio::test]
async fn a_topic_is_sent_again_on_request() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let integration = house.integration().await;
    let (_, secret) = integration.webhook("orders.create", &receiver, &[]).await;
    let events = integration
        .get("/api/events?filter[q][name_eq]=orders.create")
        .await
        .expect(200);
    let event = format!("events/{}", events.text_at("/data/0/id"));
    let nothing = integration
        .update(&event, json!({"_trigger": true}), json!({}))
        .await;
    nothing.error(422, "VALIDATION_ERROR");

    let order = house.guest("EU").await.cart().await;
    house.work().await;
    let first = receiver.calls();
    let place = format!("{event}?include=webhooks,last_event_callbacks");
    let shown = integration
        .update(&place, json!({"_trigger": true}), json!({}))
        .await
        .expect(200);
    assert_eq!(shown.included("webhooks").len(), 1);
    assert_eq!(shown.included("event_callbacks").len(), 1);
    house.work().await;
    let again = receiver.calls();
    assert_eq!((first.len(), again.len()), (1, 1));
    again[0].verify(&secret);
    assert_eq!(again[0].json()["data"]["id"], order);
    assert_ne!(again[0].header("webhook-id"), first[0].header("webhook-id"));
}

#[tokio::test]
async fn the_log_is_forgotten_after_thirty_days() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    house
        .integration()
        .await
        .webhook("orders.create", &receiver, &[])
        .await;
    house.guest("EU").await.cart().await;
    house.work().await;
    house.machine.advance(29 * 86_400);
    house.work().await;
    assert_eq!(house.integration().await.callbacks().await.len(), 1);
    house.machine.advance(2 * 86_400);
    house.work().await;
    assert!(house.integration().await.callbacks().await.is_empty());
}

#[tokio::test]
async fn a_deleted_webhook_takes_its_log_along() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let integration = house.integration().await;
    let (webhook, _) = integration.webhook("orders.create", &receiver, &[]).await;
    let guest = house.guest("EU").await;
    guest.cart().await;
    house.work().await;
    guest.cart().await;
    integration
        .delete(&format!("/api/webhooks/{webhook}"))
        .await
        .expect(204);
    house.work().await;
    assert!(integration.callbacks().await.is_empty());
    assert_eq!(receiver.calls().len(), 1);
}
