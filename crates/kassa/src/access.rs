//! `kassa access`: adds applications and users to an organization.
//!
//! Invariant: secrets and passwords are made here, printed once, and stored only as digests; it works on the data folder
//! of a gateway that is stopped.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use kassa_environment::{SystemEntropy, base62};
use kassa_gateway::provision::{self, ApplicationPlan};
use kassa_gateway::{ApplicationKind, Field, Gateway, GatewayError, Role};

use crate::cli::{Access, AccessCommand, ApplicationKindName, NewApplication, NewUser, Place};
use crate::config::{DOMAIN, File};
use crate::data::DataFolder;
use crate::gateway_server::{self, GatewayKeys};

/// Adds what was asked for.
///
/// # Errors
/// When the data folder is in use or cannot be used, and for an organization, address or email that does not do.
pub async fn run(options: Access, file: &File) -> anyhow::Result<ExitCode> {
    let folder = DataFolder::open(&file.data(options.data))?;
    let keys = GatewayKeys {
        domain: file
            .gateway
            .domain
            .clone()
            .unwrap_or_else(|| DOMAIN.to_owned()),
        public_url: String::new(),
        klarna_test_url: None,
        outbound_targets: file.gateway.outbound_targets.unwrap_or_default(),
    };
    let gateway = gateway_server::open(&folder, keys).await?;
    match options.command {
        AccessCommand::Application(new) => application(&gateway, &new).await?,
        AccessCommand::User(new) => user(&gateway, &new).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn application(gateway: &Gateway, new: &NewApplication) -> anyhow::Result<()> {
    let kind = match new.kind {
        ApplicationKindName::SalesChannel => ApplicationKind::SalesChannel,
        ApplicationKindName::Integration => ApplicationKind::Integration,
        ApplicationKindName::Webapp => ApplicationKind::Webapp,
    };
    check_addresses(kind, &new.redirect_uri)?;
    let client_id = base62(&SystemEntropy, 43);
    let secret = base62(&SystemEntropy, 43);
    let has_secret = kind != ApplicationKind::SalesChannel || new.on_behalf;
    let redirect_uri = new.redirect_uri.join(" ");
    let plan = ApplicationPlan {
        name: &new.name,
        kind,
        client_id: &client_id,
        client_secret: has_secret.then_some(secret.as_str()),
        role: role(&new.place),
        redirect_uri: (!redirect_uri.is_empty()).then_some(redirect_uri.as_str()),
    };
    let added = provision::application(gateway, &new.place.organization, !new.place.live, &plan);
    added.await.map_err(told)?;
    println!("client id     {client_id}");
    if has_secret {
        println!("client secret {secret}   (shown once)");
    }
    Ok(())
}

async fn user(gateway: &Gateway, new: &NewUser) -> anyhow::Result<()> {
    let password = base62(&SystemEntropy, 20);
    let (slug, test) = (&new.place.organization, !new.place.live);
    let added = provision::user(gateway, slug, test, &new.email, &password, role(&new.place));
    added.await.map_err(told)?;
    println!("email         {}", new.email);
    println!("password      {password}   (shown once)");
    Ok(())
}

/// A webapp needs addresses, and others have none. Codes go to `https`, or to the user's own machine (RFC 8252, 7.3).
fn check_addresses(kind: ApplicationKind, addresses: &[String]) -> anyhow::Result<()> {
    if (kind == ApplicationKind::Webapp) == addresses.is_empty() {
        bail!("a webapp needs --redirect-uri, and other applications have none");
    }
    for address in addresses {
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let host = rest.split(['/', '?', ':']).next().unwrap_or_default();
        let near = matches!(host, "localhost" | "127.0.0.1");
        let fine = !host.is_empty() && (scheme == "https" || (scheme == "http" && near));
        if !fine || address.contains('#') || address.chars().any(char::is_whitespace) {
            bail!(
                "--redirect-uri {address} must be an https address without a fragment, or http on this machine"
            );
        }
    }
    Ok(())
}

fn role(place: &Place) -> Role {
    if place.read_only {
        Role::ReadOnly
    } else {
        Role::Admin
    }
}

/// A refusal in words for a person.
fn told(error: GatewayError) -> anyhow::Error {
    let GatewayError::Invalid(violations) = error else {
        return error.into();
    };
    let sentences: Vec<String> = violations
        .into_iter()
        .map(|violation| match violation.field {
            Field::Attribute(name) | Field::Relationship(name) => {
                format!("{name} {}", violation.message)
            }
            Field::Base => violation.message,
        })
        .collect();
    anyhow!(sentences.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_to_https_or_to_the_same_machine() {
        let check = |address: &str| check_addresses(ApplicationKind::Webapp, &[address.to_owned()]);
        for fine in [
            "https://example.com/callback",
            "http://localhost:3000/callback",
            "http://127.0.0.1/",
        ] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://example.com/callback",
            "https://example.com/#here",
            "https://",
            "example.com",
            "javascript:alert(1)",
            "http://localhost.example.com/",
            "https://example.com/a b",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert!(check_addresses(ApplicationKind::Webapp, &[]).is_err());
        assert!(check_addresses(ApplicationKind::Integration, &[]).is_ok());
    }
}
