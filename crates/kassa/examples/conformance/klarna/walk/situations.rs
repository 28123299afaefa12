//! What an operation can find: a world brought into one state, with the ids of what is in it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::super::document::Operation;
use super::bodies::{american_cart, cart, everything};
use super::desk::Desk;

/// An id that looks real and belongs to nobody.
pub const STRANGER: &str = "5f3b2c1e-9d4a-4c77-8a61-0d2e4f6a8b9c";

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// A state and how it is reached.
pub struct Situation {
    pub name: &'static str,
    pub make: fn(&Desk<'_>) -> Result<Subject>,
    /// Switches that are on while the operation is called.
    settings: fn() -> Value,
}

impl Situation {
    /// The members of the sandbox's settings to change; none for most.
    pub fn settings(&self) -> Value {
        (self.settings)()
    }
}

/// The ids at hand, by the names of the documents' path parameters, and the cart they came from.
#[derive(Clone, Default)]
pub struct Subject {
    ids: BTreeMap<&'static str, String>,
    pub cart: Value,
    pub payment_session_url: String,
}

impl Subject {
    /// Nothing but a cart.
    pub fn new(desk: &Desk<'_>, cart: &Value) -> Self {
        Self {
            cart: cart.clone(),
            payment_session_url: format!("{}/payments/v1/sessions/{STRANGER}", desk.url()),
            ids: BTreeMap::new(),
        }
    }

    pub fn id(&self, operation: &Operation, parameter: &str) -> &str {
        // Two documents call different things a session.
        let name = match (operation.path.starts_with("/hpp/"), parameter) {
            (true, "session_id") => "hosted_session",
            (_, name) => name,
        };
        self.ids.get(name).map_or(STRANGER, String::as_str)
    }

    fn with(mut self, name: &'static str, id: impl Into<String>) -> Self {
        self.ids.insert(name, id.into());
        self
    }

    fn known(&self, name: &str) -> Result<&str> {
        self.ids
            .get(name)
            .map(String::as_str)
            .with_context(|| format!("no {name}"))
    }
}

const fn plain(name: &'static str, make: fn(&Desk<'_>) -> Result<Subject>) -> Situation {
    Situation {
        name,
        make,
        settings: || json!({}),
    }
}

