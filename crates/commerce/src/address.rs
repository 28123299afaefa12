//! Addresses. Copied, never shared: an order owns its two addresses, and cloning keeps the `reference`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default};
use crate::country::is_country;
use crate::error::CommerceError;
use crate::ids::AddressId;

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: AddressId,
    /// A company's: `company` is required instead of the names.
    #[serde(deserialize_with = "null_is_default")]
    pub business: bool,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_1: Option<String>,
    /// Flat, floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_2: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip_code: Option<String>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_code: Option<String>,
    /// ISO 3166 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail of the place, not of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Tax number or the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_info: Option<String>,
    /// Where it was copied from: front ends keep a customer address id here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Address, "addresses");

impl Address {
    /// The country, upper case; empty when unset.
    pub fn country(&self) -> String {
        self.country_code
            .as_deref()
            .unwrap_or_default()
            .to_ascii_uppercase()
    }

    /// First and last name, or the company of a business address.
    pub fn full_name(&self) -> String {
        if self.business {
            return self.company.clone().unwrap_or_default();
        }
        joined(&[&self.first_name, &self.last_name], " ")
    }

    /// The address on one line, without the name.
    pub fn full_address(&self) -> String {
        let place = joined(
            &[
                &self.zip_code,
                &self.city,
                &self.state_code,
                &self.country_code,
            ],
            " ",
        );
        let street = joined(&[&self.line_1, &self.line_2], ", ");
        if street.is_empty() {
            place
        } else {
            format!("{street}, {place}")
        }
    }

    /// Name and address on one line.
    pub fn name(&self) -> String {
        format!("{}, {}", self.full_name(), self.full_address())
    }

    /// A copy under a new id. The `reference` survives: front ends compare it later.
    pub fn cloned_as(&self, id: AddressId) -> Self {
        Self { id, ..self.clone() }
    }

    /// Checks what every address must have.
    ///
    /// # Errors
    /// The first required field that is empty, or a country that has no code in ISO 3166-1. `phone` only where
    /// `phone_required` (the organization's `addresses_phone_required`).
    pub fn validate(&self, phone_required: bool) -> Result<(), CommerceError> {
        let mut required: Vec<(&'static str, &Option<String>)> = if self.business {
            vec![("company", &self.company)]
        } else {
            vec![
                ("first_name", &self.first_name),
                ("last_name", &self.last_name),
            ]
        };
        required.extend([
            ("line_1", &self.line_1),
            ("city", &self.city),
            ("country_code", &self.country_code),
        ]);
        if phone_required {
            required.push(("phone", &self.phone));
        }
        let country = self.country();
        if WITH_STATES.contains(&country.as_str()) {
            required.push(("state_code", &self.state_code));
        }
        if !WITHOUT_POSTAL_CODES.contains(&country.as_str()) {
            required.push(("zip_code", &self.zip_code));
        }
        for (field, value) in required {
            if value.as_deref().unwrap_or_default().trim().is_empty() {
                return Err(CommerceError::AddressFieldBlank { field });
            }
        }
        if is_country(&country) {
            return Ok(());
        }
        Err(CommerceError::CountryInvalid {
            country_code: country,
        })
    }
}

/// Countries whose addresses need a state. Klarna wants it in the US and Australia; Canada and Mexico by postal rule.
const WITH_STATES: &[&str] = &["US", "AU", "CA", "MX"];

/// Countries without postal codes that a shop is likely to meet.
const WITHOUT_POSTAL_CODES: &[&str] = &["AE", "HK", "QA", "AO", "BS", "BO", "PA", "UG", "ZW", "GH"];

fn joined(parts: &[&Option<String>], separator: &str) -> String {
    let present: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.as_deref())
        .filter(|part| !part.is_empty())
        .collect();
    present.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn required_fields_by_kind_and_country() {
        let german = testing::address("a", "DE");
        assert_eq!(german.validate(true), Ok(()));
        let blank = |field| Err(CommerceError::AddressFieldBlank { field });
        assert_eq!(
            Address {
                last_name: None,
                ..german.clone()
            }
            .validate(true),
            blank("last_name")
        );
        assert_eq!(
            Address {
                business: true,
                ..german.clone()
            }
            .validate(true),
            blank("company")
        );
        assert_eq!(
            Address {
                phone: Some("  ".into()),
                ..german.clone()
            }
            .validate(true),
            blank("phone")
        );
        assert_eq!(
            Address {
                phone: None,
                ..german.clone()
            }
            .validate(false),
            Ok(())
        );
        assert_eq!(
            Address {
                country_code: Some("US".into()),
                state_code: None,
                ..german.clone()
            }
            .validate(true),
            blank("state_code")
        );
        for code in ["DEU", "UK", "XX"] {
            let wrong = Address {
                country_code: Some(code.into()),
                ..german.clone()
            };
            let country_code = code.to_owned();
            assert_eq!(
                wrong.validate(true),
                Err(CommerceError::CountryInvalid { country_code })
            );
        }
    }

    #[test]
    fn cloning_keeps_the_reference() {
        let mut source = testing::address("a", "DE");
        source.reference = Some("customer-address".into());
        let clone = source.cloned_as("b".into());
        assert_eq!(
            (clone.id.as_str(), clone.reference.as_deref()),
            ("b", Some("customer-address"))
        );
    }
}
