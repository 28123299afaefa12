//! Worlds on the fly: made, listed and removed while the sandbox runs.
//!
//! Invariant: a world exists when its credentials are told, also after a crash; they are told once and kept as digests
//! only. A seed belongs to one world of a name, because two would give the same identifiers.

use std::sync::Arc;

use jiff::Timestamp;
use kassa_environment::base62;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::disk;
use crate::journal::Place;
use crate::registry::{
    Beginning, DEFAULT_NAME, Digest, Known, Made, Number, RANDOM_LENGTH, RANDOM_PREFIX, Taken,
    mark_of_seed, mark_of_username,
};
use crate::snapshots::Snapshots;
use crate::world::{Settings, WorldClock};
use crate::{Credential, Sandbox, SandboxError};

/// Longest name, in characters.
const NAME_LENGTH: usize = 100;
/// Lengths that credentials may have.
const SECRET_LENGTHS: std::ops::RangeInclusive<usize> = 3..=128;

/// What may be chosen for a new world. Everything is optional.
#[derive(Debug, Default)]
pub(crate) struct NewWorld {
    name: Option<String>,
    seed: Option<u64>,
    /// The instant that the clock begins with; the machine's when absent.
    clock_at: Option<Timestamp>,
    /// Whether the clock stands still until it is moved.
    frozen: bool,
    settings: Option<Map<String, Value>>,
    username: Option<String>,
    password: Option<String>,
    api_key: Option<String>,
}

impl NewWorld {
    /// Reads the wishes; what is absent or null is chosen by the sandbox.
    pub(crate) fn from_body(body: Map<String, Value>) -> Result<Self, Unmade> {
        let mut wishes = Wishes { of: "", body };
        let clock: Option<Map<String, Value>> = wishes.take("clock", "an object")?;
        let new = Self {
            name: wishes.take("name", "text")?,
            seed: wishes.take("seed", "an integer from 0 to 2^64 - 1")?,
            settings: wishes.take("settings", "an object")?,
            username: wishes.take("username", "text")?,
            password: wishes.take("password", "text")?,
            api_key: wishes.take("api_key", "text")?,
            ..Self::default()
        };
        wishes.end()?;
        let mut wishes = Wishes {
            of: "clock.",
            body: clock.unwrap_or_default(),
        };
        let clock_at = wishes.take("at", "an instant such as 2026-01-01T00:00:00Z")?;
        let frozen = wishes.take("frozen", "true or false")?.unwrap_or(false);
        wishes.end()?;
        Ok(Self {
            clock_at,
            frozen,
            ..new
        })
    }
}

/// The members of an object that are still to be read.
struct Wishes {
    /// What stands before the names in a refusal.
    of: &'static str,
    body: Map<String, Value>,
}

impl Wishes {
    fn take<T: DeserializeOwned>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, Unmade> {
        match self.body.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(sent) => serde_json::from_value(sent.clone()).map(Some).map_err(|_| {
                let expected = format!("{expected}, not {sent}");
                Unmade::Wrong(format!("{}{name}", self.of), expected)
            }),
        }
    }

    fn end(&self) -> Result<(), Unmade> {
        match self.body.keys().next() {
            None => Ok(()),
            Some(name) => {
                let unknown = format!("{}{name}", self.of);
                Err(Unmade::Wrong(unknown, "no such member".to_owned()))
            }
        }
    }
}

/// Why a world was not made.
#[derive(Debug)]
pub(crate) enum Unmade {
    /// A member is wrong: its name, what was expected.
    Wrong(String, String),
    /// Something in it belongs to another world.
    Taken(&'static str),
    /// The disk.
    Io(SandboxError),
}

/// A world in the list.
#[derive(Debug, Serialize)]
pub(crate) struct ListedWorld {
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) seed: Option<u64>,
    /// Whether it is in memory.
    pub(crate) loaded: bool,
    #[serde(skip)]
    pub(crate) number: Number,
}

impl Sandbox {
    /// Makes a world. The credentials are never told again.
    pub(crate) async fn make_world(
        &self,
        new: NewWorld,
    ) -> Result<(Credential, Option<u64>), Unmade> {
        let by_chance = new.username.is_none();
        let beginning = self.beginning(&new)?;
        let credential = self.credential(new)?;
        let Credential {
            username,
            password,
            api_key,
            merchant_name,
        } = &credential;
        let mark = match beginning.seed {
            Some(seed) => mark_of_seed(seed, merchant_name),
            None => mark_of_username(username),
        };
        let secrets = [
            Digest::of_login(username, password),
            Digest::of_key(api_key),
        ];
        let mut known = Known::new((username, merchant_name), secrets, mark, &beginning);
        known.made = true;
        let made = Made::of(&known);
        let seed = beginning.seed;
        let world_id = known.file_name();
        let number = self
            .registry
            .add(known, by_chance)
            .map_err(|taken| match taken {
                Taken::Username => Unmade::Taken("username"),
                Taken::Secret => Unmade::Taken("api_key"),
                Taken::Seed => Unmade::Taken("seed"),
            })?;
        if let Err(error) = self.list_world(made, &world_id, by_chance).await {
            self.registry.remove(number);
            return Err(Unmade::Io(error));
        }
        Ok((credential, seed))
    }

