//! Codes, assertions and roles: how webapps come in, and how somebody speaks for another.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Request, header};
use kassa_gateway::provision::{self, ApplicationPlan};
use kassa_gateway::{ApplicationKind, Role};
use serde_json::{Value, json};

use crate::house::{Answer, House, Visitor, one};

const CALLBACK: &str = "https://app.example.com/callback?tenant=1";
const PASSWORD: &str = "correct horse battery";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Where an assertion names its owner.
const CLAIMS: &str = "https://commercelayer.io/claims";

/// A house with a webapp, a sales channel that has a secret, an admin and a user who may only read.
async fn furnished() -> House {
    let house = House::open().await;
    let add = async |kind, id: &str, redirect_uri| {
        let plan = ApplicationPlan {
            name: "Reports <b>",
            kind,
            client_id: id,
            client_secret: Some("s3cret"),
            role: Role::Admin,
            redirect_uri,
        };
        provision::application(&house.gateway, "acme", true, &plan)
            .await
            .unwrap();
    };
    let addresses = format!("https://other.example.com/ {CALLBACK}");
    add(ApplicationKind::Webapp, "webapp", Some(addresses.as_str())).await;
    add(ApplicationKind::SalesChannel, "channel", None).await;
    for (email, role) in [
        ("anna@example.com", Role::Admin),
        ("reader@example.com", Role::ReadOnly),
    ] {
        provision::user(&house.gateway, "acme", true, email, PASSWORD, role)
            .await
            .unwrap();
    }
    house
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(fields);
    encoded.finish()
}

/// The fields of an authorization request, some of them replaced.
fn asked<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "webapp"),
        ("redirect_uri", CALLBACK),
        ("state", "a&b"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

async fn page(house: &House, fields: &[(&str, &str)]) -> Answer {
    let request = Request::get(format!("/oauth/authorize?{}", form(fields)))
        .body(Body::empty())
        .unwrap();
    house.send(request).await
}

async fn decide(house: &House, fields: &[(&str, &str)]) -> Answer {
    let request = Request::post("/oauth/authorize")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form(fields)))
        .unwrap();
    house.send(request).await
}

/// What the webapp is sent in the address, by name.
fn sent(answer: &Answer, name: &str) -> Option<String> {
    assert_eq!(answer.status, 303, "{}", answer.text);
    let location = answer.headers[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with("https://app.example.com/callback?tenant=1&"));
    let query = location.split_once('?').unwrap().1;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// The code that `email` lets the webapp have.
async fn code(house: &House, email: &str, changes: &[(&str, &str)]) -> String {
    let mut fields = asked(changes);
    fields.extend([
        ("email", email),
        ("password", PASSWORD),
        ("decision", "allow"),
    ]);
    let answer = decide(house, &fields).await;
    assert_eq!(sent(&answer, "state").as_deref(), Some("a&b"));
    sent(&answer, "code").unwrap()
}

fn exchange(code: &str) -> Value {
    json!({
        "grant_type": "authorization_code", "client_id": "webapp", "client_secret": "s3cret",
        "code": code, "redirect_uri": CALLBACK,
    })
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    assert_eq!(answer.body["error"], code, "{}", answer.text);
    assert!(answer.body.get("access_token").is_none());
}

fn visitor<'a>(house: &'a House, issued: &Answer) -> Visitor<'a> {
    house.bearing(&issued.text_at("/access_token"))
}

