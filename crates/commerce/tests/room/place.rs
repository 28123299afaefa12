//! Placing: conditions, intent, answer.

use jiff::SignedDuration;
use kassa_commerce::catalogue::Promotion;
use kassa_commerce::customer::CustomerStatus;
use kassa_commerce::line_item::ItemType;
use kassa_commerce::line_item::change::NewLineItem;
use kassa_commerce::place::{self, PlaceAnswer, PlaceInput, Placing};
use kassa_commerce::states::{FulfillmentStatus, OrderStatus, PaymentStatus};
use kassa_commerce::stock_reservation::StockReservationStatus;
use kassa_commerce::transaction::{Movement, Refusal};
use kassa_commerce::{CartContext, CommerceError, Field, testing};
use kassa_klarna_api::{CreateOrderRequest, CustomerToken, FraudStatus, Operation};
use kassa_money::MinorUnits;

use crate::shop::{Shop, klarna, klarna_answer};

#[test]
fn the_intent_holds_call_claims_ledger_and_stock() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let intent = shop.intent(cart);
    assert_eq!(intent.aggregate.order.status, OrderStatus::Placing);
    assert!(!intent.aggregate.order.editable);
    assert_eq!(intent.aggregate.order.number.as_deref(), Some("1001"));
    assert_eq!(intent.aggregate.shipments[0].number, "1001/S/001");
    let request = intent.request.unwrap();
    assert_eq!(request.operation, Operation::PlaceOrder);
    let body: CreateOrderRequest = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body.order_amount, 7299);
    let ledger = intent.ledger.unwrap();
    assert_eq!(
        (ledger.movement, ledger.amount),
        (Movement::Authorized, MinorUnits(7299))
    );
    let claims: Vec<_> = intent
        .claims
        .iter()
        .map(|claim| (claim.kind, claim.value.as_str()))
        .collect();
    assert_eq!(
        claims,
        [
            ("order_number", "1001"),
            ("klarna_session", "session"),
            ("authorization_token", "auth-token")
        ]
    );
    let taken: Vec<_> = intent
        .aggregate
        .order
        .reservations
        .iter()
        .map(|taken| (taken.counter.as_str(), taken.delta, taken.min))
        .collect();
    assert_eq!(
        taken,
        [("stock:stock-SHIRT", -2, 0), ("reserved:stock-SHIRT", 2, 0)]
    );
    let rows = &intent.aggregate.stock_reservations;
    assert_eq!((rows.len(), rows[0].quantity), (1, 2));
    assert_eq!(rows[0].status, StockReservationStatus::Pending);
}

#[test]
fn success_places_the_order() {
    let mut shop = Shop::german();
    let placed = shop.placed_with(FraudStatus::Accepted);
    let order = &placed.aggregate.order;
    assert_eq!(
        (order.status, order.payment_status),
        (OrderStatus::Placed, PaymentStatus::Authorized)
    );
    assert_eq!(order.fulfillment_status, FulfillmentStatus::Unfulfilled);
    assert_eq!(order.place_total_amount_cents, Some(MinorUnits(7299)));
    assert_eq!(order.customer_type.as_deref(), Some("new"));
    assert!(order.placed_at.is_some() && order.place_operation_id.is_none());
    assert_eq!(
        order.payment_source_details.as_ref().unwrap()["type"],
        "klarna_payments"
    );
    let authorization = placed.aggregate.authorization().unwrap();
    assert_eq!(authorization.facts.number, "1001/A/1");
    assert_eq!(
        authorization.facts.gateway_transaction_id.as_deref(),
        Some("klarna-order")
    );
    assert_eq!(authorization.capture_balance_cents, MinorUnits(7299));
    assert_eq!(
        klarna(&placed.aggregate).payment_response()["order_id"],
        "klarna-order"
    );
    assert_eq!(placed.customer.unwrap().status, CustomerStatus::Acquired);
    let topics: Vec<_> = placed.events.iter().map(|event| event.topic).collect();
    assert_eq!(
        topics,
        [
            "orders.place",
            "authorizations.create",
            "orders.authorize",
            "customers.acquired"
        ]
    );
}

