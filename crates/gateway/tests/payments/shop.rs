//! A shop with everything real: store, gateway, Klarna's sandbox, and the calls a front end makes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use http::Request;
use kassa_environment::{BusinessClock, Entropy, SystemClock, SystemEntropy};
use kassa_gateway::payments;
use kassa_gateway::provision::{self, DemoAccess};
use kassa_gateway::shop::graph::{Draft, Graph, LinkInput, Selection};
use kassa_gateway::shop::resources;
use kassa_gateway::{
    ApplicationKind, Caller, Gateway, GatewayError, Outward, Role, Settings, jobs,
};
use kassa_klarna_client::{CallLimits, HttpKlarna, Transport, transport};
use kassa_klarna_sandbox::{Credential, Sandbox, SandboxConfig};
use kassa_outbound::{Outbound, Targets};
use kassa_storage::{
    Balances, Descriptor, Key, LedgerEntry, Operation, OperationStatus, Realm, Record, Scope,
};
use kassa_storage_sqlite::{Options, SqliteStore};
use serde_json::{Map, Value, json};
use tower::Service;

/// One call to Klarna in these tests, so that a held reply costs little.
pub const CALL_LIMIT: Duration = Duration::from_millis(600);

pub struct Shop {
    pub gateway: Arc<Gateway>,
    pub realm: Realm,
    pub front: Caller,
    pub back: Caller,
    pub market: String,
    pub sku: String,
    access: DemoAccess,
    klarna_url: String,
    http: Transport,
    directory: Arc<tempfile::TempDir>,
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SystemEntropy)
}

fn open_gateway(directory: &tempfile::TempDir, klarna_url: &str, public_url: &str) -> Gateway {
    let registry = resources::registry();
    let path = directory.path().join("kassa.db");
    let store = SqliteStore::open(path, Options::unsynchronised(), registry).expect("a store");
    let machine = Arc::new(SystemClock);
    let limits = CallLimits {
        total: CALL_LIMIT,
        ..CallLimits::default()
    };
    let sockets = transport::sockets(Duration::from_secs(1), 1 << 20);
    let klarna = HttpKlarna::new(sockets, machine.clone(), entropy(), limits);
    let settings = Settings {
        domain: "example.com".to_owned(),
        public_url: public_url.to_owned(),
        klarna_test_url: Some(klarna_url.to_owned()),
        master_key: secrecy::SecretBox::new(Box::new([7; 32])),
    };
    let business = Arc::new(BusinessClock::new(machine.clone(), 0));
    let gateway = Gateway::new(
        Arc::new(store),
        Arc::new(klarna),
        business,
        machine,
        entropy(),
        settings,
    );
    gateway.reaching(Outward {
        outbound: Outbound::new(Targets::Loopback),
        render: rendered,
    })
}

/// A plain document: what rooms above this one write, without their attributes' rules.
pub fn rendered(
    _: &Gateway,
    _: &Caller,
    _: &Selection,
    graph: &Graph,
) -> Result<Vec<u8>, GatewayError> {
    let resource = |record: &Record| json!({ "type": record.key.kind, "id": record.key.id, "attributes": record.body });
    let included: Vec<Value> = graph.included.iter().map(resource).collect();
    let document = json!({ "data": graph.primary.first().map(resource), "included": included });
    Ok(document.to_string().into_bytes())
}

impl Shop {
    /// A shop with seeded data; its market is the EU.
    pub async fn open() -> Self {
        Self::open_at("http://127.0.0.1:1").await
    }

