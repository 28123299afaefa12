//! The ready file: addresses, credentials and ids for whoever started `kassa demo` from a script.
//!
//! Invariant: the file appears whole, by rename, and only after both listeners answer.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// What the file says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ready {
    /// The gateway's address, without a trailing slash.
    pub gateway_url: String,
    /// The sandbox's address, without a trailing slash.
    pub sandbox_url: String,
    /// Slug of the seeded organization.
    pub organization: String,
    /// The domain whose labels name organizations.
    pub domain: String,
    /// A public application bound to market `EU`.
    pub sales_channel: SalesChannel,
    /// An application with every permission.
    pub integration: Integration,
    /// A customer with a password.
    pub customer: Customer,
    /// The Klarna credentials of the gateway and of the sandbox's world: the same.
    pub klarna: Klarna,
    /// Market codes and ids.
    pub markets: BTreeMap<String, String>,
    /// SKU codes; the first is physical, over 1.00, with stock of at least 10 in every market.
    pub skus: Vec<String>,
}

/// Credentials of a sales channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SalesChannel {
    /// Public id.
    pub client_id: String,
    /// The market in scope.
    pub scope: String,
}

/// Credentials of an integration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Integration {
    /// Id.
    pub client_id: String,
    /// Secret.
    pub client_secret: String,
}

/// Credentials of a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Customer {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// Credentials of the sandbox's world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Klarna {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// The newer kind of credential, for the same world.
    pub api_key: String,
}

impl Ready {
    /// Writes the file beside its final name and renames it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_whole(path, &serde_json::to_vec_pretty(self)?)
    }
}

/// Writes `bytes` so that `path` is either absent, or whole.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("{} cannot be written", folder.display()))?;
    std::fs::write(file.path(), bytes)?;
    file.persist(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(())
}
