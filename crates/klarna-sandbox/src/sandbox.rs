//! The door: worlds by credential, their clocks, and the work that goes on in the background.
//!
//! Invariant: one pair of credentials, one world. A session id leads to its world as well, because the browser side
//! knows nothing but the client token.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use jiff::Timestamp;
use kassa_environment::{Clock, Entropy};

use crate::config::{Credential, SandboxConfig};
use crate::journal::{Journal, Writer};
use crate::notify::Notifier;
use crate::slot::{SharedSlot, Slot};
use crate::world::{Command, Reply, SessionView, Visit, World};
use crate::{SandboxError, http, world};

/// Sessions after which the index drops those that expired.
const CLEAR_EVERY: usize = 4096;

/// An offline Klarna.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Writes the journals; absent when worlds live in memory.
    writer: Option<Arc<Writer>>,
    public_url: RwLock<String>,
    worlds: RwLock<Worlds>,
    /// Which world a session lives in.
    sessions: RwLock<HashMap<String, SharedSlot>>,
    pub(crate) notifier: Notifier,
    pub(crate) unauthorized_as_json: bool,
}

#[derive(Debug, Default)]
struct Worlds {
    by_login: HashMap<String, SharedSlot>,
    by_key: HashMap<String, SharedSlot>,
    all: Vec<SharedSlot>,
}

impl Sandbox {
    /// Opens a sandbox: reads the journals and rebuilds every configured world.
    ///
    /// `clock` is the machine's; each world keeps its own offset to it.
    ///
    /// # Errors
    /// When a journal cannot be read, written or understood, or credentials are given twice.
    pub fn open(
        config: SandboxConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Arc<Self>, SandboxError> {
        let writer = config
            .directory
            .as_ref()
            .map(|_| Writer::start(config.fsync));
        let mut worlds = Worlds::default();
        let mut sessions = HashMap::new();
        for credential in config.credentials {
            let id = world_id(&credential.username);
            let empty = World::new(&credential.merchant_name, config.settings.clone());
            let (journal, world) = match (&config.directory, &writer) {
                (Some(directory), Some(writer)) => Journal::open(directory, &id, empty, writer)?,
                _ => (Journal::in_memory(&id), empty),
            };
            let known: Vec<String> = world.session_ids().cloned().collect();
            let slot = Arc::new(Slot::new(credential, world, journal, config.log_entries));
            sessions.extend(known.into_iter().map(|id| (id, Arc::clone(&slot))));
            worlds.add(slot)?;
        }
        Ok(Arc::new(Self {
            clock,
            entropy,
            writer,
            public_url: RwLock::new(config.public_url),
            worlds: RwLock::new(worlds),
            sessions: RwLock::new(sessions),
            notifier: Notifier::default(),
            unauthorized_as_json: config.unauthorized_as_json,
        }))
    }

    /// Everything that is served: Klarna's paths, the control API, the shopper's pages.
    pub fn router(self: &Arc<Self>) -> Router {
        http::router(self)
    }

    /// Calls merchants back until `shutdown` is done, then writes a snapshot of every world.
    pub async fn background(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        self.notifier.run(&self, shutdown).await;
        for slot in self.slots() {
            if let Err(error) = slot.save_snapshot() {
                tracing::warn!(%error, "no snapshot; the next start replays the journal");
            }
        }
    }

    /// Tries every callback that is due and tells when the next one will be, in machine time.
    pub async fn tick(&self) -> Option<Timestamp> {
        self.notifier.tick(self).await
    }

    /// Moves the clock of every world forward by `seconds`; negative values are ignored.
    ///
    /// # Errors
    /// When a journal cannot be written.
    pub async fn advance(&self, seconds: i64) -> Result<(), SandboxError> {
        let by_us = seconds.max(0).saturating_mul(1_000_000);
        for slot in self.slots() {
            self.execute(&slot, Command::AdvanceClock { by_us }).await?;
        }
        Ok(())
    }

    /// Waits for the disk so far: 0 when worlds live in memory.
    #[must_use]
    pub fn flushes(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.flushes())
    }

    /// The address that client tokens, redirects and `Location` headers carry.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Changes the public address, once the listener knows its port. Sessions made before keep the old one.
    pub fn set_public_url(&self, url: &str) {
        let mut public_url = self
            .public_url
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *public_url = url.trim_end_matches('/').to_owned();
    }

    /// A session as the widget shows it; `None` when no world knows it.
    #[must_use]
    pub fn session_view(&self, session_id: &str) -> Option<SessionView> {
        let slot = self.slot_of_session(session_id)?;
        slot.look(&*self.clock, |world, now| {
            world.session_view(session_id, now)
        })
    }

