//! The shop that every gateway begins with, made once: the demo's goods, a cart, a checkout and a placed order.
//!
//! Invariant: made from seeds, so it is the same in every process.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use kassa_gateway::provision::{self, DemoAccess};
use kassa_gateway::shop::resources::registry;
use kassa_storage::{Key, Scope};
use serde_json::{Value, json};

use super::house::{DATABASE, House, SNAPSHOT};
use crate::answer::{Answer, block_on};

/// Everything that a gateway is rebuilt from.
#[derive(Debug)]
pub(super) struct Template {
    /// The database and its log, as they lie in a folder.
    files: Vec<(&'static str, Vec<u8>)>,
    /// The world at Klarna, as a snapshot.
    pub(super) world: Vec<u8>,
    pub(super) access: DemoAccess,
    pub(super) names: BTreeMap<String, String>,
}

/// The template of this process.
pub(super) fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        // A thread of its own: whoever asks first may be within a runtime.
        let made = std::thread::spawn(|| block_on(made())).join();
        made.expect("the demo's shop can be made and used")
    })
}

impl Template {
    /// Puts the database into a folder.
    pub(super) fn lay_out(&self, folder: &Path) {
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes).expect("a temporary folder takes files");
        }
    }
}

async fn made() -> Template {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (gateway, klarna) = House::gateway(folder.path());
    let access = provision::demo(&gateway).await.expect("the demo's shop");
    klarna.put(House::sandbox(&access));
    let mut house = House::around(gateway, klarna, access.clone(), BTreeMap::new());
    house.sign_in().await;
    house.shop().await;
    house.first_of_each().await;
    let taken = house.at_klarna("POST /sandbox/v1/snapshots", json!({"name": SNAPSHOT}));
    taken.await.expect(201);
    let line = format!("GET /sandbox/v1/snapshots/{SNAPSHOT}");
    let world = house.at_klarna(&line, Value::Null).await.expect(200);
    // Nobody writes any more, so the files belong together.
    let files = [DATABASE, "kassa.db-wal"]
        .into_iter()
        .filter_map(|name| Some((name, std::fs::read(folder.path().join(name)).ok()?)))
        .collect();
    Template {
        files,
        world: world.body.to_vec(),
        access,
        names: house.names,
    }
}

/// What is in the shop before the first input.
impl House {
    async fn sign_in(&mut self) {
        let access = self.access.clone();
        let guest = json!({"grant_type": "client_credentials", "client_id": access.sales_channel_id,
            "scope": "market:code:EU"});
        let guest = self.token(guest).await;
        self.names.insert("guest".to_owned(), guest);
        let integration = json!({"grant_type": "client_credentials", "client_id": access.integration_id,
            "client_secret": access.integration_secret});
        let integration = self.token(integration).await;
        self.names.insert("integration".to_owned(), integration);
        self.names
            .insert("client_id".to_owned(), access.sales_channel_id.clone());
        self.names
            .insert("secret_id".to_owned(), access.integration_id.clone());
        self.names
            .insert("secret".to_owned(), access.integration_secret.clone());
    }

    async fn token(&self, body: Value) -> String {
        let answer = self.json("POST /oauth/token", body).await.expect(200);
        answer.text("/access_token")
    }

    async fn shop(&mut self) {
        let (_, source) = self.checkout().await;
        self.names.insert("source".to_owned(), source.clone());
        let ticket = self.ticket(&source).await;
        self.names.insert("ticket".to_owned(), ticket);
        let (placed, source) = self.checkout().await;
        let token = self.approved(&source).await;
        let attributes = json!({"auth_token": token});
        self.update("klarna_payments", &source, attributes, json!({}))
            .await;
        self.update("orders", &placed, json!({"_place": true}), json!({}))
            .await;
        self.names.insert("placed".to_owned(), placed);
        let cart = self.cart().await;
        self.names.insert("order".to_owned(), cart);
    }

    async fn create(&self, kind: &str, attributes: Value, relationships: Value) -> String {
        let body = json!({"data": {"type": kind, "attributes": attributes, "relationships": relationships}});
        let line = format!("POST /api/{kind}");
        self.json(&line, body).await.expect(201).text("/data/id")
    }

    async fn update(
        &self,
        kind: &str,
        id: &str,
        attributes: Value,
        relationships: Value,
    ) -> Answer {
        let body = json!({"data": {"type": kind, "id": id, "attributes": attributes,
            "relationships": relationships}});
        let include = match kind {
            "orders" => "?include=shipments.available_shipping_methods,available_payment_methods",
            _ => "",
        };
        let line = format!("PATCH /api/{kind}/{id}{include}");
        self.json(&line, body).await.expect(200)
    }

