//! Tax rules of a manual tax calculator, and the categories that choose among them.

use kassa_money::DecimalRate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default};
use crate::catalogue::PlacePatterns;
use crate::ids::{TaxCategoryId, TaxRuleId};

/// What is taxed how in which places.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxRule {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: TaxRuleId,
    /// Name.
    pub name: String,
    /// The rate, `0.22` for 22 %.
    #[serde(deserialize_with = "null_is_default")]
    pub tax_rate: DecimalRate,
    /// Shipping bears tax.
    #[serde(deserialize_with = "null_is_default")]
    pub freight_taxable: bool,
    /// Payment cost bears tax.
    #[serde(deserialize_with = "null_is_default")]
    pub payment_method_taxable: bool,
    /// Bought gift cards bear tax.
    #[serde(deserialize_with = "null_is_default")]
    pub gift_card_taxable: bool,
    /// Adjustments bear tax.
    #[serde(deserialize_with = "null_is_default")]
    pub adjustment_taxable: bool,
    /// The places.
    #[serde(flatten)]
    pub places: PlacePatterns,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(TaxRule, "tax_rules");

/// How a SKU is taxed: by the rule of that name, where one covers the destination.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxCategory {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: TaxCategoryId,
    /// Name of the rule.
    pub code: String,
    /// The SKU's code.
    pub sku_code: String,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(TaxCategory, "tax_categories");

/// What bears tax besides goods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Taxability {
    /// Shipping.
    pub freight_taxable: bool,
    /// The payment method's cost.
    pub payment_method_taxable: bool,
    /// Adjustments.
    pub adjustment_taxable: bool,
    /// Bought gift cards.
    pub gift_card_taxable: bool,
}

impl TaxRule {
    /// What the rule says where an order says nothing itself.
    pub fn taxability(&self) -> Taxability {
        Taxability {
            freight_taxable: self.freight_taxable,
            payment_method_taxable: self.payment_method_taxable,
            adjustment_taxable: self.adjustment_taxable,
            gift_card_taxable: self.gift_card_taxable,
        }
    }
}
