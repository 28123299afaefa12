//! A change set made ready by its sender: validated, serialised, linked.
//!
//! Invariant: whatever can be computed without the database is computed here, in the sender's task, so that the
//! one writer thread does little more than run statements.

use kassa_storage::{ChangeSet, Link, QueueChange, Refusal, Registry, links};

/// A change set with its texts.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The set itself.
    pub(crate) set: ChangeSet,
    /// Texts of each put, in order.
    pub(crate) puts: Vec<PreparedPut>,
    /// Request, context and outcome of each operation, in order.
    pub(crate) operations: Vec<(String, String, Option<String>)>,
    /// Payload of each queue change that has one, in order.
    pub(crate) payloads: Vec<String>,
    /// Roughly what it will write, for the size of a batch.
    pub(crate) bytes: usize,
}

/// The texts of one put.
#[derive(Debug)]
pub(crate) struct PreparedPut {
    /// The body as JSON.
    pub(crate) body: String,
    /// The record's links.
    pub(crate) links: Vec<Link>,
    /// Their written form.
    pub(crate) written_links: String,
}

impl Prepared {
    /// Checks and serialises `set`.
    pub(crate) fn new(set: ChangeSet, registry: &Registry) -> Result<Self, Refusal> {
        set.validate().map_err(Refusal::Malformed)?;
        let mut puts = Vec::with_capacity(set.puts.len());
        for put in &set.puts {
            let links = links::links(registry, &put.record);
            puts.push(PreparedPut {
                body: json(&put.record.body)?,
                written_links: links::encode(&links),
                links,
            });
        }
        let mut operations = Vec::with_capacity(set.operations.len());
        for operation in &set.operations {
            let outcome = operation.outcome.as_ref().map(json).transpose()?;
            operations.push((
                json(&operation.request)?,
                json(&operation.context)?,
                outcome,
            ));
        }
        let mut payloads = Vec::with_capacity(set.queues.len());
        for change in &set.queues {
            payloads.push(match change {
                QueueChange::Send(message) => json(&message.payload)?,
                QueueChange::Set(timer) | QueueChange::Again { timer, .. } => json(&timer.payload)?,
                QueueChange::Sent { .. }
                | QueueChange::Cancel { .. }
                | QueueChange::Done { .. } => String::new(),
            });
        }
        let mut prepared = Self {
            set,
            puts,
            operations,
            payloads,
            bytes: 0,
        };
        prepared.bytes = prepared.size();
        Ok(prepared)
    }

    fn size(&self) -> usize {
        const ROW: usize = 128;
        let set = &self.set;
        let rows = set.puts.len()
            + set.deletes.len()
            + set.claims.len()
            + set.counters.len()
            + set.queues.len()
            + set.idempotency.len()
            + set.ledger.len();
        let bodies: usize = self.puts.iter().map(|put| put.body.len()).sum();
        let operations: usize = self
            .operations
            .iter()
            .map(|(request, context, _)| request.len() + context.len())
            .sum();
        let payloads: usize = self.payloads.iter().map(String::len).sum();
        rows * ROW + bodies + operations + payloads
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(|error| Refusal::Malformed(error.to_string()))
}