    /// Writes a world into the catalogue, after removing what a world of its name may have left.
    async fn list_world(
        &self,
        made: Made,
        world_id: &str,
        by_chance: bool,
    ) -> Result<(), SandboxError> {
        let Some(catalogue) = &self.catalogue else {
            return Ok(());
        };
        if !by_chance {
            let (place, snapshots) = (self.place(world_id), self.snapshots_of(world_id));
            disk::beside(move || clear(place, &snapshots)).await??;
        }
        catalogue.made(made)?.wait().await
    }

    fn beginning(&self, new: &NewWorld) -> Result<Beginning, Unmade> {
        let settings = new.settings.as_ref().map(|sent| self.settings_of(sent));
        let machine = self.clock.now();
        let mut clock = WorldClock::default();
        if let Some(at) = new.clock_at {
            clock.offset_us = i64::try_from(at.duration_since(machine).as_micros()).unwrap_or(0);
        }
        if new.frozen {
            clock.frozen_at = Some(new.clock_at.unwrap_or(machine));
        }
        Ok(Beginning {
            seed: new.seed,
            clock,
            settings: settings.transpose()?,
        })
    }

    /// The switches of the configuration with those that were sent.
    fn settings_of(&self, sent: &Map<String, Value>) -> Result<Box<Settings>, Unmade> {
        self.config
            .settings
            .changed(sent)
            .map(Box::new)
            .map_err(|name| {
                let expected = "a switch that exists, with a value it can have";
                Unmade::Wrong(format!("settings.{name}"), expected.to_owned())
            })
    }

    fn credential(&self, new: NewWorld) -> Result<Credential, Unmade> {
        let random = |length| base62(&*self.entropy, length);
        let plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        let username = new.username.unwrap_or_else(|| {
            let rest = random(RANDOM_LENGTH - RANDOM_PREFIX.len());
            format!("{RANDOM_PREFIX}{rest}")
        });
        if !(3..=64).contains(&username.len()) || !plain(&username) {
            let expected = "3 to 64 letters, digits, `_` or `-`";
            return Err(Unmade::Wrong("username".to_owned(), expected.to_owned()));
        }
        let password = new.password.unwrap_or_else(|| random(32));
        let api_key = new
            .api_key
            .unwrap_or_else(|| format!("klarna_test_api_{}", random(32)));
        for (member, secret) in [("password", &password), ("api_key", &api_key)] {
            let printable = secret.bytes().all(|byte| byte.is_ascii_graphic());
            if !SECRET_LENGTHS.contains(&secret.len()) || !printable {
                let expected = "3 to 128 printable ASCII characters without blanks";
                return Err(Unmade::Wrong(member.to_owned(), expected.to_owned()));
            }
        }
        let merchant_name = new.name.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        if !(1..=NAME_LENGTH).contains(&merchant_name.chars().count()) {
            return Err(Unmade::Wrong(
                "name".to_owned(),
                "1 to 100 characters".to_owned(),
            ));
        }
        Ok(Credential {
            username,
            password,
            api_key,
            merchant_name,
        })
    }

    /// The worlds made on the fly, from number `from` on.
    pub(crate) fn made_worlds(&self, from: Number, limit: usize) -> Vec<ListedWorld> {
        self.registry.list(from, limit, |number, known| {
            known.made.then(|| ListedWorld {
                username: known.username().to_owned(),
                name: known.name().to_owned(),
                seed: known.beginning().seed,
                loaded: known.is_loaded(),
                number,
            })
        })
    }

    /// Removes a world made on the fly with everything in it. False when there is none of this name.
    pub(crate) async fn remove_world(
        self: &Arc<Self>,
        username: &str,
    ) -> Result<bool, SandboxError> {
        let made = self
            .registry
            .by_username(username)
            .filter(|number| self.registry.look(*number, |known| known.made) == Some(true));
        let Some(number) = made else {
            return Ok(false);
        };
        let sandbox = Arc::clone(self);
        disk::beside(move || sandbox.remove(number)).await?
    }

    fn remove(&self, number: Number) -> Result<bool, SandboxError> {
        let _door = self.registry.door(number);
        if let Some(slot) = self.registry.loaded(number) {
            slot.close()?;
        }
        let Some(known) = self.registry.remove(number) else {
            return Ok(false);
        };
        if let Some(catalogue) = &self.catalogue {
            catalogue.removed(known.username())?.wait_blocking()?;
        }
        let world_id = known.file_name();
        clear(self.place(&world_id), &self.snapshots_of(&world_id))?;
        Ok(true)
    }
}

/// Removes the files of a world: its journal, where it has one, and its snapshots.
fn clear(place: Option<Place>, snapshots: &Snapshots) -> Result<(), SandboxError> {
    if let Some(place) = place {
        place.clear()?;
    }
    snapshots.clear()
}
