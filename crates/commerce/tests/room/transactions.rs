//! What happens after placing: captures, refunds, voids, fraud decisions, edits, and Klarna's own facts.

use jiff::SignedDuration;
use kassa_commerce::fraud::{self, FraudDecision};
use kassa_commerce::line_item::change::{self, LineItemChange};
use kassa_commerce::shipment::change::advance;
use kassa_commerce::states::{FulfillmentStatus, OrderStatus, PaymentStatus, ShipmentStatus};
use kassa_commerce::transaction::{Movement, Outcome, Refusal, Transaction};
use kassa_commerce::{
    CartContext, CommerceError, OrderAggregate, capture, edit, fulfillment, portal, refund,
    reservation, testing, void,
};
use kassa_klarna_api::{
    self as klarna_api, CaptureRequest, FraudStatus, Operation, UpdateAuthorizationRequest,
};
use kassa_money::MinorUnits;

use crate::shop::{Shop, klarna};

const ALL: i64 = 7299;

fn done(id: &str) -> Outcome {
    Outcome::Done {
        gateway_transaction_id: Some(id.into()),
        message: None,
    }
}

fn refused() -> Outcome {
    Outcome::Refused(Refusal {
        code: "CAPTURE_NOT_ALLOWED".into(),
        message: "no".into(),
        detail: None,
    })
}

fn captured(
    shop: &mut Shop,
    order: OrderAggregate,
    amount: i64,
    operation: &str,
) -> OrderAggregate {
    let now = testing::moment();
    let intent = capture::begin(&order, None, Some(MinorUnits(amount)), operation, now).unwrap();
    capture::finish(
        order,
        &intent,
        &done(&format!("klarna-{operation}")),
        now,
        &mut shop.ids,
    )
    .unwrap()
    .aggregate
}

fn refunded(
    shop: &mut Shop,
    order: OrderAggregate,
    amount: i64,
    operation: &str,
) -> OrderAggregate {
    let intent = refund::begin(&order, None, Some(MinorUnits(amount)), operation).unwrap();
    refund::finish(
        order,
        &intent,
        &done(operation),
        testing::moment(),
        &mut shop.ids,
    )
    .unwrap()
    .aggregate
}

#[test]
fn a_capture_carries_our_operation_as_reference() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let intent = capture::begin(&order, None, None, "op-1", testing::moment()).unwrap();
    let request = intent.request.clone().unwrap();
    assert_eq!(
        (request.operation, request.idempotency_key.as_deref()),
        (Operation::Capture, Some("op-1"))
    );
    let body: CaptureRequest = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        (body.captured_amount, body.reference.as_deref()),
        (ALL, Some("op-1"))
    );
    assert_eq!(body.order_lines.len(), 3, "a whole capture shows its lines");
    assert_eq!(
        (intent.ledger().movement, intent.ledger().amount),
        (Movement::Captured, MinorUnits(ALL))
    );
    let stored = serde_json::to_string(&intent).unwrap();
    assert_eq!(
        serde_json::from_str::<capture::CaptureIntent>(&stored).unwrap(),
        intent
    );
}

#[test]
fn partial_captures_add_up_to_paid() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let order = captured(&mut shop, order, 3000, "op-1");
    assert_eq!(order.order.payment_status, PaymentStatus::PartiallyPaid);
    assert_eq!(
        order.authorization().unwrap().capture_balance_cents,
        MinorUnits(ALL - 3000)
    );
    let beyond = capture::begin(
        &order,
        None,
        Some(MinorUnits(ALL)),
        "op-2",
        testing::moment(),
    )
    .unwrap_err();
    let remaining = MinorUnits(ALL - 3000);
    assert_eq!(
        beyond,
        CommerceError::CaptureExceedsRemaining {
            remaining,
            requested: MinorUnits(ALL)
        }
    );
    let order = captured(&mut shop, order, ALL - 3000, "op-2");
    assert_eq!(order.order.payment_status, PaymentStatus::Paid);
    let numbers: Vec<_> = order
        .captures()
        .map(|row| row.facts.number.as_str())
        .collect();
    assert_eq!(numbers, ["1001/C/1", "1001/C/2"]);
    assert!(capture::begin(&order, None, None, "op-3", testing::moment()).is_err());
}