#[test]
fn placing_again_finds_the_order_placed_or_in_progress() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let placing = shop.intent(cart).aggregate;
    let again = shop.begin(placing.clone()).unwrap();
    assert_eq!(
        again,
        Placing::InProgress {
            operation_id: Some("place-1".into())
        }
    );
    let placed = shop
        .finish(
            placing,
            PlaceAnswer::Klarna(klarna_answer(FraudStatus::Accepted)),
        )
        .aggregate;
    let again = shop.begin(placed.clone()).unwrap();
    assert_eq!(again, Placing::AlreadyPlaced(Box::new(placed.clone())));
    let twice = shop.finish(
        placed.clone(),
        PlaceAnswer::Klarna(klarna_answer(FraudStatus::Accepted)),
    );
    assert_eq!(twice.aggregate, placed);
    assert!(twice.events.is_empty());
}

#[test]
fn a_refusal_gives_everything_back() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let intent = shop.intent(cart);
    let refusal = Refusal {
        code: "REJECTED".into(),
        message: "Rejected".into(),
        detail: Some("correlation".into()),
    };
    let refused = shop.finish(intent.aggregate, PlaceAnswer::Refused(refusal));
    let order = &refused.aggregate.order;
    assert_eq!(
        (order.status, order.payment_status),
        (OrderStatus::Pending, PaymentStatus::Unpaid)
    );
    assert!(order.editable && order.reservations.is_empty());
    assert!(refused.aggregate.stock_reservations.is_empty());
    let row = refused.aggregate.authorizations().next().unwrap();
    assert!(!row.facts.succeeded);
    assert_eq!(
        (
            row.facts.error_code.as_deref(),
            row.facts.message.as_deref()
        ),
        (Some("REJECTED"), Some("Rejected"))
    );
    // Klarna repeats its refusal for the same token: the shopper must approve anew.
    assert!(klarna(&refused.aggregate).auth_token.is_none());
    assert_eq!(
        shop.begin(refused.aggregate).unwrap_err(),
        CommerceError::NotApproved
    );
    assert!(matches!(
        refused.refusal,
        Some(CommerceError::PaymentRefused { .. })
    ));
}

#[test]
fn a_session_that_is_gone_takes_the_source_with_it() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let intent = shop.intent(cart);
    let refusal = Refusal {
        code: "NOT_FOUND".into(),
        message: "Invalid session id".into(),
        detail: None,
    };
    let refused = shop.finish(intent.aggregate, PlaceAnswer::Refused(refusal));
    assert!(refused.dropped_source.is_some() && refused.aggregate.payment_source.is_none());
}

#[test]
fn a_klarna_order_that_is_rejected_at_once_is_not_kept() {
    let mut shop = Shop::german();
    let placed = shop.placed_with(FraudStatus::Rejected);
    assert_eq!(placed.aggregate.order.status, OrderStatus::Pending);
    assert_eq!(placed.cancel_klarna_order.as_deref(), Some("klarna-order"));
}

#[test]
fn a_pending_review_places_the_order_and_notes_it() {
    let mut shop = Shop::german();
    shop.catalogue.payment_methods[0].auto_capture = true;
    let placed = shop.placed_with(FraudStatus::Pending);
    assert_eq!(placed.aggregate.order.status, OrderStatus::Placed);
    assert_eq!(
        placed
            .aggregate
            .authorization()
            .unwrap()
            .fraud_review
            .as_deref(),
        Some("pending")
    );
    assert_eq!(placed.capture_now, None);
}

#[test]
fn auto_capture_follows_at_once() {
    let mut shop = Shop::german();
    shop.catalogue.payment_methods[0].auto_capture = true;
    assert_eq!(
        shop.placed_with(FraudStatus::Accepted).capture_now,
        Some(MinorUnits(7299))
    );
}

#[test]
fn wire_transfers_are_authorized_without_asking() {
    let mut shop = Shop::german();
    let cart = shop.ready_by_wire();
    let intent = shop.intent(cart);
    assert!(intent.request.is_none() && intent.ledger.is_some());
    let placed = shop
        .finish(intent.aggregate, PlaceAnswer::NothingAsked)
        .aggregate;
    assert_eq!(placed.order.payment_status, PaymentStatus::Authorized);
    let authorization = placed.authorization().unwrap();
    assert_eq!(
        (
            authorization.fraud_review.as_deref(),
            authorization.expires_at
        ),
        (None, None)
    );
}

