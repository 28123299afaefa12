//! Rows as the contract's types.
//!
//! Invariant: a row that cannot be understood is an error with the table's name, never a default.

use kassa_storage::ledger::{LedgerKind, LedgerPhase};
use kassa_storage::{
    Call, Key, LedgerEntry, Operation, OperationStatus, OutboxMessage, Realm, Record, StoreError,
    Timer,
};
use rusqlite::{Error, ErrorCode, Row};
use serde::de::DeserializeOwned;

/// An error of SQLite as the contract's.
pub(crate) fn store_error(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => StoreError::TooBroad,
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// A record from the columns of `kassa_storage::sql::COLUMNS`.
pub(crate) fn record(row: &Row<'_>) -> Result<Record, StoreError> {
    let read = || -> rusqlite::Result<_> {
        let key = Key::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        let root = match (
            row.get::<_, Option<String>>(2)?,
            row.get::<_, Option<String>>(3)?,
        ) {
            (Some(kind), Some(id)) => Key::new(kind, id),
            _ => key.clone(),
        };
        Ok(Record {
            key,
            root,
            version: row.get(4)?,
            schema: row.get(5)?,
            market: row.get(6)?,
            owner: row.get(7)?,
            body: serde_json::Map::new(),
            created_at: row.get(9)?,
            updated_at: row.get(10)?,
        })
    };
    let mut record = read().map_err(store_error)?;
    let text = row.get_ref(8).map_err(store_error)?;
    let text = text.as_str().map_err(|error| corrupt("records", &error))?;
    record.body = json("records", text)?;
    Ok(record)
}

/// An operation from `id, order_id, kind, status, request, context, outcome, attempts, created_at, updated_at`.
pub(crate) fn operation(row: &Row<'_>) -> Result<Operation, StoreError> {
    let text = |index: usize| row.get::<_, String>(index).map_err(store_error);
    let number = |index: usize| row.get::<_, i64>(index).map_err(store_error);
    let outcome = row.get::<_, Option<String>>(6).map_err(store_error)?;
    Ok(Operation {
        id: text(0)?,
        order_id: text(1)?,
        kind: text(2)?,
        status: word::<OperationStatus>("operations", &text(3)?)?,
        request: json("operations", &text(4)?)?,
        context: json("operations", &text(5)?)?,
        outcome: outcome
            .map(|outcome| json("operations", &outcome))
            .transpose()?,
        attempts: number(7)?,
        created_at: number(8)?,
        updated_at: number(9)?,
    })
}

/// A ledger entry from `id, order_id, kind, amount, currency, phase, discrepancy, at`.
pub(crate) fn ledger_entry(row: &Row<'_>) -> Result<LedgerEntry, StoreError> {
    let text = |index: usize| row.get::<_, String>(index).map_err(store_error);
    let number = |index: usize| row.get::<_, i64>(index).map_err(store_error);
    Ok(LedgerEntry {
        id: text(0)?,
        order_id: text(1)?,
        kind: word::<LedgerKind>("ledger", &text(2)?)?,
        amount: number(3)?,
        currency: text(4)?,
        phase: word::<LedgerPhase>("ledger", &text(5)?)?,
        discrepancy: row.get(6).map_err(store_error)?,
        at: number(7)?,
    })
}

/// A call of `realm` from `id, order_id, at, spare, detail`.
pub(crate) fn call(row: &Row<'_>, realm: &Realm) -> Result<Call, StoreError> {
    let text = |index: usize| row.get::<_, String>(index).map_err(store_error);
    Ok(Call {
        realm: realm.clone(),
        id: text(0)?,
        order_id: text(1)?,
        at: row.get(2).map_err(store_error)?,
        spare: row.get(3).map_err(store_error)?,
        detail: json("calls", &text(4)?)?,
    })
}

/// A timer from `id, kind, subject, payload, due_at, attempts`, beginning at column `first`.
pub(crate) fn timer(row: &Row<'_>, first: usize) -> Result<Timer, StoreError> {
    let text = |index: usize| row.get::<_, String>(first + index).map_err(store_error);
    let number = |index: usize| row.get::<_, i64>(first + index).map_err(store_error);
    Ok(Timer {
        id: text(0)?,
        kind: text(1)?,
        subject: text(2)?,
        payload: json("timers", &text(3)?)?,
        due_at: number(4)?,
        attempts: number(5)?,
    })
}

/// A message from `id, topic, payload, due_at, attempts`, beginning at column `first`.
pub(crate) fn message(row: &Row<'_>, first: usize) -> Result<OutboxMessage, StoreError> {
    let text = |index: usize| row.get::<_, String>(first + index).map_err(store_error);
    let number = |index: usize| row.get::<_, i64>(first + index).map_err(store_error);
    Ok(OutboxMessage {
        id: text(0)?,
        topic: text(1)?,
        payload: json("outbox", &text(2)?)?,
        due_at: number(3)?,
        attempts: number(4)?,
    })
}

/// The word that a status is stored as: its serialised name.
pub(crate) fn status_word(status: OperationStatus) -> &'static str {
    match status {
        OperationStatus::Pending => "pending",
        OperationStatus::Succeeded => "succeeded",
        OperationStatus::Failed => "failed",
        OperationStatus::NeedsPerson => "needs_person",
    }
}

/// The word that a ledger kind is stored as: its serialised name.
pub(crate) fn kind_word(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Authorized => "authorized",
        LedgerKind::Captured => "captured",
        LedgerKind::Refunded => "refunded",
        LedgerKind::Released => "released",
        LedgerKind::Voided => "voided",
    }
}

/// The word that a ledger phase is stored as: its serialised name.
pub(crate) fn phase_word(phase: LedgerPhase) -> &'static str {
    match phase {
        LedgerPhase::Pending => "pending",
        LedgerPhase::Posted => "posted",
        LedgerPhase::Voided => "voided",
    }
}

fn word<T: DeserializeOwned>(table: &'static str, word: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|error| corrupt(table, &error))
}

fn json<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(table, &error))
}

fn corrupt(table: &'static str, reason: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt {
        table,
        reason: reason.to_string(),
    }
}
