//! The published shoppers of each market: one who is approved, one who is denied, companies where there are any.
//!
//! Source: docs.klarna.com, sample customer data. Texts are as printed there, dates in ISO order; the American date
//! (`07-10-1970`) is read as 1970-07-10, like every other shopper's. Invariant: one row for each market.

/// The shoppers of one market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shoppers {
    /// ISO 3166 alpha-2, upper case.
    pub country: &'static str,
    /// How the market is written in e-mail addresses: the country in lower case, but `uk`.
    pub mail_code: &'static str,
    /// The first name, of the approved and of the denied one alike.
    pub given_name: &'static str,
    /// The last name.
    pub family_name: &'static str,
    /// Street and number.
    pub street_address: &'static str,
    /// Postal code.
    pub postal_code: &'static str,
    /// City.
    pub city: &'static str,
    /// Region, where addresses have one.
    pub region: Option<&'static str>,
    /// The one who is approved.
    pub approved: Identity,
    /// The one who is denied.
    pub denied: Identity,
    /// Registration number of a company that is approved.
    pub approved_company: Option<&'static str>,
    /// Registration number of a company that is denied.
    pub denied_company: Option<&'static str>,
}

/// What tells the approved and the denied shopper of a market apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// With country code.
    pub phone: &'static str,
    /// `YYYY-MM-DD`.
    pub date_of_birth: &'static str,
    /// National, tax or social security number, where one is published.
    pub national_identification_number: Option<&'static str>,
}

impl Identity {
    const UNKNOWN: Self = Self {
        phone: "",
        date_of_birth: "",
        national_identification_number: None,
    };
}

impl Shoppers {
    const fn of(country: &'static str, mail_code: &'static str) -> Self {
        Self {
            country,
            mail_code,
            given_name: "",
            family_name: "",
            street_address: "",
            postal_code: "",
            city: "",
            region: None,
            approved: Identity::UNKNOWN,
            denied: Identity::UNKNOWN,
            approved_company: None,
            denied_company: None,
        }
    }

    const fn named(mut self, given_name: &'static str, family_name: &'static str) -> Self {
        self.given_name = given_name;
        self.family_name = family_name;
        self
    }

    const fn living(
        mut self,
        street_address: &'static str,
        postal_code: &'static str,
        city: &'static str,
    ) -> Self {
        self.street_address = street_address;
        self.postal_code = postal_code;
        self.city = city;
        self
    }

    const fn in_region(mut self, region: &'static str) -> Self {
        self.region = Some(region);
        self
    }

    const fn approved(mut self, phone: &'static str, date_of_birth: &'static str) -> Self {
        self.approved.phone = phone;
        self.approved.date_of_birth = date_of_birth;
        self
    }

    const fn identified(mut self, number: &'static str) -> Self {
        self.approved.national_identification_number = Some(number);
        self
    }

    const fn denied(mut self, phone: &'static str, date_of_birth: &'static str) -> Self {
        self.denied.phone = phone;
        self.denied.date_of_birth = date_of_birth;
        self
    }

    const fn denied_as(mut self, number: &'static str) -> Self {
        self.denied.national_identification_number = Some(number);
        self
    }

    const fn company(mut self, registration: &'static str) -> Self {
        self.approved_company = Some(registration);
        self
    }

    const fn denied_company(mut self, registration: &'static str) -> Self {
        self.denied_company = Some(registration);
        self
    }

    /// The approved shopper's address in the pattern of both generations, the older one first.
    #[must_use]
    pub fn addresses(&self) -> [String; 2] {
        self.addresses_with("")
    }

    /// The addresses with further tags, such as `+denied`.
    #[must_use]
    pub fn addresses_with(&self, tags: &str) -> [String; 2] {
        let code = self.mail_code;
        [
            format!("customer{tags}@email.{code}"),
            format!("customer+{code}{tags}@klarna.com"),
        ]
    }
}

