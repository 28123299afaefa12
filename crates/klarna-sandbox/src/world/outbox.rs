//! What Klarna would send to shoppers by e-mail, as a short message or onto the phone that scanned a code: kept here,
//! where tests and people can read it, and sent to nobody.
//!
//! Invariant: bounded; the oldest message makes room.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Messages that a world keeps.
const KEPT: usize = 500;

/// How a message would travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// Short message.
    Sms,
    /// The device that scanned a code in the shop and got an access id.
    Token,
}

/// One message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// Number within the world.
    pub id: u64,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How.
    pub channel: Channel,
    /// Address, number or access id.
    pub to: String,
    /// Country of a phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_country: Option<String>,
    /// The HPP session that it invites to.
    pub session_id: String,
    /// Its first line.
    pub subject: String,
    /// Its text; the link is in it.
    pub text: String,
    /// The link.
    pub link: String,
}

/// All messages of a world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outbox {
    sent: u64,
    messages: VecDeque<Message>,
}

impl Outbox {
    /// Keeps a message and numbers it.
    pub(crate) fn send(&mut self, message: Message) {
        self.sent += 1;
        self.messages.push_back(Message {
            id: self.sent,
            ..message
        });
        if self.messages.len() > KEPT {
            self.messages.pop_front();
        }
    }

    /// Newest first.
    pub(crate) fn listed(&self) -> Vec<&Message> {
        self.messages.iter().rev().collect()
    }
}
