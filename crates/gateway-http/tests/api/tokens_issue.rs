//! The token endpoint.

use axum::body::Body;
use base64::Engine;
use http::{Request, header};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn json_and_form_mean_the_same() {
    let house = House::open().await;
    let client = &house.access.sales_channel_id;
    let answer = house
        .ask_token(json!({"grant_type": "client_credentials", "client_id": client, "scope": "market:code:EU"}))
        .await
        .expect(200);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 14_400);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert!(answer.body.get("refresh_token").is_none());
    let form = format!("grant_type=client_credentials&client_id={client}&scope=market%3Acode%3AEU");
    let request = Request::post("/oauth/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    house.send(request).await.expect(200);
}

/// A form with an `Authorization` header.
fn form(authorization: &str, body: &str) -> Request<Body> {
    Request::post("/oauth/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, authorization)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn basic(id: &str, secret: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    format!("Basic {pair}")
}

#[tokio::test]
async fn a_client_may_authenticate_by_http_basic() {
    let house = House::open().await;
    let (id, secret) = (
        house.access.integration_id.clone(),
        house.access.integration_secret.clone(),
    );
    let grant = "grant_type=client_credentials";
    let same = format!("{grant}&client_id={id}");
    for body in [grant, same.as_str()] {
        let answer = house.send(form(&basic(&id, &secret), body)).await;
        assert_eq!(answer.expect(200).body["expires_in"], 7_200, "{body}");
    }
    let shop = basic(&house.access.sales_channel_id, "");
    house
        .send(form(&shop, &format!("{grant}&scope=market:code:EU")))
        .await
        .expect(200);
    for wrong in [
        basic(&id, "wrong"),
        "Bearer x".to_owned(),
        "Basic x".to_owned(),
    ] {
        let answer = house.send(form(&wrong, grant)).await;
        assert_eq!(answer.status, 401, "{wrong}: {}", answer.text);
        assert_eq!(answer.body["error"], "invalid_client");
        let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Basic "), "{challenge}");
    }
    for (body, named) in [
        (format!("{grant}&client_secret={secret}"), "client_secret"),
        (format!("{grant}&client_id=other"), "client_id"),
        (format!("{grant}&{grant}"), "grant_type"),
    ] {
        let answer = house.send(form(&basic(&id, &secret), &body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.body["error"], "invalid_request", "{body}");
        let detail = answer.text_at("/error_description");
        assert!(
            detail.starts_with(named) && !detail.contains(&secret),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn a_scope_may_be_a_list() {
    let house = House::open().await;
    let market = house.access.markets["EU"].clone();
    let scope = format!("market:id:{market}");
    let ask = |scope: serde_json::Value| {
        house.ask_token(json!({
            "grant_type": "client_credentials", "client_id": house.access.sales_channel_id, "scope": scope,
        }))
    };
    let answer = ask(json!([scope])).await.expect(200);
    assert_eq!(answer.text_at("/scope"), scope);
    let both = ask(json!([scope, "market:code:US"])).await.expect(200);
    assert_eq!(both.text_at("/scope"), format!("{scope} market:code:US"));
    for wrong in [json!([1]), json!({"market": "EU"}), json!(7)] {
        let answer = ask(wrong.clone()).await;
        assert_eq!(answer.status, 400, "{wrong}");
        let detail = answer.text_at("/error_description");
        assert!(detail.starts_with("scope must be text"), "{detail}");
    }
}

#[tokio::test]
async fn refusals_have_the_published_shape() {
    let house = House::open().await;
    let client = house.access.sales_channel_id.clone();
    for (body, status, code) in [
        (
            json!({"grant_type": "client_credentials", "client_id": "unknown", "scope": "market:code:EU"}),
            401,
            "invalid_client",
        ),
        (
            json!({"grant_type": "client_credentials", "client_id": client, "scope": "market:code:XX"}),
            400,
            "invalid_scope",
        ),
        (
            json!({"grant_type": "magic", "client_id": client}),
            400,
            "unsupported_grant_type",
        ),
        (
            json!({"grant_type": "client_credentials", "client_id": 7}),
            400,
            "invalid_request",
        ),
        (json!([]), 400, "invalid_request"),
        (
            json!({"grant_type": "password", "client_id": client, "scope": "market:code:EU",
                "username": "customer@example.com", "password": "wrong"}),
            400,
            "invalid_grant",
        ),
        (
            json!({"grant_type": "refresh_token", "client_id": client, "refresh_token": "wrong"}),
            400,
            "invalid_grant",
        ),
    ] {
        let text = body.to_string();
        let answer = house.ask_token(body).await;
        assert_eq!(answer.status, status, "{text}: {}", answer.text);
        let error = &answer.body["errors"][0];
        assert_eq!(error["code"], code, "{text}");
        assert_eq!(error["status"], status, "{text}");
        assert!(
            error["title"].is_string() && error["detail"].is_string() && error["meta"].is_object()
        );
        assert_eq!(answer.body["error"], code);
    }
}

#[tokio::test]
async fn a_customer_refreshes_a_token_once() {
    let house = House::open().await;
    let client = house.access.sales_channel_id.clone();
    let login = house
        .ask_token(json!({
            "grant_type": "password", "client_id": client, "scope": "market:code:EU",
            "username": house.access.customer_email, "password": house.access.customer_password,
        }))
        .await
        .expect(200);
    assert_eq!(login.body["owner_type"], "customer");
    let refresh = json!({
        "grant_type": "refresh_token", "client_id": client, "refresh_token": login.text_at("/refresh_token"),
    });
    house.ask_token(refresh.clone()).await.expect(200);
    assert_eq!(house.ask_token(refresh).await.status, 400);
}

#[tokio::test]
async fn a_revoked_token_is_invalid() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    guest.get("/api/organization").await.expect(200);
    let request = Request::post("/oauth/revoke")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(
            json!({"client_id": house.access.sales_channel_id, "token": guest.token}).to_string(),
        ))
        .unwrap();
    let answer = house.send(request).await.expect(200);
    assert_eq!(answer.body, json!({}));
    guest
        .get("/api/organization")
        .await
        .error(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn the_published_key_has_the_kid_of_the_tokens() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let header = guest.token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(header)
        .unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["alg"], "RS512");
    let request = Request::get("/.well-known/jwks.json")
        .body(Body::empty())
        .unwrap();
    let keys = house.send(request).await.expect(200);
    assert_eq!(keys.body["keys"][0]["kid"], header["kid"]);
}

#[tokio::test]
async fn another_organizations_host_refuses_the_token() {
    let house = House::open().await;
    let guest = house.guest("EU").await.at("other.kassa.test");
    guest
        .get("/api/organization")
        .await
        .error(401, "UNAUTHORIZED");
}
