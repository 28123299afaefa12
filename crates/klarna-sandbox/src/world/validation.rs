//! The stages in which Payments validates a cart: market pair, shapes and limits, locale, lines, sums.
//!
//! Invariant: a later stage is looked at only when the earlier ones are clean. Recorded traffic shows the first
//! border: an empty create-session body complains about currency and country and not about the missing amount.

use serde_json::{Map, Value};

use super::fields::{self, Bad, Field};
use super::market::{self, Market};
use super::order_lines::{self, TaxTolerance};
use super::reply::{Reply, bad_value};
use super::schema;

/// A validated cart's market and its body reduced to the known fields.
pub(crate) struct Cart {
    pub(crate) market: &'static Market,
    pub(crate) body: Map<String, Value>,
}

/// Runs every stage for a session or create-order body described by `rest` besides country and currency.
pub(crate) fn cart(
    body: &Map<String, Value>,
    rest: &[Field],
    tolerance: TaxTolerance,
) -> Result<Cart, Reply> {
    let market = market_pair(body)?;
    shapes(body, rest)?;
    locale(body, market)?;
    arithmetic(body, tolerance)?;
    let mut kept = fields::known(body, schema::MARKET);
    kept.insert("purchase_country".into(), market.country.into());
    kept.insert("purchase_currency".into(), market.currency.into());
    kept.extend(fields::known(body, rest));
    if let Some(locale) = fields::text(body, "locale").and_then(|own| market.canonical_locale(own))
    {
        kept.insert("locale".into(), locale.into());
    }
    Ok(Cart { market, body: kept })
}

/// Country and currency: both there, both known, and belonging together.
pub(crate) fn market_pair(body: &Map<String, Value>) -> Result<&'static Market, Reply> {
    refuse(fields::check(body, schema::MARKET))?;
    let country = fields::text(body, "purchase_country").unwrap_or_default();
    let currency = fields::text(body, "purchase_currency").unwrap_or_default();
    let market = market::of_country(country);
    match market {
        Some(market) if market.currency.eq_ignore_ascii_case(currency) => Ok(market),
        Some(_) => Err(bad_value(&["purchase_currency".to_owned()])),
        None if market::has_currency(currency) => Err(bad_value(&["purchase_country".to_owned()])),
        None => Err(bad_value(&[
            "purchase_currency".to_owned(),
            "purchase_country".to_owned(),
        ])),
    }
}

/// Types, limits and enumerations of everything that is described.
pub(crate) fn shapes(body: &Map<String, Value>, described: &[Field]) -> Result<(), Reply> {
    refuse(fields::check(body, described))?;
    attachment(body)
}

/// The locale must be one of the country's. The default of a session without one, `en-US`, is not held against it.
pub(crate) fn locale(body: &Map<String, Value>, market: &Market) -> Result<(), Reply> {
    match fields::text(body, "locale") {
        Some(locale) if !market.speaks(locale) => Err(bad_value(&["locale".to_owned()])),
        _ => Ok(()),
    }
}

/// Lines first, sums only over sound lines.
pub(crate) fn arithmetic(body: &Map<String, Value>, tolerance: TaxTolerance) -> Result<(), Reply> {
    let wrong = order_lines::wrong_lines(body);
    if !wrong.is_empty() {
        return Err(bad_value(&wrong));
    }
    let wrong = order_lines::wrong_sums(body, tolerance);
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(bad_value(&wrong))
    }
}

/// The attachment's body is a string that holds a JSON object whose values are lists.
fn attachment(body: &Map<String, Value>) -> Result<(), Reply> {
    let Some(attachment) = fields::object(body, "attachment") else {
        return Ok(());
    };
    let sound = fields::text(attachment, "body")
        .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
        .is_some_and(|document| document.values().all(Value::is_array));
    if sound {
        Ok(())
    } else {
        Err(bad_value(&["attachment.attachment".to_owned()]))
    }
}

/// `400 BAD_VALUE` naming every path, or nothing.
pub(crate) fn refuse(bad: Vec<Bad>) -> Result<(), Reply> {
    if bad.is_empty() {
        return Ok(());
    }
    let paths: Vec<String> = bad.into_iter().map(|bad| bad.path).collect();
    Err(bad_value(&paths))
}

/// `422 UNPROCESSABLE_ENTITY` with a sentence per field: the way of Order Management.
pub(crate) fn refuse_managed(body: &Map<String, Value>, described: &[Field]) -> Result<(), Reply> {
    let bad = fields::check(body, described);
    if bad.is_empty() {
        return Ok(());
    }
    let sentences = bad.iter().map(Bad::sentence).collect();
    Err(Reply::errors(422, "UNPROCESSABLE_ENTITY", sentences))
}
