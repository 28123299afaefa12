//! Codes that shoppers type: how long the organization lets them be.

use kassa_storage::Key;

use super::configuration::{Change, refuse};
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Shortest and longest code where the organization says nothing. Source: commerce-api, section c, `organizations`.
const LENGTHS: (i64, i64) = (8, 40);

/// Judges the code of a `family` (`coupons`, `gift_cards`) by what the organization allows.
///
/// # Errors
/// 422 on `code`: too short or too long.
pub(crate) async fn judge_length(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    family: &str,
) -> Result<(), GatewayError> {
    if !change.draft.attributes.contains_key("code") {
        return Ok(());
    }
    let key = Key::new("organizations", change.caller.realm.organization());
    let organization = reader.snapshot.record(&key).await?;
    let allowed = |bound: &str, otherwise: i64| {
        let name = format!("{family}_{bound}_code_length");
        let value = organization.as_ref().and_then(|row| row.integer(&name));
        value.unwrap_or(otherwise)
    };
    let (shortest, longest) = (allowed("min", LENGTHS.0), allowed("max", LENGTHS.1));
    let length = change.text("code").map_or(0, |code| code.chars().count());
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if length < shortest {
        let message = format!("is too short (minimum is {shortest} characters)");
        return Err(refuse("code", "too_short", &message));
    }
    if length > longest {
        let message = format!("is too long (maximum is {longest} characters)");
        return Err(refuse("code", "too_long", &message));
    }
    Ok(())
}
