//! Klarna payment sources: life cycle, lines, requests.

use jiff::SignedDuration;
use kassa_commerce::klarna_payment::{self, PlaceContext, SourceUpdate, TaxMode, basket};
use kassa_commerce::line_item::change::{self, LineItemChange, NewLineItem};
use kassa_commerce::payment_source::{self, PaymentSource};
use kassa_commerce::{CartContext, CommerceError, testing};
use kassa_klarna_api::{MerchantUrls, Operation, Session};
use kassa_money::{DecimalRate, MinorUnits};

use crate::shop::{Shop, klarna};

fn lines(order: &kassa_commerce::OrderAggregate) -> Vec<(String, i64, i64, i64, i64)> {
    let basket = basket(order).unwrap();
    let line = |line: &kassa_klarna_api::OrderLine| {
        let kind = line.kind.clone().unwrap();
        (
            kind,
            line.quantity,
            line.unit_price,
            line.total_amount,
            line.total_tax_amount.unwrap(),
        )
    };
    basket.order_lines.iter().map(line).collect()
}

#[test]
fn european_lines_are_gross_with_their_tax() {
    let mut shop = Shop::german();
    let cart = shop.cart("klarna");
    assert_eq!(
        lines(&cart),
        [
            ("physical".into(), 2, 2900, 5800, 967),
            ("digital".into(), 1, 999, 999, 167),
            ("shipping_fee".into(), 1, 500, 500, 83),
        ]
    );
    let basket = basket(&cart).unwrap();
    assert_eq!(
        (basket.order_amount, basket.order_tax_amount),
        (MinorUnits(7299), MinorUnits(1217))
    );
    assert_eq!(
        (basket.locale, basket.tax_mode),
        ("en-DE", TaxMode::InLines)
    );
}

#[test]
fn us_lines_are_net_with_one_sales_tax_line() {
    let mut shop = Shop::new("US", "USD", false);
    shop.catalogue.tax_rules[0].tax_rate = DecimalRate::parse("0.08875").unwrap();
    let cart = shop.cart("klarna");
    let tax = cart.order.total_tax_amount_cents.0;
    assert_eq!(
        lines(&cart),
        [
            ("physical".into(), 2, 2900, 5800, 0),
            ("digital".into(), 1, 999, 999, 0),
            ("shipping_fee".into(), 1, 500, 500, 0),
            ("sales_tax".into(), 1, tax, tax, 0),
        ]
    );
    let basket = basket(&cart).unwrap();
    assert_eq!(
        (basket.order_amount.0, basket.order_tax_amount.0),
        (7299 + tax, tax)
    );
}

#[test]
fn net_prices_outside_the_us_become_gross_lines_that_multiply_out() {
    let mut shop = Shop::new("DE", "EUR", false);
    shop.catalogue.prices[0].amount_cents = MinorUnits(333);
    let cart = shop.add(testing::empty_order(), "SHIRT", 7).unwrap();
    let basket = basket(&cart).unwrap();
    let line = &basket.order_lines[0];
    // 2331 net + 466 tax = 2797, which seven pieces do not divide: 7 × 400 − 3.
    assert_eq!(
        (
            line.unit_price,
            line.total_discount_amount,
            line.total_amount
        ),
        (400, Some(3), 2797)
    );
    assert_eq!(line.total_tax_amount, Some(466));
}

#[test]
fn adjustments_payment_cost_and_gift_cards_have_their_types() {
    let mut shop = Shop::german();
    shop.catalogue.payment_methods[0].price_amount_cents = MinorUnits(150);
    shop.catalogue.gift_card = Some(
        serde_json::from_value(serde_json::json!({"status": "active", "balance_cents": 700}))
            .unwrap(),
    );
    let mut cart = shop.cart("klarna");
    for amount in [-400, 300] {
        let new = NewLineItem {
            item_type: Some("adjustments".into()),
            quantity: 1,
            unit_amount_cents: Some(MinorUnits(amount)),
            name: Some("By hand".into()),
            ..NewLineItem::default()
        };
        cart = shop.add_line(cart, new).unwrap();
    }
    let kinds: Vec<_> = lines(&cart)
        .into_iter()
        .map(|(kind, _, _, total, _)| (kind, total))
        .collect();
    for wanted in [
        ("discount", -400),
        ("surcharge", 300),
        ("surcharge", 150),
        ("gift_card", -700),
    ] {
        assert!(
            kinds.contains(&(wanted.0.to_owned(), wanted.1)),
            "{wanted:?} in {kinds:?}"
        );
    }
}

#[test]
fn amounts_beyond_klarnas_are_refused() {
    let mut shop = Shop::german();
    shop.catalogue.prices[0].amount_cents = MinorUnits(200_000_001);
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    assert!(matches!(
        basket(&cart),
        Err(CommerceError::AmountNotServed { .. })
    ));
}

