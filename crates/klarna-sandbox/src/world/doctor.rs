//! The line-item doctor: what is wrong with a cart, what was sent, what would pass, and what the likely cause is.
//!
//! Invariant: whether something is wrong is decided by `validation` and `order_lines`, the very functions that refuse
//! carts; the doctor adds only guesses about the cause, and tests each guess with the same arithmetic. A cart has no
//! finding that refuses it exactly when it is accepted.

mod amounts;
mod cause;
mod forms;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::fields::{Field, list, text};
use super::market::Market;
use super::order_lines::{self, LineFigures, WrongFigure};
use super::reply::{Reply, bad_request};
use super::settings::Settings;
use super::{schema, validation};

pub use cause::Cause;
pub(crate) use forms::at as value_at;

/// Which call a cart is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CartCall {
    /// Creating or updating a session.
    Session,
    /// Placing an order with an authorization token.
    Order,
    /// Placing an order with a customer token.
    TokenOrder,
}

impl CartCall {
    fn described(self) -> &'static [Field] {
        match self {
            Self::Session => schema::SESSION,
            Self::Order => schema::PLACE,
            Self::TokenOrder => schema::TOKEN_ORDER,
        }
    }
}

/// The step of validation that a finding belongs to. A later one is looked at when the earlier ones are clean; the
/// doctor goes on where it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Country and currency.
    Market,
    /// Types, limits, words.
    Shape,
    /// The locale.
    Locale,
    /// The lines' own figures, and after them the sums.
    Figures,
    /// What a setting of the world or an earlier call of its asks for.
    World,
    /// Accepted, and against the guides all the same.
    Advice,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Where, as the error names it.
    pub path: String,
    /// The position of the line, for what is wrong with a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The line's reference or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_name: Option<String>,
    /// The step of validation.
    pub stage: Stage,
    /// What was sent; null when nothing was.
    pub sent: Value,
    /// What would pass: a value, a range or a rule.
    pub expected: Value,
    /// The likely causes, the likeliest first. Never empty.
    pub causes: Vec<Cause>,
}

/// What the doctor says about a cart.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The refusal that the call would get for this cart.
    pub refusal: Option<Reply>,
    /// The market, where it is clear.
    pub market: Option<&'static Market>,
    /// What is wrong, in the order of the stages.
    pub findings: Vec<Finding>,
}

/// Looks at a cart as the call would.
#[must_use]
pub fn examine(body: &Value, call: CartCall, settings: &Settings) -> Diagnosis {
    let Some(body) = body.as_object() else {
        return Diagnosis {
            refusal: Some(bad_request()),
            market: None,
            findings: Vec::new(),
        };
    };
    let described = call.described();
    let (refusal, market) = match call {
        CartCall::TokenOrder => {
            let refusal = validation::shapes(body, described)
                .and_then(|()| validation::arithmetic(body, settings))
                .err();
            (refusal, None)
        }
        CartCall::Session | CartCall::Order => (
            validation::cart(body, described, settings).err(),
            Some(validation::market_of(body)),
        ),
    };
    let mut findings = Vec::new();
    if let Some(Err(bad)) = &market {
        findings.extend(bad.iter().map(|bad| forms::market(body, bad)));
    }
    let market = market.and_then(Result::ok);
    let shapes = validation::wrong_shapes(body, described);
    findings.extend(shapes.iter().map(|bad| forms::shape(body, bad)));
    if let Some(market) = market
        && validation::locale(body, market).is_err()
    {
        findings.push(forms::locale(body, market));
    }
    if shapes.is_empty() {
        let american = market.is_some_and(|market| market.country == "US");
        let wrong = validation::wrong_figures(body, settings.order_tax_tolerance);
        findings.extend(
            wrong
                .into_iter()
                .map(|wrong| figure(body, wrong, settings, american)),
        );
        if american {
            findings.extend(taxed_lines(body, &findings));
        }
    }
    Diagnosis {
        refusal,
        market,
        findings,
    }
}

