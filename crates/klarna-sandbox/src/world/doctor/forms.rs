//! Guesses about values of the wrong type, size or place.
//!
//! Invariant: the broken rule comes from the field descriptions; nothing is measured here again.

use serde_json::{Map, Value, json};

use super::super::fields::{Bad, Rule, text};
use super::super::market::{self, Market};
use super::{Cause, Finding, Stage};

/// Wrong country or currency.
pub(super) fn market(body: &Map<String, Value>, bad: &Bad) -> Finding {
    let name = bad.path.as_str();
    let sent = body.get(name).cloned().unwrap_or_default();
    let country = text(body, "purchase_country").and_then(market::of_country);
    let (expected, cause) = match (name, country) {
        _ if sent.is_null() => (json!("a value"), missing()),
        ("purchase_currency", Some(market)) => (
            json!(market.currency),
            Cause::new(
                "currency_of_another_country",
                format!(
                    "each country has one currency; {} pays in {}",
                    market.country, market.currency
                ),
            ),
        ),
        ("purchase_currency", None) => {
            let mut known: Vec<_> = market::MARKETS
                .iter()
                .map(|market| market.currency)
                .collect();
            known.sort_unstable();
            known.dedup();
            let cause = Cause::new(
                "unknown_currency",
                "no market has this currency, or it is not spelled in three letters",
            );
            (json!(known), cause)
        }
        _ => {
            let known: Vec<_> = market::MARKETS
                .iter()
                .map(|market| market.country)
                .collect();
            let cause = Cause::new(
                "unknown_country",
                "not one of the markets, or not spelled in two letters",
            );
            (json!(known), cause)
        }
    };
    Finding::at(
        body,
        bad.path.clone(),
        Stage::Market,
        sent,
        expected,
        vec![cause],
    )
}

/// A locale that the market does not speak.
pub(super) fn locale(body: &Map<String, Value>, market: &Market) -> Finding {
    let sent = body.get("locale").cloned().unwrap_or_default();
    let cause = Cause::new(
        "locale_of_another_country",
        format!("the locale is not one of those of {}", market.country),
    );
    Finding::at(
        body,
        "locale".to_owned(),
        Stage::Locale,
        sent,
        json!(market.locales),
        vec![cause],
    )
}

/// A value that breaks the rule of its field.
pub(super) fn shape(body: &Map<String, Value>, bad: &Bad) -> Finding {
    let sent = at(body, &bad.path).cloned().unwrap_or_default();
    let (expected, causes) = match bad.rule {
        Rule::Missing => (json!("a value"), vec![missing()]),
        Rule::Whole { min, max } => whole(&bad.path, &sent, min, max),
        Rule::Range { min, max } => range(&bad.path, &sent, min, max),
        Rule::Size { min, max } => size(&sent, min, max),
        Rule::Choice(words) => (
            json!(words),
            vec![Cause::new(
                "unknown_word",
                "not one of the words that the field takes, or spelled in another letter case",
            )],
        ),
        Rule::Form => form(&bad.path),
    };
    Finding::at(body, bad.path.clone(), Stage::Shape, sent, expected, causes)
}

fn missing() -> Cause {
    Cause::new(
        "missing",
        "the field is required and was not sent, or is null",
    )
}

/// A whole number was expected and something else came.
fn whole(path: &str, sent: &Value, min: i64, max: i64) -> (Value, Vec<Cause>) {
    let rule = json!({"whole_number": {"at_least": min, "at_most": max}});
    let words = match sent {
        Value::String(words) => words.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => {
            let cause = Cause::new(
                "not_a_number",
                "a whole number is expected, without quotation marks",
            );
            return (rule, vec![cause]);
        }
    };
    let is_text = sent.is_string();
    let quoted = || {
        Cause::new(
            "number_as_text",
            "the number is in quotation marks; send it without",
        )
    };
    if is_text && let Ok(number) = words.parse::<i64>() {
        return (json!(number), vec![quoted()]);
    }
    let Some(hundredths) = hundredths(&words) else {
        let cause = Cause::new(
            "not_a_number",
            "a whole number is expected, without quotation marks",
        );
        return (rule, vec![cause]);
    };
    let last = path.rsplit('.').next().unwrap_or(path);
    let mut causes = vec![match last {
        "tax_rate" => Cause::new(
            "rate_in_percent",
            "the rate is sent in hundredths of a per cent: 25 % is 2500",
        ),
        "quantity" => Cause::new(
            "broken_quantity",
            "quantities are whole; sell 1.5 m as 150 cm, or as one piece with its price",
        ),
        _ => Cause::new(
            "minor_units",
            "amounts are whole minor units: 99.95 is 9995",
        ),
    }];
    if is_text {
        causes.push(quoted());
    }
    match last {
        "quantity" => (rule, causes),
        _ => (json!(hundredths), causes),
    }
}

