//! What is certain about an operation after asking Klarna: each call has its own way to find out.
//!
//! Invariant: "it did not happen" is said only when a refusal, or Klarna's own books, prove it. Placing is resent
//! with the identical body, because nothing at Klarna looks an order up by reference; calls with a key are resent
//! with it for as long as Klarna remembers keys, and looked up by `reference` (the operation's id) after that.

use jiff::SignedDuration;
use kassa_commerce::transaction::{Outcome, Refusal};
use kassa_klarna_api::{
    CreateOrderResponse, CustomerTokenCreated, KlarnaError, KlarnaReply, Operation as Call, Order,
    OrderStatus, PreparedRequest, limits, reply,
};
use kassa_klarna_client::http_klarna::EARLIER_ATTEMPT_UNKNOWN;
use kassa_storage::Operation;

use super::callout::Heard;
use super::exchange::Exchange;
use super::fault::Fault;
use super::operation::{self, Context, Intent};
use crate::error::GatewayError;

/// Keys are trusted for an hour less than Klarna promises.
const KEY_MARGIN_SECONDS: i64 = 3600;

/// What became of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It happened.
    Happened(Answer),
    /// It did not happen.
    DidNot(Fault),
    /// No machine can tell.
    NeedsPerson(Fault),
    /// Not known yet.
    Unknown(Fault),
}

impl Verdict {
    /// What the rules make of it; an error of ours when it is not certain.
    pub(crate) fn outcome(&self) -> Result<Outcome, GatewayError> {
        match self {
            Self::Happened(Answer::Created(id)) => Ok(Outcome::Done {
                gateway_transaction_id: Some(id.clone()),
                message: None,
            }),
            Self::Happened(Answer::External(heard)) => Ok(Outcome::Done {
                gateway_transaction_id: heard.transaction_token.clone(),
                message: heard.error.as_ref().and_then(|said| said.message.clone()),
            }),
            Self::Happened(_) => Ok(Outcome::done()),
            Self::DidNot(fault) => Ok(Outcome::Refused(fault.refusal().unwrap_or_else(|| {
                Refusal {
                    code: "NOT_DONE".to_owned(),
                    message: fault.to_string(),
                    detail: fault.correlation_id().map(str::to_owned),
                }
            }))),
            Self::NeedsPerson(error) | Self::Unknown(error) => {
                Err(GatewayError::Internal(format!("not certain: {error}")))
            }
        }
    }
}

/// What was told about a success.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// An order.
    Placed(CreateOrderResponse),
    /// The id of a capture or refund.
    Created(String),
    /// A customer token.
    Token(Box<CustomerTokenCreated>),
    /// The yes of an external gateway.
    External(Box<Heard>),
    /// Nothing but yes.
    Accepted,
}

/// What has to be known about earlier attempts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    /// It was never sent before.
    pub fresh: bool,
    /// The Klarna gateway was changed since the intent: an earlier attempt may have gone to another merchant's books.
    pub other_door: bool,
    /// Time since the intent.
    pub age: SignedDuration,
}

/// Sends the operation's request, or looks up what became of it.
pub(crate) async fn ask(
    exchange: &mut Exchange<'_>,
    operation: &Operation,
    asking: Asking,
) -> Result<Verdict, GatewayError> {
    let request = operation::request_of(operation)?;
    let context = operation::context_of(operation)?;
    let Asking { fresh, age, .. } = asking;
    Ok(match &context.intent {
        Intent::Place(_) => place(exchange, &request, asking).await,
        Intent::CustomerToken { .. } => customer_token(exchange, &request, fresh).await,
        Intent::CancelApproval => cancel_approval(exchange, &request).await,
        _ => managed(exchange, operation, &request, &context, fresh, age).await,
    })
}

