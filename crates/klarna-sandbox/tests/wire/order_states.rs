//! Every call in every state of an order, over HTTP, against the table of the documentation.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

const PAGE: &str = include_str!("../../../../docs/klarna/order-management.md");
const DAY: i64 = 24 * 3600;

/// The cells of the lines that begin with an operation and have so many columns.
fn rows(columns: usize) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let inner = line.trim_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect::<Vec<_>>()
    };
    PAGE.lines()
        .filter(|line| line.starts_with("| `"))
        .map(cells)
        .filter(|row| row.len() == columns)
        .collect()
}

fn states() -> Vec<String> {
    let header = PAGE
        .lines()
        .find(|line| line.starts_with("| operation | authorized"))
        .unwrap();
    let names = header.trim_matches('|').split('|').skip(1);
    names.map(|name| name.trim().to_owned()).collect()
}

/// An order in a state, with the id of its capture if it has one.
struct Placed {
    desk: Desk,
    path: String,
    id: String,
    capture: String,
}

impl Placed {
    async fn of(visit: &Value) -> Self {
        let desk = Desk::new();
        let session = desk.session(&cart()).await;
        let token = desk
            .shopper(&session, visit)
            .await
            .member("authorization_token");
        let id = desk.place(&token, &cart()).await.member("order_id");
        Self {
            path: format!("/ordermanagement/v1/orders/{id}"),
            capture: "nobody".to_owned(),
            desk,
            id,
        }
    }

    async fn capture(&mut self, amount: i64) {
        let answer = self
            .post("/captures", &json!({"captured_amount": amount}))
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        self.capture = answer.header("capture-id");
    }

    async fn post(&self, rest: &str, body: &Value) -> Answer {
        self.desk.post(&format!("{}{rest}", self.path), body).await
    }

    async fn in_state(state: &str) -> Self {
        let mut order = match state {
            "pending" => Self::of(&json!({"action": "pend", "minutes": 600})).await,
            "rejected" => {
                let visit = json!({"action": "pend", "minutes": 0, "decision": "reject"});
                Self::of(&visit).await
            }
            _ => Self::of(&json!({"action": "approve"})).await,
        };
        match state {
            "authorized" | "pending" | "rejected" => {}
            "part captured" => order.capture(1000).await,
            "captured" => order.capture(24_400).await,
            "released" => {
                order.capture(1000).await;
                order
                    .post("/release-remaining-authorization", &Value::Null)
                    .await;
            }
            "cancelled" => {
                order.post("/cancel", &Value::Null).await;
            }
            "expired" => order.desk.advance(28 * DAY).await,
            "rest expired" => {
                order.desk.advance(20 * DAY).await;
                order.capture(1000).await;
                order.desk.advance(8 * DAY).await;
            }
            "closed" => {
                order.capture(1000).await;
                let path = format!("/sandbox/v1/orders/{}/close", order.id);
                order.desk.post(&path, &Value::Null).await;
            }
            other => panic!("no way to {other}"),
        }
        let shown = order.behind().await;
        assert_eq!(shown["state"], state);
        order
    }

    async fn behind(&self) -> Value {
        let path = format!("/sandbox/v1/orders/{}", self.id);
        self.desk.get(&path).await.json()
    }

