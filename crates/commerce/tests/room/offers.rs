//! What changes a price: bundles, adjustments, promotions with their rules, gift cards, tax categories.

use kassa_commerce::catalogue::{
    Adjustment, Bundle, Coupon, GiftCard, GiftCardStatus, OrderAmountRule, Promotion, SkuListItem,
    SkuListRule, TaxRule,
};
use kassa_commerce::error::Lost;
use kassa_commerce::line_item::ItemType;
use kassa_commerce::line_item::change::NewLineItem;
use kassa_commerce::{CommerceError, OrderAggregate, testing};
use kassa_money::{Currency, DecimalRate, MinorUnits};

use crate::shop::Shop;

fn listed(list: &str, code: &str, quantity: i64) -> SkuListItem {
    SkuListItem {
        id: format!("{list}-{code}").into(),
        sku_list_id: list.into(),
        sku_code: code.into(),
        quantity,
        ..SkuListItem::default()
    }
}

fn bundle(price: Option<i64>) -> Bundle {
    Bundle {
        id: "bundle".into(),
        code: "SET".into(),
        name: "The set".into(),
        price_amount_cents: price.map(MinorUnits),
        sku_list_id: "set".into(),
        ..Bundle::default()
    }
}

fn shop_with_bundle(price: Option<i64>) -> Shop {
    let mut shop = Shop::german();
    shop.catalogue.bundles = vec![bundle(price)];
    shop.catalogue.sku_list_items = vec![listed("set", "SHIRT", 1), listed("set", "MUG", 2)];
    shop
}

fn set(quantity: i64) -> NewLineItem {
    NewLineItem {
        bundle_code: Some("SET".into()),
        quantity,
        ..NewLineItem::default()
    }
}

fn percentage(id: &str, percentage: u8) -> Promotion {
    Promotion {
        id: id.into(),
        promotion_type: ItemType::PercentageDiscountPromotions,
        name: id.into(),
        percentage: Some(percentage),
        ..Promotion::default()
    }
}

fn fixed(id: &str, amount: i64) -> Promotion {
    Promotion {
        id: id.into(),
        promotion_type: ItemType::FixedAmountPromotions,
        name: id.into(),
        fixed_amount_cents: Some(MinorUnits(amount)),
        ..Promotion::default()
    }
}

fn discounts(cart: &OrderAggregate) -> Vec<(String, i64)> {
    let lines = cart.line_items.iter();
    let lines = lines.filter(|line| line.item_type.is_promotion());
    lines
        .map(|line| (line.item_id.clone().unwrap(), line.total_amount_cents.0))
        .collect()
}

#[test]
fn a_bundle_is_one_line_and_takes_the_stock_of_its_skus() {
    let mut shop = shop_with_bundle(Some(4500));
    let cart = shop.add_line(testing::empty_order(), set(2)).unwrap();
    assert_eq!(cart.goods().count(), 1);
    let line = &cart.line_items[0];
    assert_eq!(
        (line.item_type, line.unit_amount_cents),
        (ItemType::Bundles, MinorUnits(4500))
    );
    assert_eq!(
        (line.name.as_deref(), cart.order.skus_count),
        (Some("The set"), 2)
    );
    let stock: Vec<_> = cart
        .stock_line_items
        .iter()
        .map(|own| {
            (
                own.sku_code.as_str(),
                own.quantity,
                own.extra["bundle_code"].as_str(),
            )
        })
        .collect();
    assert_eq!(stock, [("MUG", 4, Some("SET")), ("SHIRT", 2, Some("SET"))]);
    // A line of its own beside the bundle and the bundle together want more than there is.
    let cart = shop.add(cart, "MUG", 96).unwrap();
    let error = shop.add(cart, "MUG", 1).unwrap_err();
    assert!(matches!(
        error,
        CommerceError::OutOfStock {
            requested: 101,
            available: 100,
            ..
        }
    ));
}

#[test]
fn a_bundle_without_a_price_costs_what_its_skus_cost() {
    let mut shop = shop_with_bundle(None);
    let cart = shop.add_line(testing::empty_order(), set(1)).unwrap();
    assert_eq!(
        cart.line_items[0].unit_amount_cents,
        MinorUnits(2900 + 2 * 1250)
    );
    let more = NewLineItem {
        update_quantity: true,
        ..set(2)
    };
    let cart = shop.add_line(cart, more).unwrap();
    assert_eq!((cart.goods().count(), cart.line_items[0].quantity), (1, 3));
}

