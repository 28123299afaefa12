//! Ten thousand random carts against the reference model, and random captures and refunds against their bounds.

use kassa_commerce::catalogue::{
    Adjustment, Coupon, GiftCard, GiftCardStatus, OrderAmountRule, PriceVolumeTier, Promotion,
    ShippingScheme, ShippingWeightTier, SkuListItem, TaxCategory, TaxRule, Weight,
};
use kassa_commerce::line_item::ItemType;
use kassa_commerce::line_item::change::NewLineItem;
use kassa_commerce::transaction::Outcome;
use kassa_commerce::{OrderAggregate, capture, klarna_payment, refund, testing};
use kassa_money::{DecimalRate, MinorUnits};

use crate::reference::{Facts, Kind, Line, Off, Offer, sums};
use crate::shop::Shop;

const CARTS: u64 = 10_000;

/// A pseudo-random sequence (xorshift): the same carts every time.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn range(&mut self, from: i64, to: i64) -> i64 {
        let width = to.abs_diff(from) + 1;
        from + i64::try_from((self.next() >> 8) % width).unwrap()
    }

    fn chance(&mut self, of_ten: i64) -> bool {
        self.range(1, 10) <= of_ten
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.range(0, i64::try_from(from.len()).unwrap() - 1)).unwrap()]
    }
}

/// Rates as text for the shop and as billionths for the model.
const RATES: &[(&str, i128)] = &[
    ("0", 0),
    ("0.07", 70_000_000),
    ("0.19", 190_000_000),
    ("0.2", 200_000_000),
    ("0.08875", 88_750_000),
    ("0.255", 255_000_000),
];

/// A shop with its cart, and the same as plain numbers.
struct Case {
    shop: Shop,
    cart: OrderAggregate,
    facts: Facts,
}

const MARKETS: &[(&str, &str, bool)] = &[
    ("DE", "EUR", true),
    ("SE", "SEK", true),
    ("GB", "GBP", false),
    ("US", "USD", false),
    ("US", "USD", true),
];

fn case(seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let (country, currency, tax_included) = dice.pick(MARKETS);
    let mut shop = Shop::new(country, currency, tax_included);
    let mut facts = Facts {
        tax_included,
        ..Facts::default()
    };
    taxes(&mut shop, &mut facts, &mut dice);
    shipping(&mut shop, &mut facts, &mut dice);
    offers(&mut shop, &mut facts, &mut dice);
    if dice.chance(4) {
        let (balance, distribute_discount) = (dice.range(1, 40_000), dice.chance(5));
        facts.card = Some((balance.into(), distribute_discount));
        shop.catalogue.gift_card = Some(GiftCard {
            id: "card".into(),
            status: GiftCardStatus::Active,
            balance_cents: MinorUnits(balance),
            distribute_discount,
            ..GiftCard::default()
        });
    }
    let mut cart = testing::empty_order();
    cart.order.coupon_code = Some("WELCOME-1".into());
    cart.order.payment_method_id = dice.chance(7).then(|| "klarna".into());
    if cart.order.payment_method_id.is_some() {
        let price = dice.pick(&[0, 0, 95, 390]);
        facts.payment = price.into();
        shop.catalogue.payment_methods[0].price_amount_cents = MinorUnits(price);
    }
    let cart = lines(&mut shop, cart, &mut facts, &mut dice);
    Case { shop, cart, facts }
}

fn taxes(shop: &mut Shop, facts: &mut Facts, dice: &mut Dice) {
    let (text, rate) = dice.pick(RATES);
    facts.rate = rate;
    facts.freight_taxable = dice.chance(6);
    facts.payment_taxable = dice.chance(5);
    facts.adjustment_taxable = dice.chance(5);
    facts.card_taxable = dice.chance(5);
    let rule = &mut shop.catalogue.tax_rules[0];
    rule.tax_rate = DecimalRate::parse(text).unwrap();
    rule.freight_taxable = facts.freight_taxable;
    rule.payment_method_taxable = facts.payment_taxable;
    rule.adjustment_taxable = facts.adjustment_taxable;
    rule.gift_card_taxable = facts.card_taxable;
    shop.catalogue.tax_rules.push(TaxRule {
        id: "reduced".into(),
        name: "reduced".into(),
        tax_rate: DecimalRate::parse("0.07").unwrap(),
        ..TaxRule::default()
    });
    shop.catalogue.tax_categories = vec![TaxCategory {
        code: "reduced".into(),
        sku_code: "EBOOK".into(),
        ..TaxCategory::default()
    }];
}

