//! The world as a whole: held and running clocks, snapshots, starting over, other worlds.

use kassa_klarna_sandbox::SandboxConfig;
use serde_json::json;

use super::browser::Browser;
use crate::desk::{Desk, cart, config};

#[tokio::test]
async fn the_clock_is_held_and_let_run() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    browser.done("/portal/clock/freeze", &[]).await;
    let held = desk.get("/sandbox/v1/clock").await.json();
    assert_eq!(held["frozen"], true);
    desk.clock.advance(3600);
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.json()["now"],
        held["now"]
    );
    assert!(browser.page("/portal/clock").await.contains("stands still"));
    browser.done("/portal/clock/run", &[]).await;
    assert_eq!(desk.get("/sandbox/v1/clock").await.json()["frozen"], false);
}

#[tokio::test]
async fn a_snapshot_is_taken_restored_and_removed() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    let before = desk.order(&cart()).await;
    browser
        .done("/portal/snapshots", &[("name", "one-order")])
        .await;
    let after = desk.order(&cart()).await;
    browser
        .done("/portal/snapshots/one-order/restore", &[])
        .await;
    assert_eq!(
        browser
            .get(&format!("/portal/orders/{before}"))
            .await
            .status,
        200
    );
    assert_eq!(
        browser.get(&format!("/portal/orders/{after}")).await.status,
        404
    );
    assert!(
        browser
            .page("/portal/world?done=restored")
            .await
            .contains("one-order")
    );
    let wrong = browser
        .act("/portal/snapshots", &[("name", "../etc")])
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    browser
        .done("/portal/snapshots/one-order/remove", &[])
        .await;
    let gone = browser
        .act("/portal/snapshots/one-order/restore", &[])
        .await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn starting_over_forgets_orders_faults_and_requests() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    browser
        .done("/portal/faults", &[("kind", "drop_after")])
        .await;
    browser.done("/portal/world/reset", &[]).await;
    assert_eq!(
        browser.get(&format!("/portal/orders/{order}")).await.status,
        404
    );
    assert_eq!(
        desk.get("/sandbox/v1/faults").await.json(),
        json!({"faults": []})
    );
    let found = desk
        .get(&format!("/sandbox/v1/logs?q={order}"))
        .await
        .json();
    assert_eq!(found, json!({"logs": []}));
}

#[tokio::test]
async fn a_world_is_made_told_once_seen_and_removed() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    let made = browser
        .act(
            "/portal/worlds",
            &[
                ("name", "Other <shop>"),
                ("seed", "7"),
                ("at", "2026-01-01T00:00:00Z"),
            ],
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(made.text.contains("Other &#60;shop&#62;"), "{}", made.text);
    let told = |name: &str| {
        let after = made
            .text
            .split(&format!("<dt>{name}</dt><dd><code>"))
            .nth(1)
            .unwrap();
        after.split('<').next().unwrap().to_owned()
    };
    let (username, password) = (told("User name"), told("Password"));
    let listed = browser.page("/portal/world").await;
    assert!(listed.contains(&username) && !listed.contains(&password));

    let other = Browser::sign_in_with(&desk, &username, &password).await;
    assert!(other.page("/portal/clock").await.contains("2026-01-01"));
    assert!(
        other
            .page("/portal")
            .await
            .contains("There is no such order")
    );
    for (field, value) in [("seed", "seven"), ("at", "tomorrow")] {
        let refused = browser.act("/portal/worlds", &[(field, value)]).await;
        assert_eq!(refused.status, 422, "{field}");
        assert!(refused.text.contains(field));
    }
    let remove = format!("/portal/worlds/{username}/remove");
    browser.done(&remove, &[]).await;
    assert_eq!(
        other.get("/portal").await.status,
        303,
        "the visit ended with its world"
    );
    assert_eq!(browser.act(&remove, &[]).await.status, 404);
    let own = format!("/portal/worlds/{}/remove", crate::desk::USER);
    assert_eq!(
        browser.act(&own, &[]).await.status,
        404,
        "a configured world stays"
    );
}

#[tokio::test]
async fn with_an_admin_key_worlds_are_left_to_it() {
    let desk = Desk::open(SandboxConfig {
        admin_key: Some("the-admin-key-of-this-sandbox".to_owned()),
        ..config()
    });
    let browser = Browser::sign_in(&desk).await;
    assert!(
        !browser
            .page("/portal/world")
            .await
            .contains("/portal/worlds")
    );
    assert_eq!(browser.act("/portal/worlds", &[]).await.status, 403);
    assert_eq!(
        browser.act("/portal/worlds/x/remove", &[]).await.status,
        403
    );
}
