//! Resetting a password: a token for a mail, and the new password against it.

use kassa_gateway::{Caller, TokenRequest};
use kassa_storage::Record;
use serde_json::{Value, json};

use crate::world::{World, denied, descriptor, draft, refusal, selection};

async fn requested(world: &World, caller: &Caller) -> Record {
    let body = json!({"customer_email": world.access.customer_email});
    let kind = "customer_password_resets";
    world.post(caller, kind, body).await.unwrap()
}

async fn reset(
    world: &World,
    caller: &Caller,
    id: &str,
    token: &str,
) -> Result<Record, kassa_gateway::GatewayError> {
    let body = json!({"customer_password": "new and long", "_reset_password_token": token});
    world
        .patch(caller, "customer_password_resets", id, body)
        .await
}

async fn logs_in(world: &World, password: &str) -> bool {
    let request = TokenRequest {
        grant_type: "password".to_owned(),
        client_id: world.access.sales_channel_id.clone(),
        scope: Some("market:code:EU".to_owned()),
        username: Some(world.access.customer_email.clone()),
        password: Some(password.to_owned()),
        ..TokenRequest::default()
    };
    world.token(request).await.is_ok()
}

#[tokio::test]
async fn a_token_sets_a_new_password_once() {
    let world = World::new().await;
    let (integration, guest) = (world.integration().await, world.guest("EU").await);
    let request = requested(&world, &integration).await;
    let token = request.text("reset_password_token").unwrap().to_owned();
    let id = request.key.id.as_str();
    let wrong = reset(&world, &guest, id, "wrong").await;
    let word = ("_reset_password_token".to_owned(), "invalid".to_owned());
    assert_eq!(refusal(wrong), word);
    assert!(logs_in(&world, &world.access.customer_password).await);
    let done = reset(&world, &guest, id, &token).await.unwrap();
    assert!(done.text("reset_password_at").is_some());
    assert!(done.body.get("customer_password").is_none());
    assert!(logs_in(&world, "new and long").await);
    assert!(!logs_in(&world, &world.access.customer_password).await);
    assert_eq!(refusal(reset(&world, &guest, id, &token).await), word);
}

#[tokio::test]
async fn a_token_expires() {
    let world = World::new().await;
    let integration = world.integration().await;
    let request = requested(&world, &integration).await;
    let token = request.text("reset_password_token").unwrap().to_owned();
    world.machine.advance(2 * 3600);
    let late = reset(&world, &integration, &request.key.id, &token).await;
    assert_eq!(refusal(late).1, "expired");
}

#[tokio::test]
async fn a_shop_learns_neither_the_token_nor_whether_the_customer_exists() {
    let world = World::new().await;
    let (integration, guest) = (world.integration().await, world.guest("EU").await);
    let shown = |row: &Record| -> Vec<String> {
        let inner = ["reset_password_until", "customer_id"];
        let names = row
            .body
            .keys()
            .filter(|name| !inner.contains(&name.as_str()));
        names.cloned().collect()
    };
    let known = requested(&world, &guest).await;
    assert!(known.text("reset_password_token").is_none());
    denied(
        world
            .get(&guest, "customer_password_resets", &known.key.id)
            .await,
    );
    let body = json!({"customer_email": world.access.customer_email});
    let selection = selection("customer");
    let kind = descriptor("customer_password_resets");
    let graph = world
        .gateway
        .create(&guest, kind, draft(&body), &selection)
        .await
        .unwrap();
    assert!(graph.included.is_empty());
    let kept = world
        .get(&integration, "customer_password_resets", &known.key.id)
        .await
        .unwrap();
    assert!(kept.text("reset_password_token").is_some());
    let body = json!({"customer_email": "nobody@example.com"});
    let unknown = world
        .post(&guest, "customer_password_resets", body.clone())
        .await
        .unwrap();
    assert_eq!(shown(&known), shown(&unknown));
    let refused = world
        .post(&integration, "customer_password_resets", body)
        .await;
    assert_eq!(refusal(refused).0, "customer_email");
}

#[tokio::test]
async fn a_token_without_a_password_is_refused() {
    let world = World::new().await;
    let integration = world.integration().await;
    let request = requested(&world, &integration).await;
    let token: Value = request.text("reset_password_token").into();
    let body = json!({"_reset_password_token": token});
    let kind = "customer_password_resets";
    let refused = world.patch(&integration, kind, &request.key.id, body).await;
    assert_eq!(
        refusal(refused),
        ("customer_password".to_owned(), "blank".to_owned())
    );
}
