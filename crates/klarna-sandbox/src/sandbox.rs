//! The door: everything a sandbox is made of, and the way from a request to its world.
//!
//! Invariant: one pair of credentials, one world. An identifier leads to its world as well, because the browser side
//! knows nothing but the client token.

use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use jiff::Timestamp;
use kassa_environment::{Clock, Entropy};

use crate::config::{Credential, SandboxConfig};
use crate::fault::{self, HeaderFaults};
use crate::journal::{Call, Writer};
use crate::notify::Notifier;
use crate::registry::{Beginning, Catalogue, Digest, Known, Registry, mark_of_username};
use crate::residency::Owing;
use crate::slot::{Moment, SharedSlot};
use crate::world::{Command, Reply, SessionView, Visit};
use crate::{SandboxError, http, world};

/// An offline Klarna.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) config: SandboxConfig,
    /// Writes the journals; absent when worlds live in memory.
    pub(crate) writer: Option<Arc<Writer>>,
    public_url: RwLock<String>,
    pub(crate) registry: Registry,
    /// Lists the worlds made on the fly; absent when worlds live in memory.
    pub(crate) catalogue: Option<Catalogue>,
    pub(crate) owing: Owing,
    /// Whether the worlds that an earlier process left with work to do were looked for.
    pub(crate) recalled: AtomicBool,
    pub(crate) notifier: Notifier,
    pub(crate) unauthorized_as_json: bool,
}

impl Sandbox {
    /// Opens a sandbox. Worlds are read when they are first called, not here.
    ///
    /// `clock` is the machine's; each world keeps its own offset to it.
    ///
    /// # Errors
    /// When the directory or the list of worlds cannot be used, or credentials are given twice.
    pub fn open(
        config: SandboxConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Arc<Self>, SandboxError> {
        let registry = Registry::default();
        for credential in &config.credentials {
            let taken = |_| SandboxError::TwiceGiven(credential.username.clone());
            registry.add(known(credential), false).map_err(taken)?;
        }
        let (mut writer, mut catalogue) = (None, None);
        if let Some(directory) = &config.directory {
            let thread = Writer::start(config.fsync);
            catalogue = Some(open_catalogue(directory, &thread, &registry)?);
            writer = Some(thread);
        }
        Ok(Arc::new(Self {
            clock,
            entropy,
            writer,
            public_url: RwLock::new(config.public_url.clone()),
            registry,
            catalogue,
            owing: Owing::default(),
            recalled: AtomicBool::new(false),
            notifier: Notifier::new(config.callback_targets),
            unauthorized_as_json: config.unauthorized_as_json,
            config,
        }))
    }

    /// Everything that is served: Klarna's paths, the control API, the shopper's pages.
    pub fn router(self: &Arc<Self>) -> Router {
        http::router(self)
    }

    /// Calls merchants back and unloads idle worlds until `shutdown` is done, then writes a snapshot of every world
    /// that is loaded.
    pub async fn background(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = self.notifier.run(&self, shutdown) => {}
            () = self.keep_house() => {}
        }
        for slot in self.slots() {
            if let Err(error) = slot.save_snapshot(&*self.clock) {
                tracing::warn!(%error, "no snapshot; the next start replays the journal");
            }
        }
    }

    /// Tries every callback that is due, unloads what is idle, and tells when the next callback will be due, in machine
    /// time.
    pub async fn tick(self: &Arc<Self>) -> Option<Timestamp> {
        self.tidy_up().await;
        let next = self.notifier.tick(self).await;
        next.into_iter().chain(self.owing.next()).min()
    }

    /// Moves the clock of every world forward by `seconds`; negative values are ignored.
    ///
    /// # Errors
    /// When a journal cannot be read or written.
    pub async fn advance(self: &Arc<Self>, seconds: i64) -> Result<(), SandboxError> {
        let by_us = seconds.max(0).saturating_mul(1_000_000);
        for number in self.registry.list(0, usize::MAX, |number, _| Some(number)) {
            let slot = self.world(number).await?;
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

    /// A session as the widget shows it; `None` when no world knows it, and during maintenance. Reads the journal of a
    /// world that is not loaded.
    #[must_use]
    pub async fn session_view(self: &Arc<Self>, session_id: &str) -> Option<SessionView> {
        let slot = self.world_of_id(session_id).await?;
        slot.look(&*self.clock, |world, now| {
            let closed = slot.faults.maintenance_until(now).is_some();
            world.session_view(session_id, now).filter(|_| !closed)
        })
    }

    /// Lets the shopper act on a session. The reply is what the control API answers: 200 with `approved` and
    /// `show_form`, or one of Klarna's errors for a session that is unknown, expired or completed.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn shopper(
        self: &Arc<Self>,
        session_id: &str,
        visit: Visit,
    ) -> Result<Reply, SandboxError> {
        let Some(slot) = self.world_of_id(session_id).await else {
            return Ok(Reply::error(404, "NOT_FOUND", "Invalid session id"));
        };
        self.visit(&slot, session_id, visit, &fault::NONE).await
    }

    /// Ends an approval that was made with `auto_finalize: false`.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn finalize(self: &Arc<Self>, session_id: &str) -> Result<Reply, SandboxError> {
        self.shopper(session_id, Visit::bare(world::Action::Finalize))
            .await
    }