#[test]
fn a_failed_capture_is_a_row_and_changes_nothing_else() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let now = testing::moment();
    let intent = capture::begin(&order, None, None, "op-1", now).unwrap();
    let folded = capture::finish(order, &intent, &refused(), now, &mut shop.ids).unwrap();
    let row = folded.aggregate.captures().next().unwrap();
    assert_eq!(
        (row.facts.succeeded, row.facts.error_code.as_deref()),
        (false, Some("CAPTURE_NOT_ALLOWED"))
    );
    assert_eq!(
        folded.aggregate.order.payment_status,
        PaymentStatus::Authorized
    );
    assert_eq!(
        folded
            .aggregate
            .authorization()
            .unwrap()
            .capture_balance_cents,
        MinorUnits(ALL)
    );
}

#[test]
fn folding_an_outcome_twice_counts_once() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let now = testing::moment();
    let intent = capture::begin(&order, None, None, "op-1", now).unwrap();
    let once = capture::finish(order, &intent, &done("k"), now, &mut shop.ids)
        .unwrap()
        .aggregate;
    let twice = capture::finish(once.clone(), &intent, &done("k"), now, &mut shop.ids).unwrap();
    assert_eq!((twice.aggregate, twice.transaction_id), (once, None));
}

#[test]
fn amounts_must_be_positive_and_within_what_is_left() {
    let mut shop = Shop::german();
    let order = shop.placed();
    for requested in [0, -5] {
        let error = capture::begin(
            &order,
            None,
            Some(MinorUnits(requested)),
            "op",
            testing::moment(),
        )
        .unwrap_err();
        assert_eq!(
            error,
            CommerceError::AmountNotPositive {
                requested: MinorUnits(requested)
            }
        );
    }
    assert_eq!(
        refund::begin(&order, None, None, "op").unwrap_err(),
        CommerceError::NothingCaptured
    );
    let order = captured(&mut shop, order, ALL, "op-1");
    let error = refund::begin(&order, None, Some(MinorUnits(ALL + 1)), "op").unwrap_err();
    assert!(matches!(
        error,
        CommerceError::RefundExceedsRemaining { .. }
    ));
}

#[test]
fn an_expired_authorization_cannot_be_captured() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let late = testing::moment() + SignedDuration::from_hours(28 * 24);
    assert_eq!(
        capture::begin(&order, None, None, "op", late).unwrap_err(),
        CommerceError::AuthorizationExpired
    );
}

#[test]
fn approval_and_payment_start_fulfilment() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let (order, _) = fulfillment::approve(order, &shop.catalogue, testing::moment()).unwrap();
    assert_eq!(
        (order.order.status, order.shipments[0].status),
        (OrderStatus::Approved, ShipmentStatus::Upcoming)
    );
    assert_eq!(
        order.order.fulfillment_status,
        FulfillmentStatus::Unfulfilled
    );
    let mut order = captured(&mut shop, order, ALL, "op-1");
    assert_eq!(
        order.order.fulfillment_status,
        FulfillmentStatus::InProgress
    );
    let id = order.shipments[0].id.clone();
    let model = &shop.catalogue.inventory_model;
    for to in [
        ShipmentStatus::Picking,
        ShipmentStatus::Packing,
        ShipmentStatus::ReadyToShip,
        ShipmentStatus::Shipped,
    ] {
        order = advance(order, &id, to, model, testing::moment()).unwrap().0;
    }
    assert_eq!(order.order.fulfillment_status, FulfillmentStatus::Fulfilled);
    assert!(order.shipments[0].shipped_at.is_some());
    assert!(
        advance(
            order,
            &id,
            ShipmentStatus::Picking,
            model,
            testing::moment()
        )
        .is_err()
    );
}

#[test]
fn a_partial_refund_leaves_the_order_and_a_full_one_cancels_it() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let (order, _) = fulfillment::approve(order, &shop.catalogue, testing::moment()).unwrap();
    let order = captured(&mut shop, order, ALL, "op-1");
    let order = refunded(&mut shop, order, 1000, "op-2");
    assert_eq!(order.order.payment_status, PaymentStatus::PartiallyRefunded);
    assert_eq!(order.order.status, OrderStatus::Approved);
    assert_eq!(
        order.captures().next().unwrap().refund_balance_cents,
        MinorUnits(ALL - 1000)
    );
    let order = refunded(&mut shop, order, ALL - 1000, "op-3");
    assert_eq!(
        (order.order.status, order.order.payment_status),
        (OrderStatus::Cancelled, PaymentStatus::Refunded)
    );
    assert_eq!(
        order.order.fulfillment_status,
        FulfillmentStatus::Unfulfilled
    );
    assert!(refund::begin(&order, None, None, "op-4").is_err());
}