fn claims(issued: &Answer) -> Value {
    let token = issued.text_at("/access_token");
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_user_lets_a_webapp_in_and_the_code_is_used_once() {
    let house = furnished().await;
    let question = page(&house, &asked(&[("scope", "market:code:EU")])).await;
    assert_eq!(question.status, 200, "{}", question.text);
    assert!(
        question.text.contains("Reports &#60;b&#62;"),
        "{}",
        question.text
    );
    assert!(question.text.contains("market:code:EU"));
    assert_eq!(question.headers[header::X_FRAME_OPTIONS], "DENY");
    let code = code(&house, "Anna@Example.com", &[]).await;
    let issued = house.ask_token(exchange(&code)).await.expect(200);
    assert_eq!(issued.body["expires_in"], 7_200);
    assert_eq!(issued.body["owner_type"], "user");
    assert_eq!(issued.body["scope"], "market:all");
    let said = claims(&issued);
    assert_eq!(said["application"]["kind"], "webapp");
    assert_eq!(said["application"]["confidential"], true);
    assert_eq!(said["owner"]["type"], "User");
    assert_eq!(said["owner"]["id"], issued.body["owner_id"]);
    let webapp = visitor(&house, &issued);
    webapp.get("/api/orders").await.expect(200);
    refused(&house.ask_token(exchange(&code)).await, "invalid_grant");
    let refresh = json!({
        "grant_type": "refresh_token", "client_id": "webapp", "client_secret": "s3cret",
        "refresh_token": issued.text_at("/refresh_token"),
    });
    let next = house.ask_token(refresh).await.expect(200);
    assert_eq!(next.body["owner_id"], issued.body["owner_id"]);
    visitor(&house, &next).get("/api/orders").await.expect(200);
}

#[tokio::test]
async fn a_code_serves_its_client_its_address_and_its_ten_minutes_only() {
    let house = furnished().await;
    let anna = "anna@example.com";
    let fresh = code(&house, anna, &[]).await;
    for (name, value, error) in [
        (
            "redirect_uri",
            json!("https://other.example.com/"),
            "invalid_grant",
        ),
        ("redirect_uri", Value::Null, "invalid_grant"),
        ("client_secret", json!("wrong"), "invalid_client"),
        ("client_secret", Value::Null, "invalid_client"),
        ("code", json!("unknown"), "invalid_grant"),
        ("code", Value::Null, "invalid_request"),
        ("code_verifier", json!(VERIFIER), "invalid_grant"),
    ] {
        let mut body = exchange(&fresh);
        body[name] = value;
        refused(&house.ask_token(body).await, error);
    }
    house.machine.advance(10 * 60 - 1);
    house.ask_token(exchange(&fresh)).await.expect(200);
    let late = code(&house, anna, &[]).await;
    house.machine.advance(10 * 60);
    refused(&house.ask_token(exchange(&late)).await, "invalid_grant");
}

#[tokio::test]
async fn a_challenge_asks_for_its_verifier() {
    let house = furnished().await;
    let changes = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let code = code(&house, "anna@example.com", &changes).await;
    refused(&house.ask_token(exchange(&code)).await, "invalid_grant");
    let mut body = exchange(&code);
    body["code_verifier"] = json!(CHALLENGE);
    refused(&house.ask_token(body.clone()).await, "invalid_grant");
    body["code_verifier"] = json!(VERIFIER);
    house.ask_token(body).await.expect(200);
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let house = furnished().await;
    for change in [
        ("redirect_uri", "https://app.example.com/callback"),
        (
            "redirect_uri",
            "https://app.example.com/callback?tenant=1&x=2",
        ),
        ("redirect_uri", "https://evil.example.com/"),
        ("redirect_uri", ""),
        ("client_id", "nobody"),
        ("client_id", ""),
        ("client_id", "channel"),
    ] {
        let answer = page(&house, &asked(&[change])).await;
        assert_eq!(answer.status, 400, "{change:?}: {}", answer.text);
        assert!(!answer.headers.contains_key(header::LOCATION), "{change:?}");
        assert!(!answer.text.contains("<form"), "{change:?}");
    }
    for (change, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "market:code:XX"), "invalid_scope"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "S512"), "invalid_request"),
    ] {
        let answer = page(&house, &asked(&[change])).await;
        assert_eq!(sent(&answer, "error").as_deref(), Some(error), "{change:?}");
        assert_eq!(sent(&answer, "state").as_deref(), Some("a&b"));
    }
}

