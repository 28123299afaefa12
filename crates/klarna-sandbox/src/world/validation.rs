//! The stages in which Payments validates a cart: market pair, shapes and limits, locale, lines, sums.
//!
//! Invariant: a later stage is looked at only when the earlier ones are clean. Recorded traffic shows the first
//! border: an empty create-session body complains about currency and country and not about the missing amount.

use serde_json::{Map, Value};

use super::fields::{self, Bad, Field};
use super::market::{self, Market};
use super::order_lines::{self, TaxTolerance, WrongFigure};
use super::reply::{Reply, bad_value};
use super::schema;
use super::settings::Settings;

/// Runs every stage for a session or create-order body described by `rest` besides country and currency.
pub(crate) fn sound_market(
    body: &Map<String, Value>,
    rest: &[Field],
    settings: &Settings,
) -> Result<&'static Market, Reply> {
    let market = market_pair(body)?;
    shapes(body, rest)?;
    locale(body, market)?;
    arithmetic(body, settings)?;
    Ok(market)
}

/// As [`sound_market`], with the body reduced to the known fields.
pub(crate) fn cart(
    body: &Map<String, Value>,
    rest: &[Field],
    settings: &Settings,
) -> Result<Map<String, Value>, Reply> {
    let market = sound_market(body, rest, settings)?;
    let mut kept = fields::known(body, schema::MARKET);
    kept.insert("purchase_country".into(), market.country.into());
    kept.insert("purchase_currency".into(), market.currency.into());
    kept.extend(fields::known(body, rest));
    if let Some(locale) = fields::text(body, "locale").and_then(|own| market.canonical_locale(own))
    {
        kept.insert("locale".into(), locale.into());
    }
    Ok(kept)
}

/// Country and currency: both there, both known, and belonging together.
pub(crate) fn market_pair(body: &Map<String, Value>) -> Result<&'static Market, Reply> {
    market_of(body).map_err(|bad| named(&bad))
}

/// The market of a body, or what is wrong with its country and currency.
pub(crate) fn market_of(body: &Map<String, Value>) -> Result<&'static Market, Vec<Bad>> {
    let bad = fields::check(body, schema::MARKET);
    if !bad.is_empty() {
        return Err(bad);
    }
    let country = fields::text(body, "purchase_country").unwrap_or_default();
    let currency = fields::text(body, "purchase_currency").unwrap_or_default();
    let market = market::of_country(country);
    match market {
        Some(market) if market.currency.eq_ignore_ascii_case(currency) => Ok(market),
        Some(_) => Err(vec![Bad::form("purchase_currency")]),
        None if market::has_currency(currency) => Err(vec![Bad::form("purchase_country")]),
        None => Err(vec![
            Bad::form("purchase_currency"),
            Bad::form("purchase_country"),
        ]),
    }
}

/// Types, limits and enumerations of everything that is described.
pub(crate) fn shapes(body: &Map<String, Value>, described: &[Field]) -> Result<(), Reply> {
    refuse(wrong_shapes(body, described))
}

/// What is wrong with the described fields; with what an attachment holds only when they are sound.
pub(crate) fn wrong_shapes(body: &Map<String, Value>, described: &[Field]) -> Vec<Bad> {
    let mut bad = fields::check(body, described);
    let takes_attachment = described.iter().any(|field| field.name == "attachment");
    if bad.is_empty() && takes_attachment && !attachment_is_sound(body) {
        bad.push(Bad::form("attachment.attachment"));
    }
    bad
}

/// The locale must be one of the country's. The default of a session without one, `en-US`, is not held against it.
pub(crate) fn locale(body: &Map<String, Value>, market: &Market) -> Result<(), Reply> {
    match fields::text(body, "locale") {
        Some(locale) if !market.speaks(locale) => Err(bad_value(&["locale".to_owned()])),
        _ => Ok(()),
    }
}

/// Lines first, sums only over sound lines.
pub(crate) fn arithmetic(body: &Map<String, Value>, settings: &Settings) -> Result<(), Reply> {
    let wrong = wrong_figures(body, settings.order_tax_tolerance);
    if wrong.is_empty() {
        return Ok(());
    }
    let paths: Vec<String> = wrong
        .into_iter()
        .map(|wrong| path_of(wrong, settings))
        .collect();
    Err(bad_value(&paths))
}

/// What a wrong figure is called; the name of a wrong sum is a setting.
pub(crate) fn path_of(wrong: WrongFigure, settings: &Settings) -> String {
    match wrong {
        WrongFigure::OrderAmount => settings.order_amount_path.clone(),
        other => other.path(),
    }
}

/// The figures that do not add up.
pub(crate) fn wrong_figures(
    body: &Map<String, Value>,
    tolerance: TaxTolerance,
) -> Vec<WrongFigure> {
    let wrong = order_lines::wrong_lines(body);
    if wrong.is_empty() {
        order_lines::wrong_sums(body, tolerance)
    } else {
        wrong
    }
}

/// The attachment's body is a string that holds a JSON object whose values are lists.
fn attachment_is_sound(body: &Map<String, Value>) -> bool {
    let Some(attachment) = fields::object(body, "attachment") else {
        return true;
    };
    fields::text(attachment, "body")
        .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
        .is_some_and(|document| document.values().all(Value::is_array))
}

/// `400 BAD_VALUE` naming every path, or nothing.
pub(crate) fn refuse(bad: Vec<Bad>) -> Result<(), Reply> {
    if bad.is_empty() {
        Ok(())
    } else {
        Err(named(&bad))
    }
}

fn named(bad: &[Bad]) -> Reply {
    let paths: Vec<String> = bad.iter().map(|bad| bad.path.clone()).collect();
    bad_value(&paths)
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
