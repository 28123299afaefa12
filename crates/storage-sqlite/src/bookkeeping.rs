//! Writing what stands beside the records: operations, ledger, queues, idempotency keys.
//!
//! Invariant: everything was checked before; nothing here decides.

use kassa_storage::ledger::LedgerEffect;
use kassa_storage::{IdempotencyChange, LedgerEntry, QueueChange};
use rusqlite::{Connection, params};

use crate::calls::write_correlations;
use crate::prepared::Prepared;
use crate::rows;

/// The first write fixes order, kind, request and time of making: a resend must be byte-identical.
pub(crate) fn write_operations(
    connection: &Connection,
    prepared: &Prepared,
) -> rusqlite::Result<()> {
    let operations = prepared.set.operations.iter().zip(&prepared.operations);
    for (operation, (request, context, outcome)) in operations {
        connection
            .prepare_cached(
                "INSERT INTO operations (realm, id, order_id, kind, status, request, context, outcome, attempts, \
                 created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
                 ON CONFLICT (realm, id) DO UPDATE SET status = excluded.status, context = excluded.context, \
                 outcome = excluded.outcome, attempts = excluded.attempts, updated_at = excluded.updated_at",
            )?
            .execute(params![
                prepared.set.realm.as_str(),
                operation.id,
                operation.order_id,
                operation.kind,
                rows::status_word(operation.status),
                request,
                context,
                outcome,
                operation.attempts,
                operation.created_at,
                operation.updated_at,
            ])?;
        write_correlations(connection, prepared.set.realm.as_str(), operation)?;
    }
    Ok(())
}

/// Inserts or changes an entry, and raises the alarm for a discrepancy.
pub(crate) fn write_ledger(
    connection: &Connection,
    realm: &str,
    effect: &LedgerEffect,
) -> rusqlite::Result<()> {
    match effect {
        LedgerEffect::Unchanged => {}
        LedgerEffect::Insert(entry) => insert_entry(connection, realm, entry)?,
        LedgerEffect::Update {
            id,
            phase,
            discrepancy,
        } => {
            connection
                .prepare_cached(
                    "UPDATE ledger SET phase = ?3, discrepancy = ?4 WHERE realm = ?1 AND id = ?2",
                )?
                .execute(params![realm, id, rows::phase_word(*phase), discrepancy])?;
            if *discrepancy {
                tracing::error!(realm, entry_id = id, "a ledger entry breaks an invariant");
            }
        }
    }
    Ok(())
}

fn insert_entry(connection: &Connection, realm: &str, entry: &LedgerEntry) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO ledger (realm, id, order_id, kind, amount, currency, phase, discrepancy, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            realm,
            entry.id,
            entry.order_id,
            rows::kind_word(entry.kind),
            entry.amount,
            entry.currency,
            rows::phase_word(entry.phase),
            entry.discrepancy,
            entry.at,
        ])?;
    if entry.discrepancy {
        tracing::error!(
            realm,
            order_id = entry.order_id,
            entry_id = entry.id,
            amount_minor = entry.amount,
            "a fact breaks a ledger invariant"
        );
    }
    Ok(())
}

/// Sets, moves and removes timers and messages; any write clears the lease.
pub(crate) fn write_queues(connection: &Connection, prepared: &Prepared) -> rusqlite::Result<()> {
    let realm = prepared.set.realm.as_str();
    let bucket = prepared.set.realm.bucket();
    for (change, payload) in prepared.set.queues.iter().zip(&prepared.payloads) {
        match change {
            QueueChange::Send(message) => {
                connection
                    .prepare_cached(
                        "INSERT INTO outbox (realm, id, bucket, topic, payload, due_at, attempts, lease_until) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT (realm, id) DO UPDATE SET \
                         topic = excluded.topic, payload = excluded.payload, due_at = excluded.due_at, \
                         attempts = excluded.attempts, lease_until = 0",
                    )?
                    .execute(params![
                        realm, message.id, bucket, message.topic, payload, message.due_at, message.attempts,
                    ])?;
            }
            QueueChange::Sent { id } => {
                connection
                    .prepare_cached("DELETE FROM outbox WHERE realm = ?1 AND id = ?2")?
                    .execute(params![realm, id])?;
            }
            QueueChange::Set(timer) => {
                connection
                    .prepare_cached(
                        "INSERT INTO timers (realm, id, bucket, kind, subject, payload, due_at, attempts, lease_until, \
                         live) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9) ON CONFLICT (realm, id) DO UPDATE SET \
                         kind = excluded.kind, subject = excluded.subject, payload = excluded.payload, \
                         due_at = excluded.due_at, attempts = excluded.attempts, lease_until = 0",
                    )?
                    .execute(params![
                        realm, timer.id, bucket, timer.kind, timer.subject, payload, timer.due_at, timer.attempts,
                        !prepared.set.realm.test(),
                    ])?;
            }
            QueueChange::Cancel { id } => {
                connection
                    .prepare_cached("DELETE FROM timers WHERE realm = ?1 AND id = ?2")?
                    .execute(params![realm, id])?;
            }
            QueueChange::Done { id, lease_until } => {
                connection
                    .prepare_cached(
                        "DELETE FROM timers WHERE realm = ?1 AND id = ?2 AND lease_until = ?3",
                    )?
                    .execute(params![realm, id, lease_until])?;
            }
            QueueChange::Again { timer, lease_until } => {
                connection
                    .prepare_cached(
                        "UPDATE timers SET payload = ?4, due_at = ?5, attempts = ?6, lease_until = 0 \
                         WHERE realm = ?1 AND id = ?2 AND lease_until = ?3",
                    )?
                    .execute(params![
                        realm, timer.id, lease_until, payload, timer.due_at, timer.attempts,
                    ])?;
            }
        }
    }
    Ok(())
}

/// Keys age by this store's clock at the earliest, so that a caller whose clock is behind does not lose them.
pub(crate) fn write_idempotency(
    connection: &Connection,
    realm: &str,
    change: &IdempotencyChange,
    now: i64,
) -> rusqlite::Result<()> {
    match change {
        IdempotencyChange::Begin {
            key,
            fingerprint,
            at,
        } => connection
            .prepare_cached(
                "INSERT INTO idempotency (realm, key, fingerprint, at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![realm, key, fingerprint, now.max(*at)])?,
        IdempotencyChange::Complete { key, reply, at } => connection
            .prepare_cached(
                "UPDATE idempotency SET reply = ?3, at = ?4 WHERE realm = ?1 AND key = ?2 AND reply IS NULL",
            )?
            .execute(params![realm, key, reply, now.max(*at)])?,
        IdempotencyChange::Forget { key } => connection
            .prepare_cached("DELETE FROM idempotency WHERE realm = ?1 AND key = ?2")?
            .execute(params![realm, key])?,
    };
    Ok(())
}
