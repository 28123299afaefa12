//! Coupon and gift card codes that a request puts on an order, or takes off it.
//!
//! Invariant: a code that leads nowhere now is refused, unless the organization wants such codes to be taken in
//! silence; a gift card wins over a coupon of the same code.

use kassa_commerce::Patch;
use kassa_commerce::order::change::OrderChange;
use kassa_storage::Snapshot;
use serde_json::Value;

use super::configuration::refuse;
use super::offers::Codes;
use super::order::LoadedOrder;
use crate::error::GatewayError;
use crate::shop::graph::Draft;

const EITHER: &str = "gift_card_or_coupon_code";

/// Works the codes of `draft` into `change`, and reads into `loaded` what they lead to.
///
/// # Errors
/// 422 on the attribute whose code cannot be used.
pub(crate) async fn read(
    snapshot: &mut dyn Snapshot,
    loaded: &mut LoadedOrder,
    draft: &Draft,
    change: &mut OrderChange,
) -> Result<(), GatewayError> {
    let order = &loaded.aggregate.order;
    let customer_id = match &change.customer {
        Patch::Keep => order.customer_id.as_ref().map(|id| id.as_str().to_owned()),
        Patch::Clear => None,
        Patch::Set(customer) => Some(customer.id.as_str().to_owned()),
    };
    let mut codes = Codes {
        coupon: sent(draft, "coupon_code").unwrap_or_else(|| order.coupon_code.clone()),
        gift_card: sent(draft, "gift_card_code").unwrap_or_else(|| order.gift_card_code.clone()),
        customer_id,
    };
    let either = sent(draft, EITHER);
    match &either {
        None => {}
        Some(None) => (codes.coupon, codes.gift_card) = (None, None),
        Some(code) => {
            let as_card = Codes {
                gift_card: code.clone(),
                ..Codes::default()
            };
            loaded.look_up(snapshot, &as_card).await?;
            if card_pays(loaded) {
                codes.gift_card.clone_from(code);
            } else {
                codes.coupon.clone_from(code);
            }
        }
    }
    let named = ["coupon_code", "gift_card_code", EITHER];
    let untouched = !named
        .iter()
        .any(|name| draft.attributes.contains_key(*name));
    if untouched && change.customer.is_keep() {
        return Ok(());
    }
    loaded.look_up(snapshot, &codes).await?;
    judge(loaded, draft, change, &codes)?;
    if !untouched {
        let value = |code: Option<String>| code.map_or(Value::Null, Value::String);
        let attributes = &mut change.attributes;
        attributes.insert("coupon_code".to_owned(), value(codes.coupon));
        attributes.insert("gift_card_code".to_owned(), value(codes.gift_card));
    }
    Ok(())
}

/// Refuses the codes of this request that lead nowhere. Codes from before stay: they may hold again later.
fn judge(
    loaded: &LoadedOrder,
    draft: &Draft,
    change: &OrderChange,
    codes: &Codes,
) -> Result<(), GatewayError> {
    let settings = &loaded.catalogue.organization;
    let email = match &change.customer {
        Patch::Set(customer) => Some(customer.email.as_str()),
        Patch::Clear => None,
        Patch::Keep => loaded.aggregate.order.customer_email.as_deref(),
    };
    let coupon = loaded.catalogue.coupon_unlocks(loaded.now, email);
    let card = card_pays(loaded);
    let either = sent(draft, EITHER).flatten();
    let wrong = |name: &str, strict: bool, holds: bool| {
        let asked = sent(draft, name).flatten().is_some();
        (asked && strict && !holds).then(|| refuse(name, "invalid", "is not a valid code"))
    };
    let coupon_errors = settings.orders_invalid_coupon_errors;
    let card_errors = settings.orders_invalid_gift_card_errors;
    let as_card = either.is_some() && codes.gift_card == either && card;
    let refused = wrong(EITHER, coupon_errors, as_card || coupon)
        .or_else(|| wrong("coupon_code", coupon_errors, coupon))
        .or_else(|| wrong("gift_card_code", card_errors, card));
    refused.map_or(Ok(()), Err)
}

/// Whether the gift card that was looked up can pay anything now.
fn card_pays(loaded: &LoadedOrder) -> bool {
    let catalogue = &loaded.catalogue;
    let Some(card) = &catalogue.gift_card else {
        return false;
    };
    let spendable = |currency| card.spendable(loaded.now, currency, &catalogue.market.id);
    catalogue
        .currency()
        .is_ok_and(|currency| spendable(currency).is_positive())
}

/// A code as sent: `None` when the attribute is absent, `Some(None)` when it takes the code off.
fn sent(draft: &Draft, name: &str) -> Option<Option<String>> {
    let value = draft.attributes.get(name)?;
    let code = value.as_str().unwrap_or_default().trim();
    Some((!code.is_empty()).then(|| code.to_owned()))
}
