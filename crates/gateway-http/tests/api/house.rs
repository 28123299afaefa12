//! A whole gateway in a test: seeded data, seeded ids, clocks that stand still, and a sandbox on a free port.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kassa_environment::{BusinessClock, Clock, Entropy, ManualClock, SeededEntropy};
use kassa_gateway::provision::{self, DemoAccess};
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{Gateway, Outward, Settings};
use kassa_gateway_http::{HttpOptions, document, router};
use kassa_klarna_client::HttpKlarna;
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use kassa_outbound::{Outbound, Targets};
use kassa_storage_sqlite::{Options, SqliteStore};
use secrecy::SecretBox;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// What stands in `Accept` and `Content-Type`.
pub const JSON_API: &str = "application/vnd.api+json";

/// Everything that one test needs.
pub struct House {
    pub gateway: Arc<Gateway>,
    pub access: DemoAccess,
    pub machine: Arc<ManualClock>,
    _sandbox: Arc<Sandbox>,
    router: Router,
    sandbox_router: Router,
    _folder: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

/// Somebody with a token.
pub struct Visitor<'a> {
    pub house: &'a House,
    pub token: String,
    host: String,
}

impl House {
    pub async fn open() -> Self {
        Self::with(HttpOptions::default()).await
    }

    /// A house whose Klarna does not answer.
    pub async fn without_klarna() -> Self {
        Self::built(
            HttpOptions::default(),
            Some("http://127.0.0.1:9".to_owned()),
        )
        .await
    }

    pub async fn with(options: HttpOptions) -> Self {
        Self::built(options, None).await
    }

    async fn built(options: HttpOptions, klarna: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .await
            .unwrap();
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let manual = Arc::new(ManualClock::new(start));
        let machine: Arc<dyn Clock> = manual.clone();
        let seeded = Arc::new(Reseeded::new(7));
        let entropy: Arc<dyn Entropy> = seeded.clone();
        let store = SqliteStore::open(
            folder.path().join("kassa.db"),
            Options::unsynchronised(),
            registry(),
        )
        .unwrap();
        let settings = Settings {
            domain: "kassa.test".to_owned(),
            public_url: "http://kassa.test".to_owned(),
            klarna_test_url: Some(
                klarna.unwrap_or_else(|| format!("http://{}", listener.local_addr().unwrap())),
            ),
            master_key: SecretBox::new(Box::new([7; 32])),
        };
        let gateway = Gateway::new(
            Arc::new(store),
            Arc::new(HttpKlarna::over_sockets(machine.clone(), entropy.clone())),
            Arc::new(BusinessClock::new(machine.clone(), 0)),
            machine.clone(),
            entropy,
            settings,
        );
        let gateway = Arc::new(gateway.reaching(Outward {
            outbound: Outbound::new(Targets::Loopback),
            render: document,
        }));
        let access = provision::demo(&gateway).await.unwrap();
        // Ids made from here on do not depend on how much the seed data drew.
        seeded.reseed(9);
        let sandbox = open_sandbox(&access, machine);
        let sandbox_router = sandbox.router();
        let served = sandbox_router.clone();
        tokio::spawn(async move { axum::serve(listener, served).await });
        Self {
            router: router(gateway.clone(), options),
            gateway,
            access,
            machine: manual,
            _sandbox: sandbox,
            sandbox_router,
            _folder: folder,
        }
    }

    /// The same door on a free port, for what only a connection shows.
    pub async fn on_a_port(&self) -> SocketAddr {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let service = self
            .router
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    }