/// A figure that contradicts the others.
fn figure(
    body: &Map<String, Value>,
    wrong: WrongFigure,
    settings: &Settings,
    american: bool,
) -> Finding {
    let line_of = |index: usize| order_lines::lines(body).nth(index).map(LineFigures::of);
    let cart = order_lines::CartFigures::of(body, settings.order_tax_tolerance);
    let (sent, expected, causes) = match wrong {
        WrongFigure::LineTotal(index) => line_of(index).map_or_else(unseen, |line| {
            (
                line.total,
                json!(line.right_total()),
                amounts::line_total(&line),
            )
        }),
        WrongFigure::LineTax(index) => line_of(index).map_or_else(unseen, |line| {
            let causes = amounts::line_tax(&line, american);
            (line.tax, amounts::right_taxes(&line), causes)
        }),
        WrongFigure::OrderAmount => {
            let causes = amounts::order_amount(body, &cart, american);
            (cart.amount, json!(cart.right_amount), causes)
        }
        WrongFigure::OrderTax => {
            let expected = json!({
                "at_least": cart.right_tax - cart.tax_tolerance,
                "at_most": cart.right_tax + cart.tax_tolerance,
            });
            let causes = amounts::order_tax(body, &cart, american);
            (cart.tax.unwrap_or(0), expected, causes)
        }
    };
    Finding::at(
        body,
        validation::path_of(wrong, settings),
        Stage::Figures,
        json!(sent),
        expected,
        causes,
    )
}

/// Cannot happen: a wrong figure names a line of the same body.
fn unseen() -> (i128, Value, Vec<Cause>) {
    (0, Value::Null, Vec::new())
}

/// American lines that carry tax add up, and yet the guides want the tax as a line of its own.
fn taxed_lines(body: &Map<String, Value>, known: &[Finding]) -> Vec<Finding> {
    list(body, "order_lines")
        .iter()
        .enumerate()
        .filter_map(|(index, line)| {
            let line = LineFigures::of(line.as_object()?);
            let path = format!("order_lines[{index}].total_tax_amount");
            let said = known.iter().any(|finding| finding.path == path);
            if said || (line.tax == 0 && line.tax_rate == 0) {
                return None;
            }
            let causes = vec![Cause::us_tax_on_line()];
            Some(Finding::at(
                body,
                path,
                Stage::Advice,
                json!(line.tax),
                json!(0),
                causes,
            ))
        })
        .collect()
}

impl Finding {
    /// What the world itself asks of a session: a subscription by its settings, or what a step-up belongs to.
    pub(super) fn by_world(body: &Map<String, Value>, refusal: &Reply) -> Self {
        let message = refusal.error_message().unwrap_or_default();
        let path = message.strip_prefix("Bad value: ").unwrap_or(message);
        let cause = if path.ends_with(".subscription") {
            Cause::new(
                "subscription_missing",
                "the setting require_subscription is on, and no line of this tokenizing cart has a subscription",
            )
        } else {
            Cause::new(
                "step_up",
                "the session recovers a failed charge and has to fit it: its step-up, its token, the token's intent",
            )
        };
        let sent = value_at(body, path).cloned().unwrap_or_default();
        let expected = Value::from(message);
        Self::at(
            body,
            path.to_owned(),
            Stage::World,
            sent,
            expected,
            vec![cause],
        )
    }

    fn at(
        body: &Map<String, Value>,
        path: String,
        stage: Stage,
        sent: Value,
        expected: Value,
        causes: Vec<Cause>,
    ) -> Self {
        let line = path
            .strip_prefix("order_lines[")
            .and_then(|rest| rest.split_once(']'))
            .and_then(|(index, _)| index.parse::<usize>().ok());
        let own = line.and_then(|index| list(body, "order_lines").get(index)?.as_object());
        let line_name = own.and_then(|own| {
            let reference = text(own, "reference").filter(|text| !text.is_empty());
            reference.or_else(|| text(own, "name"))
        });
        Self {
            line_name: line_name.map(str::to_owned),
            path,
            line,
            stage,
            sent,
            expected,
            causes,
        }
    }
}

#[cfg(test)]
mod tests;