#[test]
fn cancelling_before_capture_voids_and_gives_stock_back() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let intent = void::begin_cancel(&order, "op-1").unwrap();
    assert_eq!(
        intent.request.as_ref().unwrap().operation,
        Operation::CancelOrder
    );
    assert_eq!(intent.ledger().unwrap().movement, Movement::Voided);
    let voided =
        void::finish(order, &intent, &done("k"), testing::moment(), &mut shop.ids).unwrap();
    let order = &voided.aggregate.order;
    assert_eq!(
        (order.status, order.payment_status),
        (OrderStatus::Cancelled, PaymentStatus::Voided)
    );
    assert_eq!(
        voided.aggregate.shipments[0].status,
        ShipmentStatus::Cancelled
    );
    assert!(order.cancelled_at.is_some() && order.reservations.is_empty());
}

#[test]
fn a_refused_void_leaves_the_order_placed() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let intent = void::begin_cancel(&order, "op-1").unwrap();
    let voided =
        void::finish(order, &intent, &refused(), testing::moment(), &mut shop.ids).unwrap();
    assert_eq!(voided.aggregate.order.status, OrderStatus::Placed);
    assert!(!voided.aggregate.order.reservations.is_empty());
}

#[test]
fn after_a_partial_capture_the_rest_is_released() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let order = captured(&mut shop, order, 3000, "op-1");
    assert!(
        void::begin_cancel(&order, "op-2").is_err(),
        "captured money has to be refunded"
    );
    let intent = void::begin(&order, None, "op-2").unwrap();
    assert_eq!(
        intent.request.as_ref().unwrap().operation,
        Operation::ReleaseRemaining
    );
    assert_eq!(intent.ledger().unwrap().movement, Movement::Released);
    assert_eq!(intent.amount, MinorUnits(ALL - 3000));
    let voided =
        void::finish(order, &intent, &done("k"), testing::moment(), &mut shop.ids).unwrap();
    assert_eq!(
        voided.aggregate.order.payment_status,
        PaymentStatus::PartiallyVoided
    );
    assert_eq!(voided.aggregate.order.status, OrderStatus::Placed);
    assert!(!voided.aggregate.order.reservations.is_empty());
    assert_eq!(
        void::begin(&voided.aggregate, None, "op-3").unwrap_err(),
        CommerceError::NothingToVoid
    );
}

#[test]
fn capture_waits_for_the_fraud_review() {
    let mut shop = Shop::german();
    shop.catalogue.payment_methods[0].auto_capture = true;
    let method = shop.catalogue.payment_methods[0].clone();
    let order = shop.placed_with(FraudStatus::Pending).aggregate;
    let now = testing::moment();
    assert_eq!(
        capture::begin(&order, None, None, "op", now).unwrap_err(),
        CommerceError::FraudReviewPending
    );
    assert_eq!(
        fulfillment::approve(order.clone(), &shop.catalogue, now).unwrap_err(),
        CommerceError::FraudReviewPending
    );
    let folded = fraud::fold(order, FraudDecision::Accepted, Some(&method), now);
    assert_eq!(folded.capture_now, Some(MinorUnits(ALL)));
    assert!(capture::begin(&folded.aggregate, None, None, "op", now).is_ok());
    let again = fraud::fold(
        folded.aggregate.clone(),
        FraudDecision::Accepted,
        Some(&method),
        now,
    );
    assert_eq!(
        (again.capture_now, again.aggregate),
        (None, folded.aggregate)
    );
}

#[test]
fn a_lost_review_voids_and_a_stop_after_capture_alarms() {
    let mut shop = Shop::german();
    let now = testing::moment();
    let order = shop.placed_with(FraudStatus::Pending).aggregate;
    let folded = fraud::fold(order, FraudDecision::Rejected, None, now);
    assert!(folded.void_now && !folded.alarm);
    let error = capture::begin(&folded.aggregate, None, None, "op", now).unwrap_err();
    assert_eq!(error, CommerceError::FraudReviewRejected);
    assert!(void::begin(&folded.aggregate, None, "op").is_ok());
    let late = fraud::fold(folded.aggregate.clone(), FraudDecision::Accepted, None, now);
    assert_eq!(
        late.aggregate, folded.aggregate,
        "a late acceptance does not undo a refusal"
    );

    let order = shop.placed();
    let order = captured(&mut shop, order, ALL, "op-1");
    let folded = fraud::fold(order, FraudDecision::Stopped, None, now);
    assert!(folded.alarm && !folded.void_now);
}

