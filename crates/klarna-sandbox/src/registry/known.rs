//! What is kept of every world, loaded or not.
//!
//! Invariant: small: 56 bytes for a world for which nothing was chosen. What was chosen is beside it, and half of each
//! secret's digest is kept where it is looked up.

use sha2::{Digest as _, Sha256};

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

    /// What the index goes by.
    pub(super) fn head(&self) -> [u8; 8] {
        self.half(0)
    }

    /// What the world itself keeps.
    pub(super) fn tail(&self) -> [u8; 8] {
        self.half(8)
    }

    fn half(&self, from: usize) -> [u8; 8] {
        std::array::from_fn(|index| self.0[from + index])
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

/// The mark as the index goes by it.
pub(super) fn mark_key(mark: u64) -> [u8; 6] {
    let [_, _, key @ ..] = mark.to_be_bytes();
    key
}

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
    /// Half of the digests of its login and its key.
    tails: [[u8; 8]; 2],
    mark: [u8; 6],
    /// Whether it was made on the fly, and can be removed so.
    pub(crate) made: bool,
    names: Names,
    /// What it begins with, where that is not the default.
    beginning: Option<Box<Beginning>>,
    /// The world itself, while it is loaded.
    pub(super) slot: Option<SharedSlot>,
}

#[derive(Debug)]
enum Names {
    /// Nobody chose a name, and the user name is random.
    Random([u8; RANDOM_LENGTH]),
    /// User name and name.
    Chosen(Box<(Box<str>, Box<str>)>),
}

impl Names {
    fn new(username: &str, name: &str) -> Self {
        match username.as_bytes().try_into() {
            Ok(bytes) if name == DEFAULT_NAME => Self::Random(bytes),
            _ => Self::Chosen(Box::new((username.into(), name.into()))),
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
    pub(crate) fn new(username: &str, name: &str, secrets: &Secrets, mark: u64) -> Self {
        Self {
            tails: secrets.map(|secret| secret.tail()),
            mark: mark_key(mark),
            made: false,
            names: Names::new(username, name),
            beginning: None,
            slot: None,
        }
    }

    pub(crate) fn mark(&self) -> u64 {
        let [first, second, third, fourth, fifth, sixth] = self.mark;
        u64::from_be_bytes([0, 0, first, second, third, fourth, fifth, sixth])
    }

    /// With what was chosen for it.
    pub(crate) fn beginning_with(mut self, beginning: Beginning) -> Self {
        self.beginning = (beginning != Beginning::default()).then(|| Box::new(beginning));
        self
    }

    pub(crate) fn username(&self) -> &str {
        match &self.names {
            // It was text when it came.
            Names::Random(bytes) => str::from_utf8(bytes).unwrap_or_default(),
            Names::Chosen(names) => &names.0,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match &self.names {
            Names::Random(_) => DEFAULT_NAME,
            Names::Chosen(names) => &names.1,
        }
    }

    /// Changes when what opens the world does, and tells nothing about it.
    pub(crate) fn seal(&self) -> String {
        let [login, key] = self.tails.map(u64::from_be_bytes);
        format!("{login:016x}{key:016x}")
    }

    pub(crate) fn seed(&self) -> Option<u64> {
        self.beginning.as_ref()?.seed
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.slot.is_some()
    }

    /// What the world begins with; `settings` are those of worlds that chose none.
    pub(crate) fn birth(&self, settings: &Settings) -> Birth {
        let chosen = self.beginning.as_deref().cloned().unwrap_or_default();
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

    pub(super) fn is_opened_by(&self, digest: &Digest) -> bool {
        self.tails.contains(&digest.tail())
    }

    /// The user name as a file name. No two worlds share one.
    pub(crate) fn file_name(&self) -> String {
        file_name(self.username())
    }
}

fn file_name(username: &str) -> String {
    username
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => character,
            _ => '-',
        })
        .collect()
}
