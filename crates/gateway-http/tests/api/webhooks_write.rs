//! `webhooks` and `events` as rows: what is refused, what is listed, who may.

use serde_json::{Value, json};

use crate::house::House;

fn webhook(change: Value) -> Value {
    let mut attributes =
        json!({"topic": "orders.place", "callback_url": "https://shop.example.com/hooks"});
    for (name, value) in change.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    attributes
}

#[tokio::test]
async fn a_webhook_that_could_never_work_is_refused() {
    let house = House::open().await;
    let integration = house.integration().await;
    for (change, field) in [
        (json!({"topic": "orders.placed"}), "topic"),
        (json!({"topic": null}), "topic"),
        (json!({"callback_url": "shop.example.com"}), "callback_url"),
        (
            json!({"callback_url": "ftp://shop.example.com/"}),
            "callback_url",
        ),
        (
            json!({"callback_url": "https://10.0.0.1/hooks"}),
            "callback_url",
        ),
        (
            json!({"callback_url": "https://169.254.169.254/latest"}),
            "callback_url",
        ),
        (
            json!({"callback_url": "http://9.9.9.9/hooks"}),
            "callback_url",
        ),
        (
            json!({"callback_url": "https://a:b@shop.example.com/"}),
            "callback_url",
        ),
        (
            json!({"callback_url": "https://shop.example.com:25/"}),
            "callback_url",
        ),
        (
            json!({"include_resources": ["nothing"]}),
            "include_resources",
        ),
        (json!({"include_resources": [1]}), "include_resources"),
    ] {
        let answer = integration
            .create("webhooks", webhook(change.clone()), json!({}))
            .await;
        let error = answer.error(422, "VALIDATION_ERROR");
        let pointer = format!("/data/attributes/{field}");
        assert_eq!(error["source"]["pointer"], pointer, "{change} {error}");
    }
    let good = webhook(json!({"include_resources": ["line_items.item"]}));
    let answer = integration
        .create("webhooks", good, json!({}))
        .await
        .expect(201);
    assert_eq!(answer.attribute("name"), "Webhook");
    assert_eq!(answer.attribute("circuit_state"), "closed");
    let secret = answer.text_at("/data/attributes/shared_secret");
    assert!(
        secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{secret}"
    );
}

#[tokio::test]
async fn a_new_secret_replaces_the_old_one() {
    let house = House::open().await;
    let integration = house.integration().await;
    let answer = integration
        .create("webhooks", webhook(json!({})), json!({}))
        .await
        .expect(201);
    let place = format!("webhooks/{}", answer.id());
    let regenerated = integration
        .update(
            &place,
            json!({"_regenerate_shared_secret": true}),
            json!({}),
        )
        .await
        .expect(200);
    assert_ne!(
        regenerated.attribute("shared_secret"),
        answer.attribute("shared_secret")
    );
}

#[tokio::test]
async fn every_topic_is_listed_once() {
    let house = House::open().await;
    let integration = house.integration().await;
    let mut names = Vec::new();
    for page in 1.. {
        let answer = integration
            .get(&format!(
                "/api/events?page[size]=25&page[number]={page}&sort=name"
            ))
            .await
            .expect(200);
        let rows = answer.body["data"].as_array().unwrap().clone();
        if rows.is_empty() {
            break;
        }
        names.extend(
            rows.iter()
                .map(|row| row["attributes"]["name"].as_str().unwrap().to_owned()),
        );
    }
    let expected: Vec<&str> = kassa_gateway::webhooks::topics::TOPICS
        .iter()
        .map(|topic| topic.name)
        .collect();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_sales_channel_sees_no_webhook() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    for path in ["/api/webhooks", "/api/events", "/api/event_callbacks"] {
        guest.get(path).await.error(401, "UNAUTHORIZED");
    }
    guest
        .create("webhooks", webhook(json!({})), json!({}))
        .await
        .error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn an_external_gateway_that_could_never_be_called_is_refused() {
    let house = House::open().await;
    let integration = house.integration().await;
    for (name, value) in [
        ("authorize_url", json!("https://10.0.0.1/pay")),
        ("capture_url", json!("ftp://pay.example.com/")),
        ("external_includes", json!(["nothing"])),
    ] {
        let mut attributes = json!({"name": "Own"});
        attributes[name] = value;
        let answer = integration
            .create("external_gateways", attributes, json!({}))
            .await;
        let error = answer.error(422, "VALIDATION_ERROR");
        assert_eq!(
            error["source"]["pointer"],
            format!("/data/attributes/{name}")
        );
    }
    let good = json!({"name": "Own", "authorize_url": "https://pay.example.com/authorize"});
    let answer = integration
        .create("external_gateways", good, json!({}))
        .await
        .expect(201);
    assert_eq!(answer.attribute("circuit_failure_count"), 0);
}