#[test]
fn bundles_of_other_markets_currencies_and_without_content_are_refused() {
    let refused = |change: &dyn Fn(&mut Shop)| {
        let mut shop = shop_with_bundle(Some(100));
        change(&mut shop);
        shop.add_line(testing::empty_order(), set(1)).unwrap_err()
    };
    let unknown = CommerceError::UnknownBundle {
        bundle_code: "SET".into(),
    };
    assert_eq!(refused(&|shop| shop.catalogue.bundles.clear()), unknown);
    assert_eq!(
        refused(&|shop| shop.catalogue.sku_list_items.clear()),
        unknown
    );
    let other = |shop: &mut Shop| shop.catalogue.bundles[0].market_id = Some("other".into());
    assert_eq!(refused(&other), unknown);
    let dollars = |shop: &mut Shop| {
        shop.catalogue.bundles[0].currency_code = Currency::parse("USD").ok();
    };
    assert!(matches!(
        refused(&dollars),
        CommerceError::OtherCurrency { .. }
    ));
}

#[test]
fn an_adjustment_takes_name_and_amount_from_its_row_and_lowers_the_goods_tax() {
    let adjust = |distribute_discount: bool| {
        let mut shop = Shop::german();
        let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
        let row = Adjustment {
            id: "sorry".into(),
            name: "Sorry".into(),
            currency_code: Currency::parse("EUR").ok(),
            amount_cents: MinorUnits(-900),
            distribute_discount,
            ..Adjustment::default()
        };
        let line = NewLineItem {
            item_type: Some("adjustments".into()),
            adjustment: Some(row),
            quantity: 1,
            ..NewLineItem::default()
        };
        shop.add_line(cart, line).unwrap().order
    };
    let (spread, alone) = (adjust(true), adjust(false));
    for order in [&spread, &alone] {
        assert_eq!(order.total_amount_with_taxes_cents, MinorUnits(2000));
        assert_eq!(order.adjustment_amount_cents, MinorUnits(-900));
        assert_eq!(
            order.total_tax_amount_cents,
            MinorUnits(333),
            "20 % inside 20.00"
        );
    }
    assert_eq!(
        (
            spread.subtotal_tax_amount_cents.0,
            spread.adjustment_tax_amount_cents.0
        ),
        (333, 0)
    );
    assert_eq!(
        (
            alone.subtotal_tax_amount_cents.0,
            alone.adjustment_tax_amount_cents.0
        ),
        (483, -150)
    );
}

#[test]
fn promotions_apply_by_priority_and_an_exclusive_one_alone() {
    let mut shop = Shop::german();
    let last = percentage("last", 10);
    let first = Promotion {
        priority: Some(1),
        ..fixed("first", 2000)
    };
    shop.catalogue.promotions = vec![last, first];
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    // Ten per cent of the list price, of which 9.00 are left to lower.
    assert_eq!(
        discounts(&cart),
        [("first".into(), -2000), ("last".into(), -290)]
    );
    shop.catalogue.promotions.push(Promotion {
        exclusive: true,
        priority: Some(9),
        ..fixed("alone", 100)
    });
    let cart = shop.refresh(cart).aggregate;
    assert_eq!(discounts(&cart), [("alone".into(), -100)]);
}

#[test]
fn an_order_amount_rule_looks_at_what_is_left_unless_it_asks_for_the_subtotal() {
    let with = |use_subtotal: bool, least: i64| {
        let mut shop = Shop::german();
        let ruled = Promotion {
            priority: Some(2),
            order_amount: Some(OrderAmountRule {
                order_amount_cents: MinorUnits(least),
                use_subtotal,
            }),
            ..fixed("ruled", 100)
        };
        let first = Promotion {
            priority: Some(1),
            ..fixed("first", 900)
        };
        shop.catalogue.promotions = vec![ruled, first];
        let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
        discounts(&cart).len() == 2
    };
    assert!(with(true, 2900) && !with(true, 2901));
    assert!(with(false, 2000) && !with(false, 2001));
}

