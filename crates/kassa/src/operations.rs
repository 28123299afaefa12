//! `kassa operations`: what waits for a person, and closing it by what the person found out.
//!
//! Invariant: it works on the data folder of a gateway that is stopped, which the folder's lock guarantees. Listing and
//! showing change nothing; resolving says who decided, why, and what came of it.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use jiff::Timestamp;
use kassa_gateway::payments::person::{self, Finding, Resolution};
use kassa_gateway::{Field, Gateway, GatewayError};
use kassa_storage::{Operation, OperationStatus, Realm, Scope};
use serde_json::{Value, json};

use crate::cli::{Operations, OperationsCommand, Resolve};
use crate::config::{DOMAIN, File};
use crate::data::DataFolder;
use crate::gateway_server::{self, GatewayKeys};

/// Lists, shows or resolves.
///
/// # Errors
/// When the data folder is in use or cannot be used; when there is no such operation, or it cannot be closed that way.
pub async fn run(options: Operations, file: &File) -> anyhow::Result<ExitCode> {
    let folder = DataFolder::open(&file.data(options.data))?;
    let keys = GatewayKeys {
        domain: file
            .gateway
            .domain
            .clone()
            .unwrap_or_else(|| DOMAIN.to_owned()),
        public_url: String::new(),
        klarna_test_url: options
            .klarna_test_url
            .or_else(|| file.gateway.klarna_test_url.clone()),
        outbound_targets: file.gateway.outbound_targets.unwrap_or_default(),
    };
    let gateway = gateway_server::open(&folder, keys).await?;
    match options.command {
        OperationsCommand::List => list(&gateway).await?,
        OperationsCommand::Show { id } => show(&gateway, &id).await?,
        OperationsCommand::Resolve(resolve) => close(&gateway, resolve).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(gateway: &Gateway) -> anyhow::Result<()> {
    let cases = person::cases(gateway).await?;
    if cases.is_empty() {
        println!("no operation waits for a person");
        return Ok(());
    }
    for (realm, operation) in &cases {
        println!(
            "{}  {:<20}  order {}  {}  {}  {}",
            operation.id,
            operation.kind,
            operation.order_id,
            realm.as_str(),
            moment(operation.created_at),
            reason(operation),
        );
    }
    Ok(())
}

async fn show(gateway: &Arc<Gateway>, id: &str) -> anyhow::Result<()> {
    let (realm, operation) = found(person::find(gateway, id).await)?;
    let told = told(gateway, &realm, &operation).await?;
    println!("{}", serde_json::to_string_pretty(&told)?);
    Ok(())
}

/// Everything a person needs, without the request's bytes: those may carry a token.
async fn told(gateway: &Gateway, realm: &Realm, operation: &Operation) -> anyhow::Result<Value> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let ledger = snapshot.ledger(&operation.order_id).await?;
    let entry = ledger.iter().find(|entry| entry.id == operation.id);
    let outcome = operation.outcome.clone().unwrap_or_default();
    Ok(json!({
        "id": operation.id,
        "realm": realm.as_str(),
        "order_id": operation.order_id,
        "kind": operation.kind,
        "status": operation.status,
        "attempts": operation.attempts,
        "created_at": moment(operation.created_at),
        "updated_at": moment(operation.updated_at),
        "reason": reason(operation),
        "klarna_order_id": operation.context.get("klarna_order_id"),
        "amount": entry.map(|entry| json!({
            "kind": entry.kind,
            "minor_units": entry.amount,
            "currency": entry.currency,
            "phase": entry.phase,
        })),
        "calls": outcome.get("calls"),
        "resolution": outcome.get("resolution"),
    }))
}

async fn close(gateway: &Arc<Gateway>, resolve: Resolve) -> anyhow::Result<()> {
    let finding = if resolve.happened {
        Finding::Happened(resolve.klarna_id)
    } else {
        Finding::DidNotHappen
    };
    let resolution = Resolution {
        finding,
        by: resolve.by,
        why: resolve.why,
    };
    let closed = found(person::resolve(gateway, &resolve.id, &resolution).await)?;
    let came_of_it = match closed.status {
        OperationStatus::Succeeded => "it happened: its amounts are posted",
        OperationStatus::Failed => "it did not happen: its amounts are given back",
        OperationStatus::Pending | OperationStatus::NeedsPerson => bail!("it is still open"),
    };
    println!("{}  {}  {came_of_it}", closed.id, closed.kind);
    Ok(())
}

/// The gateway's refusals in words: its error carries them field by field.
fn found<T>(result: Result<T, GatewayError>) -> anyhow::Result<T> {
    match result {
        Ok(found) => Ok(found),
        Err(GatewayError::Invalid(violations)) => {
            let words: Vec<String> = violations
                .iter()
                .map(|violation| match &violation.field {
                    Field::Attribute(name) | Field::Relationship(name) => {
                        format!("{name} {}", violation.message)
                    }
                    Field::Base => violation.message.clone(),
                })
                .collect();
            bail!("{}", words.join("; "))
        }
        Err(error) => Err(error.into()),
    }
}

fn reason(operation: &Operation) -> &str {
    operation
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.get("error"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn moment(us: i64) -> String {
    Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |moment| moment.to_string())
}