    /// A cart with two pieces of the first goods.
    async fn cart(&self) -> String {
        let order = self.create("orders", json!({}), json!({})).await;
        let line = json!({"sku_code": self.access.skus[0], "quantity": 2});
        self.create("line_items", line, json!({"order": one("orders", &order)}))
            .await;
        order
    }

    /// A cart with addresses, shipping and Klarna as the payment method; the order's and the source's id.
    async fn checkout(&self) -> (String, String) {
        let order = self.cart().await;
        let address = json!({"first_name": "Mock", "last_name": "Mock", "line_1": "Neue Schönhauser Str. 2",
            "city": "Berlin", "zip_code": "10178", "country_code": "DE", "phone": "+49017614284340"});
        let address = self.create("addresses", address, json!({})).await;
        let attributes = json!({"customer_email": "customer@example.com", "_shipping_address_same_as_billing": true});
        let billing = json!({"billing_address": one("addresses", &address)});
        let told = self.update("orders", &order, attributes, billing).await;
        let included = told.document()["included"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for shipment in included.iter().filter(|one| one["type"] == "shipments") {
            let methods = &shipment["relationships"]["available_shipping_methods"]["data"];
            let method = json!({"shipping_method": {"data": methods[0]}});
            let id = shipment["id"].as_str().unwrap_or_default();
            self.update("shipments", id, json!({}), method).await;
        }
        let method = included
            .iter()
            .find(|one| one["attributes"]["payment_source_type"] == "klarna_payments")
            .and_then(|method| method["id"].as_str())
            .expect("the demo's market offers Klarna");
        let method = json!({"payment_method": one("payment_methods", method)});
        self.update("orders", &order, json!({}), method).await;
        let whose = json!({"order": one("orders", &order)});
        let source = self.create("klarna_payments", json!({}), whose).await;
        (order, source)
    }

    /// The authorization token of a source that the shopper approved.
    async fn approved(&self, source: &str) -> String {
        let line = format!("GET /api/klarna_payments/{source}");
        let read = self.json(&line, Value::Null).await.expect(200);
        let session = read.text("/data/attributes/session_id");
        let line = format!("POST /sandbox/v1/sessions/{session}/shopper");
        let approval = self.at_klarna(&line, json!({"action": "approve"})).await;
        approval.expect(200).text("/authorization_token")
    }

    /// The secret part of the addresses that Klarna was given for a source.
    async fn ticket(&self, source: &str) -> String {
        let key = Key::new("klarna_payments", source);
        for realm in self
            .gateway
            .store()
            .realms()
            .await
            .expect("the store reads")
        {
            let scope = Scope::realm(realm.clone());
            let snapshot = self.gateway.snapshot(&scope).await;
            let record = snapshot.expect("the store reads").record(&key).await;
            let record = record.expect("the store reads");
            if let Some(secret) = record
                .as_ref()
                .and_then(|record| record.text("callback_secret"))
            {
                return format!("{}~{secret}", realm.as_str());
            }
        }
        panic!("a source of this shop has a secret");
    }

    /// Under the name of each type the id of one record of it, for paths and relationships.
    async fn first_of_each(&mut self) {
        for descriptor in registry().0 {
            let path = match descriptor.singleton {
                true => descriptor.singular.to_owned(),
                false => format!("{}?page[size]=1", descriptor.kind),
            };
            let line = format!("GET /api/{path}");
            let answer = self
                .as_integration(&line, Value::Null)
                .await
                .below_500(&line);
            let id = [answer.text("/data/0/id"), answer.text("/data/id")].concat();
            self.names.insert(descriptor.kind.to_owned(), id);
        }
        // Of these some can be changed and others cannot.
        let placed = self.names.get("placed").cloned().unwrap_or_default();
        let line = format!("GET /api/orders/{placed}?include=transactions");
        let read = self
            .as_integration(&line, Value::Null)
            .await
            .below_500(&line);
        for found in read.document()["included"].as_array().into_iter().flatten() {
            if let (Some(kind), Some(id)) = (found["type"].as_str(), found["id"].as_str()) {
                self.names.insert(kind.to_owned(), id.to_owned());
            }
        }
    }
}

/// A to-one relationship in a request.
pub(super) fn one(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}
