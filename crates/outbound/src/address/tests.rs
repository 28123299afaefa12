//! Special addresses as a table.

use super::*;

const TABLE: &[(Reach, &[&str])] = &[
    (
        Reach::Public,
        &[
            "9.9.9.9",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2620:fe::fe",
        ],
    ),
    (Reach::Loopback, &["127.0.0.1", "127.255.255.254", "::1"]),
    (
        Reach::Private,
        &[
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "fc00::1",
            "fd12:3456::1",
        ],
    ),
    (
        Reach::Never,
        &[
            "0.0.0.0",
            "0.1.2.3",
            "169.254.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:9.9.9.9",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ],
    ),
];

#[test]
fn every_special_address_has_its_reach() {
    for (expected, addresses) in TABLE {
        for text in *addresses {
            assert_eq!(reach(text.parse().unwrap()), *expected, "{text}");
        }
    }
}

#[test]
fn each_setting_admits_what_it_says() {
    use Reach::{Loopback, Never, Private, Public};
    let reaches = [Public, Loopback, Private, Never];
    for (targets, secure, plain) in [
        (Targets::Public, [true, false, false, false], [false; 4]),
        (
            Targets::Loopback,
            [true, true, false, false],
            [false, true, false, false],
        ),
        (
            Targets::Private,
            [true, true, true, false],
            [true, true, true, false],
        ),
    ] {
        assert_eq!(
            reaches.map(|reach| targets.admit(reach)),
            secure,
            "{targets:?}"
        );
        assert_eq!(
            reaches.map(|reach| targets.admit_plain(reach)),
            plain,
            "{targets:?}"
        );
        assert_eq!(targets.word().parse::<Targets>(), Ok(targets));
    }
    assert!("everything".parse::<Targets>().is_err());
}
