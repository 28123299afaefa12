//! Faults by header: `Kassa-Fault: status_after; status=503`, several separated by commas.
//!
//! Invariant: they strike the request that carries them and nothing else. What cannot be read, or cannot strike this
//! request, is an error that the caller sees, because a test that believes in a fault that never struck proves nothing.

use axum::http::HeaderMap;
use kassa_environment::Entropy;
use serde_json::{Map, Value};

use super::chance::Chance;
use super::kind::{FaultKind, Target};
use super::strike::{Fault, Parameters, Strike, StruckBy};

/// The header's name.
const NAME: &str = "kassa-fault";

/// What one request asks for.
#[derive(Debug, Default)]
pub(crate) struct HeaderFaults(Vec<Fault>);

/// Nothing is asked for.
pub(crate) static NONE: HeaderFaults = HeaderFaults(Vec::new());

impl HeaderFaults {
    /// Reads the headers of a request that can be struck in the ways of `targets`.
    pub(crate) fn read(headers: &HeaderMap, targets: &[Target]) -> Result<Self, String> {
        let mut faults = Vec::new();
        for value in headers.get_all(NAME) {
            let text = value
                .to_str()
                .map_err(|_| "Kassa-Fault: not readable as text".to_owned())?;
            for one in text.split(',') {
                let fault = parse(one).map_err(|error| format!("Kassa-Fault: {error}"))?;
                if !targets.contains(&fault.kind.target()) {
                    let name = fault.kind.name();
                    return Err(format!("Kassa-Fault: {name} does not strike this request"));
                }
                faults.push(fault);
            }
        }
        Ok(Self(faults))
    }

    pub(super) fn strike(
        &self,
        target: Target,
        operation: &str,
        entropy: &dyn Entropy,
    ) -> Option<Strike> {
        let fault = self
            .0
            .iter()
            .find(|fault| fault.kind.target() == target && fault.kind.fits(operation))?;
        let chance = || Chance::of(entropy.next_u64(), "header", 0);
        Some(fault.strike(StruckBy::Header, chance))
    }
}

/// `kind; name=value; name=value`.
fn parse(text: &str) -> Result<Fault, String> {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let kind: FaultKind =
        serde_json::from_value(kind.into()).map_err(|_| format!("`{kind}` is no kind of fault"))?;
    let mut members = Map::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("`{part}` is not name=value"))?;
        let number: u64 = value
            .trim()
            .parse()
            .map_err(|_| format!("{}: `{}` is no whole number", name.trim(), value.trim()))?;
        members.insert(name.trim().to_owned(), Value::from(number));
    }
    let fault = Fault::new(kind, Parameters::read(members)?)?;
    if fault.holds_for_ever() {
        return Err("hold_ms: needed, nothing else would end the hold".to_owned());
    }
    Ok(fault)
}
