//! A sandbox with one of everything in it, on the thread that fuzzes.
//!
//! Invariant: every few inputs the world is put back to how it began, and now and then the whole sandbox is built anew;
//! both by count, so that the same inputs in the same order meet the same state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, header};
use jiff::Timestamp;
use kassa_environment::{ManualClock, SeededEntropy};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use serde_json::{Value, json};

use super::seeds;
use crate::answer::{Answer, ask, ask_under_faults, block_on};

/// Inputs after which the world is put back.
const RESTORE_AFTER: u32 = 16;
/// Inputs after which the sandbox is built anew: what belongs to no world (flows, other worlds) would pile up.
const REBUILD_AFTER: u32 = 1024;

/// The snapshot that the world is put back to.
const START: &str = "as-it-began";

const USERNAME: &str = "PK00001_fuzz";
const PASSWORD: &str = "fuzz-password";
const API_KEY: &str = "klarna_test_api_fuzz";

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

/// A sandbox, and the names of what is in it.
pub(crate) struct Stage {
    router: Router,
    names: BTreeMap<&'static str, String>,
    inputs: u32,
}

/// Forgets the sandbox of this thread.
pub(crate) fn forget() {
    STAGE.take();
}

/// Does something with the sandbox of this thread; counts as one input.
pub(crate) fn with<T>(work: impl AsyncFnOnce(&Stage) -> T) -> T {
    let kept = STAGE.take().filter(|stage| stage.inputs < REBUILD_AFTER);
    block_on(async {
        let mut stage = match kept {
            Some(stage) => stage,
            None => Stage::build().await,
        };
        if stage.inputs % RESTORE_AFTER == 0 {
            stage.restore().await;
        }
        stage.inputs += 1;
        let done = work(&stage).await;
        // A panic on the way here leaves no stage behind.
        STAGE.set(Some(stage));
        done
    })
}

impl Stage {
    async fn build() -> Self {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let config = SandboxConfig {
            public_url: "http://klarna.test".to_owned(),
            credentials: vec![Credential {
                username: USERNAME.to_owned(),
                password: PASSWORD.to_owned(),
                api_key: API_KEY.to_owned(),
                merchant_name: "Fuzz".to_owned(),
            }],
            ..SandboxConfig::default()
        };
        let clock = Arc::new(ManualClock::new(start));
        let sandbox = Sandbox::open(config, clock, Arc::new(SeededEntropy::new(1)))
            .expect("a sandbox in memory opens");
        let mut stage = Self {
            router: sandbox.router(),
            names: BTreeMap::new(),
            inputs: 0,
        };
        stage.prepare().await;
        stage
            .call("POST /sandbox/v1/snapshots", json!({"name": START}))
            .await
            .expect(201);
        stage
    }

    /// Puts the world back; faults and log are gone, flows and other worlds stay.
    async fn restore(&self) {
        self.call("POST /sandbox/v1/reset", Value::Null)
            .await
            .expect(204);
        let line = format!("POST /sandbox/v1/snapshots/{START}/restore");
        self.call(&line, Value::Null).await.expect(200);
    }

    /// Makes one of everything that a path can name.
    async fn prepare(&mut self) {
        let open = self.session("buy").await;
        self.names.insert("session", open.text("/session_id"));
        self.names
            .insert("client_token", open.text("/client_token"));
        let authorization = self.approved("buy").await;
        self.names.insert("authorization", authorization);
        let tokenizing = self.approved("tokenize").await;
        self.names.insert("tokenizing", tokenizing);
        self.prepare_order().await;
        self.prepare_customer_token().await;
        self.prepare_page().await;
        self.prepare_portal().await;
        let flow = json!({"flow_id": "fuzz", "client_token": self.name("client_token")});
        self.call("POST /kp/api/flows", flow).await.expect(200);
        self.names.insert("flow", "fuzz".to_owned());
    }

    async fn prepare_order(&mut self) {
        let token = self.approved("buy").await;
        let line = format!("POST /payments/v1/authorizations/{token}/order");
        let placed = self.call(&line, seeds::cart("buy")).await.expect(200);
        self.names.insert("order", placed.text("/order_id"));
        let orders = "POST /ordermanagement/v1/orders/{order}";
        let capture = json!({"captured_amount": 5000});
        let captured = self.call(&format!("{orders}/captures"), capture).await;
        let id = captured.expect(201).header("capture-id");
        self.names.insert("capture", id);
        let refund = json!({"refunded_amount": 500});
        let refunded = self.call(&format!("{orders}/refunds"), refund).await;
        let id = refunded.expect(201).header("refund-id");
        self.names.insert("refund", id);
    }