    /// The credentials of the configuration. Those of worlds made on the fly are not kept.
    #[must_use]
    pub fn credentials(&self) -> Vec<Credential> {
        self.config.credentials.clone()
    }

    /// Does one thing in a world, and wakes whoever calls merchants back.
    pub(crate) async fn execute(
        &self,
        slot: &SharedSlot,
        command: Command,
    ) -> Result<Reply, SandboxError> {
        let moment = self.now_under(&fault::NONE);
        self.answer(slot, command, moment, |reply, _| (reply, None))
            .await
    }

    /// Forgets sessions, orders, tokens, callbacks, logs and faults of a world; clock and switches stay.
    pub(crate) async fn forget(&self, slot: &SharedSlot) -> Result<(), SandboxError> {
        self.execute(slot, Command::Reset).await?;
        slot.faults.clear();
        slot.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        Ok(())
    }

    /// The time and chance of now, and the faults that a request asks for.
    pub(crate) fn now_under<'a>(&'a self, asked: &'a HeaderFaults) -> Moment<'a> {
        Moment::Now {
            clock: &*self.clock,
            entropy: &*self.entropy,
            asked,
            epoch: None,
        }
    }

    /// Tells a world what came of something that began in it; a world that was replaced meanwhile does not hear it.
    pub(crate) async fn report(
        &self,
        slot: &SharedSlot,
        epoch: u64,
        command: Command,
    ) -> Result<(), SandboxError> {
        let moment = Moment::Now {
            clock: &*self.clock,
            entropy: &*self.entropy,
            asked: &fault::NONE,
            epoch: Some(epoch),
        };
        self.answer(slot, command, moment, |_, _| ((), None)).await
    }

    /// Does one thing in a world for a request; see [`crate::slot::Slot::answer`].
    pub(crate) async fn answer<T>(
        &self,
        slot: &SharedSlot,
        command: Command,
        moment: Moment<'_>,
        render: impl FnOnce(Reply, bool) -> (T, Option<Call>),
    ) -> Result<T, SandboxError> {
        let changes = !command.is_read();
        if let Some(access_id) = command.device() {
            // Before the effect: whoever is sent a payment is found.
            self.note_device(slot, access_id).await?;
        }
        let done = slot.answer(command, moment, render).await?;
        if changes {
            if done.owes {
                self.note_work(slot);
            }
            self.compact_if_long(slot);
        }
        Ok(done.answer)
    }

    /// Has the notifier look at this world, if there is something to be done in it.
    pub(crate) fn look_for_work(&self, slot: &SharedSlot) {
        if slot.look(&*self.clock, |world, _| world.owes()) {
            self.note_work(slot);
        }
    }

    fn note_work(&self, slot: &SharedSlot) {
        self.owing.add(slot.number);
        self.notifier.wake();
    }
}

/// A configured world.
fn known(credential: &Credential) -> Known {
    let Credential {
        username,
        password,
        api_key,
        merchant_name,
    } = credential;
    let secrets = [
        Digest::of_login(username, password),
        Digest::of_key(api_key),
    ];
    let (names, mark) = (
        (username.as_str(), merchant_name.as_str()),
        mark_of_username(username),
    );
    Known::new(names, secrets, mark, &Beginning::default())
}

/// Opens the list of worlds made on the fly and takes them in.
fn open_catalogue(
    directory: &std::path::Path,
    writer: &Arc<Writer>,
    registry: &Registry,
) -> Result<Catalogue, SandboxError> {
    std::fs::create_dir_all(directory).map_err(|source| SandboxError::Journal {
        path: directory.to_owned(),
        source,
    })?;
    let (catalogue, listed) = Catalogue::open(directory, writer)?;
    for known in listed.made.into_iter().filter_map(|made| made.known()) {
        let username = known.username().to_owned();
        registry
            .add(known, true)
            .map_err(|_| SandboxError::TwiceGiven(username))?;
    }
    for (username, mark) in listed.adopted {
        if let Some(number) = registry.by_username(&username) {
            registry.adopt(number, mark);
        }
    }
    for (username, access_id) in listed.devices {
        if let Some(number) = registry.by_username(&username) {
            registry.note_device(number, &access_id);
        }
    }
    Ok(catalogue)
}
