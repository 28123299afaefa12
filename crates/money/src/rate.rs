//! Rates. [`DecimalRate`] is what a shop configures (`0.22`); [`TaxRate`] is what Klarna reads (`2200`).
//!
//! Both are integers. A configured rate is parsed from its decimal text, so no float ever takes part.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::rounding::div_round_half_away;
use crate::{MinorUnits, MoneyError};

/// Decimal digits that a [`DecimalRate`] keeps.
const DIGITS: i32 = 9;
/// One, in billionths.
const ONE: i64 = 1_000_000_000;

/// A share such as 0.22, kept exactly as billionths. Never negative, at most 10 (a thousand per cent).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecimalRate(i64);

impl DecimalRate {
    /// No tax.
    pub const ZERO: Self = Self(0);

    /// Reads decimal text: `0.22`, `1`, `.055`, `5.5e-2`. Decimals beyond the ninth are rounded, halves away from zero:
    /// configuration that went through somebody's float (`0.30000000000000004`) means the short number.
    ///
    /// # Errors
    /// [`MoneyError::InvalidRate`] for anything else, a sign, or a rate above 10.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        Self::billionths(text)
            .filter(|billionths| *billionths <= 10 * ONE)
            .map(Self)
            .ok_or_else(|| MoneyError::InvalidRate {
                text: text.to_owned(),
            })
    }

    fn billionths(text: &str) -> Option<i64> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let unscaled: i128 = digits.parse().ok()?;
        // value = unscaled × 10^(exponent − decimals); wanted in units of 10^−9.
        let decimals = i32::try_from(fraction.len()).ok()?;
        let shift = DIGITS.checked_add(exponent)?.checked_sub(decimals)?;
        if unscaled == 0 || shift < -38 {
            return Some(0);
        }
        let scale = 10i128.checked_pow(shift.unsigned_abs())?;
        let billionths = if shift >= 0 {
            unscaled.checked_mul(scale)?
        } else {
            div_round_half_away(unscaled, scale).ok()?
        };
        i64::try_from(billionths).ok()
    }

    /// Reads a JSON number by its decimal text.
    pub fn from_number(number: &Number) -> Result<Self, MoneyError> {
        Self::parse(&number.to_string())
    }

    /// A whole number of per cent, such as 22.
    pub fn from_percent(percent: u8) -> Self {
        Self(i64::from(percent) * (ONE / 100))
    }

    /// The rate as a JSON number, `0.22`.
    pub fn to_number(self) -> Number {
        let (whole, fraction) = (self.0 / ONE, format!("{:09}", self.0 % ONE));
        let fraction = fraction.trim_end_matches('0');
        let text = format!(
            "{whole}.{}",
            if fraction.is_empty() { "0" } else { fraction }
        );
        text.parse()
            .expect("digits around one point are a JSON number")
    }

    /// True for a rate of nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Tax that a net amount bears on top: `net × rate`, halves away from zero.
    pub fn tax_on_net(self, net: MinorUnits) -> Result<MinorUnits, MoneyError> {
        MinorUnits::from_i128(div_round_half_away(
            i128::from(net.0) * i128::from(self.0),
            i128::from(ONE),
        )?)
    }

    /// Tax inside a gross amount: `gross − gross ÷ (1 + rate)`, halves away from zero.
    pub fn tax_of_gross(self, gross: MinorUnits) -> Result<MinorUnits, MoneyError> {
        let dividend = i128::from(gross.0) * i128::from(self.0);
        MinorUnits::from_i128(div_round_half_away(
            dividend,
            i128::from(ONE) + i128::from(self.0),
        )?)
    }

    /// A share of an amount, halves away from zero. Same arithmetic as [`Self::tax_on_net`], named for discounts.
    pub fn share_of(self, amount: MinorUnits) -> Result<MinorUnits, MoneyError> {
        self.tax_on_net(amount)
    }

    /// The nearest rate that Klarna can express (hundredths of a per cent, half up), or an error above 100 %.
    pub fn to_tax_rate(self) -> Result<TaxRate, MoneyError> {
        let hundredths = div_round_half_away(i128::from(self.0), i128::from(ONE / 10_000))?;
        i64::try_from(hundredths)
            .ok()
            .and_then(|rate| TaxRate::new(rate).ok())
            .ok_or_else(|| MoneyError::InvalidRate {
                text: self.to_number().to_string(),
            })
    }
}

