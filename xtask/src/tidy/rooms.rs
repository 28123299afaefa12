//! Who may depend on whom, and which libraries a room may use: read from the manifests.
//!
//! The table is the drawing in `ARCHITECTURE.md` as data. A new edge between rooms is a change of
//! this table and of that page, in a commit of its own.

use anyhow::{Context, Result};

use super::Finding;

/// Each room with the rooms it may depend on.
const ROOMS: &[(&str, &[&str])] = &[
    ("money", &[]),
    ("environment", &[]),
    ("klarna-api", &["money"]),
    ("commerce", &["money", "klarna-api"]),
    ("partner", &["money", "klarna-api"]),
    ("jsonapi", &[]),
    ("book", &[]),
    ("storage", &["environment"]),
    ("storage-sqlite", &["storage", "environment"]),
    ("storage-postgres", &["storage", "environment"]),
    ("klarna-client", &["money", "klarna-api", "environment"]),
    (
        "klarna-sandbox",
        &["money", "klarna-api", "environment", "outbound"],
    ),
    ("outbound", &["environment"]),
    (
        "gateway",
        &[
            "money",
            "environment",
            "klarna-api",
            "commerce",
            "partner",
            "storage",
            "klarna-client",
            "outbound",
        ],
    ),
    (
        "gateway-http",
        &[
            "money",
            "environment",
            "klarna-api",
            "commerce",
            "partner",
            "storage",
            "gateway",
            "jsonapi",
        ],
    ),
    (
        "dashboard",
        &["money", "environment", "commerce", "storage", "gateway"],
    ),
];

/// Rooms that tie the others together and may use all of them; nobody may use these.
const OUTERMOST: &[&str] = &["kassa", "simulator", "fuzz"];

/// Rooms without async, sockets, files, clocks, randomness or SQL.
const PURE: &[&str] = &["money", "klarna-api", "commerce", "partner", "jsonapi"];

/// Libraries that only compute.
const COMPUTING: &[&str] = &[
    "base64",
    "celes",
    "hmac",
    "http",
    "indexmap",
    "iso_currency",
    "jiff",
    "percent-encoding",
    "regex",
    "secrecy",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "unic-langid",
    "url",
    "zeroize",
];

/// Libraries with a home: nobody else may use them outside tests.
const CONFINED: &[(&str, &[&str])] = &[
    ("anyhow", &["kassa", "fuzz", "xtask"]),
    ("clap", &["kassa", "fuzz", "xtask"]),
    ("config", &["kassa"]),
    ("rusqlite", &["storage-sqlite"]),
    ("tokio-postgres", &["storage-postgres"]),
    ("deadpool-postgres", &["storage-postgres"]),
    (
        "hyper-rustls",
        &["klarna-client", "outbound", "klarna-sandbox", "kassa"],
    ),
    (
        "axum",
        &[
            "gateway-http",
            "dashboard",
            "book",
            "klarna-sandbox",
            "kassa",
            "simulator",
            "fuzz",
        ],
    ),
    ("rand", &["environment"]),
    ("rand_chacha", &["environment"]),
    ("getrandom", &["environment"]),
    ("proptest", &[]),
    ("insta", &[]),
    ("syn", &["xtask"]),
    ("walkdir", &["xtask"]),
];

/// The sandbox and the shop side meet on the wire only, in tests too.
const SANDBOX_NEVER: &[&str] = &["commerce", "partner", "storage", "gateway", "gateway-http"];

/// `dependency`: checks one manifest.
pub(crate) fn check(path: &str, text: &str) -> Result<Vec<Finding>> {
    let manifest: toml::Table = toml::from_str(text).with_context(|| format!("read {path}"))?;
    let room = room_of(path);
    let mut edges = Edges {
        room,
        path,
        findings: Vec::new(),
    };
    if !is_known(room) {
        edges.complain(
            "this room is in no table: add it to xtask/src/tidy/rooms.rs and ARCHITECTURE.md",
        );
        return Ok(edges.findings);
    }
    for name in dependencies(&manifest, "dependencies") {
        edges.normal(&name);
    }
    for name in dependencies(&manifest, "build-dependencies") {
        edges.normal(&name);
    }
    for name in dependencies(&manifest, "dev-dependencies") {
        edges.sandbox_independence(&name);
    }
    Ok(edges.findings)
}

/// `map`: every room has its line in the code map.
pub(crate) fn check_map(rooms: &[String], architecture: &str) -> Vec<Finding> {
    rooms
        .iter()
        .filter(|room| !architecture.contains(&format!("| `{room}` |")))
        .map(|room| {
            let message = format!("the code map has no line for the room `{room}`");
            Finding::new("map", "ARCHITECTURE.md", 0, message)
        })
        .collect()
}

fn room_of(path: &str) -> &str {
    path.trim_end_matches("/Cargo.toml")
        .trim_start_matches("crates/")
}

