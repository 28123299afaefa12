//! What is known to differ from the documents, which of their answers cannot be reached, and where they slip:
//! `expectations.toml`.
//!
//! Invariant: the list cannot rot. An entry that excuses nothing any more, or that calls unreached what was reached,
//! fails the run like a contradiction does.

use std::cell::Cell;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::document::Operation;
use super::judge::Finding;

/// The whole list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    erratum: Vec<Erratum>,
    rename: Vec<Rename>,
    undocumented: Vec<Undocumented>,
    deviation: Vec<Deviation>,
    unreached: Vec<Unreached>,
}

/// A slip of a document, and what is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erratum {
    /// The document's file.
    document: String,
    /// A JSON pointer to what is wrong.
    at: String,
    /// What stands there.
    is: Value,
    /// What is meant; nothing is, when left out.
    reads: Option<Value>,
    why: String,
}

/// A schema whose name is too close to another one's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    document: String,
    schema: String,
    to: String,
    why: String,
}

/// A status that the document does not name and Klarna has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Undocumented {
    /// The beginning of the path, or one operation.
    at: String,
    status: u16,
    /// The error codes it may carry; empty for a body that is not Klarna's error.
    codes: Vec<String>,
    why: String,
    source: String,
    #[serde(skip)]
    seen: Cell<u64>,
}

/// Something about a body or a header that is not as the document says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    at: String,
    status: u16,
    /// The finding, word for word.
    finding: String,
    why: String,
    source: String,
    #[serde(skip)]
    seen: Cell<u64>,
}

/// A documented answer that the walk cannot bring about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unreached {
    operation: String,
    status: u16,
    why: String,
}

impl Expectations {
    pub fn read() -> Result<Self> {
        toml::from_str(include_str!("expectations.toml")).context("read expectations.toml")
    }

    /// Corrects the slips of a document.
    ///
    /// # Errors
    /// When the document no longer has what is to be corrected.
    pub fn correct(&self, file: &str, document: &mut Value) -> Result<()> {
        for erratum in self
            .erratum
            .iter()
            .filter(|erratum| erratum.document == file)
        {
            let Erratum { at, is, reads, .. } = erratum;
            let stands = document.pointer(at);
            ensure!(
                stands == Some(is),
                "expectations.toml is out of date: {file} has {stands:?} at {at}"
            );
            let (parent, member) = at.rsplit_once('/').context("an erratum needs a pointer")?;
            let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
            let parent = parent.with_context(|| format!("{at} is no member of an object"))?;
            match reads {
                Some(reads) => parent.insert(member.to_owned(), reads.clone()),
                None => parent.remove(member),
            };
        }
        for rename in self.rename.iter().filter(|rename| rename.document == file) {
            rename.apply(document)?;
        }
        Ok(())
    }

    /// The statuses that a document does not name for an operation and Klarna has, each with its error codes.
    pub fn undocumented(
        &self,
        method: &str,
        path: &str,
    ) -> impl Iterator<Item = (u16, &[String])> + use<'_> {
        let here = |known: &&Undocumented| is_at(&known.at, method, path);
        let entries: Vec<&Undocumented> = self.undocumented.iter().filter(here).collect();
        entries
            .into_iter()
            .map(|known| (known.status, known.codes.as_slice()))
    }

    /// Whether a finding is listed; remembers that it was seen.
    pub fn excuses(&self, operation: &Operation, status: u16, finding: &Finding) -> bool {
        let seen = match finding {
            Finding::Undocumented { code } => self
                .undocumented
                .iter()
                .find(|known| {
                    let coded = match known.codes.as_slice() {
                        [] => code.is_empty(),
                        codes => codes.contains(code),
                    };
                    known.status == status
                        && coded
                        && is_at(&known.at, &operation.method, &operation.path)
                })
                .map(|known| &known.seen),
            Finding::Deviation(text) => self
                .deviation
                .iter()
                .find(|known| {
                    known.status == status
                        && known.finding == *text
                        && is_at(&known.at, &operation.method, &operation.path)
                })
                .map(|known| &known.seen),
        };
        if let Some(seen) = seen {
            seen.set(seen.get() + 1);
        }
        seen.is_some()
    }

    /// Why a documented status is not reached.
    pub fn unreached(&self, operation: &Operation, status: u16) -> Option<&str> {
        let name = operation.name();
        self.unreached
            .iter()
            .find(|known| known.operation == name && known.status == status)
            .map(|known| known.why.as_str())
    }

    /// Entries that are no longer true; `reached` tells of an operation's name and a status.
    pub fn stale(&self, reached: impl Fn(&str, u16) -> bool) -> Vec<String> {
        let mut stale = Vec::new();
        for known in &self.undocumented {
            if known.seen.get() == 0 {
                stale.push(format!(
                    "status {} at {} was not seen",
                    known.status, known.at
                ));
            }
        }
        for known in &self.deviation {
            if known.seen.get() == 0 {
                stale.push(format!(
                    "`{}` in status {} at {} was not seen",
                    known.finding, known.status, known.at
                ));
            }
        }
        for known in &self.unreached {
            if reached(&known.operation, known.status) {
                stale.push(format!("{} does reach {}", known.operation, known.status));
            }
        }
        stale
    }

    /// Prints what was excused, and why.
    pub fn print(&self) {
        for Erratum {
            document, at, why, ..
        } in &self.erratum
        {
            println!("  slip in {document} at {at}: {why}");
        }
        for Rename {
            document,
            schema,
            to,
            why,
        } in &self.rename
        {
            println!("  {document}: schema {schema} is read as {to}: {why}");
        }
        for known in &self.undocumented {
            let Undocumented {
                at,
                status,
                why,
                source,
                ..
            } = known;
            println!(
                "  {status} at {at}: {why} [{source}] ({} seen)",
                known.seen.get()
            );
        }
        for known in &self.deviation {
            let Deviation {
                at,
                status,
                finding,
                why,
                source,
                ..
            } = known;
            println!(
                "  {status} at {at}, `{finding}`: {why} [{source}] ({} seen)",
                known.seen.get()
            );
        }
    }
}

impl Rename {
    fn apply(&self, document: &mut Value) -> Result<()> {
        let schemas = document
            .pointer_mut("/components/schemas")
            .and_then(Value::as_object_mut);
        let schemas = schemas.context("no schemas")?;
        let schema = schemas.remove(&self.schema);
        let schema = schema.with_context(|| {
            format!(
                "expectations.toml is out of date: no schema {}",
                self.schema
            )
        })?;
        schemas.insert(self.to.clone(), schema);
        let reference = |name: &str| format!("#/components/schemas/{name}");
        redirect(document, &reference(&self.schema), &reference(&self.to));
        Ok(())
    }
}

/// Points every reference to `from` at `to`.
fn redirect(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "$ref" && member == from {
                    *member = to.into();
                } else {
                    redirect(member, from, to);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, from, to)),
        _ => {}
    }
}

fn is_at(place: &str, method: &str, path: &str) -> bool {
    path.starts_with(place) || place.split_once(' ') == Some((method, path))
}