    /// The same, telling Klarna to call back at `public_url`.
    pub async fn open_at(public_url: &str) -> Self {
        let directory = Arc::new(tempfile::tempdir().expect("a directory"));
        let (probe, address) = reserve_address().await;
        let gateway = Arc::new(open_gateway(&directory, &address, public_url));
        let access = provision::demo(&gateway).await.expect("seeds");
        let config = SandboxConfig {
            public_url: address.clone(),
            credentials: vec![Credential {
                username: access.klarna_username.clone(),
                password: access.klarna_password.clone(),
                api_key: access.klarna_api_key.clone(),
                merchant_name: "Acme".to_owned(),
            }],
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::open(config, Arc::new(SystemClock), entropy()).expect("a sandbox");
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(probe, router).await });
        tokio::spawn(sandbox.background(std::future::pending()));
        let realms = gateway.store().realms().await.expect("realms");
        let market = access.markets["EU"].clone();
        let realm = realm_of(&gateway, realms, &market).await;
        Self {
            front: caller(&realm, ApplicationKind::SalesChannel, &market),
            back: caller(&realm, ApplicationKind::Integration, &market),
            sku: access.skus[0].clone(),
            http: transport::sockets(Duration::from_secs(1), 1 << 20),
            klarna_url: address,
            gateway,
            realm,
            market,
            access,
            directory,
        }
    }

    /// Another gateway over the same file, as another process would be.
    pub fn twin(&self) -> Gateway {
        let public_url = &self.gateway.settings().public_url;
        open_gateway(&self.directory, &self.klarna_url, public_url)
    }

    /// The same shop after its process died: another gateway over the same file.
    pub fn restart(self) -> Self {
        let public_url = self.gateway.settings().public_url.clone();
        let offset = self.gateway.business().offset_seconds();
        let Self {
            gateway,
            directory,
            klarna_url,
            ..
        } = self;
        drop(gateway);
        let gateway = open_gateway(&directory, &klarna_url, &public_url);
        gateway.business().advance(offset);
        Self {
            gateway: Arc::new(gateway),
            directory,
            klarna_url,
            ..self
        }
    }

    // -- the front end's calls

    pub async fn create(
        &self,
        descriptor: &'static Descriptor,
        attributes: Value,
        relationships: &[(&str, &str, &str)],
    ) -> Result<Record, GatewayError> {
        let draft = draft(attributes, relationships);
        let selection = Selection::default();
        let graph = self
            .gateway
            .create(&self.front, descriptor, draft, &selection)
            .await?;
        Ok(graph.primary[0].clone())
    }

    pub async fn update(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
        attributes: Value,
        relationships: &[(&str, &str, &str)],
    ) -> Result<Record, GatewayError> {
        let draft = draft(attributes, relationships);
        let selection = Selection::default();
        let graph = self
            .gateway
            .update(caller, descriptor, id, draft, &selection)
            .await?;
        Ok(graph.primary[0].clone())
    }

    /// A pending order for `quantity` of the first SKU, with everything but a payment source.
    pub async fn order(&self, quantity: i64) -> String {
        self.order_of(json!({ "sku_code": self.sku, "quantity": quantity }))
            .await
    }

    /// The same for one line of any kind.
    pub async fn order_of(&self, line: Value) -> String {
        let order = self
            .create(
                &resources::order::DESCRIPTOR,
                json!({ "customer_email": self.email() }),
                &[("market", "markets", &self.market)],
            )
            .await
            .expect("an order");
        let id = order.key.id;
        let of_order = [("order", "orders", id.as_str())];
        self.create(&resources::line_item::DESCRIPTOR, line, &of_order)
            .await
            .expect("a line");
        let address = json!({
            "first_name": "Anna", "last_name": "Muster", "line_1": "Hauptstr. 1", "city": "Berlin",
            "zip_code": "10115", "country_code": "DE", "phone": "+4930123456",
        });
        let address = self
            .create(&resources::address::DESCRIPTOR, address, &[])
            .await
            .expect("an address");
        self.update(
            &self.front,
            &resources::order::DESCRIPTOR,
            &id,
            json!({ "_shipping_address_same_as_billing": true }),
            &[("billing_address", "addresses", &address.key.id)],
        )
        .await
        .expect("addresses");
        self.choose_shipping(&id).await;
        let method = self.method("klarna_payments").await;
        self.choose_method(&id, &method).await;
        id
    }

    fn email(&self) -> &str {
        match self.front.customer_id {
            Some(_) => &self.access.customer_email,
            None => "customer@email.de",
        }
    }

    async fn choose_shipping(&self, order_id: &str) {
        let standard = self.find("shipping_methods", |record| {
            record.text("name") == Some("Standard Shipping")
        });
        let standard = standard.await;
        for shipment in self.parts(order_id, "shipments").await {
            self.update(
                &self.front,
                &resources::shipment::DESCRIPTOR,
                &shipment.key.id,
                json!({}),
                &[("shipping_method", "shipping_methods", &standard)],
            )
            .await
            .expect("a shipping method");
        }
    }

    /// The id of this market's payment method for sources of `source_type`.
    pub async fn method(&self, source_type: &str) -> String {
        self.find("payment_methods", |record| {
            record.text("payment_source_type") == Some(source_type)
        })
        .await
    }

    pub async fn choose_method(&self, order_id: &str, method: &str) {
        self.update(
            &self.front,
            &resources::order::DESCRIPTOR,
            order_id,
            json!({}),
            &[("payment_method", "payment_methods", method)],
        )
        .await
        .expect("a payment method");
    }

    /// Opens a session for the order; the source's id.
    pub async fn source(&self, order_id: &str) -> String {
        let order = [("order", "orders", order_id)];
        let descriptor = &resources::klarna_payment::DESCRIPTOR;
        let made = self
            .create(descriptor, json!({}), &order)
            .await
            .expect("a source");
        made.key.id
    }

    /// The shopper approves; the token.
    pub async fn approve(&self, source_id: &str) -> String {
        let record = self
            .record("klarna_payments", source_id)
            .await
            .expect("the source");
        let session = record.text("session_id").expect("a session").to_owned();
        let path = format!("/sandbox/v1/sessions/{session}/shopper");
        let said = self
            .klarna("POST", &path, Some(json!({ "action": "approve" })))
            .await;
        assert_eq!(said["approved"], true, "{said}");
        said["authorization_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// The demo's customer signs in: later orders are theirs.
    pub async fn sign_in(&mut self) {
        let email = self.access.customer_email.clone();
        let id = self
            .find("customers", |record| record.text("email") == Some(&*email))
            .await;
        self.front.customer_id = Some(id);
    }

    pub async fn send_token(&self, source_id: &str, token: &str) -> Result<Record, GatewayError> {
        let descriptor = &resources::klarna_payment::DESCRIPTOR;
        let token = json!({ "auth_token": token });
        self.update(&self.front, descriptor, source_id, token, &[])
            .await
    }

    /// An order that only has to be placed.
    pub async fn approved_order(&self) -> String {
        let order_id = self.order(2).await;
        let source = self.source(&order_id).await;
        let token = self.approve(&source).await;
        self.send_token(&source, &token)
            .await
            .expect("the token is taken");
        order_id
    }

    /// A placed order.
    pub async fn placed_order(&self) -> String {
        let order_id = self.approved_order().await;
        self.place(&order_id).await.expect("placed");
        order_id
    }

    pub async fn place(&self, order_id: &str) -> Result<(), GatewayError> {
        payments::place::place(&self.gateway, &self.front, order_id).await
    }

    pub async fn trigger(&self, order_id: &str, trigger: &str) -> Result<Record, GatewayError> {
        let descriptor = &resources::order::DESCRIPTOR;
        self.update(
            &self.back,
            descriptor,
            order_id,
            json!({ trigger: true }),
            &[],
        )
        .await
    }

    // -- looking

    pub async fn record(&self, kind: &str, id: &str) -> Option<Record> {
        let scope = Scope::realm(self.realm.clone());
        let mut snapshot = self.gateway.snapshot(&scope).await.expect("a snapshot");
        snapshot
            .record(&Key::new(kind.to_owned(), id))
            .await
            .expect("a read")
    }

    pub async fn parts(&self, order_id: &str, kind: &str) -> Vec<Record> {
        let scope = Scope::realm(self.realm.clone());
        let mut snapshot = self.gateway.snapshot(&scope).await.expect("a snapshot");
        let all = snapshot
            .aggregate(&Key::new("orders", order_id))
            .await
            .expect("a read");
        all.into_iter()
            .filter(|record| record.key.kind == kind)
            .collect()
    }

    pub async fn status(&self, order_id: &str) -> (String, String) {
        let order = self.record("orders", order_id).await.expect("the order");
        let word = |name| order.text(name).unwrap_or_default().to_owned();
        (word("status"), word("payment_status"))
    }

    pub async fn payable(&self, order_id: &str) -> i64 {
        let order = self.record("orders", order_id).await.expect("the order");
        order
            .integer("total_amount_with_taxes_cents")
            .expect("an amount")
    }

    pub async fn operations(&self, order_id: &str, kind: &str) -> Vec<Operation> {
        let scope = Scope::realm(self.realm.clone());
        let mut snapshot = self.gateway.snapshot(&scope).await.expect("a snapshot");
        let all = snapshot.operations(order_id).await.expect("a read");
        all.into_iter()
            .filter(|operation| operation.kind == kind)
            .collect()
    }

    pub async fn last(&self, order_id: &str, kind: &str) -> OperationStatus {
        self.operations(order_id, kind)
            .await
            .last()
            .expect("an operation")
            .status
    }

    pub async fn ledger(&self, order_id: &str) -> (Vec<LedgerEntry>, Balances) {
        let scope = Scope::realm(self.realm.clone());
        let mut snapshot = self.gateway.snapshot(&scope).await.expect("a snapshot");
        let entries = snapshot.ledger(order_id).await.expect("a read");
        (entries, snapshot.balances(order_id).await.expect("a read"))
    }

    /// The ledger and Klarna's books say the same.
    pub async fn books_agree(&self, order_id: &str) {
        let klarna = self.klarna_order(order_id).await;
        let (entries, sums) = self.ledger(order_id).await;
        assert!(
            entries.iter().all(|entry| !entry.discrepancy),
            "{entries:?}"
        );
        assert_eq!(klarna["captured_amount"], sums.captured, "{klarna}");
        assert_eq!(klarna["refunded_amount"], sums.refunded, "{klarna}");
        let open = sums.authorized - sums.captured - sums.released - sums.voided;
        assert_eq!(klarna["remaining_authorized_amount"], open, "{klarna}");
    }

    /// The order as Klarna has it.
    pub async fn klarna_order(&self, order_id: &str) -> Value {
        let rows = self.parts(order_id, "authorizations").await;
        let row = rows
            .iter()
            .find(|row| row.body["succeeded"] == true)
            .expect("an authorization");
        let id = row.text("gateway_transaction_id").expect("an id");
        self.klarna("GET", &format!("/ordermanagement/v1/orders/{id}"), None)
            .await
    }

    /// How many orders Klarna has that belong to this order of ours.
    pub async fn klarna_orders(&self, order_id: &str) -> usize {
        let listed = self.klarna("GET", "/sandbox/v1/orders", None).await;
        let all = listed["orders"].as_array().expect("a list").clone();
        let mut count = 0;
        for order in all {
            let id = order["order_id"].as_str().expect("an id");
            let whole = self
                .klarna("GET", &format!("/ordermanagement/v1/orders/{id}"), None)
                .await;
            count += usize::from(whole["merchant_reference2"] == order_id);
        }
        count
    }

    pub async fn find(&self, kind: &'static str, wanted: impl Fn(&Record) -> bool) -> String {
        let scope = Scope {
            realm: self.realm.clone(),
            market: Some(self.market.clone()),
            owner: None,
        };
        let mut snapshot = self.gateway.snapshot(&scope).await.expect("a snapshot");
        let query = kassa_storage::ListQuery {
            kinds: vec![kind],
            filter: kassa_storage::Filter::Everything,
            sort: Vec::new(),
            page: kassa_storage::Page {
                offset: 0,
                limit: 100,
            },
        };
        let all = snapshot.list(&query).await.expect("a list");
        let own = |record: &&Record| {
            let market = record.text("market_id");
            wanted(record) && market.is_none_or(|market| market == self.market)
        };
        all.iter()
            .find(own)
            .unwrap_or_else(|| panic!("a row of {kind}"))
            .key
            .id
            .clone()
    }

    // -- Klarna's side

    pub async fn klarna(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let pair = format!(
            "{}:{}",
            self.access.klarna_username, self.access.klarna_password
        );
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        let bytes = body.map(|body| body.to_string()).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.klarna_url))
            .header("authorization", format!("Basic {basic}"))
            .header("content-type", "application/json")
            .body(Bytes::from(bytes))
            .expect("a request");
        let answer = self.http.clone().call(request).await.expect("an answer");
        serde_json::from_slice(answer.body()).unwrap_or(Value::Null)
    }

    /// Makes one call go wrong.
    pub async fn fault(&self, operation: &str, kind: &str) {
        let rule = json!({ "operation": operation, "kind": kind });
        let made = self.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
        assert!(made["id"].is_number(), "{made}");
    }

    /// Removes every fault; held calls go on.
    pub async fn no_faults(&self) {
        self.klarna("DELETE", "/sandbox/v1/faults", None).await;
    }

    /// Moves both sides' clocks.
    pub async fn advance(&self, seconds: i64) {
        let step = json!({ "seconds": seconds });
        self.klarna("POST", "/sandbox/v1/clock/advance", Some(step))
            .await;
        jobs::clock::advance(&self.gateway, &self.back, seconds)
            .await
            .expect("advanced");
    }

    /// Does everything that is due.
    pub async fn work(&self) {
        jobs::tick(&self.gateway).await.expect("work");
    }

    /// Long enough for every finisher to be due; then lets them work.
    pub async fn finish(&self) {
        self.gateway.business().advance(60);
        self.work().await;
    }
}

