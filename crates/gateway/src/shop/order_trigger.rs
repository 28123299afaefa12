//! Triggers of orders: what each stands for, and in which order several of one request run.
//!
//! Invariant: every trigger is either carried out or refused; none is dropped in silence.

use kassa_commerce::cart::CartContext;
use kassa_commerce::place::{self, PlaceInput, Placing};
use kassa_commerce::states::{FulfillmentEvent, FulfillmentStatus, PaymentStatus, ShipmentStatus};
use serde_json::Value;

use super::address_book::{self, Which};
use super::configuration::{refuse, triggered};
use super::resources::order::DESCRIPTOR;
use super::{order_write, wallet};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::payments;
use crate::renewals;
use crate::shop::graph::Draft;
use crate::shop::read::Reader;

/// Triggers that belong to the plain change of the cart.
const CART: &[&str] = &[
    "_archive",
    "_unarchive",
    "_pending",
    "_update_taxes",
    "_nullify_payment_source",
    "_fix_payment_source",
    "_billing_address_clone_id",
    "_shipping_address_clone_id",
    "_shipping_address_same_as_billing",
    "_billing_address_same_as_shipping",
    "_refresh",
    "_refresh_prices",
];

/// Triggers that a sales channel may send when the order is no longer open: they repeat what happened, or save
/// something for later. Source: commerce-api, section e, rows 22b to 24.
pub(crate) const LATE: &[&str] = &[
    "_place",
    "_authorize",
    "_authorization_amount_cents",
    "_validate",
    "_save_payment_source_to_customer_wallet",
    "_save_shipping_address_to_customer_address_book",
    "_save_billing_address_to_customer_address_book",
    "_create_subscriptions",
];

/// A step after the plain change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    ReuseWallet,
    Validate,
    Place,
    Authorize,
    StartEditing,
    StopEditing,
    Approve,
    ApproveAndCapture,
    Capture,
    Fulfill,
    Refund,
    Cancel,
    SaveBilling,
    SaveShipping,
    SaveSource,
    Subscribe,
}

/// Steps by trigger, in the order in which several of one request run.
const STEPS: &[(&str, Step)] = &[
    ("_customer_payment_source_id", Step::ReuseWallet),
    ("_validate", Step::Validate),
    ("_place", Step::Place),
    ("_authorize", Step::Authorize),
    ("_start_editing", Step::StartEditing),
    ("_stop_editing", Step::StopEditing),
    ("_approve", Step::Approve),
    ("_approve_and_capture", Step::ApproveAndCapture),
    ("_capture", Step::Capture),
    ("_fulfill", Step::Fulfill),
    ("_refund", Step::Refund),
    ("_cancel", Step::Cancel),
    (
        "_save_billing_address_to_customer_address_book",
        Step::SaveBilling,
    ),
    (
        "_save_shipping_address_to_customer_address_book",
        Step::SaveShipping,
    ),
    ("_save_payment_source_to_customer_wallet", Step::SaveSource),
    ("_create_subscriptions", Step::Subscribe),
];

/// The steps that a draft asks for.
#[derive(Debug, Clone)]
pub(crate) struct Plan(Vec<Step>);

impl Plan {
    /// Whether a trigger changes the cart.
    pub(crate) fn changes_cart(&self, draft: &Draft) -> bool {
        draft
            .triggers
            .keys()
            .any(|name| CART.contains(&name.as_str()) && sent(draft, name))
    }
}

/// Whether a trigger was sent with a value that means something.
fn sent(draft: &Draft, name: &str) -> bool {
    triggered(draft, name)
        || draft
            .triggers
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|text| !text.is_empty())
}

/// Works out the steps.
///
/// # Errors
/// 422 naming a trigger that is not served.
pub(crate) fn plan(draft: &Draft) -> Result<Plan, GatewayError> {
    let known = |name: &str| {
        CART.contains(&name)
            || STEPS.iter().any(|(step, _)| *step == name)
            // Rides with `_authorize`; `_reset_circuit` has no circuit to reset.
            || matches!(name, "_authorization_amount_cents" | "_reset_circuit")
    };
    if let Some(name) = draft
        .triggers
        .keys()
        .find(|name| !known(name) && sent(draft, name))
    {
        return Err(refuse(name, "invalid", "is not served"));
    }
    let asked = STEPS.iter().filter(|(name, _)| sent(draft, name));
    Ok(Plan(asked.map(|(_, step)| *step).collect()))
}

/// Whether a draft wants to shape the cart.
pub(crate) fn shapes_cart(draft: &Draft) -> bool {
    !draft.relationships.is_empty()
        || draft
            .triggers
            .keys()
            .any(|name| CART.contains(&name.as_str()))
        || draft
            .attributes
            .keys()
            .any(|name| !matches!(name.as_str(), "metadata" | "reference" | "reference_origin"))
}

