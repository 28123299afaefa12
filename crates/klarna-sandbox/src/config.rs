//! What a sandbox is opened with. Only the binary reads configuration; this is its result.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::world::Settings;

/// Everything that is decided before a sandbox starts.
#[derive(Clone)]
pub struct SandboxConfig {
    /// The address under which browsers and merchants reach the sandbox, without a trailing slash. It appears in
    /// client tokens, redirect URLs and `Location` headers; [`crate::Sandbox::set_public_url`] changes it once the
    /// port is known.
    pub public_url: String,
    /// The credentials that exist from the start; each has a world of its own.
    pub credentials: Vec<Credential>,
    /// Where journals are kept. Without a directory the worlds live in memory.
    pub directory: Option<PathBuf>,
    /// Whether a journal entry reaches the disk before its answer leaves. Off, it only reaches the operating system.
    pub fsync: bool,
    /// The switches of a new world.
    pub settings: Settings,
    /// Whether a 401 has the JSON body of the current error page instead of the recorded HTML one of the edge.
    pub unauthorized_as_json: bool,
    /// Whether the portal asks this machine for no credentials while there is one world. Whoever can open a connection
    /// from this machine then sees and changes that world: meant for a demo.
    pub open_portal: bool,
    /// Requests that each world's log keeps.
    pub log_entries: usize,
    /// Which addresses callbacks may reach.
    pub callback_targets: CallbackTargets,
    /// The key that makes, lists and removes worlds. Without one any credentials of the process may.
    pub admin_key: Option<String>,
    /// How long nobody has asked for a world when it leaves the memory. Only worlds that are kept in a directory do.
    pub idle_after: Duration,
    /// Bytes of entries after which a journal in a directory begins anew from a snapshot.
    pub compact_after: usize,
}

/// Which addresses callbacks may reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackTargets {
    /// All, loopback and private ones too: for a sandbox beside the shop.
    #[default]
    Any,
    /// Public ones only: for a sandbox that strangers can reach.
    Public,
}

impl FromStr for CallbackTargets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            "public" => Ok(Self::Public),
            _ => Err(format!("`{text}` is neither `any` nor `public`")),
        }
    }
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8090".to_owned(),
            credentials: Vec::new(),
            directory: None,
            fsync: true,
            settings: Settings::default(),
            unauthorized_as_json: false,
            open_portal: false,
            log_entries: 500,
            callback_targets: CallbackTargets::default(),
            admin_key: None,
            idle_after: Duration::from_secs(30 * 60),
            compact_after: 8 * 1024 * 1024,
        }
    }
}

impl std::fmt::Debug for SandboxConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SandboxConfig")
            .field("public_url", &self.public_url)
            .field("credentials", &self.credentials)
            .field("directory", &self.directory)
            .field("fsync", &self.fsync)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// One merchant's credentials, in both generations that Klarna accepts.
#[derive(Clone)]
pub struct Credential {
    /// The user name of the older generation, shaped like `UG100219_...`. It also names the world.
    pub username: String,
    /// Its password.
    pub password: String,
    /// The newer generation, shaped like `klarna_test_api_...`.
    pub api_key: String,
    /// The shop's name as shoppers see it.
    pub merchant_name: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("username", &self.username)
            .field("merchant_name", &self.merchant_name)
            .finish_non_exhaustive()
    }
}
