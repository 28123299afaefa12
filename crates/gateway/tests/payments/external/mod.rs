//! Payments at a gateway of the shop's own: asked over HTTP, once for each effect, whatever gets lost.

mod acquirer;
mod circuit;
mod lost;
mod wallet;

use kassa_gateway::GatewayError;
use kassa_gateway::shop::graph::Selection;
use kassa_gateway::shop::resources;
use kassa_storage::{Descriptor, Record};
use serde_json::{Value, json};

use crate::shop::{Shop, draft, refusal};
use acquirer::{Acquirer, Mode};

/// A shop with a gateway of its own, and what leads to it.
struct Own {
    shop: Shop,
    acquirer: Acquirer,
    gateway: Record,
    method: String,
}

impl Own {
    async fn open() -> Self {
        Self::with(json!({})).await
    }

    /// The same with other settings of the payment method.
    async fn with(settings: Value) -> Self {
        let (shop, acquirer) = (Shop::open().await, Acquirer::open().await);
        let at = |asks: &str| format!("{}/{asks}", acquirer.url);
        let gateway = json!({
            "name": "Own", "authorize_url": at("authorize"), "capture_url": at("capture"),
            "void_url": at("void"), "refund_url": at("refund"), "token_url": at("token"),
            "external_includes": ["line_items"],
        });
        let made = make(
            &shop,
            &resources::external_gateway::DESCRIPTOR,
            gateway,
            &[],
        )
        .await;
        let gateway = made.unwrap();
        let mut method = json!({
            "payment_source_type": "external_payments", "name": "Own card", "price_amount_cents": 0,
        });
        for (name, value) in settings.as_object().unwrap() {
            method[name] = value.clone();
        }
        let links = [
            ("market", "markets", shop.market.as_str()),
            ("payment_gateway", "external_gateways", &gateway.key.id),
        ];
        let made = make(
            &shop,
            &resources::payment_method::DESCRIPTOR,
            method,
            &links,
        )
        .await;
        let method = made.unwrap().key.id;
        Self {
            shop,
            acquirer,
            gateway,
            method,
        }
    }

    /// An order that only has to be placed.
    async fn order(&self) -> String {
        let order_id = self.shop.order(2).await;
        self.choose(&order_id).await;
        order_id
    }

    /// Pays the order with a token of the front end; the source's id.
    async fn choose(&self, order_id: &str) -> String {
        self.shop.choose_method(order_id, &self.method).await;
        let order = [("order", "orders", order_id)];
        let token = json!({ "payment_source_token": "card-1", "options": { "save": true } });
        let descriptor = &resources::external_payment::DESCRIPTOR;
        self.shop
            .create(descriptor, token, &order)
            .await
            .unwrap()
            .key
            .id
    }

    async fn placed(&self) -> String {
        let order_id = self.order().await;
        self.shop.place(&order_id).await.unwrap();
        order_id
    }

    /// Changes the gateway's row.
    async fn set(&self, attributes: Value) -> Result<Record, GatewayError> {
        let descriptor = &resources::external_gateway::DESCRIPTOR;
        let (shop, id) = (&self.shop, &self.gateway.key.id);
        shop.update(&shop.back, descriptor, id, attributes, &[])
            .await
    }

    async fn row(&self, order_id: &str, kind: &'static str) -> Record {
        self.shop.parts(order_id, kind).await.pop().unwrap()
    }

    /// Runs triggers of a transaction.
    async fn on(&self, row: &Record, triggers: Value) -> Result<Record, GatewayError> {
        let descriptor = match row.key.kind.as_ref() {
            "authorizations" => &resources::authorization::DESCRIPTOR,
            _ => &resources::capture::DESCRIPTOR,
        };
        let shop = &self.shop;
        shop.update(&shop.back, descriptor, &row.key.id, triggers, &[])
            .await
    }
}

async fn make(
    shop: &Shop,
    descriptor: &'static Descriptor,
    attributes: Value,
    links: &[(&str, &str, &str)],
) -> Result<Record, GatewayError> {
    let (draft, selection) = (draft(attributes, links), Selection::default());
    let made = shop
        .gateway
        .create(&shop.back, descriptor, draft, &selection);
    Ok(made.await?.primary[0].clone())
}

fn states(status: &str, payment: &str) -> (String, String) {
    (status.to_owned(), payment.to_owned())
}