#[test]
fn a_sku_list_rule_wants_its_skus_in_the_order() {
    let holds = |rule: SkuListRule, lines: &[(&str, i64)]| {
        let mut shop = Shop::german();
        shop.catalogue.sku_list_items = vec![listed("duo", "SHIRT", 1), listed("duo", "MUG", 1)];
        shop.catalogue.promotions = vec![Promotion {
            required_skus: Some(SkuListRule {
                sku_list_id: Some("duo".into()),
                ..rule
            }),
            ..fixed("duo", 100)
        }];
        let mut cart = testing::empty_order();
        for (code, quantity) in lines {
            cart = shop.add(cart, code, *quantity).unwrap();
        }
        !discounts(&cart).is_empty()
    };
    let any = SkuListRule::default;
    let all = || SkuListRule {
        all_skus: true,
        ..any()
    };
    let three = || SkuListRule {
        min_quantity: Some(3),
        ..any()
    };
    assert!(!holds(any(), &[("EBOOK", 1)]) && holds(any(), &[("EBOOK", 1), ("MUG", 1)]));
    assert!(!holds(all(), &[("MUG", 5)]) && holds(all(), &[("MUG", 1), ("SHIRT", 1)]));
    assert!(!holds(three(), &[("MUG", 2)]) && holds(three(), &[("MUG", 2), ("SHIRT", 1)]));
}

#[test]
fn a_list_bounds_what_a_promotion_lowers() {
    let mut shop = Shop::german();
    shop.catalogue.sku_list_items = vec![listed("mugs", "MUG", 1)];
    shop.catalogue.promotions = vec![Promotion {
        sku_list_id: Some("mugs".into()),
        ..percentage("mugs", 50)
    }];
    let cart = shop.add(testing::empty_order(), "SHIRT", 1).unwrap();
    let cart = shop.add(cart, "MUG", 1).unwrap();
    let lowered: Vec<_> = cart.goods().map(|line| line.discount_cents.0).collect();
    assert_eq!(lowered, [0, -625]);
}

fn coupon_shop(coupon: Coupon) -> (Shop, OrderAggregate) {
    let mut shop = Shop::german();
    shop.catalogue.promotions = vec![Promotion {
        coupon_rule_id: Some("rule".into()),
        total_usage_limit: Some(7),
        ..percentage("summer", 10)
    }];
    shop.catalogue.coupon = Some(coupon);
    let mut cart = testing::empty_order();
    cart.order.coupon_code = Some("SUMMER10".into());
    let cart = shop.add(cart, "SHIRT", 1).unwrap();
    (shop, cart)
}

fn summer() -> Coupon {
    Coupon {
        id: "coupon".into(),
        code: "SUMMER10".into(),
        promotion_rule_id: Some("rule".into()),
        usage_limit: Some(5),
        ..Coupon::default()
    }
}

#[test]
fn a_coupon_unlocks_its_promotion_and_is_named_on_the_line() {
    let (mut shop, cart) = coupon_shop(summer());
    assert_eq!(discounts(&cart), [("summer".into(), -290)]);
    let line = cart
        .line_items
        .iter()
        .find(|line| line.item_type.is_promotion());
    assert_eq!(line.unwrap().coupon_code.as_deref(), Some("SUMMER10"));
    // Without the code on the order, and with a coupon of another rule, nothing is lowered.
    let mut without = cart.clone();
    without.order.coupon_code = None;
    assert!(discounts(&shop.refresh(without).aggregate).is_empty());
    let foreign = Coupon {
        promotion_rule_id: Some("other".into()),
        ..summer()
    };
    assert!(discounts(&coupon_shop(foreign).1).is_empty());
    let used = Coupon {
        usage_count: 5,
        ..summer()
    };
    assert!(discounts(&coupon_shop(used).1).is_empty());
}

#[test]
fn placing_counts_the_coupon_its_customer_and_the_promotion() {
    let once = Coupon {
        customer_single_use: true,
        ..summer()
    };
    let (mut shop, cart) = coupon_shop(once);
    let cart = shop.ship(cart);
    let cart = shop.pay_by_wire(cart);
    let intent = shop.intent(cart);
    let counted: Vec<_> = intent
        .aggregate
        .order
        .reservations
        .iter()
        .filter(|own| !own.counter.starts_with("stock:") && !own.counter.starts_with("reserved:"))
        .map(|own| (own.counter.as_str(), own.delta, own.max))
        .collect();
    assert_eq!(
        counted,
        [
            ("promotion:summer", 1, 7),
            ("coupon:coupon", 1, 5),
            ("coupon_customer:coupon:customer", 1, 1)
        ]
    );
}

