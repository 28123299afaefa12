//! Resetting a customer's password: a row with a token that a mail carries, and the new password against that token.
//!
//! Invariant: a token opens one customer once, and not for long. Only integrations see it: whoever types an email into a
//! shop learns neither the token nor whether the customer exists.

use jiff::{SignedDuration, Timestamp};
use kassa_commerce::body::iso_timestamp;
use kassa_storage::{Guard, Put, Record};
use subtle::ConstantTimeEq;

use super::configuration::{Change, refuse};
use super::noun::{self, Secrets};
use super::{customer, validate};
use crate::access::sweep;
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// How long a token may be used, in business time. Ours: the published documents say nothing.
const LIFETIME: SignedDuration = SignedDuration::from_hours(2);

/// The type of the rows.
pub(crate) const KIND: &str = "customer_password_resets";

/// Where the row keeps its token.
pub(crate) const KEPT_TOKEN: &str = "reset_password_token";

/// Where the row keeps until when its token may be used; not an attribute.
const UNTIL: &str = "reset_password_until";

/// The trigger that carries the token.
const TOKEN: &str = "_reset_password_token";

/// Completes a request, or resets the password.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    secrets: &Secrets,
) -> Result<(), GatewayError> {
    change.body.remove("customer_password");
    if change.old.is_none() {
        return request(change, reader).await;
    }
    let sent = change
        .draft
        .triggers
        .get(TOKEN)
        .and_then(|token| token.as_str());
    let asked = sent.is_some() || change.draft.attributes.contains_key("customer_password");
    if !asked && !change.caller.is_integration() {
        let reason = "a request for a new password is changed with its token";
        return Err(GatewayError::Denied(reason.to_owned()));
    }
    if !asked {
        return Ok(());
    }
    let Some(hash) = secrets.password_hash.clone() else {
        return Err(GatewayError::violation(validate::blank(
            "customer_password",
        )));
    };
    let sent = sent.unwrap_or_default().to_owned();
    judge_token(change, &sent)?;
    let id = change.text("customer_id").unwrap_or_default().to_owned();
    let customer = reader.snapshot.record(&customer::key(&id)).await?;
    let customer = customer.ok_or_else(|| refuse(TOKEN, "invalid", "is not valid"))?;
    let guard = Guard::At(customer.version);
    let mut record = Record {
        updated_at: change.now_us,
        ..customer
    };
    record.body.insert("password_hash".to_owned(), hash.into());
    record.body.insert("has_password".to_owned(), true.into());
    change.set.puts.push(Put { record, guard });
    change.body.remove(KEPT_TOKEN);
    change.body.remove(UNTIL);
    let now = iso_timestamp(change.gateway.business_now(&change.caller.realm));
    change.set_field("reset_password_at", now);
    Ok(())
}

/// A new request: a token for the customer with this email.
async fn request(change: &mut Change<'_>, reader: &mut Reader<'_>) -> Result<(), GatewayError> {
    let text = change.text("customer_email").unwrap_or_default();
    let email = customer::email("customer_email", text)?;
    let known = reader
        .snapshot
        .claim(&customer::email_claim(&email))
        .await?;
    change.set_field("customer_email", email);
    let Some(id) = known else {
        if change.caller.is_integration() {
            return Err(refuse("customer_email", "invalid", "is no customer's"));
        }
        return Ok(());
    };
    let token = noun::page_token(change.gateway);
    let until = change.gateway.business_now(&change.caller.realm) + LIFETIME;
    change.set_field("customer_id", id);
    change.set_field(KEPT_TOKEN, token);
    change.set_field(UNTIL, iso_timestamp(until));
    sweep::see_to_it(change.gateway, reader.snapshot.as_mut(), &mut change.set).await
}

/// Until when the token of a request may be used.
pub(crate) fn until(request: &Record) -> Option<Timestamp> {
    request.text(UNTIL)?.parse().ok()
}

/// The request without its token, which has run out.
pub(crate) fn without_token(mut request: Record) -> Record {
    request.body.remove(KEPT_TOKEN);
    request.body.remove(UNTIL);
    request
}

/// Whether the token that was sent opens this row now.
fn judge_token(change: &Change<'_>, sent: &str) -> Result<(), GatewayError> {
    let kept = change.text(KEPT_TOKEN).unwrap_or_default();
    let equal: bool = kept.as_bytes().ct_eq(sent.as_bytes()).into();
    if kept.is_empty() || !equal {
        return Err(refuse(TOKEN, "invalid", "is not valid"));
    }
    let until = change
        .text(UNTIL)
        .and_then(|text| text.parse::<Timestamp>().ok());
    let now = change.gateway.business_now(&change.caller.realm);
    if until.is_none_or(|until| until <= now) {
        return Err(refuse(TOKEN, "expired", "has expired"));
    }
    Ok(())
}
