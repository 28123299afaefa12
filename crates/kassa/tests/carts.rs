//! Whatever the gateway builds from a cart, the sandbox accepts: two programs that share wire types and nothing else.
//!
//! Ten thousand carts of every kind (quantities, options, discounts, gift cards, negative lines, shipping, payment
//! cost, tax in or out, American carts, mixed rates) go through session, approval and order. The sandbox checks its
//! own arithmetic, line by line and to the minor unit; a failing cart is named by its seed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kassa_commerce::CommerceError;
use kassa_commerce::klarna_payment::{PlaceContext, order_request, session_request};
use kassa_commerce::testing::{RandomCart, moment, random_cart};
use kassa_environment::SeededEntropy;
use kassa_klarna_api::{MerchantUrls, PreparedRequest};
use kassa_klarna_sandbox::world::{Command, Reply, ReplyBody, World};
use kassa_klarna_sandbox::{Action, Settings, Visit};
use serde_json::{Value, json};

const CARTS: u64 = 10_000;
const PUBLIC_URL: &str = "http://127.0.0.1:8090";

#[test]
fn whatever_the_gateway_builds_passes_the_sandboxs_arithmetic() {
    let entropy = SeededEntropy::new(1);
    let (mut american, mut discounted, mut gifted, mut accepted) = (0, 0, 0, 0);
    for seed in 0..CARTS {
        let cart = random_cart(seed);
        let session = match session_request(&cart.aggregate, MerchantUrls::default()) {
            Ok(session) => session,
            // Nothing left to pay, or more than Klarna takes on a line: Klarna is not asked then.
            Err(error) => {
                assert!(refused_for_its_amount(&error), "seed {seed}: {error:?}");
                continue;
            }
        };
        let body: Value =
            serde_json::from_slice(&PreparedRequest::create_session(&session).body).unwrap();
        for line in body["order_lines"].as_array().unwrap() {
            discounted += u32::from(
                line["type"] == "discount" || line["total_discount_amount"].as_i64() > Some(0),
            );
            gifted +=
                u32::from(line["type"] == "gift_card" && line["total_amount"].as_i64() < Some(0));
        }
        american += u32::from(body["purchase_country"] == "US");
        buy(&cart, body, &entropy, seed);
        accepted += 1;
    }
    assert!(
        accepted >= CARTS * 8 / 10,
        "only {accepted} carts were payable"
    );
    assert!(
        american > 500 && discounted > 500 && gifted > 100,
        "{american} {discounted} {gifted}"
    );
}

/// Session, approval, order: all three must succeed.
fn buy(cart: &RandomCart, body: Value, entropy: &SeededEntropy, seed: u64) {
    let mut world = World::new("Shop", Settings::default());
    let mut apply = |command: Command| world.apply(&command, moment(), entropy);
    let created = apply(Command::CreateSession {
        body: body.clone(),
        public_url: PUBLIC_URL.to_owned(),
    });
    let created = accepted(created, seed, &body);
    let visit = Visit::bare(Action::Approve);
    let session_id = created["session_id"].as_str().unwrap().to_owned();
    let approved = accepted(apply(Command::Shopper { session_id, visit }), seed, &body);
    let token = approved["authorization_token"].as_str().unwrap().to_owned();
    let context = PlaceContext {
        order_number: "1".to_owned(),
        urls: MerchantUrls::default(),
    };
    let order = order_request(&cart.aggregate, &cart.parties, context).unwrap();
    let order: Value = serde_json::to_value(order).unwrap();
    let placed = apply(Command::PlaceOrder {
        token,
        body: order.clone(),
        public_url: PUBLIC_URL.to_owned(),
    });
    let placed = accepted(placed, seed, &order);
    assert_eq!(placed["fraud_status"], json!("ACCEPTED"));
}

fn accepted(reply: Reply, seed: u64, sent: &Value) -> Value {
    match reply.body {
        ReplyBody::Json(body) if reply.status == 200 => body,
        other => panic!("seed {seed}: {} {other:?}\nsent: {sent:#}", reply.status),
    }
}

/// The only reasons for which a cart of this generator may be refused.
fn refused_for_its_amount(error: &CommerceError) -> bool {
    let text = format!("{error:?}");
    ["Amount", "Payable", "Overflow", "Zero"]
        .iter()
        .any(|word| text.contains(word))
}