fn shipping(shop: &mut Shop, facts: &mut Facts, dice: &mut Dice) {
    let catalogue = &mut shop.catalogue;
    catalogue.market.default_shipping_method_id = Some("standard".into());
    let price = dice.range(0, 2_000);
    facts.shipping = price.into();
    let method = &mut catalogue.shipping_methods[0];
    method.price_amount_cents = MinorUnits(price);
    if dice.chance(3) {
        let (over, use_subtotal) = (dice.range(0, 20_000), dice.chance(5));
        facts.free_over = Some((over.into(), use_subtotal));
        method.free_over_amount_cents = Some(MinorUnits(over));
        method.use_subtotal = use_subtotal;
    }
    if dice.chance(3) {
        method.scheme = ShippingScheme::WeightTiered;
        // The lines settle which tier reaches: up to a kilogram, and beyond.
        for (id, up_to, amount) in [("light", Some("1000"), price), ("heavy", None, price + 700)] {
            catalogue.shipping_weight_tiers.push(ShippingWeightTier {
                id: id.into(),
                up_to: up_to.map(|text: &str| Weight(text.parse().unwrap())),
                price_amount_cents: MinorUnits(amount),
                shipping_method_id: "standard".into(),
                ..ShippingWeightTier::default()
            });
        }
        for sku in &mut catalogue.skus {
            sku.weight = Some(Weight("300.5".parse().unwrap()));
        }
    }
}

fn offers(shop: &mut Shop, facts: &mut Facts, dice: &mut Dice) {
    let listed = |code: &str| SkuListItem {
        id: code.into(),
        sku_list_id: "list".into(),
        sku_code: code.into(),
        quantity: 1,
        ..SkuListItem::default()
    };
    shop.catalogue.sku_list_items = vec![listed("SHIRT"), listed("EBOOK")];
    let coupon_holds = dice.chance(7);
    shop.catalogue.coupon = Some(Coupon {
        id: "coupon".into(),
        code: "WELCOME-1".into(),
        promotion_rule_id: Some("rule".into()),
        usage_limit: Some(3),
        usage_count: if coupon_holds { 2 } else { 3 },
        ..Coupon::default()
    });
    let mut made: Vec<(i64, Promotion, Offer)> = Vec::new();
    for index in 0..dice.range(0, 4) {
        let off = match dice.range(1, 3) {
            1 => Off::Percent(dice.range(1, 100).into()),
            2 => Off::Amount(dice.range(1, 9_000).into()),
            _ => Off::Shipping,
        };
        let offer = Offer {
            off,
            listed_only: dice.chance(4),
            exclusive: dice.chance(1),
            least: dice
                .chance(4)
                .then(|| (dice.range(0, 15_000).into(), dice.chance(5))),
        };
        let priority = dice.range(1, 1_000) * 10 + index;
        let needs_coupon = dice.chance(3);
        let promotion = promotion(index, priority, &offer, needs_coupon);
        shop.catalogue.promotions.push(promotion.clone());
        if coupon_holds || !needs_coupon {
            made.push((priority, promotion, offer));
        }
    }
    made.sort_by_key(|(priority, ..)| *priority);
    facts.offers = made.into_iter().map(|(_, _, offer)| offer).collect();
}

fn promotion(index: i64, priority: i64, offer: &Offer, needs_coupon: bool) -> Promotion {
    let (promotion_type, percentage, fixed) = match offer.off {
        Off::Percent(percent) => (
            ItemType::PercentageDiscountPromotions,
            u8::try_from(percent).ok(),
            None,
        ),
        Off::Amount(amount) => (
            ItemType::FixedAmountPromotions,
            None,
            i64::try_from(amount).ok(),
        ),
        Off::Shipping => (ItemType::FreeShippingPromotions, None, None),
    };
    Promotion {
        id: format!("promotion-{index}").into(),
        promotion_type,
        percentage,
        fixed_amount_cents: fixed.map(MinorUnits),
        priority: Some(priority),
        exclusive: offer.exclusive,
        sku_list_id: offer.listed_only.then(|| "list".into()),
        order_amount: offer.least.map(|(least, use_subtotal)| OrderAmountRule {
            order_amount_cents: MinorUnits(i64::try_from(least).unwrap()),
            use_subtotal,
        }),
        coupon_rule_id: needs_coupon.then(|| "rule".into()),
        ..Promotion::default()
    }
}

