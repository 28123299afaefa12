//! Promotions, their rules and their coupons, as rows: what they may say. What they do to an order is decided there.
//!
//! Invariant: a promotion starts before it ends, and takes away at most what there is.

use kassa_storage::Key;
use serde_json::Value;

use super::configuration::{Change, refuse};
use super::payment_method::inherit_currency;
use super::{code, customer};
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Completes and judges a promotion.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let moment = |name: &str| change.text(name)?.parse::<jiff::Timestamp>().ok();
    if let (Some(starts), Some(expires)) = (moment("starts_at"), moment("expires_at"))
        && expires <= starts
    {
        return Err(refuse(
            "expires_at",
            "greater_than",
            "must be after starts_at",
        ));
    }
    if let Some(percentage) = change.body.get("percentage").and_then(Value::as_i64)
        && !(1..=100).contains(&percentage)
    {
        return Err(refuse(
            "percentage",
            "inclusion",
            "must be between 1 and 100",
        ));
    }
    inherit_currency(change, reader).await
}

/// Completes a rule about the amount of an order: it is in the currency of its promotion.
pub(crate) async fn order_amount_rule(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let kind = change.text("promotion_type").unwrap_or_default().to_owned();
    let promotion = Key::new(kind, change.text("promotion_id").unwrap_or_default());
    if let Some(promotion) = reader.snapshot.record(&promotion).await?
        && let Some(currency) = promotion.text("currency_code")
    {
        let currency = currency.to_owned();
        change.set_field("currency_code", currency);
    }
    Ok(())
}

/// Completes and judges a coupon.
pub(crate) async fn coupon(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    recipient(change)?;
    code::judge_length(change, reader, "coupons").await
}

/// Judges the address that a coupon or a gift card is for.
pub(crate) fn recipient(change: &mut Change<'_>) -> Result<(), GatewayError> {
    if let Some(text) = change.text("recipient_email") {
        let email = customer::email("recipient_email", text)?;
        change.set_field("recipient_email", email);
    }
    Ok(())
}
