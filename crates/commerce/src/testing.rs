//! Carts for tests, of this room and of those that prove its output against other rules.
//!
//! Not part of the product: hidden from the documentation and called by nothing that runs in production. Everything is
//! made from a seed, so a failing cart is named by one number.

use jiff::Timestamp;
use kassa_money::{Currency, DecimalRate, MinorUnits};
use serde_json::json;

use crate::address::Address;
use crate::aggregate::{OrderAggregate, Parties};
use crate::cart::{self, CartContext};
use crate::catalogue::{
    Catalogue, GiftCard, GiftCardStatus, InventoryStockLocation, KlarnaGateway, Price, Promotion,
    ShippingMethod, Sku, SkuListItem, StockItem, StockLocation, TaxRule,
};
use crate::customer::Customer;
use crate::line_item::ItemType;
use crate::line_item::change::{self, NewLineItem};
use crate::order::Order;
use crate::payment_method::PaymentMethod;

/// A complete address in a country.
pub fn address(id: &str, country_code: &str) -> Address {
    Address {
        id: id.into(),
        first_name: Some("Ada".into()),
        last_name: Some("Example".into()),
        line_1: Some("Main Street 1".into()),
        city: Some("Town".into()),
        zip_code: Some("10115".into()),
        state_code: matches!(country_code, "US" | "CA" | "AU" | "MX").then(|| "NY".into()),
        country_code: Some(country_code.into()),
        phone: Some("+49017614284340".into()),
        ..Address::default()
    }
}

/// A customer with both addresses in a country.
pub fn parties(country_code: &str) -> Parties {
    let customer = Customer {
        id: "customer".into(),
        email: "ada@example.com".into(),
        ..Customer::default()
    };
    Parties {
        customer: Some(customer),
        billing_address: Some(address("billing", country_code)),
        shipping_address: Some(address("shipping", country_code)),
    }
}

/// A moment all tests share.
pub fn moment() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or_default()
}

/// Ids `id1`, `id2` … .
pub fn ids() -> impl FnMut() -> String {
    let mut last = 0;
    move || {
        last += 1;
        format!("id{last}")
    }
}

/// A small shop: three SKUs (`SHIRT`, `MUG` physical, `EBOOK` digital), one location, one flat shipping method, Klarna
/// and wire transfer, 20 % tax everywhere on everything.
pub fn catalogue(currency: &str, tax_included: bool) -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.market.id = "market".into();
    catalogue.market.name = "Market".into();
    catalogue.price_list.currency_code = Currency::parse(currency).ok();
    catalogue.price_list.tax_included = tax_included;
    catalogue.inventory_stock_locations = vec![InventoryStockLocation {
        id: "place".into(),
        priority: 1,
        stock_location_id: "warehouse".into(),
        ..InventoryStockLocation::default()
    }];
    catalogue.stock_locations = vec![StockLocation {
        id: "warehouse".into(),
        ..StockLocation::default()
    }];
    for (code, amount, digital) in [
        ("SHIRT", 2900, false),
        ("MUG", 1250, false),
        ("EBOOK", 999, true),
    ] {
        add_sku(&mut catalogue, code, amount, digital);
    }
    catalogue.shipping_methods = vec![ShippingMethod {
        id: "standard".into(),
        name: "Standard Shipping".into(),
        price_amount_cents: MinorUnits(500),
        ..ShippingMethod::default()
    }];
    catalogue.payment_methods = vec![
        method("klarna", "klarna_payments", "klarna-gateway"),
        method("wire", "wire_transfers", "manual"),
    ];
    catalogue.klarna_gateways = vec![KlarnaGateway {
        id: "klarna-gateway".into(),
        ..KlarnaGateway::default()
    }];
    catalogue.tax_rules = vec![TaxRule {
        id: "rule".into(),
        name: "VAT".into(),
        tax_rate: DecimalRate::from_percent(20),
        freight_taxable: true,
        payment_method_taxable: true,
        adjustment_taxable: true,
        gift_card_taxable: true,
        ..TaxRule::default()
    }];
    catalogue
}

/// Adds a SKU with a price and a hundred pieces in stock.
pub fn add_sku(catalogue: &mut Catalogue, code: &str, amount: i64, digital: bool) {
    let id = format!("sku-{code}");
    catalogue.skus.push(Sku {
        id: id.as_str().into(),
        code: code.into(),
        name: format!("The {code}"),
        do_not_ship: digital,
        do_not_track: digital,
        ..Sku::default()
    });
    catalogue.prices.push(Price {
        id: format!("price-{code}").into(),
        sku_code: code.into(),
        amount_cents: MinorUnits(amount),
        ..Price::default()
    });
    catalogue.stock_items.push(StockItem {
        id: format!("stock-{code}").into(),
        sku_code: code.into(),
        quantity: 100,
        stock_location_id: "warehouse".into(),
        ..StockItem::default()
    });
}

