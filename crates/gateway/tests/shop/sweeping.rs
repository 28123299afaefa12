//! What has run out is forgotten, in batches, and what still opens something stays.

use kassa_gateway::provision::{self, ApplicationPlan};
use kassa_gateway::{
    ApplicationKind, AuthorizationRequest, RevokeRequest, Role, TokenRequest, jobs,
};
use kassa_storage::{
    ClaimKey, Filter, Guard, Key, ListQuery, Page, Put, Realm, Record, Scope, Sort,
};
use serde_json::{Map, json};

use crate::world::World;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Types whose rows go, beside the tokens of password resets.
const KINDS: [&str; 3] = ["refresh_tokens", "authorization_codes", "revoked_tokens"];

fn login(world: &World) -> TokenRequest {
    TokenRequest {
        grant_type: "password".to_owned(),
        client_id: world.access.sales_channel_id.clone(),
        scope: Some("market:code:EU".to_owned()),
        username: Some(world.access.customer_email.clone()),
        password: Some(world.access.customer_password.clone()),
        ..TokenRequest::default()
    }
}

async fn realm(world: &World) -> Realm {
    world.guest("EU").await.realm
}

async fn count(world: &World, kind: &'static str) -> usize {
    let scope = Scope::realm(realm(world).await);
    let mut snapshot = world.gateway.snapshot(&scope).await.unwrap();
    let query = ListQuery {
        kinds: vec![kind],
        filter: Filter::Everything,
        sort: vec![Sort {
            field: "created_at",
            descending: false,
        }],
        page: Page {
            offset: 0,
            limit: 5_000,
        },
    };
    snapshot.list(&query).await.unwrap().len()
}

async fn counts(world: &World) -> [usize; 3] {
    let mut found = [0; 3];
    for (index, kind) in KINDS.into_iter().enumerate() {
        found[index] = count(world, kind).await;
    }
    found
}

/// A code that a user of the organization lets a webapp have.
async fn code(world: &World) -> String {
    let address = "https://webapp.example.com/back";
    let request = AuthorizationRequest {
        response_type: "code".to_owned(),
        client_id: "webapp".to_owned(),
        redirect_uri: address.to_owned(),
        ..AuthorizationRequest::default()
    };
    let made = world
        .gateway
        .authorize(&request, None, "user@example.com", "a long password");
    made.await
        .map_err(|refused| refused.error)
        .unwrap()
        .unwrap()
}

