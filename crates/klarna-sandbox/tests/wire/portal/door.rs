//! Who gets in, and whose forms are taken.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use kassa_klarna_sandbox::SandboxConfig;
use serde_json::json;

use super::browser::{Browser, hidden, posted};
use crate::desk::{Desk, KEY, USER, basic, cart, config};

async fn anonymous(desk: &Desk, path: &str) -> crate::desk::Answer {
    desk.send(Request::get(path).body(Body::empty()).unwrap())
        .await
}

#[tokio::test]
async fn a_stranger_is_led_to_the_sign_in_page_and_back() {
    let desk = Desk::new();
    let answer = anonymous(&desk, "/portal/logs?q=abc").await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        "/portal/sign-in?next=%2Fportal%2Flogs%3Fq%3Dabc"
    );
    let page = anonymous(&desk, "/portal/sign-in?next=/portal/clock").await;
    assert_eq!(hidden(&page.text, "next"), ["/portal/clock"]);
    let elsewhere = anonymous(&desk, "/portal/sign-in?next=https://example.com/").await;
    assert_eq!(hidden(&elsewhere.text, "next"), ["/portal"]);
    let (request, body) = posted("/portal/clock/advance", &[("amount", "1")]);
    assert_eq!(desk.send(request.body(body).unwrap()).await.status, 401);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites() {
    let desk = Desk::new();
    let (request, body) = posted(
        "/portal/sign-in",
        &[("api_key", KEY), ("next", "/portal/clock")],
    );
    let answer = desk.send(request.body(body).unwrap()).await;
    assert_eq!(
        (answer.status, answer.header("location").as_str()),
        (303, "/portal/clock")
    );
    let cookie = answer.header("set-cookie");
    for flag in [
        "HttpOnly",
        "SameSite=Strict",
        "Path=/portal",
        "Max-Age=43200",
    ] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "the address is http: {cookie}");
    assert!(!cookie.contains(KEY) && !answer.text.contains(KEY));
}

#[tokio::test]
async fn wrong_credentials_open_nothing() {
    let desk = Desk::new();
    for fields in [
        [("username", USER), ("password", "wrong")],
        [("username", "nobody"), ("password", "")],
        [("api_key", "klarna_test_api_wrong"), ("next", "/portal")],
    ] {
        let (request, body) = posted("/portal/sign-in", &fields);
        let answer = desk.send(request.body(body).unwrap()).await;
        assert_eq!(answer.status, 401, "{fields:?}");
        assert!(!answer.headers.contains_key("set-cookie"));
        assert!(answer.text.contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn signing_out_ends_copies_of_the_cookie_and_no_other_visit() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    let other = Browser::sign_in(&desk).await;
    let copy = Browser {
        desk: &desk,
        cookie: browser.cookie.clone(),
    };
    let csrf = copy.csrf().await;
    browser.done("/portal/sign-out", &[]).await;
    assert_eq!(copy.get("/portal").await.status, 303);
    let fields = [("csrf", csrf.as_str()), ("amount", "1"), ("unit", "days")];
    assert_eq!(
        copy.send("/portal/clock/advance", &fields).await.status,
        401
    );
    assert_eq!(other.get("/portal").await.status, 200);
    assert_eq!(
        Browser::sign_in(&desk).await.get("/portal").await.status,
        200
    );
}

#[tokio::test]
async fn a_visit_ends_by_signing_out_after_half_a_day_and_with_its_credentials() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    browser.page("/portal").await;
    let left = browser.act("/portal/sign-out", &[]).await;
    assert_eq!(left.header("location"), "/portal/sign-in");
    assert!(
        left.header("set-cookie")
            .starts_with("kassa_portal=; Path=/portal; Max-Age=0")
    );
    desk.clock.advance(12 * 3600);
    assert_eq!(browser.get("/portal").await.status, 303);

    // The same key: only the credentials differ.
    let kept = Browser::sign_in(&Desk::new()).await.cookie;
    let mut changed = config();
    changed.credentials[0].password = "another one".to_owned();
    for (config, status) in [(config(), 200), (changed, 303)] {
        let desk = Desk::open(config);
        let browser = Browser {
            desk: &desk,
            cookie: kept.clone(),
        };
        assert_eq!(browser.get("/portal").await.status, status);
    }
}

#[tokio::test]
async fn a_forged_cookie_opens_nothing() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    let value = browser
        .cookie
        .strip_prefix("kassa_portal=")
        .unwrap()
        .to_owned();
    let parts: Vec<&str> = value.split('.').collect();
    let other = Browser::sign_in_as(&desk, "UG999999_zz").await.cookie;
    let foreign = other
        .strip_prefix("kassa_portal=")
        .unwrap()
        .split('.')
        .next()
        .unwrap();
    for forged in [
        format!("{}.99999999999.{}.{}", parts[0], parts[2], parts[3]),
        format!("{foreign}.{}.{}.{}", parts[1], parts[2], parts[3]),
        format!("{}.{}.{}.", parts[0], parts[1], parts[2]),
        format!("{value}.more"),
        String::new(),
    ] {
        let forger = Browser {
            desk: &desk,
            cookie: format!("kassa_portal={forged}"),
        };
        assert_eq!(forger.get("/portal").await.status, 303, "{forged}");
    }
}

