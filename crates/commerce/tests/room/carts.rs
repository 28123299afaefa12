//! The property behind every Klarna order: whatever cart it is built from, its lines pass Klarna's arithmetic.

use kassa_commerce::klarna_payment::{self, TaxMode, basket};
use kassa_commerce::testing::{RandomCart, random_cart};
use kassa_klarna_api::OrderLine;
use kassa_money::order_lines::{
    LineFigures, prove_line_tax, prove_line_total, prove_order_amount, prove_order_tax,
};
use kassa_money::{MinorUnits, TaxRate};

const CARTS: u64 = 12_000;

fn figures(line: &OrderLine) -> LineFigures {
    LineFigures {
        quantity: line.quantity,
        unit_price: MinorUnits(line.unit_price),
        total_discount_amount: MinorUnits(line.total_discount_amount.unwrap_or(0)),
        total_amount: MinorUnits(line.total_amount),
        tax_rate: TaxRate::new(line.tax_rate.unwrap_or(0)).unwrap(),
        total_tax_amount: MinorUnits(line.total_tax_amount.unwrap_or(0)),
    }
}

#[test]
fn every_cart_passes_klarnas_arithmetic_to_the_minor_unit() {
    let (mut us, mut net, mut discounted, mut negative, mut gifted, mut mixed) = (0, 0, 0, 0, 0, 0);
    for seed in 0..CARTS {
        let RandomCart {
            aggregate, parties, ..
        } = random_cart(seed);
        let basket = basket(&aggregate).unwrap_or_else(|error| panic!("cart {seed}: {error}"));
        assert_eq!(
            basket.order_amount, aggregate.order.total_amount_with_taxes_cents,
            "cart {seed}"
        );
        assert!(basket.order_tax_amount >= MinorUnits::ZERO, "cart {seed}");
        for line in &basket.order_lines {
            let figures = figures(line);
            prove_line_total(&figures)
                .unwrap_or_else(|error| panic!("cart {seed}: {error} in {line:?}"));
            prove_line_tax(&figures)
                .unwrap_or_else(|error| panic!("cart {seed}: {error} in {line:?}"));
            assert!(
                !line.name.is_empty() && line.name.len() <= 255,
                "cart {seed}"
            );
            assert!(line.quantity >= 1, "cart {seed}");
        }
        let totals = basket
            .order_lines
            .iter()
            .map(|line| MinorUnits(line.total_amount));
        prove_order_amount(basket.order_amount, totals)
            .unwrap_or_else(|error| panic!("cart {seed}: {error}"));
        let taxes =
            basket
                .order_lines
                .iter()
                .map(|line| match (basket.tax_mode, line.kind.as_deref()) {
                    (TaxMode::InLines, _) => MinorUnits(line.total_tax_amount.unwrap_or(0)),
                    (TaxMode::SalesTaxLine, Some("sales_tax")) => MinorUnits(line.total_amount),
                    (TaxMode::SalesTaxLine, _) => MinorUnits::ZERO,
                });
        prove_order_tax(basket.order_tax_amount, taxes, 0)
            .unwrap_or_else(|error| panic!("cart {seed}: {error}"));

        // The order that is placed carries the very lines that were approved.
        let placed = klarna_payment::order_request(
            &aggregate,
            &parties,
            klarna_payment::PlaceContext::default(),
        );
        assert_eq!(
            placed.unwrap().order_lines,
            basket.order_lines,
            "cart {seed}"
        );

        us += u32::from(basket.tax_mode == TaxMode::SalesTaxLine);
        net += u32::from(!aggregate.order.tax_included);
        discounted += u32::from(
            basket
                .order_lines
                .iter()
                .any(|line| line.total_discount_amount > Some(0)),
        );
        negative += u32::from(basket.order_lines.iter().any(|line| line.total_amount < 0));
        gifted += u32::from(
            basket
                .order_lines
                .iter()
                .any(|line| line.kind.as_deref() == Some("gift_card")),
        );
        let mut rates: Vec<_> = basket
            .order_lines
            .iter()
            .map(|line| line.tax_rate)
            .collect();
        rates.sort_unstable();
        rates.dedup();
        mixed += u32::from(rates.len() > 2);
    }
    // The generator must not quietly stop making a kind of cart.
    for (kind, seen) in [
        ("us", us),
        ("net", net),
        ("discounted", discounted),
        ("negative", negative),
        ("gifted", gifted),
        ("mixed", mixed),
    ] {
        assert!(seen > 500, "only {seen} carts of kind {kind}");
    }
}

#[test]
fn refreshing_twice_changes_nothing() {
    use kassa_commerce::cart::{self, CartContext};
    use kassa_commerce::testing;
    for seed in 0..500 {
        let RandomCart {
            aggregate,
            parties,
            catalogue,
        } = random_cart(seed);
        let context = CartContext {
            parties: &parties,
            catalogue: &catalogue,
            now: testing::moment(),
        };
        let mut more = 0;
        let mut ids = || {
            more += 1;
            format!("new{more}")
        };
        let once = cart::refresh(aggregate, &context, &mut ids)
            .unwrap()
            .aggregate;
        let twice = cart::refresh(once.clone(), &context, &mut || {
            panic!("cart {seed}: a new id")
        })
        .unwrap()
        .aggregate;
        assert_eq!(once, twice, "cart {seed}");
    }
}

#[test]
fn the_orders_sums_are_the_documented_ones() {
    for seed in 0..2_000 {
        let RandomCart { aggregate, .. } = random_cart(seed);
        let order = &aggregate.order;
        let total = order.subtotal_amount_cents.0
            + order.shipping_amount_cents.0
            + order.payment_method_amount_cents.0
            + order.discount_amount_cents.0
            + order.adjustment_amount_cents.0
            + order.gift_card_amount_cents.0;
        assert_eq!(order.total_amount_cents.0, total, "cart {seed}");
        let tax = if order.tax_included {
            0
        } else {
            order.total_tax_amount_cents.0
        };
        assert_eq!(
            order.total_amount_with_taxes_cents.0,
            total + tax,
            "cart {seed}"
        );
        assert!(
            order.discount_amount_cents.0 <= 0 && order.gift_card_amount_cents.0 <= 0,
            "cart {seed}"
        );
        let spread: i64 = aggregate
            .line_items
            .iter()
            .map(|line| line.discount_cents.0)
            .sum();
        assert_eq!(
            order.discount_amount_cents.0, spread,
            "cart {seed}: discounts are spread to the cent"
        );
    }
}
