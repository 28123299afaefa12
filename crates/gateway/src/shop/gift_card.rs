//! Gift cards as rows: a code, a balance, and a state that only triggers change.

use serde_json::{Value, json};

use super::configuration::{Change, refuse};
use super::payment_method::inherit_currency;
use super::{code, noun, promotion};
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Completes and judges a gift card.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    promotion::recipient(change)?;
    code::judge_length(change, reader, "gift_cards").await?;
    inherit_currency(change, reader).await?;
    let amount = |name: &str| change.body.get(name).and_then(Value::as_i64);
    let (balance, most) = (amount("balance_cents"), amount("balance_max_cents"));
    if let (Some(balance), Some(most)) = (balance, most)
        && balance > most
    {
        return Err(refuse(
            "balance_cents",
            "less_than_or_equal_to",
            "must be less than or equal to balance_max_cents",
        ));
    }
    if change.old.is_none() {
        if change.text("code").is_none() {
            let code = noun::page_token(change.gateway);
            change.set_field("code", code);
        }
        change.set_field("status", "draft");
        change.set_field("initial_balance_cents", balance.unwrap_or(0));
        change.set_field("balance_log", json!([]));
        change.set_field("usage_log", json!({}));
    }
    Ok(())
}
