//! Placing: the conditions, the intent that is stored before Klarna is asked, and the answer folded in.
//!
//! Invariant: between [`begin`] and [`finish`] the order is `placing` and nobody else writes it; what [`begin`] took out
//! of shared counters stands in the order's reservations, and a refusal in [`finish`] empties them.

mod answer;
mod conditions;
mod lost;

use jiff::Timestamp;
use kassa_klarna_api::{AuthorizationToken, CustomerToken, MerchantUrls, PreparedRequest};

use crate::aggregate::OrderAggregate;
use crate::cart::{self, CartContext, NewId};
use crate::error::CommerceError;
use crate::external_payment::ExternalPayment;
use crate::klarna_payment::{self, PlaceContext};
use crate::payment_source::PaymentSource;
use crate::reservation;
use crate::states::{OrderStatus, OrderTrigger};
use crate::stock_reservation;
use crate::transaction::{LedgerMove, Movement};

pub use answer::{FinishContext, PlaceAnswer, Placed, finish};

/// What the caller brings to a placing: values that must not come out of this room.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlaceInput {
    /// Id of the operation that is about to be stored; also the idempotency key where Klarna honours one.
    pub operation_id: String,
    /// Number that the order gets unless it has one. Unique by a claim.
    pub order_number: String,
    /// Addresses that Klarna calls.
    pub urls: MerchantUrls,
    /// A wallet's token that pays instead of an approval.
    pub customer_token: Option<CustomerToken>,
}

/// A value that one order may hold only; the owner is the order's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What kind of value.
    pub kind: &'static str,
    /// The value.
    pub value: String,
}

/// Claim on an authorization token: one Klarna order per approval.
pub const CLAIM_AUTHORIZATION_TOKEN: &str = "authorization_token";
/// Claim on a session: one order of ours per Klarna session.
pub const CLAIM_KLARNA_SESSION: &str = "klarna_session";
/// Claim on an order number.
pub const CLAIM_ORDER_NUMBER: &str = "order_number";

/// Where a `_place` finds the order.
#[derive(Debug, Clone, PartialEq)]
pub enum Placing {
    /// It was placed before: answer it as it is.
    AlreadyPlaced(Box<OrderAggregate>),
    /// Somebody else is placing it: wait for that operation.
    InProgress {
        /// The operation.
        operation_id: Option<String>,
    },
    /// Store this, then ask.
    Begin(Box<PlaceIntent>),
}

/// What is stored, in one change set, before Klarna is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceIntent {
    /// The order, `placing`, with its number and its reservations.
    pub aggregate: OrderAggregate,
    /// The call to make; `None` when Klarna has not to be asked: finish at once, unless [`Self::external`] has to be.
    pub request: Option<PreparedRequest>,
    /// The call to make after the order was placed, when the session asked for a customer token.
    pub token_request: Option<PreparedRequest>,
    /// Entry to reserve; `None` when nothing is to be paid.
    pub ledger: Option<LedgerMove>,
    /// Values to claim for the order.
    pub claims: Vec<Claim>,
    /// An approval that will not be used: the order turned out to cost nothing.
    pub cancel_approval: Option<AuthorizationToken>,
}

impl PlaceIntent {
    /// The external payment that has to be authorized, if there is anything to pay with it.
    pub fn external(&self) -> Option<&ExternalPayment> {
        self.ledger.as_ref()?;
        let source = self.aggregate.payment_source.as_ref();
        source.and_then(PaymentSource::external)
    }
}

