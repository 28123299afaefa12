//! Each cause is found where its mistake was planted, and the doctor never disagrees with validation.

use super::*;

/// A line that adds up: total and rate give the tax.
fn line(quantity: i64, unit_price: i64, rate: i64, tax: i64) -> Value {
    json!({"type": "physical", "reference": "A", "name": "A", "quantity": quantity, "unit_price": unit_price,
        "tax_rate": rate, "total_amount": quantity * unit_price, "total_tax_amount": tax})
}

fn cart(lines: &[Value]) -> Value {
    let sum = |name: &str| {
        let sum: i64 = lines.iter().filter_map(|line| line[name].as_i64()).sum();
        sum.max(0)
    };
    json!({"purchase_country": "SE", "purchase_currency": "SEK", "order_lines": lines,
        "order_amount": sum("total_amount"), "order_tax_amount": sum("total_tax_amount")})
}

fn shipping() -> Value {
    let mut line = line(1, 4900, 2500, 980);
    line["type"] = json!("shipping_fee");
    line
}

/// 2 × 100.00 less 5.00 at 25 %, shipping 49.00.
fn european() -> Value {
    let mut mug = line(2, 10_000, 2500, 3900);
    mug["total_discount_amount"] = json!(500);
    mug["total_amount"] = json!(19_500);
    cart(&[mug, shipping()])
}

/// 2 × 100.00 and 10.00 tax.
fn american() -> Value {
    let tax = json!({"type": "sales_tax", "name": "Tax", "quantity": 1, "unit_price": 1000, "total_amount": 1000});
    let mut cart = cart(&[line(2, 10_000, 0, 0), tax]);
    cart["purchase_country"] = json!("US");
    cart["purchase_currency"] = json!("USD");
    cart["order_tax_amount"] = json!(1000);
    cart
}

fn diagnose(cart: &Value) -> Diagnosis {
    examine(cart, CartCall::Session, &Settings::default())
}

/// The one finding at `path`.
fn found(cart: &Value, path: &str) -> Finding {
    let diagnosis = diagnose(cart);
    let mut at_path = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.path == path);
    let finding = at_path
        .next()
        .unwrap_or_else(|| panic!("nothing at {path}: {diagnosis:?}"));
    assert!(at_path.next().is_none());
    finding.clone()
}

fn first_cause(cart: &Value, path: &str) -> &'static str {
    found(cart, path).causes[0].code
}

/// Changes the first line of the European cart, keeping the sums in step with it.
fn planted(change: impl FnOnce(&mut Value)) -> Value {
    let mut whole = european();
    change(&mut whole["order_lines"][0]);
    let lines = whole["order_lines"].as_array().unwrap().clone();
    cart(&lines)
}

#[test]
fn a_sound_cart_has_no_finding() {
    for sound in [european(), american()] {
        assert_eq!(diagnose(&sound).findings, []);
        assert_eq!(diagnose(&sound).refusal, None);
    }
}

#[test]
fn wrong_line_totals_are_told_apart() {
    let total = "order_lines[0].total_amount";
    for (sent, code) in [
        (20_000, "discount_not_subtracted"),
        (20_500, "discount_sign"),
        (19_000, "discount_per_unit"),
        (9500, "quantity_mismatch"),
        (15_600, "total_without_tax"),
        (23_400, "unit_price_without_tax"),
        (-19_500, "sign"),
        (195, "minor_units"),
        (19_501, "rounding_per_unit"),
        (19_503, "off_by"),
    ] {
        let wrong = planted(|line| line["total_amount"] = json!(sent));
        let finding = found(&wrong, total);
        assert_eq!(finding.causes[0].code, code, "{sent}");
        assert_eq!(
            (&finding.sent, &finding.expected),
            (&json!(sent), &json!(19_500))
        );
        assert_eq!(
            (finding.line, finding.line_name.as_deref()),
            (Some(0), Some("A"))
        );
    }
}

#[test]
fn off_by_tells_distance_and_direction() {
    let wrong = planted(|line| line["total_amount"] = json!(19_403));
    let finding = found(&wrong, "order_lines[0].total_amount");
    assert_eq!(finding.causes.len(), 1);
    assert_eq!(finding.causes[0].says, "97 minor units too small");
}

