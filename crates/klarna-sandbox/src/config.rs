//! What a sandbox is opened with. Only the binary reads configuration; this is its result.

use std::path::PathBuf;

use crate::world::Settings;

/// Everything that is decided before a sandbox starts.
#[derive(Debug, Clone)]
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
    /// Requests that each world's log keeps.
    pub log_entries: usize,
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
            log_entries: 500,
        }
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
