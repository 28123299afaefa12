//! The demo's shop: four markets, their goods, taxes and ways to ship and pay, and the people who come in.
//!
//! Invariant: every country that a market ships to has a code of ISO 3166-1 and a tax rule.

use serde_json::{Value, json};

use super::demo::DemoAccess;
use super::demo_goods::{EU_VAT, GOODS, US_SALES_TAX};
use super::plan::Plan;
use crate::access::application::NewApplication;
use crate::caller::{ApplicationKind, Role};
use crate::error::GatewayError;
use crate::{payments, shop};

/// A market of the demo.
struct Market {
    code: &'static str,
    name: &'static str,
    currency: &'static str,
    tax_included: bool,
    /// Region of Klarna's hosts.
    region: &'static str,
    /// Regular expression of the countries it ships to.
    countries: &'static str,
    /// Which of the two warehouses.
    warehouse: usize,
    /// Minor units of standard shipping.
    shipping: i64,
    /// Minor units of express delivery, where there is one.
    express: Option<(&'static str, i64)>,
    /// Minor units from which standard shipping is free.
    free_over: i64,
}

const EU_COUNTRIES: &str =
    "^(AT|BE|BG|CY|CZ|DE|DK|EE|ES|FI|FR|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)$";

/// The markets, in the order of the prices of [`GOODS`].
const MARKETS: [Market; 4] = [
    Market {
        code: "EU",
        name: "Europe",
        currency: "EUR",
        tax_included: true,
        region: "EU",
        countries: EU_COUNTRIES,
        warehouse: 0,
        shipping: 700,
        express: Some(("Express Delivery EU", 1200)),
        free_over: 9900,
    },
    Market {
        code: "US",
        name: "United States",
        currency: "USD",
        tax_included: false,
        region: "US",
        countries: "^US$",
        warehouse: 1,
        shipping: 800,
        express: None,
        free_over: 9900,
    },
    Market {
        code: "UK",
        name: "United Kingdom",
        currency: "GBP",
        tax_included: true,
        region: "EU",
        countries: "^GB$",
        warehouse: 0,
        shipping: 600,
        express: None,
        free_over: 8900,
    },
    Market {
        code: "SE",
        name: "Sweden",
        currency: "SEK",
        tax_included: true,
        region: "EU",
        countries: "^SE$",
        warehouse: 0,
        shipping: 7900,
        express: None,
        free_over: 99_900,
    },
];

impl Plan<'_> {
    /// Markets, goods, warehouses, shipping and payment.
    pub(super) fn shop(&mut self, access: &mut DemoAccess) -> Result<(), GatewayError> {
        let address = self.add(
            "addresses",
            json!({
                "business": true, "company": "Acme", "line_1": "Example Street 1", "city": "Berlin",
                "zip_code": "10178", "country_code": "DE", "phone": "+4930000000",
            }),
        );
        let merchant = self.add(
            "merchants",
            json!({ "name": "Acme", "address_id": address }),
        );
        let category = self.add(
            "shipping_categories",
            json!({ "name": "Parcels", "code": "parcels" }),
        );
        let warehouses = self.warehouses(&address);
        let lists: Vec<String> = MARKETS
            .iter()
            .map(|market| {
                self.add("price_lists", json!({
            "name": format!("{} prices", market.name), "code": market.code.to_lowercase(),
            "currency_code": market.currency, "tax_included": market.tax_included,
        }))
            })
            .collect();
        self.goods(access, &category, &lists, &warehouses);
        for (market, list) in MARKETS.iter().zip(&lists) {
            self.market(
                access,
                market,
                &merchant,
                list,
                &category,
                &warehouses[market.warehouse],
            )?;
        }
        Ok(())
    }

    fn warehouses(&mut self, address: &str) -> Vec<String> {
        ["Europe", "America"]
            .map(|name| {
                self.add("stock_locations", json!({
            "name": format!("{name} warehouse"), "code": name.to_lowercase(), "address_id": address,
        }))
            })
            .to_vec()
    }

    fn goods(
        &mut self,
        access: &mut DemoAccess,
        category: &str,
        lists: &[String],
        warehouses: &[String],
    ) {
        for good in GOODS {
            let sku = self.add("skus", json!({
                "code": good.code, "name": good.name, "description": good.description,
                "do_not_ship": good.digital, "do_not_track": good.digital, "shipping_category_id": category,
            }));
            access.skus.push(good.code.to_owned());
            for ((list, amount), market) in lists.iter().zip(good.prices).zip(&MARKETS) {
                self.add(
                    "prices",
                    json!({
                        "sku_id": sku, "sku_code": good.code, "price_list_id": list,
                        "currency_code": market.currency, "amount_cents": amount,
                    }),
                );
            }
            if good.digital {
                continue;
            }
            for warehouse in warehouses {
                let body =
                    json!({ "sku_id": sku, "sku_code": good.code, "stock_location_id": warehouse });
                self.add_stock(body, good.stock);
            }
        }
    }