#[test]
fn a_used_up_coupon_still_counts_for_the_order_that_used_it() {
    let (mut shop, cart) = coupon_shop(summer());
    let cart = shop.ship(cart);
    let cart = shop.pay_by_wire(cart);
    let mut placed = shop.intent(cart).aggregate;
    placed.order.status = kassa_commerce::states::OrderStatus::Editing;
    shop.catalogue.coupon.as_mut().unwrap().usage_count = 5;
    shop.catalogue.promotions[0].total_usage_count = 7;
    let edited = shop.refresh(placed).aggregate;
    assert_eq!(discounts(&edited), [("summer".into(), -290)]);
}

#[test]
fn a_placing_tells_what_became_of_the_code_that_paid() {
    let lost = |change: &dyn Fn(&mut Shop)| {
        let (mut shop, cart) = coupon_shop(summer());
        shop.catalogue.gift_card = Some(GiftCard {
            id: "card".into(),
            status: GiftCardStatus::Active,
            balance_cents: MinorUnits(500),
            ..GiftCard::default()
        });
        let cart = shop.ship(cart);
        let cart = shop.refresh(cart).aggregate;
        let cart = shop.pay_by_wire(cart);
        change(&mut shop);
        shop.begin(cart).unwrap_err()
    };
    let of = |attribute, why| CommerceError::CodeLost { attribute, why };
    let coupon = |why| of("coupon_code", why);
    let card = |why| of("gift_card_code", why);
    let over = Some(testing::moment());
    type Change<'a> = &'a dyn Fn(&mut Shop);
    let table: [(Change<'_>, CommerceError); 8] = [
        (&|shop| used(shop, 5), coupon(Lost::UsedUp)),
        (
            &|shop| shop.catalogue.promotions[0].total_usage_count = 7,
            coupon(Lost::UsedUp),
        ),
        (
            &|shop| shop.catalogue.coupon.as_mut().unwrap().expires_at = over,
            coupon(Lost::Expired),
        ),
        (&|shop| shop.catalogue.coupon = None, coupon(Lost::Gone)),
        (&|shop| balance(shop, 0), card(Lost::UsedUp)),
        (
            &|shop| balance(shop, 499),
            card(Lost::Left(MinorUnits(499))),
        ),
        (
            &|shop| shop.catalogue.gift_card.as_mut().unwrap().expires_at = over,
            card(Lost::Expired),
        ),
        (&|shop| shop.catalogue.gift_card = None, card(Lost::Gone)),
    ];
    for (index, (change, expected)) in table.into_iter().enumerate() {
        assert_eq!(lost(change), expected, "{index}");
    }
    // Another difference is not blamed on a code that pays what it paid.
    let dearer = lost(&|shop| {
        for price in &mut shop.catalogue.prices {
            price.amount_cents = MinorUnits(9_999);
        }
    });
    assert!(matches!(dearer, CommerceError::MismatchedAmounts { .. }));
}

fn used(shop: &mut Shop, times: i64) {
    shop.catalogue.coupon.as_mut().unwrap().usage_count = times;
}

fn balance(shop: &mut Shop, cents: i64) {
    shop.catalogue.gift_card.as_mut().unwrap().balance_cents = MinorUnits(cents);
}

#[test]
fn a_gift_card_is_sold_at_face_value_once() {
    let mut shop = Shop::german();
    shop.catalogue.promotions = vec![percentage("half", 50)];
    let card = |status: GiftCardStatus| GiftCard {
        id: "card".into(),
        status,
        balance_cents: MinorUnits(5000),
        ..GiftCard::default()
    };
    let line = |card: GiftCard, quantity: i64| NewLineItem {
        item_type: Some("gift_cards".into()),
        gift_card: Some(card),
        quantity,
        ..NewLineItem::default()
    };
    let cart = testing::empty_order();
    let cart = shop
        .add_line(cart, line(card(GiftCardStatus::Draft), 1))
        .unwrap();
    assert_eq!(cart.order.subtotal_amount_cents, MinorUnits(5000));
    assert!(discounts(&cart).is_empty(), "money is not sold for less");
    let refused = |shop: &mut Shop, card, quantity| {
        shop.add_line(cart.clone(), line(card, quantity))
            .unwrap_err()
    };
    let twice = refused(&mut shop, card(GiftCardStatus::Draft), 1);
    assert_eq!(twice, CommerceError::GiftCardNotForSale);
    let sold = GiftCard {
        id: "sold".into(),
        ..card(GiftCardStatus::Active)
    };
    assert_eq!(
        refused(&mut shop, sold.clone(), 1),
        CommerceError::GiftCardNotForSale
    );
    let many = GiftCard {
        status: GiftCardStatus::Draft,
        ..sold
    };
    assert!(matches!(
        refused(&mut shop, many, 2),
        CommerceError::QuantityOutOfRange { .. }
    ));
}

#[test]
fn a_distributing_card_lowers_the_tax_and_never_more_than_there_is() {
    let pay = |tax_included: bool, balance: i64, distribute_discount: bool| {
        let mut shop = Shop::new("DE", "EUR", tax_included);
        shop.catalogue.gift_card = Some(GiftCard {
            id: "card".into(),
            status: GiftCardStatus::Active,
            balance_cents: MinorUnits(balance),
            distribute_discount,
            ..GiftCard::default()
        });
        let cart = shop.add(testing::empty_order(), "MUG", 8).unwrap();
        let order = &cart.order;
        (
            order.gift_card_amount_cents.0,
            order.total_tax_amount_cents.0,
            order.total_amount_with_taxes_cents.0,
        )
    };
    // 100.00 with 20 % inside: the tax falls, what is paid does not.
    assert_eq!(pay(true, 4000, false), (-4000, 1667, 6000));
    assert_eq!(pay(true, 4000, true), (-4000, 1000, 6000));
    // 100.00 and 20 % on top: a card that lowers the tax pays for less tax, too.
    assert_eq!(pay(false, 4000, false), (-4000, 2000, 8000));
    assert_eq!(pay(false, 4000, true), (-4000, 1200, 7200));
    assert_eq!(pay(false, 99_999, false), (-12_000, 2000, 0));
    assert_eq!(pay(false, 99_999, true), (-10_000, 0, 0));
}

#[test]
fn a_tax_category_names_the_rule_of_its_sku() {
    let mut shop = Shop::german();
    shop.catalogue.tax_rules.push(TaxRule {
        id: "reduced".into(),
        name: "books".into(),
        tax_rate: DecimalRate::from_percent(7),
        ..TaxRule::default()
    });
    shop.catalogue.tax_categories = vec![
        kassa_commerce::catalogue::TaxCategory {
            code: "books".into(),
            sku_code: "EBOOK".into(),
            ..Default::default()
        },
        kassa_commerce::catalogue::TaxCategory {
            code: "unknown".into(),
            sku_code: "MUG".into(),
            ..Default::default()
        },
    ];
    let mut cart = testing::empty_order();
    for code in ["SHIRT", "EBOOK", "MUG"] {
        cart = shop.add(cart, code, 1).unwrap();
    }
    let taxes: Vec<_> = cart.goods().map(|line| line.tax_amount_cents.0).collect();
    assert_eq!(taxes, [483, 65, 208]);
    assert_eq!(cart.order.tax_rate, Some(DecimalRate::from_percent(20)));
}

#[test]
fn a_frequency_of_the_line_chooses_its_price() {
    let mut shop = Shop::german();
    shop.catalogue.price_frequency_tiers = vec![kassa_commerce::catalogue::PriceFrequencyTier {
        up_to: Some(30),
        price_amount_cents: MinorUnits(900),
        price_id: "price-MUG".into(),
        ..Default::default()
    }];
    let line = |frequency: Option<&str>| NewLineItem {
        sku_code: Some("MUG".into()),
        quantity: 1,
        frequency: frequency.map(Into::into),
        ..NewLineItem::default()
    };
    let cart = shop
        .add_line(testing::empty_order(), line(Some("monthly")))
        .unwrap();
    let cart = shop.add_line(cart, line(None)).unwrap();
    let prices: Vec<_> = cart.goods().map(|line| line.unit_amount_cents.0).collect();
    assert_eq!(prices, [900, 1250]);
}
