//! The demo's organization: four markets, a small shop, and everyone who may come in.
//!
//! Invariant: made once for a store; every later call reads back what the first one noted down.

use std::collections::BTreeMap;

use kassa_environment::base62;
use kassa_storage::{Guard, Key, Put, Realm, Record, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::demo_goods::{EU_VAT, GOODS, US_SALES_TAX};
use super::plan::Plan;
use crate::access::application::NewApplication;
use crate::access::keys::platform;
use crate::caller::ApplicationKind;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::{payments, shop};

/// Where the note about the demo is kept, in the platform's realm.
const NOTE: (&str, &str) = ("provisions", "demo");
const SLUG: &str = "acme";
const CUSTOMER_EMAIL: &str = "customer@example.com";

/// Everything a script needs to come in: also what the demo remembers of itself.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoAccess {
    /// The organization's slug.
    pub organization: String,
    /// The public client id of the shop's sales channel; its scope names the market.
    pub sales_channel_id: String,
    /// The integration's client id.
    pub integration_id: String,
    /// The integration's secret.
    pub integration_secret: String,
    /// A customer's e-mail.
    pub customer_email: String,
    /// The customer's password.
    pub customer_password: String,
    /// User name at Klarna.
    pub klarna_username: String,
    /// Password at Klarna.
    pub klarna_password: String,
    /// The newer credential of the same account at Klarna.
    pub klarna_api_key: String,
    /// Market ids by code.
    pub markets: BTreeMap<String, String>,
    /// SKU codes in the order of the catalogue.
    pub skus: Vec<String>,
}

impl std::fmt::Debug for DemoAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DemoAccess")
            .field("organization", &self.organization)
            .field("markets", &self.markets)
            .finish_non_exhaustive()
    }
}

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

/// The demo's organization; made if this store has none yet.
///
/// # Errors
/// When the store cannot be used.
pub async fn demo(gateway: &Gateway) -> Result<DemoAccess, GatewayError> {
    if let Some(access) = noted(gateway).await? {
        return Ok(access);
    }
    let random = |length| base62(gateway.entropy().as_ref(), length);
    let mut access = DemoAccess {
        organization: SLUG.to_owned(),
        sales_channel_id: random(43),
        integration_id: random(43),
        integration_secret: random(43),
        customer_email: CUSTOMER_EMAIL.to_owned(),
        customer_password: random(16),
        klarna_username: format!("K_{}", random(16)),
        klarna_password: random(32),
        klarna_api_key: format!("klarna_test_api_{}", random(40)),
        markets: BTreeMap::new(),
        skus: Vec::new(),
    };
    let hash = gateway
        .password_hash(access.customer_password.clone())
        .await?;
    let organization_id = gateway.new_id();
    let mut plan = Plan::new(gateway, Realm::new(&organization_id, true));
    plan.organization(&organization_id, SLUG, "Acme")?;
    plan.shop(&mut access)?;
    plan.people(&access, &hash);
    let body = match serde_json::to_value(&access) {
        Ok(Value::Object(body)) => body,
        _ => {
            return Err(GatewayError::Internal(
                "the demo's note is no object".to_owned(),
            ));
        }
    };
    let record = Record::root(Key::new(NOTE.0, NOTE.1), body, plan.now_us);
    plan.commit(Some(Put {
        record,
        guard: Guard::New,
    }))
    .await?;
    Ok(access)
}

/// What an earlier start noted down.
async fn noted(gateway: &Gateway) -> Result<Option<DemoAccess>, GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(platform())).await?;
    let Some(record) = snapshot.record(&Key::new(NOTE.0, NOTE.1)).await? else {
        return Ok(None);
    };
    serde_json::from_value(Value::Object(record.body))
        .map(Some)
        .map_err(|error| GatewayError::Internal(format!("the demo's note cannot be read: {error}")))
}

impl Plan<'_> {
    /// Markets, goods, warehouses, shipping and payment.
    fn shop(&mut self, access: &mut DemoAccess) -> Result<(), GatewayError> {
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
    fn people(&mut self, access: &DemoAccess, password_hash: &str) {
        self.application(&NewApplication {
            id: self.gateway.new_id(),
            name: "Online shop",
            kind: ApplicationKind::SalesChannel,
            client_id: &access.sales_channel_id,
            client_secret: None,
        });
        self.application(&NewApplication {
            id: self.gateway.new_id(),
            name: "Back office",
            kind: ApplicationKind::Integration,
            client_id: &access.integration_id,
            client_secret: Some(&access.integration_secret),
        });
        let body = shop::customer::new_body(&access.customer_email, Some(password_hash));
        let id = self.gateway.new_id();
        self.add_as("customers", id.clone(), Value::Object(body));
        if let Some(put) = self.set.puts.last_mut() {
            put.record.owner = Some(id);
        }
    }
}
