//! A gateway killed with SIGKILL while Klarna holds its answer, before or after the effect, and started again.
//!
//! Each test runs two real processes. The sandbox survives and keeps what it did; the gateway comes back with
//! nothing but its database. What must hold then: the effect happened once, and ledger, transactions and Klarna
//! agree to the minor unit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod process;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use kassa::demo::client::{Call, Client, Credentials};
use kassa::demo::story::Story;
use kassa_environment::sleep;
use serde_json::{Value, json};

use crate::process::Pair;

/// How long the finisher may take after the restart, on a busy machine in a debug build.
const FINISH: Duration = Duration::from_secs(45);

#[tokio::test]
async fn placing_killed_before_the_effect_ends_once() {
    placing("hold_before").await;
}

#[tokio::test]
async fn placing_killed_after_the_effect_ends_once() {
    placing("hold_after").await;
}

#[tokio::test]
async fn capturing_killed_before_the_effect_ends_once() {
    capturing("hold_before").await;
}

#[tokio::test]
async fn capturing_killed_after_the_effect_ends_once() {
    capturing("hold_after").await;
}

#[tokio::test]
async fn refunding_killed_before_the_effect_ends_once() {
    refunding("hold_before").await;
}

#[tokio::test]
async fn refunding_killed_after_the_effect_ends_once() {
    refunding("hold_after").await;
}

#[tokio::test]
async fn voiding_killed_before_the_effect_ends_once() {
    voiding("hold_before").await;
}

#[tokio::test]
async fn voiding_killed_after_the_effect_ends_once() {
    voiding("hold_after").await;
}

#[tokio::test]
async fn a_customer_token_killed_before_the_effect_ends_once() {
    customer_token("hold_before").await;
}

#[tokio::test]
async fn a_customer_token_killed_after_the_effect_ends_once() {
    customer_token("hold_after").await;
}

#[tokio::test]
async fn an_automatic_capture_follows_a_placing_killed_before_the_effect() {
    automatic("hold_before").await;
}

#[tokio::test]
async fn an_automatic_capture_follows_a_placing_killed_after_the_effect() {
    automatic("hold_after").await;
}

/// Nobody but the timer that was written with the placing knows that the order is to be captured.
async fn automatic(kind: &str) {
    let mut scene = Scene::start().await;
    scene.capture_automatically().await;
    scene.story.until_authorized().await.unwrap();
    let mut story = scene.story.clone();
    scene
        .interrupt("place_order", kind, async move { story.place().await })
        .await;
    scene.ends(&PAID).await;
}

async fn placing(kind: &str) {
    let mut scene = Scene::start().await;
    scene.story.until_authorized().await.unwrap();
    let mut story = scene.story.clone();
    scene
        .interrupt("place_order", kind, async move { story.place().await })
        .await;
    scene.ends(&AUTHORIZED).await;
}

async fn capturing(kind: &str) {
    let mut scene = Scene::placed().await;
    let mut story = scene.story.clone();
    scene
        .interrupt("capture", kind, async move { story.capture().await })
        .await;
    scene.ends(&PAID).await;
}

async fn refunding(kind: &str) {
    let mut scene = Scene::placed().await;
    scene.story.capture().await.unwrap();
    let mut story = scene.story.clone();
    scene
        .interrupt("refund", kind, async move { story.refund().await })
        .await;
    scene.ends(&PARTLY_REFUNDED).await;
}

async fn voiding(kind: &str) {
    let mut scene = Scene::placed().await;
    let story = scene.story.clone();
    scene
        .interrupt("cancel", kind, async move { story.cancel().await })
        .await;
    scene.ends(&VOIDED).await;
}