#[test]
fn an_edit_sends_all_lines_and_moves_only_differences() {
    let mut shop = Shop::german();
    let order = shop.placed();
    shop.catalogue.stock_items[0].quantity = 0; // the order took the last two
    let order = edit::start(order).unwrap();
    let id = order.line_items[0].id.clone();
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let fewer = LineItemChange {
        quantity: Some(1),
        ..LineItemChange::default()
    };
    let order = change::update(order, &id, fewer, &context, &mut shop.ids)
        .unwrap()
        .aggregate;
    assert!(
        order.payment_source.is_some(),
        "the source of a placed order stays"
    );
    let intent = edit::begin_stop(&order, &shop.catalogue, "op-1").unwrap();
    let body: UpdateAuthorizationRequest =
        serde_json::from_slice(&intent.request.as_ref().unwrap().body).unwrap();
    assert_eq!((body.order_amount, body.order_lines.len()), (ALL - 2900, 3));
    assert_eq!(intent.ledger().unwrap().amount, MinorUnits(-2900));
    let moves = reservation::difference(&intent.reservations_before, &intent.reservations);
    let moved: Vec<_> = moves
        .iter()
        .map(|moved| (moved.counter.as_str(), moved.delta))
        .collect();
    assert_eq!(
        moved,
        [("stock:stock-SHIRT", 1), ("reserved:stock-SHIRT", -1)]
    );
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let (order, _) =
        edit::finish_stop(order, &intent, &done("k"), &context, &mut shop.ids).unwrap();
    assert_eq!(
        (order.order.status, order.order.payment_status),
        (OrderStatus::Placed, PaymentStatus::Authorized)
    );
    assert_eq!(
        order.authorization().unwrap().capture_balance_cents,
        MinorUnits(ALL - 2900)
    );
    assert_eq!(
        klarna(&order).session_amount_cents,
        Some(MinorUnits(ALL - 2900))
    );
}

#[test]
fn an_edit_may_not_cost_more_than_the_placed_order() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let order = edit::start(order).unwrap();
    let early = capture::begin(&order, None, None, "op", testing::moment());
    assert!(matches!(early, Err(CommerceError::OrderNotEditable { .. })));
    let order = shop.add(order, "MUG", 1).unwrap();
    let error = edit::begin_stop(&order, &shop.catalogue, "op-1").unwrap_err();
    let (total, ceiling) = (MinorUnits(ALL + 1250), MinorUnits(ALL));
    assert_eq!(
        error,
        CommerceError::EditBeyondPlacedTotal { total, ceiling }
    );
}

fn shown(status: klarna_api::OrderStatus) -> klarna_api::Order {
    serde_json::from_value(serde_json::json!({
        "order_id": "klarna-order", "status": status, "fraud_status": "ACCEPTED", "order_amount": ALL,
    }))
    .unwrap()
}

#[test]
fn actions_in_the_portal_become_rows_and_facts_once() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let order = captured(&mut shop, order, 1000, "op-1");
    let mut klarna_order = shown(klarna_api::OrderStatus::PartCaptured);
    klarna_order.captures = vec![
        klarna_api::Capture {
            capture_id: "klarna-op-1".into(),
            captured_amount: 1000,
            reference: Some("op-1".into()),
            ..Default::default()
        },
        klarna_api::Capture {
            capture_id: "portal-1".into(),
            captured_amount: 500,
            ..Default::default()
        },
        klarna_api::Capture {
            capture_id: "ours".into(),
            captured_amount: 700,
            reference: Some("open-op".into()),
            ..Default::default()
        },
    ];
    klarna_order.refunds = vec![klarna_api::Refund {
        refund_id: "portal-2".into(),
        refunded_amount: 1200,
        ..Default::default()
    }];
    let open = ["open-op".to_owned()];
    let now = testing::moment();
    let folded = portal::fold(order, &klarna_order, &open, now, &mut shop.ids).unwrap();
    let facts: Vec<_> = folded
        .facts
        .iter()
        .map(|fact| (fact.id.as_str(), fact.entry.movement, fact.entry.amount.0))
        .collect();
    assert_eq!(
        facts,
        [
            ("portal-1", Movement::Captured, 500),
            ("portal-2", Movement::Refunded, 1200)
        ]
    );
    let refunds: Vec<_> = folded
        .aggregate
        .transactions
        .iter()
        .filter_map(|row| match row {
            Transaction::Refund(refund) => Some(refund.facts.amount_cents.0),
            _ => None,
        })
        .collect();
    assert_eq!(refunds, [1000, 200]);
    assert_eq!(
        folded.aggregate.order.payment_status,
        PaymentStatus::PartiallyRefunded
    );
    assert!(folded.changed);
    let again = portal::fold(
        folded.aggregate.clone(),
        &klarna_order,
        &open,
        now,
        &mut shop.ids,
    )
    .unwrap();
    assert!(!again.changed && again.facts.is_empty());
    assert_eq!(again.aggregate, folded.aggregate);
}