/// Runs the steps one after the other.
pub(crate) async fn run(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
    plan: &Plan,
) -> Result<(), GatewayError> {
    use payments::{capture, order_edit, refund, transaction, void};
    for step in &plan.0 {
        match step {
            Step::ReuseWallet => {
                let wallet_id = draft.triggers.get("_customer_payment_source_id");
                let wallet_id = wallet_id.and_then(Value::as_str).unwrap_or_default();
                wallet::reuse(gateway, caller, id, wallet_id).await?;
            }
            Step::Validate => validate(gateway, caller, id).await?,
            Step::Place => Box::pin(payments::place::place(gateway, caller, id)).await?,
            Step::Authorize => Box::pin(transaction::authorize_order(gateway, caller, id)).await?,
            Step::StartEditing => Box::pin(order_edit::start_editing(gateway, caller, id)).await?,
            Step::StopEditing => Box::pin(order_edit::stop_editing(gateway, caller, id)).await?,
            Step::Approve => Box::pin(transaction::approve_order(gateway, caller, id)).await?,
            Step::ApproveAndCapture => {
                Box::pin(capture::approve_and_capture_order(gateway, caller, id)).await?;
            }
            Step::Capture => Box::pin(capture::capture_order(gateway, caller, id)).await?,
            Step::Fulfill => fulfill(gateway, caller, id).await?,
            Step::Refund => Box::pin(refund::refund_order(gateway, caller, id)).await?,
            Step::Cancel => Box::pin(void::cancel_order(gateway, caller, id)).await?,
            Step::SaveBilling => address_book::save(gateway, caller, id, Which::Billing).await?,
            Step::SaveShipping => address_book::save(gateway, caller, id, Which::Shipping).await?,
            Step::SaveSource => wallet::save(gateway, caller, id).await?,
            Step::Subscribe => Box::pin(renewals::ask(gateway, &caller.realm, id)).await?,
        }
    }
    Ok(())
}

/// `_validate`: every condition of placing is looked at, nothing is written.
async fn validate(gateway: &Gateway, caller: &Caller, id: &str) -> Result<(), GatewayError> {
    let mut reader = Reader::open(gateway, caller).await?;
    reader.row(&DESCRIPTOR, id).await?;
    let loaded = reader.loaded(id, &[]).await?;
    let context = CartContext {
        parties: &loaded.parties,
        catalogue: &loaded.catalogue,
        now: loaded.now,
    };
    let mut new_id = || gateway.new_id();
    let input = PlaceInput::default();
    let _: Placing = place::begin(loaded.aggregate.clone(), input, &context, &mut new_id)?;
    Ok(())
}

/// `_fulfill`: an approved and paid order whose shipments are all on their way or given up is fulfilled.
async fn fulfill(gateway: &Gateway, caller: &Caller, id: &str) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        reader.row(&DESCRIPTOR, id).await?;
        let loaded = reader.loaded(id, &[]).await?;
        drop(reader);
        let mut after = loaded.aggregate.clone();
        if after.order.fulfillment_status == FulfillmentStatus::Fulfilled {
            return Ok(());
        }
        let paid = matches!(
            after.order.payment_status,
            PaymentStatus::Paid | PaymentStatus::Free
        );
        let gone = after.shipments.iter().all(|shipment| {
            matches!(
                shipment.status,
                ShipmentStatus::Shipped | ShipmentStatus::Delivered | ShipmentStatus::Cancelled
            )
        });
        if !paid || !gone {
            return Err(GatewayError::violation(Violation::attribute(
                "fulfillment_status",
                "invalid_transition",
                "needs a paid order whose shipments are shipped, delivered or cancelled",
            )));
        }
        after.order.fulfil(FulfillmentEvent::Fulfill, loaded.now);
        let set = gateway.change_set(&caller.realm);
        match order_write::commit(gateway, &loaded, &after, set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::resources::order;

    fn draft(triggers: &[(&str, Value)]) -> Draft {
        Draft {
            triggers: triggers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            ..Draft::default()
        }
    }

    #[test]
    fn steps_run_in_their_own_order() {
        let draft = draft(&[
            ("_capture", 1.into()),
            ("_approve", true.into()),
            ("_cancel", false.into()),
        ]);
        assert_eq!(plan(&draft).unwrap().0, [Step::Approve, Step::Capture]);
    }

    #[test]
    fn every_published_trigger_is_known_or_refused_by_name() {
        for trigger in order::DESCRIPTOR.triggers {
            let draft = draft(&[(trigger.name, true.into())]);
            match plan(&draft) {
                Ok(_) => {}
                Err(GatewayError::Invalid(violations)) => {
                    assert_eq!(violations[0].error, "invalid")
                }
                Err(other) => panic!("{other}"),
            }
        }
        let unserved = draft(&[("_commit_invoice", true.into())]);
        assert!(plan(&unserved).is_err());
    }
}
