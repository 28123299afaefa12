//! The checks on names, streets, e-mail addresses and phones that Klarna makes when the shopper authorizes.
//!
//! Invariant: these never refuse a session or an order; what fails here goes back to the page as `invalid_fields`.

use serde_json::{Map, Value};

use super::fields;

/// Dotted paths of the contact data that the shopper has to correct.
pub(crate) fn invalid_fields(data: &Map<String, Value>) -> Vec<String> {
    let mut invalid = Vec::new();
    for name in ["billing_address", "shipping_address"] {
        if let Some(address) = fields::object(data, name) {
            check_address(address, name, &mut invalid);
        }
    }
    if let Some(customer) = fields::object(data, "customer")
        && let Some(born) = fields::text(customer, "date_of_birth")
        && !born.is_empty()
        && born.parse::<jiff::civil::Date>().is_err()
    {
        invalid.push("customer.date_of_birth".to_owned());
    }
    invalid
}

type Accepts = fn(&str) -> bool;

fn check_address(address: &Map<String, Value>, prefix: &str, invalid: &mut Vec<String>) {
    let checks: [(&str, Accepts); 9] = [
        ("given_name", is_name),
        ("family_name", is_name),
        ("street_address", is_street),
        ("street_address2", is_street),
        ("city", is_street),
        ("postal_code", is_postal_code),
        ("email", is_email),
        ("phone", is_phone),
        ("country", is_country),
    ];
    for (name, accepts) in checks {
        // An empty string is a field that the shopper has yet to fill in.
        if let Some(text) = fields::text(address, name)
            && !text.is_empty()
            && !accepts(text)
        {
            invalid.push(format!("{prefix}.{name}"));
        }
    }
    let country = fields::text(address, "country").unwrap_or_default();
    let needs_region = country.eq_ignore_ascii_case("US") || country.eq_ignore_ascii_case("AU");
    let has_street = fields::text(address, "street_address").is_some_and(|text| !text.is_empty());
    let has_region = fields::text(address, "region").is_some_and(|text| !text.is_empty());
    if needs_region && has_street && !has_region {
        invalid.push(format!("{prefix}.region"));
    }
}

/// More than one character, not only digits, letters of the supported blocks and a few signs.
fn is_name(text: &str) -> bool {
    text.chars().count() > 1
        && !text.chars().all(|character| character.is_ascii_digit())
        && text
            .chars()
            .all(|character| is_letter(character) || is_name_sign(character))
}

fn is_street(text: &str) -> bool {
    text.chars().all(|character| {
        is_letter(character) || is_name_sign(character) || "´`\",:;#&/()+@_\\".contains(character)
    })
}

/// Basic Latin, Latin-1 Supplement, Latin Extended-A, Phonetic Extensions, Greek, Greek Extended.
fn is_letter(character: char) -> bool {
    let block = matches!(u32::from(character), 0..=0x17f | 0x0370..=0x03ff | 0x1d00..=0x1d7f | 0x1f00..=0x1fff);
    // Romanian commas below lie beyond Extended-A; real addresses need them.
    let romanian = matches!(character, 'Ș' | 'ș' | 'Ț' | 'ț');
    (block || romanian) && (character.is_alphanumeric() || character == ' ')
}

fn is_name_sign(character: char) -> bool {
    "-'’.°ºᵃª".contains(character)
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_postal_code(text: &str) -> bool {
    (2..=10).contains(&text.chars().count())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, ' ' | '-'))
}

/// A dot-atom before the `@`, a dotted domain behind it.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let atoms = local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    });
    let labels: Vec<&str> = domain.split('.').collect();
    atoms
        && labels.len() > 1
        && labels.iter().all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
}

/// The shape of a phone number: 6 to 15 digits, an optional plus, the usual separators.
pub(super) fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (6..=15).contains(&digits)
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn public_sample_people_are_valid() {
        for address in [
            json!({"given_name": "Mock", "family_name": "Mock", "street_address": "Neue Schönhauser Str. 2",
                "postal_code": "10178", "city": "Berlin", "email": "customer@email.de", "phone": "+49017614284340", "country": "DE"}),
            json!({"given_name": "Test", "family_name": "Person-pl", "street_address": "Ul. Górczewska 124",
                "postal_code": "01-460", "city": "Warszawa", "email": "customer+pl@klarna.com"}),
            json!({"given_name": "Test", "family_name": "Person-us", "street_address": "509 Amsterdam Ave", "region": "NY",
                "postal_code": "10024-3941", "city": "New York", "country": "US"}),
            json!({"given_name": "Test", "family_name": "Person-ro", "street_address": "Drumul Taberei 35", "city": "București"}),
        ] {
            let data = json!({"billing_address": address});
            assert_eq!(
                invalid_fields(data.as_object().unwrap()),
                Vec::<String>::new()
            );
        }
    }

    #[test]
    fn wrong_contact_data_is_named_by_path() {
        let data = json!({"billing_address": {"given_name": "1234", "family_name": "X", "email": "nobody", "phone": "12",
            "postal_code": "?", "street_address": "A <b> 1"}, "customer": {"date_of_birth": "1970-13-01"}});
        assert_eq!(
            invalid_fields(data.as_object().unwrap()),
            [
                "billing_address.given_name",
                "billing_address.family_name",
                "billing_address.street_address",
                "billing_address.postal_code",
                "billing_address.email",
                "billing_address.phone",
                "customer.date_of_birth"
            ]
        );
    }

    #[test]
    fn a_region_is_needed_in_the_us_and_australia() {
        let data = json!({"billing_address": {"street_address": "1 Main St", "country": "US"}});
        assert_eq!(
            invalid_fields(data.as_object().unwrap()),
            ["billing_address.region"]
        );
    }
}