fn method(id: &str, source: &str, gateway: &str) -> PaymentMethod {
    PaymentMethod {
        id: id.into(),
        name: Some(id.into()),
        payment_source_type: source.into(),
        payment_gateway_id: Some(gateway.into()),
        ..PaymentMethod::default()
    }
}

/// An empty cart of the shop above.
pub fn empty_order() -> OrderAggregate {
    let mut order = Order::new("order".into(), "market".into(), "token".into());
    order.customer_id = Some("customer".into());
    order.customer_email = Some("ada@example.com".into());
    order.billing_address_id = Some("billing".into());
    order.shipping_address_id = Some("shipping".into());
    OrderAggregate::new(order)
}

/// Everything that a random cart was made of.
#[derive(Debug, Clone)]
pub struct RandomCart {
    /// The order, refreshed, its taxes maybe at a rate for each line.
    pub aggregate: OrderAggregate,
    /// Its people and places.
    pub parties: Parties,
    /// Its shop.
    pub catalogue: Catalogue,
}

/// A pseudo-random sequence (splitmix64): tests need the same carts every time, not surprise.
struct Seed(u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `from..=to`.
    fn range(&mut self, from: i64, to: i64) -> i64 {
        let width = to.abs_diff(from).saturating_add(1);
        from.saturating_add(i64::try_from(self.next() % width).unwrap_or(0))
    }

    fn chance(&mut self, of_ten: i64) -> bool {
        self.range(1, 10) <= of_ten
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let last = i64::try_from(from.len()).unwrap_or(1) - 1;
        from[usize::try_from(self.range(0, last)).unwrap_or(0)]
    }
}

const PLACES: &[(&str, &str)] = &[
    ("DE", "EUR"),
    ("FR", "EUR"),
    ("IT", "EUR"),
    ("SE", "SEK"),
    ("NO", "NOK"),
    ("GB", "GBP"),
    ("CH", "CHF"),
    ("PL", "PLN"),
    ("AU", "AUD"),
    ("CA", "CAD"),
    ("US", "USD"),
    ("US", "USD"),
    ("US", "USD"),
];

const RATES: &[&str] = &[
    "0", "0.05", "0.055", "0.077", "0.08875", "0.1", "0.19", "0.2", "0.21", "0.25", "0.255",
    "0.12345", "1",
];

/// A cart with any mix of quantities, options, discounts, gift cards, negative lines, shipping, payment cost, tax in
/// or out, and one or several rates. Never payable below zero. The same seed gives the same cart.
///
/// # Panics
/// When the room refuses a cart that it has no reason to refuse: that is what the callers test for.
pub fn random_cart(seed: u64) -> RandomCart {
    let mut seed = Seed(seed);
    let (country, currency) = seed.pick(PLACES);
    let tax_included = if country == "US" {
        seed.chance(1)
    } else {
        seed.chance(8)
    };
    let mut catalogue = catalogue(currency, tax_included);
    configure(&mut catalogue, &mut seed);
    let mut parties = parties(country);
    if seed.chance(1) {
        parties.shipping_address = None;
    }
    let mut new_id = ids();
    let context = CartContext {
        parties: &parties,
        catalogue: &catalogue,
        now: moment(),
    };
    let mut aggregate = empty_order();
    aggregate.order.guest = seed.chance(5);
    aggregate.order.payment_method_id = seed.chance(8).then(|| "klarna".into());
    for new in chosen(&catalogue, &mut seed) {
        let added = change::add(aggregate, new, &context, &mut new_id);
        aggregate = added.expect("every generated line is for sale").0.aggregate;
    }
    for shipment in &mut aggregate.shipments {
        shipment.shipping_method_id = Some("standard".into());
    }
    let refreshed = cart::refresh(aggregate, &context, &mut new_id);
    aggregate = refreshed
        .expect("every generated cart can be refreshed")
        .aggregate;
    if seed.chance(5) {
        cart::retax(&mut aggregate, |_| {
            DecimalRate::parse(seed.pick(RATES)).unwrap_or_default()
        })
        .expect("generated amounts are small");
    }
    if aggregate.order.payable().is_negative() {
        // A gift of the shop beyond what there is to pay: take the negative lines out.
        aggregate
            .line_items
            .retain(|line| line.item_type != ItemType::Adjustments);
        let refreshed = cart::refresh(aggregate, &context, &mut new_id);
        aggregate = refreshed
            .expect("every generated cart can be refreshed")
            .aggregate;
    }
    RandomCart {
        aggregate,
        parties,
        catalogue,
    }
}

