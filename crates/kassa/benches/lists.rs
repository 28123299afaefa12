//! A page of 25 orders with twelve includes, among a thousand orders and among a hundred thousand.
//!
//! The customer's list is asked for by a logged-in customer with 30 orders, the market's by an integration that names the
//! market. Both go over HTTP on one connection, so that the figure is what a caller waits for. The orders are copies of one
//! that was made through the public doors, thirty of them the customer's. What counting takes is printed beside it,
//! because every list tells how many rows there are. Prints one figure a line, `name value unit`. Run it with
//! `cargo xtask bench lists`.

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use kassa::demo::{Running, Start};
use kassa_environment::{Clock, SystemClock};
use kassa_gateway::TokenRequest;
use serde_json::Value;
use support::client::{Connection, body};
use support::template::{Copy, Template};
use support::{median, milliseconds, percentile, setting};

/// Orders at the first measurement.
const FEW: usize = 1_000;
/// Orders at the second, unless `KASSA_BENCH_ORDERS` says otherwise.
const MANY: usize = 100_000;
/// Every so many orders of the first thousand is the customer's.
const OWN: usize = 33;
/// Customers that the other orders belong to.
const OTHERS: usize = 3_000;
/// Orders that one change set holds.
const TOGETHER: usize = 50;
/// Lists of each kind that are measured, after as many that are not.
const LISTS: usize = 100;
/// The relationship paths that the published checkout asks for.
const INCLUDE: &str = "include=available_payment_methods,payment_source,payment_method,\
     line_items.line_item_options.sku_option,line_items.item,shipping_address,billing_address,\
     shipments.available_shipping_methods,shipments.stock_line_items.line_item,shipments.shipping_method,\
     shipments.stock_transfers.line_item,shipments.stock_location";

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let many = setting("KASSA_BENCH_ORDERS", MANY)?.max(2 * FEW);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let running = Running::start(Start::in_folder(folder.path().join("data"))).await?;
    let template = Template::of(&running).await?;
    let callers = Callers::of(&running).await?;
    let mut made = 0;
    let mut costs = Vec::new();
    for orders in [FEW, many] {
        grow(&template, &callers.customer_id, made..orders).await?;
        made = orders;
        let asked = callers.clone();
        costs.push(tokio::task::spawn_blocking(move || asked.measure(orders)).await??);
    }
    if let [few, many] = costs.as_slice() {
        for ((name, few), (_, many)) in few.iter().zip(many) {
            println!("{name}_growth {:.2} times", many / few);
        }
    }
    running.stop().await
}

/// Makes the orders of `numbers`.
async fn grow(
    template: &Template,
    customer: &str,
    numbers: std::ops::Range<usize>,
) -> anyhow::Result<()> {
    let numbers: Vec<usize> = numbers.collect();
    for some in numbers.chunks(TOGETHER) {
        let mut set = template.gateway.change_set(&template.caller.realm);
        for number in some {
            let own = *number < FEW && number % OWN == 0;
            let other = format!("other{}", number % OTHERS);
            let copy = Copy {
                prefix: &format!("n{number}x"),
                own_goods: false,
                customer: Some(if own { customer } else { &other }),
                later_us: i64::try_from(*number)? + 1,
            };
            template.copy(&mut set, &copy)?;
        }
        // One counter may be moved once in a set.
        set.counters.clear();
        template.gateway.commit_once(set).await?;
    }
    Ok(())
}

/// Who asks.
#[derive(Clone)]
struct Callers {
    address: SocketAddr,
    customer: String,
    customer_id: String,
    integration: String,
    market: String,
}

impl Callers {
    async fn of(running: &Running) -> anyhow::Result<Self> {
        let ready = running.ready();
        let gateway = running.gateway();
        let customer = TokenRequest {
            grant_type: "password".to_owned(),
            client_id: ready.sales_channel.client_id.clone(),
            scope: Some(ready.sales_channel.scope.clone()),
            username: Some(ready.customer.email.clone()),
            password: Some(ready.customer.password.clone()),
            ..TokenRequest::default()
        };
        let customer = gateway.issue(customer, None).await?.access_token;
        let integration = TokenRequest {
            grant_type: "client_credentials".to_owned(),
            client_id: ready.integration.client_id.clone(),
            client_secret: Some(ready.integration.client_secret.clone()),
            ..TokenRequest::default()
        };
        let caller = gateway.verify(&customer, "benchmark".to_owned()).await?;
        let url = ready.gateway_url.strip_prefix("http://");
        Ok(Self {
            address: url.context("no plain address")?.parse()?,
            customer_id: caller.customer_id.context("a token without a customer")?,
            customer,
            integration: gateway.issue(integration, None).await?.access_token,
            market: caller.market_ids.first().context("no market")?.clone(),
        })
    }

    /// Medians by name, milliseconds.
    fn measure(&self, orders: usize) -> anyhow::Result<Vec<(&'static str, f64)>> {
        let of_market = format!("filter[q][market_id_eq]={}", self.market);
        let asked = [
            (
                "customer_list",
                &self.customer,
                format!("page[size]=25&sort=-created_at&{INCLUDE}"),
                25,
            ),
            (
                "market_list",
                &self.integration,
                format!("page[size]=25&sort=-created_at&{of_market}&{INCLUDE}"),
                25,
            ),
            (
                "filtered_count",
                &self.integration,
                format!("page[size]=1&{of_market}"),
                1,
            ),
        ];
        let mut medians = Vec::new();
        for (name, token, query, rows) in asked {
            let request = format!(
                "GET /api/orders?{query} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
                 accept: application/vnd.api+json\r\n\r\n",
                self.address
            );
            let taken = self.times(request.as_bytes(), rows)?;
            println!("{name}_p50_at_{orders} {:.3} ms", median(&taken));
            println!("{name}_p99_at_{orders} {:.3} ms", percentile(&taken, 99));
            medians.push((name, median(&taken)));
        }
        Ok(medians)
    }

    fn times(&self, request: &[u8], rows: usize) -> anyhow::Result<Vec<f64>> {
        let mut connection = Connection::open(self.address)?;
        let mut taken = Vec::new();
        for number in 0..2 * LISTS {
            let began = SystemClock.now();
            let answer = connection.send(request)?;
            let took = milliseconds(began);
            if number == 0 {
                let list: Value = serde_json::from_slice(body(answer))?;
                let shown = list["data"].as_array().map_or(0, Vec::len);
                ensure!(shown == rows, "{shown} rows instead of {rows}");
            }
            if number >= LISTS {
                taken.push(took);
            }
        }
        Ok(taken)
    }
}
