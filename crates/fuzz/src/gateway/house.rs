//! A gateway with a shop in it, and the sandbox that it takes for Klarna, on the thread that fuzzes.
//!
//! Invariant: built anew after a number of inputs, so that the same inputs in the same order meet the same state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kassa_dashboard::DashboardOptions;
use kassa_environment::{BusinessClock, Clock, Entropy, ManualClock, SeededEntropy};
use kassa_gateway::provision::DemoAccess;
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{Gateway, Settings};
use kassa_gateway_http::HttpOptions;
use kassa_klarna_client::{CallLimits, HttpKlarna, Transport, TransportError};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use kassa_storage_sqlite::{Options, SqliteStore};
use secrecy::SecretBox;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::template::template;
use crate::answer::{Answer, ask, block_on};

/// The database's file.
pub(super) const DATABASE: &str = "kassa.db";
/// The snapshot of the world at Klarna.
pub(super) const SNAPSHOT: &str = "as-it-began";
/// What stands in `Accept` and `Content-Type`.
pub(super) const JSON_API: &str = "application/vnd.api+json";

/// Inputs after which the gateway is built anew.
const REBUILD_AFTER: u32 = 256;

thread_local! {
    static HOUSE: RefCell<Option<House>> = const { RefCell::new(None) };
}

/// A gateway and everything around it.
pub(crate) struct House {
    pub(super) gateway: Arc<Gateway>,
    pub(super) access: DemoAccess,
    /// What the `{names}` in paths and seeds stand for.
    pub(super) names: BTreeMap<String, String>,
    router: Router,
    klarna: Klarna,
    inputs: u32,
    /// Removed when the house is: the last of all.
    folder: Option<TempDir>,
}

/// The sandbox behind the gateway, once its credentials are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Klarna(Arc<OnceLock<Router>>);

/// Forgets the gateway of this thread.
pub(crate) fn forget() {
    HOUSE.take();
}

/// Does something with the gateway of this thread; counts as one input.
pub(super) fn with<T>(work: impl AsyncFnOnce(&House) -> T) -> T {
    let kept = HOUSE.take().filter(|house| house.inputs < REBUILD_AFTER);
    let template = template();
    block_on(async {
        let mut house = match kept {
            Some(house) => house,
            None => House::rebuilt(template).await,
        };
        house.inputs += 1;
        let done = work(&house).await;
        // A panic on the way here leaves no house behind.
        HOUSE.set(Some(house));
        done
    })
}

