//! Every code of the table is provoked once, over HTTP. A code without a way to provoke it fails.

use axum::body::Body;
use http::{Method, Request, header};
use kassa_gateway_http::{CODES, HttpOptions};
use kassa_storage::{Guard, Key, Put, Realm, Record, Scope};
use serde_json::{Value, json};

use crate::house::{Answer, House, JSON_API, Visitor, one};

#[tokio::test]
async fn every_code_is_answered_to_somebody() {
    let options = HttpOptions {
        body_limit_bytes: 20_000,
        ..HttpOptions::default()
    };
    let house = House::with(options).await;
    for known in CODES {
        let answer = if known.code.starts_with(char::is_lowercase) {
            refused_token(&house, known.code).await
        } else {
            provoked(&house, known.code).await
        };
        let error = &answer.body["errors"][0];
        assert_eq!(error["code"], known.code, "{}", answer.text);
        assert_eq!(answer.status, known.status, "{}", known.code);
        assert!(
            error["detail"].as_str().is_some_and(|text| text.len() > 10),
            "{}",
            answer.text
        );
        assert_eq!(
            error["meta"]["trace_id"],
            answer.headers["x-trace-id"].to_str().unwrap()
        );
        if known.code.starts_with(char::is_uppercase) {
            assert_eq!(error["status"], known.status.to_string(), "{}", known.code);
            assert_eq!(answer.headers[header::CONTENT_TYPE], JSON_API);
        } else {
            assert_eq!(error["status"], known.status, "{}", known.code);
        }
        if !matches!(known.code, "VALIDATION_ERROR") {
            assert_eq!(error["title"], known.title, "{}", known.code);
        }
    }
}

async fn provoked(house: &House, code: &str) -> Answer {
    let guest = house.guest("EU").await;
    let get = async |path: &str| guest.get(path).await;
    let post = async |data: Value| {
        let body = Some(json!({"data": data}));
        guest.call(Method::POST, "/api/orders", body).await
    };
    match code {
        "VALIDATION_ERROR" => guest.create("addresses", json!({}), json!({})).await,
        "UNAUTHORIZED" => get("/api/orders").await,
        "INVALID_TOKEN" => house.bearing("nonsense").get("/api/orders").await,
        "RECORD_NOT_FOUND" => get("/api/orders/doesNotExi").await,
        "INVALID_RESOURCE" => get("/api/nonsense").await,
        "INVALID_RESOURCE_ID" => get("/api/orders/%00").await,
        "INVALID_FIELD" => get("/api/skus?fields[skus]=colour").await,
        "INVALID_FIELD_VALUE" => {
            post(json!({"type": "orders", "attributes": {"guest": "yes"}})).await
        }
        "INVALID_FIELD_FORMAT" => get("/api/skus?fields=code").await,
        "INVALID_INCLUDE" => get("/api/skus?include=nothing").await,
        "INVALID_SORT_CRITERIA" => get("/api/skus?sort=inventory").await,
        "INVALID_FILTERS_SYNTAX" => get("/api/skus?filter[q][code_like]=x").await,
        "INVALID_FILTER_VALUE" => get("/api/skus?filter[q][created_at_gt]=soon").await,
        "FILTER_NOT_ALLOWED" => get("/api/skus?filter[q][inventory_eq]=1").await,
        "INVALID_PAGE_OBJECT" => get("/api/skus?page[cursor]=x").await,
        "INVALID_PAGE_VALUE" => get("/api/skus?page[size]=26").await,
        "INVALID_LINKS_OBJECT" => {
            post(json!({"type": "orders", "relationships": {"market": {"id": "a"}}})).await
        }
        "INVALID_DATA_FORMAT" => {
            guest
                .call(Method::POST, "/api/orders", Some(json!([])))
                .await
        }
        "PARAM_MISSING" => post(json!({})).await,
        "PARAM_NOT_ALLOWED" => get("/api/skus?limit=10").await,
        "KEY_NOT_INCLUDED_IN_URL" => {
            let order = guest.cart().await;
            let body = json!({"data": {"type": "orders", "id": "another"}});
            let path = format!("/api/orders/{order}");
            guest.call(Method::PATCH, &path, Some(body)).await
        }
        "TYPE_MISMATCH" => post(json!({"type": "skus"})).await,
        "METHOD_NOT_ALLOWED" => guest.call(Method::PUT, "/api/orders", None).await,
        "PAYLOAD_TOO_LARGE" => {
            post(json!({"type": "orders", "attributes": {"metadata": {"a": "x".repeat(20_000)}}}))
                .await
        }
        "NOT_ACCEPTABLE" => typed(&guest, Method::GET, header::ACCEPT).await,
        "UNSUPPORTED_MEDIA_TYPE" => typed(&guest, Method::POST, header::CONTENT_TYPE).await,
        "LOCKED" => locked(house).await,
        "TOO_MANY_REQUESTS" => {
            let strict = HttpOptions {
                rate_limits: "tokens=1".parse().unwrap(),
                ..HttpOptions::default()
            };
            let strict = House::with(strict).await;
            strict.ask_token(json!({})).await;
            strict.ask_token(json!({})).await
        }
        "INTERNAL_SERVER_ERROR" => unreadable(house).await,
        "SERVICE_UNAVAILABLE" => crowded(house, &guest).await,
        other => panic!("{other} is in the table and nothing here provokes it"),
    }
}

