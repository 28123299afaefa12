//! Gift cards as rows: a code, a balance that is a counter, and a state that triggers and orders move on.
//!
//! Invariant: nothing but a counter's bounds decides whether a balance may change, so paying never waits for the row;
//! the row keeps what people did by hand.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::body::iso_timestamp;
use kassa_commerce::catalogue::{GiftCardStatus, GiftCardTrigger};
use kassa_commerce::reservation::gift_card_counter;
use kassa_commerce::states::OrderStatus;
use kassa_storage::{ChangeSet, CounterChange, Guard, Put, Record};
use serde_json::{Value, json};

use super::configuration::{Change, refuse};
use super::payment_method::inherit_currency;
use super::{code, noun, promotion};
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Triggers of gift cards, in the order in which several of one request run.
const TRIGGERS: &[(&str, GiftCardTrigger)] = &[
    ("_purchase", GiftCardTrigger::Purchase),
    ("_activate", GiftCardTrigger::Activate),
    ("_deactivate", GiftCardTrigger::Deactivate),
];

/// The trigger that adds to the balance, or takes from it.
const BALANCE_CHANGE: &str = "_balance_change_cents";

/// Completes and judges a gift card.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    promotion::recipient(change)?;
    code::judge_length(change, reader, "gift_cards").await?;
    inherit_currency(change, reader).await?;
    if change.old.is_none() {
        if change.text("code").is_none() {
            let code = noun::page_token(change.gateway);
            change.set_field("code", code);
        }
        change.set_field("status", GiftCardStatus::Draft.word());
        change.set_field("balance_log", json!([]));
    }
    triggers(change)?;
    let counter = gift_card_counter(&change.key.id);
    let held = reader.snapshot.counter(&counter).await?;
    balance(change, counter, held)
}

/// Moves the card on. Whoever could do that at the till would make money of nothing, so it is for integrations.
fn triggers(change: &mut Change<'_>) -> Result<(), GatewayError> {
    let asked = change.draft.triggers.contains_key(BALANCE_CHANGE);
    let asked = asked || TRIGGERS.iter().any(|(name, _)| change.triggered(name));
    if asked && !change.caller.is_integration() {
        let message = "gift cards are moved on by integrations only".to_owned();
        return Err(GatewayError::Denied(message));
    }
    for (name, trigger) in TRIGGERS {
        if !change.triggered(name) {
            continue;
        }
        let status = status_of(change.text("status"));
        let Some(next) = status.on(*trigger) else {
            let message = format!("cannot follow {}", status.word());
            return Err(refuse(name, "invalid_transition", &message));
        };
        change.set_field("status", next.word());
    }
    Ok(())
}

fn status_of(word: Option<&str>) -> GiftCardStatus {
    let word = word.unwrap_or_default();
    serde_json::from_value(word.into()).unwrap_or_default()
}

/// Sets the balance, or adds to it. The difference goes to the counter, so that what is paid at the same moment is not
/// lost; what a card that was bought gains or loses by hand is noted.
fn balance(change: &mut Change<'_>, counter: String, held: i64) -> Result<(), GatewayError> {
    let set = change.body.remove("balance_cents");
    let set = set.as_ref().and_then(Value::as_i64);
    let added = change.draft.triggers.get(BALANCE_CHANGE);
    let added = added.and_then(Value::as_i64).unwrap_or(0);
    let most = change.body.get("balance_max_cents").and_then(Value::as_i64);
    let wanted = set.unwrap_or(held).saturating_add(added);
    let name = if added == 0 {
        "balance_cents"
    } else {
        BALANCE_CHANGE
    };
    if wanted < 0 {
        let message = "must leave nothing below 0";
        return Err(refuse(name, "greater_than_or_equal_to", message));
    }
    if most.is_some_and(|most| wanted > most) {
        let message = "must be less than or equal to balance_max_cents";
        return Err(refuse(name, "less_than_or_equal_to", message));
    }
    let draft = change.text("status") == Some(GiftCardStatus::Draft.word());
    let rechargeable = change.body.get("rechargeable") != Some(&Value::Bool(false));
    let delta = wanted.saturating_sub(held);
    if delta > 0 && !draft && !rechargeable {
        return Err(refuse(name, "invalid", "the card cannot be recharged"));
    }
    if draft {
        change.set_field("initial_balance_cents", wanted);
    }
    if delta == 0 {
        return Ok(());
    }
    if !draft {
        let now = change.gateway.business_now(&change.caller.realm);
        let entry = json!({"datetime": iso_timestamp(now), "balance_change_cents": delta});
        match change.body.get_mut("balance_log") {
            Some(Value::Array(log)) => log.push(entry),
            _ => change.set_field("balance_log", json!([entry])),
        }
    }
    change.set.counters.push(CounterChange {
        name: counter,
        delta,
        min: 0,
        max: most.unwrap_or(i64::MAX),
    });
    Ok(())
}

/// Where an order that moves takes the gift cards it buys: sold while it is placed, usable once it is approved, for
/// sale again when the placing fails, of no use when it ends.
fn step(before: OrderStatus, after: OrderStatus) -> Option<(GiftCardStatus, GiftCardStatus)> {
    use GiftCardStatus::{Active, Draft, Inactive};
    match (before, after) {
        (before, after) if before == after => None,
        (OrderStatus::Pending, OrderStatus::Placing) | (_, OrderStatus::Placed) => {
            Some((Draft, Inactive))
        }
        (OrderStatus::Placing, OrderStatus::Pending) => Some((Inactive, Draft)),
        (_, OrderStatus::Approved) => Some((Inactive, Active)),
        (_, OrderStatus::Cancelled) => Some((Active, Inactive)),
        _ => None,
    }
}

/// Moves the cards that an order buys on with it, in the change set that writes the order.
pub(crate) fn follow(
    cards: &[Record],
    before: &OrderAggregate,
    after: &OrderAggregate,
    now_us: i64,
    set: &mut ChangeSet,
) {
    let Some((from, to)) = step(before.order.status, after.order.status) else {
        return;
    };
    for card in cards {
        if status_of(card.text("status")) != from {
            continue;
        }
        let mut record = card.clone();
        record.body.insert("status".to_owned(), to.word().into());
        record.updated_at = now_us;
        set.puts.push(Put {
            guard: Guard::At(card.version),
            record,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_follow_the_order_that_buys_them() {
        use GiftCardStatus::{Active, Draft, Inactive};
        use OrderStatus::{Approved, Cancelled, Editing, Pending, Placed, Placing};
        let table = [
            (Pending, Placing, Some((Draft, Inactive))),
            (Placing, Pending, Some((Inactive, Draft))),
            (Placing, Placed, Some((Draft, Inactive))),
            (Pending, Placed, Some((Draft, Inactive))),
            (Placed, Approved, Some((Inactive, Active))),
            (Approved, Cancelled, Some((Active, Inactive))),
            (Placed, Placed, None),
            (Placed, Editing, None),
            (Editing, Placing, None),
            (Placing, Editing, None),
        ];
        for (before, after, expected) in table {
            assert_eq!(step(before, after), expected, "{before:?} to {after:?}");
        }
    }
}
