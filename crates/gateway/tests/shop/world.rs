//! A demo organization in a temporary file, with clocks that stand still and everyone who may come in.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kassa_environment::{BusinessClock, Clock, ManualClock, SystemEntropy};
use kassa_gateway::provision::{self, DemoAccess};
use kassa_gateway::shop::graph::{
    Draft, Graph, IncludeTree, LinkInput, Linkage, ListRequest, Selection,
};
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{
    Caller, Gateway, GatewayError, IssuedToken, Settings, TokenRequest, Violation,
};
use kassa_klarna_api::{KlarnaError, KlarnaReply, PreparedRequest};
use kassa_klarna_client::{Klarna, KlarnaEndpoint};
use kassa_storage::{Descriptor, Filter, Key, Record};
use kassa_storage_sqlite::{Options, SqliteStore};
use secrecy::SecretBox;
use serde_json::Value;

/// A Klarna that nobody reaches: the shop's tests never pay.
#[derive(Debug)]
struct Unreachable;

#[async_trait]
impl Klarna for Unreachable {
    async fn send(
        &self,
        _: &KlarnaEndpoint,
        _: &PreparedRequest,
    ) -> Result<KlarnaReply, KlarnaError> {
        Err(KlarnaError::NotSent {
            reason: "no klarna in this test".into(),
        })
    }
}

/// One gateway with its demo organization.
pub struct World {
    pub gateway: Arc<Gateway>,
    pub machine: Arc<ManualClock>,
    pub access: DemoAccess,
    _folder: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::unsynchronised();
        let store = SqliteStore::open(folder.path().join("kassa.db"), options, registry()).unwrap();
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let machine = Arc::new(ManualClock::new(start));
        let clock: Arc<dyn Clock> = machine.clone();
        let gateway = Arc::new(Gateway::new(
            Arc::new(store),
            Arc::new(Unreachable),
            Arc::new(BusinessClock::new(clock.clone(), 0)),
            clock,
            Arc::new(SystemEntropy),
            Settings {
                domain: "example.com".to_owned(),
                public_url: "https://example.com".to_owned(),
                klarna_test_url: None,
                master_key: SecretBox::new(Box::new([7; 32])),
            },
        ));
        let access = provision::demo(&gateway).await.unwrap();
        Self {
            gateway,
            machine,
            access,
            _folder: folder,
        }
    }

    pub async fn token(&self, request: TokenRequest) -> Result<IssuedToken, GatewayError> {
        self.gateway.issue(request, None).await
    }

    pub async fn caller(&self, token: &IssuedToken) -> Caller {
        self.gateway
            .verify(&token.access_token, "trace".to_owned())
            .await
            .unwrap()
    }

    /// The sales channel in a market, nobody logged in.
    pub async fn guest(&self, market: &str) -> Caller {
        let request = TokenRequest {
            grant_type: "client_credentials".to_owned(),
            client_id: self.access.sales_channel_id.clone(),
            scope: Some(format!("market:code:{market}")),
            ..TokenRequest::default()
        };
        self.caller(&self.token(request).await.unwrap()).await
    }

    /// The sales channel in a market with the demo's customer logged in.
    pub async fn customer(&self, market: &str) -> Caller {
        let request = TokenRequest {
            grant_type: "password".to_owned(),
            client_id: self.access.sales_channel_id.clone(),
            scope: Some(format!("market:code:{market}")),
            username: Some(self.access.customer_email.clone()),
            password: Some(self.access.customer_password.clone()),
            ..TokenRequest::default()
        };
        self.caller(&self.token(request).await.unwrap()).await
    }

    /// The back office.
    pub async fn integration(&self) -> Caller {
        let request = TokenRequest {
            grant_type: "client_credentials".to_owned(),
            client_id: self.access.integration_id.clone(),
            client_secret: Some(self.access.integration_secret.clone()),
            ..TokenRequest::default()
        };
        self.caller(&self.token(request).await.unwrap()).await
    }

    pub async fn post(
        &self,
        caller: &Caller,
        kind: &str,
        body: Value,
    ) -> Result<Record, GatewayError> {
        let graph = self
            .gateway
            .create(
                caller,
                descriptor(kind),
                draft(&body),
                &Selection::default(),
            )
            .await?;
        Ok(one(graph))
    }

    pub async fn patch(
        &self,
        caller: &Caller,
        kind: &str,
        id: &str,
        body: Value,
    ) -> Result<Record, GatewayError> {
        let graph = self
            .gateway
            .update(
                caller,
                descriptor(kind),
                id,
                draft(&body),
                &Selection::default(),
            )
            .await?;
        Ok(one(graph))
    }

    pub async fn delete(&self, caller: &Caller, kind: &str, id: &str) -> Result<(), GatewayError> {
        self.gateway.delete(caller, descriptor(kind), id).await
    }

    pub async fn get(&self, caller: &Caller, kind: &str, id: &str) -> Result<Record, GatewayError> {
        Ok(one(self.graph(caller, kind, id, "").await?))
    }

    pub async fn graph(
        &self,
        caller: &Caller,
        kind: &str,
        id: &str,
        include: &str,
    ) -> Result<Graph, GatewayError> {
        self.gateway
            .retrieve(caller, descriptor(kind), id, &selection(include))
            .await
    }

    pub async fn list(&self, caller: &Caller, kind: &str) -> Result<Graph, GatewayError> {
        self.gateway
            .list(caller, descriptor(kind), everything())
            .await
    }

    /// An empty order with one line of `sku`.
    pub async fn cart(&self, caller: &Caller, sku: &str, quantity: i64) -> String {
        let order = self
            .post(caller, "orders", serde_json::json!({}))
            .await
            .unwrap();
        self.line(caller, &order.key.id, sku, quantity)
            .await
            .unwrap();
        order.key.id
    }

    pub async fn line(
        &self,
        caller: &Caller,
        order: &str,
        sku: &str,
        quantity: i64,
    ) -> Result<Record, GatewayError> {
        let body = serde_json::json!({
            "sku_code": sku, "quantity": quantity, "order": ["orders", order],
        });
        self.post(caller, "line_items", body).await
    }
}

