//! Amounts, currencies, rates, and the proofs that lines add up.

use kassa_money::order_lines::{LineFigures, prove_line_tax, prove_line_total, prove_order_amount};
use kassa_money::{Currency, DecimalRate, MinorUnits, Money, TaxRate, distribute};

use crate::input::texts;
use crate::parser::parsers;
use crate::signal;

parsers! {
    currency_code "a currency code" => currency, texts(["EUR", "sek", "JPY", "KWD", "XAU"]);
    decimal_rate "a rate as decimal text" => rate, texts(["0.22", "1", ".055", "5.5e-2", "0.30000000000000004", "10"]);
    money_json "an amount with its currency, as JSON" => money,
        texts([r#"{"amount":1050,"currency":"EUR"}"#, r#"{"amount":-9223372036854775808,"currency":"JPY"}"#]);
    line_figures "six figures of an order line" => figures,
        texts(["2 10000 500 19500 2500 3900", "1 4900 0 4900 2500 980", "0 0 0 0 0 0"]);
}

fn currency(data: &[u8]) {
    let Ok(currency) = Currency::parse(&String::from_utf8_lossy(data)) else {
        return;
    };
    assert_eq!(Currency::parse(currency.code()), Ok(currency));
    for amount in [0, 1, -1, 123_456_789, i64::MAX, i64::MIN] {
        let written = currency.formatted(MinorUnits(amount));
        assert!(!written.is_empty());
        let float = currency.float_number(MinorUnits(amount)).to_string();
        assert!(float.contains('.'), "{float}");
    }
    signal::saw(currency.code());
    signal::taken();
}

fn rate(data: &[u8]) {
    let Ok(rate) = DecimalRate::parse(&String::from_utf8_lossy(data)) else {
        return;
    };
    assert_eq!(DecimalRate::from_number(&rate.to_number()), Ok(rate));
    for net in [0, 1, -1, 99, 10_000, i64::MAX, i64::MIN] {
        let net = MinorUnits(net);
        // Too large to be money is an answer, too.
        let refused = (
            rate.tax_on_net(net).is_err(),
            rate.tax_of_gross(net).is_err(),
        );
        signal::saw(refused);
        if let Ok(tax) = rate.tax_of_gross(net) {
            assert!(
                tax.0.unsigned_abs() <= net.0.unsigned_abs(),
                "the tax inside is no more than the whole"
            );
        }
    }
    signal::taken();
    if let Ok(hundredths) = rate.to_tax_rate() {
        assert!((0..=10_000).contains(&hundredths.hundredths_of_percent()));
    }
}

fn money(data: &[u8]) {
    let Ok(money) = serde_json::from_slice::<Money>(data) else {
        return;
    };
    signal::taken();
    let text = serde_json::to_string(&money).expect("plain data becomes JSON");
    assert_eq!(serde_json::from_str::<Money>(&text).ok(), Some(money));
    signal::saw((
        money.checked_add(money).is_ok(),
        money.checked_sub(money).is_ok(),
    ));
}

/// Six whole numbers: quantity, unit price, discount, total, tax rate, tax.
fn figures(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let numbers: Vec<i64> = text
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let &[quantity, price, discount, total, rate, tax] = numbers.as_slice() else {
        return;
    };
    let Ok(tax_rate) = TaxRate::new(rate) else {
        return;
    };
    let line = LineFigures {
        quantity,
        unit_price: MinorUnits(price),
        total_discount_amount: MinorUnits(discount),
        total_amount: MinorUnits(total),
        tax_rate,
        total_tax_amount: MinorUnits(tax),
    };
    signal::taken();
    let sum = prove_order_amount(MinorUnits(total), [MinorUnits(total), MinorUnits(0)]);
    assert_eq!(sum, Ok(()));
    signal::saw((
        prove_line_total(&line).is_ok(),
        prove_line_tax(&line).is_ok(),
    ));
    let weights = [price, discount, total].map(|figure| MinorUnits(figure.saturating_abs() / 4));
    if let Ok(parts) = distribute(MinorUnits(tax), &weights) {
        assert_eq!(
            MinorUnits::checked_sum(parts),
            Ok(MinorUnits(tax)),
            "nothing is lost between the parts"
        );
    }
}
