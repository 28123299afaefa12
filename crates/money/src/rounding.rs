//! Integer division with its rounding in the name. Every quotient of money in Kassa comes from here.
//!
//! Intermediate values are `i128`, so a 64-bit amount times a rate cannot overflow before it is divided.

use crate::MoneyError;

/// Quotient rounded to the nearest integer, halves away from zero (2.5 → 3, −2.5 → −3).
///
/// This is the rounding of every tax and every percentage. Fails when `divisor` is not positive.
pub fn div_round_half_away(dividend: i128, divisor: i128) -> Result<i128, MoneyError> {
    if divisor <= 0 {
        return Err(MoneyError::Divisor);
    }
    let quotient = dividend / divisor;
    let remainder = (dividend % divisor).abs();
    // `remainder >= divisor - remainder` says "at least half" without doubling, which could overflow.
    if remainder >= divisor - remainder && remainder != 0 {
        Ok(quotient + dividend.signum())
    } else {
        Ok(quotient)
    }
}

/// Quotient rounded to the nearest integer, halves towards positive infinity (2.5 → 3, −2.5 → −2).
///
/// Fails when `divisor` is not positive.
pub fn div_round_half_up(dividend: i128, divisor: i128) -> Result<i128, MoneyError> {
    if divisor <= 0 {
        return Err(MoneyError::Divisor);
    }
    let floor = dividend.div_euclid(divisor);
    let remainder = dividend.rem_euclid(divisor);
    if remainder >= divisor - remainder {
        Ok(floor + 1)
    } else {
        Ok(floor)
    }
}

/// Quotient rounded towards positive infinity (2.1 → 3, −2.1 → −2). Fails when `divisor` is not positive.
pub fn div_ceil(dividend: i128, divisor: i128) -> Result<i128, MoneyError> {
    if divisor <= 0 {
        return Err(MoneyError::Divisor);
    }
    let floor = dividend.div_euclid(divisor);
    if dividend.rem_euclid(divisor) == 0 {
        Ok(floor)
    } else {
        Ok(floor + 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves() {
        let cases = [
            (5, 2, 3, 3, 3),
            (-5, 2, -3, -2, -2),
            (7, 3, 2, 2, 3),
            (-7, 3, -2, -2, -2),
            (8, 3, 3, 3, 3),
            (6, 3, 2, 2, 2),
        ];
        for (dividend, divisor, away, up, ceil) in cases {
            assert_eq!(
                div_round_half_away(dividend, divisor),
                Ok(away),
                "{dividend}/{divisor} away"
            );
            assert_eq!(
                div_round_half_up(dividend, divisor),
                Ok(up),
                "{dividend}/{divisor} up"
            );
            assert_eq!(
                div_ceil(dividend, divisor),
                Ok(ceil),
                "{dividend}/{divisor} ceil"
            );
        }
    }

    #[test]
    fn divisor_must_be_positive() {
        assert_eq!(div_round_half_away(1, 0), Err(MoneyError::Divisor));
        assert_eq!(div_round_half_up(1, -1), Err(MoneyError::Divisor));
        assert_eq!(div_ceil(1, 0), Err(MoneyError::Divisor));
    }

    proptest! {
        #[test]
        fn never_further_than_half(dividend in any::<i64>(), divisor in 1i64..1_000_000_000) {
            let (dividend, divisor) = (i128::from(dividend), i128::from(divisor));
            for rounded in [div_round_half_away(dividend, divisor).unwrap(), div_round_half_up(dividend, divisor).unwrap()] {
                prop_assert!((rounded * divisor - dividend).abs() * 2 <= divisor);
            }
            prop_assert_eq!(div_round_half_away(-dividend, divisor).unwrap(), -div_round_half_away(dividend, divisor).unwrap());
        }
    }
}