async fn reserve_address() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

async fn realm_of(gateway: &Gateway, realms: Vec<Realm>, market: &str) -> Realm {
    for realm in realms {
        let scope = Scope::realm(realm.clone());
        let mut snapshot = gateway.snapshot(&scope).await.expect("a snapshot");
        if snapshot
            .record(&Key::new("markets", market))
            .await
            .expect("a read")
            .is_some()
        {
            return realm;
        }
    }
    panic!("no realm has the market");
}

fn caller(realm: &Realm, kind: ApplicationKind, market: &str) -> Caller {
    Caller {
        realm: realm.clone(),
        organization_slug: "acme".to_owned(),
        application_id: "application".to_owned(),
        kind,
        role: Role::Admin,
        customer_id: None,
        market_ids: match kind {
            ApplicationKind::SalesChannel => vec![market.to_owned()],
            ApplicationKind::Integration | ApplicationKind::Webapp => Vec::new(),
        },
        stock_location_ids: Vec::new(),
        store_id: None,
        trace_id: "trace".to_owned(),
    }
}

pub fn draft(values: Value, relationships: &[(&str, &str, &str)]) -> Draft {
    let Value::Object(values) = values else {
        panic!("attributes are an object");
    };
    let (triggers, attributes): (Map<_, _>, Map<_, _>) = values
        .into_iter()
        .partition(|(name, _)| name.starts_with('_'));
    let link = |(name, kind, id): &(&str, &str, &str)| {
        let target = (!id.is_empty()).then(|| ((*kind).to_owned(), (*id).to_owned()));
        ((*name).to_owned(), LinkInput::One(target))
    };
    Draft {
        attributes,
        triggers,
        relationships: relationships.iter().map(link).collect::<BTreeMap<_, _>>(),
    }
}

/// The machine word and the field of a refusal with one violation.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, GatewayError>) -> (String, String) {
    match result {
        Err(GatewayError::Invalid(violations)) => {
            let violation = violations.first().expect("a violation");
            (violation.error.clone(), format!("{:?}", violation.field))
        }
        other => panic!("expected a 422, got {other:?}"),
    }
}
