//! `kassa reconcile`: orders against Klarna's books, over the data folder of a stopped gateway or by a running one.
//!
//! Invariant: the exit code says what was found, so that a scheduler can alarm without reading the text.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use kassa_gateway::payments::reconcile::Difference;
use kassa_gateway::payments::reconcile::books::{self, BooksPage, BooksQuery};
use kassa_klarna_client::{Transport, transport};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::cli::Reconcile;
use crate::config::{DOMAIN, File};
use crate::data::DataFolder;
use crate::gateway_server::{self, GatewayKeys};

/// Something differed; both sides agree now.
const DIFFERED: u8 = 3;
/// Something is still open: an order that could not be read, an operation that waits for a person.
const UNRESOLVED: u8 = 4;

/// Connecting to a running gateway.
const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer of one page, bytes.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

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
    let sockets = transport::sockets(CONNECT, ANSWER_MAX);
    let url = url.trim_end_matches('/');
    let grant = json!({
        "grant_type": "client_credentials",
        "client_id": options.client_id,
        "client_secret": options.client_secret,
    });
    let token = post(&sockets, &format!("{url}/oauth/token"), None, &grant).await?;
    let token = token["access_token"]
        .as_str()
        .context("the gateway gave no access token")?
        .to_owned();
    let mut whole = BooksPage::default();
    let mut query = query.clone();
    loop {
        let address = format!("{url}/kassa/v1/reconcile");
        let body = serde_json::to_value(&query)?;
        let page = post(&sockets, &address, Some(&token), &body).await?;
        whole.extend(serde_json::from_value(page).context("the gateway's page is not understood")?);
        query.after = whole.next.take();
        if query.after.is_none() {
            return Ok(whole);
        }
    }
}

async fn post(
    sockets: &Transport,
    url: &str,
    token: Option<&str>,
    body: &Value,
) -> anyhow::Result<Value> {
    let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request
        .body(Bytes::from(body.to_string()))
        .with_context(|| format!("{url} is no address"))?;
    let response = match sockets.clone().oneshot(request).await {
        Ok(response) => response,
        Err(error) => bail!("{url} does not answer: {error:?}"),
    };
    let status = response.status();
    let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    ensure!(
        status == StatusCode::OK,
        "{url} answers {status}: {}",
        answer["errors"][0]["detail"]
            .as_str()
            .unwrap_or("no reason given")
    );
    Ok(answer)
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
