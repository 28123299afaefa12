//! Each thing that happens raises its topics once, whoever makes it happen.

use serde_json::json;

use crate::house::House;
use crate::receiver::Receiver;

/// Subscribes to every topic about these types.
async fn subscribe(house: &House, receiver: &Receiver, kinds: &[&str]) {
    let integration = house.integration().await;
    for topic in kassa_gateway::webhooks::topics::TOPICS {
        if kinds.contains(&topic.kind()) {
            integration.webhook(topic.name, receiver, &[]).await;
        }
    }
}

#[tokio::test]
async fn the_story_of_an_order_is_told_topic_by_topic() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let kinds = [
        "orders",
        "authorizations",
        "captures",
        "voids",
        "refunds",
        "shipments",
        "customers",
    ];
    subscribe(&house, &receiver, &kinds).await;
    let guest = house.guest("EU").await;
    let integration = house.integration().await;

    let (order, _) = guest.approved().await;
    house.work().await;
    assert_eq!(
        receiver.topics(),
        [
            "customers.create",
            "orders.create",
            "orders.draft",
            "orders.pending",
            "orders.rebuild_shipments",
            "shipments.create",
        ]
    );
    let place = format!("orders/{order}");
    let steps: &[(&str, &[&str])] = &[
        (
            "_place",
            &[
                "authorizations.create",
                "customers.acquired",
                "orders.authorize",
                "orders.place",
            ],
        ),
        ("_approve", &["orders.approve", "shipments.upcoming"]),
        (
            "_capture",
            &["captures.create", "orders.pay", "orders.start_fulfilling"],
        ),
        (
            "_refund",
            &[
                "orders.cancel",
                "orders.refund",
                "refunds.create",
                "shipments.cancel",
            ],
        ),
    ];
    for (trigger, expected) in steps {
        let mut attributes = json!({});
        attributes[*trigger] = true.into();
        integration
            .update(&place, attributes, json!({}))
            .await
            .expect(200);
        house.work().await;
        assert_eq!(receiver.topics(), *expected, "{trigger}");
    }
}

#[tokio::test]
async fn a_cancelled_order_is_told_with_its_void() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    let order = house.guest("EU").await.placed().await;
    subscribe(&house, &receiver, &["orders", "voids", "shipments"]).await;
    let integration = house.integration().await;
    integration
        .update(
            &format!("orders/{order}"),
            json!({"_cancel": true}),
            json!({}),
        )
        .await
        .expect(200);
    house.work().await;
    assert_eq!(
        receiver.topics(),
        [
            "orders.cancel",
            "orders.void",
            "shipments.cancel",
            "voids.create"
        ]
    );
}

#[tokio::test]
async fn configuration_is_told_when_it_is_made_and_deleted() {
    let house = House::open().await;
    let receiver = Receiver::open().await;
    subscribe(&house, &receiver, &["skus", "customers"]).await;
    let integration = house.integration().await;
    let customer = integration
        .create("customers", json!({"email": "anna@example.com"}), json!({}))
        .await
        .expect(201)
        .id();
    let place = format!("customers/{customer}");
    for attributes in [
        json!({"metadata": {"level": 1}}),
        json!({"metadata": {"level": 1}}),
        json!({"password": "correct horse battery"}),
    ] {
        integration
            .update(&place, attributes, json!({}))
            .await
            .expect(200);
    }
    // A message about a record that is gone would have nothing to show.
    house.work().await;
    integration
        .delete(&format!("/api/{place}"))
        .await
        .expect(204);
    house.work().await;
    assert_eq!(
        receiver.topics(),
        [
            "customers.create",
            "customers.create_password",
            "customers.destroy",
            "customers.metadata_update"
        ]
    );
}