async fn place(exchange: &mut Exchange<'_>, request: &PreparedRequest, asking: Asking) -> Verdict {
    if request.operation == Call::PlaceTokenOrder && asking.age > key_life() {
        let reason = "klarna no longer remembers the key and looks no order up by reference";
        return Verdict::NeedsPerson(unknown(reason).into());
    }
    let sent = exchange.send(request).await;
    let fresh = asking.fresh && !repeated(&sent);
    let decoded = sent.and_then(|answer| match request.operation {
        Call::PlaceTokenOrder => reply::decode_token_order(&answer),
        _ => reply::decode_placed_order(&answer),
    });
    let error = match decoded {
        Ok(placed) => return Verdict::Happened(Answer::Placed(placed)),
        Err(error) => error,
    };
    if fresh {
        return first_answer(error);
    }
    if request.operation == Call::PlaceTokenOrder && is_judged(&error) && !asking.other_door {
        // Klarna still remembers the key: had an earlier attempt succeeded, its success would have been repeated.
        return Verdict::DidNot(error.into());
    }
    match meaning_of_late_refusal(&error, asking) {
        Late::Never => Verdict::DidNot(error.into()),
        Late::Perhaps => Verdict::Unknown(error.into()),
        // Klarna's push may name the order yet.
        Late::Used => Verdict::NeedsPerson(error.into()),
    }
}

/// Whether the refusal is about the call itself, not about who asks or how often.
pub(crate) fn is_judged(error: &KlarnaError) -> bool {
    matches!(error, KlarnaError::Refused { status, .. } if !matches!(status, 401 | 429))
}

/// What a refusal says about an earlier attempt with the same token and body.
enum Late {
    /// That attempt had no effect either: a token keeps giving its error.
    Never,
    /// Nothing: the refusal is about this attempt alone.
    Perhaps,
    /// The token was used, by that attempt or by somebody else.
    Used,
}

fn meaning_of_late_refusal(error: &KlarnaError, asking: Asking) -> Late {
    let KlarnaError::Refused {
        status,
        code,
        messages,
        ..
    } = error
    else {
        return Late::Perhaps;
    };
    let consumed = messages.iter().any(|message| {
        message.contains("already completed") || message.contains("already consumed")
    });
    let token_life = SignedDuration::from_secs(limits::AUTHORIZATION_TOKEN_SECONDS - 300);
    match (*status, code.as_str()) {
        _ if consumed => Late::Used,
        (404, "SESSION_COMPLETED") => Late::Used,
        (400 | 409 | 422, _) | (403, "REJECTED") => Late::Never,
        // An invalid token within its life was never valid; after it, or at another merchant's door, nothing follows.
        (404, _) if asking.age < token_life && !asking.other_door => Late::Never,
        (404, _) => Late::Used,
        _ => Late::Perhaps,
    }
}

async fn customer_token(
    exchange: &mut Exchange<'_>,
    request: &PreparedRequest,
    fresh: bool,
) -> Verdict {
    let sent = exchange.send(request).await;
    let fresh = fresh && !repeated(&sent);
    match sent.and_then(|answer| reply::decode_customer_token_created(&answer)) {
        Ok(token) => Verdict::Happened(Answer::Token(Box::new(token))),
        Err(error) if fresh => first_answer(error),
        // One approval gives one customer token, so "consumed" means that it was made and its answer lost.
        Err(error) if is_judged(&error) => Verdict::DidNot(error.into()),
        Err(error) => Verdict::Unknown(error.into()),
    }
}

async fn cancel_approval(exchange: &mut Exchange<'_>, request: &PreparedRequest) -> Verdict {
    let sent = exchange.send(request).await;
    match sent.and_then(|answer| reply::decode_accepted(request.operation, &answer)) {
        Ok(()) => Verdict::Happened(Answer::Accepted),
        // Gone already: expired, replaced, or cancelled by an attempt whose answer was lost.
        Err(KlarnaError::Refused { status: 404, .. }) => Verdict::Happened(Answer::Accepted),
        Err(KlarnaError::Refused {
            status: 401 | 429, ..
        })
        | Err(KlarnaError::NotSent { .. }) => {
            Verdict::Unknown(unknown("klarna could not be asked").into())
        }
        Err(error @ KlarnaError::Refused { .. }) => Verdict::DidNot(error.into()),
        Err(error) => Verdict::Unknown(error.into()),
    }
}