async fn customer_token(kind: &str) {
    let mut scene = Scene::start().await;
    scene.story.subscribe("monthly");
    scene.story.until_authorized().await.unwrap();
    let mut story = scene.story.clone();
    scene
        .interrupt(
            "create_customer_token",
            kind,
            async move { story.place().await },
        )
        .await;
    scene.ends(&AUTHORIZED).await;
    // Klarna makes one token of an approval. Its id may be lost with its answer, which is a recorded state; what
    // must not be is a second one.
    let source = scene
        .story
        .read_order("?include=payment_source")
        .await
        .unwrap();
    assert_eq!(source["included"][0]["type"], "klarna_payments", "{source}");
    let logs = scene
        .sandbox(Method::GET, "/sandbox/v1/logs?limit=500", None)
        .await;
    let made = logs["logs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| {
            entry["path"]
                .as_str()
                .unwrap_or_default()
                .ends_with("/customer-token")
        })
        .filter(|entry| entry["status"] == 200)
        .count();
    assert!(made <= 1, "{logs}");
}

/// How a story that was interrupted must end.
struct Ending {
    /// `payment_status` of the shop's order.
    payment_status: &'static str,
    /// `status` of Klarna's order.
    status: &'static str,
    /// Whether the whole order was captured; else nothing was.
    captured: bool,
    /// Minor units.
    refunded: i64,
}

const AUTHORIZED: Ending = Ending {
    payment_status: "authorized",
    status: "AUTHORIZED",
    captured: false,
    refunded: 0,
};
const PAID: Ending = Ending {
    payment_status: "paid",
    status: "CAPTURED",
    captured: true,
    refunded: 0,
};
const PARTLY_REFUNDED: Ending = Ending {
    payment_status: "partially_refunded",
    refunded: 100,
    ..PAID
};
const VOIDED: Ending = Ending {
    payment_status: "voided",
    status: "CANCELLED",
    ..AUTHORIZED
};

struct Scene {
    pair: Pair,
    story: Story,
    client: Client,
}

impl Scene {
    async fn start() -> Self {
        let pair = Pair::start().await;
        let client = Client::new();
        let story = Story::new(Arc::new(pair.ready.clone()), client.clone(), false);
        Self {
            pair,
            story,
            client,
        }
    }

    /// An order placed, and an integration's token at hand.
    async fn placed() -> Self {
        let mut scene = Self::start().await;
        scene.story.until_authorized().await.unwrap();
        scene.story.place().await.unwrap();
        scene.story.office_token().await.unwrap();
        scene
    }

    /// Switches `auto_capture` on for Klarna in every market.
    async fn capture_automatically(&self) {
        let ready = &self.pair.ready;
        let send = async |method, path: &str, credentials: &Credentials, body| {
            let url = format!("{}{path}", ready.gateway_url);
            let call = Call {
                method,
                url,
                credentials,
                body,
            };
            let answer = self.client.send(call).await.unwrap();
            assert!(answer.status.is_success(), "{path}: {}", answer.body);
            answer.body
        };
        let login = json!({
            "grant_type": "client_credentials",
            "client_id": ready.integration.client_id,
            "client_secret": ready.integration.client_secret,
        });
        let token = send(
            Method::POST,
            "/oauth/token",
            &Credentials::Open,
            Some(login),
        )
        .await;
        let office = Credentials::Bearer(token["access_token"].as_str().unwrap().to_owned());
        let klarna = "/api/payment_methods?filter[q][payment_source_type_eq]=klarna_payments";
        let methods = send(Method::GET, klarna, &office, None).await;
        for method in methods["data"].as_array().unwrap() {
            let id = method["id"].as_str().unwrap();
            let on = json!({"data": {
                "type": "payment_methods", "id": id, "attributes": {"auto_capture": true},
            }});
            let path = format!("/api/payment_methods/{id}");
            send(Method::PATCH, &path, &office, Some(on)).await;
        }
    }

