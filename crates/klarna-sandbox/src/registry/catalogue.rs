//! The file that lists the worlds made on the fly, so that they are there again after a restart.
//!
//! Invariant: a world is listed before its credentials are told, and no secret is in the file, only digests. Reading it
//! is all that a start has to do for ten thousand worlds.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::known::{Beginning, Digest, Known};
use crate::SandboxError;
use crate::journal::{Damage, Target, Writer, Written, files};
use crate::world::{Settings, WorldClock};

/// Lines about worlds that are gone, beyond which opening writes the file anew.
const GONE: usize = 1000;

/// The open file.
#[derive(Debug)]
pub(crate) struct Catalogue {
    target: Arc<Target>,
    writer: Arc<Writer>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Made(Box<Made>),
    Removed(String),
    /// This world lives on identifiers with this mark, too.
    Adopted(String, u64),
    /// This world sent a payment to the device with this access id.
    Device(String, String),
}

/// A world as the file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Made {
    username: String,
    name: String,
    login: String,
    key: String,
    mark: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(default)]
    clock: WorldClock,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Box<Settings>>,
}

/// What a catalogue says.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) made: Vec<Made>,
    pub(crate) adopted: Vec<(String, u64)>,
    /// User names with access ids.
    pub(crate) devices: Vec<(String, String)>,
}

impl Made {
    pub(crate) fn of(known: &Known) -> Self {
        let [login, key] = &known.secrets;
        let beginning = known.beginning();
        Self {
            username: known.username().to_owned(),
            name: known.name().to_owned(),
            login: login.as_hex(),
            key: key.as_hex(),
            mark: known.mark(),
            seed: beginning.seed,
            clock: beginning.clock,
            settings: beginning.settings,
        }
    }

    pub(crate) fn known(self) -> Option<Known> {
        let secrets = [Digest::from_hex(&self.login)?, Digest::from_hex(&self.key)?];
        let beginning = Beginning {
            seed: self.seed,
            clock: self.clock,
            settings: self.settings,
        };
        let names = (self.username.as_str(), self.name.as_str());
        let mut known = Known::new(names, secrets, self.mark, &beginning);
        known.made = true;
        Some(known)
    }
}

impl Catalogue {
    /// Opens or starts the catalogue in `directory`.
    pub(crate) fn open(
        directory: &Path,
        writer: &Arc<Writer>,
    ) -> Result<(Self, Listed), SandboxError> {
        let path = directory.join("worlds.catalogue");
        let text = files::whole_lines(&path)?;
        let (listed, gone) = read(&text).map_err(|damage| damage.in_file(&path))?;
        if text.is_empty() || gone > GONE {
            let made = listed.made.iter().cloned();
            let made = made.map(|made| Line::Made(Box::new(made)).text());
            let adopted = listed.adopted.iter().cloned();
            let adopted = adopted.map(|(username, mark)| Line::Adopted(username, mark).text());
            let devices = listed.devices.iter().cloned();
            let devices = devices.map(|(username, device)| Line::Device(username, device).text());
            let text: String = made.chain(adopted).chain(devices).collect();
            files::replace(&path, text.as_bytes())?;
        }
        let catalogue = Self {
            target: Arc::new(Target::new(path)),
            writer: Arc::clone(writer),
        };
        Ok((catalogue, listed))
    }

    pub(crate) fn made(&self, made: Made) -> Result<Written, SandboxError> {
        self.append(&Line::Made(Box::new(made)))
    }

    pub(crate) fn removed(&self, username: &str) -> Result<Written, SandboxError> {
        self.append(&Line::Removed(username.to_owned()))
    }

    pub(crate) fn adopted(&self, username: &str, mark: u64) -> Result<Written, SandboxError> {
        self.append(&Line::Adopted(username.to_owned(), mark))
    }

    pub(crate) fn device(&self, username: &str, access_id: &str) -> Result<Written, SandboxError> {
        self.append(&Line::Device(username.to_owned(), access_id.to_owned()))
    }

    fn append(&self, line: &Line) -> Result<Written, SandboxError> {
        self.writer.append(&self.target, line.text())
    }
}

impl Line {
    fn text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What is left when every line is read, and how many lines are about what is gone.
fn read(text: &str) -> Result<(Listed, usize), Damage> {
    let mut made: Vec<Option<Made>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut adopted = Vec::new();
    let mut devices: Vec<(String, String)> = Vec::new();
    let mut lines = 0;
    for (index, line) in text.lines().enumerate() {
        let line = serde_json::from_str(line).map_err(|error| Damage {
            line: index + 1,
            reason: error.to_string(),
        })?;
        lines += 1;
        match line {
            Line::Made(one) => {
                places.insert(one.username.clone(), made.len());
                made.push(Some(*one));
            }
            Line::Removed(username) => {
                adopted.retain(|(adopter, _)| *adopter != username);
                devices.retain(|(sender, _)| *sender != username);
                if let Some(place) = places.remove(&username) {
                    made[place] = None;
                }
            }
            Line::Adopted(username, mark) => adopted.push((username, mark)),
            Line::Device(username, access_id) => devices.push((username, access_id)),
        }
    }
    let made: Vec<Made> = made.into_iter().flatten().collect();
    let gone = lines - made.len() - adopted.len() - devices.len();
    let listed = Listed {
        made,
        adopted,
        devices,
    };
    Ok((listed, gone))
}
