//! Files of a catalogue: rows of cells, in CSV or JSON, and what is wrong with them before anything is written.
//!
//! Invariant: reading a file tells every problem of every line, each with its column, what was found and what was
//! expected; a cell that is left empty says nothing about its attribute.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use kassa_storage::descriptor::{Attribute, AttributeType, Required};
use serde_json::{Map, Value};

use super::kinds::{Column, Kind};

/// A line of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number: the line of a CSV file, the place of an item in a JSON file, from 1.
    pub line: u64,
    /// Values of attributes.
    pub attributes: Map<String, Value>,
    /// Cells of references, by column.
    pub references: BTreeMap<String, String>,
}

/// Something wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u64,
    /// What is wrong: the column, what was found, what was expected.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A file, read.
#[derive(Debug)]
pub struct Sheet {
    /// What it holds.
    pub kind: &'static Kind,
    /// Its name, without its folder.
    pub file: String,
    /// Lines without a problem.
    pub rows: Vec<Row>,
    /// Lines with one.
    pub problems: Vec<Problem>,
}

/// A cell as it stands in a file.
enum Cell {
    /// Text of a CSV file.
    Text(String),
    /// A value of a JSON file.
    Json(Value),
}

type Line = (u64, Vec<(String, Cell)>);

/// Reads `<kind>.csv` or `<kind>.json`.
///
/// # Errors
/// When the file cannot be read at all, or its name or its columns are not of a catalogue.
pub fn read(path: &Path) -> anyhow::Result<Sheet> {
    let (stem, extension) = (text(path.file_stem()), text(path.extension()));
    let kind = Kind::find(stem).filter(|kind| !kind.reference_only);
    let kind = kind.with_context(|| {
        let known: Vec<&str> = writable().map(|kind| kind.name).collect();
        format!(
            "{} is not named after a type of the catalogue; expected one of {}",
            path.display(),
            known.join(", ")
        )
    })?;
    let lines = match extension {
        "csv" => from_csv(path),
        "json" => from_json(path),
        _ => bail!("{} is neither .csv nor .json", path.display()),
    };
    let lines = lines.with_context(|| format!("{} cannot be read", path.display()))?;
    let mut sheet = Sheet {
        kind,
        file: text(path.file_name()).to_owned(),
        rows: Vec::new(),
        problems: Vec::new(),
    };
    let columns: BTreeMap<String, Column> = kind.columns().into_iter().collect();
    for line in lines {
        sheet.take(&columns, line);
    }
    sheet.refuse_twins();
    Ok(sheet)
}

fn text(part: Option<&OsStr>) -> &str {
    part.and_then(OsStr::to_str).unwrap_or_default()
}

/// The types that a file may hold.
pub fn writable() -> impl Iterator<Item = &'static Kind> {
    super::kinds::KINDS
        .iter()
        .filter(|kind| !kind.reference_only)
}

fn from_csv(path: &Path) -> anyhow::Result<Vec<Line>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path)?;
    let header = reader.headers()?.clone();
    ensure!(!header.is_empty(), "the first line has to name the columns");
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record?;
        let number = record.position().map_or(0, csv::Position::line);
        let names = header.iter().map(|name| name.trim().to_owned());
        let mut cells: Vec<(String, Cell)> = names
            .zip(record.iter())
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, Cell::Text(text.to_owned())))
            .collect();
        if record.len() > header.len() {
            let extra = record
                .iter()
                .skip(header.len())
                .collect::<Vec<_>>()
                .join(",");
            cells.push((format!("column {}", header.len() + 1), Cell::Text(extra)));
        }
        lines.push((number, cells));
    }
    Ok(lines)
}

fn from_json(path: &Path) -> anyhow::Result<Vec<Line>> {
    let text = std::fs::read_to_string(path)?;
    let items: Vec<Map<String, Value>> =
        serde_json::from_str(&text).context("expected a list of objects")?;
    let lines = items.into_iter().zip(1..).map(|(item, number)| {
        let cells = item.into_iter().filter(|(_, value)| !value.is_null());
        let cells = cells.map(|(name, value)| (name, Cell::Json(value)));
        (number, cells.collect())
    });
    Ok(lines.collect())
}

impl Sheet {
    fn take(&mut self, columns: &BTreeMap<String, Column>, (line, cells): Line) {
        let mut row = Row {
            line,
            attributes: Map::new(),
            references: BTreeMap::new(),
        };
        let mut wrong = Vec::new();
        for (name, cell) in cells {
            match columns.get(&name) {
                None => wrong.push(format!(
                    "{name}: no such column; expected {}",
                    columns.keys().cloned().collect::<Vec<_>>().join(", ")
                )),
                Some(Column::Reference(_)) => match cell.text() {
                    Ok(text) => {
                        row.references.insert(name, text);
                    }
                    Err(found) => wrong.push(format!("{name}: {found} is no text")),
                },
                Some(Column::Attribute(attribute)) => match cell.value(attribute) {
                    Ok(value) => {
                        row.attributes.insert(name, value);
                    }
                    Err(problem) => wrong.push(format!("{name}: {problem}")),
                },
            }
        }
        wrong.extend(missing(columns, &row));
        if wrong.is_empty() {
            self.rows.push(row);
            return;
        }
        let file = self.file.clone();
        let problems = wrong.into_iter().map(|what| Problem {
            file: file.clone(),
            line,
            what,
        });
        self.problems.extend(problems);
    }