/// Calls of Order Management, which remembers keys and shows captures and refunds with their reference.
async fn managed(
    exchange: &mut Exchange<'_>,
    operation: &Operation,
    request: &PreparedRequest,
    context: &Context,
    fresh: bool,
    age: SignedDuration,
) -> Verdict {
    if age > key_life() {
        let error = unknown("klarna's books show no trace of it");
        return by_reading(exchange, operation, context, error).await;
    }
    let sent = exchange.send(request).await;
    let fresh = fresh && !repeated(&sent);
    let decoded = sent.and_then(|answer| match request.operation {
        Call::Capture => reply::decode_capture_created(&answer).map(Answer::Created),
        Call::Refund => reply::decode_refund_created(&answer).map(Answer::Created),
        other => reply::decode_accepted(other, &answer).map(|()| Answer::Accepted),
    });
    // What is to be given up may be gone already, by the portal or by Klarna itself: then it is as wanted.
    let gives_up = matches!(context.intent, Intent::Void(_) | Intent::CancelRejected);
    match decoded {
        Ok(answer) => Verdict::Happened(answer),
        Err(error) if fresh && !(gives_up && is_judged(&error)) => first_answer(error),
        Err(error) if is_judged(&error) => by_reading(exchange, operation, context, error).await,
        // Also when turned away at the door: the attempt before may be on its way in, so its key must decide.
        Err(error) => Verdict::Unknown(error.into()),
    }
}

/// What `order` shows of `operation`: its effect, or nothing.
pub(crate) fn shown(order: &Order, operation: &Operation) -> Option<Verdict> {
    let context = operation::context_of(operation).ok()?;
    if context.klarna_order_id.as_deref() != Some(order.order_id.as_str()) {
        return None;
    }
    trace(order, &operation.id, &context.intent).map(Verdict::Happened)
}

/// Reads the order and looks for the effect; without it, the effect did not happen and `error` says why.
async fn by_reading(
    exchange: &mut Exchange<'_>,
    operation: &Operation,
    context: &Context,
    error: KlarnaError,
) -> Verdict {
    let Some(order_id) = &context.klarna_order_id else {
        return Verdict::NeedsPerson(error.into());
    };
    match read_order(exchange, order_id).await {
        Ok(order) => match trace(&order, &operation.id, &context.intent) {
            Some(answer) => Verdict::Happened(answer),
            None => Verdict::DidNot(error.into()),
        },
        Err(failure) => Verdict::Unknown(failure.into()),
    }
}

/// The effect of `intent` in Klarna's books.
fn trace(order: &Order, reference: &str, intent: &Intent) -> Option<Answer> {
    let is_ours = |other: &Option<String>| other.as_deref() == Some(reference);
    match intent {
        Intent::Capture(_) => {
            let capture = order
                .captures
                .iter()
                .find(|capture| is_ours(&capture.reference))?;
            Some(Answer::Created(capture.capture_id.clone()))
        }
        Intent::Refund(_) => {
            let refund = order
                .refunds
                .iter()
                .find(|refund| is_ours(&refund.reference))?;
            Some(Answer::Created(refund.refund_id.clone()))
        }
        Intent::Void(void) if void.releases => {
            (order.remaining_authorized_amount == 0).then_some(Answer::Accepted)
        }
        Intent::Void(_) | Intent::CancelRejected => {
            (order.status == OrderStatus::Cancelled).then_some(Answer::Accepted)
        }
        Intent::Edit(edit) => {
            (order.order_amount == edit.amount.minor()).then_some(Answer::Accepted)
        }
        Intent::Extend { expires_at } => {
            (order.expires_at > *expires_at).then_some(Answer::Accepted)
        }
        Intent::Place(_) | Intent::CustomerToken { .. } | Intent::CancelApproval => None,
    }
}

pub(crate) async fn read_order(
    exchange: &mut Exchange<'_>,
    order_id: &str,
) -> Result<Order, KlarnaError> {
    let answer = exchange
        .send(&PreparedRequest::read_order(order_id))
        .await?;
    reply::decode_order(&answer)
}

/// The verdict when no earlier attempt can have had an effect.
fn first_answer(error: KlarnaError) -> Verdict {
    if error.proves_nothing_happened() {
        Verdict::DidNot(error.into())
    } else {
        Verdict::Unknown(error.into())
    }
}

/// Whether the client itself repeated the call after an attempt without a clear end.
fn repeated(sent: &Result<KlarnaReply, KlarnaError>) -> bool {
    sent.as_ref()
        .is_ok_and(|answer| answer.header(EARLIER_ATTEMPT_UNKNOWN).is_some())
}

fn key_life() -> SignedDuration {
    SignedDuration::from_secs(limits::IDEMPOTENCY_SECONDS - KEY_MARGIN_SECONDS)
}

fn unknown(reason: &str) -> KlarnaError {
    KlarnaError::OutcomeUnknown {
        reason: reason.to_owned(),
        status: None,
        correlation_id: None,
    }
}
