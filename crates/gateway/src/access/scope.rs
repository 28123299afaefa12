//! Scopes: the markets and stock locations that a token is for.
//!
//! Invariant: a granted scope names only rows that existed and were enabled at the moment of issue.

use kassa_storage::{ClaimKey, Key, Record, Snapshot};

use super::application::Application;
use super::grant::oauth;
use crate::caller::ApplicationKind;
use crate::error::GatewayError;

/// Longest scope that is looked at, in parts. Ours.
const MOST_PARTS: usize = 50;

/// What a scope resolved to.
#[derive(Debug, Default)]
pub(super) struct Granted {
    /// As it stands in the token.
    pub scope: String,
    pub market_ids: Vec<String>,
    pub stock_location_ids: Vec<String>,
    /// The first store that the scope names: new orders are its.
    pub store_id: Option<String>,
}

impl Granted {
    fn market(&mut self, id: String) {
        if !self.market_ids.contains(&id) {
            self.market_ids.push(id);
        }
    }

    fn stock_location(&mut self, id: String) {
        if !self.stock_location_ids.contains(&id) {
            self.stock_location_ids.push(id);
        }
    }
}

fn invalid(part: &str) -> GatewayError {
    oauth(
        "invalid_scope",
        format!(
            "scope {part:?} is unknown, disabled or malformed; a part is market, store or stock_location, then \
             :id:<id> or :code:<code>"
        ),
    )
}

/// Resolves a scope; a back office that names nothing gets every market, and its token says so.
///
/// # Errors
/// `invalid_scope` for a part that names nothing, and for a scope that is too little for this application.
pub(super) async fn resolve(
    snapshot: &mut dyn Snapshot,
    application: &Application,
    scope: Option<&str>,
) -> Result<Granted, GatewayError> {
    let back_office = application.kind != ApplicationKind::SalesChannel;
    let scope = match scope.unwrap_or_default().trim() {
        "" if back_office => "market:all",
        scope => scope,
    };
    let parts: Vec<&str> = scope.split_whitespace().collect();
    if parts.len() > MOST_PARTS {
        let detail = format!("a scope has at most {MOST_PARTS} parts");
        return Err(oauth("invalid_scope", detail));
    }
    let mut granted = Granted {
        scope: parts.join(" "),
        ..Granted::default()
    };
    for part in &parts {
        if *part == "market:all" && back_office {
            continue;
        }
        take(snapshot, &mut granted, part).await?;
    }
    let no_market = granted.market_ids.is_empty();
    if no_market && !back_office {
        return Err(oauth(
            "invalid_scope",
            "a sales channel needs a market in its scope",
        ));
    }
    if no_market && !granted.stock_location_ids.is_empty() {
        return Err(oauth(
            "invalid_scope",
            "a stock location needs its market in the scope",
        ));
    }
    Ok(granted)
}

/// Adds what one part names. A store stands for its market, and for its stock location where it has one.
async fn take(
    snapshot: &mut dyn Snapshot,
    granted: &mut Granted,
    part: &str,
) -> Result<(), GatewayError> {
    let (kind, rest) = part.split_once(':').ok_or_else(|| invalid(part))?;
    let (by, value) = rest.split_once(':').ok_or_else(|| invalid(part))?;
    let kind = match kind {
        "market" => "markets",
        "store" => "stores",
        "stock_location" => "stock_locations",
        _ => return Err(invalid(part)),
    };
    let row = named(snapshot, kind, by, value)
        .await?
        .ok_or_else(|| invalid(part))?;
    match kind {
        "markets" => granted.market(row.key.id),
        "stock_locations" => granted.stock_location(row.key.id),
        _ => {
            let market = row.text("market_id").unwrap_or_default();
            let market = named(snapshot, "markets", "id", market)
                .await?
                .ok_or_else(|| invalid(part))?;
            granted.market(market.key.id);
            granted.store_id.get_or_insert_with(|| row.key.id.clone());
            if let Some(place) = row.text("stock_location_id") {
                granted.stock_location(place.to_owned());
            }
        }
    }
    Ok(())
}

/// The enabled row of `kind` with this id or code.
async fn named(
    snapshot: &mut dyn Snapshot,
    kind: &'static str,
    by: &str,
    value: &str,
) -> Result<Option<Record>, GatewayError> {
    let id = match by {
        "id" => Some(value.to_owned()),
        "code" => {
            let claim = ClaimKey::new(format!("{kind}.code"), value);
            snapshot.claim(&claim).await?
        }
        _ => None,
    };
    let Some(id) = id else {
        return Ok(None);
    };
    let row = snapshot.record(&Key::new(kind, id)).await?;
    Ok(row.filter(|row| row.text("disabled_at").is_none()))
}