impl House {
    async fn rebuilt(template: &super::template::Template) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        template.lay_out(folder.path());
        let (gateway, klarna) = Self::gateway(folder.path());
        klarna.put(Self::sandbox(&template.access));
        let names = template.names.clone();
        let mut house = Self::around(gateway, klarna, template.access.clone(), names);
        house.folder = Some(folder);
        let line = format!("/sandbox/v1/snapshots/{SNAPSHOT}");
        let request = house.klarna_request(Method::PUT, &line);
        let request = request.body(Body::from(template.world.clone()));
        let request = request.expect("a request");
        ask(house.klarna.router(), request).await.expect(201);
        let restore = format!("POST {line}/restore");
        house.at_klarna(&restore, Value::Null).await.expect(200);
        house
    }

    /// A gateway on the database in `folder`, in front of a Klarna that is still to come.
    pub(super) fn gateway(folder: &Path) -> (Arc<Gateway>, Klarna) {
        let machine: Arc<dyn Clock> = Arc::new(ManualClock::new(start()));
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(7));
        let store = SqliteStore::open(folder.join(DATABASE), Options::unsynchronised(), registry());
        let klarna = Klarna::default();
        let settings = Settings {
            domain: "kassa.test".to_owned(),
            public_url: "http://kassa.test".to_owned(),
            klarna_test_url: Some("http://klarna.test".to_owned()),
            master_key: SecretBox::new(Box::new([7; 32])),
        };
        let client = HttpKlarna::new(
            klarna.transport(),
            machine.clone(),
            entropy.clone(),
            CallLimits::default(),
        );
        let gateway = Gateway::new(
            Arc::new(store.expect("a database in a temporary folder opens")),
            Arc::new(client),
            Arc::new(BusinessClock::new(machine.clone(), 0)),
            machine,
            entropy,
            settings,
        );
        (Arc::new(gateway), klarna)
    }

    /// A sandbox that knows the shop's credentials.
    pub(super) fn sandbox(access: &DemoAccess) -> Router {
        let config = SandboxConfig {
            public_url: "http://klarna.test".to_owned(),
            credentials: vec![Credential {
                username: access.klarna_username.clone(),
                password: access.klarna_password.clone(),
                api_key: access.klarna_api_key.clone(),
                merchant_name: "Acme".to_owned(),
            }],
            ..SandboxConfig::default()
        };
        let clock = Arc::new(ManualClock::new(start()));
        let sandbox = Sandbox::open(config, clock, Arc::new(SeededEntropy::new(8)));
        sandbox.expect("a sandbox in memory opens").router()
    }

    pub(super) fn around(
        gateway: Arc<Gateway>,
        klarna: Klarna,
        access: DemoAccess,
        names: BTreeMap<String, String>,
    ) -> Self {
        let pages = kassa_dashboard::router(gateway.clone(), DashboardOptions::default());
        Self {
            router: kassa_gateway_http::router(gateway.clone(), HttpOptions::default())
                .merge(pages),
            gateway,
            access,
            names,
            klarna,
            inputs: 0,
            folder: None,
        }
    }

    /// What a name stands for; empty when nothing does.
    pub(super) fn name(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// The text with what its `{names}` stand for.
    pub(super) fn filled(&self, text: &str) -> String {
        self.names
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
    }

    /// A request of the shop's front end, to be finished.
    pub(super) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let host = match path.starts_with("/oauth") {
            true => "auth.kassa.test",
            false => "acme.kassa.test",
        };
        let (kind, token) = match path.starts_with("/api") {
            true => (JSON_API, self.name("guest")),
            false => ("application/json", self.name("integration")),
        };
        let builder = Request::builder()
            .method(method)
            .uri(path)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, kind);
        match path.starts_with("/oauth") {
            true => builder,
            false => builder.header(header::AUTHORIZATION, format!("Bearer {token}")),
        }
    }

    /// A call with a JSON body as the sales channel; `line` is `METHOD /path`.
    pub(super) async fn json(&self, line: &str, body: Value) -> Answer {
        let (method, path) = parts(line);
        let request = self.request(method, path).body(in_body(&body));
        ask(&self.router, request.expect("a sound request")).await
    }

    /// The same as the integration.
    pub(super) async fn as_integration(&self, line: &str, body: Value) -> Answer {
        let (method, path) = parts(line);
        let request = self.request(method, path).body(in_body(&body));
        let mut request = request.expect("a sound request");
        self.sign(&mut request, "integration");
        ask(&self.router, request).await
    }

    /// Puts the token of `whom` into a request.
    pub(super) fn sign(&self, request: &mut Request<Body>, whom: &str) {
        let bearer = format!("Bearer {}", self.name(whom));
        let bearer = bearer.parse().expect("a token fits into a header");
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
    }

    /// A call at Klarna as the merchant.
    pub(super) async fn at_klarna(&self, line: &str, body: Value) -> Answer {
        let (method, path) = parts(line);
        let request = self.klarna_request(method, path).body(in_body(&body));
        ask(self.klarna.router(), request.expect("a sound request")).await
    }

    fn klarna_request(&self, method: Method, path: &str) -> http::request::Builder {
        let DemoAccess {
            klarna_username,
            klarna_password,
            ..
        } = &self.access;
        let pair = STANDARD.encode(format!("{klarna_username}:{klarna_password}"));
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Basic {pair}"))
    }

    /// Sends a request that must be answered below 500; `what` names it for those who read of a failure.
    pub(super) async fn send(&self, what: &str, request: Request<Body>) -> Answer {
        ask(&self.router, request).await.below_500(what)
    }
}

impl Klarna {
    pub(super) fn put(&self, router: Router) {
        // It is put there once for each gateway.
        let _ = self.0.set(router);
    }

    fn router(&self) -> &Router {
        self.0.get().expect("the sandbox stands behind the gateway")
    }

    /// Bytes from the gateway to the sandbox, and back.
    fn transport(&self) -> Transport {
        let klarna = self.clone();
        Transport::new(tower::service_fn(move |request: Request<Bytes>| {
            let router = klarna.router().clone();
            async move {
                let Ok(response) = router.oneshot(request.map(Body::from)).await;
                let (parts, body) = response.into_parts();
                match body.collect().await {
                    Ok(body) => Ok(Response::from_parts(parts, body.to_bytes())),
                    Err(error) => Err(TransportError::Broken(error.to_string())),
                }
            }
        }))
    }
}

fn start() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

fn in_body(body: &Value) -> Body {
    match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    }
}

/// Method and path of `METHOD /path`.
pub(super) fn parts(line: &str) -> (Method, &str) {
    let (method, path) = line.split_once(' ').unwrap_or(("GET", line));
    (method.parse().expect("a method of HTTP"), path)
}
