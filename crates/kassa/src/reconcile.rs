//! `kassa reconcile`: orders against Klarna's books, over the data folder of a stopped gateway or by a running one.
//!
//! Invariant: the exit code says what was found, so that a scheduler can alarm without reading the text.

use std::process::ExitCode;

use anyhow::Context;
use http::Method;
use kassa_gateway::payments::reconcile::Difference;
use kassa_gateway::payments::reconcile::books::{self, BooksPage, BooksQuery};

use crate::cli::Reconcile;
use crate::config::{DOMAIN, File};
use crate::data::DataFolder;
use crate::gateway_server::{self, GatewayKeys};
use crate::remote::{Account, Remote};

/// Something differed; both sides agree now.
const DIFFERED: u8 = 3;
/// Something is still open: an order that could not be read, an operation that waits for a person.
const UNRESOLVED: u8 = 4;

/// Compares everything and prints what was found.
///
/// # Errors
/// When the data folder is in use or cannot be used; when the running gateway does not answer or refuses.
pub async fn run(options: Reconcile, file: &File) -> anyhow::Result<ExitCode> {
    let query = BooksQuery {
        order_id: options.order.clone(),
        settled_days: options.settled_days.unwrap_or(books::SETTLED_DAYS),
        ..BooksQuery::default()
    };
    let page = match &options.gateway {
        Some(url) => running(url, &options, &query).await?,
        None => stopped(&options, file, &query).await?,
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&page)?);
    } else {
        print(&page);
    }
    Ok(exit_code(&page))
}

fn exit_code(page: &BooksPage) -> ExitCode {
    if !page.unread.is_empty() || !page.need_person.is_empty() {
        ExitCode::from(UNRESOLVED)
    } else if !page.differed.is_empty() {
        ExitCode::from(DIFFERED)
    } else {
        ExitCode::SUCCESS
    }
}

/// All organizations of a data folder.
async fn stopped(
    options: &Reconcile,
    file: &File,
    query: &BooksQuery,
) -> anyhow::Result<BooksPage> {
    let folder = DataFolder::open(&file.data(options.data.clone()))?;
    let klarna_test_url = options.klarna_test_url.clone();
    let keys = GatewayKeys {
        domain: file
            .gateway
            .domain
            .clone()
            .unwrap_or_else(|| DOMAIN.to_owned()),
        public_url: String::new(),
        klarna_test_url: klarna_test_url.or_else(|| file.gateway.klarna_test_url.clone()),
        outbound_targets: file.gateway.outbound_targets.unwrap_or_default(),
    };
    let gateway = gateway_server::open(&folder, keys).await?;
    let mut whole = BooksPage::default();
    for realm in gateway.store().realms().await? {
        whole.extend(books::whole(&gateway, &realm, query).await?);
    }
    gateway.keep_calls().await?;
    Ok(whole)
}

/// The organization of an integration, by its running gateway.
async fn running(url: &str, options: &Reconcile, query: &BooksQuery) -> anyhow::Result<BooksPage> {
    let remote = Remote::connect(Account {
        url: url.trim_end_matches('/').to_owned(),
        client_id: options.client_id.clone().unwrap_or_default(),
        client_secret: options.client_secret.clone().unwrap_or_default(),
    })
    .await?;
    let mut whole = BooksPage::default();
    let mut query = query.clone();
    loop {
        let body = serde_json::to_value(&query)?;
        let answer = remote
            .call(Method::POST, "/kassa/v1/reconcile", Some(&body))
            .await?;
        let page = answer.expect_success()?;
        whole.extend(serde_json::from_value(page).context("the gateway's page is not understood")?);
        query.after = whole.next.take();
        if query.after.is_none() {
            return Ok(whole);
        }
    }
}

fn print(page: &BooksPage) {
    for differed in &page.differed {
        for difference in &differed.differences {
            println!("order {}  {}", differed.order_id, words(difference));
        }
        if differed.differences.is_empty() {
            println!("order {}  an open operation was ended", differed.order_id);
        }
    }
    for unread in &page.unread {
        println!(
            "order {}  could not be read: {}",
            unread.order_id, unread.reason
        );
    }
    for operation in &page.need_person {
        println!("operation {operation}  waits for a person (kassa operations show {operation})");
    }
    println!(
        "{} orders read, {} differed, {} could not be read, {} operations wait for a person",
        page.read,
        page.differed.len(),
        page.unread.len(),
        page.need_person.len()
    );
}

fn words(difference: &Difference) -> String {
    match difference {
        Difference::Amount {
            movement,
            id,
            amount_cents,
            currency_code,
        } => {
            let movement = format!("{movement:?}").to_lowercase();
            format!("{movement} {amount_cents} {currency_code} (minor units) at Klarna: {id}")
        }
        Difference::Fraud { decision } => {
            let decision = format!("{decision:?}").to_lowercase();
            format!("fraud decision: {decision}")
        }
    }
}