fn is_known(room: &str) -> bool {
    room == "xtask" || OUTERMOST.contains(&room) || ROOMS.iter().any(|(name, _)| *name == room)
}

/// The names in a table of dependencies, those for a single platform included.
fn dependencies(manifest: &toml::Table, kind: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut collect = |table: Option<&toml::Value>| {
        let Some(table) = table.and_then(toml::Value::as_table) else {
            return;
        };
        for (key, value) in table {
            let package = value.get("package").and_then(toml::Value::as_str);
            names.push(package.unwrap_or(key).to_owned());
        }
    };
    collect(manifest.get(kind));
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    for (_, target) in targets.into_iter().flatten() {
        collect(target.get(kind));
    }
    names
}

struct Edges<'a> {
    room: &'a str,
    path: &'a str,
    findings: Vec<Finding>,
}

impl Edges<'_> {
    fn complain(&mut self, message: impl Into<String>) {
        self.findings
            .push(Finding::new("dependency", self.path, 0, message));
    }

    fn normal(&mut self, name: &str) {
        match name.strip_prefix("kassa-") {
            Some(other) => self.room_edge(other),
            None => self.library(name),
        }
    }

    fn room_edge(&mut self, other: &str) {
        if OUTERMOST.contains(&self.room) {
            return;
        }
        let allowed = ROOMS
            .iter()
            .find(|(name, _)| *name == self.room)
            .is_some_and(|(_, others)| others.contains(&other));
        if !allowed {
            self.complain(format!(
                "`{}` must not depend on `{other}`: see the table in xtask/src/tidy/rooms.rs",
                self.room
            ));
        }
    }

    fn library(&mut self, name: &str) {
        if PURE.contains(&self.room) && !COMPUTING.contains(&name) {
            self.complain(format!(
                "`{}` only decides, and `{name}` is not among the libraries that only compute",
                self.room
            ));
        }
        let home = CONFINED.iter().find(|(library, _)| *library == name);
        if let Some((_, homes)) = home
            && !homes.contains(&self.room)
        {
            self.complain(format!(
                "`{name}` belongs to {}, not to `{}`",
                if homes.is_empty() {
                    "tests".to_owned()
                } else {
                    homes.join(", ")
                },
                self.room
            ));
        }
    }

    fn sandbox_independence(&mut self, name: &str) {
        let other = name.strip_prefix("kassa-").unwrap_or_default();
        if self.room == "klarna-sandbox" && SANDBOX_NEVER.contains(&other) {
            self.complain(format!(
                "the sandbox and `{other}` meet on the wire only, in tests too"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(room: &str, manifest: &str) -> usize {
        let path = format!("crates/{room}/Cargo.toml");
        check(&path, manifest).expect("reads").len()
    }

    #[test]
    fn an_edge_that_is_not_in_the_table_fails() {
        let text = "[dependencies]\nkassa-storage.workspace = true\n";
        assert_eq!(complaints("commerce", text), 1);
        assert_eq!(complaints("gateway", text), 0);
    }

    #[test]
    fn the_sandbox_never_meets_the_shop_side_in_tests_either() {
        let text = "[dev-dependencies]\nkassa-gateway.workspace = true\n";
        assert_eq!(complaints("klarna-sandbox", text), 1);
        assert_eq!(complaints("commerce", text), 0);
    }

    #[test]
    fn a_pure_room_with_an_acting_library_fails() {
        for library in ["tokio", "rusqlite", "rand", "tracing", "uuid"] {
            let text = format!("[dependencies]\n{library}.workspace = true\n");
            assert!(complaints("money", &text) > 0, "{library}");
        }
        assert_eq!(
            complaints("money", "[dependencies]\nserde.workspace = true\n"),
            0
        );
    }

    #[test]
    fn a_library_outside_its_home_fails() {
        let text = "[dependencies]\nrusqlite.workspace = true\nanyhow = \"1\"\n";
        assert_eq!(complaints("gateway", text), 2);
        assert_eq!(
            complaints("gateway", "[dev-dependencies]\nanyhow = \"1\"\n"),
            0
        );
    }

    #[test]
    fn a_renamed_or_platform_dependency_is_seen() {
        let renamed = "[dependencies]\ndb = { package = \"rusqlite\", version = \"0\" }\n";
        let platform = "[target.'cfg(unix)'.dependencies]\nrusqlite = \"0\"\n";
        assert_eq!(complaints("gateway", renamed), 1);
        assert_eq!(complaints("gateway", platform), 1);
    }

    #[test]
    fn a_room_that_is_not_on_the_map_fails() {
        let map = "| `money` | integer amounts | I/O |\n";
        let rooms = ["money".to_owned(), "attic".to_owned()];
        assert_eq!(check_map(&rooms, map).len(), 1);
    }

    #[test]
    fn an_unknown_room_fails() {
        assert_eq!(complaints("attic", "[dependencies]\n"), 1);
    }
}