/// All of them. A session, an authorization, an order and a token each in every state that they have.
pub const SITUATIONS: &[Situation] = &[
    plain("a world without anything", |desk| {
        Ok(Subject::new(desk, &cart("buy")))
    }),
    plain("a new session", |desk| session(desk, &cart("buy"))),
    plain("a session with every field", |desk| {
        session(desk, &everything())
    }),
    plain("an expired session", |desk| {
        later(desk, approved(desk, &cart("buy"))?, 2 * DAY)
    }),
    plain("an authorized session with every field", |desk| {
        approved(desk, &everything())
    }),
    plain("an authorization to buy", |desk| {
        approved(desk, &cart("buy"))
    }),
    plain("an authorization to tokenize", |desk| {
        approved(desk, &cart("tokenize"))
    }),
    plain("an authorization for both", |desk| {
        approved(desk, &cart("buy_and_tokenize"))
    }),
    plain("an authorization for both, default", |desk| {
        approved(desk, &cart("buy_and_default_tokenize"))
    }),
    plain("an authorization to link", |desk| {
        approved(desk, &cart("buy_and_link"))
    }),
    Situation {
        name: "an authorization, with payment methods written as the guides do",
        make: |desk| approved(desk, &everything()),
        settings: || json!({"payment_method_as_string": true}),
    },
    plain("an expired authorization", |desk| {
        later(desk, approved(desk, &cart("buy"))?, 61 * MINUTE)
    }),
    plain("a replaced authorization", replaced),
    plain("a cancelled authorization", cancelled_authorization),
    plain("an authorization that waits for the end", unfinished),
    plain("a declined shopper", declined),
    plain("an authorized order", |desk| ordered(desk, &cart("buy"))),
    plain("an order with every field", |desk| {
        ordered(desk, &everything())
    }),
    plain("a part-captured order", |desk| captured(desk, 10_000)),
    plain("a captured order", |desk| captured(desk, 24_400)),
    plain("a cancelled order", cancelled),
    plain("an expired order", |desk| {
        later(desk, ordered(desk, &cart("buy"))?, 29 * DAY)
    }),
    plain("a part-captured order whose rest expired", |desk| {
        later(desk, captured(desk, 10_000)?, 29 * DAY)
    }),
    plain("a released order", released),
    plain("a part-refunded order", |desk| refunded(desk, 10_000, 3000)),
    plain("a refunded order", |desk| refunded(desk, 24_400, 24_400)),
    plain("a pending order", |desk| pending(desk, "accept")),
    plain("an accepted order", |desk| {
        later(desk, pending(desk, "accept")?, 6 * MINUTE)
    }),
    plain("a rejected order", |desk| {
        later(desk, pending(desk, "reject")?, 6 * MINUTE)
    }),
    plain("a card order", |desk| paid_with(desk, "card")),
    plain("an order in instalments", |desk| {
        paid_with(desk, "slice_it_by_card")
    }),
    plain("a company's order", |desk| paid_with(desk, "b2b_invoice")),
    plain("a hosted page", |desk| hosted(desk, "ECOMMERCE", &[])),
    Situation {
        name: "a hosted page whose distribution is answered with 201",
        make: |desk| hosted(desk, "ECOMMERCE", &[]),
        settings: || json!({"distribution_status": 201}),
    },
    plain("an opened page", |desk| {
        hosted(desk, "ECOMMERCE", &["open"])
    }),
    plain("a page left by its back button", |desk| {
        hosted(desk, "ECOMMERCE", &["open", "back"])
    }),
    plain("a page with a declined shopper", |desk| {
        hosted(desk, "ECOMMERCE", &["open", "decline"])
    }),
    plain("a page that failed", |desk| {
        hosted(desk, "ECOMMERCE", &["open", "error"])
    }),
    plain("a page that asks for papers", |desk| {
        hosted(desk, "IN_STORE", &["open", "manual_id_check"])
    }),
    plain("a cancelled page", |desk| {
        hosted(desk, "IN_STORE", &["open", "cancel"])
    }),
    plain("a completed page", |desk| {
        hosted(desk, "ECOMMERCE", &["open", "approve"])
    }),
    plain("a page that placed an order", |desk| {
        hosted_order(desk, "PLACE_ORDER")
    }),
    plain("a page that captured an order", |desk| {
        hosted_order(desk, "CAPTURE_ORDER")
    }),
    plain("a disabled page", disabled_page),
    plain("an expired page", |desk| {
        later(desk, hosted(desk, "ECOMMERCE", &[])?, 2 * DAY)
    }),
    plain("a customer token", |desk| token(desk, "pay_later")),
    plain("a customer token on a card", |desk| token(desk, "card")),
    plain("a customer token on direct debit", |desk| {
        token(desk, "direct_debit")
    }),
    plain("a suspended customer token", |desk| {
        changed_token(desk, &json!({"status": "SUSPENDED"}))
    }),
    plain("a customer token that cannot be charged", |desk| {
        changed_token(desk, &json!({"charges": "fail"}))
    }),
    plain("a customer token out of use", |desk| {
        changed_token(desk, &json!({"charges": "unavailable"}))
    }),
    plain("a cancelled customer token", cancelled_token),
    Situation {
        name: "a customer token, with payment methods written as the guides do",
        make: |desk| token(desk, "pay_later"),
        settings: || json!({"payment_method_as_string": true}),
    },
];

fn session(desk: &Desk<'_>, cart: &Value) -> Result<Subject> {
    let id = desk.session(cart)?;
    let mut subject = Subject::new(desk, cart);
    subject.payment_session_url = format!("{}/payments/v1/sessions/{id}", desk.url());
    Ok(subject.with("session_id", id))
}