    /// Lets the shopper act on a session. The reply is what the control API answers: 200 with `approved` and
    /// `show_form`, or one of Klarna's errors for a session that is unknown, expired or completed.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn shopper(&self, session_id: &str, visit: Visit) -> Result<Reply, SandboxError> {
        let Some(slot) = self.slot_of_session(session_id) else {
            return Ok(Reply::error(404, "NOT_FOUND", "Invalid session id"));
        };
        let session_id = session_id.to_owned();
        self.execute(&slot, Command::Shopper { session_id, visit })
            .await
    }

    /// Ends an approval that was made with `auto_finalize: false`.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn finalize(&self, session_id: &str) -> Result<Reply, SandboxError> {
        self.shopper(session_id, Visit::bare(world::Action::Finalize))
            .await
    }

    /// The credentials of the worlds, in the order of the configuration.
    #[must_use]
    pub fn credentials(&self) -> Vec<Credential> {
        self.slots()
            .iter()
            .map(|slot| slot.credential.clone())
            .collect()
    }

    /// Does one thing in a world, and wakes whoever calls merchants back.
    pub(crate) async fn execute(
        &self,
        slot: &SharedSlot,
        command: Command,
    ) -> Result<Reply, SandboxError> {
        let creates_session = matches!(command, Command::CreateSession { .. });
        let may_owe = matches!(
            command,
            Command::Shopper { .. }
                | Command::PlaceOrder { .. }
                | Command::OrderWithToken { .. }
                | Command::AdvanceClock { .. }
        );
        let reply = slot.execute(command, &*self.clock, &*self.entropy).await?;
        if creates_session
            && let Some(id) = reply
                .document()
                .and_then(|body| body.get("session_id")?.as_str())
        {
            self.index(id, slot);
        }
        if may_owe {
            self.notifier.wake();
        }
        Ok(reply)
    }

    /// Remembers which world a session lives in; now and then drops what the worlds have forgotten.
    fn index(&self, session_id: &str, slot: &SharedSlot) {
        let count = {
            let mut sessions = self
                .sessions
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            sessions.insert(session_id.to_owned(), Arc::clone(slot));
            sessions.len()
        };
        if count.is_multiple_of(CLEAR_EVERY) {
            self.slots().iter().for_each(|slot| self.reindex(slot));
        }
    }

    pub(crate) fn reindex(&self, slot: &SharedSlot) {
        let known: Vec<String> = slot.look(&*self.clock, |world, _| {
            world.session_ids().cloned().collect()
        });
        let mut sessions = self
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, owner| !Arc::ptr_eq(owner, slot));
        sessions.extend(known.into_iter().map(|id| (id, Arc::clone(slot))));
    }

    pub(crate) fn slots(&self) -> Vec<SharedSlot> {
        let worlds = self.worlds.read().unwrap_or_else(PoisonError::into_inner);
        worlds.all.clone()
    }

    /// The world behind `user:password`.
    pub(crate) fn slot_of_login(&self, login: &str) -> Option<SharedSlot> {
        let worlds = self.worlds.read().unwrap_or_else(PoisonError::into_inner);
        worlds.by_login.get(login).cloned()
    }

    /// The world behind an API key.
    pub(crate) fn slot_of_key(&self, key: &str) -> Option<SharedSlot> {
        let worlds = self.worlds.read().unwrap_or_else(PoisonError::into_inner);
        worlds.by_key.get(key).cloned()
    }

    fn slot_of_session(&self, session_id: &str) -> Option<SharedSlot> {
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.get(session_id).cloned()
    }
}

impl Worlds {
    fn add(&mut self, slot: SharedSlot) -> Result<(), SandboxError> {
        let Credential {
            username,
            password,
            api_key,
            ..
        } = &slot.credential;
        let login = format!("{username}:{password}");
        let twice = self
            .all
            .iter()
            .any(|other| world_id(&other.credential.username) == world_id(username))
            || self.by_key.contains_key(api_key);
        if twice {
            return Err(SandboxError::TwiceGiven(username.clone()));
        }
        self.by_key.insert(api_key.clone(), Arc::clone(&slot));
        self.by_login.insert(login, Arc::clone(&slot));
        self.all.push(slot);
        Ok(())
    }
}

/// A user name as a file name.
fn world_id(username: &str) -> String {
    username
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => character,
            _ => '-',
        })
        .collect()
}
