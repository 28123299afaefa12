//! Addresses and customers of Payments and Customer Token.
//!
//! Invariant: lengths and forms only. Whether a name or a phone number is plausible is asked when the shopper
//! authorizes.

use super::super::fields::{Field, Kind};
use super::shapes::{is_country, is_date, is_last_four_ssn};

pub(crate) const ADDRESS: &[Field] = &[
    Field::text("title", 20),
    Field::text("given_name", 99),
    Field::text("family_name", 99),
    Field::text("organization_name", 99),
    Field::text("attention", 99),
    Field::text("street_address", 99),
    Field::text("street_address2", 99),
    Field::text("postal_code", 10),
    Field::text("city", 99),
    Field::text("region", 99),
    Field::new("country", Kind::Shape(is_country)),
    Field::text("email", 99),
    Field::text("phone", 99),
];

pub(super) const TOKEN_ADDRESS: &[Field] = &[
    Field::text("title", 20),
    Field::text("given_name", 99),
    Field::text("family_name", 99),
    Field::text("organization_name", 99),
    Field::text("attention", 99),
    Field::text("street_address", 99),
    Field::text("street_address2", 99),
    Field::text("postal_code", 10),
    Field::text("city", 99),
    Field::text("region", 99),
    Field::new("country", Kind::Shape(is_country)),
    Field::text("email", 99),
    Field::new("phone", Kind::Text { min: 5, max: 99 }),
];

pub(crate) const CUSTOMER: &[Field] = &[
    Field::new("type", Kind::OneOf(&["person", "organization"])),
    Field::new("date_of_birth", Kind::Shape(is_date)),
    Field::text("gender", 255),
    Field::text("title", 255),
    Field::new("last_four_ssn", Kind::Shape(is_last_four_ssn)),
    Field::text("national_identification_number", 255),
    Field::text("organization_registration_id", 255),
    Field::text("vat_id", 255),
    Field::new(
        "organization_entity_type",
        Kind::OneOf(&[
            "LIMITED_COMPANY",
            "PUBLIC_LIMITED_COMPANY",
            "ENTREPRENEURIAL_COMPANY",
            "LIMITED_PARTNERSHIP_LIMITED_COMPANY",
            "LIMITED_PARTNERSHIP",
            "GENERAL_PARTNERSHIP",
            "REGISTERED_SOLE_TRADER",
            "SOLE_TRADER",
            "CIVIL_LAW_PARTNERSHIP",
            "PUBLIC_INSTITUTION",
            "OTHER",
        ]),
    ),
    Field::text("customer_token", 255),
];