    async fn call(&self, operation: &str) -> Answer {
        let of_capture = |rest: &str| format!("/captures/{}{rest}", self.capture);
        let info = json!({"shipping_info": [{"shipping_company": "Post"}]});
        let (method, rest, body) = match operation {
            "read_order" => ("GET", String::new(), Value::Null),
            "acknowledge" => ("POST", "/acknowledge".into(), Value::Null),
            "update_authorization" => (
                "PATCH",
                "/authorization".into(),
                json!({"order_amount": 20_000}),
            ),
            "cancel" => ("POST", "/cancel".into(), Value::Null),
            "update_customer_details" => (
                "PATCH",
                "/customer-details".into(),
                json!({"shipping_address": {"city": "Lund"}}),
            ),
            "extend" => ("POST", "/extend-authorization-time".into(), Value::Null),
            "update_merchant_references" => (
                "PATCH",
                "/merchant-references".into(),
                json!({"merchant_reference1": "R"}),
            ),
            "release" => (
                "POST",
                "/release-remaining-authorization".into(),
                Value::Null,
            ),
            "add_shipping_info" => ("POST", "/shipping-info".into(), info),
            "capture" => ("POST", "/captures".into(), json!({"captured_amount": 1})),
            "list_captures" => ("GET", "/captures".into(), Value::Null),
            "read_capture" => ("GET", of_capture(""), Value::Null),
            "extend_due_date" => (
                "PATCH",
                of_capture("/extend-due-date"),
                json!({"number_of_days": 14}),
            ),
            "due_date_options" => ("GET", of_capture("/extend-due-date-options"), Value::Null),
            "add_capture_shipping_info" => ("POST", of_capture("/shipping-info"), info),
            "trigger_send_out" => ("POST", of_capture("/trigger-send-out"), Value::Null),
            "refund" => ("POST", "/refunds".into(), json!({"refunded_amount": 1})),
            "read_refund" => ("GET", "/refunds/nobody".into(), Value::Null),
            other => panic!("no call for {other}"),
        };
        let path = format!("{}{rest}", self.path);
        self.desk.call(method, &path, &body).await
    }

    /// Whether an allowed call has what it is about.
    fn has_subject(&self, operation: &str) -> bool {
        match operation {
            "read_refund" => false,
            "read_capture" | "due_date_options" => self.capture != "nobody",
            _ => true,
        }
    }
}

#[tokio::test]
async fn every_state_answers_every_call_as_the_table_says() {
    let messages: HashMap<(String, String), (String, String)> = rows(4)
        .into_iter()
        .map(|row| {
            let [operation, word, code, message] = row.try_into().unwrap();
            ((operation, word), (code, message))
        })
        .collect();
    let table = rows(11);
    assert_eq!((table.len(), states().len()), (18, 10));
    for row in &table {
        let operation = row[0].as_str();
        for (state, word) in states().iter().zip(&row[1..]) {
            let order = Placed::in_state(state).await;
            let before = order.behind().await;
            let foretold = before["actions"]
                .as_array()
                .unwrap()
                .iter()
                .find(|action| action["operation"] == operation)
                .unwrap();
            let answer = order.call(operation).await;
            let place = format!("{operation} when {state}: {}", answer.text);
            assert_eq!(foretold["allowed"], word == "yes", "{place}");
            if word == "yes" {
                let expected = if order.has_subject(operation) {
                    200..300
                } else {
                    404..405
                };
                assert!(expected.contains(&answer.status), "{place}");
                let silent = matches!(answer.status, 201 | 204);
                assert_eq!(answer.text.is_empty(), silent, "{place}");
                assert_eq!(
                    answer.headers.contains_key("content-type"),
                    !silent,
                    "{place}"
                );
                continue;
            }
            let (code, message) = &messages[&(operation.to_owned(), word.clone())];
            let message = message
                .replace("{order}", &order.id)
                .replace("{capture}", &order.capture);
            assert_eq!(answer.error(), (403, code.clone(), message), "{place}");
            assert_eq!(foretold["refusal"]["error_code"], code.as_str(), "{place}");
            // Refused means unchanged.
            assert_eq!(order.behind().await, before, "{place}");
        }
    }
}

#[tokio::test]
async fn what_may_come_next_is_foretold_with_its_amounts() {
    let order = Placed::in_state("part captured").await;
    let shown = order.behind().await;
    let of = |operation: &str| {
        let actions = shown["actions"].as_array().unwrap();
        let found = actions
            .iter()
            .find(|action| action["operation"] == operation);
        found.unwrap()["amount"].clone()
    };
    assert_eq!(of("capture"), json!({"at_least": 1, "at_most": 23_400}));
    assert_eq!(of("refund"), json!({"at_least": 1, "at_most": 1000}));
    let amended = json!({"at_least": 1000, "at_most": 200_000_000});
    assert_eq!(of("update_authorization"), amended);
    assert_eq!(of("cancel"), Value::Null);
    let unknown = order.desk.get("/sandbox/v1/orders/nobody").await;
    assert_eq!(unknown.status, 404);
}
