//! `kassa import`: rows of files become rows of a running gateway, new or changed.
//!
//! Invariant: a row is looked for by its identity before it is written, so doing a file twice changes nothing; a row
//! that the gateway refuses is told with its line and stops neither the others nor the mark.

use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::Context;
use futures_util::{StreamExt, stream};
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::kinds::{self, Kind};
use super::progress::Progress;
use super::sheet::{Problem, Row, Sheet};
use crate::remote::Remote;

/// Rows on their way at the same time.
const AT_ONCE: usize = 8;

/// Rows between two marks of progress.
const MARK_EVERY: usize = 50;

/// What became of the rows of one file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// New rows.
    pub created: usize,
    /// Known rows, written again.
    pub updated: usize,
    /// Rows that an earlier run had done.
    pub skipped: usize,
    /// Rows that the gateway refused, and why.
    pub problems: Vec<Problem>,
}

/// What became of one row.
enum Written {
    Created,
    Updated,
    Refused(String),
}

/// Rows found by their identity, by type.
type Found = Mutex<HashMap<(&'static str, Vec<String>), String>>;

/// An import into one gateway.
pub struct Import<'a> {
    remote: &'a Remote,
    found: Found,
}

impl<'a> Import<'a> {
    /// Into this gateway.
    #[must_use]
    pub fn new(remote: &'a Remote) -> Self {
        Self {
            remote,
            found: Found::default(),
        }
    }

    /// Writes the rows of a file, from where an earlier run stopped. `told` hears how many rows are done.
    ///
    /// # Errors
    /// When the gateway does not answer, or the mark cannot be written.
    pub async fn sheet(
        &self,
        sheet: &Sheet,
        mut progress: Progress,
        told: impl Fn(usize),
    ) -> anyhow::Result<Tally> {
        let skipped = progress.done().min(sheet.rows.len());
        let mut tally = Tally {
            skipped,
            ..Tally::default()
        };
        let rows = stream::iter(&sheet.rows[skipped..])
            .map(|row| async move { (row.line, self.row(sheet.kind, row).await) });
        let mut rows = rows.buffered(AT_ONCE);
        let mut done = skipped;
        while let Some((line, written)) = rows.next().await {
            let written = written.with_context(|| {
                format!(
                    "{}:{line}: run the command again to go on from here",
                    sheet.file
                )
            });
            let written = match written {
                Ok(written) => written,
                Err(error) => {
                    progress.reached(done)?;
                    return Err(error);
                }
            };
            match written {
                Written::Created => tally.created += 1,
                Written::Updated => tally.updated += 1,
                Written::Refused(what) => tally.problems.push(Problem {
                    file: sheet.file.clone(),
                    line,
                    what,
                }),
            }
            done += 1;
            if done.is_multiple_of(MARK_EVERY) {
                progress.reached(done)?;
                told(done);
            }
        }
        told(done);
        progress.finish();
        Ok(tally)
    }

    async fn row(&self, kind: &'static Kind, row: &Row) -> anyhow::Result<Written> {
        let references = match self.references(kind, row).await? {
            Ok(references) => references,
            Err(problem) => return Ok(Written::Refused(problem)),
        };
        let own = match self.own(kind, row, &references).await? {
            Ok(own) => own,
            Err(problem) => return Ok(Written::Refused(problem)),
        };
        let mut data = json!({
            "type": kind.name,
            "attributes": row.attributes,
            "relationships": relationships(&references),
        });
        let (method, path) = match &own {
            Some(id) => {
                data["id"] = id.as_str().into();
                (Method::PATCH, format!("/api/{}/{id}", kind.name))
            }
            None => (Method::POST, format!("/api/{}", kind.name)),
        };
        let answer = self
            .remote
            .call(method, &path, Some(&json!({ "data": data })))
            .await?;
        Ok(match answer.status {
            StatusCode::CREATED => Written::Created,
            StatusCode::OK => Written::Updated,
            status if status.is_server_error() => anyhow::bail!("the gateway answers {status}"),
            _ => Written::Refused(answer.reasons().join("; ")),
        })
    }

