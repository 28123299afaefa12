//! The 26 markets: one currency each, a list of locales each, and the methods that a purchase is offered.
//!
//! The data is in `market/table.rs`, printed in `docs/klarna/markets.md`; the rules about it are here and in
//! `market/method.rs`. Letter case is not significant in requests.

mod method;
mod shown;
mod table;

pub use method::{
    ConsideredCategory, ConsideredMethod, Limits, METHODS, Method, Obstacle, Purchase,
    category_name, considered,
};
pub use shown::document as market_document;
pub use table::{MARKETS, Market};

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