    /// Sends any request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        read(self.router.clone(), request).await
    }

    /// A token of the sales channel of market `code`.
    pub async fn guest(&self, code: &str) -> Visitor<'_> {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": self.access.sales_channel_id,
            "scope": format!("market:code:{code}"),
        });
        self.visitor(body).await
    }

    /// A token of the customer in market EU.
    pub async fn customer(&self) -> Visitor<'_> {
        let body = json!({
            "grant_type": "password",
            "client_id": self.access.sales_channel_id,
            "scope": "market:code:EU",
            "username": self.access.customer_email,
            "password": self.access.customer_password,
        });
        self.visitor(body).await
    }

    /// A token of the integration.
    pub async fn integration(&self) -> Visitor<'_> {
        let (id, secret) = (&self.access.integration_id, &self.access.integration_secret);
        self.integration_of("acme", id, secret).await
    }

    /// A token of any integration.
    pub async fn integration_of(&self, slug: &str, id: &str, secret: &str) -> Visitor<'_> {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": id,
            "client_secret": secret,
        });
        self.visitor(body).await.at(&format!("{slug}.kassa.test"))
    }

    async fn visitor(&self, body: Value) -> Visitor<'_> {
        let answer = self.ask_token(body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.bearing(&answer.text_at("/access_token"))
    }

    /// Somebody with this access token.
    pub fn bearing(&self, token: &str) -> Visitor<'_> {
        Visitor {
            house: self,
            token: token.to_owned(),
            host: "acme.kassa.test".to_owned(),
        }
    }

    /// `POST /oauth/token` with a JSON body.
    pub async fn ask_token(&self, body: Value) -> Answer {
        let request = Request::post("/oauth/token")
            .header(header::HOST, "auth.kassa.test")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// What the shopper does in the widget of `session`, through the sandbox's control door.
    pub async fn shopper(&self, session: &str, action: &str) -> Value {
        let pair = format!(
            "{}:{}",
            self.access.klarna_username, self.access.klarna_password
        );
        let request = Request::post(format!("/sandbox/v1/sessions/{session}/shopper"))
            .header(
                header::AUTHORIZATION,
                format!("Basic {}", STANDARD.encode(pair)),
            )
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({"action": action}).to_string()))
            .unwrap();
        let answer = read(self.sandbox_router.clone(), request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body
    }

    /// A question to the sandbox as the merchant, such as reading an order.
    pub async fn klarna(&self, path: &str) -> Answer {
        let pair = format!(
            "{}:{}",
            self.access.klarna_username, self.access.klarna_password
        );
        let request = Request::get(path)
            .header(
                header::AUTHORIZATION,
                format!("Basic {}", STANDARD.encode(pair)),
            )
            .body(Body::empty())
            .unwrap();
        read(self.sandbox_router.clone(), request).await
    }
}

impl Visitor<'_> {
    /// The same visitor under another host name.
    pub fn at(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// POST of a new resource.
    pub async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> Answer {
        let body = json!({"data": {"type": kind, "attributes": attributes, "relationships": relationships}});
        self.call(Method::POST, &format!("/api/{kind}"), Some(body))
            .await
    }

    /// PATCH of a resource; `place` is `orders/aBc` or `orders/aBc?include=...`.
    pub async fn update(&self, place: &str, attributes: Value, relationships: Value) -> Answer {
        let (path, _) = place.split_once('?').unwrap_or((place, ""));
        let (kind, id) = path.split_once('/').unwrap();
        let body = json!({"data": {
            "type": kind, "id": id, "attributes": attributes, "relationships": relationships,
        }});
        self.call(Method::PATCH, &format!("/api/{place}"), Some(body))
            .await
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.house
            .send(self.request(method, path).body(body).unwrap())
            .await
    }

    /// A request as the published client sends it, without its body.
    pub fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.host.as_str())
            .header("x-forwarded-proto", "https")
            .header(header::ACCEPT, JSON_API)
            .header(header::CONTENT_TYPE, JSON_API)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }
}