/// The shoppers of every market.
pub const SHOPPERS: [Shoppers; 26] = [
    Shoppers::of("AU", "au")
        .named("Test", "Person-au")
        .living("4 Wharf St", "4877", "Port Douglas")
        .in_region("QLD")
        .approved("+61473752244", "1970-07-10")
        .denied("+61473763254", "1994-05-03"),
    Shoppers::of("AT", "at")
        .named("Test", "Person-at")
        .living("Mariahilfer Straße 47", "1060", "Wien")
        .approved("+4306762600456", "1970-07-10")
        .denied("+4306762600745", "1970-07-10"),
    Shoppers::of("BE", "be")
        .named("Test", "Person-be")
        .living("Grote Markt 1", "1000", "Brussel")
        .approved("+32485121291", "1970-07-10")
        .denied("+32485212123", "1970-07-10"),
    Shoppers::of("CA", "ca")
        .named("Test", "Person-ca")
        .living("2693 Byron Rd", "V7H 1L9", "North Vancouver")
        .in_region("BC")
        .approved("+15197438620", "1970-07-10")
        .denied("+15197308624", "1970-07-10"),
    Shoppers::of("CZ", "cz")
        .named("Test", "Person-cz")
        .living("Zazvorkova 1480/11", "155 00", "Praha")
        .approved("+420771613715", "1970-01-01")
        .denied("+420771623691", "1992-06-27"),
    Shoppers::of("DK", "dk")
        .named("Test", "Person-dk")
        .living("Dantes Plads 7", "1556", "København")
        .approved("+4542555628", "1980-01-01")
        .denied("+4552555348", "1970-07-10")
        .company("27968880")
        .denied_company("99999993"),
    Shoppers::of("FI", "fi")
        .named("Test", "Person-fi")
        .living("Mannerheimintie 34", "00100", "Helsinki")
        .approved("+358401234567", "1999-01-01")
        .identified("190122-829F")
        .denied("+358401234568", "1999-01-01")
        .company("10891871"),
    Shoppers::of("FR", "fr")
        .named("Test", "Person-fr")
        .living("33 rue la Fayette", "75009", "Paris")
        .approved("+33689854321", "1990-07-10")
        .denied("+33687984322", "1990-07-10"),
    Shoppers::of("DE", "de")
        .named("Mock", "Mock")
        .living("Neue Schönhauser Str. 2", "10178", "Berlin")
        .approved("+49017614284340", "1970-07-10")
        .denied("+49017610927312", "1970-07-10"),
    Shoppers::of("GR", "gr")
        .named("Test", "Person-gr")
        .living("Kephisias 37", "151 23", "Athina")
        .approved("+306945553624", "1960-01-01")
        .identified("090000045")
        .denied("+306945553625", "1970-11-11"),
    Shoppers::of("HU", "hu")
        .named("Test", "Person-hu")
        .living("Ludovika tér 2", "1083", "Budapest")
        .approved("+36300102692", "2000-01-01")
        .denied("+36705553575", "2000-01-01"),
    Shoppers::of("IE", "ie")
        .named("Test", "Person-ie")
        .living("30 King Street South", "D02 C838", "Dublin")
        .approved("+353855351400", "1970-07-10")
        .denied("+353855351401", "1970-07-10"),
    Shoppers::of("GB", "uk")
        .named("Test", "Person-uk")
        .living("10 New Burlington Street Apt. 214", "W1S 3BE", "London")
        .approved("+447755564318", "1970-07-10")
        .denied("+447355505530", "1970-07-10"),
    Shoppers::of("IT", "it")
        .named("Test", "Person-it")
        .living("Via Enrico Fermi 150", "00146", "Roma")
        .approved("+393339741231", "1980-01-01")
        .identified("RSSBNC80A41H501B")
        .denied("+393312232389", "1980-01-01"),
    Shoppers::of("MX", "mx")
        .named("Test", "Person-mx")
        .living("Av Cuauhtémoc 462", "03000", "Benito Juárez")
        .in_region("CDMX")
        .approved("+525593747739", "1970-07-10")
        .denied("+525593747740", "1970-07-10"),
    Shoppers::of("NL", "nl")
        .named("Test", "Person-nl")
        .living("Osdorpplein 137", "1068 SR", "Amsterdam")
        .approved("+31689124321", "1970-07-10")
        .denied("+31632167678", "1970-07-10"),
    Shoppers::of("NZ", "nz")
        .named("Test", "Person-nz")
        .living("286 Mount Wellington Highway", "6011", "Auckland")
        .approved("+6427555290", "1970-07-10")
        .denied("+642993007712", "1970-07-10"),
    Shoppers::of("NO", "no")
        .named("Jane", "Test")
        .living("Edvard Munchs Plass 1", "0194", "Oslo")
        .approved("+4740123456", "1970-08-01")
        .identified("NO01087000571")
        .denied("+4740123457", "1970-08-01")
        .denied_as("NO01087000148")
        .company("999999999"),
    Shoppers::of("PL", "pl")
        .named("Test", "Person-pl")
        .living("Ul. Górczewska 124", "01-460", "Warszawa")
        .approved("+48795222223", "1967-05-05")
        .denied("+48795223325", "1967-05-05"),
    Shoppers::of("PT", "pt")
        .named("Test", "Person-pt")
        .living("Avenida Dom João II 40", "1990-094", "Lisboa")
        .approved("+351935556731", "1990-07-10")
        .denied("+351915593837", "1990-07-10"),
    Shoppers::of("RO", "ro")
        .named("Test", "Person-ro")
        .living("Drumul Taberei 35", "061357", "București")
        .approved("+40741209876", "1970-12-25")
        .identified("1701225193558")
        .denied("+40707127444", "1970-12-25"),
    Shoppers::of("SK", "sk")
        .named("Test", "Person-sk")
        .living("Vajanského nábrežie 2", "810 06", "Bratislava")
        .approved("+421905123456", "2000-01-01")
        .identified("000101/0009")
        .denied("+421905123457", "2000-01-01")
        .denied_as("000101/0020"),
    Shoppers::of("ES", "es")
        .named("Test", "Person-es")
        .living("C. de Atocha 27", "28012", "Madrid")
        .approved("+34672563009", "1970-07-10")
        .identified("99999999R")
        .denied("+34682425101", "1970-07-10"),
    Shoppers::of("SE", "se")
        .named("Alice", "Test")
        .living("Södra Blasieholmshamnen 2", "11148", "Stockholm")
        .approved("+46701740615", "1941-03-21")
        .identified("SE194103219202")
        .denied("+46701740620", "1941-10-28")
        .denied_as("SE194110288083")
        .company("002031-0132"),
    Shoppers::of("CH", "ch")
        .named("Accepted", "Person-ch")
        .living("Augustinergasse 2", "4051", "Basel")
        .approved("+41758680000", "1990-01-01")
        .denied("+41758680001", "2000-01-01"),
    Shoppers::of("US", "us")
        .named("Test", "Person-us")
        .living("509 Amsterdam Ave", "10024-3941", "New York")
        .in_region("NY")
        .approved("+13106683312", "1970-07-10")
        .identified("123456789")
        .denied("+13106354386", "1970-07-10"),
];
