//! What a token's scope does with orders: the store that they are of, the markets that are seen.

use kassa_gateway::{Caller, TokenRequest};
use serde_json::json;

use crate::world::{World, denied, refusal};

async fn scoped(world: &World, client: &str, secret: Option<&str>, scope: String) -> Caller {
    let request = TokenRequest {
        grant_type: "client_credentials".to_owned(),
        client_id: client.to_owned(),
        client_secret: secret.map(ToOwned::to_owned),
        scope: Some(scope),
        ..TokenRequest::default()
    };
    world.caller(&world.token(request).await.unwrap()).await
}

#[tokio::test]
async fn an_order_is_of_the_store_in_scope() {
    let world = World::new().await;
    let back = world.integration().await;
    let store = async |name: &str, market: &str| {
        let market = json!(["markets", world.access.markets[market]]);
        let store = json!({"name": name, "code": name, "market": market});
        world.post(&back, "stores", store).await.unwrap().key.id
    };
    let (own, foreign) = (store("berlin", "EU").await, store("boston", "US").await);
    let channel = &world.access.sales_channel_id;
    let shopper = scoped(&world, channel, None, "store:code:berlin".to_owned()).await;
    let order = world.post(&shopper, "orders", json!({})).await.unwrap();
    assert_eq!(order.text("store_id"), Some(own.as_str()));
    let named = json!({"store": ["stores", own]});
    let guest = world.guest("EU").await;
    refusal(world.post(&guest, "orders", named.clone()).await);
    let order = world
        .post(&guest, "orders", json!({}))
        .await
        .unwrap()
        .key
        .id;
    let kept = world.patch(&back, "orders", &order, named).await.unwrap();
    assert_eq!(kept.text("store_id"), Some(own.as_str()));
    let other = world.patch(
        &back,
        "orders",
        &order,
        json!({"store": ["stores", foreign]}),
    );
    assert_eq!(
        refusal(other.await),
        ("store".to_owned(), "invalid".to_owned())
    );
    let listed = world.graph(&back, "stores", &own, "orders").await.unwrap();
    assert_eq!(listed.included.len(), 2);
}

#[tokio::test]
async fn a_customer_lists_the_orders_of_the_markets_in_scope() {
    let world = World::new().await;
    let (here, there) = (world.customer("EU").await, world.customer("US").await);
    let order = world.cart(&here, "MUG-CLAY-01", 1).await;
    for (caller, orders) in [(&here, 1), (&there, 0)] {
        for kind in ["orders", "line_items"] {
            let listed = world.list(caller, kind).await.unwrap().primary;
            assert_eq!(listed.len(), orders, "{kind}");
        }
    }
    denied(world.get(&there, "orders", &order).await);
}

#[tokio::test]
async fn a_back_office_sees_the_markets_in_its_scope() {
    let world = World::new().await;
    let all = world.integration().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, "MUG-CLAY-01", 1).await;
    let (client, secret) = (
        &world.access.integration_id,
        &world.access.integration_secret,
    );
    let of = async |market: &str| {
        scoped(
            &world,
            client,
            Some(secret),
            format!("market:code:{market}"),
        )
        .await
    };
    let (here, there) = (of("EU").await, of("US").await);
    for (caller, orders) in [(&all, 1), (&here, 1), (&there, 0)] {
        for kind in ["orders", "line_items"] {
            let listed = world.list(caller, kind).await.unwrap().primary;
            assert_eq!(listed.len(), orders, "{kind}");
        }
    }
    denied(world.get(&there, "orders", &order).await);
    denied(
        world
            .patch(&there, "orders", &order, json!({"reference": "x"}))
            .await,
    );
    let line = &world.list(&all, "line_items").await.unwrap().primary[0]
        .key
        .id;
    denied(world.get(&there, "line_items", line).await);
    assert_eq!(
        world.list(&there, "markets").await.unwrap().primary.len(),
        1
    );
    let ways = |rows: Vec<kassa_storage::Record>| {
        let market = world.access.markets["EU"].clone();
        rows.iter()
            .filter(|row| row.text("market_id") == Some(&*market))
            .count()
    };
    let methods = async |caller| ways(world.list(caller, "payment_methods").await.unwrap().primary);
    assert!(methods(&here).await > 0);
    assert_eq!(methods(&there).await, 0);
    let elsewhere = json!({"market": ["markets", world.access.markets["EU"]]});
    denied(world.post(&there, "orders", elsewhere).await);
}