    /// Runs `action` until the sandbox holds `operation`, kills the gateway, lets the sandbox go on, and starts
    /// the gateway again.
    async fn interrupt(
        &mut self,
        operation: &str,
        kind: &str,
        action: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let rule = json!({"operation": operation, "kind": kind});
        self.sandbox(Method::POST, "/sandbox/v1/faults", Some(rule))
            .await;
        let action = tokio::spawn(action);
        self.until("the sandbox holds the call", async |scene| {
            let rules = scene.sandbox(Method::GET, "/sandbox/v1/faults", None).await;
            let text = rules.to_string();
            text.contains("\"hits\":1")
        })
        .await;
        self.pair.kill_gateway();
        assert!(
            action.await.unwrap().is_err(),
            "the caller must have lost its answer"
        );
        self.sandbox(Method::DELETE, "/sandbox/v1/faults", None)
            .await;
        self.pair.start_gateway().await;
        self.story.moved(Arc::new(self.pair.ready.clone()));
        self.story.office_token().await.unwrap();
    }

    /// Waits until the order's payment has come to this ending, and checks that nothing happened twice on the way.
    async fn ends(&self, ending: &Ending) {
        let wanted = ending.payment_status;
        self.until(&format!("the payment is {wanted}"), async |scene| {
            let order = scene.story.read_order("").await.unwrap();
            order["data"]["attributes"]["payment_status"] == wanted
        })
        .await;
        self.agree(ending).await;
    }

    async fn total(&self) -> i64 {
        let order = self.story.read_order("").await.unwrap();
        order["data"]["attributes"]["total_amount_with_taxes_cents"]
            .as_i64()
            .unwrap()
    }

    /// One Klarna order, in the expected state, with amounts equal to the gateway's succeeded transactions.
    async fn agree(&self, ending: &Ending) {
        let total = self.total().await;
        let captured = if ending.captured { total } else { 0 };
        let orders = self.sandbox(Method::GET, "/sandbox/v1/orders", None).await;
        let orders = orders["orders"].as_array().unwrap().clone();
        assert_eq!(orders.len(), 1, "{orders:?}");
        let read = self
            .story
            .read_order("?include=authorizations,captures,refunds,voids")
            .await
            .unwrap();
        let sum = |kind: &str| -> (usize, i64) {
            let rows: Vec<i64> = read["included"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|row| row["type"] == kind && row["attributes"]["succeeded"] == true)
                .map(|row| row["attributes"]["amount_cents"].as_i64().unwrap())
                .collect();
            (rows.len(), rows.iter().sum())
        };
        assert_eq!(sum("authorizations").0, 1, "{read}");
        assert_eq!(sum("captures").1, captured, "{read}");
        assert_eq!(sum("refunds").1, ending.refunded, "{read}");
        assert_eq!(
            sum("voids").0,
            usize::from(ending.status == "CANCELLED"),
            "{read}"
        );
        let klarna_id = read["included"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|row| row["type"] == "authorizations")
            .and_then(|row| row["attributes"]["gateway_transaction_id"].as_str())
            .unwrap();
        let path = format!("/ordermanagement/v1/orders/{klarna_id}");
        let klarna = self.sandbox(Method::GET, &path, None).await;
        assert_eq!(klarna["status"], ending.status, "{klarna}");
        assert_eq!(klarna["captured_amount"], captured, "{klarna}");
        assert_eq!(klarna["refunded_amount"], ending.refunded, "{klarna}");
        assert_eq!(klarna["original_order_amount"], total, "{klarna}");
    }

    async fn sandbox(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let klarna = &self.pair.ready.klarna;
        let call = Call {
            method,
            url: format!("{}{path}", self.pair.ready.sandbox_url),
            credentials: &Credentials::Basic(klarna.username.clone(), klarna.password.clone()),
            body,
        };
        let answer = self.client.send(call).await.unwrap();
        assert!(
            answer.status.is_success(),
            "{path}: {} {}",
            answer.status,
            answer.body
        );
        answer.body
    }

    async fn until(&self, what: &str, check: impl AsyncFn(&Self) -> bool) {
        let step = Duration::from_millis(50);
        for _ in 0..(FINISH.as_millis() / step.as_millis()) {
            if check(self).await {
                return;
            }
            sleep(step).await;
        }
        panic!("waited {FINISH:?} in vain: {what}");
    }
}
