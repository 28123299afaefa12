//! Versions: what changed and who changed it.

use serde_json::json;

use crate::world::{World, many};

#[tokio::test]
async fn each_write_of_an_integration_leaves_a_version() {
    let world = World::new().await;
    let integration = world.integration().await;
    let body = json!({"name": "Parts", "code": "parts"});
    let row = world
        .post(&integration, "shipping_categories", body)
        .await
        .unwrap();
    let id = row.key.id.as_str();
    for change in [json!({"name": "Pieces"}), json!({"name": "Pieces"})] {
        world.machine.advance(1);
        world
            .patch(&integration, "shipping_categories", id, change)
            .await
            .unwrap();
    }
    let graph = world
        .graph(&integration, "shipping_categories", id, "versions")
        .await
        .unwrap();
    let versions = many(&graph, &row.key, "versions");
    let events: Vec<_> = versions.iter().map(|found| found.text("event")).collect();
    assert_eq!(events, [Some("create"), Some("update")]);
    assert_eq!(
        versions[1].body["changes"],
        json!({"name": ["Parts", "Pieces"]})
    );
    let who = &versions[1].body["who"]["application"];
    assert_eq!(who["kind"], "integration");
    assert_eq!(who["id"], integration.application_id.as_str());
    world
        .delete(&integration, "shipping_categories", id)
        .await
        .unwrap();
    let all = world.list(&integration, "versions").await.unwrap().primary;
    let destroyed = all
        .iter()
        .find(|found| found.text("event") == Some("destroy"));
    assert_eq!(destroyed.unwrap().text("resource_id"), Some(id));
}

#[tokio::test]
async fn a_version_holds_no_secret() {
    let world = World::new().await;
    let integration = world.integration().await;
    let body = json!({
        "name": "Klarna", "country_code": "eu", "api_key": "K_1", "api_secret": "very secret",
    });
    let gateway = world
        .post(&integration, "klarna_gateways", body)
        .await
        .unwrap();
    let hook = json!({"topic": "orders.place", "callback_url": "https://example.com/hook"});
    let hook = world.post(&integration, "webhooks", hook).await.unwrap();
    let secret = hook.text("shared_secret").unwrap().to_owned();
    for (kind, id) in [
        ("klarna_gateways", gateway.key.id),
        ("webhooks", hook.key.id),
    ] {
        let graph = world.graph(&integration, kind, &id, "versions").await;
        let included = graph.unwrap().included;
        assert_eq!(included.len(), 1, "{kind}");
        let told = serde_json::to_string(&included[0].body).unwrap();
        for secret in ["very secret", "K_1", secret.as_str()] {
            assert!(!told.contains(secret), "{kind}: {told}");
        }
    }
}

#[tokio::test]
async fn a_shopper_leaves_no_version() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    world.cart(&guest, "MUG-CLAY-01", 1).await;
    let integration = world.integration().await;
    let versions = world.list(&integration, "versions").await.unwrap();
    assert_eq!(versions.total, Some(0));
}
