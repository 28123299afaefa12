//! One test per arithmetic rule, with accepted vectors and their neighbours one and two minor units away.

use serde_json::json;

use super::*;

fn total_matches(line: &Map<String, Value>) -> bool {
    let line = LineFigures::of(line);
    line.total == line.right_total()
}

fn tax_matches(line: &Map<String, Value>) -> bool {
    let line = LineFigures::of(line);
    tax_is_right(line.total, line.tax_rate, line.tax)
}

fn wrong_lines(body: &Map<String, Value>) -> Vec<String> {
    let wrong = super::wrong_lines(body);
    wrong.into_iter().map(WrongFigure::path).collect()
}

fn wrong_sums(body: &Map<String, Value>, tolerance: TaxTolerance) -> Vec<String> {
    let wrong = super::wrong_sums(body, tolerance);
    wrong.into_iter().map(WrongFigure::path).collect()
}

fn line(total: i64, rate: i64, tax: i64) -> Map<String, Value> {
    let body = json!({"name": "A", "quantity": 1, "unit_price": total, "tax_rate": rate,
        "total_amount": total, "total_tax_amount": tax});
    body.as_object().unwrap().clone()
}

fn cart(lines: &[Map<String, Value>], amount: i64, tax: Option<i64>) -> Map<String, Value> {
    let mut body = json!({"order_amount": amount, "order_lines": lines});
    if let Some(tax) = tax {
        body["order_tax_amount"] = json!(tax);
    }
    body.as_object().unwrap().clone()
}

/// The published samples: total, rate, tax.
const ACCEPTED: [(i64, i64, i64); 10] = [
    (59_500, 2000, 9917),
    (2900, 2000, 483),
    (25_000, 2500, 5000),
    (-1000, 2500, -200),
    (-300, 1000, -27),
    (9500, 2500, 1900),
    (9999, 2500, 2000),
    (9880, 2506, 1980),
    (9900, 1900, 1581),
    (6000, 2500, 1200),
];

#[test]
fn line_tax_of_the_published_samples_is_accepted() {
    for (total, rate, tax) in ACCEPTED {
        assert!(tax_matches(&line(total, rate, tax)), "{total} at {rate}");
    }
}

#[test]
fn line_tax_two_units_off_is_refused_on_both_sides() {
    for (total, rate, tax) in ACCEPTED {
        assert!(!tax_matches(&line(total, rate, tax + 2)), "{total} +2");
        assert!(!tax_matches(&line(total, rate, tax - 2)), "{total} -2");
    }
}

#[test]
fn line_tax_one_unit_off_an_exact_value_is_accepted_on_both_sides() {
    for (total, rate, tax) in [
        (25_000, 2500, 5000),
        (-1000, 2500, -200),
        (6000, 2500, 1200),
    ] {
        assert!(tax_matches(&line(total, rate, tax + 1)));
        assert!(tax_matches(&line(total, rate, tax - 1)));
    }
}

#[test]
fn line_tax_is_measured_against_the_unrounded_value() {
    // 59500 at 20 % holds 9916.67: 9917 is 0.33 above it, so 9916 passes and 9918 does not.
    assert!(tax_matches(&line(59_500, 2000, 9916)));
    assert!(!tax_matches(&line(59_500, 2000, 9918)));
    // -300 at 10 % holds -27.27.
    assert!(tax_matches(&line(-300, 1000, -28)));
    assert!(!tax_matches(&line(-300, 1000, -26)));
}

#[test]
fn line_tax_of_a_reported_refusal_is_refused() {
    let body = cart(&[line(495, 700, 41)], 495, Some(41));
    assert_eq!(wrong_lines(&body), ["order_lines[0].total_tax_amount"]);
    assert!(tax_matches(&line(495, 700, 32)));
    assert!(tax_matches(&line(495, 700, 33)));
    assert!(!tax_matches(&line(495, 700, 34)));
}

#[test]
fn line_tax_without_a_rate_is_nothing_give_or_take_one() {
    assert!(tax_matches(&line(1000, 0, 0)));
    assert!(tax_matches(&line(1000, 0, 1)));
    assert!(!tax_matches(&line(1000, 0, 2)));
}

#[test]
fn line_total_is_quantity_times_price_less_discount_exactly() {
    let mut discounted = line(9500, 2500, 1900);
    discounted.insert("unit_price".into(), json!(5000));
    discounted.insert("quantity".into(), json!(2));
    discounted.insert("total_discount_amount".into(), json!(500));
    assert!(total_matches(&discounted));
    for off in [-2, -1, 1, 2] {
        let mut wrong = discounted.clone();
        wrong.insert("total_amount".into(), json!(9500 + off));
        assert!(!total_matches(&wrong), "{off}");
    }
    assert_eq!(
        wrong_lines(&cart(
            &[line(1, 0, 0), {
                let mut wrong = line(1000, 0, 0);
                wrong.insert("total_amount".into(), json!(999));
                wrong
            }],
            1000,
            None
        )),
        ["order_lines[1].total_amount"]
    );
}

