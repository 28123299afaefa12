//! What stands in the outbox: one message for one subscriber about one thing that happened.

use kassa_storage::{ChangeSet, Key, OutboxMessage, QueueChange, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::GatewayError;
use crate::gateway::Gateway;

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Message {
    /// Who is told.
    pub webhook_id: String,
    /// Type of the record that it is about.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Machine time at which it happened, microseconds.
    pub raised_at: i64,
    /// The record as it was, where it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Remains>,
}

/// What is left of a deleted record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Remains {
    body: Map<String, Value>,
    schema: i64,
    created_at: i64,
    updated_at: i64,
}

impl Message {
    /// Reads what the outbox keeps.
    pub(super) fn read(stored: &OutboxMessage) -> Result<Self, GatewayError> {
        Self::deserialize(&stored.payload).map_err(|error| {
            GatewayError::Internal(format!("message {} cannot be read: {error}", stored.id))
        })
    }

    /// The record that it is about.
    pub(super) fn key(&self) -> Key {
        Key::new(self.kind.clone(), self.id.clone())
    }

    /// Puts it into the outbox, due at once.
    pub(super) fn send(self, gateway: &Gateway, topic: &str, set: &mut ChangeSet) {
        set.queues.push(QueueChange::Send(OutboxMessage {
            id: gateway.new_ordered_id(),
            topic: topic.to_owned(),
            due_at: self.raised_at,
            payload: serde_json::to_value(self).unwrap_or_default(),
            attempts: 0,
        }));
    }
}

impl Remains {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            body: record.body.clone(),
            schema: record.schema,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }

    pub(super) fn record(&self, key: Key) -> Record {
        Record {
            schema: self.schema,
            updated_at: self.updated_at,
            ..Record::root(key, self.body.clone(), self.created_at)
        }
    }
}
