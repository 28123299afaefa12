//! `kassa export`: the rows of a running gateway's catalogue become files that `kassa import` reads.
//!
//! Invariant: what one gateway exports and another imports, the other exports the same, but for ids and times.

use std::path::Path;

use anyhow::Context;
use clap::ValueEnum;
use http::Method;
use serde_json::{Map, Value};

use super::kinds::{Column, Kind, paths, target};
use crate::remote::Remote;

/// Rows of one page: the most that the API gives.
const PAGE: usize = 25;

/// How a file is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each row, the first one with the names of the columns.
    #[default]
    Csv,
    /// A list of objects.
    Json,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Writes `<kind>.csv` or `<kind>.json` into `folder` and returns how many rows it has. `told` hears how many are read.
///
/// # Errors
/// When the gateway does not answer or refuses, or the file cannot be written.
pub async fn kind(
    remote: &Remote,
    kind: &'static Kind,
    folder: &Path,
    format: Format,
    told: impl Fn(usize),
) -> anyhow::Result<usize> {
    let columns = kind.columns();
    let mut rows: Vec<Map<String, Value>> = Vec::new();
    for page in 1.. {
        let path = address(kind, &columns, page);
        let answer = remote.call(Method::GET, &path, None).await?;
        let body = answer
            .expect_success()
            .with_context(|| format!("reading {}", kind.name))?;
        let data = body["data"].as_array().cloned().unwrap_or_default();
        let full = data.len() == PAGE;
        rows.extend(data.iter().map(|row| cells(kind, &columns, row, &body)));
        told(rows.len());
        if !full {
            break;
        }
    }
    let path = folder.join(kind.name).with_extension(format.extension());
    let written = match format {
        Format::Csv => write_csv(&path, &columns, &rows),
        Format::Json => write_json(&path, &rows),
    };
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(rows.len())
}

fn address(kind: &Kind, columns: &[(String, Column)], page: usize) -> String {
    let mut include: Vec<String> = columns
        .iter()
        .filter(|(_, column)| matches!(column, Column::Reference(_)))
        .map(|(name, _)| name.clone())
        .collect();
    include.sort();
    let include = include.join(",");
    let name = kind.name;
    format!(
        "/api/{name}?sort=created_at&page%5Bsize%5D={PAGE}&page%5Bnumber%5D={page}&include={include}"
    )
}

/// One row, by column; what is empty is left out.
fn cells(
    kind: &Kind,
    columns: &[(String, Column)],
    row: &Value,
    body: &Value,
) -> Map<String, Value> {
    let mut cells = Map::new();
    for (name, column) in columns {
        let value = match column {
            Column::Attribute(_) => row["attributes"][name].clone(),
            Column::Reference(relationship) => {
                let place = paths(relationship).iter().position(|path| path == name);
                identity(kind, row, relationship.name, place.unwrap_or(0), body)
            }
        };
        let empty = value.is_null() || value == "" || value == serde_json::json!({});
        if !empty {
            cells.insert(name.clone(), value);
        }
    }
    cells
}

/// The part `place` of the identity of the row behind `name`.
fn identity(kind: &Kind, row: &Value, name: &str, place: usize, body: &Value) -> Value {
    let relationship = kind.descriptor().relationship(name);
    let Some(target) = relationship.and_then(target) else {
        return Value::Null;
    };
    let Some(found) = included(row, name, body) else {
        return Value::Null;
    };
    let part = target.identity.get(place).copied().unwrap_or_default();
    match target.descriptor().relationship(part) {
        Some(_) => identity(target, found, part, 0, body),
        None => found["attributes"][part].clone(),
    }
}

fn included<'a>(row: &Value, name: &str, body: &'a Value) -> Option<&'a Value> {
    let link = &row["relationships"][name]["data"];
    let same = |other: &&Value| other["id"] == link["id"] && other["type"] == link["type"];
    body["included"].as_array()?.iter().find(same)
}

fn write_csv(
    path: &Path,
    columns: &[(String, Column)],
    rows: &[Map<String, Value>],
) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    for row in rows {
        let cell = |(name, _): &(String, Column)| match row.get(name) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        writer.write_record(columns.iter().map(cell))?;
    }
    writer.flush()?;
    Ok(())
}

fn write_json(path: &Path, rows: &[Map<String, Value>]) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(rows)?;
    text.push('\n');
    std::fs::write(path, text)?;
    Ok(())
}