#[tokio::test]
async fn placing_asks_the_shops_own_gateway_and_signs_what_it_asks() {
    let own = Own::open().await;
    let order_id = own.placed().await;
    assert_eq!(
        own.shop.status(&order_id).await,
        states("placed", "authorized")
    );
    let calls = own.acquirer.calls("authorize");
    assert_eq!(calls.len(), 1);
    let (call, operations) = (
        &calls[0],
        own.shop.operations(&order_id, "place_order").await,
    );
    call.verify(own.gateway.text("shared_secret").unwrap());
    assert_eq!(call.header("idempotency-key"), operations[0].id);
    assert_eq!(call.header("webhook-id"), operations[0].id);
    assert_eq!(
        call.header("x-commercelayer-topic"),
        "external_payments.authorize"
    );
    let order = own.shop.record("orders", &order_id).await.unwrap();
    assert_eq!(call.json()["data"]["id"], order_id);
    assert_eq!(call.attribute("number"), order.text("number").unwrap());
    let source = call.included("external_payments");
    assert_eq!(source["attributes"]["payment_source_token"], "card-1");
    assert_eq!(source["attributes"]["options"], json!({ "save": true }));
    assert_eq!(call.included("line_items")["attributes"]["quantity"], 2);
    let row = own.row(&order_id, "authorizations").await;
    assert_eq!(row.text("token"), Some("authorize-0"));
    assert_eq!(row.text("gateway_transaction_id"), Some("authorize-0"));
    assert_eq!(row.body["metadata"], json!({ "acquirer": "own" }));
    assert_eq!(
        row.integer("amount_cents"),
        Some(own.shop.payable(&order_id).await)
    );
    let (_, sums) = own.shop.ledger(&order_id).await;
    assert_eq!(sums.authorized, own.shop.payable(&order_id).await);
    assert_eq!(own.shop.klarna_orders(&order_id).await, 0);
}

#[tokio::test]
async fn a_declined_payment_leaves_the_order_pending_and_may_be_tried_again() {
    let own = Own::open().await;
    let order_id = own.order().await;
    own.acquirer.script(&[Mode::No]);
    let Err(GatewayError::Invalid(violations)) = own.shop.place(&order_id).await else {
        panic!("it was declined");
    };
    assert_eq!(violations[0].error, "refused");
    assert!(
        violations[0].message.contains("51: insufficient funds"),
        "{violations:?}"
    );
    assert_eq!(own.shop.status(&order_id).await.0, "pending");
    let row = own.row(&order_id, "authorizations").await;
    assert_eq!(row.body["succeeded"], false);
    assert_eq!(row.text("error_code"), Some("51"));
    assert_eq!(row.text("message"), Some("insufficient funds"));
    let (_, sums) = own.shop.ledger(&order_id).await;
    assert_eq!(sums.authorized, 0);
    own.shop.place(&order_id).await.unwrap();
    let calls = own.acquirer.calls("authorize");
    assert_ne!(
        calls[0].header("idempotency-key"),
        calls[1].header("idempotency-key")
    );
}

#[tokio::test]
async fn money_is_captured_and_given_back_in_parts() {
    let own = Own::open().await;
    let order_id = own.placed().await;
    let all = own.shop.payable(&order_id).await;
    let authorization = own.row(&order_id, "authorizations").await;
    let part = json!({ "_capture": true, "_capture_amount_cents": 1000 });
    own.on(&authorization, part).await.unwrap();
    assert_eq!(own.shop.status(&order_id).await.1, "partially_paid");
    let call = own.acquirer.calls("capture").remove(0);
    let capture = own.row(&order_id, "captures").await;
    assert_eq!(
        call.json()["data"]["id"],
        capture.key.id,
        "the row that is told becomes one"
    );
    assert_eq!(call.attribute("amount_cents"), 1000);
    assert_eq!(call.attribute("number"), capture.text("number").unwrap());
    assert_eq!(
        call.included("authorizations")["attributes"]["token"],
        "authorize-0"
    );
    assert_eq!(call.included("orders")["id"], order_id);
    assert_eq!(capture.text("token"), Some("capture-1"));
    own.shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(own.shop.status(&order_id).await.1, "paid");
    let part = json!({ "_refund": true, "_refund_amount_cents": 400 });
    own.on(&capture, part).await.unwrap();
    let call = own.acquirer.calls("refund").remove(0);
    assert_eq!(call.attribute("amount_cents"), 400);
    assert_eq!(
        call.included("captures")["attributes"]["token"],
        "capture-1"
    );
    own.shop.trigger(&order_id, "_refund").await.unwrap();
    assert_eq!(own.shop.status(&order_id).await.1, "refunded");
    let (entries, sums) = own.shop.ledger(&order_id).await;
    assert!(entries.iter().all(|entry| !entry.discrepancy));
    assert_eq!(
        (sums.authorized, sums.captured, sums.refunded),
        (all, all, all)
    );
}

