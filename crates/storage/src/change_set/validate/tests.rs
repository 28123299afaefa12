use serde_json::Map;

use super::*;
use crate::record::{Realm, Record};

fn set() -> ChangeSet {
    ChangeSet::new("1".into(), Realm::new("acme", true))
}

fn order() -> Record {
    Record::root(Key::new("orders", "o"), Map::new(), 1)
}

fn line() -> Record {
    Record::child(
        Key::new("line_items", "l"),
        Key::new("orders", "o"),
        Map::new(),
        1,
    )
}

fn complaint(fill: impl FnOnce(&mut ChangeSet)) -> String {
    let mut set = set();
    fill(&mut set);
    set.validate().err().unwrap_or_default()
}

#[test]
fn a_child_needs_its_root_in_the_set() {
    assert!(
        complaint(|set| {
            set.put(line());
        })
        .contains("without its root")
    );
    assert_eq!(
        complaint(|set| {
            set.put(order()).put(line());
        }),
        ""
    );
    assert!(
        complaint(|set| {
            set.delete(&line());
        })
        .contains("without its root")
    );
    assert!(
        complaint(|set| {
            set.deletes.push((order().key, Guard::At(3)));
            set.put(line());
        })
        .contains("outlives")
    );
}

#[test]
fn a_key_is_written_once() {
    assert!(
        complaint(|set| {
            set.put(order()).put_at(order(), 2);
        })
        .contains("twice")
    );
    assert!(
        complaint(|set| {
            set.claim("token", "t", "a").claim("token", "t", "b");
        })
        .contains("twice")
    );
}

#[test]
fn guards_fit_the_record() {
    assert!(
        complaint(|set| {
            set.puts.push(crate::Put {
                record: order(),
                guard: Guard::ByRoot,
            });
        })
        .contains("its own guard")
    );
    assert!(
        complaint(|set| {
            set.put(order()).put_at(line(), 1);
        })
        .contains("no version")
    );
    assert!(
        complaint(|set| {
            set.deletes.push((order().key, Guard::New));
        })
        .contains("as new")
    );
}

#[test]
fn a_set_needs_an_id_and_a_realm() {
    let nameless = ChangeSet::new(String::new(), Realm::new("acme", true));
    assert!(nameless.validate().is_err());
    let nowhere = ChangeSet::new("1".into(), Realm::from_stored("acme".into()));
    assert!(nowhere.validate().is_err());
}