#[test]
fn discount_may_be_a_negative_line_of_any_type() {
    for kind in ["discount", "physical", "gift_card", "store_credit"] {
        let mut discount = line(-1000, 2500, -200);
        discount.insert("type".into(), json!(kind));
        let body = cart(&[line(10_000, 2500, 2000), discount], 9000, Some(1800));
        assert!(wrong_lines(&body).is_empty());
        assert!(wrong_sums(&body, TaxTolerance::Lines).is_empty());
    }
}

#[test]
fn gift_card_without_tax_lowers_the_amount_alone() {
    let body = cart(
        &[line(10_000, 2500, 2000), line(-3000, 0, 0)],
        7000,
        Some(2000),
    );
    assert!(wrong_lines(&body).is_empty());
    assert!(wrong_sums(&body, TaxTolerance::Lines).is_empty());
}

#[test]
fn order_amount_is_the_exact_sum_of_all_lines() {
    let lines = [line(10_000, 2500, 2000), line(500, 2500, 100)];
    assert!(wrong_sums(&cart(&lines, 10_500, Some(2100)), TaxTolerance::Lines).is_empty());
    for off in [-2, -1, 1, 2] {
        assert_eq!(
            wrong_sums(&cart(&lines, 10_500 + off, Some(2100)), TaxTolerance::Lines),
            ["order_amount"]
        );
    }
}

#[test]
fn order_tax_may_be_off_by_one_unit_for_each_line() {
    let lines = [line(10_000, 2500, 2000), line(500, 2500, 100)];
    for (off, accepted) in [
        (0, true),
        (1, true),
        (-1, true),
        (2, true),
        (-2, true),
        (3, false),
        (-3, false),
    ] {
        let wrong = wrong_sums(&cart(&lines, 10_500, Some(2100 + off)), TaxTolerance::Lines);
        assert_eq!(wrong.is_empty(), accepted, "{off}");
    }
    let single = [line(10_000, 2500, 2000)];
    for (off, accepted) in [(1, true), (-1, true), (2, false), (-2, false)] {
        let wrong = wrong_sums(
            &cart(&single, 10_000, Some(2000 + off)),
            TaxTolerance::Lines,
        );
        assert_eq!(wrong.is_empty(), accepted, "{off}");
    }
}

#[test]
fn order_tax_tolerance_can_count_items_instead() {
    let mut many = line(10_000, 2500, 2000);
    many.insert("quantity".into(), json!(4));
    many.insert("unit_price".into(), json!(2500));
    let body = cart(&[many], 10_000, Some(2004));
    assert_eq!(wrong_sums(&body, TaxTolerance::Lines), ["order_tax_amount"]);
    assert!(wrong_sums(&body, TaxTolerance::Quantities).is_empty());
}

#[test]
fn order_tax_left_out_is_not_checked() {
    let body = cart(&[line(10_000, 2500, 2000)], 10_000, None);
    assert!(wrong_sums(&body, TaxTolerance::Lines).is_empty());
}

fn american(order_tax: i64) -> Map<String, Value> {
    let mut tax = line(1000, 0, 0);
    tax.insert("type".into(), json!("sales_tax"));
    cart(&[line(20_000, 0, 0), tax], 21_000, Some(order_tax))
}

#[test]
fn american_carts_carry_tax_as_a_line_of_its_own() {
    assert!(wrong_lines(&american(1000)).is_empty());
    assert!(wrong_sums(&american(1000), TaxTolerance::Lines).is_empty());
    assert!(wrong_sums(&american(1002), TaxTolerance::Lines).is_empty());
    assert_eq!(
        wrong_sums(&american(1003), TaxTolerance::Lines),
        ["order_tax_amount"]
    );
    assert_eq!(
        wrong_sums(&american(0), TaxTolerance::Lines),
        ["order_tax_amount"]
    );
}

#[test]
fn american_tax_lines_add_up_when_there_are_several() {
    let mut state = line(1000, 0, 0);
    state.insert("type".into(), json!("sales_tax"));
    let mut city = line(250, 0, 0);
    city.insert("type".into(), json!("sales_tax"));
    let body = cart(&[line(20_000, 0, 0), state, city], 21_250, Some(1250));
    assert!(wrong_sums(&body, TaxTolerance::Lines).is_empty());
}

#[test]
fn overflowing_products_are_refused_without_a_panic() {
    let mut huge = line(1, 10_000, i64::MIN);
    huge.insert("quantity".into(), json!(i64::MAX));
    huge.insert("unit_price".into(), json!(200_000_000));
    huge.insert("total_discount_amount".into(), json!(i64::MAX));
    assert_eq!(
        wrong_lines(&cart(&[huge], 1, Some(1))),
        ["order_lines[0].total_amount"]
    );
}
