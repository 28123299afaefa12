//! Guesses about amounts that do not add up.
//!
//! Invariant: a guess is offered only when undoing it makes the figure pass the arithmetic of `order_lines`.

use serde_json::{Map, Value, json};

use super::super::fields::{list, text};
use super::super::order_lines::{
    CartFigures, LineFigures, line_tax as tax_of, lines, tax_is_right,
};
use super::Cause;

/// A guess: whether it fits, its code, its sentence.
type Guess<'a> = (bool, &'static str, &'a str);

/// The guesses that fit, or how far the figure is off.
fn fitting(guesses: &[Guess<'_>], difference: i128) -> Vec<Cause> {
    let mut causes: Vec<Cause> = guesses
        .iter()
        .filter(|(fits, ..)| *fits)
        .map(|(_, code, says)| Cause::new(code, *says))
        .collect();
    causes.push(Cause::off_by(difference));
    causes
}

/// Why `total_amount` is not what quantity, price and discount give.
pub(super) fn line_total(line: &LineFigures) -> Vec<Cause> {
    let LineFigures {
        quantity,
        unit_price,
        discount,
        total,
        tax,
        ..
    } = *line;
    let whole = quantity * unit_price;
    let right = line.right_total();
    let off = (total - right).abs();
    let discounted = discount != 0;
    let guesses = [
        (
            discounted && total == whole,
            "discount_not_subtracted",
            "total_discount_amount was not taken off: total_amount = quantity × unit_price − total_discount_amount",
        ),
        (
            discounted && total == whole + discount,
            "discount_sign",
            "total_discount_amount was added instead of subtracted; it is sent as a positive amount",
        ),
        (
            discounted && quantity > 1 && total == quantity * (unit_price - discount),
            "discount_per_unit",
            "the discount was taken off each piece; total_discount_amount is that of the whole line",
        ),
        (
            quantity > 1 && total == unit_price - discount,
            "quantity_mismatch",
            "unit_price and total_amount are the same price: either unit_price holds the whole line or total_amount one piece",
        ),
        (
            tax != 0 && total == right - tax,
            "total_without_tax",
            "total_amount is without tax while unit_price includes it; both include tax outside the US",
        ),
        (
            tax != 0 && total == right + tax,
            "unit_price_without_tax",
            "unit_price and the discount are without tax while total_amount includes it; both include tax outside the US",
        ),
        (
            total != 0 && total == -right,
            "sign",
            "total_amount has the wrong sign",
        ),
        (
            total != 0 && (total * 100 == right || right * 100 == total),
            "minor_units",
            "one of the amounts is in major units; all are minor units: 99.95 is 9995",
        ),
        (
            quantity > 1 && off <= quantity,
            "rounding_per_unit",
            "unit_price was rounded before it was multiplied; take the total of the rounded prices, or sell the line as one piece",
        ),
    ];
    fitting(&guesses, total - right)
}

/// The taxes that pass for a line's total and rate.
pub(super) fn right_taxes(line: &LineFigures) -> Value {
    let about = nearest(line);
    let mut right =
        (about - 2..=about + 2).filter(|tax| tax_is_right(line.total, line.tax_rate, *tax));
    let first = right.next();
    let last = right.next_back().or(first);
    json!({"at_least": first, "at_most": last})
}

/// A tax near the right one, for looking around it.
fn nearest(line: &LineFigures) -> i128 {
    (line.total * line.tax_rate).div_euclid(10_000 + line.tax_rate)
}

/// Why `total_tax_amount` is not what total and rate give.
pub(super) fn line_tax(line: &LineFigures, american: bool) -> Vec<Cause> {
    let LineFigures {
        quantity,
        unit_price,
        discount,
        total,
        tax_rate: rate,
        tax,
    } = *line;
    if american {
        return vec![Cause::us_tax_on_line(), Cause::off_by(tax - nearest(line))];
    }
    let per_unit = quantity > 1 && tax % quantity == 0;
    let off = (tax - nearest(line)).abs();
    let guesses = [
        (
            rate == 0 && tax != 0,
            "rate_missing",
            "there is a tax but no tax_rate; it is sent in hundredths of a per cent: 25 % is 2500",
        ),
        (
            (1..=100).contains(&rate) && tax != 0 && tax_is_right(total, rate * 100, tax),
            "rate_in_percent",
            "tax_rate is in per cent; it is sent in hundredths of a per cent: 25 % is 2500",
        ),
        (
            rate > 0 && tax == 0,
            "tax_missing",
            "there is a tax_rate but no tax; total_tax_amount is the tax inside total_amount",
        ),
        (
            rate > 0 && tax != 0 && tax_is_right(total + tax, rate, tax),
            "tax_on_net",
            "the tax was computed as if total_amount were without tax; it is the tax inside: total × rate / (10000 + rate)",
        ),
        (
            discount != 0 && tax_is_right(total + discount, rate, tax),
            "tax_before_discount",
            "the tax is that of the price before the discount; it is the tax inside total_amount",
        ),
        (
            per_unit && tax_is_right(unit_price, rate, tax.checked_div(quantity).unwrap_or(0)),
            "rounding_per_unit",
            "the tax was rounded for one piece and multiplied; round once for the line",
        ),
        (
            quantity > 1 && tax_is_right(unit_price, rate, tax),
            "tax_of_one_unit",
            "this is the tax of one piece; total_tax_amount is that of the whole line",
        ),
        (
            tax != 0 && tax_is_right(total, rate, -tax),
            "sign",
            "total_tax_amount has the wrong sign: negative lines have negative tax",
        ),
        (
            tax != 0
                && (tax_is_right(total, rate, tax * 100) || tax_is_right(total * 100, rate, tax)),
            "minor_units",
            "one of the amounts is in major units; all are minor units: 99.95 is 9995",
        ),
        (
            rate > 0 && off <= 3,
            "rounding",
            "rounded more than once on the way; round the exact tax of the line once",
        ),
    ];
    fitting(&guesses, tax - nearest(line))
}

/// Why `order_amount` is not the sum of the lines.
pub(super) fn order_amount(
    body: &Map<String, Value>,
    cart: &CartFigures,
    american: bool,
) -> Vec<Cause> {
    let CartFigures {
        amount,
        right_amount: sum,
        ..
    } = *cart;
    let tax = cart.tax.unwrap_or(0);
    let difference = amount - sum;
    let missing_tax_line = american && !has_type(body, &["sales_tax"]);
    let totals: Vec<i128> = lines(body)
        .map(|line| LineFigures::of(line).total)
        .collect();
    let turned: i128 = lines(body)
        .filter(|line| is_reduction(line))
        .map(|line| LineFigures::of(line).total.max(0))
        .sum();
    let count = totals.len() as i128;
    let guesses = [
        (
            turned != 0 && amount == sum - 2 * turned,
            "discount_sign",
            "a discount, gift card or store credit has positive amounts; its line is negative",
        ),
        (
            missing_tax_line && tax != 0 && difference == tax,
            "sales_tax_line_missing",
            "order_amount includes the tax but no line does; in the US the tax is a line of type sales_tax",
        ),
        (
            !american && tax != 0 && difference == tax,
            "tax_added_twice",
            "the tax was added to lines that include it; order_amount is the sum of total_amount",
        ),
        (
            tax != 0 && difference == -tax,
            "amount_without_tax",
            "order_amount is without tax; it is the sum of total_amount over all lines",
        ),
        (
            amount != 0 && (amount * 100 == sum || sum * 100 == amount),
            "minor_units",
            "order_amount and the lines are not in the same unit; all are minor units: 99.95 is 9995",
        ),
        (
            difference.abs() <= count,
            "rounding",
            "order_amount was rounded on its own; sum up the rounded lines",
        ),
        (
            totals.contains(&-difference),
            "line_left_out",
            "order_amount leaves a line out that is among order_lines",
        ),
        (
            difference > 0 && !has_type(body, &["shipping_fee"]),
            "shipping_line_missing",
            "order_amount is more than the lines and none of them is shipping: send it as a line of type shipping_fee",
        ),
        (
            difference < 0 && !lines(body).any(is_reduction),
            "discount_line_missing",
            "order_amount is less than the lines: send the discount on its line, or as a negative line",
        ),
    ];
    fitting(&guesses, difference)
}

/// Why `order_tax_amount` is not the sum of the taxes.
pub(super) fn order_tax(
    body: &Map<String, Value>,
    cart: &CartFigures,
    american: bool,
) -> Vec<Cause> {
    let tax = cart.tax.unwrap_or(0);
    let sum = cart.right_tax;
    let difference = tax - sum;
    let taxes: Vec<i128> = lines(body).map(tax_of).collect();
    let rates: Vec<i128> = lines(body)
        .map(|line| LineFigures::of(line).tax_rate)
        .collect();
    let rate = rates.iter().copied().max().unwrap_or(0);
    let untaxed = rates.contains(&0);
    let guesses = [
        (
            american && tax != 0 && !has_type(body, &["sales_tax"]),
            "sales_tax_line_missing",
            "there is a tax but no line of type sales_tax; in the US the tax is such a line, and order_amount includes it",
        ),
        (
            tax == 0 && sum != 0,
            "tax_missing",
            "order_tax_amount is 0; it is the sum of the lines' taxes",
        ),
        (
            rate > 0 && untaxed && tax_is_right(cart.amount, rate, tax),
            "tax_on_untaxed_lines",
            "the tax was taken on the whole order although some lines have none; sum up the lines' taxes",
        ),
        (
            rate > 0 && tax != 0 && tax_is_right(cart.amount + tax, rate, tax),
            "tax_on_net",
            "the tax was computed as if order_amount were without tax; sum up the lines' taxes",
        ),
        (
            difference != 0 && taxes.contains(&-difference),
            "line_left_out",
            "order_tax_amount leaves out the tax of a line, often that of shipping",
        ),
        (
            tax != 0 && (tax * 100 == sum || sum * 100 == tax),
            "minor_units",
            "order_tax_amount and the lines are not in the same unit; all are minor units: 99.95 is 9995",
        ),
        (
            difference.abs() <= 2 * cart.tax_tolerance,
            "rounding",
            "the tax was rounded on the whole order or on each piece; sum up the rounded taxes of the lines",
        ),
    ];
    let mut causes = fitting(&guesses, difference);
    if causes.len() == 1 {
        let not_the_sum = Cause::new(
            "not_the_sum",
            "order_tax_amount is not the sum of the lines' taxes",
        );
        causes.insert(0, not_the_sum);
    }
    causes
}

fn has_type(body: &Map<String, Value>, types: &[&str]) -> bool {
    list(body, "order_lines")
        .iter()
        .filter_map(Value::as_object)
        .any(|line| text(line, "type").is_some_and(|own| types.contains(&own)))
}

/// A line that lowers the amount: by its type, or by being negative.
fn is_reduction(line: &Map<String, Value>) -> bool {
    let by_type = text(line, "type")
        .is_some_and(|own| matches!(own, "discount" | "gift_card" | "store_credit"));
    by_type || LineFigures::of(line).total < 0
}
