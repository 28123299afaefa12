//! What happens at Klarna without us, folded in order by order, page by page, and every night.

use kassa_commerce::transaction::Movement;
use kassa_gateway::GatewayError;
use kassa_gateway::payments::reconcile::books::{self, BooksQuery};
use kassa_gateway::payments::reconcile::{self, Difference, Reconciled};
use serde_json::json;

use crate::shop::{Shop, refusal};

const DAY: i64 = 24 * 3600;

impl Shop {
    /// Does something with the order in Klarna's portal.
    async fn in_portal(&self, order_id: &str, action: &str, body: Option<serde_json::Value>) {
        let order = self.klarna_order(order_id).await;
        let id = order["order_id"].as_str().unwrap();
        let path = format!("/ordermanagement/v1/orders/{id}/{action}");
        self.klarna("POST", &path, body).await;
    }

    async fn whole(&self, query: &BooksQuery) -> books::BooksPage {
        let whole = books::whole(&self.gateway, &self.realm, query).await;
        whole.unwrap()
    }
}

fn amounts(differences: &[Difference]) -> Vec<(Movement, i64)> {
    let amount = |difference: &Difference| match difference {
        Difference::Amount {
            movement,
            amount_cents,
            ..
        } => Some((*movement, *amount_cents)),
        Difference::Fraud { .. } => None,
    };
    differences.iter().filter_map(amount).collect()
}

#[tokio::test]
async fn a_capture_and_a_refund_made_in_klarnas_portal_become_facts() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let capture = json!({ "captured_amount": 900 });
    shop.in_portal(&order_id, "captures", Some(capture)).await;
    let refund = json!({ "refunded_amount": 300 });
    shop.in_portal(&order_id, "refunds", Some(refund)).await;
    let seen = reconcile::reconcile_order(&shop.gateway, &shop.realm, &order_id)
        .await
        .unwrap();
    let expected = [(Movement::Captured, 900), (Movement::Refunded, 300)];
    assert_eq!(amounts(&seen.differences), expected);
    shop.books_agree(&order_id).await;
    let again = reconcile::reconcile_order(&shop.gateway, &shop.realm, &order_id)
        .await
        .unwrap();
    let nothing = Reconciled {
        at_klarna: true,
        ..Reconciled::default()
    };
    assert_eq!(again, nothing);
}

#[tokio::test]
async fn reconciling_a_realm_says_what_was_different_and_then_nothing() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let other = shop.placed_order().await;
    shop.in_portal(&order_id, "cancel", None).await;
    let found = shop.whole(&BooksQuery::default()).await;
    assert_eq!((found.read, found.differed.len()), (2, 1));
    assert_eq!(found.differed[0].order_id, order_id);
    let payable = shop.payable(&order_id).await;
    let moved = amounts(&found.differed[0].differences);
    assert_eq!(moved, [(Movement::Voided, payable)]);
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "voided".into())
    );
    assert_eq!(shop.status(&other).await.1, "authorized");
    let found = shop.whole(&BooksQuery::default()).await;
    assert_eq!((found.read, found.differed.len()), (1, 0), "{found:?}");
}

#[tokio::test]
async fn no_page_leaves_an_order_out_although_orders_leave_the_list() {
    let shop = Shop::open().await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        let order_id = shop.placed_order().await;
        shop.in_portal(&order_id, "cancel", None).await;
        orders.push(order_id);
    }
    let query = BooksQuery {
        limit: 2,
        ..BooksQuery::default()
    };
    let first = books::page(&shop.gateway, &shop.realm, &query)
        .await
        .unwrap();
    assert_eq!((first.read, first.next.is_some()), (2, true));
    let rest = BooksQuery {
        after: first.next,
        ..query
    };
    let rest = shop.whole(&rest).await;
    let differed = first.differed.iter().chain(&rest.differed);
    let mut seen: Vec<String> = differed.map(|order| order.order_id.clone()).collect();
    seen.sort();
    orders.sort();
    assert_eq!(seen, orders);
}

#[tokio::test]
async fn settled_orders_are_read_for_half_a_year() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(shop.whole(&BooksQuery::default()).await.read, 1);
    shop.advance(books::SETTLED_DAYS * DAY + DAY).await;
    assert_eq!(shop.whole(&BooksQuery::default()).await.read, 0);
    let older = BooksQuery {
        settled_days: 400,
        ..BooksQuery::default()
    };
    assert_eq!(shop.whole(&older).await.read, 1);
    let named = BooksQuery {
        order_id: Some(order_id),
        ..BooksQuery::default()
    };
    assert_eq!(shop.whole(&named).await.read, 1);
}

#[tokio::test]
async fn what_klarna_does_not_answer_is_in_the_report() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let rule =
        json!({ "operation": "read_order", "kind": "status_before", "status": 503, "times": 0 });
    let made = shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    assert!(made["id"].is_number(), "{made}");
    let found = shop.whole(&BooksQuery::default()).await;
    assert_eq!((found.read, found.unread.len()), (0, 1));
    assert_eq!(found.unread[0].order_id, order_id);
    shop.no_faults().await;
    assert_eq!(shop.whole(&BooksQuery::default()).await.read, 1);
}

#[tokio::test]
async fn bounds_are_named() {
    let shop = Shop::open().await;
    for (limit, settled_days, field) in [
        (0, 1, "limit"),
        (books::LIMIT_MAX + 1, 1, "limit"),
        (1, -1, "settled_days"),
    ] {
        let query = BooksQuery {
            limit,
            settled_days,
            ..BooksQuery::default()
        };
        let page = books::page(&shop.gateway, &shop.realm, &query).await;
        assert!(refusal(page).1.contains(field), "{field}");
    }
    let unknown = BooksQuery {
        order_id: Some("nothing".to_owned()),
        ..BooksQuery::default()
    };
    let found = shop.whole(&unknown).await;
    assert_eq!(found.unread.len(), 1);
}

#[tokio::test]
async fn every_night_the_books_are_read_and_the_timer_stays() -> Result<(), GatewayError> {
    let shop = Shop::open().await;
    books::every_night(&shop.gateway, true).await?;
    let order_id = shop.placed_order().await;
    shop.in_portal(&order_id, "cancel", None).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.1, "authorized");
    shop.advance(DAY).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.1, "voided");
    shop.books_agree(&order_id).await;
    let next = shop.placed_order().await;
    shop.in_portal(&next, "cancel", None).await;
    shop.advance(DAY).await;
    shop.work().await;
    assert_eq!(shop.status(&next).await.1, "voided");
    let last = shop.placed_order().await;
    shop.in_portal(&last, "cancel", None).await;
    books::every_night(&shop.gateway, false).await?;
    shop.advance(DAY).await;
    shop.work().await;
    assert_eq!(shop.status(&last).await.1, "authorized");
    Ok(())
}