fn configure(catalogue: &mut Catalogue, seed: &mut Seed) {
    for index in 0..seed.range(1, 6) {
        let most = seed.pick(&[99, 5_000, 50_000, 900_000]);
        let amount = seed.range(0, most);
        add_sku(catalogue, &format!("SKU{index}"), amount, seed.chance(3));
    }
    for item in &mut catalogue.stock_items {
        item.quantity = 100_000;
    }
    if let Some(rule) = catalogue.tax_rules.first_mut() {
        rule.tax_rate = DecimalRate::parse(seed.pick(RATES)).unwrap_or_default();
        rule.freight_taxable = seed.chance(7);
        rule.payment_method_taxable = seed.chance(5);
        rule.adjustment_taxable = seed.chance(5);
        rule.gift_card_taxable = seed.chance(5);
    }
    if let Some(method) = catalogue.shipping_methods.first_mut() {
        method.price_amount_cents = MinorUnits(seed.range(0, 2_500));
    }
    for method in &mut catalogue.payment_methods {
        method.price_amount_cents = MinorUnits(if seed.chance(3) {
            seed.range(1, 700)
        } else {
            0
        });
    }
    catalogue.sku_list_items = ["SHIRT", "SKU1"].map(listed).to_vec();
    let kinds = [
        (
            ItemType::PercentageDiscountPromotions,
            Some(seed.range(1, 100)),
            None,
        ),
        (
            ItemType::FixedAmountPromotions,
            None,
            Some(MinorUnits(seed.range(1, 20_000))),
        ),
        (ItemType::FreeShippingPromotions, None, None),
    ];
    for (promotion_type, percentage, fixed_amount_cents) in kinds {
        if !seed.chance(3) {
            continue;
        }
        catalogue.promotions.push(Promotion {
            id: promotion_type.word().into(),
            promotion_type,
            name: promotion_type.word().into(),
            percentage: percentage.and_then(|percentage| u8::try_from(percentage).ok()),
            fixed_amount_cents,
            sku_list_id: seed.chance(3).then(|| "list".into()),
            ..Promotion::default()
        });
    }
    if seed.chance(3) {
        catalogue.gift_card = Some(GiftCard {
            id: "gift-card".into(),
            status: GiftCardStatus::Active,
            code: Some("GIFT-0000-1234".into()),
            balance_cents: MinorUnits(seed.range(1, 30_000)),
            ..GiftCard::default()
        });
    }
}

fn listed(code: &str) -> SkuListItem {
    SkuListItem {
        id: format!("item-{code}").into(),
        sku_list_id: "list".into(),
        sku_code: code.into(),
        quantity: 1,
        ..SkuListItem::default()
    }
}

fn chosen(catalogue: &Catalogue, seed: &mut Seed) -> Vec<NewLineItem> {
    let codes: Vec<&str> = catalogue.skus.iter().map(|sku| sku.code.as_str()).collect();
    let mut lines = Vec::new();
    for _ in 0..seed.range(1, 7) {
        lines.push(NewLineItem {
            sku_code: Some(seed.pick(&codes).to_owned()),
            quantity: seed.pick(&[1, 1, 2, 3, 7, 11, 99]),
            unit_amount_cents: seed.chance(1).then(|| MinorUnits(seed.range(0, 9_999))),
            frequency: seed.chance(1).then(|| "monthly".to_owned()),
            update_quantity: seed.chance(5),
            ..NewLineItem::default()
        });
    }
    let negative = MinorUnits(seed.range(-3_000, -1));
    let positive = MinorUnits(seed.range(1, 3_000));
    for (amount, item_type) in [
        (negative, "adjustments"),
        (positive, "adjustments"),
        (positive, "gift_cards"),
    ] {
        if seed.chance(2) {
            lines.push(NewLineItem {
                item_type: Some(item_type.to_owned()),
                item_id: Some(item_type.to_owned()),
                quantity: 1,
                unit_amount_cents: Some(amount),
                name: Some(item_type.to_owned()),
                extra: json!({"metadata": {}})
                    .as_object()
                    .cloned()
                    .unwrap_or_default(),
                ..NewLineItem::default()
            });
        }
    }
    lines
}