/// A request in another media type.
async fn typed(guest: &Visitor<'_>, method: Method, name: header::HeaderName) -> Answer {
    let mut request = guest
        .request(method, "/api/orders")
        .body(Body::from("{}"))
        .unwrap();
    let other = "application/json".parse().unwrap();
    request.headers_mut().insert(name, other);
    guest.house.send(request).await
}

/// A delete of what something else refers to.
async fn locked(house: &House) -> Answer {
    let back = house.integration().await;
    let market = &house.access.markets["EU"];
    let list = back.get(&format!("/api/markets/{market}/price_list")).await;
    back.delete(&format!("/api/price_lists/{}", list.expect(200).id()))
        .await
}

/// A row that another program spoilt.
async fn unreadable(house: &House) -> Answer {
    let guest = house.guest("EU").await;
    let (order, source) = guest.checkout().await;
    let back = house.integration().await;
    let seen = back.get(&format!("/api/orders/{order}")).await.expect(200);
    let realm = Realm::new(&seen.text_at("/meta/organization_id"), true);
    let scope = Scope::realm(realm.clone());
    let mut snapshot = house.gateway.snapshot(&scope).await.unwrap();
    let key = Key::new("klarna_payments", source.clone());
    let mut spoilt: Record = snapshot.record(&key).await.unwrap().unwrap();
    spoilt.body.insert("session_id".to_owned(), json!(7));
    let root = snapshot.record(&spoilt.root).await.unwrap().unwrap();
    let mut set = house.gateway.change_set(&realm);
    let guard = Guard::At(root.version);
    set.puts.push(Put {
        record: root,
        guard,
    });
    let guard = Guard::ByRoot;
    set.puts.push(Put {
        record: spoilt,
        guard,
    });
    house.gateway.commit_once(set).await.unwrap();
    let answer = back.get(&format!("/api/klarna_payments/{source}")).await;
    assert!(!answer.text.contains("session_id"), "{}", answer.text);
    answer
}

/// A request while the store has given out all its readers.
async fn crowded(house: &House, guest: &Visitor<'_>) -> Answer {
    let mut held = Vec::new();
    let key = Key::new("orders", "any");
    loop {
        let scope = Scope::realm(Realm::new("any", true));
        let mut snapshot = house.gateway.snapshot(&scope).await.unwrap();
        if snapshot.record(&key).await.is_err() {
            break;
        }
        held.push(snapshot);
    }
    let answer = guest.get("/api/skus").await;
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    answer
}

async fn refused_token(house: &House, code: &str) -> Answer {
    let access = &house.access;
    let back = |grant: &str| {
        json!({
            "grant_type": grant, "client_id": access.integration_id,
            "client_secret": access.integration_secret, "scope": "market:all",
        })
    };
    let body = match code {
        "invalid_request" => json!({}),
        "invalid_client" => json!({"client_id": "nobody", "grant_type": "client_credentials"}),
        "invalid_grant" => json!({
            "client_id": access.sales_channel_id, "grant_type": "refresh_token", "refresh_token": "x",
        }),
        "invalid_scope" => json!({
            "client_id": access.sales_channel_id, "grant_type": "client_credentials", "scope": "market:all",
        }),
        "unauthorized_client" => back("password"),
        "unsupported_grant_type" => back("magic"),
        other => panic!("{other} is in the table and nothing here provokes it"),
    };
    let answer = house.ask_token(body).await;
    assert_eq!(answer.body["error"], code);
    answer
}

#[tokio::test]
async fn a_relationship_that_must_be_there_is_named() {
    let house = House::open().await;
    let back = house.integration().await;
    let answer = back
        .create(
            "line_items",
            json!({"quantity": 1}),
            json!({"order": one("orders", "nobody")}),
        )
        .await;
    answer.error(422, "VALIDATION_ERROR");
    let request = Request::get("/api/orders")
        .header(header::HOST, "acme.kassa.test")
        .body(Body::empty())
        .unwrap();
    house.send(request).await.error(401, "INVALID_TOKEN");
}
