//! Where Klarna is available, in which currency and in which locales. Source: Klarna's table of purchase countries.

use kassa_money::Currency;

use crate::error::CommerceError;

/// One market of Klarna.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KlarnaCountry {
    /// ISO 3166 alpha-2.
    pub code: &'static str,
    /// Its one currency.
    pub currency: &'static str,
    /// Its locales, the home language first.
    pub locales: &'static [&'static str],
}

const fn market(
    code: &'static str,
    currency: &'static str,
    locales: &'static [&'static str],
) -> KlarnaCountry {
    KlarnaCountry {
        code,
        currency,
        locales,
    }
}

const COUNTRIES: &[KlarnaCountry] = &[
    market("AT", "EUR", &["de-AT", "en-AT"]),
    market("AU", "AUD", &["en-AU"]),
    market("BE", "EUR", &["nl-BE", "fr-BE", "en-BE"]),
    market("CA", "CAD", &["en-CA", "fr-CA"]),
    market("CH", "CHF", &["de-CH", "fr-CH", "it-CH", "en-CH"]),
    market("CZ", "CZK", &["cs-CZ", "en-CZ"]),
    market("DE", "EUR", &["de-DE", "en-DE"]),
    market("DK", "DKK", &["da-DK", "en-DK"]),
    market("ES", "EUR", &["es-ES", "en-ES"]),
    market("FI", "EUR", &["fi-FI", "sv-FI", "en-FI"]),
    market("FR", "EUR", &["fr-FR", "en-FR"]),
    market("GB", "GBP", &["en-GB"]),
    market("GR", "EUR", &["el-GR", "en-GR"]),
    market("HU", "HUF", &["hu-HU", "en-HU"]),
    market("IE", "EUR", &["en-IE"]),
    market("IT", "EUR", &["it-IT", "en-IT"]),
    market("MX", "MXN", &["en-MX", "es-MX"]),
    market("NL", "EUR", &["nl-NL", "en-NL"]),
    market("NO", "NOK", &["nb-NO", "en-NO"]),
    market("NZ", "NZD", &["en-NZ"]),
    market("PL", "PLN", &["pl-PL", "en-PL"]),
    market("PT", "EUR", &["pt-PT", "en-PT"]),
    market("RO", "RON", &["ro-RO", "en-RO"]),
    market("SE", "SEK", &["sv-SE", "en-SE"]),
    market("SK", "EUR", &["sk-SK", "en-SK"]),
    market("US", "USD", &["en-US", "es-US"]),
];

/// Klarna's market of that country, if the order's currency is the one it takes.
///
/// # Errors
/// [`CommerceError::CountryNotServed`] or [`CommerceError::CurrencyNotServed`].
pub fn country(
    country_code: &str,
    currency: Currency,
) -> Result<&'static KlarnaCountry, CommerceError> {
    let wanted = country_code.to_ascii_uppercase();
    let found = COUNTRIES
        .iter()
        .find(|market| market.code == wanted)
        .ok_or_else(|| CommerceError::CountryNotServed {
            country_code: wanted.clone(),
        })?;
    if found.currency == currency.code() {
        return Ok(found);
    }
    Err(CommerceError::CurrencyNotServed {
        country_code: wanted,
        expected: found.currency,
    })
}

/// The country's locale for a language such as `it`, `de-AT` or `EN`; English where the country does not speak it.
pub fn locale(market: &KlarnaCountry, language_code: Option<&str>) -> &'static str {
    let wanted = language_code.unwrap_or("en").to_ascii_lowercase();
    let language = wanted.split(['-', '_']).next().unwrap_or_default();
    // Norwegian is written `no` by many shops; Klarna offers Bokmål.
    let language = if language == "no" || language == "nn" {
        "nb"
    } else {
        language
    };
    let speaks = |language: &str| {
        market
            .locales
            .iter()
            .copied()
            .find(|locale| locale.split('-').next() == Some(language))
    };
    speaks(language)
        .or_else(|| speaks("en"))
        .unwrap_or(market.locales[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_follow_language_and_country() {
        for (code, currency, language, expected) in [
            ("DE", "EUR", Some("de"), "de-DE"),
            ("DE", "EUR", Some("it"), "en-DE"),
            ("at", "EUR", Some("de-DE"), "de-AT"),
            ("FI", "EUR", Some("sv"), "sv-FI"),
            ("NO", "NOK", Some("no"), "nb-NO"),
            ("SE", "SEK", Some("EN"), "en-SE"),
            ("US", "USD", None, "en-US"),
            ("MX", "MXN", Some("es"), "es-MX"),
        ] {
            let market = country(code, Currency::parse(currency).unwrap()).unwrap();
            assert_eq!(locale(market, language), expected, "{code} {language:?}");
        }
    }

    #[test]
    fn country_and_currency_must_fit() {
        assert_eq!(
            country("SE", Currency::EUR),
            Err(CommerceError::CurrencyNotServed {
                country_code: "SE".into(),
                expected: "SEK"
            })
        );
        assert_eq!(
            country("JP", Currency::EUR),
            Err(CommerceError::CountryNotServed {
                country_code: "JP".into()
            })
        );
        assert_eq!(COUNTRIES.len(), 26);
    }

    #[test]
    fn every_market_is_a_country() {
        assert!(
            COUNTRIES
                .iter()
                .all(|market| crate::country::is_country(market.code))
        );
    }
}