#[test]
fn an_order_that_costs_nothing_is_free() {
    let mut shop = Shop::german();
    shop.catalogue.promotions = vec![
        Promotion {
            id: "all".into(),
            promotion_type: ItemType::PercentageDiscountPromotions,
            percentage: Some(100),
            ..Promotion::default()
        },
        Promotion {
            id: "ship".into(),
            promotion_type: ItemType::FreeShippingPromotions,
            ..Promotion::default()
        },
    ];
    let cart = shop.cart("klarna");
    assert_eq!(cart.order.payable(), MinorUnits(0));
    let intent = shop.intent(cart);
    assert!(intent.request.is_none() && intent.ledger.is_none());
    let usages: Vec<_> = intent
        .aggregate
        .order
        .reservations
        .iter()
        .map(|taken| taken.counter.as_str())
        .collect();
    assert_eq!(
        usages,
        [
            "stock:stock-SHIRT",
            "reserved:stock-SHIRT",
            "promotion:all",
            "promotion:ship"
        ]
    );
    let placed = shop
        .finish(intent.aggregate, PlaceAnswer::NothingAsked)
        .aggregate;
    assert_eq!(placed.order.payment_status, PaymentStatus::Free);
    assert_eq!(placed.transactions.len(), 0);
}

#[test]
fn each_condition_is_told_on_its_field() {
    let ready = |change: &dyn Fn(&mut Shop, &mut kassa_commerce::OrderAggregate)| {
        let mut shop = Shop::german();
        let mut cart = shop.ready();
        change(&mut shop, &mut cart);
        // What the test changes by hand is not to be repaired by the refresh before placing.
        cart.order.autorefresh = false;
        shop.begin(cart).unwrap_err()
    };
    let relationship = Field::Relationship;
    let cases: Vec<(CommerceError, Field)> = vec![
        (
            ready(&|shop, cart| {
                shop.parties.customer = None;
                cart.order.customer_id = None;
            }),
            relationship("customer"),
        ),
        (
            ready(&|_, cart| cart.line_items.clear()),
            relationship("line_items"),
        ),
        (
            ready(&|shop, _| shop.parties.billing_address = None),
            relationship("billing_address"),
        ),
        (
            ready(&|_, cart| cart.order.requires_billing_info = true),
            relationship("billing_address"),
        ),
        (
            ready(&|shop, _| shop.parties.shipping_address = None),
            relationship("shipping_address"),
        ),
        (
            ready(&|_, cart| cart.order.shipping_country_code_lock = Some("FR".into())),
            relationship("shipping_address"),
        ),
        (
            ready(&|_, cart| cart.shipments.clear()),
            relationship("shipments"),
        ),
        (
            ready(&|_, cart| cart.shipments[0].shipping_method_id = None),
            relationship("shipments"),
        ),
        (
            ready(&|shop, _| shop.catalogue.stock_items[0].quantity = 1),
            Field::Attribute("quantity"),
        ),
        (
            ready(&|_, cart| cart.order.payment_method_id = None),
            relationship("payment_method"),
        ),
        (
            ready(&|shop, _| {
                shop.catalogue.payment_methods[0].disabled_at = Some(testing::moment())
            }),
            relationship("payment_method"),
        ),
        (
            ready(&|_, cart| cart.payment_source = None),
            relationship("payment_source"),
        ),
        (
            ready(&|_, cart| cart.order.total_amount_with_taxes_cents = MinorUnits(-1)),
            Field::Attribute("total_amount_cents"),
        ),
        (
            ready(&|_, cart| cart.order.status = OrderStatus::Draft),
            Field::Attribute("status"),
        ),
        (
            ready(&|_, cart| cart.order.status = OrderStatus::Cancelled),
            Field::Attribute("status"),
        ),
    ];
    for (error, field) in cases {
        assert_eq!(error.field(), field, "{error:?}");
    }
}