#[test]
fn wrong_line_taxes_are_told_apart() {
    let path = "order_lines[0].total_tax_amount";
    let with = |rate: i64, tax: i64| {
        planted(|line| {
            line["tax_rate"] = json!(rate);
            line["total_tax_amount"] = json!(tax);
        })
    };
    for (rate, tax, code) in [
        (0, 3900, "rate_missing"),
        (25, 3900, "rate_in_percent"),
        (2500, 0, "tax_missing"),
        (2500, 4875, "tax_on_net"),
        (2500, 4000, "tax_before_discount"),
        (2500, 2000, "tax_of_one_unit"),
        (2500, -3900, "sign"),
        (2500, 39, "minor_units"),
        (2500, 3902, "rounding"),
        (2500, 3950, "off_by"),
    ] {
        assert_eq!(first_cause(&with(rate, tax), path), code, "{rate} {tax}");
    }
    // 100 × 1.99 at 25 % holds 39.80; 0.398 a piece, rounded to 0.40, makes 40.00.
    let wrong = cart(&[line(100, 199, 2500, 4000)]);
    assert_eq!(first_cause(&wrong, path), "rounding_per_unit");
}

#[test]
fn the_taxes_that_would_pass_are_named() {
    let wrong = planted(|line| line["total_tax_amount"] = json!(4875));
    let finding = found(&wrong, "order_lines[0].total_tax_amount");
    assert_eq!(finding.expected, json!({"at_least": 3899, "at_most": 3901}));
    // 59500 at 20 % holds 9916.67, so one unit below it is too far.
    let wrong = cart(&[line(1, 59_500, 2000, 1)]);
    let finding = found(&wrong, "order_lines[0].total_tax_amount");
    assert_eq!(finding.expected, json!({"at_least": 9916, "at_most": 9917}));
}

#[test]
fn wrong_order_amounts_are_told_apart() {
    for (sent, code) in [
        (24_400 + 4880, "tax_added_twice"),
        (24_400 - 4880, "amount_without_tax"),
        (244, "minor_units"),
        (24_402, "rounding"),
        (19_500, "line_left_out"),
        (24_500, "off_by"),
    ] {
        let mut wrong = european();
        wrong["order_amount"] = json!(sent);
        assert_eq!(first_cause(&wrong, "order_amount"), code, "{sent}");
    }
    let mut unshipped = cart(&[line(1, 10_000, 2500, 2000)]);
    unshipped["order_amount"] = json!(14_900);
    assert_eq!(
        first_cause(&unshipped, "order_amount"),
        "shipping_line_missing"
    );
    unshipped["order_amount"] = json!(9000);
    assert_eq!(
        first_cause(&unshipped, "order_amount"),
        "discount_line_missing"
    );
    let mut gift = line(1, 1000, 0, 0);
    gift["type"] = json!("gift_card");
    let mut positive = cart(&[line(1, 10_000, 2500, 2000), gift]);
    positive["order_amount"] = json!(9000);
    assert_eq!(first_cause(&positive, "order_amount"), "discount_sign");
}

#[test]
fn wrong_order_taxes_are_told_apart() {
    for (sent, code) in [
        (0, "tax_missing"),
        (6100, "tax_on_net"),
        (3900, "line_left_out"),
        (49, "not_the_sum"),
        (4883, "rounding"),
        (4000, "not_the_sum"),
    ] {
        let mut wrong = european();
        wrong["order_tax_amount"] = json!(sent);
        let finding = found(&wrong, "order_tax_amount");
        assert_eq!(finding.causes[0].code, code, "{sent}");
        assert_eq!(finding.expected, json!({"at_least": 4878, "at_most": 4882}));
    }
    let mut untaxed = cart(&[line(1, 10_000, 2500, 2000), line(1, 5000, 0, 0)]);
    untaxed["order_tax_amount"] = json!(3000);
    assert_eq!(
        first_cause(&untaxed, "order_tax_amount"),
        "tax_on_untaxed_lines"
    );
    let mut major = cart(&[line(1, 10_000, 2500, 2000)]);
    major["order_tax_amount"] = json!(20);
    assert_eq!(first_cause(&major, "order_tax_amount"), "minor_units");
}