    /// The rows that a row refers to: relationship, type and id.
    async fn references(
        &self,
        kind: &'static Kind,
        row: &Row,
    ) -> anyhow::Result<Result<Vec<Reference>, String>> {
        let mut references = Vec::new();
        for relationship in kind.descriptor().relationships {
            let columns = kinds::paths(relationship);
            let cells: Vec<String> = columns
                .iter()
                .filter_map(|column| row.references.get(column).cloned())
                .collect();
            let Some(target) = kinds::target(relationship).filter(|_| !cells.is_empty()) else {
                continue;
            };
            if cells.len() < columns.len() {
                let problem = format!("{}: give all of {}", relationship.name, columns.join(", "));
                return Ok(Err(problem));
            }
            let found = Box::pin(self.find(target, &cells)).await?;
            match found {
                Ok(Some(id)) => references.push(Reference {
                    name: relationship.name,
                    kind: target.name,
                    id,
                }),
                Ok(None) => {
                    let wanted = cells.join(" / ");
                    let problem = format!("{}: no {} {wanted}", relationship.name, target.name);
                    return Ok(Err(problem));
                }
                Err(problem) => return Ok(Err(format!("{}: {problem}", relationship.name))),
            }
        }
        Ok(Ok(references))
    }

    /// The id of the row itself, where the gateway knows it.
    async fn own(
        &self,
        kind: &'static Kind,
        row: &Row,
        references: &[Reference],
    ) -> anyhow::Result<Result<Option<String>, String>> {
        let mut filters = Vec::new();
        for part in kind.identity {
            let reference = references.iter().find(|reference| reference.name == *part);
            let filter = match reference {
                Some(reference) => (format!("{part}_id_eq"), reference.id.clone()),
                None => {
                    let value = row.attributes.get(*part).and_then(Value::as_str);
                    (format!("{part}_eq"), value.unwrap_or_default().to_owned())
                }
            };
            filters.push(filter);
        }
        self.look(kind, &filters).await
    }

    /// The row with this identity, remembered once it was found.
    async fn find(
        &self,
        kind: &'static Kind,
        identity: &[String],
    ) -> anyhow::Result<Result<Option<String>, String>> {
        let known = (kind.name, identity.to_vec());
        if let Some(id) = lock(&self.found).get(&known) {
            return Ok(Ok(Some(id.clone())));
        }
        let mut filters = Vec::new();
        for (part, value) in kind.identity.iter().zip(identity) {
            let target = kind.descriptor().relationship(part).and_then(kinds::target);
            let filter = match target {
                None => (format!("{part}_eq"), value.clone()),
                Some(target) => {
                    let id = Box::pin(self.find(target, std::slice::from_ref(value))).await?;
                    match id {
                        Ok(Some(id)) => (format!("{part}_id_eq"), id),
                        other => return Ok(other),
                    }
                }
            };
            filters.push(filter);
        }
        let found = self.look(kind, &filters).await?;
        if let Ok(Some(id)) = &found {
            lock(&self.found).insert(known, id.clone());
        }
        Ok(found)
    }

    async fn look(
        &self,
        kind: &'static Kind,
        filters: &[(String, String)],
    ) -> anyhow::Result<Result<Option<String>, String>> {
        let mut path = format!("/api/{}?fields[{}]=id&page[size]=2", kind.name, kind.name);
        for (name, value) in filters {
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            path.push_str(&format!("&filter[q][{name}]={value}"));
        }
        let path = path.replace('[', "%5B").replace(']', "%5D");
        let answer = self.remote.call(Method::GET, &path, None).await?;
        let body = answer
            .expect_success()
            .with_context(|| format!("looking for {}", kind.name))?;
        let rows = body["data"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        Ok(match rows {
            [] => Ok(None),
            [one] => Ok(one["id"].as_str().map(str::to_owned)),
            _ => Err(format!(
                "several {} have this {}",
                kind.name,
                kind.identity.join(", ")
            )),
        })
    }
}

/// A relationship of a row, resolved.
struct Reference {
    name: &'static str,
    kind: &'static str,
    id: String,
}

fn relationships(references: &[Reference]) -> Map<String, Value> {
    let link = |reference: &Reference| {
        let data = json!({ "type": reference.kind, "id": reference.id });
        (reference.name.to_owned(), json!({ "data": data }))
    };
    references.iter().map(link).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