#[test]
fn countries_and_currencies_klarna_does_not_serve_are_refused() {
    let mut shop = Shop::new("JP", "EUR", true);
    let cart = shop.add(testing::empty_order(), "EBOOK", 1).unwrap();
    assert_eq!(
        basket(&cart),
        Err(CommerceError::CountryNotServed {
            country_code: "JP".into()
        })
    );
    let mut shop = Shop::new("SE", "EUR", true);
    let cart = shop.add(testing::empty_order(), "EBOOK", 1).unwrap();
    assert!(matches!(
        basket(&cart),
        Err(CommerceError::CurrencyNotServed { .. })
    ));
}

#[test]
fn create_needs_a_klarna_method_and_an_enabled_gateway() {
    let mut shop = Shop::german();
    let create = |shop: &Shop, cart: &kassa_commerce::OrderAggregate| {
        klarna_payment::create(
            "id".into(),
            "secret".into(),
            cart,
            &shop.catalogue,
            MerchantUrls::default(),
        )
    };
    let bare = shop.add(testing::empty_order(), "EBOOK", 1).unwrap();
    assert_eq!(
        create(&shop, &bare).unwrap_err(),
        CommerceError::PaymentMethodMissing
    );
    let wire = shop.cart("wire");
    assert_eq!(
        create(&shop, &wire).unwrap_err(),
        CommerceError::PaymentSourceTypeMismatch
    );
    let cart = shop.cart("klarna");
    let request = create(&shop, &cart).unwrap().request.unwrap();
    assert_eq!(request.operation, Operation::CreateSession);
    let sent: Session = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        (sent.order_amount, sent.intent.as_deref()),
        (Some(7299), Some("buy"))
    );
    assert!(
        sent.billing_address.is_none(),
        "no personal data before the shopper gives it"
    );
    shop.catalogue.klarna_gateways[0].disabled_at = Some(testing::moment());
    assert_eq!(
        create(&shop, &cart).unwrap_err(),
        CommerceError::GatewayUnavailable
    );
    shop.catalogue.klarna_gateways[0].disabled_at = None;
    for method in &mut shop.catalogue.payment_methods {
        method.disabled_at = Some(testing::moment());
    }
    assert_eq!(
        create(&shop, &cart).unwrap_err(),
        CommerceError::PaymentMethodUnavailable
    );
    let placed = Shop::german().placed();
    assert!(matches!(
        create(&shop, &placed),
        Err(CommerceError::OrderNotEditable { .. })
    ));
}

#[test]
fn a_recurring_line_asks_for_a_customer_token() {
    let mut shop = Shop::german();
    let new = NewLineItem {
        sku_code: Some("SHIRT".into()),
        quantity: 1,
        frequency: Some("three-month".into()),
        ..NewLineItem::default()
    };
    let mut cart = shop.add_line(testing::empty_order(), new).unwrap();
    let session = klarna_payment::session_request(&cart, MerchantUrls::default()).unwrap();
    assert_eq!(session.intent.as_deref(), Some("buy_and_tokenize"));
    let rhythm = session.order_lines[0].subscription.as_ref().unwrap();
    assert_eq!(
        (rhythm.interval.as_str(), rhythm.interval_count),
        ("MONTH", 3)
    );
    cart.order.guest = true;
    let session = klarna_payment::session_request(&cart, MerchantUrls::default()).unwrap();
    assert_eq!(session.intent.as_deref(), Some("buy"));
}

#[test]
fn both_shapes_of_the_source_tell_the_same() {
    let mut shop = Shop::german();
    let cart = shop.cart("klarna");
    let cart = shop.with_session(cart);
    let payment = klarna(&cart);
    let envelope = payment.payment_request_data();
    assert_eq!(envelope["client_token"], "client-token");
    assert_eq!(envelope["session_id"], "session");
    assert_eq!(
        envelope["payment_method_categories"][0]["identifier"],
        "klarna"
    );
    assert_eq!(payment.payment_methods[0]["identifier"], "klarna");
    assert_eq!(payment.payment_response(), serde_json::json!({}));
}

#[test]
fn an_approval_is_recorded_without_touching_anything_else() {
    let mut shop = Shop::german();
    let cart = shop.cart("klarna");
    let before = shop.with_session(cart);
    let after = shop.approved(before.clone());
    let payment = klarna(&after);
    assert_eq!(
        payment.auth_token.as_ref().unwrap().expose_secret(),
        "auth-token"
    );
    assert!(payment.payment_instrument.is_some());
    assert_eq!(payment.session_basis, klarna(&before).session_basis);
    assert_eq!(after.order, before.order);
    let refreshed = shop.refresh(after);
    assert!(
        refreshed.dropped_source.is_none(),
        "a refresh without change keeps the approval"
    );
}

#[test]
fn blank_tokens_and_expired_sessions_are_refused() {
    let mut shop = Shop::german();
    let cart = shop.cart("klarna");
    let cart = shop.with_session(cart);
    let token = |token: &str| SourceUpdate {
        auth_token: Some(token.into()),
        update: false,
    };
    let update = |change: &SourceUpdate, now| {
        klarna_payment::update(&cart, &shop.parties, &shop.catalogue, change, now)
    };
    assert_eq!(
        update(&token("  "), testing::moment()).unwrap_err(),
        CommerceError::AuthTokenBlank
    );
    let late = testing::moment() + SignedDuration::from_hours(48);
    assert_eq!(
        update(&token("fresh"), late).unwrap_err(),
        CommerceError::SessionExpired
    );
    let placed = Shop::german().placed();
    let locked = klarna_payment::update(
        &placed,
        &shop.parties,
        &shop.catalogue,
        &token("x"),
        testing::moment(),
    );
    assert_eq!(locked.unwrap_err(), CommerceError::PaymentSourceLocked);
}