#[tokio::test]
async fn without_the_right_password_there_is_no_code() {
    let house = furnished().await;
    for (email, password) in [
        ("anna@example.com", "a guess"),
        ("anna@example.com", ""),
        ("nobody@example.com", PASSWORD),
        // Customers of the shop are nobody's users.
        (
            house.access.customer_email.as_str(),
            &house.access.customer_password,
        ),
    ] {
        let mut fields = asked(&[]);
        fields.extend([
            ("email", email),
            ("password", password),
            ("decision", "allow"),
        ]);
        let answer = decide(&house, &fields).await;
        assert_eq!(answer.status, 401, "{email}");
        assert!(answer.text.contains("role=\"alert\""), "{}", answer.text);
        assert!(password.is_empty() || !answer.text.contains(password));
    }
    let mut fields = asked(&[]);
    fields.push(("decision", "refuse"));
    let answer = decide(&house, &fields).await;
    assert_eq!(sent(&answer, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_webapp_may_what_its_user_may() {
    let house = furnished().await;
    let code = code(&house, "reader@example.com", &[]).await;
    let issued = house.ask_token(exchange(&code)).await.expect(200);
    let reader = visitor(&house, &issued);
    let list = reader.get("/api/customer_groups").await.expect(200);
    assert_eq!(list.body["meta"]["record_count"], 0);
    let tried = reader
        .create("customer_groups", json!({"name": "Friends"}), json!({}))
        .await;
    tried.error(401, "UNAUTHORIZED");
    let order = house.guest("EU").await.cart().await;
    for method in [Method::PATCH, Method::DELETE] {
        let body =
            json!({"data": {"type": "orders", "id": order, "attributes": {"reference": "x"}}});
        let place = format!("/api/orders/{order}");
        let answer = reader.call(method, &place, Some(body)).await;
        answer.error(401, "UNAUTHORIZED");
    }
}

fn assertion(payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": "HS512", "typ": "JWT"});
    let text = format!("{}.{}", part(&header), part(payload));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA512, b"cl");
    let tag = aws_lc_rs::hmac::sign(&key, text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn on_behalf(kind: &str, id: &str) -> Value {
    json!({
        "grant_type": JWT_BEARER, "client_id": "channel", "client_secret": "s3cret",
        "scope": "market:code:EU",
        "assertion": assertion(&json!({"iat": 1, CLAIMS: {
            "owner": {"type": kind, "id": id}, "custom_claim": {"tier": "gold"},
        }})),
    })
}

#[tokio::test]
async fn a_sales_channel_with_a_secret_speaks_for_a_customer() {
    let house = furnished().await;
    let login = house.customer().await;
    let own = login.get("/api/customers").await.expect(200);
    let id = own.text_at("/data/0/id");
    let issued = house
        .ask_token(on_behalf("Customer", &id))
        .await
        .expect(200);
    assert_eq!(issued.body["owner_id"], id.as_str());
    assert_eq!(issued.body["owner_type"], "customer");
    let said = claims(&issued);
    assert_eq!(said["custom_claim"], json!({"tier": "gold"}));
    assert_eq!(said["application"]["kind"], "sales_channel");
    let customer = visitor(&house, &issued);
    let seen = customer.get(&format!("/api/customers/{id}")).await;
    seen.expect(200);
    let refresh = json!({
        "grant_type": "refresh_token", "client_id": "channel",
        "refresh_token": issued.text_at("/refresh_token"),
    });
    let next = house.ask_token(refresh).await.expect(200);
    assert_eq!(claims(&next)["custom_claim"], json!({"tier": "gold"}));
}

#[tokio::test]
async fn an_assertion_is_believed_for_the_clients_secret_only() {
    let house = furnished().await;
    let login = house.customer().await;
    let id = login
        .get("/api/customers")
        .await
        .expect(200)
        .text_at("/data/0/id");
    for (name, value, error) in [
        ("client_secret", Value::Null, "invalid_client"),
        ("client_secret", json!("wrong"), "invalid_client"),
        // The demo's sales channel has no secret, so nothing could prove who it is.
        (
            "client_id",
            json!(house.access.sales_channel_id),
            "invalid_client",
        ),
        ("assertion", Value::Null, "invalid_request"),
        ("assertion", json!("a.b.c"), "invalid_grant"),
        ("assertion", json!("x".repeat(4_097)), "invalid_grant"),
        ("scope", json!("market:code:XX"), "invalid_scope"),
    ] {
        let mut body = on_behalf("Customer", &id);
        body[name] = value;
        refused(&house.ask_token(body).await, error);
    }
    for (kind, id) in [("Customer", "nobody"), ("User", id.as_str())] {
        refused(&house.ask_token(on_behalf(kind, id)).await, "invalid_grant");
    }
}

#[tokio::test]
async fn a_client_uses_the_grants_of_its_kind() {
    let house = furnished().await;
    let password = json!({
        "grant_type": "password", "client_id": house.access.integration_id,
        "client_secret": house.access.integration_secret,
        "username": house.access.customer_email, "password": house.access.customer_password,
    });
    let credentials = json!({
        "grant_type": "client_credentials", "client_id": "webapp", "client_secret": "s3cret",
    });
    let code = json!({
        "grant_type": "authorization_code", "client_id": house.access.sales_channel_id, "code": "x",
    });
    let mut behalf = on_behalf("Customer", "x");
    behalf["client_id"] = json!(house.access.integration_id);
    behalf["client_secret"] = json!(house.access.integration_secret);
    for body in [password, credentials, code, behalf] {
        refused(&house.ask_token(body).await, "unauthorized_client");
    }
    // The secret of a sales channel is for speaking on behalf of others; guests come without it.
    let guest = |secret: Value| {
        house.ask_token(json!({
            "grant_type": "client_credentials", "client_id": "channel", "client_secret": secret,
            "scope": "market:code:EU",
        }))
    };
    guest(Value::Null).await.expect(200);
    refused(&guest(json!("wrong")).await, "invalid_client");
}

#[tokio::test]
async fn a_stock_location_or_a_store_in_the_scope_is_all_the_stock_there_is() {
    let house = House::open().await;
    let integration = house.integration().await;
    let model = integration
        .get("/api/markets?filter[q][code_eq]=EU&include=inventory_model.inventory_stock_locations.stock_location")
        .await
        .expect(200);
    let places = model.included("stock_locations");
    let place = places[0]["id"].as_str().unwrap();
    let narrow = house
        .ask_token(json!({
            "grant_type": "client_credentials", "client_id": house.access.sales_channel_id,
            "scope": format!("market:code:EU stock_location:id:{place}"),
        }))
        .await
        .expect(200);
    assert_eq!(
        claims(&narrow)["market"]["stock_location_ids"],
        json!([place])
    );
    let seen = visitor(&house, &narrow)
        .get("/api/stock_locations")
        .await
        .expect(200);
    assert_eq!(seen.body["meta"]["record_count"], 1);
    assert_eq!(seen.text_at("/data/0/id"), place);
    let market = &house.access.markets["EU"];
    let store = json!({"name": "Corner", "code": "CORNER"});
    let parts =
        json!({"market": one("markets", market), "stock_location": one("stock_locations", place)});
    integration.create("stores", store, parts).await.expect(201);
    let corner = house
        .ask_token(json!({
            "grant_type": "client_credentials", "client_id": house.access.sales_channel_id,
            "scope": "store:code:CORNER",
        }))
        .await
        .expect(200);
    assert_eq!(corner.body["scope"], "store:code:CORNER");
    assert_eq!(claims(&corner)["market"]["id"], json!([market]));
    assert_eq!(
        claims(&corner)["market"]["stock_location_ids"],
        json!([place])
    );
    let lonely = house
        .ask_token(json!({
            "grant_type": "client_credentials", "client_id": house.access.integration_id,
            "client_secret": house.access.integration_secret,
            "scope": format!("stock_location:id:{place}"),
        }))
        .await;
    refused(&lonely, "invalid_scope");
    assert_eq!(lonely.status, 400);
}