/// Adds random lines to the cart, and what they are to the facts.
fn lines(
    shop: &mut Shop,
    cart: OrderAggregate,
    facts: &mut Facts,
    dice: &mut Dice,
) -> OrderAggregate {
    let mut cart = cart;
    // Shirts get cheaper by the dozen.
    shop.catalogue.price_volume_tiers = vec![PriceVolumeTier {
        up_to: None,
        price_amount_cents: MinorUnits(2_345),
        price_id: "price-SHIRT".into(),
        ..PriceVolumeTier::default()
    }];
    shop.catalogue.price_volume_tiers.push(PriceVolumeTier {
        up_to: Some(11),
        price_amount_cents: MinorUnits(2_900),
        price_id: "price-SHIRT".into(),
        ..PriceVolumeTier::default()
    });
    let mut weight = 0;
    for index in 0..dice.range(1, 6) {
        let (new, line) = match dice.range(1, 8) {
            1 => adjustment(index, shop, dice),
            2 => sold_card(index, dice, facts.rate),
            _ => goods(dice, facts.rate),
        };
        if new.sku_code.as_deref().is_some_and(|code| code != "EBOOK") {
            weight += 3_005 * new.quantity;
        }
        facts.lines.push(line);
        cart = shop.add_line(cart, new).unwrap();
    }
    let tiered = !shop.catalogue.shipping_weight_tiers.is_empty();
    match weight {
        // Nothing ships.
        0 => facts.shipping = 0,
        grams if tiered && grams > 10_000 => facts.shipping += 700,
        _ => {}
    }
    cart
}

fn goods(dice: &mut Dice, rate: i128) -> (NewLineItem, Line) {
    let code = dice.pick(&["SHIRT", "MUG", "EBOOK"]);
    let quantity = dice.pick(&[1, 1, 2, 3, 12]);
    let own = dice.chance(3).then(|| dice.range(0, 9_999));
    let listed_price = match code {
        "SHIRT" if quantity > 11 => 2_345,
        "SHIRT" => 2_900,
        "MUG" => 1_250,
        _ => 999,
    };
    let line = Line {
        kind: Kind::Goods,
        unit: own.unwrap_or(listed_price).into(),
        quantity: quantity.into(),
        listed: code != "MUG",
        rate: if code == "EBOOK" { 70_000_000 } else { rate },
    };
    let new = NewLineItem {
        sku_code: Some(code.into()),
        quantity,
        unit_amount_cents: own.map(MinorUnits),
        ..NewLineItem::default()
    };
    (new, line)
}

fn adjustment(index: i64, shop: &Shop, dice: &mut Dice) -> (NewLineItem, Line) {
    let (amount, distributed) = (dice.range(-2_000, 1_000), dice.chance(5));
    let row = Adjustment {
        id: format!("adjustment-{index}").into(),
        name: "Adjustment".into(),
        currency_code: shop.catalogue.price_list.currency_code,
        amount_cents: MinorUnits(amount),
        distribute_discount: distributed,
        ..Adjustment::default()
    };
    let kind = Kind::Adjustment { distributed };
    let new = NewLineItem {
        item_type: Some("adjustments".into()),
        adjustment: Some(row),
        quantity: 1,
        ..NewLineItem::default()
    };
    (new, line_of(kind, amount, shop_rate(shop)))
}

fn sold_card(index: i64, dice: &mut Dice, rate: i128) -> (NewLineItem, Line) {
    let amount = dice.range(100, 10_000);
    let card = GiftCard {
        id: format!("sold-{index}").into(),
        balance_cents: MinorUnits(amount),
        ..GiftCard::default()
    };
    let new = NewLineItem {
        item_type: Some("gift_cards".into()),
        gift_card: Some(card),
        quantity: 1,
        ..NewLineItem::default()
    };
    (new, line_of(Kind::SoldCard, amount, rate))
}

fn line_of(kind: Kind, amount: i64, rate: i128) -> Line {
    Line {
        kind,
        unit: amount.into(),
        quantity: 1,
        listed: false,
        rate,
    }
}

fn shop_rate(shop: &Shop) -> i128 {
    let text = shop.catalogue.tax_rules[0].tax_rate;
    let known = RATES
        .iter()
        .find(|(own, _)| DecimalRate::parse(own) == Ok(text));
    known.unwrap().1
}

fn chosen(cart: &OrderAggregate) -> impl Iterator<Item = &kassa_commerce::line_item::LineItem> {
    let lines = cart.line_items.iter();
    lines.filter(|line| line.is_goods() || line.item_type == ItemType::Adjustments)
}