#[test]
fn american_mistakes_are_told_apart() {
    let without_line = |amount: i64| {
        let mut wrong = american();
        wrong["order_lines"].as_array_mut().unwrap().pop();
        wrong["order_amount"] = json!(amount);
        wrong
    };
    assert_eq!(
        first_cause(&without_line(21_000), "order_amount"),
        "sales_tax_line_missing"
    );
    assert_eq!(
        first_cause(&without_line(20_000), "order_tax_amount"),
        "sales_tax_line_missing"
    );
    let path = "order_lines[0].total_tax_amount";
    let mut taxed = american();
    taxed["order_lines"][0]["total_tax_amount"] = json!(1000);
    assert_eq!(first_cause(&taxed, path), "us_tax_on_line");
    // It adds up, so it is accepted; the guides want it otherwise all the same.
    taxed["order_lines"][0]["tax_rate"] = json!(526);
    taxed["order_tax_amount"] = json!(2000);
    let advice = found(&taxed, path);
    assert_eq!(
        (advice.stage, advice.causes[0].code),
        (Stage::Advice, "us_tax_on_line")
    );
    assert_eq!(diagnose(&taxed).refusal, None);
}

#[test]
fn values_of_the_wrong_type_or_size_are_told_apart() {
    let with = |name: &str, value: Value| {
        let mut wrong = european();
        wrong["order_lines"][0][name] = value;
        wrong
    };
    for (name, sent, code, expected) in [
        (
            "unit_price",
            json!("10000"),
            "number_as_text",
            json!(10_000),
        ),
        ("unit_price", json!(100.5), "minor_units", json!(10_050)),
        (
            "total_amount",
            json!("195,00"),
            "minor_units",
            json!(19_500),
        ),
        ("tax_rate", json!(25.0), "rate_in_percent", json!(2500)),
        ("tax_rate", json!(250_000), "rate_scale", json!(2500)),
        (
            "total_discount_amount",
            json!(-500),
            "discount_sign",
            json!(500),
        ),
        (
            "quantity",
            json!(-2),
            "below_limit",
            json!({"at_least": 0, "at_most": i64::MAX}),
        ),
        (
            "name",
            json!(""),
            "empty",
            json!({"size": {"at_least": 1, "at_most": 255}}),
        ),
        ("name", Value::Null, "missing", json!("a value")),
        (
            "unit_price",
            json!(200_000_001),
            "above_limit",
            json!({"at_least": i64::MIN, "at_most": 200_000_000}),
        ),
    ] {
        let finding = found(&with(name, sent.clone()), &format!("order_lines[0].{name}"));
        assert_eq!(finding.causes[0].code, code, "{name} {sent}");
        assert_eq!((&finding.sent, &finding.expected), (&sent, &expected));
        assert_eq!(finding.stage, Stage::Shape);
    }
    for (name, sent, code) in [
        ("quantity", json!(1.5), "broken_quantity"),
        ("quantity", json!("two"), "not_a_number"),
        ("quantity", json!([2]), "not_a_number"),
        ("reference", json!("r".repeat(256)), "too_long"),
        ("reference", json!(7), "wrong_form"),
    ] {
        let wrong = with(name, sent);
        assert_eq!(first_cause(&wrong, &format!("order_lines[0].{name}")), code);
    }
    let mut body = european();
    body["order_lines"] = json!([]);
    assert_eq!(first_cause(&body, "order_lines"), "no_lines");
    body["order_lines"] = json!(vec![line(1, 1, 0, 0); 1001]);
    assert_eq!(first_cause(&body, "order_lines"), "too_many");
    body["intent"] = json!("BUY");
    assert_eq!(first_cause(&body, "intent"), "unknown_word");
}

#[test]
fn wrong_countries_currencies_and_locales_are_told_apart() {
    let with = |name: &str, value: Value| {
        let mut wrong = european();
        wrong[name] = value;
        wrong
    };
    for (name, sent, code) in [
        (
            "purchase_currency",
            json!("EUR"),
            "currency_of_another_country",
        ),
        ("purchase_country", json!("JP"), "unknown_country"),
        ("purchase_currency", Value::Null, "missing"),
        ("locale", json!("de-DE"), "locale_of_another_country"),
    ] {
        assert_eq!(first_cause(&with(name, sent), name), code);
    }
    let currency = found(
        &with("purchase_currency", json!("EUR")),
        "purchase_currency",
    );
    assert_eq!(currency.expected, json!("SEK"));
    let mut unknown = with("purchase_currency", json!("JPY"));
    unknown["purchase_country"] = json!("JP");
    assert_eq!(
        first_cause(&unknown, "purchase_currency"),
        "unknown_currency"
    );
}

