//! The 26 markets as data: currency, locales, payment methods with their limits.
//!
//! Countries, currencies and locales: docs.klarna.com, data requirements, purchase countries, currencies and locales.
//! Methods and limits are not published by Klarna itself, since they belong to each merchant's contract; what stands
//! here follows what several payment providers publish for theirs, see `docs/klarna/decisions.md#limits`. Amounts are
//! minor units. Invariant: one row for each country; a method's minimum is below its maximum.

/// One market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// ISO 3166 alpha-2, upper case.
    pub country: &'static str,
    /// ISO 4217, upper case.
    pub currency: &'static str,
    /// Locales, the first is the market's own.
    pub locales: &'static [&'static str],
    /// The smallest purchase.
    pub minimum: i64,
    /// The largest purchase, with every method that has no limit of its own.
    pub maximum: i64,
    /// The smallest purchase that can be paid in parts.
    pub parts_minimum: i64,
    /// Whether paying within 30 days is offered.
    pub pays_later: bool,
    /// The largest purchase by direct debit, where it exists.
    pub direct_debit_maximum: Option<i64>,
    /// The largest purchase by bank transfer, where it exists.
    pub bank_transfer_maximum: Option<i64>,
}

impl Market {
    const fn of(
        country: &'static str,
        currency: &'static str,
        locales: &'static [&'static str],
    ) -> Self {
        Self {
            country,
            currency,
            locales,
            minimum: 0,
            maximum: 0,
            parts_minimum: 0,
            pays_later: false,
            direct_debit_maximum: None,
            bank_transfer_maximum: None,
        }
    }

    /// Smallest purchase, smallest in parts, largest.
    const fn within(mut self, minimum: i64, parts_minimum: i64, maximum: i64) -> Self {
        self.minimum = minimum;
        self.parts_minimum = parts_minimum;
        self.maximum = maximum;
        self
    }

    const fn later(mut self) -> Self {
        self.pays_later = true;
        self
    }

    const fn debit(mut self, maximum: i64) -> Self {
        self.direct_debit_maximum = Some(maximum);
        self
    }

    const fn transfer(mut self, maximum: i64) -> Self {
        self.bank_transfer_maximum = Some(maximum);
        self
    }
}

/// All markets.
pub const MARKETS: [Market; 26] = [
    Market::of("AU", "AUD", &["en-AU"])
        .within(100, 3500, 1_000_000)
        .later(),
    Market::of("AT", "EUR", &["de-AT", "en-AT"])
        .within(100, 3500, 1_000_000)
        .later()
        .debit(500_000)
        .transfer(1_500_000),
    Market::of("BE", "EUR", &["nl-BE", "fr-BE", "en-BE"])
        .within(100, 3500, 1_000_000)
        .later()
        .transfer(1_500_000),
    Market::of("CA", "CAD", &["en-CA", "fr-CA"]).within(100, 3500, 1_000_000),
    Market::of("CZ", "CZK", &["cs-CZ", "en-CZ"]).within(2500, 85_000, 10_000_000),
    Market::of("DK", "DKK", &["da-DK", "en-DK"])
        .within(1000, 35_000, 10_000_000)
        .later()
        .transfer(15_000_000),
    Market::of("FI", "EUR", &["fi-FI", "sv-FI", "en-FI"])
        .within(100, 3500, 1_000_000)
        .later()
        .transfer(1_500_000),
    Market::of("FR", "EUR", &["fr-FR", "en-FR"])
        .within(100, 3500, 1_000_000)
        .later(),
    Market::of("DE", "EUR", &["de-DE", "en-DE"])
        .within(100, 3500, 1_000_000)
        .later()
        .debit(500_000)
        .transfer(1_500_000),
    Market::of("GR", "EUR", &["el-GR", "en-GR"]).within(100, 3500, 400_000),
    Market::of("HU", "HUF", &["hu-HU", "en-HU"]).within(40_000, 1_400_000, 100_000_000),
    Market::of("IE", "EUR", &["en-IE"]).within(100, 3500, 400_000),
    Market::of("GB", "GBP", &["en-GB"])
        .within(100, 2500, 400_000)
        .later(),
    Market::of("IT", "EUR", &["it-IT", "en-IT"])
        .within(100, 3500, 400_000)
        .later(),
    Market::of("MX", "MXN", &["en-MX", "es-MX"]).within(2000, 70_000, 10_000_000),
    Market::of("NL", "EUR", &["nl-NL", "en-NL"])
        .within(100, 3500, 1_400_000)
        .later()
        .debit(500_000)
        .transfer(1_500_000),
    Market::of("NZ", "NZD", &["en-NZ"]).within(100, 3500, 1_000_000),
    Market::of("NO", "NOK", &["nb-NO", "en-NO"])
        .within(1000, 35_000, 10_000_000)
        .later(),
    Market::of("PL", "PLN", &["pl-PL", "en-PL"])
        .within(400, 15_000, 2_000_000)
        .later(),
    Market::of("PT", "EUR", &["pt-PT", "en-PT"]).within(100, 3500, 400_000),
    Market::of("RO", "RON", &["ro-RO", "en-RO"]).within(500, 17_500, 2_000_000),
    Market::of("SK", "EUR", &["sk-SK", "en-SK"]).within(100, 3500, 400_000),
    Market::of("ES", "EUR", &["es-ES", "en-ES"])
        .within(100, 3500, 400_000)
        .later()
        .transfer(1_500_000),
    Market::of("SE", "SEK", &["sv-SE", "en-SE"])
        .within(1000, 35_000, 15_000_000)
        .later()
        .debit(5_000_000)
        .transfer(15_000_000),
    Market::of("CH", "CHF", &["de-CH", "fr-CH", "it-CH", "en-CH"])
        .within(100, 3500, 500_000)
        .later(),
    Market::of("US", "USD", &["en-US", "es-US"])
        .within(100, 3500, 1_000_000)
        .later(),
];