/// A whole number outside its limits.
fn range(path: &str, sent: &Value, min: i64, max: i64) -> (Value, Vec<Cause>) {
    let rule = json!({"at_least": min, "at_most": max});
    let last = path.rsplit('.').next().unwrap_or(path);
    let number = sent.as_i64();
    let below = number.is_some_and(|number| number < min);
    match (last, number) {
        ("total_discount_amount", Some(number)) if below => (
            json!(number.checked_neg()),
            vec![Cause::new(
                "discount_sign",
                "total_discount_amount is positive; it is subtracted from the line",
            )],
        ),
        ("tax_rate", Some(number)) if !below && number % 100 == 0 => (
            json!(number / 100),
            vec![
                Cause::new(
                    "rate_scale",
                    "more than 100 %: the rate has two implied decimals, 25 % is 2500",
                ),
                Cause::new("above_limit", "larger than the field takes"),
            ],
        ),
        (_, Some(_)) if below => (
            rule,
            vec![Cause::new("below_limit", "smaller than the field takes")],
        ),
        _ => (
            rule,
            vec![Cause::new("above_limit", "larger than the field takes")],
        ),
    }
}

/// A text or list that is too short or too long.
fn size(sent: &Value, min: usize, max: usize) -> (Value, Vec<Cause>) {
    let cause = match sent {
        Value::Array(list) if list.is_empty() => Cause::new("no_lines", "there are no order lines"),
        Value::Array(_) => Cause::new("too_many", "too many; join lines of the same kind"),
        Value::String(text) if text.is_empty() => Cause::new("empty", "the text is empty"),
        _ => Cause::new("too_long", "the text is too long; cut it before it is sent"),
    };
    (
        json!({"size": {"at_least": min, "at_most": max}}),
        vec![cause],
    )
}

fn form(path: &str) -> (Value, Vec<Cause>) {
    let last = path.rsplit('.').next().unwrap_or(path);
    let (expected, says) = match last {
        "country" => ("two letters", "a country is spelled in two letters: SE"),
        "locale" => (
            "language-COUNTRY",
            "a locale is a language and a country: sv-SE",
        ),
        "date_of_birth" => ("YYYY-MM-DD", "dates are written year-month-day"),
        "attachment" => (
            "a JSON object of lists, as a string",
            "the attachment's body is a string that holds JSON, and its members are lists",
        ),
        _ => (
            "another form",
            "the value does not have the form or the type of the field",
        ),
    };
    (json!(expected), vec![Cause::new("wrong_form", says)])
}

/// `99.95` and `99,95` as 9995; up to two decimals, no floats.
fn hundredths(words: &str) -> Option<i64> {
    let (whole, part) = words.split_once(['.', ','])?;
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, whole),
    };
    let part = format!("{part:0<2}");
    let sound =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let rest = part.get(2..).unwrap_or_default();
    if !sound(digits) || !sound(&part) || rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let whole: i64 = digits.parse().ok()?;
    let part: i64 = part.get(..2)?.parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)?.checked_mul(sign)
}

/// The value at a path such as `order_lines[0].name`.
pub(crate) fn at<'a>(body: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut found: Option<&Value> = None;
    for step in path.split('.') {
        let (name, index) = match step.split_once('[') {
            Some((name, index)) => (name, Some(index.trim_end_matches(']'))),
            None => (step, None),
        };
        let object = match found {
            None => body,
            Some(value) => value.as_object()?,
        };
        let member = object.get(name)?;
        found = Some(match index {
            Some(index) => member.get(index.parse::<usize>().ok()?)?,
            None => member,
        });
    }
    found
}