impl Answer {
    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A text member of the body.
    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        match self.body.pointer(pointer).and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => panic!("nothing at {pointer} in {}", self.text),
        }
    }

    pub fn id(&self) -> String {
        self.text_at("/data/id")
    }

    /// An attribute of the primary resource.
    pub fn attribute(&self, name: &str) -> &Value {
        &self.body["data"]["attributes"][name]
    }

    /// Included resources of a type.
    pub fn included(&self, kind: &str) -> Vec<&Value> {
        let all = self.body["included"].as_array();
        all.into_iter()
            .flatten()
            .filter(|resource| resource["type"] == kind)
            .collect()
    }

    /// Linkage of a relationship of the primary resource; `None` when it has no `data` member.
    pub fn linkage(&self, name: &str) -> Option<&Value> {
        self.body["data"]["relationships"][name].get("data")
    }

    /// The first error, which must have this status and code.
    #[track_caller]
    pub fn error(&self, status: u16, code: &str) -> &Value {
        let error = &self.body["errors"][0];
        assert_eq!(
            (self.status.as_u16(), error["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        assert_eq!(error["status"], status.to_string(), "{}", self.text);
        assert!(
            error["title"].is_string() && error["detail"].is_string(),
            "{}",
            self.text
        );
        error
    }
}

/// A to-one relationship in a request.
pub fn one(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

/// An address in Germany for the public test shopper.
pub fn german_address() -> Value {
    json!({
        "first_name": "Mock", "last_name": "Mock", "line_1": "Neue Schönhauser Str. 2", "city": "Berlin",
        "zip_code": "10178", "country_code": "DE", "phone": "+49017614284340",
    })
}

/// Steps of a checkout that several tests start from.
impl Visitor<'_> {
    /// A cart with two pieces of the first SKU.
    pub async fn cart(&self) -> String {
        let order = self
            .create("orders", json!({}), json!({}))
            .await
            .expect(201)
            .id();
        let sku = self.house.access.skus[0].clone();
        self.create(
            "line_items",
            json!({"sku_code": sku, "quantity": 2}),
            json!({"order": one("orders", &order)}),
        )
        .await
        .expect(201);
        order
    }

    /// A cart with addresses, shipping and Klarna as the payment method; answers the order's and the source's id.
    pub async fn checkout(&self) -> (String, String) {
        self.checkout_as("customer@email.de").await
    }

    /// The same for somebody with this email.
    pub async fn checkout_as(&self, email: &str) -> (String, String) {
        let order = self.cart().await;
        let address = self
            .create("addresses", german_address(), json!({}))
            .await
            .expect(201)
            .id();
        let answer = self
            .update(
                &format!("orders/{order}?include=shipments.available_shipping_methods,available_payment_methods"),
                json!({"customer_email": email, "_shipping_address_same_as_billing": true}),
                json!({"billing_address": one("addresses", &address)}),
            )
            .await
            .expect(200);
        for shipment in answer.included("shipments") {
            let place = format!("shipments/{}", shipment["id"].as_str().unwrap());
            let method = shipment["relationships"]["available_shipping_methods"]["data"][0]["id"]
                .as_str()
                .unwrap();
            self.update(
                &place,
                json!({}),
                json!({"shipping_method": one("shipping_methods", method)}),
            )
            .await
            .expect(200);
        }
        let method = klarna_method(&answer);
        self.update(
            &format!("orders/{order}"),
            json!({}),
            json!({"payment_method": one("payment_methods", &method)}),
        )
        .await
        .expect(200);
        let source = self
            .create(
                "klarna_payments",
                json!({}),
                json!({"order": one("orders", &order)}),
            )
            .await
            .expect(201)
            .id();
        (order, source)
    }

    /// The shopper approves the session of `source`; answers the authorization token.
    pub async fn approve(&self, source: &str) -> String {
        let session = self
            .get(&format!("/api/klarna_payments/{source}"))
            .await
            .expect(200)
            .text_at("/data/attributes/session_id");
        let approval = self.house.shopper(&session, "approve").await;
        approval["authorization_token"].as_str().unwrap().to_owned()
    }

    /// A checkout that is approved and recorded, ready to be placed.
    pub async fn approved(&self) -> (String, String) {
        let (order, source) = self.checkout().await;
        self.record_approval(&source).await;
        (order, source)
    }

    /// The shopper approves the session of `source`, and the shop records it.
    pub async fn record_approval(&self, source: &str) {
        let token = self.approve(source).await;
        let place = format!("klarna_payments/{source}");
        let answer = self.update(&place, json!({"auth_token": token}), json!({}));
        answer.await.expect(200);
    }

    /// A placed order.
    pub async fn placed(&self) -> String {
        let (order, _) = self.approved().await;
        self.place(&order).await;
        order
    }

    /// Places an order that is ready.
    pub async fn place(&self, order: &str) {
        let place = format!("orders/{order}");
        let answer = self.update(&place, json!({"_place": true}), json!({}));
        answer.await.expect(200);
    }
}

/// The Klarna payment method among the included ones.
pub fn klarna_method(answer: &Answer) -> String {
    let methods = answer.included("payment_methods");
    let klarna = methods
        .iter()
        .find(|method| method["attributes"]["payment_source_type"] == "klarna_payments")
        .unwrap_or_else(|| panic!("no Klarna method in {}", answer.text));
    klarna["id"].as_str().unwrap().to_owned()
}

/// Seeded entropy that can start over.
#[derive(Debug)]
struct Reseeded(RwLock<SeededEntropy>);

impl Reseeded {
    fn new(seed: u64) -> Self {
        Self(RwLock::new(SeededEntropy::new(seed)))
    }

    fn reseed(&self, seed: u64) {
        *self.0.write().unwrap() = SeededEntropy::new(seed);
    }
}

impl Entropy for Reseeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.read().unwrap().fill(bytes);
    }
}

fn open_sandbox(access: &DemoAccess, clock: Arc<dyn Clock>) -> Arc<Sandbox> {
    let config = SandboxConfig {
        // A fixed name, so that client tokens do not carry the port of this run.
        public_url: "http://klarna.test".to_owned(),
        credentials: vec![Credential {
            username: access.klarna_username.clone(),
            password: access.klarna_password.clone(),
            api_key: access.klarna_api_key.clone(),
            merchant_name: "Acme".to_owned(),
        }],
        ..SandboxConfig::default()
    };
    Sandbox::open(config, clock, Arc::new(SeededEntropy::new(8))).unwrap()
}

async fn read(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
    }
}
