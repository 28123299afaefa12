//! The tables are whole, and the rules read them: every tag in each of its markets, every number.

use serde_json::json;

use super::super::market::MARKETS;
use super::*;

fn fate_for(email: &str, country: &str) -> Fate {
    let data = json!({"billing_address": {"email": email}});
    fate(data.as_object().unwrap(), country)
}

#[test]
fn every_market_has_its_row_and_no_field_of_it_is_empty() {
    let mut countries: Vec<_> = SHOPPERS.iter().map(|row| row.country).collect();
    let mut markets: Vec<_> = MARKETS.iter().map(|market| market.country).collect();
    countries.sort_unstable();
    markets.sort_unstable();
    assert_eq!(countries, markets);
    for row in SHOPPERS {
        let code = row.country.to_lowercase().replace("gb", "uk");
        assert_eq!(row.mail_code, code);
        for text in [
            row.given_name,
            row.family_name,
            row.street_address,
            row.postal_code,
            row.city,
            row.approved.phone,
            row.denied.phone,
        ] {
            assert!(!text.is_empty(), "{}", row.country);
        }
        for born in [row.approved.date_of_birth, row.denied.date_of_birth] {
            assert!(born.parse::<jiff::civil::Date>().is_ok(), "{}", row.country);
        }
    }
}

#[test]
fn phones_tell_the_approved_from_the_denied_shopper_everywhere() {
    for row in SHOPPERS {
        for (identity, expected) in [(row.approved, Fate::Approved), (row.denied, Fate::Declined)] {
            let data = json!({"billing_address": {"phone": identity.phone}});
            let fate = fate(data.as_object().unwrap(), row.country);
            assert_eq!(fate, expected, "{} {}", row.country, identity.phone);
        }
    }
}

#[test]
fn a_denied_number_declines_with_or_without_its_country_and_signs() {
    for number in [
        "SE194110288083",
        "194110288083",
        "19411028-8083",
        "000101/0020",
    ] {
        let data = json!({"customer": {"national_identification_number": number}});
        assert_eq!(
            fate(data.as_object().unwrap(), "SE"),
            Fate::Declined,
            "{number}"
        );
    }
    let spaced = json!({"billing_address": {"phone": "+46 70 174 06 20"}});
    assert_eq!(fate(spaced.as_object().unwrap(), "SE"), Fate::Declined);
    let company = json!({"customer": {"organization_registration_id": "99999993"}});
    assert_eq!(fate(company.as_object().unwrap(), "DK"), Fate::Declined);
    for company in ["27968880", "10891871", "999999999", "002031-0132"] {
        let data = json!({"customer": {"organization_registration_id": company}});
        assert_eq!(fate(data.as_object().unwrap(), "DK"), Fate::Approved);
    }
}

#[test]
fn a_tag_counts_in_its_markets_and_nowhere_else() {
    for pattern in PATTERNS {
        let tag = pattern.tag.replace("NN", "05");
        for market in MARKETS {
            let approved = fate_for(&format!("customer+{tag}@email.xx"), market.country);
            let expected = match pattern.meaning {
                _ if !pattern.counts_in(market.country) => Fate::Approved,
                Meaning::Declined | Meaning::NotOffered => Fate::Declined,
                Meaning::Challenged(challenge) => Fate::Challenged(challenge),
                Meaning::Pending { accept } => Fate::Pending(FraudCheck { minutes: 5, accept }),
                Meaning::SignsUp | Meaning::Disputes(_) => Fate::Approved,
            };
            assert_eq!(approved, expected, "{tag} in {}", market.country);
        }
    }
}

#[test]
fn both_generations_of_addresses_mean_the_same() {
    for row in SHOPPERS {
        for address in row.addresses() {
            assert_eq!(fate_for(&address, row.country), Fate::Approved, "{address}");
        }
        for address in row.addresses_with("+denied") {
            assert_eq!(fate_for(&address, row.country), Fate::Declined, "{address}");
        }
    }
    let britain = SHOPPERS.iter().find(|row| row.country == "GB").unwrap();
    assert_eq!(
        britain.addresses_with("+denied"),
        ["customer+denied@email.uk", "customer+uk+denied@klarna.com"]
    );
}

#[test]
fn minutes_are_two_digits() {
    for (email, expected) in [
        ("customer+pend-accept-00@email.us", Some(0)),
        ("customer+us+pend-reject-99@klarna.com", Some(99)),
        ("customer+pend-accept-5@email.us", None),
        ("customer+pend-accept-100@email.us", None),
        ("customer+pend-accept-x5@email.us", None),
    ] {
        let minutes = match fate_for(email, "US") {
            Fate::Pending(check) => Some(check.minutes),
            _ => None,
        };
        assert_eq!(minutes, expected, "{email}");
    }
}

#[test]
fn a_challenge_outweighs_the_denial_that_stands_before_it_but_only_where_it_is_published() {
    let email = "customer+denied+auth_monthio@email.dk";
    assert_eq!(fate_for(email, "DK"), Fate::Challenged(Challenge::Monthio));
    assert_eq!(fate_for(email, "SE"), Fate::Declined);
}

#[test]
fn six_digits_but_six_nines_pass_a_code_and_words_end_any_challenge() {
    use Verdict::{Failed, Passed, Wrong};
    for (challenge, answer, expected) in [
        (Challenge::OtpPhone, "123456", Passed),
        (Challenge::OtpPhone, "000000", Passed),
        (Challenge::OtpPhone, "999999", Wrong),
        (Challenge::OtpEmail, "12345", Wrong),
        (Challenge::OtpEmail, "rejected", Failed),
        (Challenge::CvvEntry, "123", Passed),
        (Challenge::CvvEntry, "123456", Wrong),
        (Challenge::IdScan, "success", Passed),
        (Challenge::IdScan, "123456", Wrong),
        (Challenge::BankLogin, "rejected", Failed),
    ] {
        assert_eq!(challenge.judge(answer), expected, "{challenge:?} {answer}");
    }
}

#[test]
fn swiss_names_with_test_in_them_are_rejected() {
    let named = |name: &str| json!({"billing_address": {"given_name": name}});
    let rejected = named("Protester");
    assert_eq!(fate(rejected.as_object().unwrap(), "CH"), Fate::Declined);
    assert_eq!(fate(rejected.as_object().unwrap(), "AT"), Fate::Approved);
    let accepted = named("Accepted");
    assert_eq!(fate(accepted.as_object().unwrap(), "CH"), Fate::Approved);
}

#[test]
fn the_reason_of_a_decline_is_the_last_part_of_its_tag() {
    let email = "customer+reject_reason_high_risk@email.us";
    assert_eq!(decline_reason(email, "US"), Some("high_risk"));
    assert_eq!(decline_reason(email, "DE"), None);
    assert_eq!(
        decline_reason("customer+reject_reason_mood@email.us", "US"),
        None
    );
}

#[test]
fn only_the_published_3ds_card_is_checked_by_the_bank() {
    let checked: Vec<_> = CARDS
        .iter()
        .filter(|card| is_checked_by_bank(card.number))
        .collect();
    assert_eq!(checked.len(), 1);
    assert_eq!(checked[0].number, "4687388888888881");
}
