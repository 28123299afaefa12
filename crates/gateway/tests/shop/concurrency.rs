//! Many at once: nobody's line is lost, and buyers of one SKU do not wait for each other.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use crate::world::{World, many};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lines_added_at_the_same_moment_are_all_there() {
    let world = Arc::new(World::new().await);
    let guest = world.guest("EU").await;
    let order = world
        .post(&guest, "orders", json!({}))
        .await
        .unwrap()
        .key
        .id;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (world, guest, order) = (world.clone(), guest.clone(), order.clone());
        tasks.spawn(async move {
            world
                .line(&guest, &order, "MUG-CLAY-01", 1)
                .await
                .map(|_| ())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    let graph = world
        .graph(&guest, "orders", &order, "line_items")
        .await
        .unwrap();
    let lines = many(&graph, &graph.primary[0].key, "line_items");
    assert_eq!(lines.len(), 32);
    assert_eq!(
        graph.primary[0].integer("subtotal_amount_cents"),
        Some(32 * 1890)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_email_typed_by_many_makes_one_customer() {
    let world = Arc::new(World::new().await);
    let guest = world.guest("EU").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (world, guest) = (world.clone(), guest.clone());
        tasks.spawn(async move {
            let body = json!({"customer_email": "crowd@example.com"});
            let order = world.post(&guest, "orders", body).await.unwrap();
            order.text("customer_id").unwrap().to_owned()
        });
    }
    let mut customers = HashSet::new();
    while let Some(id) = tasks.join_next().await {
        customers.insert(id.unwrap());
    }
    assert_eq!(customers.len(), 1);
}