    async fn prepare_customer_token(&mut self) {
        let token = self.approved("tokenize").await;
        let line = format!("POST /payments/v1/authorizations/{token}/customer-token");
        let made = self.call(&line, seeds::customer_token()).await.expect(200);
        self.names.insert("customer_token", made.text("/token_id"));
    }

    async fn prepare_page(&mut self) {
        let session = self.session("buy").await.text("/session_id");
        let url = format!("http://klarna.test/payments/v1/sessions/{session}");
        self.names.insert("payment_session_url", url.clone());
        let page = json!({"payment_session_url": url});
        let made = self.call("POST /hpp/v1/sessions", page).await.expect(201);
        self.names.insert("page", made.text("/session_id"));
        let last = |url: String| url.rsplit('/').next().unwrap_or_default().to_owned();
        self.names.insert("code", last(made.text("/redirect_url")));
        let standalone = made.text("/distribution_module/standalone_url");
        let standalone = standalone.split('?').next().unwrap_or_default();
        self.names
            .insert("distribution", last(standalone.to_owned()));
    }

    /// Signs in to the portal, for the forms that need a visit.
    async fn prepare_portal(&mut self) {
        let form = format!("username={USERNAME}&password={PASSWORD}");
        let request = self.request(Method::POST, "/portal/sign-in", FORM);
        let request = request.body(Body::from(form)).expect("a request");
        let entered = ask(&self.router, request).await.expect(303);
        let cookie = entered.header("set-cookie");
        let cookie = cookie.split(';').next().unwrap_or_default();
        self.names.insert("cookie", cookie.to_owned());
        let page = self.request(Method::GET, "/portal/clock", FORM);
        let page = page.body(Body::empty()).expect("a request");
        let page = ask(&self.router, page).await.expect(200);
        let page = String::from_utf8_lossy(&page.body).into_owned();
        let csrf = page
            .split_once("name=\"csrf\" value=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .expect("a form of the portal carries its token");
        self.names.insert("csrf", csrf.0.to_owned());
    }

    async fn session(&self, intent: &str) -> Answer {
        let line = "POST /payments/v1/sessions";
        self.call(line, seeds::cart(intent)).await.expect(200)
    }

    /// The authorization token of a session that the shopper approved.
    async fn approved(&self, intent: &str) -> String {
        let session = self.session(intent).await.text("/session_id");
        let line = format!("POST /sandbox/v1/sessions/{session}/shopper");
        let approved = self.call(&line, json!({"action": "approve"})).await;
        approved.expect(200).text("/authorization_token")
    }

    /// What a `{name}` in a path stands for.
    pub(crate) fn name(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// The text with what its `{names}` stand for.
    pub(crate) fn filled(&self, text: &str) -> String {
        self.names
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
    }

    /// A request to be finished: `path` is complete, `kind` is the content type.
    pub(crate) fn request(&self, method: Method, path: &str, kind: &str) -> http::request::Builder {
        let builder = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "klarna.test")
            .header(header::CONTENT_TYPE, kind);
        if path.starts_with("/portal") {
            return builder.header(header::COOKIE, self.name("cookie"));
        }
        let pair = STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
        builder.header(header::AUTHORIZATION, format!("Basic {pair}"))
    }

    /// A call with a JSON body; `line` is `METHOD /path`, with names.
    pub(crate) async fn call(&self, line: &str, body: Value) -> Answer {
        let (method, path) = parts(line);
        let request = self.request(method, &self.filled(path), JSON);
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        let request = request.body(body).expect("a path of the stage is sound");
        ask(&self.router, request).await
    }

    /// Sends a request that must be answered below 500; `what` names it for those who read of a failure.
    pub(crate) async fn send(&self, what: &str, request: Request<Body>) -> Answer {
        ask(&self.router, request).await.below_500(what)
    }

    /// Sends a request that faults may strike.
    pub(crate) async fn send_under_faults(&self, request: Request<Body>) {
        ask_under_faults(&self.router, request).await;
    }
}

/// Content types.
pub(crate) const JSON: &str = "application/json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Method and path of `METHOD /path`.
pub(crate) fn parts(line: &str) -> (Method, &str) {
    let (method, path) = line.split_once(' ').unwrap_or(("GET", line));
    let method = method.parse().expect("a method of HTTP");
    (method, path)
}
