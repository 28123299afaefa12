//! The demo shop: static files under `/shop`, and the configuration its scripts read.
//!
//! Invariant: nothing here is special. The shop gets a public client id per market and the address of the payment script,
//! as any front end would, and talks to the public API alone.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, response::Redirect};
use rust_embed::RustEmbed;
use serde_json::{Map, Value, json};

use crate::demo::ready::Ready;

/// Where the sandbox serves the script that shops embed.
const SDK_PATH: &str = "/kp/lib/v1/api.js";

/// The market that the shop opens with comes first; markets not named here follow by code.
const MARKET_ORDER: [&str; 4] = ["EU", "US", "UK", "SE"];

#[derive(RustEmbed)]
#[folder = "../../web/shop"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.css"]
struct Files;

/// Routes of the shop, for the demo that `ready` describes.
pub fn router(ready: &Ready) -> Router {
    let config = config(ready);
    let policy = policy(&ready.sandbox_url);
    let index = policy.clone();
    Router::new()
        .route("/", get(async || Redirect::temporary("/shop")))
        .route("/shop", get(async move || file("index.html", &index)))
        .route("/shop/", get(async || Redirect::temporary("/shop")))
        .route(
            "/shop/config.json",
            get(async move || no_store(config.clone())),
        )
        .route(
            "/shop/{*path}",
            get(async move |Path(path): Path<String>| file(&path, &policy)),
        )
}

/// What the shop's scripts have to know: one public client per market, the payment script, the organization.
fn config(ready: &Ready) -> Value {
    let named = MARKET_ORDER
        .iter()
        .copied()
        .filter(|code| ready.markets.contains_key(*code));
    let others = ready
        .markets
        .keys()
        .map(String::as_str)
        .filter(|code| !MARKET_ORDER.contains(code));
    let sales_channels: Map<String, Value> = named
        .chain(others)
        .filter_map(|code| {
            let market = ready.markets.get(code)?;
            let channel = json!({
                "client_id": ready.sales_channel.client_id,
                "scope": format!("market:id:{market}"),
            });
            Some((code.to_owned(), channel))
        })
        .collect();
    json!({
        "organization": ready.organization,
        "sales_channels": sales_channels,
        "sdk_url": format!("{}{SDK_PATH}", ready.sandbox_url),
    })
}

/// The shop keeps to itself and to the origin of the payment script: the least that an integration needs.
fn policy(sandbox_url: &str) -> HeaderValue {
    let text = format!(
        "default-src 'self'; script-src 'self' {sandbox_url}; frame-src {sandbox_url}; img-src 'self' data:; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("default-src 'self'"))
}

fn file(path: &str, policy: &HeaderValue) -> Response {
    let Some(file) = Files::get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let media_type = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "application/octet-stream",
    };
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The payment window must be able to answer its opener.
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin-allow-popups"));
    response
}

fn no_store(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::demo::ready::{Customer, Integration, Klarna, SalesChannel};

    fn ready() -> Ready {
        let text = str::to_owned;
        let markets = [("SE", "aaa"), ("EU", "bbb"), ("XX", "ccc")];
        Ready {
            gateway_url: text("http://127.0.0.1:8080"),
            sandbox_url: text("http://127.0.0.1:8090"),
            organization: text("acme"),
            domain: text("localhost"),
            sales_channel: SalesChannel {
                client_id: text("public"),
                scope: text("market:id:bbb"),
            },
            integration: Integration {
                client_id: text("i"),
                client_secret: text("s"),
            },
            customer: Customer {
                email: text("jane@example.com"),
                password: text("p"),
            },
            klarna: Klarna {
                username: text("u"),
                password: text("p"),
                api_key: text("k"),
            },
            markets: markets
                .iter()
                .map(|(code, id)| (text(code), text(id)))
                .collect::<BTreeMap<_, _>>(),
            skus: Vec::new(),
        }
    }

    async fn fetch(path: &str) -> Response {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router(&ready()).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn the_configuration_names_a_channel_per_market_and_the_script() {
        let body = fetch("/shop/config.json")
            .await
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes();
        let config: Value = serde_json::from_slice(&body).unwrap();
        let channels = config["sales_channels"].as_object().unwrap();
        assert_eq!(channels.keys().collect::<Vec<_>>(), ["EU", "SE", "XX"]);
        assert_eq!(
            channels["SE"],
            json!({"client_id": "public", "scope": "market:id:aaa"})
        );
        assert_eq!(config["sdk_url"], "http://127.0.0.1:8090/kp/lib/v1/api.js");
        assert!(!body.windows(6).any(|part| part == b"secret"));
    }

    #[tokio::test]
    async fn the_shop_is_served_with_a_policy_that_lets_only_the_payment_script_in() {
        let response = fetch("/shop").await;
        assert_eq!(response.status(), StatusCode::OK);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.contains("script-src 'self' http://127.0.0.1:8090;"));
        for path in [
            "/shop/main.js",
            "/shop/checkout/klarna.js",
            "/shop/style.css",
        ] {
            assert_eq!(fetch(path).await.status(), StatusCode::OK, "{path}");
        }
        assert_eq!(
            fetch("/shop/../Cargo.toml").await.status(),
            StatusCode::NOT_FOUND
        );
    }
}
