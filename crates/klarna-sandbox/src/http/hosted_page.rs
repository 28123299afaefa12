//! The paths of the Hosted Payment Page API and the command behind each.
//!
//! Invariant: as in `route.rs`: a table, no decisions.

use axum::http::Method;
use serde_json::Value;

use crate::world::Command;

/// A call of the Hosted Payment Page API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HostedPageRoute {
    Create,
    Read(String),
    Disable(String),
    Distribute(String),
    GenerateModule(String),
    ReadIdentification(String),
    CheckIdentification(String),
}

/// Finds the route of the segments behind `hpp/v1/`, with the word on whether the method is one of its own.
pub(super) fn find(method: &Method, segments: &[&str]) -> Option<(HostedPageRoute, bool)> {
    let own = |id: &str| id.to_owned();
    Some(match segments {
        ["sessions"] => (HostedPageRoute::Create, method == Method::POST),
        ["sessions", id] if method == Method::DELETE => (HostedPageRoute::Disable(own(id)), true),
        ["sessions", id] => (HostedPageRoute::Read(own(id)), method == Method::GET),
        ["sessions", id, "distribution"] => {
            (HostedPageRoute::Distribute(own(id)), method == Method::POST)
        }
        ["sessions", id, "distribution-module", "token"] => (
            HostedPageRoute::GenerateModule(own(id)),
            method == Method::POST,
        ),
        ["sessions", id, "manual-id-check"] if method == Method::POST => {
            (HostedPageRoute::CheckIdentification(own(id)), true)
        }
        ["sessions", id, "manual-id-check"] => (
            HostedPageRoute::ReadIdentification(own(id)),
            method == Method::GET,
        ),
        _ => return None,
    })
}

impl HostedPageRoute {
    pub(super) fn takes_body(&self) -> bool {
        matches!(
            self,
            Self::Create | Self::Distribute(_) | Self::CheckIdentification(_)
        )
    }

    pub(super) fn command(self, body: Value, public_url: String) -> Command {
        match self {
            Self::Create => Command::CreateHostedPage { body, public_url },
            Self::Read(session_id) => Command::ReadHostedPage { session_id },
            Self::Disable(session_id) => Command::DisableHostedPage { session_id },
            Self::Distribute(session_id) => Command::DistributeHostedPage { session_id, body },
            Self::GenerateModule(session_id) => Command::GenerateDistributionModule { session_id },
            Self::ReadIdentification(session_id) => Command::ReadIdentification { session_id },
            Self::CheckIdentification(session_id) => {
                Command::CheckIdentification { session_id, body }
            }
        }
    }
}