#[test]
fn a_wrong_sum_is_found_under_the_name_that_the_setting_gives_it() {
    let settings = Settings {
        order_amount_path: "order_lines".to_owned(),
        ..Settings::default()
    };
    let mut wrong = european();
    wrong["order_amount"] = json!(1);
    let diagnosis = examine(&wrong, CartCall::Session, &settings);
    assert_eq!(diagnosis.findings[0].path, "order_lines");
    let refusal = diagnosis.refusal.unwrap();
    assert_eq!(refusal.error_message(), Some("Bad value: order_lines"));
}

#[test]
fn later_stages_are_examined_behind_earlier_ones() {
    let mut wrong = european();
    wrong["purchase_currency"] = json!("EUR");
    wrong["locale"] = json!("de-DE");
    wrong["order_lines"][0]["total_amount"] = json!(1);
    let stages: Vec<Stage> = diagnose(&wrong)
        .findings
        .iter()
        .map(|finding| finding.stage)
        .collect();
    assert_eq!(stages, [Stage::Market, Stage::Figures]);
    wrong["purchase_currency"] = json!("SEK");
    let stages: Vec<Stage> = diagnose(&wrong)
        .findings
        .iter()
        .map(|finding| finding.stage)
        .collect();
    assert_eq!(stages, [Stage::Locale, Stage::Figures]);
}

/// Whatever is sent: the paths of the error are those of the findings of the first unclean stage, and there is no error
/// exactly when there is no finding but advice.
#[test]
fn the_doctor_never_disagrees_with_validation() {
    let values = [
        json!(0),
        json!(-1),
        json!(1),
        json!(25),
        json!(100),
        json!(2500),
        json!(3900),
        json!(19_500),
        json!(24_400),
        json!("24400"),
        json!(24_400.5),
        json!("EUR"),
        json!("US"),
        json!("USD"),
        json!("sv-SE"),
        json!("discount"),
        Value::Null,
        json!([]),
    ];
    let names = [
        "quantity",
        "unit_price",
        "tax_rate",
        "total_amount",
        "total_discount_amount",
        "total_tax_amount",
        "type",
        "name",
    ];
    let tops = [
        "purchase_country",
        "purchase_currency",
        "locale",
        "order_amount",
        "order_tax_amount",
        "order_lines",
    ];
    let mut carts = Vec::new();
    for base in [european(), american()] {
        for value in &values {
            for name in names {
                for index in 0..2 {
                    let mut changed = base.clone();
                    changed["order_lines"][index][name] = value.clone();
                    carts.push(changed);
                }
            }
            for name in tops {
                let mut changed = base.clone();
                changed[name] = value.clone();
                carts.push(changed);
            }
        }
    }
    assert!(carts.len() > 700);
    let mut refused = 0;
    for cart in carts {
        let diagnosis = diagnose(&cart);
        let problems: Vec<&Finding> = diagnosis
            .findings
            .iter()
            .filter(|finding| finding.stage != Stage::Advice)
            .collect();
        assert!(
            diagnosis
                .findings
                .iter()
                .all(|finding| !finding.causes.is_empty()),
            "{diagnosis:?}"
        );
        let Some(refusal) = diagnosis.refusal.as_ref() else {
            assert!(problems.is_empty(), "{cart} {problems:?}");
            continue;
        };
        refused += 1;
        let first = problems.iter().map(|finding| finding.stage).min().unwrap();
        let paths: Vec<&str> = problems
            .iter()
            .filter(|finding| finding.stage == first)
            .map(|finding| finding.path.as_str())
            .collect();
        let message = refusal.error_message().unwrap();
        assert_eq!(
            message,
            format!("Bad value: {}", paths.join(", ")),
            "{cart}"
        );
    }
    assert!(refused > 300, "{refused}");
}
