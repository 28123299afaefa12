//! Everything at the gateway's door besides the API: tokens, Klarna's callbacks, the clock, and the headers of all.

use axum::body::Body;
use http::{HeaderName, Method, header};

use super::documents::is_json_api;
use super::house::{House, parts, with};
use crate::answer::Answer;
use crate::input;
use crate::input::texts;
use crate::parser::parsers;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

parsers! {
    token_json "JSON of POST /oauth/token" => |data| token("/oauth/token", JSON, data), token_documents();
    token_form "form of POST /oauth/token" => |data| token("/oauth/token", FORM, data), token_forms();
    token_scope "scope of POST /oauth/token" => scope,
        texts(["market:code:EU", "market:all", "market:id:x stock_location:code:y", "market:code:EU market:code:US", ""]);
    token_basic "header Authorization of POST /oauth/token" => basic, basics();
    token_revoke "JSON of POST /oauth/revoke" => |data| token("/oauth/revoke", JSON, data), revocations();
    bearer_token "header Authorization of the API" =>
        |data| header("GET /api/orders", "authorization", data), bearers();
    host "header Host" => |data| header("GET /api/skus", "host", data),
        texts(["acme.kassa.test", "ACME.kassa.test:8443", "auth.kassa.test", "[::1]:8080", "a.b.kassa.test", ".", ":"]);
    forwarded_host "header X-Forwarded-Host" => |data| header("GET /api/skus", "x-forwarded-host", data),
        texts(["acme.kassa.test, inner", "a/b?c", "other.kassa.test"]);
    forwarded_proto "header X-Forwarded-Proto" => |data| header("GET /api/skus", "x-forwarded-proto", data),
        texts(["https", "http, https", "gopher"]);
    accept "header Accept" => |data| header("GET /api/skus", "accept", data),
        texts(["application/vnd.api+json", "text/html, application/*;q=0.5", "*/*"]);
    content_type "header Content-Type" => |data| header("POST /api/orders", "content-type", data),
        texts(["application/vnd.api+json; charset=utf-8", "application/json", "text/plain"]);
    klarna_authorization "POST /klarna/authorizations/{source}/{ticket}" =>
        |data| called("/klarna/authorizations/{source}/{ticket}", data),
        texts([r#"{"authorization_token":"0b1d9815-165e-42e2-8867-35bc03789e00","session_id":"x"}"#]);
    klarna_notification "POST /klarna/notifications/{source}/{ticket}" =>
        |data| called("/klarna/notifications/{source}/{ticket}", data),
        texts([r#"{"order_id":"0b1d9815","event_type":"FRAUD_RISK_ACCEPTED"}"#, r#"{"order_id":"x","event_type":"NEW"}"#]);
    klarna_push "POST /klarna/pushes/{source}/{ticket}/{}" =>
        |data| called(&format!("/klarna/pushes/{{source}}/{{ticket}}/{}", input::value(data)), b""),
        texts(["0b1d9815-165e-42e2-8867-35bc03789e00", "x"]);
    klarna_ticket "POST /klarna/authorizations/{source}/{}" =>
        |data| called(&format!("/klarna/authorizations/{{source}}/{}", input::value(data)), b"{\"authorization_token\":\"x\"}"),
        tickets();
    gateway_clock "POST /kassa/v1/clock/advance" => |data| called("/kassa/v1/clock/advance", data),
        texts([r#"{"seconds":60}"#, r#"{"seconds":9223372036854775807}"#, r#"{"seconds":-1}"#]);
    gateway_reconcile "POST /kassa/v1/reconcile" => |data| called("/kassa/v1/reconcile", data),
        texts([r#"{"limit":5,"settled_days":30}"#, r#"{"after":"x"}"#, r#"{"order_id":"x"}"#, "{}"]);
    gateway_path "any method and path of the gateway" => path,
        texts(["GET /api/orders", "DELETE /api/skus/x", "HEAD /openapi.json", "PUT /oauth/token", "GET /api//", "GET /livez?x"]);
}

/// Seeds with the shop's own credentials in them.
fn own(seeds: &[&str]) -> Vec<Vec<u8>> {
    with(async |house| texts(seeds.iter().map(|seed| house.filled(seed))))
}

fn token_documents() -> Vec<Vec<u8>> {
    own(&[
        r#"{"grant_type":"client_credentials","client_id":"{client_id}","scope":"market:code:EU"}"#,
        r#"{"grant_type":"client_credentials","client_id":"{secret_id}","client_secret":"{secret}","scope":["market:all"]}"#,
        r#"{"grant_type":"refresh_token","client_id":"{client_id}","refresh_token":"x"}"#,
        r#"{"grant_type":"urn:ietf:params:oauth:grant-type:jwt-bearer","client_id":"{client_id}","assertion":"a.b.c"}"#,
    ])
}

fn token_forms() -> Vec<Vec<u8>> {
    own(&[
        "grant_type=client_credentials&client_id={client_id}&scope=market%3Acode%3AEU",
        "grant_type=client_credentials&client_id={secret_id}&client_secret={secret}&other=1",
    ])
}

fn revocations() -> Vec<Vec<u8>> {
    own(&[
        r#"{"client_id":"{client_id}","token":"{guest}"}"#,
        r#"{"client_id":"{secret_id}","client_secret":"{secret}","token":"x"}"#,
    ])
}

fn bearers() -> Vec<Vec<u8>> {
    own(&[
        "Bearer {guest}",
        "bearer {integration}",
        "Bearer a.b.c",
        "Basic e30=",
    ])
}

fn tickets() -> Vec<Vec<u8>> {
    own(&["{ticket}", "x.test~wrong", "acme.test~"])
}

fn basics() -> Vec<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let pair = with(async |house| house.filled("{secret_id}:{secret}"));
    texts([
        format!("Basic {}", STANDARD.encode(pair)),
        "Basic e30=".to_owned(),
    ])
}

/// A token request; what is refused is refused in the words of OAuth, too.
fn token(path: &str, kind: &str, data: &[u8]) {
    with(async |house| {
        let request = house.request(Method::POST, path);
        let mut request = request
            .body(Body::from(data.to_vec()))
            .expect("a sound request");
        let kind = kind.parse().expect("a media type");
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        let answer = house.send(path, request).await;
        is_oauth(&answer);
    });
}

fn is_oauth(answer: &Answer) {
    match answer.status {
        200 => assert!(answer.document().is_object(), "a token is a JSON object"),
        _ => is_json_api(answer),
    }
}

fn scope(data: &[u8]) {
    let scope = String::from_utf8_lossy(data);
    let seed = with(async |house| house.filled("{client_id}"));
    let body =
        serde_json::json!({"grant_type": "client_credentials", "client_id": seed, "scope": scope});
    token("/oauth/token", JSON, body.to_string().as_bytes());
}

fn basic(data: &[u8]) {
    with(async |house| {
        let Some(value) = input::header(data) else {
            return;
        };
        let body = r#"{"grant_type":"client_credentials"}"#;
        let request = house
            .request(Method::POST, "/oauth/token")
            .body(Body::from(body));
        let mut request = request.expect("a sound request");
        request.headers_mut().insert(header::AUTHORIZATION, value);
        let answer = house.send("token_basic", request).await;
        is_oauth(&answer);
    });
}

fn header(line: &str, name: &'static str, data: &[u8]) {
    with(async |house| {
        let Some(value) = input::header(data) else {
            return;
        };
        let (method, path) = parts(line);
        let request = house.request(method, path).body(Body::from("{}"));
        let mut request = request.expect("a sound request");
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
        let answer = house.send(name, request).await;
        is_json_api(&answer);
    });
}

/// A call that Klarna or a developer makes.
fn called(path: &str, data: &[u8]) {
    with(async |house| {
        let request = house.request(Method::POST, &house.filled(path));
        let request = request.body(Body::from(data.to_vec()));
        let answer = house
            .send(path, request.expect("a path of encoded segments"))
            .await;
        if answer.status >= 400 {
            is_json_api(&answer);
        }
    });
}

/// `METHOD /path`, and a body on the lines below.
fn path(data: &[u8]) {
    let (line, body) = input::split_line(data);
    let mut words = line.splitn(2, |byte| *byte == b' ');
    let method = words.next().and_then(|word| Method::from_bytes(word).ok());
    let (Some(method), Some(target)) = (method, words.next()) else {
        return;
    };
    with(async |house: &House| {
        let Some(target) = input::uri(target) else {
            return;
        };
        let request = house
            .request(method, "/api")
            .body(Body::from(body.to_vec()));
        let Ok(mut request) = request else {
            return;
        };
        *request.uri_mut() = target;
        house.send("gateway_path", request).await;
    });
}
