//! When an external gateway is not called: after too many failures in a row, and at addresses that are out of bounds.

use std::net::Ipv4Addr;

use kassa_gateway::Outward;
use kassa_gateway::payments::place;
use kassa_outbound::{Outbound, Targets};
use tokio::net::TcpListener;

use super::*;
use crate::shop::rendered;

/// The gateway's circuit as the API shows it.
async fn circuit(own: &Own) -> (String, i64) {
    let descriptor = &resources::external_gateway::DESCRIPTOR;
    let (shop, selection) = (&own.shop, Selection::default());
    let id = &own.gateway.key.id;
    let shown = shop
        .gateway
        .retrieve(&shop.back, descriptor, id, &selection);
    let row = shown.await.unwrap().primary.remove(0);
    let word = row.text("circuit_state").unwrap().to_owned();
    (word, row.integer("circuit_failure_count").unwrap())
}

#[tokio::test]
async fn thirty_failures_in_a_row_open_the_circuit_and_a_reset_closes_it() {
    let own = Own::open().await;
    let order_id = own.order().await;
    // Unread answers count, and an early no is certain that nothing happened.
    own.acquirer.script(&[Mode::Status(404); 30]);
    for failures in 0..30 {
        assert_eq!(circuit(&own).await, ("closed".to_owned(), failures));
        refusal(own.shop.place(&order_id).await);
    }
    assert_eq!(circuit(&own).await, ("open".to_owned(), 30));
    assert_eq!(
        refusal(own.shop.place(&order_id).await).0,
        "gateway_unreachable"
    );
    assert_eq!(
        own.acquirer.calls("authorize").len(),
        30,
        "nobody is called any more"
    );
    assert_eq!(own.shop.status(&order_id).await.0, "pending");
    own.set(json!({ "_reset_circuit": true })).await.unwrap();
    assert_eq!(circuit(&own).await, ("closed".to_owned(), 0));
    own.shop.place(&order_id).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_can_be_read_forgets_the_failures_even_a_no() {
    let own = Own::open().await;
    let order_id = own.order().await;
    own.acquirer
        .script(&[Mode::Status(404), Mode::Status(404), Mode::No]);
    for failures in [1, 2, 0] {
        refusal(own.shop.place(&order_id).await);
        assert_eq!(circuit(&own).await.1, failures);
    }
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_leaves_the_order_as_it_was() {
    let own = Own::open().await;
    let order_id = own.order().await;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let nobody = format!("http://{}/authorize", port.local_addr().unwrap());
    drop(port);
    own.set(json!({ "authorize_url": nobody })).await.unwrap();
    let (word, _) = refusal(own.shop.place(&order_id).await);
    assert_eq!(word, "gateway_unreachable");
    assert_eq!(own.shop.status(&order_id).await.0, "pending");
    let row = own.row(&order_id, "authorizations").await;
    assert_eq!(row.text("error_code"), Some("NOT_SENT"));
}

#[tokio::test]
async fn a_private_address_is_refused_when_written_and_when_called() {
    let own = Own::open().await;
    for url in [
        "http://10.0.0.1/authorize",
        "https://169.254.169.254/",
        "ftp://example.com/",
    ] {
        let refused = own.set(json!({ "authorize_url": url })).await;
        assert!(refusal(refused).1.contains("authorize_url"), "{url}");
    }
    let order_id = own.order().await;
    let public_only = own.shop.twin().reaching(Outward {
        outbound: Outbound::new(Targets::Public),
        render: rendered,
    });
    let refused = place::place(&public_only, &own.shop.front, &order_id).await;
    refusal(refused);
    assert!(own.acquirer.calls("authorize").is_empty());
    assert_eq!(own.shop.status(&order_id).await.0, "pending");
}