    /// Two lines about the same row: which one would hold?
    fn refuse_twins(&mut self) {
        let mut first: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        let mut problems = Vec::new();
        let (kind, file) = (self.kind, self.file.clone());
        self.rows.retain(|row| {
            let identity = row.identity(kind);
            let Some(earlier) = first.get(&identity) else {
                first.insert(identity, row.line);
                return true;
            };
            problems.push(Problem {
                file: file.clone(),
                line: row.line,
                what: format!("{} is in line {earlier} already", identity.join(" / ")),
            });
            false
        });
        self.problems.extend(problems);
    }
}

impl Row {
    /// The values that name it.
    #[must_use]
    pub fn identity(&self, kind: &Kind) -> Vec<String> {
        let of = |part: &&str| match kind.descriptor().relationship(part) {
            Some(relationship) => super::kinds::paths(relationship),
            None => vec![(*part).to_owned()],
        };
        let columns = kind.identity.iter().flat_map(of);
        let value = |column: String| match self.references.get(&column) {
            Some(text) => text.clone(),
            None => self
                .attributes
                .get(&column)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        };
        columns.map(value).collect()
    }
}

/// What a row of this type cannot do without, whether it is new or known: its identity.
fn missing(columns: &BTreeMap<String, Column>, row: &Row) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, column) in columns {
        let (required, given) = match column {
            Column::Reference(relationship) => {
                (relationship.required, row.references.contains_key(name))
            }
            Column::Attribute(attribute) => (
                attribute.required == Required::Yes,
                row.attributes.contains_key(name),
            ),
        };
        if required && !given {
            missing.push(format!("{name}: is missing"));
        }
    }
    missing
}

impl Cell {
    fn text(self) -> Result<String, String> {
        match self {
            Self::Text(text) | Self::Json(Value::String(text)) => Ok(text),
            Self::Json(Value::Number(number)) => Ok(number.to_string()),
            Self::Json(other) => Err(other.to_string()),
        }
    }

    fn value(self, attribute: &Attribute) -> Result<Value, String> {
        let value = match self {
            Self::Json(value) => value,
            Self::Text(text) if is_text(attribute.ty) => Value::String(text),
            Self::Text(text) => {
                let parsed = serde_json::from_str(text.trim());
                parsed.map_err(|_| format!("{text:?} is no {}", name_of(attribute.ty)))?
            }
        };
        let fits = match attribute.ty {
            AttributeType::String | AttributeType::Datetime => value.is_string(),
            AttributeType::Integer => value.is_i64(),
            AttributeType::Float => value.is_number(),
            AttributeType::Boolean => value.is_boolean(),
            AttributeType::Object => value.is_object(),
            AttributeType::Array => value.is_array(),
        };
        if !fits {
            return Err(format!("{value} is no {}", name_of(attribute.ty)));
        }
        let allowed = attribute.values;
        let known = value.as_str().is_none_or(|text| allowed.contains(&text));
        if !allowed.is_empty() && !known {
            return Err(format!("{value} is none of {}", allowed.join(", ")));
        }
        Ok(value)
    }
}

fn is_text(ty: AttributeType) -> bool {
    matches!(ty, AttributeType::String | AttributeType::Datetime)
}

fn name_of(ty: AttributeType) -> &'static str {
    match ty {
        AttributeType::String => "text",
        AttributeType::Integer => "whole number",
        AttributeType::Float => "number",
        AttributeType::Boolean => "true or false",
        AttributeType::Datetime => "moment (ISO 8601)",
        AttributeType::Object => "JSON object",
        AttributeType::Array => "JSON list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: &str, text: &str) -> Sheet {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path).unwrap()
    }

    fn problems(sheet: &Sheet) -> Vec<String> {
        sheet.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn csv_and_json_say_the_same() {
        let csv = sheet(
            "skus.csv",
            "code,name,weight,do_not_ship,metadata,shipping_category\nMUG,\"A mug, blue\",12.5,false,\"{\"\"a\"\":1}\",Parcels\n",
        );
        let json = sheet(
            "skus.json",
            r#"[{"code":"MUG","name":"A mug, blue","weight":12.5,"do_not_ship":false,"metadata":{"a":1},"shipping_category":"Parcels"}]"#,
        );
        assert_eq!(problems(&csv), Vec::<String>::new());
        assert_eq!((csv.rows[0].line, json.rows[0].line), (2, 1));
        assert_eq!(csv.rows[0].attributes, json.rows[0].attributes);
        assert_eq!(csv.rows[0].references, json.rows[0].references);
    }

    #[test]
    fn every_problem_of_every_line_is_told() {
        let found = sheet(
            "skus.csv",
            "code,name,weight,unit_of_weight,colour,shipping_category\nA,Mug,heavy,stone,red,Parcels\nB,Cup,1,gr,,\nC,Jug,1,gr,,P\nC,Jug,1,gr,,P\n",
        );
        let told = problems(&found).join("\n");
        for expected in [
            "skus.csv:2: weight: \"heavy\" is no number",
            "skus.csv:2: unit_of_weight: \"stone\" is none of gr, oz, lb",
            "skus.csv:2: colour: no such column; expected ",
            "skus.csv:3: shipping_category: is missing",
            "skus.csv:5: C is in line 4 already",
        ] {
            assert!(told.contains(expected), "{expected}\nin\n{told}");
        }
        assert_eq!(found.rows.len(), 1);
    }

    #[test]
    fn a_line_that_is_too_long_is_told() {
        let found = sheet("price_lists.csv", "name,currency_code\nEU,EUR,oops\n");
        assert!(
            problems(&found)[0].contains("column 3: no such column"),
            "{found:?}"
        );
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        for (name, text) in [
            ("orders.csv", "a\n"),
            ("skus.xml", "a"),
            ("skus.json", "{}"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).is_err(), "{name}");
        }
    }
}
