//! What a change of the cart means for the payment source.
//!
//! A Klarna session stands for exact lines, so a source that no longer fits is taken off the order and its approval
//! given back. Shops that refresh by themselves (`autorefresh: false`) keep it, marked, until they send `_update`.

use kassa_klarna_api::AuthorizationToken;

use crate::aggregate::OrderAggregate;
use crate::cart::CartContext;
use crate::catalogue::Catalogue;
use crate::klarna_payment::{KlarnaPayment, addresses_digest, basket};
use crate::payment_source::PaymentSource;
use crate::states::OrderStatus;

/// The source taken off, and the approval to give back.
pub(crate) type Dropped = (Option<PaymentSource>, Option<AuthorizationToken>);

/// Drops, marks or keeps the source after a refresh. The source of an order that was placed once always stays.
pub(super) fn reconcile(aggregate: &mut OrderAggregate, context: &CartContext<'_>) -> Dropped {
    if aggregate.order.status == OrderStatus::Editing {
        return (None, None);
    }
    let dropped = drop_if_method_changed(aggregate, context.catalogue);
    let Some(PaymentSource::Klarna(payment)) = &aggregate.payment_source else {
        return dropped;
    };
    let addresses = addresses_digest(context.parties);
    let approval_fits =
        payment.auth_token.is_none() || payment.approved_addresses.as_deref() == Some(&*addresses);
    let fits = approval_fits && session_fits(aggregate, payment);
    if !fits && aggregate.order.autorefresh {
        return drop_source(aggregate);
    }
    if let Some(PaymentSource::Klarna(payment)) = &mut aggregate.payment_source {
        payment.mismatched_amounts = !fits;
    }
    dropped
}

/// Marks a source whose session stands for other lines, when nothing else follows from a change: without a refresh
/// it stays on the order, and whoever reads it must see that placing would be refused.
pub(super) fn mark_if_outgrown(aggregate: &mut OrderAggregate) {
    if aggregate.order.status == OrderStatus::Editing {
        return;
    }
    let Some(PaymentSource::Klarna(payment)) = &aggregate.payment_source else {
        return;
    };
    let outgrown = payment.session_basis.is_some() && !session_fits(aggregate, payment);
    if let Some(PaymentSource::Klarna(payment)) = &mut aggregate.payment_source {
        payment.mismatched_amounts |= outgrown;
    }
}

/// Drops a source whose kind or gateway is not the one of the order's payment method any more. The source of an order
/// that was placed once always stays: its money is behind it.
pub(super) fn drop_if_method_changed(
    aggregate: &mut OrderAggregate,
    catalogue: &Catalogue,
) -> Dropped {
    if aggregate.order.status == OrderStatus::Editing {
        return (None, None);
    }
    let Some(source) = &aggregate.payment_source else {
        return (None, None);
    };
    let method = aggregate
        .order
        .payment_method_id
        .as_ref()
        .and_then(|id| catalogue.payment_method(id));
    let fits = method.is_some_and(|method| {
        let same_gateway = source.is_of_gateway(method.payment_gateway_id.as_deref());
        method.payment_source_type == source.resource_type() && same_gateway
    });
    if fits {
        (None, None)
    } else {
        drop_source(aggregate)
    }
}

/// Takes the source off and hands out the approval it carried.
pub(crate) fn drop_source(aggregate: &mut OrderAggregate) -> Dropped {
    let source = aggregate.drop_payment_source();
    let approval = source
        .as_ref()
        .and_then(PaymentSource::klarna)
        .and_then(|payment| payment.auth_token.clone());
    (source, approval)
}

/// Whether Klarna would see the same order as when the session was made. An order that Klarna would refuse does not fit.
pub(crate) fn session_fits(aggregate: &OrderAggregate, payment: &KlarnaPayment) -> bool {
    basket(aggregate).is_ok_and(|now| payment.session_basis.as_deref() == Some(&*now.digest()))
}

/// Binds the source of a placed order to its lines after an edit that Klarna took over.
pub(crate) fn keep_source_bound(aggregate: &mut OrderAggregate) {
    let Ok(now) = basket(aggregate) else { return };
    if let Some(PaymentSource::Klarna(payment)) = &mut aggregate.payment_source {
        payment.session_basis = Some(now.digest());
        payment.session_amount_cents = Some(now.order_amount);
        payment.mismatched_amounts = false;
    }
}