pub fn descriptor(kind: &str) -> &'static Descriptor {
    registry().find(kind).unwrap()
}

/// Attributes and triggers by name; an array of type and id is a relationship.
pub fn draft(body: &Value) -> Draft {
    let mut draft = Draft::default();
    for (name, value) in body.as_object().unwrap() {
        match value {
            Value::Array(pair) if pair.len() == 2 => {
                let text = |at: usize| pair[at].as_str().unwrap().to_owned();
                let link = LinkInput::One(Some((text(0), text(1))));
                draft.relationships.insert(name.clone(), link);
            }
            _ if name.starts_with('_') => {
                draft.triggers.insert(name.clone(), value.clone());
            }
            _ => {
                draft.attributes.insert(name.clone(), value.clone());
            }
        }
    }
    draft
}

pub fn selection(include: &str) -> Selection {
    let mut tree = IncludeTree::default();
    for path in include.split(',').filter(|path| !path.is_empty()) {
        let mut at = &mut tree;
        for step in path.split('.') {
            at = at.0.entry(step.to_owned()).or_default();
        }
    }
    Selection {
        include: tree,
        ..Selection::default()
    }
}

pub fn everything() -> ListRequest {
    ListRequest {
        filter: Filter::Everything,
        sort: Vec::new(),
        page_number: 1,
        page_size: 25,
        selection: Selection::default(),
    }
}

pub fn one(graph: Graph) -> Record {
    graph.primary.into_iter().next().unwrap()
}

/// What an included to-many relationship of the first record leads to.
pub fn many<'a>(graph: &'a Graph, from: &Key, name: &str) -> Vec<&'a Record> {
    match graph.linkage.get(from, name) {
        Some(Linkage::Many(keys)) => keys
            .iter()
            .map(|key| {
                graph
                    .included
                    .iter()
                    .chain(&graph.primary)
                    .find(|record| record.key == *key)
                    .unwrap()
            })
            .collect(),
        other => panic!("{name}: {other:?}"),
    }
}

/// What an included to-one relationship leads to.
pub fn to_one<'a>(graph: &'a Graph, from: &Key, name: &str) -> Option<&'a Record> {
    match graph.linkage.get(from, name) {
        Some(Linkage::One(key)) => {
            let key = key.as_ref()?;
            graph
                .included
                .iter()
                .chain(&graph.primary)
                .find(|record| record.key == *key)
        }
        other => panic!("{name}: {other:?}"),
    }
}

/// The violations of a refused request.
pub fn violations<T: std::fmt::Debug>(result: Result<T, GatewayError>) -> Vec<Violation> {
    match result {
        Err(GatewayError::Invalid(violations)) => violations,
        other => panic!("expected violations, got {other:?}"),
    }
}

/// Field and machine word of the first violation.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, GatewayError>) -> (String, String) {
    let violation = violations(result).into_iter().next().unwrap();
    let field = match violation.field {
        kassa_gateway::Field::Attribute(name) | kassa_gateway::Field::Relationship(name) => name,
        kassa_gateway::Field::Base => "base".to_owned(),
    };
    (field, violation.error)
}

pub fn denied<T: std::fmt::Debug>(result: Result<T, GatewayError>) {
    assert!(matches!(result, Err(GatewayError::Denied(_))), "{result:?}");
}

pub fn absent<T: std::fmt::Debug>(result: Result<T, GatewayError>) {
    assert!(
        matches!(result, Err(GatewayError::NotFound { .. })),
        "{result:?}"
    );
}
