//! Amounts. [`MinorUnits`] is a bare count of cents; [`Money`] knows its currency and refuses to mix.
//!
//! There are no operators on purpose: an addition that may overflow has to be seen where it happens.

use serde::{Deserialize, Serialize};

use crate::{Currency, MoneyError};

/// A count of the smallest unit of some currency (cents, öre, yen). May be negative.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MinorUnits(pub i64);

impl MinorUnits {
    /// No money at all.
    pub const ZERO: Self = Self(0);

    /// Wraps a count of minor units.
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// The bare count of minor units, for the wire and for storage.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// True for exactly zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// True below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// True above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Sum, or [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(MoneyError::Overflow)
    }

    /// Difference, or [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.0
            .checked_sub(other.0)
            .map(Self)
            .ok_or(MoneyError::Overflow)
    }

    /// Product with a plain count, or [`MoneyError::Overflow`].
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        self.0
            .checked_mul(count)
            .map(Self)
            .ok_or(MoneyError::Overflow)
    }

    /// The amount with its sign turned, or [`MoneyError::Overflow`] for the one value that has no opposite.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.0.checked_neg().map(Self).ok_or(MoneyError::Overflow)
    }

    /// Sum of many, or [`MoneyError::Overflow`].
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        let mut sum: i128 = 0;
        for amount in amounts {
            sum += i128::from(amount.0);
        }
        Self::from_i128(sum)
    }

    /// Narrows a wide intermediate result, or [`MoneyError::Overflow`].
    pub fn from_i128(wide: i128) -> Result<Self, MoneyError> {
        i64::try_from(wide)
            .map(Self)
            .map_err(|_| MoneyError::Overflow)
    }
}

impl std::fmt::Display for MinorUnits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// An amount with its currency. Arithmetic between two currencies is an error, never a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// How much, in minor units of `currency`.
    pub amount: MinorUnits,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// An amount in minor units of `currency`.
    pub const fn new(amount: MinorUnits, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self::new(
            self.amount.checked_add(other.amount)?,
            self.currency,
        ))
    }

    /// Difference of two amounts of one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self::new(
            self.amount.checked_sub(other.amount)?,
            self.currency,
        ))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::OtherCurrency {
            left: self.currency.code(),
            right: other.currency.code(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_never_mix() {
        let euro = Money::new(MinorUnits(1), Currency::EUR);
        let dollar = Money::new(MinorUnits(1), Currency::USD);
        assert_eq!(
            euro.checked_add(dollar),
            Err(MoneyError::OtherCurrency {
                left: "EUR",
                right: "USD"
            })
        );
        assert_eq!(
            euro.checked_sub(euro),
            Ok(Money::new(MinorUnits(0), Currency::EUR))
        );
    }

    #[test]
    fn overflow_is_an_answer() {
        let most = MinorUnits(i64::MAX);
        assert_eq!(most.checked_add(MinorUnits(1)), Err(MoneyError::Overflow));
        assert_eq!(most.checked_mul(2), Err(MoneyError::Overflow));
        assert_eq!(
            MinorUnits(i64::MIN).checked_neg(),
            Err(MoneyError::Overflow)
        );
        assert_eq!(
            MinorUnits::checked_sum([most, MinorUnits(1), MinorUnits(-1)]),
            Ok(most)
        );
    }
}
