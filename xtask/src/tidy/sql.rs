//! Rules about SQL: its text lives in `storage*` alone, and there it takes neither time nor ids
//! from the database, so both stores can be held equal and a run can be repeated.

use std::sync::LazyLock;

use regex::Regex;

use super::Finding;
use super::source::Source;

static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?s)\b(SELECT\b.*\bFROM\b|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b|CREATE\s+(UNIQUE\s+)?(TABLE|INDEX)\b|DROP\s+(TABLE|INDEX)\b|PRAGMA\s)|^\s*(select\s.*\sfrom\s|insert\s+(or\s+\w+\s+)?into\s|update\s+\S+\s+set\s|delete\s+from\s|pragma\s)",
    )
    .expect("the pattern is constant and tested")
});

static UNREPEATABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(now\s*\(|current_timestamp|current_date|datetime\s*\(|strftime\s*\(|unixepoch|julianday|random\s*\(|randomblob|gen_random_uuid|nextval|bigserial|autoincrement|last_insert_rowid|pg_(try_)?advisory_\w+)",
    )
    .expect("the pattern is constant and tested")
});

/// `sql-place`, `sql-repeatable`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let in_storage = source.room().starts_with("storage");
    if source.room() == "xtask" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for text in &source.facts.strings {
        if !in_storage && STATEMENT.is_match(&text.what) {
            let message = "SQL outside `storage*`: ask the store by descriptor instead";
            findings.push(Finding::new("sql-place", &source.path, text.line, message));
        }
        if in_storage && let Some(found) = UNREPEATABLE.find(&text.what) {
            let message = format!("`{}`: bind the value from Rust", found.as_str());
            findings.push(Finding::new(
                "sql-repeatable",
                &source.path,
                text.line,
                message,
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, literal: &str) -> Vec<&'static str> {
        let text = format!("fn a() {{ b({literal:?}); }}");
        let source = Source::parse(path, &text).expect("parses");
        check(&source).iter().map(|f| f.rule).collect()
    }

    #[test]
    fn sql_outside_storage_fails() {
        for literal in [
            "SELECT id FROM records",
            "with x AS (SELECT 1\nFROM y)",
            "INSERT INTO records VALUES ($1)",
            "insert or ignore into records values ($1)",
            "UPDATE counters SET v = v + $1",
            "DELETE FROM claims",
            "select id from records where x",
            "PRAGMA journal_mode",
            "CREATE UNIQUE INDEX a ON b (c)",
        ] {
            assert_eq!(
                rules("crates/gateway/src/a.rs", literal),
                ["sql-place"],
                "{literal}"
            );
            assert!(rules("crates/storage/src/a.rs", literal).is_empty());
        }
    }

    #[test]
    fn prose_is_no_sql() {
        for literal in [
            "Select a plan from the list",
            "update the order, then set the token",
            "delete an order from the shop",
        ] {
            assert!(rules("crates/gateway/src/a.rs", literal).is_empty());
        }
    }

    #[test]
    fn a_database_clock_or_id_fails() {
        for literal in [
            "UPDATE a SET b = now()",
            "SELECT random() FROM a",
            "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)",
            "SELECT pg_advisory_lock(1)",
        ] {
            assert_eq!(
                rules("crates/storage-sqlite/src/a.rs", literal),
                ["sql-repeatable"],
                "{literal}"
            );
        }
    }
}