#[test]
fn a_cancellation_or_an_expiry_at_klarna_ends_the_order() {
    for status in [
        klarna_api::OrderStatus::Cancelled,
        klarna_api::OrderStatus::Expired,
    ] {
        let mut shop = Shop::german();
        let order = shop.placed();
        let folded =
            portal::fold(order, &shown(status), &[], testing::moment(), &mut shop.ids).unwrap();
        assert_eq!(folded.facts[0].entry.movement, Movement::Voided);
        let order = &folded.aggregate.order;
        assert_eq!(
            (order.status, order.payment_status),
            (OrderStatus::Cancelled, PaymentStatus::Voided)
        );
        assert!(order.reservations.is_empty());
    }
}

#[test]
fn an_expiry_after_a_capture_releases_the_rest() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let order = captured(&mut shop, order, 1000, "op-1");
    let folded = portal::fold(
        order,
        &shown(klarna_api::OrderStatus::Expired),
        &[],
        testing::moment(),
        &mut shop.ids,
    )
    .unwrap();
    assert_eq!(folded.facts[0].entry.movement, Movement::Released);
    assert_eq!(
        folded.aggregate.order.payment_status,
        PaymentStatus::PartiallyVoided
    );
    assert_eq!(folded.aggregate.order.status, OrderStatus::Placed);
}

#[test]
fn a_moved_deadline_and_a_changed_amount_are_taken_over() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let mut klarna_order = shown(klarna_api::OrderStatus::Authorized);
    klarna_order.order_amount = 5000;
    klarna_order.expires_at = Some(testing::moment() + SignedDuration::from_hours(999));
    let folded = portal::fold(order, &klarna_order, &[], testing::moment(), &mut shop.ids).unwrap();
    let authorization = folded.aggregate.authorization().unwrap();
    assert_eq!(authorization.expires_at, klarna_order.expires_at);
    assert_eq!(authorization.capture_balance_cents, MinorUnits(5000));
    assert_eq!(
        (
            folded.facts[0].entry.movement,
            folded.facts[0].entry.amount.0
        ),
        (Movement::Authorized, 5000 - ALL)
    );
}

#[test]
fn wire_transfers_are_captured_by_hand_without_a_gateway() {
    let mut shop = Shop::german();
    let cart = shop.ready_by_wire();
    let intent = shop.intent(cart);
    let order = shop
        .finish(
            intent.aggregate,
            kassa_commerce::place::PlaceAnswer::NothingAsked,
        )
        .aggregate;
    let intent = capture::begin(&order, None, None, "op-1", testing::moment()).unwrap();
    assert!(intent.request.is_none());
    let order = capture::finish(
        order,
        &intent,
        &Outcome::done(),
        testing::moment(),
        &mut shop.ids,
    )
    .unwrap()
    .aggregate;
    assert_eq!(order.order.payment_status, PaymentStatus::Paid);
}

#[test]
fn unknown_rows_are_not_found() {
    let mut shop = Shop::german();
    let order = shop.placed();
    let error =
        capture::begin(&order, Some(&"nope".into()), None, "op", testing::moment()).unwrap_err();
    assert_eq!(
        error,
        CommerceError::TransactionNotFound { id: "nope".into() }
    );
    assert_eq!(error.code().word(), "RECORD_NOT_FOUND");
}