fn visited(desk: &Desk<'_>, cart: &Value, visit: &Value) -> Result<Subject> {
    let subject = session(desk, cart)?;
    let token = desk.approve(subject.known("session_id")?, visit)?;
    Ok(subject.with("authorizationToken", token))
}

fn approved(desk: &Desk<'_>, cart: &Value) -> Result<Subject> {
    visited(desk, cart, &json!({"action": "approve"}))
}

fn later(desk: &Desk<'_>, subject: Subject, seconds: i64) -> Result<Subject> {
    desk.wait_seconds(seconds)?;
    Ok(subject)
}

fn replaced(desk: &Desk<'_>) -> Result<Subject> {
    let subject = approved(desk, &cart("buy"))?;
    desk.approve(subject.known("session_id")?, &json!({"action": "approve"}))?;
    Ok(subject)
}

fn cancelled_authorization(desk: &Desk<'_>) -> Result<Subject> {
    let subject = approved(desk, &cart("buy_and_tokenize"))?;
    let path = format!(
        "/payments/v1/authorizations/{}",
        subject.known("authorizationToken")?
    );
    desk.done("DELETE", &path, &Value::Null)?;
    Ok(subject)
}

fn unfinished(desk: &Desk<'_>) -> Result<Subject> {
    let subject = session(desk, &cart("buy"))?;
    let visit = json!({"action": "approve", "auto_finalize": false});
    desk.shopper(subject.known("session_id")?, &visit)?;
    Ok(subject)
}

fn declined(desk: &Desk<'_>) -> Result<Subject> {
    let subject = session(desk, &cart("buy"))?;
    desk.shopper(subject.known("session_id")?, &json!({"action": "decline"}))?;
    Ok(subject)
}

/// The order of an approval; its session and token stay at hand, both used up.
fn placed(desk: &Desk<'_>, subject: Subject) -> Result<Subject> {
    let path = format!(
        "/payments/v1/authorizations/{}/order",
        subject.known("authorizationToken")?
    );
    let id = desk
        .done("POST", &path, &subject.cart)?
        .member("order_id")?;
    Ok(subject.with("order_id", id))
}

fn ordered(desk: &Desk<'_>, cart: &Value) -> Result<Subject> {
    placed(desk, approved(desk, cart)?)
}

fn paid_with(desk: &Desk<'_>, method: &str) -> Result<Subject> {
    let visit = json!({"action": "approve", "payment_method": method});
    capture(
        desk,
        placed(desk, visited(desk, &cart("buy"), &visit)?)?,
        10_000,
    )
}

fn pending(desk: &Desk<'_>, decision: &str) -> Result<Subject> {
    let visit = json!({"action": "pend", "minutes": 5, "decision": decision});
    placed(desk, visited(desk, &american_cart(), &visit)?)
}

fn capture(desk: &Desk<'_>, subject: Subject, amount: i64) -> Result<Subject> {
    let path = format!("{}/captures", order_path(&subject)?);
    let exchange = desk.done("POST", &path, &json!({"captured_amount": amount}))?;
    let id = exchange
        .header("capture-id")
        .context("no Capture-Id")?
        .to_owned();
    Ok(subject.with("capture_id", id))
}

fn captured(desk: &Desk<'_>, amount: i64) -> Result<Subject> {
    capture(desk, ordered(desk, &cart("buy"))?, amount)
}

fn cancelled(desk: &Desk<'_>) -> Result<Subject> {
    let subject = ordered(desk, &cart("buy"))?;
    desk.done(
        "POST",
        &format!("{}/cancel", order_path(&subject)?),
        &Value::Null,
    )?;
    Ok(subject)
}

