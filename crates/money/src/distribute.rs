//! Splitting one amount over several weights so that the parts add up to the whole, exactly.

use crate::{MinorUnits, MoneyError};

/// Splits `total` in proportion to `weights` by the largest-remainder rule.
///
/// The parts sum to `total` exactly; ties go to the earlier weight, so the result is the same every time.
/// Weights must not be negative. Fails when every weight is zero while there is something to split.
pub fn distribute(
    total: MinorUnits,
    weights: &[MinorUnits],
) -> Result<Vec<MinorUnits>, MoneyError> {
    if total.is_zero() {
        return Ok(vec![MinorUnits::ZERO; weights.len()]);
    }
    if weights.iter().any(|weight| weight.is_negative()) {
        return Err(MoneyError::NoWeights);
    }
    let whole: i128 = weights.iter().map(|weight| i128::from(weight.0)).sum();
    if whole == 0 {
        return Err(MoneyError::NoWeights);
    }
    let magnitude = i128::from(total.0).abs();
    let sign = i128::from(total.0).signum();
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut given: i128 = 0;
    for (index, weight) in weights.iter().enumerate() {
        let product = magnitude
            .checked_mul(i128::from(weight.0))
            .ok_or(MoneyError::Overflow)?;
        shares.push(product / whole);
        remainders.push((product % whole, index));
        given += product / whole;
    }
    remainders.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let missing = usize::try_from(magnitude - given).map_err(|_| MoneyError::Overflow)?;
    for (_, index) in remainders.into_iter().take(missing) {
        shares[index] += 1;
    }
    shares
        .into_iter()
        .map(|share| MinorUnits::from_i128(share * sign))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amounts(values: &[i64]) -> Vec<MinorUnits> {
        values.iter().copied().map(MinorUnits).collect()
    }

    #[test]
    fn remainders_go_to_the_largest_then_the_first() {
        assert_eq!(
            distribute(MinorUnits(100), &amounts(&[1, 1, 1])),
            Ok(amounts(&[34, 33, 33]))
        );
        assert_eq!(
            distribute(MinorUnits(-100), &amounts(&[1, 1, 1])),
            Ok(amounts(&[-34, -33, -33]))
        );
        assert_eq!(
            distribute(MinorUnits(10), &amounts(&[0, 3, 7])),
            Ok(amounts(&[0, 3, 7]))
        );
        assert_eq!(
            distribute(MinorUnits(0), &amounts(&[0, 0])),
            Ok(amounts(&[0, 0]))
        );
    }

    #[test]
    fn nothing_to_split_over() {
        assert_eq!(
            distribute(MinorUnits(1), &amounts(&[0, 0])),
            Err(MoneyError::NoWeights)
        );
        assert_eq!(distribute(MinorUnits(1), &[]), Err(MoneyError::NoWeights));
        assert_eq!(
            distribute(MinorUnits(1), &amounts(&[-1, 2])),
            Err(MoneyError::NoWeights)
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(total in any::<i32>(), weights in proptest::collection::vec(0i64..1_000_000_000, 1..40)) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let total = MinorUnits(i64::from(total));
            let weights = amounts(&weights);
            let parts = distribute(total, &weights).unwrap();
            prop_assert_eq!(MinorUnits::checked_sum(parts.iter().copied()).unwrap(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(!weight.is_zero() || part.is_zero());
                prop_assert!(part.0.signum() * total.0.signum() >= 0);
            }
        }
    }
}
