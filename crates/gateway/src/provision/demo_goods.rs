//! What the demo sells and how it is taxed.
//!
//! Invariant: plain data. The first SKU is physical, costs more than 1.00 and has stock in every market; one SKU is
//! digital and one is out of stock.

/// Something for sale.
pub(super) struct Good {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// Minor units in EUR, USD, GBP and SEK, the order of the demo's `MARKETS`.
    pub(super) prices: [i64; 4],
    /// Pieces in each warehouse.
    pub(super) stock: i64,
    /// Nothing to ship, nothing to count.
    pub(super) digital: bool,
}

const fn good(
    code: &'static str,
    name: &'static str,
    description: &'static str,
    prices: [i64; 4],
    stock: i64,
) -> Good {
    Good {
        code,
        name,
        description,
        prices,
        stock,
        digital: false,
    }
}

/// The catalogue.
pub(super) const GOODS: &[Good] = &[
    good(
        "MUG-CLAY-01",
        "Clay mug",
        "Thrown by hand, holds 300 ml.",
        [1890, 1990, 1650, 21900],
        100_000,
    ),
    good(
        "MUG-CLAY-02",
        "Clay mug, tall",
        "The same clay, 450 ml.",
        [2290, 2390, 1990, 25900],
        120,
    ),
    good(
        "TEA-SENCHA-100",
        "Sencha, 100 g",
        "First flush, loose leaf.",
        [1250, 1390, 1090, 13900],
        300,
    ),
    good(
        "TEA-ASSAM-250",
        "Assam, 250 g",
        "Strong and malty.",
        [1490, 1590, 1290, 16900],
        240,
    ),
    good(
        "POT-IRON-08",
        "Iron teapot",
        "0.8 litres, enamelled inside.",
        [6900, 7400, 5990, 79900],
        40,
    ),
    good(
        "TRAY-OAK-40",
        "Oak tray",
        "40 cm, oiled.",
        [3950, 4200, 3450, 44900],
        60,
    ),
    good(
        "LINEN-TOWEL-2",
        "Linen towels, pair",
        "Washed linen, 50 × 70 cm.",
        [2799, 2950, 2399, 31900],
        150,
    ),
    good(
        "CANDLE-WAX-3",
        "Beeswax candles, three",
        "Burn for about nine hours each.",
        [999, 1099, 899, 10900],
        500,
    ),
    good(
        "STOOL-ASH-45",
        "Ash stool",
        "45 cm high, takes 120 kg.",
        [12900, 13900, 11500, 149900],
        15,
    ),
    good(
        "LAMP-PAPER-30",
        "Paper lamp",
        "30 cm, with a dimmable bulb.",
        [5495, 5900, 4795, 62900],
        35,
    ),
    good(
        "BLANKET-WOOL-1",
        "Wool blanket",
        "130 × 180 cm. Sold out until spring.",
        [8900, 9500, 7900, 99900],
        0,
    ),
    good(
        "BOWL-ASH-25",
        "Ash bowl",
        "Turned from one piece, 25 cm.",
        [4333, 4599, 3799, 48900],
        45,
    ),
    Good {
        code: "CARD-TEA-PDF",
        name: "The tea table, e-book",
        description: "120 pages about brewing. Downloaded, never shipped.",
        prices: [990, 990, 850, 9900],
        stock: 0,
        digital: true,
    },
];

/// Standard VAT in the European Union in 2026: country and decimal rate. Source: the Commission's VAT database.
pub(super) const EU_VAT: &[(&str, &str)] = &[
    ("AT", "0.2"),
    ("BE", "0.21"),
    ("BG", "0.2"),
    ("CY", "0.19"),
    ("CZ", "0.21"),
    ("DE", "0.19"),
    ("DK", "0.25"),
    ("EE", "0.24"),
    ("ES", "0.21"),
    ("FI", "0.255"),
    ("FR", "0.2"),
    ("GR", "0.24"),
    ("HR", "0.25"),
    ("HU", "0.27"),
    ("IE", "0.23"),
    ("IT", "0.22"),
    ("LT", "0.21"),
    ("LU", "0.17"),
    ("LV", "0.21"),
    ("MT", "0.18"),
    ("NL", "0.21"),
    ("PL", "0.23"),
    ("PT", "0.23"),
    ("RO", "0.21"),
    ("SE", "0.25"),
    ("SI", "0.22"),
    ("SK", "0.23"),
];

/// State-level sales tax of a few states, for the demo only: real shops need a tax service.
pub(super) const US_SALES_TAX: &[(&str, &str)] = &[
    ("CA", "0.0725"),
    ("FL", "0.06"),
    ("IL", "0.0625"),
    ("NY", "0.04"),
    ("TX", "0.0625"),
    ("WA", "0.065"),
];