impl Serialize for DecimalRate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_number().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecimalRate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        Self::from_number(&number).map_err(serde::de::Error::custom)
    }
}

/// Klarna's tax rate: hundredths of a per cent, 0 to 10000 (2000 = 20 %).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct TaxRate(i64);

impl TaxRate {
    /// No tax.
    pub const ZERO: Self = Self(0);

    /// Hundredths of a per cent; Klarna accepts 0 to 10000.
    pub fn new(hundredths_of_percent: i64) -> Result<Self, MoneyError> {
        if (0..=10_000).contains(&hundredths_of_percent) {
            return Ok(Self(hundredths_of_percent));
        }
        Err(MoneyError::InvalidRate {
            text: hundredths_of_percent.to_string(),
        })
    }

    /// The integer on Klarna's wire.
    pub const fn hundredths_of_percent(self) -> i64 {
        self.0
    }

    /// Tax inside a gross amount, halves away from zero.
    pub fn tax_of_gross(self, gross: MinorUnits) -> Result<MinorUnits, MoneyError> {
        let dividend = i128::from(gross.0) * i128::from(self.0);
        MinorUnits::from_i128(div_round_half_away(dividend, 10_000 + i128::from(self.0))?)
    }

    /// Tax that a net amount bears on top, halves away from zero.
    pub fn tax_on_net(self, net: MinorUnits) -> Result<MinorUnits, MoneyError> {
        MinorUnits::from_i128(div_round_half_away(
            i128::from(net.0) * i128::from(self.0),
            10_000,
        )?)
    }
}

impl TryFrom<i64> for TaxRate {
    type Error = MoneyError;

    fn try_from(hundredths_of_percent: i64) -> Result<Self, MoneyError> {
        Self::new(hundredths_of_percent)
    }
}

impl From<TaxRate> for i64 {
    fn from(rate: TaxRate) -> Self {
        rate.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimal_text_is_read_exactly() {
        for (text, billionths) in [
            ("0.22", 220_000_000),
            ("0", 0),
            ("0.0", 0),
            ("1", ONE),
            ("1.0", ONE),
            (".055", 55_000_000),
            ("0.08875", 88_750_000),
            ("5.5e-2", 55_000_000),
            ("1e-9", 1),
            ("2.2e-1", 220_000_000),
            ("0.30000000000000004", 300_000_000),
            ("0.0000000005", 1),
            ("1e-99", 0),
            ("0.00000000000000000000000000000000000001", 0),
        ] {
            assert_eq!(
                DecimalRate::parse(text),
                Ok(DecimalRate(billionths)),
                "{text}"
            );
        }
        for text in [
            "",
            "-0.1",
            "11",
            "1e30",
            "abc",
            "0,2",
            "1e99999999999",
            "--",
            ".",
        ] {
            assert!(DecimalRate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn number_round_trip() {
        for text in ["0.22", "0.0", "0.055", "1.0", "0.08875"] {
            let number: Number = text.parse().unwrap();
            assert_eq!(
                DecimalRate::from_number(&number)
                    .unwrap()
                    .to_number()
                    .to_string(),
                text
            );
        }
    }

    #[test]
    fn klarna_vectors() {
        for (gross, rate, tax) in [
            (59_500, 2000, 9917),
            (2900, 2000, 483),
            (-1000, 2500, -200),
            (-300, 1000, -27),
            (9880, 2506, 1980),
        ] {
            assert_eq!(
                TaxRate::new(rate).unwrap().tax_of_gross(MinorUnits(gross)),
                Ok(MinorUnits(tax)),
                "{gross} at {rate}"
            );
        }
    }

    #[test]
    fn a_rate_finer_than_klarnas_is_rounded() {
        assert_eq!(
            DecimalRate::parse("0.08875").unwrap().to_tax_rate(),
            TaxRate::new(888)
        );
        assert!(DecimalRate::parse("1.5").unwrap().to_tax_rate().is_err());
        assert!(TaxRate::new(-1).is_err() && TaxRate::new(10_001).is_err());
    }

    proptest! {
        #[test]
        fn gross_and_net_agree(net in -200_000_000i64..200_000_000, rate in 0i64..=10_000) {
            let rate = TaxRate::new(rate).unwrap();
            let on_top = rate.tax_on_net(MinorUnits(net)).unwrap();
            let inside = rate.tax_of_gross(MinorUnits(net + on_top.0)).unwrap();
            prop_assert!((on_top.0 - inside.0).abs() <= 1);
        }
    }
}
