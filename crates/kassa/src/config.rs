//! Every configuration key, and how the four sources merge.
//!
//! Invariant: this is the only room that reads configuration; an unknown key in the file is an error that names
//! it, so a typing mistake never becomes a silent default.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kassa_klarna_sandbox::CallbackTargets;
use kassa_outbound::Targets;
use serde::Deserialize;

/// The file's name when none is given.
const DEFAULT_FILE: &str = "kassa.toml";

/// What `kassa.toml` may say. Each key has a flag and a `KASSA_*` variable of the same meaning.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// What to log, e.g. `info`.
    pub log: Option<String>,
    /// Folder for all data.
    pub data: Option<PathBuf>,
    /// The gateway.
    pub gateway: GatewayKeys,
    /// The sandbox.
    pub sandbox: SandboxKeys,
}

/// Keys under `[gateway]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayKeys {
    /// Where the gateway listens.
    pub listen: Option<SocketAddr>,
    /// The address under which Klarna and browsers reach the gateway.
    pub public_url: Option<String>,
    /// Where test-mode Klarna calls go instead of the playground.
    pub klarna_test_url: Option<String>,
    /// The domain whose host labels name organizations.
    pub domain: Option<String>,
    /// Key that opens the dashboard to other machines.
    pub dashboard_key: Option<String>,
    /// Which addresses webhooks and external payments may reach: `public`, `loopback` or `private`.
    pub outbound_targets: Option<Targets>,
    /// When orders are compared with Klarna's books: `nightly` or `on-demand`.
    pub reconcile: Option<ReconcileWhen>,
    /// Requests that each client address may make.
    pub rate_limits: Option<String>,
}

/// When a running gateway compares its orders with Klarna's books.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ReconcileWhen {
    /// Every night, by business time, and whenever asked to.
    #[default]
    Nightly,
    /// Only when asked to.
    OnDemand,
}

/// Keys under `[sandbox]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxKeys {
    /// Where the sandbox listens.
    pub listen: Option<SocketAddr>,
    /// The address under which browsers reach the sandbox.
    pub public_url: Option<String>,
    /// User name of the world's credentials.
    pub username: Option<String>,
    /// Password of the world's credentials.
    pub password: Option<String>,
    /// The key that makes, lists and removes worlds.
    pub admin_key: Option<String>,
    /// Enforce the published rate limits.
    pub rate_limits: Option<bool>,
    /// Which addresses callbacks may reach: `any` or `public`.
    pub callback_targets: Option<CallbackTargets>,
}

/// Default address of the gateway.
pub const GATEWAY_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Default address of the sandbox.
pub const SANDBOX_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);
/// Default data folder.
pub const DATA: &str = "kassa-data";
/// Default domain.
pub const DOMAIN: &str = "localhost";

impl File {
    /// Reads the named file, or `kassa.toml` of the current folder if it exists.
    ///
    /// # Errors
    /// When the named file is missing, or a file cannot be understood.
    pub fn read(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text)
                .with_context(|| format!("{} cannot be understood", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                Ok(Self::default())
            }
            Err(error) => bail!("{} cannot be read: {error}", path.display()),
        }
    }

    /// The data folder: flag or variable, else the file, else the default.
    #[must_use]
    pub fn data(&self, given: Option<PathBuf>) -> PathBuf {
        given
            .or_else(|| self.data.clone())
            .unwrap_or_else(|| PathBuf::from(DATA))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_sets_what_it_names() {
        let file: File = toml::from_str(
            "data = \"/srv/kassa\"\n[gateway]\nlisten = \"0.0.0.0:80\"\noutbound_targets = \"private\"\n[sandbox]\nrate_limits = true\ncallback_targets = \"public\"\n",
        )
        .unwrap();
        assert_eq!(file.data(None), PathBuf::from("/srv/kassa"));
        assert_eq!(file.gateway.listen.unwrap().port(), 80);
        assert_eq!(file.gateway.outbound_targets, Some(Targets::Private));
        assert_eq!(file.sandbox.rate_limits, Some(true));
        assert_eq!(file.sandbox.callback_targets, Some(CallbackTargets::Public));
        assert_eq!(file.data(Some("x".into())), PathBuf::from("x"));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = toml::from_str::<File>("[gateway]\nlisen = \"x\"\n").unwrap_err();
        assert!(error.to_string().contains("lisen"), "{error}");
    }

    #[test]
    fn a_missing_named_file_is_an_error_and_a_missing_default_is_not() {
        assert!(File::read(Some(Path::new("/nonexistent/kassa.toml"))).is_err());
    }
}