#[tokio::test]
async fn a_header_with_credentials_reads_and_never_changes() {
    let desk = Desk::new();
    let login = basic(&format!("{USER}:{}", crate::desk::PASSWORD));
    for header in [login.as_str(), &format!("Basic {KEY}")] {
        let request = Request::get("/portal/clock").header("authorization", header);
        let page = desk.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("method=\"post\""), "{}", page.text);
        let (request, body) = posted("/portal/clock/advance", &[("amount", "1"), ("csrf", "")]);
        let request = request.header("authorization", header).body(body).unwrap();
        assert_eq!(desk.send(request).await.status, 403);
    }
    let request = Request::get("/portal").header("authorization", "Basic d3Jvbmc6d3Jvbmc=");
    let refused = desk.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(refused.error().1, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_visit_and_a_page_of_ours() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    let other = Browser::sign_in(&desk).await.csrf().await;
    let own = browser.csrf().await;
    assert_ne!(own, other);
    let before = desk.get("/sandbox/v1/clock").await.member("now");
    for token in ["", "wrong", other.as_str()] {
        let fields = [("amount", "60"), ("unit", "seconds"), ("csrf", token)];
        let answer = browser.send("/portal/clock/advance", &fields).await;
        assert_eq!(answer.status, 403, "{token}");
        assert!(answer.text.contains("nothing was done"), "{}", answer.text);
    }
    for origin in ["http://attacker.example.com", "null"] {
        let fields = [
            ("amount", "60"),
            ("unit", "seconds"),
            ("csrf", own.as_str()),
        ];
        let (request, body) = posted("/portal/clock/advance", &fields);
        let request = request
            .header("cookie", &browser.cookie)
            .header("origin", origin);
        assert_eq!(
            desk.send(request.body(body).unwrap()).await.status,
            403,
            "{origin}"
        );
    }
    assert_eq!(desk.get("/sandbox/v1/clock").await.member("now"), before);
    browser
        .done(
            "/portal/clock/advance",
            &[("amount", "60"), ("unit", "seconds")],
        )
        .await;
    assert_ne!(desk.get("/sandbox/v1/clock").await.member("now"), before);
}

#[tokio::test]
async fn a_demo_with_one_world_stands_open_to_its_own_machine_alone() {
    let open = |worlds: usize, open_portal: bool| {
        let mut config = config();
        config.credentials.truncate(worlds);
        Desk::open(SandboxConfig {
            open_portal,
            ..config
        })
    };
    let ask = |peer: &str, host: &str, proxied: bool| {
        let mut request = Request::get("/portal").header("host", host);
        if proxied {
            request = request.header("x-forwarded-for", "10.0.0.7");
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    let here = || ask("127.0.0.1:5555", "127.0.0.1:8090", false);
    let desk = open(1, true);
    let page = desk.send(here()).await;
    assert_eq!(page.status, 200);
    let cookie = page.header("set-cookie");
    let browser = Browser {
        desk: &desk,
        cookie: cookie.split(';').next().unwrap().to_owned(),
    };
    browser
        .done(
            "/portal/clock/advance",
            &[("amount", "1"), ("unit", "hours")],
        )
        .await;

    for (desk, request) in [
        (open(1, false), here()),
        (open(2, true), here()),
        (open(1, true), ask("10.0.0.7:5555", "127.0.0.1:8090", false)),
        (
            open(1, true),
            ask("127.0.0.1:5555", "attacker.example.com", false),
        ),
        (open(1, true), ask("127.0.0.1:5555", "127.0.0.1:8090", true)),
    ] {
        assert_eq!(desk.send(request).await.status, 303);
    }
}

#[tokio::test]
async fn what_belongs_to_another_world_is_not_found() {
    let desk = Desk::new();
    let mut body = cart();
    body["merchant_urls"] = json!({"confirmation": "https://shop.example.com/thanks", "push": "https://shop.example.com/push"});
    let order = desk.order(&body).await;
    let session = desk.session(&cart()).await;
    let stranger = Browser::sign_in_as(&desk, "UG999999_zz").await;
    for path in [
        format!("/portal/orders/{order}"),
        format!("/portal/sessions/{session}"),
    ] {
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
    }
    for (path, fields) in [
        (format!("/portal/orders/{order}/capture"), [("amount", "1")]),
        (
            format!("/portal/sessions/{session}/shopper"),
            [("action", "approve")],
        ),
        (
            format!("/portal/tokens/{order}/status"),
            [("status", "CANCELLED")],
        ),
        ("/portal/deliveries/1/replay".to_owned(), [("a", "b")]),
    ] {
        assert_eq!(stranger.act(&path, &fields).await.status, 404, "{path}");
    }
    assert!(!stranger.page("/portal").await.contains(&order));
    assert!(
        !stranger
            .page(&format!("/portal/logs?q={order}"))
            .await
            .contains("/payments/v1")
    );
}