#[test]
fn the_source_is_dropped_when_the_amount_changes() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let id = cart.line_items[0].id.clone();
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let more = LineItemChange {
        quantity: Some(3),
        ..LineItemChange::default()
    };
    let refreshed = change::update(cart, &id, more, &context, &mut shop.ids).unwrap();
    assert!(refreshed.aggregate.payment_source.is_none());
    assert_eq!(
        refreshed.cancel_approval.unwrap().expose_secret(),
        "auth-token"
    );
    assert!(matches!(
        refreshed.dropped_source,
        Some(PaymentSource::Klarna(_))
    ));
}

#[test]
fn the_source_is_dropped_when_lines_change_under_the_same_amount() {
    let mut shop = Shop::german();
    testing::add_sku(&mut shop.catalogue, "TWIN", 2900, false);
    let cart = shop.ready();
    let id = cart.line_items[0].id.clone();
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    let less = LineItemChange {
        quantity: Some(1),
        ..LineItemChange::default()
    };
    let mut cart = cart;
    cart.order.autorefresh = false;
    let cart = change::update(cart, &id, less, &context, &mut shop.ids)
        .unwrap()
        .aggregate;
    let mut cart = shop.add(cart, "TWIN", 1).unwrap();
    cart.order.autorefresh = true;
    let refreshed = shop.refresh(cart);
    assert_eq!(
        refreshed.aggregate.order.total_amount_with_taxes_cents,
        MinorUnits(7299)
    );
    assert!(refreshed.dropped_source.is_some());
}

#[test]
fn the_approval_is_given_back_when_an_address_changes() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    shop.parties.billing_address.as_mut().unwrap().line_1 = Some("Other Street 2".into());
    let refreshed = shop.refresh(cart);
    assert!(refreshed.cancel_approval.is_some());
}

#[test]
fn a_kept_source_is_marked_until_it_is_updated() {
    let mut shop = Shop::german();
    let mut cart = shop.ready();
    cart.order.autorefresh = false;
    let cart = shop.add(cart, "MUG", 1).unwrap();
    assert!(
        klarna(&cart).mismatched_amounts,
        "placing is refused already"
    );
    let refreshed = shop.refresh(cart);
    assert!(refreshed.dropped_source.is_none());
    assert!(klarna(&refreshed.aggregate).mismatched_amounts);
    let change = SourceUpdate {
        auth_token: None,
        update: true,
    };
    let decision = klarna_payment::update(
        &refreshed.aggregate,
        &shop.parties,
        &shop.catalogue,
        &change,
        testing::moment(),
    )
    .unwrap();
    assert_eq!(
        decision.request.unwrap().operation,
        Operation::UpdateSession
    );
    assert!(decision.cancel_approval.is_some() && decision.payment.auth_token.is_none());
    assert!(!decision.payment.mismatched_amounts);
    assert_eq!(
        decision.payment.session_amount_cents,
        Some(MinorUnits(7299 + 1250))
    );
}

#[test]
fn updating_an_unchanged_session_keeps_the_approval() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let change = SourceUpdate {
        auth_token: None,
        update: true,
    };
    let decision = klarna_payment::update(
        &cart,
        &shop.parties,
        &shop.catalogue,
        &change,
        testing::moment(),
    )
    .unwrap();
    assert!(decision.request.is_none() && decision.cancel_approval.is_none());
    assert!(decision.payment.auth_token.is_some());
}

#[test]
fn a_second_source_replaces_the_first_and_gives_its_approval_back() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let second = PaymentSource::Klarna(klarna_payment::KlarnaPayment {
        id: "second".into(),
        ..Default::default()
    });
    let attached = payment_source::attach(cart, second, &shop.catalogue).unwrap();
    assert_eq!(
        attached.aggregate.order.payment_source_id.as_deref(),
        Some("second")
    );
    assert_eq!(attached.replaced.unwrap().id(), "source");
    assert!(attached.cancel_approval.is_some());
}

#[test]
fn the_placed_order_carries_addresses_and_references() {
    let mut shop = Shop::german();
    let cart = shop.ready();
    let context = PlaceContext {
        order_number: "1001".into(),
        urls: MerchantUrls::default(),
    };
    let request = klarna_payment::order_request(&cart, &shop.parties, context).unwrap();
    let billing = request.billing_address.unwrap();
    assert_eq!(billing.email.as_deref(), Some("ada@example.com"));
    assert_eq!(
        (billing.country.as_deref(), billing.organization_name),
        (Some("DE"), None)
    );
    assert_eq!(request.merchant_reference1.as_deref(), Some("1001"));
    assert_eq!(request.merchant_reference2.as_deref(), Some("order"));
    assert!(request.merchant_urls.is_none());
}