async fn webapp(world: &World) {
    let plan = ApplicationPlan {
        name: "Webapp",
        kind: ApplicationKind::Webapp,
        client_id: "webapp",
        client_secret: Some("s3cret"),
        role: Role::Admin,
        redirect_uri: Some("https://webapp.example.com/back"),
    };
    provision::application(&world.gateway, "acme", true, &plan)
        .await
        .unwrap();
    let (email, password) = ("user@example.com", "a long password");
    provision::user(&world.gateway, "acme", true, email, password, Role::Admin)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_has_run_out_goes_and_what_lives_stays() {
    let world = World::new().await;
    webapp(&world).await;
    let old = world.token(login(&world)).await.unwrap();
    let revoke = |token: String| RevokeRequest {
        client_id: Some(world.access.sales_channel_id.clone()),
        client_secret: None,
        token,
    };
    code(&world).await;
    world
        .gateway
        .revoke(revoke(old.access_token.clone()))
        .await
        .unwrap();
    assert_eq!(counts(&world).await, [1, 1, 1]);
    // The code is over first, then the revoked access token, then the refresh token.
    world.machine.advance(HOUR);
    jobs::tick(&world.gateway).await.unwrap();
    assert_eq!(counts(&world).await, [1, 0, 1]);
    let revoked = world.gateway.verify(&old.access_token, "trace".to_owned());
    assert!(revoked.await.is_err());
    world.machine.advance(4 * HOUR);
    jobs::tick(&world.gateway).await.unwrap();
    assert_eq!(counts(&world).await, [1, 0, 0]);
    let scope = Scope::realm(realm(&world).await);
    let mut snapshot = world.gateway.snapshot(&scope).await.unwrap();
    let timers = snapshot.timers("sweep_expired").await.unwrap();
    assert_eq!(timers.len(), 1, "something is left");
    drop(snapshot);
    world.machine.advance(13 * DAY);
    let young = world.token(login(&world)).await.unwrap();
    code(&world).await;
    world.machine.advance(DAY - 5 * HOUR);
    jobs::tick(&world.gateway).await.unwrap();
    assert_eq!(counts(&world).await, [1, 0, 0], "the young one is left");
    let next = TokenRequest {
        grant_type: "refresh_token".to_owned(),
        client_id: world.access.sales_channel_id.clone(),
        refresh_token: young.refresh_token.clone(),
        ..TokenRequest::default()
    };
    world.token(next).await.unwrap();
}

#[tokio::test]
async fn the_mark_of_a_revoked_token_is_released_with_its_row() {
    let world = World::new().await;
    let token = world.token(login(&world)).await.unwrap();
    let revoke = RevokeRequest {
        client_id: None,
        client_secret: None,
        token: token.access_token.clone(),
    };
    world.gateway.revoke(revoke.clone()).await.unwrap();
    world.gateway.revoke(revoke).await.unwrap();
    let payload = token.access_token.split('.').nth(1).unwrap();
    let payload = {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        engine.decode(payload).unwrap()
    };
    let said: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    let mark = ClaimKey::new("revoked_token", said["rand"].as_str().unwrap());
    let held = async || {
        let scope = Scope::realm(realm(&world).await);
        let mut snapshot = world.gateway.snapshot(&scope).await.unwrap();
        snapshot.claim(&mark).await.unwrap().is_some()
    };
    assert!(held().await);
    world.machine.advance(4 * HOUR + 1);
    jobs::tick(&world.gateway).await.unwrap();
    assert!(!held().await);
}

#[tokio::test]
async fn many_go_in_batches_and_none_of_those_that_live() {
    let world = World::new().await;
    // Sets the timer.
    world.token(login(&world)).await.unwrap();
    let realm = realm(&world).await;
    let now = world.gateway.machine().now();
    for (name, until, age) in [("over", 1, 5_000), ("alive", 2 * DAY, 0)] {
        let mut set = world.gateway.change_set(&realm);
        for index in 0..2_150 {
            let mut body = Map::new();
            body.insert("expires_at".to_owned(), json!(now.as_second() + until));
            let key = Key::new("refresh_tokens", format!("{name}{index}"));
            set.puts.push(Put {
                record: Record::root(key, body, now.as_microsecond() - age + index),
                guard: Guard::New,
            });
        }
        world.gateway.commit_once(set).await.unwrap();
    }
    world.machine.advance(DAY);
    jobs::tick(&world.gateway).await.unwrap();
    assert_eq!(count(&world, "refresh_tokens").await, 2_151);
}

#[tokio::test]
async fn a_request_for_a_new_password_outlives_its_token() {
    let world = World::new().await;
    let (back, guest) = (world.integration().await, world.guest("EU").await);
    let kind = "customer_password_resets";
    let wanted = json!({"customer_email": world.access.customer_email});
    let old = world.post(&guest, kind, wanted.clone()).await.unwrap();
    world.machine.advance(90 * 60);
    let young = world.post(&guest, kind, wanted).await.unwrap();
    world.machine.advance(31 * 60);
    jobs::tick(&world.gateway).await.unwrap();
    let token = async |id: &str| {
        let row = world.get(&back, kind, id).await.unwrap();
        row.text("reset_password_token").map(ToOwned::to_owned)
    };
    assert_eq!(token(&old.key.id).await, None);
    let opens = token(&young.key.id).await.unwrap();
    let used = json!({"customer_password": "new and long", "_reset_password_token": opens});
    world
        .patch(&guest, kind, &young.key.id, used)
        .await
        .unwrap();
}