/// Decides whether the order can be placed, and how.
///
/// The cart is recomputed first. If that changes what is to be paid, or takes the source off, the order is refused: the
/// shopper approved something else.
///
/// # Errors
/// The first condition that does not hold, see [`CommerceError`]; wrong states are told on `status`.
pub fn begin(
    aggregate: OrderAggregate,
    input: PlaceInput,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Placing, CommerceError> {
    let status = aggregate.order.status;
    let placing = status.on(OrderTrigger::Place)?;
    if placing == status {
        return Ok(match status {
            OrderStatus::Placing => Placing::InProgress {
                operation_id: aggregate.order.place_operation_id,
            },
            _ => Placing::AlreadyPlaced(Box::new(aggregate)),
        });
    }
    let mut aggregate = recomputed(aggregate, context, &mut *new_id)?;
    // What the order holds already is there for itself.
    let catalogue = reservation::own_returned(&aggregate, context.catalogue).into_owned();
    let context = &CartContext {
        catalogue: &catalogue,
        ..*context
    };
    conditions::check(&aggregate, &input, context)?;
    aggregate.order.status = placing;
    aggregate.order.editable = false;
    aggregate
        .order
        .number
        .get_or_insert_with(|| input.order_number.clone());
    aggregate.order.place_operation_id = Some(input.operation_id.clone());
    cart::number_shipments(&mut aggregate);
    stock_reservation::place(&mut aggregate, context.catalogue, context.now, new_id);
    let number = aggregate.order.number.clone().unwrap_or_default();
    let mut intent = PlaceIntent {
        claims: vec![Claim {
            kind: CLAIM_ORDER_NUMBER,
            value: number.clone(),
        }],
        request: None,
        token_request: None,
        ledger: None,
        cancel_approval: None,
        aggregate,
    };
    let payable = intent.aggregate.order.payable();
    if payable.is_zero() {
        let source = intent
            .aggregate
            .payment_source
            .as_ref()
            .and_then(PaymentSource::klarna);
        intent.cancel_approval = source.and_then(|payment| payment.auth_token.clone());
        return Ok(Placing::Begin(Box::new(intent)));
    }
    intent.ledger = Some(LedgerMove {
        movement: Movement::Authorized,
        amount: payable,
        currency: intent.aggregate.currency()?,
    });
    ask_klarna(&mut intent, input, number, context)?;
    Ok(Placing::Begin(Box::new(intent)))
}

/// The order as it is worth today. A difference to what the shopper saw refuses the placing.
fn recomputed(
    aggregate: OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<OrderAggregate, CommerceError> {
    if !aggregate.order.autorefresh {
        return Ok(aggregate);
    }
    let before = aggregate.clone();
    let (seen, status) = (before.order.payable(), before.order.status);
    let refreshed = cart::refresh(aggregate, context, new_id)?;
    let now = refreshed.aggregate.order.payable();
    if refreshed.aggregate.order.status != status {
        let from = refreshed.aggregate.order.status;
        return Err(CommerceError::OrderTransition {
            from,
            to: OrderStatus::Placing,
        });
    }
    if now != seen || refreshed.dropped_source.is_some() {
        // Goods that are gone take their shipment and its cost with them; that they are gone says more.
        let own = reservation::own_returned(&refreshed.aggregate, context.catalogue);
        cart::ensure_in_stock(&refreshed.aggregate, &own)?;
        if let Some(lost) = lost::lost(&before, &refreshed.aggregate, context) {
            return Err(lost);
        }
        return Err(CommerceError::MismatchedAmounts {
            order: now,
            session: seen,
        });
    }
    Ok(refreshed.aggregate)
}

/// The calls that turn an approval, or a wallet's token, into an order at Klarna.
fn ask_klarna(
    intent: &mut PlaceIntent,
    input: PlaceInput,
    order_number: String,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let Some(PaymentSource::Klarna(payment)) = &intent.aggregate.payment_source else {
        return Ok(());
    };
    let place = PlaceContext {
        order_number,
        urls: input.urls,
    };
    if let Some(session) = &payment.session_id {
        intent.claims.push(Claim {
            kind: CLAIM_KLARNA_SESSION,
            value: session.clone(),
        });
    }
    if let Some(token) = &payment.auth_token {
        let value = token.expose_secret().to_owned();
        intent.claims.push(Claim {
            kind: CLAIM_AUTHORIZATION_TOKEN,
            value,
        });
        let body = klarna_payment::order_request(&intent.aggregate, context.parties, place)?;
        intent.request = Some(PreparedRequest::place_order(token, &body));
        if payment.tokenizes() {
            let description = format!(
                "Subscription {}",
                body.merchant_reference1.as_deref().unwrap_or_default()
            );
            let body = klarna_payment::customer_token_request(
                &intent.aggregate,
                context.parties,
                &description,
            )?;
            intent.token_request = Some(PreparedRequest::create_customer_token(token, &body));
        }
    } else if let Some(token) = &input.customer_token {
        let body = klarna_payment::token_order_request(
            &intent.aggregate,
            context.parties,
            place,
            &input.operation_id,
        )?;
        intent.request = Some(PreparedRequest::place_token_order(
            token,
            &body,
            &input.operation_id,
        ));
    }
    Ok(())
}

/// `expires_at` of an authorization unless Klarna says otherwise: midnight UTC of the 28th day.
pub(crate) fn default_authorization_end(placed_at: Timestamp) -> Option<Timestamp> {
    const DAY: i64 = 24 * 60 * 60;
    let days = placed_at.as_second().div_euclid(DAY) + 28;
    Timestamp::from_second(days * DAY).ok()
}
