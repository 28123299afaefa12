//! SKU lists, and the bundles that sell such a list under one price.

use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, null_is_true, on};
use crate::catalogue::{Catalogue, Pattern};
use crate::error::CommerceError;
use crate::ids::{BundleId, MarketId, SkuListId, SkuListItemId};

/// Several SKUs sold as one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bundle {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: BundleId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Currency; unset = the market's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Price of one; unset = the sum of its SKUs' prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_amount_cents: Option<MinorUnits>,
    /// Price to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_at_amount_cents: Option<MinorUnits>,
    /// Market; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// What is inside.
    pub sku_list_id: SkuListId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Bundle, "bundles");

/// A set of SKUs: named one by one, or by a pattern.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkuList {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: SkuListId,
    /// Name.
    pub name: String,
    /// Named one by one.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub manual: bool,
    /// Codes of the SKUs of a list that is not manual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_code_regex: Option<Pattern>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(SkuList, "sku_lists");

/// One SKU of a manual list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkuListItem {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: SkuListItemId,
    /// The list.
    pub sku_list_id: SkuListId,
    /// The SKU's code.
    pub sku_code: String,
    /// How many of it; unset = one.
    #[serde(default = "one", deserialize_with = "null_is_one")]
    pub quantity: i64,
    /// Where it stands in the list.
    #[serde(deserialize_with = "null_is_default")]
    pub position: i64,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(SkuListItem, "sku_list_items");

fn one() -> i64 {
    1
}

fn null_is_one<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(Option::<i64>::deserialize(deserializer)?.unwrap_or_else(one))
}

impl Catalogue {
    /// The bundle of that code.
    pub fn bundle(&self, code: &str) -> Option<&Bundle> {
        self.bundles.iter().find(|bundle| bundle.code == code)
    }

    /// What a bundle is made of, in the order of its list.
    pub fn bundle_items(&self, bundle: &Bundle) -> Vec<&SkuListItem> {
        let mut items: Vec<&SkuListItem> = self.items_of(&bundle.sku_list_id).collect();
        items.sort_by(|left, right| {
            (left.position, &left.sku_code).cmp(&(right.position, &right.sku_code))
        });
        items
    }

    /// Whether a SKU is in a list; a list that is not known holds nothing.
    ///
    /// # Errors
    /// [`CommerceError::Configuration`] for a pattern that is no regular expression.
    pub fn list_holds(&self, list: &SkuListId, sku_code: &str) -> Result<bool, CommerceError> {
        let pattern = self
            .sku_lists
            .iter()
            .find(|known| known.id == *list)
            .filter(|known| !known.manual)
            .and_then(|known| known.sku_code_regex.as_ref());
        match pattern {
            Some(pattern) => pattern.matches(sku_code, "sku_lists.sku_code_regex"),
            None => Ok(self.items_of(list).any(|item| item.sku_code == sku_code)),
        }
    }

    /// Price of one bundle: its own, else the sum of its SKUs' plain prices in the market's price list.
    ///
    /// # Errors
    /// [`CommerceError::NoPrice`] for a SKU without a price; [`CommerceError::UnknownBundle`] for a bundle with
    /// nothing inside.
    pub fn bundle_price(&self, bundle: &Bundle) -> Result<MinorUnits, CommerceError> {
        let items = self.bundle_items(bundle);
        if items.is_empty() {
            return Err(CommerceError::UnknownBundle {
                bundle_code: bundle.code.clone(),
            });
        }
        if let Some(own) = bundle.price_amount_cents {
            return Ok(own);
        }
        let mut sum = MinorUnits::ZERO;
        for item in items {
            let price = self.price(&item.sku_code)?;
            sum = sum.checked_add(price.amount_cents.checked_mul(item.quantity)?)?;
        }
        Ok(sum)
    }

    /// The SKUs of a manual list.
    pub(crate) fn items_of(&self, list: &SkuListId) -> impl Iterator<Item = &SkuListItem> {
        self.sku_list_items
            .iter()
            .filter(move |item| item.sku_list_id == *list)
    }
}