#[tokio::test]
async fn a_refused_capture_is_a_row_and_keeps_the_authorization() {
    let own = Own::open().await;
    let order_id = own.placed().await;
    own.acquirer.script(&[Mode::No]);
    let refused = own.shop.trigger(&order_id, "_capture").await;
    assert_eq!(refusal(refused).0, "refused");
    let row = own.row(&order_id, "captures").await;
    assert_eq!(
        (row.body["succeeded"].clone(), row.text("error_code")),
        (json!(false), Some("51"))
    );
    assert_eq!(own.shop.status(&order_id).await.1, "authorized");
    own.shop.trigger(&order_id, "_capture").await.unwrap();
}

#[tokio::test]
async fn a_cancelled_order_is_voided_at_the_gateway() {
    let own = Own::open().await;
    let order_id = own.placed().await;
    own.shop.trigger(&order_id, "_cancel").await.unwrap();
    assert_eq!(
        own.shop.status(&order_id).await,
        states("cancelled", "voided")
    );
    let call = own.acquirer.calls("void").remove(0);
    assert_eq!(
        call.included("authorizations")["attributes"]["token"],
        "authorize-0"
    );
    assert_eq!(
        own.row(&order_id, "voids").await.text("token"),
        Some("void-1")
    );
    let (_, sums) = own.shop.ledger(&order_id).await;
    assert_eq!(sums.voided, sums.authorized);
}

#[tokio::test]
async fn a_method_that_captures_at_once_does_so_here_too() {
    let own = Own::with(json!({ "auto_capture": true })).await;
    let order_id = own.placed().await;
    assert_eq!(own.shop.status(&order_id).await.1, "paid");
    assert_eq!(own.acquirer.effects("capture"), 1);
}

#[tokio::test]
async fn fifty_who_place_at_once_are_one_authorization() {
    let own = Own::open().await;
    let order_id = own.order().await;
    let all = (0..50).map(|_| own.shop.place(&order_id));
    for placed in futures_util::future::join_all(all).await {
        placed.unwrap();
    }
    assert_eq!(own.acquirer.calls("authorize").len(), 1);
    assert_eq!(own.shop.parts(&order_id, "authorizations").await.len(), 1);
}

#[tokio::test]
async fn what_the_gateway_cannot_be_asked_is_refused_by_name() {
    let own = Own::open().await;
    let order_id = own.placed().await;
    own.set(json!({ "capture_url": null })).await.unwrap();
    let Err(GatewayError::Invalid(violations)) = own.shop.trigger(&order_id, "_capture").await
    else {
        panic!("there is nobody to ask");
    };
    assert!(
        violations[0].message.contains("has no capture_url"),
        "{violations:?}"
    );
    assert_eq!(own.shop.status(&order_id).await.1, "authorized");
    own.set(json!({ "_disable": true })).await.unwrap();
    let order_id = own.order().await;
    assert!(
        refusal(own.shop.place(&order_id).await)
            .1
            .contains("payment_gateway")
    );
    assert_eq!(own.shop.status(&order_id).await.0, "pending");
}

#[tokio::test]
async fn a_payment_needs_a_token_and_a_method_of_its_kind() {
    let own = Own::open().await;
    let order_id = own.shop.order(1).await;
    let order = [("order", "orders", order_id.as_str())];
    let descriptor = &resources::external_payment::DESCRIPTOR;
    for token in [json!({}), json!({ "payment_source_token": " " })] {
        let refused = own.shop.create(descriptor, token, &order).await;
        assert!(refusal(refused).1.contains("payment_source_token"));
    }
    let token = json!({ "payment_source_token": "card-1" });
    refusal(own.shop.create(descriptor, token, &order).await);
    let source = own.choose(&order_id).await;
    let change = json!({ "options": { "a": 1 }, "reference": "mine" });
    let shop = &own.shop;
    let changed = shop
        .update(&shop.front, descriptor, &source, change, &[])
        .await
        .unwrap();
    assert_eq!(changed.text("reference"), Some("mine"));
    assert_eq!(changed.body["options"], json!({ "a": 1 }));
    assert_eq!(
        changed.text("payment_gateway_id"),
        Some(own.gateway.key.id.as_str())
    );
    let gone = shop.gateway.delete(&shop.front, descriptor, &source);
    gone.await.unwrap();
    refusal(shop.place(&order_id).await);
}