#[test]
fn without_an_approval_nothing_is_placed() {
    let mut shop = Shop::german();
    let cart = shop.cart("klarna");
    let cart = shop.with_session(cart);
    assert_eq!(shop.begin(cart).unwrap_err(), CommerceError::NotApproved);
}

#[test]
fn an_old_approval_has_expired() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let begin = |shop: &mut Shop, minutes| {
        let now = testing::moment() + SignedDuration::from_mins(minutes);
        let context = CartContext {
            parties: &shop.parties,
            catalogue: &shop.catalogue,
            now,
        };
        place::begin(cart.clone(), PlaceInput::default(), &context, &mut shop.ids)
    };
    assert!(begin(&mut shop, 59).is_ok());
    let error = begin(&mut shop, 60).unwrap_err();
    assert_eq!(
        (error.clone(), error.word()),
        (CommerceError::ApprovalExpired, "expired")
    );
}

#[test]
fn a_price_that_moved_refuses_the_placing() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    shop.catalogue.prices[0].amount_cents = MinorUnits(3000);
    let error = shop.begin(cart).unwrap_err();
    assert_eq!(
        error,
        CommerceError::MismatchedAmounts {
            order: MinorUnits(7499),
            session: MinorUnits(7299)
        }
    );
}

#[test]
fn lines_changed_without_a_refresh_are_not_sold_at_the_old_amount() {
    let mut shop = Shop::german();
    let mut cart = shop.ready_by_wire();
    cart.order.autorefresh = false;
    let cart = shop.add(cart, "MUG", 2).unwrap();
    let error = shop.begin(cart).unwrap_err();
    let (order, session) = (MinorUnits(7299 + 2500), MinorUnits(7299));
    assert_eq!(error, CommerceError::MismatchedAmounts { order, session });
}

#[test]
fn an_unshipped_line_still_takes_its_stock() {
    let mut shop = Shop::german();
    shop.catalogue.skus[2].do_not_track = false;
    let cart = shop.ready();
    let intent = shop.intent(cart);
    let taken: Vec<_> = intent
        .aggregate
        .order
        .reservations
        .iter()
        .map(|taken| (taken.counter.as_str(), taken.delta))
        .collect();
    assert_eq!(
        taken,
        [
            ("stock:stock-SHIRT", -2),
            ("reserved:stock-SHIRT", 2),
            ("stock:stock-EBOOK", -1),
            ("reserved:stock-EBOOK", 1)
        ]
    );
}

#[test]
fn a_tokenizing_session_prepares_the_customer_token_too() {
    let mut shop = Shop::german();
    let new = NewLineItem {
        sku_code: Some("EBOOK".into()),
        quantity: 1,
        frequency: Some("monthly".into()),
        ..NewLineItem::default()
    };
    let cart = shop.add_line(testing::empty_order(), new).unwrap();
    let choose = kassa_commerce::order::change::OrderChange {
        payment_method: kassa_commerce::Patch::Set("klarna".into()),
        ..Default::default()
    };
    let cart = shop.change(cart, choose).unwrap().refreshed.aggregate;
    let cart = shop.with_session(cart);
    let cart = shop.approved(cart);
    let intent = shop.intent(cart);
    assert_eq!(intent.request.unwrap().operation, Operation::PlaceOrder);
    assert_eq!(
        intent.token_request.unwrap().operation,
        Operation::CreateCustomerToken
    );
}

#[test]
fn a_wallet_pays_without_an_approval() {
    let mut shop = Shop::german();
    let cart = shop.cart("klarna");
    let cart = shop.with_session(cart);
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let input = PlaceInput {
        operation_id: "place-1".into(),
        order_number: "1001".into(),
        customer_token: Some(CustomerToken::new("wallet")),
        ..PlaceInput::default()
    };
    let Placing::Begin(intent) = place::begin(cart, input, &context, &mut shop.ids).unwrap() else {
        panic!()
    };
    let request = intent.request.unwrap();
    assert_eq!(request.operation, Operation::PlaceTokenOrder);
    assert_eq!(request.idempotency_key.as_deref(), Some("place-1"));
}