fn released(desk: &Desk<'_>) -> Result<Subject> {
    let subject = captured(desk, 10_000)?;
    let path = format!("{}/release-remaining-authorization", order_path(&subject)?);
    desk.done("POST", &path, &Value::Null)?;
    Ok(subject)
}

fn refunded(desk: &Desk<'_>, captured_amount: i64, amount: i64) -> Result<Subject> {
    let subject = captured(desk, captured_amount)?;
    let path = format!("{}/refunds", order_path(&subject)?);
    let exchange = desk.done(
        "POST",
        &path,
        &json!({"refunded_amount": amount, "reference": "R-1"}),
    )?;
    let id = exchange
        .header("refund-id")
        .context("no Refund-Id")?
        .to_owned();
    Ok(subject.with("refund_id", id))
}

fn token(desk: &Desk<'_>, method: &str) -> Result<Subject> {
    let visit = json!({"action": "approve", "payment_method": method});
    let subject = visited(desk, &cart("buy_and_tokenize"), &visit)?;
    let path = format!(
        "/payments/v1/authorizations/{}/customer-token",
        subject.known("authorizationToken")?
    );
    let body = json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "intended_use": "SUBSCRIPTION", "description": "Coffee every month",
        "customer": {"date_of_birth": "1941-03-21", "gender": "female"}});
    let id = desk.done("POST", &path, &body)?.member("token_id")?;
    Ok(subject.with("customerToken", id))
}

/// A token after Klarna itself did something to it.
fn changed_token(desk: &Desk<'_>, change: &Value) -> Result<Subject> {
    let subject = token(desk, "card")?;
    desk.control(
        "PATCH",
        &format!("/customer-tokens/{}", subject.known("customerToken")?),
        change,
    )?;
    Ok(subject)
}

fn cancelled_token(desk: &Desk<'_>) -> Result<Subject> {
    let subject = token(desk, "pay_later")?;
    let path = format!(
        "/customer-token/v1/tokens/{}/status",
        subject.known("customerToken")?
    );
    desk.done("PATCH", &path, &json!({"status": "CANCELLED"}))?;
    // The 202 says that it is being processed.
    later(desk, subject, MINUTE)
}

/// A hosted page over a new session, after what the shopper did there.
fn hosted(desk: &Desk<'_>, channel: &str, actions: &[&str]) -> Result<Subject> {
    let mut cart = cart("buy");
    cart["acquiring_channel"] = channel.into();
    let subject = session(desk, &cart)?;
    let body = json!({"payment_session_url": subject.payment_session_url});
    let id = desk
        .done("POST", "/hpp/v1/sessions", &body)?
        .member("session_id")?;
    for action in actions {
        let visit = json!({"action": action});
        desk.control("POST", &format!("/hpp-sessions/{id}/shopper"), &visit)?;
    }
    Ok(subject.with("hosted_session", id))
}

/// A hosted page that places the order itself.
fn hosted_order(desk: &Desk<'_>, mode: &str) -> Result<Subject> {
    let subject = session(desk, &cart("buy"))?;
    let body = json!({"payment_session_url": subject.payment_session_url, "options": {"place_order_mode": mode}});
    let id = desk
        .done("POST", "/hpp/v1/sessions", &body)?
        .member("session_id")?;
    let path = format!("/hpp-sessions/{id}/shopper");
    desk.control("POST", &path, &json!({"action": "open"}))?;
    desk.control("POST", &path, &json!({"action": "approve"}))?;
    Ok(subject.with("hosted_session", id))
}

fn disabled_page(desk: &Desk<'_>) -> Result<Subject> {
    let subject = hosted(desk, "ECOMMERCE", &[])?;
    desk.done(
        "DELETE",
        &format!("/hpp/v1/sessions/{}", subject.known("hosted_session")?),
        &Value::Null,
    )?;
    Ok(subject)
}

fn order_path(subject: &Subject) -> Result<String> {
    Ok(format!(
        "/ordermanagement/v1/orders/{}",
        subject.known("order_id")?
    ))
}
