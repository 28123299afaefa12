//! The 26 markets: one currency each, a list of locales each.
//!
//! Source: docs.klarna.com, data requirements, purchase countries, currencies and locales; see
//! `docs/klarna/payments.md`. Letter case is not significant in requests.

/// One market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// ISO 3166 alpha-2, upper case.
    pub country: &'static str,
    /// ISO 4217, upper case.
    pub currency: &'static str,
    /// Locales, the first is the market's own.
    pub locales: &'static [&'static str],
}

const fn market(
    country: &'static str,
    currency: &'static str,
    locales: &'static [&'static str],
) -> Market {
    Market {
        country,
        currency,
        locales,
    }
}

/// All markets.
pub const MARKETS: [Market; 26] = [
    market("AU", "AUD", &["en-AU"]),
    market("AT", "EUR", &["de-AT", "en-AT"]),
    market("BE", "EUR", &["nl-BE", "fr-BE", "en-BE"]),
    market("CA", "CAD", &["en-CA", "fr-CA"]),
    market("CZ", "CZK", &["cs-CZ", "en-CZ"]),
    market("DK", "DKK", &["da-DK", "en-DK"]),
    market("FI", "EUR", &["fi-FI", "sv-FI", "en-FI"]),
    market("FR", "EUR", &["fr-FR", "en-FR"]),
    market("DE", "EUR", &["de-DE", "en-DE"]),
    market("GR", "EUR", &["el-GR", "en-GR"]),
    market("HU", "HUF", &["hu-HU", "en-HU"]),
    market("IE", "EUR", &["en-IE"]),
    market("GB", "GBP", &["en-GB"]),
    market("IT", "EUR", &["it-IT", "en-IT"]),
    market("MX", "MXN", &["en-MX", "es-MX"]),
    market("NL", "EUR", &["nl-NL", "en-NL"]),
    market("NZ", "NZD", &["en-NZ"]),
    market("NO", "NOK", &["nb-NO", "en-NO"]),
    market("PL", "PLN", &["pl-PL", "en-PL"]),
    market("PT", "EUR", &["pt-PT", "en-PT"]),
    market("RO", "RON", &["ro-RO", "en-RO"]),
    market("SK", "EUR", &["sk-SK", "en-SK"]),
    market("ES", "EUR", &["es-ES", "en-ES"]),
    market("SE", "SEK", &["sv-SE", "en-SE"]),
    market("CH", "CHF", &["de-CH", "fr-CH", "it-CH", "en-CH"]),
    market("US", "USD", &["en-US", "es-US"]),
];

/// The market of a country code in any letter case.
#[must_use]
pub fn of_country(country: &str) -> Option<&'static Market> {
    MARKETS
        .iter()
        .find(|market| market.country.eq_ignore_ascii_case(country))
}

/// Whether Klarna works anywhere in this currency.
#[must_use]
pub fn has_currency(currency: &str) -> bool {
    MARKETS
        .iter()
        .any(|market| market.currency.eq_ignore_ascii_case(currency))
}

impl Market {
    /// Whether `locale` belongs to this market. A bare language counts when the market speaks it.
    #[must_use]
    pub fn speaks(&self, locale: &str) -> bool {
        self.locales
            .iter()
            .any(|own| own.eq_ignore_ascii_case(locale) || own[..2].eq_ignore_ascii_case(locale))
    }

    /// The locale in the letter case of Klarna's own output.
    #[must_use]
    pub fn canonical_locale(&self, locale: &str) -> Option<&'static str> {
        self.locales
            .iter()
            .find(|own| own.eq_ignore_ascii_case(locale) || own[..2].eq_ignore_ascii_case(locale))
            .copied()
    }

    /// The region in the host names of the real API: `eu`, `na` or `oc`.
    #[must_use]
    pub fn region(&self) -> &'static str {
        match self.country {
            "US" | "CA" | "MX" => "na",
            "AU" | "NZ" => "oc",
            _ => "eu",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_26_markets_with_one_currency_each() {
        let mut countries: Vec<_> = MARKETS.iter().map(|market| market.country).collect();
        countries.sort_unstable();
        countries.dedup();
        assert_eq!(countries.len(), 26);
        assert_eq!(of_country("gb").map(|market| market.currency), Some("GBP"));
        assert!(of_country("JP").is_none());
    }

    #[test]
    fn a_locale_belongs_to_its_market_in_any_letter_case() {
        let finland = of_country("FI").unwrap();
        assert!(finland.speaks("sv-fi"));
        assert!(finland.speaks("fi"));
        assert!(!finland.speaks("sv-SE"));
        assert_eq!(finland.canonical_locale("SV-fi"), Some("sv-FI"));
    }

    #[test]
    fn every_locale_names_its_own_country() {
        for market in MARKETS {
            for locale in market.locales {
                assert_eq!(&locale[3..], market.country);
            }
        }
    }
}
