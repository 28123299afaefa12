//! What is kept of every world, loaded or not.
//!
//! Invariant: small: 72 bytes for a world for which nothing was chosen. What was chosen lies packed beside it.

use sha2::{Digest as _, Sha256};

use super::packed::Packed;
use crate::slot::SharedSlot;
use crate::world::{Birth, MARK_BITS, Settings, WorldClock};

/// The digest of a secret: half of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    /// Of a user name with its password.
    pub(crate) fn of_login(username: &str, password: &str) -> Self {
        Self::of("login", &format!("{username}:{password}"))
    }

    /// Of `username:password` as it was sent.
    pub(crate) fn of_sent_login(login: &str) -> Self {
        Self::of("login", login)
    }

    /// Of an API key.
    pub(crate) fn of_key(key: &str) -> Self {
        Self::of("key", key)
    }

    fn of(kind: &str, secret: &str) -> Self {
        Self(half(&[kind.as_bytes(), secret.as_bytes()]))
    }

    /// What the index goes by: as evenly spread as the digest itself.
    pub(super) fn hash(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|index| self.0[index]))
    }

    fn tail(&self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|index| self.0[index + 8]))
    }

    pub(super) fn as_hex(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let number = u128::from_str_radix(text, 16).ok()?;
        (text.len() == 32).then(|| Self(number.to_be_bytes()))
    }
}

/// The digests of a world's login and key.
pub(crate) type Secrets = [Digest; 2];

/// The mark of a world without a seed: the same at every start.
pub(crate) fn mark_of_username(username: &str) -> u64 {
    mark(&[b"username", username.as_bytes()])
}

/// The mark of a seeded world: the same on every machine.
pub(crate) fn mark_of_seed(seed: u64, name: &str) -> u64 {
    mark(&[b"seed", &seed.to_be_bytes(), name.as_bytes()])
}

fn mark(parts: &[&[u8]]) -> u64 {
    let [first, second, third, fourth, fifth, sixth, ..] = half(parts);
    u64::from_be_bytes([0, 0, first, second, third, fourth, fifth, sixth]) & MARK_BITS
}

fn half(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
        hasher.update([0]);
    }
    let whole: [u8; 32] = hasher.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

/// The name of a world that was given none.
pub(crate) const DEFAULT_NAME: &str = "Sandbox shop";
/// What a user name that nobody chose begins with, and its length.
pub(crate) const RANDOM_PREFIX: &str = "K_";
/// Length of a user name that nobody chose.
pub(crate) const RANDOM_LENGTH: usize = 14;

/// One world as the registry knows it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(super) secrets: Secrets,
    mark: [u8; 6],
    /// Whether it was made on the fly, and can be removed so.
    pub(crate) made: bool,
    chosen: Chosen,
    /// The world itself, while it is loaded.
    pub(super) slot: Option<SharedSlot>,
}

#[derive(Debug)]
enum Chosen {
    /// Nothing: the user name is random.
    Nothing([u8; RANDOM_LENGTH]),
    Something(Packed),
}

impl Chosen {
    fn new(username: &str, name: &str, beginning: &Beginning) -> Self {
        match username.as_bytes().try_into() {
            Ok(bytes) if name == DEFAULT_NAME && *beginning == Beginning::default() => {
                Self::Nothing(bytes)
            }
            _ => Self::Something(Packed::new(username, name, beginning)),
        }
    }
}

/// Everything that was chosen for a world.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Beginning {
    pub(crate) seed: Option<u64>,
    pub(crate) clock: WorldClock,
    pub(crate) settings: Option<Box<Settings>>,
}

impl Known {
    pub(crate) fn new(
        (username, name): (&str, &str),
        secrets: Secrets,
        mark: u64,
        beginning: &Beginning,
    ) -> Self {
        let [_, _, mark @ ..] = mark.to_be_bytes();
        Self {
            secrets,
            mark,
            made: false,
            chosen: Chosen::new(username, name, beginning),
            slot: None,
        }
    }

    pub(crate) fn mark(&self) -> u64 {
        let [first, second, third, fourth, fifth, sixth] = self.mark;
        u64::from_be_bytes([0, 0, first, second, third, fourth, fifth, sixth])
    }

    pub(crate) fn username(&self) -> &str {
        match &self.chosen {
            // It was text when it came.
            Chosen::Nothing(bytes) => str::from_utf8(bytes).unwrap_or_default(),
            Chosen::Something(packed) => packed.username(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match &self.chosen {
            Chosen::Nothing(_) => DEFAULT_NAME,
            Chosen::Something(packed) => packed.name(),
        }
    }

    /// What it begins with.
    pub(crate) fn beginning(&self) -> Beginning {
        match &self.chosen {
            Chosen::Nothing(_) => Beginning::default(),
            Chosen::Something(packed) => packed.beginning(),
        }
    }

    /// Changes when what opens the world does, and tells nothing about it.
    pub(crate) fn seal(&self) -> String {
        let [login, key] = self.secrets.map(|secret| secret.tail());
        format!("{login:016x}{key:016x}")
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.slot.is_some()
    }

    /// What the world is born with; `settings` are those of worlds that chose none.
    pub(crate) fn birth(&self, settings: &Settings) -> Birth {
        let chosen = self.beginning();
        Birth {
            name: self.name().to_owned(),
            mark: self.mark(),
            seed: chosen.seed,
            clock: chosen.clock,
            settings: chosen
                .settings
                .map_or_else(|| settings.clone(), |chosen| *chosen),
        }
    }

    /// The user name as a file name. No two worlds share one.
    pub(crate) fn file_name(&self) -> String {
        file_name(self.username()).collect()
    }

    /// Whether another world of this user name would have the same files.
    pub(super) fn is_filed_as(&self, username: &str) -> bool {
        file_name(self.username()).eq(file_name(username))
    }
}

fn file_name(username: &str) -> impl Iterator<Item = char> {
    username.chars().map(|character| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => character,
        _ => '-',
    })
}
