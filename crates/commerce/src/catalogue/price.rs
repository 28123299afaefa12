//! Prices, and the tiers that refine them by quantity and by frequency.
//!
//! One tier at most decides: of the frequency where the line has one and a tier reaches it, else of the quantity.

use kassa_money::MinorUnits;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::entity;
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::ids::{PriceFrequencyTierId, PriceId, PriceListId, PriceVolumeTierId};

/// What one SKU costs in one price list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Price {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: PriceId,
    /// The SKU's code.
    pub sku_code: String,
    /// Price of one.
    pub amount_cents: MinorUnits,
    /// Price to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_at_amount_cents: Option<MinorUnits>,
    /// Price list.
    pub price_list_id: PriceListId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Price, "prices");

/// A price that holds up to a quantity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceVolumeTier {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: PriceVolumeTierId,
    /// Largest quantity; unset = no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<i64>,
    /// Price of one.
    pub price_amount_cents: MinorUnits,
    /// The price it refines.
    pub price_id: PriceId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(PriceVolumeTier, "price_volume_tiers");

/// A price that holds for lines which recur at least every so many days.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceFrequencyTier {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: PriceFrequencyTierId,
    /// Longest interval in days; unset = no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<i64>,
    /// Price of one.
    pub price_amount_cents: MinorUnits,
    /// The price it refines.
    pub price_id: PriceId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(PriceFrequencyTier, "price_frequency_tiers");

/// Days between two runs, by the published names. Months have 30 days and years 365 (ours); a cron line has no length,
/// so no frequency tier holds for it.
const FREQUENCIES: &[(&str, i64)] = &[
    ("hourly", 0),
    ("daily", 1),
    ("weekly", 7),
    ("monthly", 30),
    ("two-month", 60),
    ("three-month", 90),
    ("four-month", 120),
    ("six-month", 180),
    ("yearly", 365),
];

impl Catalogue {
    /// The price of a SKU in the market's price list.
    ///
    /// # Errors
    /// [`CommerceError::NoPrice`] when the list does not know the SKU.
    pub fn price(&self, sku_code: &str) -> Result<&Price, CommerceError> {
        self.prices
            .iter()
            .find(|price| price.sku_code == sku_code)
            .ok_or_else(|| CommerceError::NoPrice {
                sku_code: sku_code.to_owned(),
            })
    }

    /// Price of one of `quantity` pieces that recur with `frequency`: that of the tier that decides, else the plain one.
    ///
    /// # Errors
    /// Those of [`Self::price`].
    pub fn unit_price(
        &self,
        sku_code: &str,
        quantity: i64,
        frequency: Option<&str>,
    ) -> Result<(MinorUnits, &Price), CommerceError> {
        let price = self.price(sku_code)?;
        let days = frequency.and_then(|word| {
            let known = FREQUENCIES.iter().find(|(name, _)| *name == word);
            known.map(|(_, days)| *days)
        });
        let by_frequency = days.and_then(|days| {
            let own = self.price_frequency_tiers.iter();
            let own = own.filter(|tier| tier.price_id == price.id);
            lowest(own.map(|tier| (tier.up_to, tier.price_amount_cents)), days)
        });
        let own = self.price_volume_tiers.iter();
        let own = own.filter(|tier| tier.price_id == price.id);
        let by_quantity = lowest(
            own.map(|tier| (tier.up_to, tier.price_amount_cents)),
            quantity,
        );
        let amount = by_frequency.or(by_quantity).unwrap_or(price.amount_cents);
        Ok((amount, price))
    }
}

/// The amount of the lowest tier that reaches `value`.
fn lowest(
    tiers: impl Iterator<Item = (Option<i64>, MinorUnits)>,
    value: i64,
) -> Option<MinorUnits> {
    tiers
        .filter(|(up_to, _)| up_to.is_none_or(|most| value <= most))
        .min_by_key(|(up_to, _)| up_to.unwrap_or(i64::MAX))
        .map(|(_, amount)| amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let volume = |up_to, amount| PriceVolumeTier {
            up_to,
            price_amount_cents: MinorUnits(amount),
            price_id: "price".into(),
            ..PriceVolumeTier::default()
        };
        let frequency = |up_to, amount| PriceFrequencyTier {
            up_to,
            price_amount_cents: MinorUnits(amount),
            price_id: "price".into(),
            ..PriceFrequencyTier::default()
        };
        Catalogue {
            prices: vec![Price {
                id: "price".into(),
                sku_code: "TEA".into(),
                amount_cents: MinorUnits(1000),
                ..Price::default()
            }],
            price_volume_tiers: vec![
                volume(None, 700),
                volume(Some(9), 900),
                volume(Some(99), 800),
            ],
            price_frequency_tiers: vec![frequency(Some(30), 600), frequency(Some(7), 500)],
            ..Catalogue::default()
        }
    }

    #[test]
    fn one_tier_decides_frequency_before_quantity() {
        let catalogue = catalogue();
        let table = [
            (1, None, 900),
            (9, None, 900),
            (10, None, 800),
            (100, None, 700),
            (1, Some("daily"), 500),
            (100, Some("weekly"), 500),
            (1, Some("monthly"), 600),
            // Beyond the last frequency tier, and without a length: the quantity decides.
            (10, Some("yearly"), 800),
            (10, Some("0 5 * * *"), 800),
        ];
        for (quantity, frequency, amount) in table {
            let (unit, _) = catalogue.unit_price("TEA", quantity, frequency).unwrap();
            assert_eq!(unit, MinorUnits(amount), "{quantity} {frequency:?}");
        }
    }
}