#[test]
fn the_reference_model_agrees_on_every_cent_of_ten_thousand_carts() {
    let (mut discounted, mut carded, mut relieved, mut negative) = (0, 0, 0, 0);
    for seed in 0..CARTS {
        let Case { shop, cart, facts } = case(seed);
        let expected = sums(&facts);
        let order = &cart.order;
        let wide = |amount: MinorUnits| i128::from(amount.minor());
        let told = |what: &str| format!("cart {seed}: {what} of {facts:?}");
        let discounts: Vec<i128> = chosen(&cart)
            .map(|line| wide(line.discount_cents))
            .collect();
        assert_eq!(discounts, expected.discounts, "{}", told("discounts"));
        let taxes: Vec<i128> = chosen(&cart)
            .map(|line| wide(line.tax_amount_cents))
            .collect();
        assert_eq!(taxes, expected.taxes, "{}", told("taxes"));
        for (what, amount, sum) in [
            ("subtotal", order.subtotal_amount_cents, expected.subtotal),
            ("shipping", order.shipping_amount_cents, expected.shipping),
            (
                "payment",
                order.payment_method_amount_cents,
                expected.payment,
            ),
            ("discount", order.discount_amount_cents, expected.discount),
            (
                "adjustment",
                order.adjustment_amount_cents,
                expected.adjustment,
            ),
            ("gift card", order.gift_card_amount_cents, expected.card),
            ("tax", order.total_tax_amount_cents, expected.tax),
            ("to pay", order.payable(), expected.to_pay),
        ] {
            assert_eq!(wide(amount), sum, "{}", told(what));
        }
        parts_sum_and_currencies_agree(&shop, &cart, seed);
        discounted += u32::from(expected.discount < 0);
        carded += u32::from(expected.card < 0);
        let relief = cart.line_items.iter();
        relieved += u32::from(
            relief
                .into_iter()
                .any(|line| !line.tax_relief_cents.is_zero()),
        );
        negative += u32::from(expected.adjustment < 0);
    }
    // The generator must not quietly stop making a kind of cart.
    for (kind, seen) in [
        ("discounted", discounted),
        ("paid by card", carded),
        ("relieved of tax", relieved),
        ("adjusted downwards", negative),
    ] {
        assert!(seen > 1_000, "only {seen} carts were {kind}");
    }
}

/// Breakdowns sum to what they break down, every amount is in one currency, and Klarna's lines sum to the order.
fn parts_sum_and_currencies_agree(shop: &Shop, cart: &OrderAggregate, seed: u64) {
    let currency = shop.catalogue.price_list.currency_code;
    assert_eq!(cart.order.currency_code, currency, "cart {seed}");
    let spread: i64 = cart
        .line_items
        .iter()
        .map(|line| line.discount_cents.0)
        .sum();
    assert_eq!(spread, cart.order.discount_amount_cents.0, "cart {seed}");
    for line in &cart.line_items {
        assert_eq!(line.currency_code, currency, "cart {seed}");
        let parts = line.discount_breakdown.iter();
        let parts = parts.flat_map(|parts| parts.as_object().unwrap().values());
        let parts: i64 = parts.map(|part| part["cents"].as_i64().unwrap()).sum();
        assert_eq!(parts, line.discount_cents.0, "cart {seed}");
    }
    if !cart.order.payable().is_negative() {
        let basket = klarna_payment::basket(cart).unwrap();
        let lines: i64 = basket
            .order_lines
            .iter()
            .map(|line| line.total_amount)
            .sum();
        assert_eq!(lines, cart.order.payable().minor(), "cart {seed}");
    }
}

#[test]
fn refunds_never_exceed_captures_and_captures_never_the_order() {
    let mut refused = 0;
    for seed in 0..400 {
        let mut dice = Dice::new(seed + 77_777);
        let mut shop = Shop::german();
        let cart = shop.ready_by_wire();
        let intent = shop.intent(cart);
        let answer = kassa_commerce::place::PlaceAnswer::NothingAsked;
        let mut order = shop.finish(intent.aggregate, answer).aggregate;
        let placed = order.order.payable().minor();
        let (mut captured, mut given_back) = (0, 0);
        for step in 0..12 {
            let operation = format!("operation-{step}");
            let amount = dice.range(1, placed);
            let (done, now) = (Outcome::done(), testing::moment());
            if dice.chance(5) {
                let wanted = Some(MinorUnits(amount));
                match capture::begin(&order, None, wanted, &operation, now) {
                    Ok(intent) => {
                        let folded = capture::finish(order, &intent, &done, now, &mut shop.ids);
                        order = folded.unwrap().aggregate;
                        captured += amount;
                    }
                    Err(_) => refused += 1,
                }
            } else {
                let one = order.captures().last().map(|capture| capture.id.clone());
                let wanted = Some(MinorUnits(amount));
                match refund::begin(&order, one.as_ref(), wanted, &operation) {
                    Ok(intent) => {
                        let folded = refund::finish(order, &intent, &done, now, &mut shop.ids);
                        order = folded.unwrap().aggregate;
                        given_back += amount;
                    }
                    Err(_) => refused += 1,
                }
            }
            assert!(
                captured <= placed && given_back <= captured,
                "run {seed}, step {step}"
            );
            for capture in order.captures() {
                let left = capture.refund_balance_cents.minor();
                let (all, back) = (capture.facts.amount_cents.0, capture.refund_amount_cents.0);
                assert!(left >= 0 && left + back == all, "run {seed}, step {step}");
            }
        }
    }
    assert!(refused > 1_000, "only {refused} attempts went too far");
}
