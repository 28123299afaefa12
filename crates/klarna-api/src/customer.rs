//! Who pays, as far as the merchant knows.

use serde::{Deserialize, Serialize};

/// The payer. Klarna never repeats `national_identification_number` and `last_four_ssn` when a session is read.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    /// `person` (default) or `organization`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// `male` or `female`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Form of address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Last four or all nine digits (US).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_four_ssn: Option<String>,
    /// Personal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_identification_number: Option<String>,
    /// Company number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_registration_id: Option<String>,
    /// VAT number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat_id: Option<String>,
    /// Legal form, e.g. `LIMITED_COMPANY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_entity_type: Option<String>,
}

impl std::fmt::Debug for Customer {
    /// Shows the kind only: the rest is personal data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Customer")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
