//! Which addresses may be reached.
//!
//! Invariant: whatever is configured, an address that names this host's own network services (link-local, cloud
//! metadata), a group or nobody is never reached. The table follows IANA's registries of special-purpose addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

/// How far user-given addresses may lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Targets {
    /// Public addresses over `https` only.
    #[default]
    Public,
    /// Those, and this machine over `http` too: what a demo needs.
    Loopback,
    /// Those, and private networks; `http` anywhere.
    Private,
}

impl Targets {
    /// The word in configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
        }
    }

    /// Whether an address of this reach may be connected to.
    #[must_use]
    pub fn admit(self, reach: Reach) -> bool {
        match reach {
            Reach::Public => true,
            Reach::Loopback => self != Self::Public,
            Reach::Private => self == Self::Private,
            Reach::Never => false,
        }
    }

    /// Whether `http` may be spoken to an address of this reach.
    #[must_use]
    pub fn admit_plain(self, reach: Reach) -> bool {
        match self {
            Self::Public => false,
            Self::Loopback => reach == Reach::Loopback,
            Self::Private => self.admit(reach),
        }
    }
}

impl FromStr for Targets {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Public, Self::Loopback, Self::Private]
            .into_iter()
            .find(|targets| targets.word() == word)
            .ok_or_else(|| format!("{word:?} is none of public, loopback, private"))
    }
}

/// How far an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Routed on the internet.
    Public,
    /// This machine.
    Loopback,
    /// A network of somebody's own: private, unique-local or shared by a carrier.
    Private,
    /// Link-local, metadata, multicast, reserved, documentation, or an IPv4 address in the clothes of IPv6.
    Never,
}

/// How far `address` leads.
#[must_use]
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [127, ..] => Reach::Loopback,
        // Services of cloud hosts that sit inside wider blocks or on public addresses.
        [100, 100, 100, 200] | [168, 63, 129, 16] => Reach::Never,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
        // This network; link-local.
        [0, ..] | [169, 254, ..]
        // Protocol assignments, documentation, 6to4 relays, benchmarks, documentation, documentation.
        | [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _]
        // Multicast, reserved, broadcast.
        | [224..=255, ..] => Reach::Never,
        _ => Reach::Public,
    }
}

/// Only global unicast counts as public. Addresses that carry an IPv4 address inside (mapped, translated, 6to4,
/// Teredo) are never used: whoever means IPv4 can say so.
fn reach_v6(address: Ipv6Addr) -> Reach {
    if address == Ipv6Addr::LOCALHOST {
        return Reach::Loopback;
    }
    let [first, second, ..] = address.segments();
    match (first, second) {
        // The metadata service of a cloud host, inside the unique-local block.
        (0xfd00, 0x0ec2) => Reach::Never,
        (0xfc00..=0xfdff, _) => Reach::Private,
        // Protocol assignments with Teredo, documentation, 6to4, documentation.
        (0x2001, 0..0x0200 | 0x0db8) | (0x2002, _) | (0x3fff, 0..0x1000) => Reach::Never,
        (0x2000..=0x3fff, _) => Reach::Public,
        _ => Reach::Never,
    }
}

#[cfg(test)]
mod tests;
