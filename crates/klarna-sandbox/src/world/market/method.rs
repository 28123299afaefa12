//! Payment methods and categories: which of them a purchase is offered, and why not the others.
//!
//! Invariant: what session creation offers and what `explain` says come out of [`considered`] alone.

use serde::Serialize;

use super::Market;

/// A way to pay. The category `klarna` stands for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By card, at once.
    PayNow,
    /// The whole amount within 30 days.
    PayLater,
    /// In parts.
    PayOverTime,
    /// From a bank account, at once.
    DirectDebit,
    /// By a transfer at the bank's own page.
    DirectBankTransfer,
}

/// Every method, in the order in which the pages show them.
pub const METHODS: [Method; 5] = [
    Method::PayNow,
    Method::PayLater,
    Method::PayOverTime,
    Method::DirectDebit,
    Method::DirectBankTransfer,
];

/// Smallest and largest purchase, in minor units; both may be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The smallest.
    pub minimum: i64,
    /// The largest.
    pub maximum: i64,
}

impl Method {
    /// The identifier of the category that holds this method alone.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PayNow => "pay_now",
            Self::PayLater => "pay_later",
            Self::PayOverTime => "pay_over_time",
            Self::DirectDebit => "direct_debit",
            Self::DirectBankTransfer => "direct_bank_transfer",
        }
    }

    /// Whether it can be charged again without the shopper. Parts belong to one purchase, a transfer is made by hand.
    #[must_use]
    pub fn recurs(self) -> bool {
        match self {
            Self::PayNow | Self::PayLater | Self::DirectDebit => true,
            Self::PayOverTime | Self::DirectBankTransfer => false,
        }
    }

    /// Its limits in a market, where it exists.
    #[must_use]
    pub fn limits(self, market: &Market) -> Option<Limits> {
        let limits = |minimum, maximum| Limits { minimum, maximum };
        match self {
            Self::PayNow => Some(limits(market.minimum, market.maximum)),
            Self::PayLater => market
                .pays_later
                .then(|| limits(market.minimum, market.maximum)),
            Self::PayOverTime => Some(limits(market.parts_minimum, market.maximum)),
            Self::DirectDebit => market
                .direct_debit_maximum
                .map(|maximum| limits(market.minimum, maximum)),
            Self::DirectBankTransfer => market
                .bank_transfer_maximum
                .map(|maximum| limits(market.minimum, maximum)),
        }
    }
}

/// What decides about the methods of a session.
#[derive(Debug, Clone, Copy)]
pub struct Purchase<'a> {
    /// Where it is made.
    pub market: &'a Market,
    /// `buy`, `tokenize` and so on.
    pub intent: &'a str,
    /// `order_amount`, in minor units.
    pub amount: i64,
}

/// Why a method is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// The market does not have it.
    NotInMarket,
    /// It cannot be charged again, and the intent asks for that.
    DoesNotRecur,
    /// The amount is too small.
    BelowMinimum,
    /// The amount is too large.
    AboveMaximum,
}

impl Purchase<'_> {
    /// What keeps a method from being offered, if anything does.
    ///
    /// `tokenize` charges nothing, so its amount is not measured. The mixed intent may charge with one method and keep
    /// another, so it asks for none that recurs.
    #[must_use]
    pub fn obstacle(&self, method: Method) -> Option<Obstacle> {
        let Some(limits) = method.limits(self.market) else {
            return Some(Obstacle::NotInMarket);
        };
        let recurring = matches!(self.intent, "tokenize" | "buy_and_tokenize");
        if recurring && !method.recurs() {
            return Some(Obstacle::DoesNotRecur);
        }
        if self.intent == "tokenize" {
            return None;
        }
        if self.amount < limits.minimum {
            return Some(Obstacle::BelowMinimum);
        }
        (self.amount > limits.maximum).then_some(Obstacle::AboveMaximum)
    }
}

/// A method within a category, and whether it is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsideredMethod {
    /// The method.
    pub method: Method,
    /// Whether the shopper can choose it.
    pub offered: bool,
    /// Why not.
    pub obstacle: Option<Obstacle>,
    /// Its limits in the market.
    pub limits: Option<Limits>,
}

/// A category and whether a session offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsideredCategory {
    /// `klarna`, `pay_later` and so on.
    pub identifier: String,
    /// Whether the merchant's account has it.
    pub enabled: bool,
    /// Whether the session offers it: enabled, and one of its methods is possible.
    pub offered: bool,
    /// The methods in it.
    pub methods: Vec<ConsideredMethod>,
}

impl ConsideredCategory {
    /// Whether the shopper can choose a method in it.
    #[must_use]
    pub fn offers(&self, method: Method) -> bool {
        self.methods
            .iter()
            .any(|own| own.method == method && own.offered)
    }
}

/// The name of a category in session answers.
#[must_use]
pub fn category_name(identifier: &str) -> &'static str {
    match identifier {
        "pay_later" => "Pay later",
        "pay_now" => "Pay now",
        "pay_over_time" => "4 interest-free payments",
        "direct_bank_transfer" => "Bank transfer",
        "direct_debit" => "Direct debit",
        _ => "Pay with Klarna",
    }
}

/// Every category, first the merchant's in the merchant's order, then the others.
#[must_use]
pub fn considered(enabled: &[String], purchase: Purchase<'_>) -> Vec<ConsideredCategory> {
    let others = std::iter::once("klarna")
        .chain(METHODS.map(Method::name))
        .filter(|name| !enabled.iter().any(|own| own == name))
        .map(str::to_owned);
    let known: Vec<(String, bool)> = enabled
        .iter()
        .map(|own| (own.clone(), true))
        .chain(others.map(|name| (name, false)))
        .collect();
    known
        .into_iter()
        .map(|(identifier, enabled)| {
            let methods: Vec<ConsideredMethod> = METHODS
                .into_iter()
                .filter(|method| identifier == "klarna" || identifier == method.name())
                .map(|method| {
                    let obstacle = purchase.obstacle(method);
                    ConsideredMethod {
                        method,
                        offered: enabled && obstacle.is_none(),
                        obstacle,
                        limits: method.limits(purchase.market),
                    }
                })
                .collect();
            ConsideredCategory {
                identifier,
                enabled,
                offered: methods.iter().any(|method| method.offered),
                methods,
            }
        })
        .collect()
}