    fn market(
        &mut self,
        access: &mut DemoAccess,
        market: &Market,
        merchant: &str,
        list: &str,
        category: &str,
        warehouse: &str,
    ) -> Result<(), GatewayError> {
        let model = self.add(
            "inventory_models",
            json!({ "name": market.name, "strategy": "no_split" }),
        );
        self.add(
            "inventory_stock_locations",
            json!({
                "priority": 1, "inventory_model_id": model, "stock_location_id": warehouse,
            }),
        );
        let calculator = self.taxes(market);
        let id = self.gateway.new_id();
        let zone = self.add(
            "shipping_zones",
            json!({
                "name": market.name, "country_code_regex": market.countries,
            }),
        );
        let mut methods = vec![(
            "Standard Shipping",
            market.shipping,
            Some(market.free_over),
            72,
            120,
        )];
        methods.extend(
            market
                .express
                .map(|(name, price)| (name, price, None, 24, 48)),
        );
        for (name, price, free_over, least, most) in methods {
            let method = self.add("shipping_methods", json!({
                "name": name, "scheme": "flat", "currency_code": market.currency, "price_amount_cents": price,
                "free_over_amount_cents": free_over, "market_id": id, "shipping_zone_id": zone,
                "shipping_category_id": category,
            }));
            self.add("delivery_lead_times", json!({
                "min_hours": least, "max_hours": most, "min_days": least / 24, "max_days": most / 24,
                "stock_location_id": warehouse, "shipping_method_id": method,
            }));
        }
        self.payment_methods(access, market, &id)?;
        self.add_as("markets", id.clone(), json!({
            "name": market.name, "code": market.code, "merchant_id": merchant, "price_list_id": list,
            "inventory_model_id": model, "tax_calculator_id": calculator,
            "tax_calculator_type": "manual_tax_calculators",
        }));
        access.markets.insert(market.code.to_owned(), id);
        Ok(())
    }

    fn taxes(&mut self, market: &Market) -> String {
        let calculator = self.add(
            "manual_tax_calculators",
            json!({ "name": format!("{} taxes", market.name) }),
        );
        let rules: Vec<(&str, Option<&str>, &str)> = match market.code {
            "EU" => EU_VAT
                .iter()
                .map(|(country, rate)| (*country, None, *rate))
                .collect(),
            "US" => US_SALES_TAX
                .iter()
                .map(|(state, rate)| ("US", Some(*state), *rate))
                .collect(),
            "UK" => vec![("GB", None, "0.2")],
            _ => vec![("SE", None, "0.25")],
        };
        for (country, state, rate) in rules {
            let rate: Value = serde_json::from_str(rate).unwrap_or_default();
            let freight = market.tax_included;
            self.add("tax_rules", json!({
                "name": state.map_or_else(|| country.to_owned(), |state| format!("{country}-{state}")),
                "tax_rate": rate, "freight_taxable": freight, "payment_method_taxable": freight,
                "country_code_regex": format!("^{country}$"),
                "state_code_regex": state.map(|state| format!("^{state}$")),
                "manual_tax_calculator_id": calculator,
            }));
        }
        calculator
    }

    fn payment_methods(
        &mut self,
        access: &DemoAccess,
        market: &Market,
        market_id: &str,
    ) -> Result<(), GatewayError> {
        let mut credentials = serde_json::Map::new();
        credentials.insert("name".to_owned(), json!(format!("Klarna {}", market.name)));
        credentials.insert("country_code".to_owned(), json!(market.region));
        credentials.insert("api_key".to_owned(), json!(access.klarna_username));
        credentials.insert("api_secret".to_owned(), json!(access.klarna_password));
        payments::seal_credentials(self.gateway, &mut credentials)?;
        let klarna = self.add("klarna_gateways", Value::Object(credentials));
        let manual = self.add(
            "manual_gateways",
            json!({ "name": format!("Bank transfer {}", market.name) }),
        );
        let ways = [
            ("Klarna", "klarna_payments", klarna, "klarna_gateways"),
            ("Wire transfer", "wire_transfers", manual, "manual_gateways"),
        ];
        for (name, source, gateway, kind) in ways {
            self.add("payment_methods", json!({
                "name": name, "payment_source_type": source, "currency_code": market.currency,
                "price_amount_cents": 0, "market_id": market_id, "payment_gateway_id": gateway,
                "payment_gateway_type": kind, "auto_place": source == "klarna_payments", "auto_capture": false,
            }));
        }
        Ok(())
    }

    /// Applications and the customer.
    pub(super) fn people(&mut self, access: &DemoAccess, password_hash: &str) {
        self.application(&NewApplication {
            id: self.gateway.new_id(),
            name: "Online shop",
            kind: ApplicationKind::SalesChannel,
            client_id: &access.sales_channel_id,
            client_secret: None,
            role: Role::Admin,
            redirect_uri: None,
        });
        self.application(&NewApplication {
            id: self.gateway.new_id(),
            name: "Back office",
            kind: ApplicationKind::Integration,
            client_id: &access.integration_id,
            client_secret: Some(&access.integration_secret),
            role: Role::Admin,
            redirect_uri: None,
        });
        let body = shop::customer::new_body(&access.customer_email, Some(password_hash));
        let id = self.gateway.new_id();
        self.add_as("customers", id.clone(), Value::Object(body));
        if let Some(put) = self.set.puts.last_mut() {
            put.record.owner = Some(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kassa_commerce::country::is_country;

    #[test]
    fn every_market_ships_to_countries_that_exist_and_are_taxed() {
        for market in &MARKETS {
            let codes = market.countries.trim_matches(['^', '$', '(', ')']);
            for code in codes.split('|') {
                assert!(is_country(code), "{} {code}", market.code);
                let taxed = market.code != "EU" || EU_VAT.iter().any(|(taxed, _)| *taxed == code);
                assert!(taxed, "{code}");
            }
        }
    }
}
