//! The worlds that exist: found by their credentials, by the mark in an identifier, or by user name.
//!
//! Invariant: a world that is not loaded costs less than 200 bytes here, and looking one up costs the same however many
//! there are. Secrets are kept as digests only. Numbers are never given twice, so a number held by someone else never
//! leads to another world.

mod catalogue;
mod known;
mod packed;
mod rows;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashTable;

pub(crate) use catalogue::{Catalogue, Made};
pub(crate) use known::{
    Beginning, DEFAULT_NAME, Digest, Known, RANDOM_LENGTH, RANDOM_PREFIX, mark_of_seed,
    mark_of_username,
};

use crate::slot::SharedSlot;
use rows::Rows;

/// The number of a world within this process.
pub(crate) type Number = u32;

/// Locks that worlds share for loading and unloading.
const DOORS: usize = 32;

/// All worlds of the process.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    shelf: RwLock<Shelf>,
    /// Held while a world is loaded or unloaded, so that no two callers do it at once.
    doors: [Mutex<()>; DOORS],
}

#[derive(Debug, Default)]
struct Shelf {
    worlds: Rows,
    // Numbers only: what they are found by stands in the worlds already.
    by_secret: HashTable<Key>,
    by_mark: HashTable<Number>,
    /// Worlds that live on identifiers of another: they replayed its journal or restored its snapshot.
    adopted: HashMap<u64, Vec<Number>>,
    /// Worlds that sent a payment to the device with this access id. Devices bring their ids, so those carry no mark.
    by_device: HashMap<String, Vec<Number>>,
}

/// One of the two secrets of a world: its number with, in the lowest bit, which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key(u32);

/// The largest number that leaves room for that bit.
const LAST: Number = Number::MAX >> 1;

impl Key {
    /// Both of a world's, in the order of its secrets.
    fn both(number: Number) -> [Self; 2] {
        [Self(number << 1), Self((number << 1) | 1)]
    }

    fn number(self) -> Number {
        self.0 >> 1
    }

    /// The secret; a key in the index always has its world.
    fn of(self, worlds: &Rows) -> Option<Digest> {
        let known = worlds.find(self.number())?;
        Some(known.secrets[(self.0 & 1) as usize])
    }
}

/// Marks are half a digest, too short to fill a hash.
fn spread(mark: u64) -> u64 {
    mark.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Why a world cannot be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A world of this user name exists.
    Username,
    /// Another world has the same password or key.
    Secret,
    /// Another world of the same seed and name would give the same identifiers.
    Seed,
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a world in. `named_by_chance` spares the search for another one of its name.
    pub(crate) fn add(&self, known: Known, named_by_chance: bool) -> Result<Number, Taken> {
        self.write().add(known, named_by_chance)
    }

    /// Forgets a world.
    pub(crate) fn remove(&self, number: Number) -> Option<Known> {
        self.write().remove(number)
    }

    /// The world whose login or key has this digest.
    pub(crate) fn by_secret(&self, digest: &Digest) -> Option<Number> {
        self.read().by_secret(digest)
    }

    /// The worlds whose identifiers carry this mark, the latest to adopt it first.
    pub(crate) fn by_mark(&self, mark: u64) -> Vec<Number> {
        let shelf = self.read();
        let adopted = shelf.adopted.get(&mark).into_iter().flatten().rev();
        adopted.copied().chain(shelf.by_mark(mark)).collect()
    }

    /// The worlds whose identifiers carry one of the marks that `fits`.
    pub(crate) fn by_marks(&self, fits: impl Fn(u64) -> bool) -> Vec<Number> {
        let shelf = self.read();
        let adopted = shelf.adopted.iter().filter(|(mark, _)| fits(**mark));
        let own = shelf.worlds.iter_from(0);
        let own = own.filter(|(_, known)| fits(known.mark()));
        let adopted = adopted.flat_map(|(_, adopters)| adopters.iter().rev().copied());
        adopted.chain(own.map(|(number, _)| number)).collect()
    }

    /// The world of this user name.
    pub(crate) fn by_username(&self, username: &str) -> Option<Number> {
        let shelf = self.read();
        shelf.position(|known| known.username() == username)
    }

    /// From now on identifiers with this mark may be this world's, too. False when that is nothing new.
    pub(crate) fn adopt(&self, number: Number, mark: u64) -> bool {
        let mut shelf = self.write();
        if shelf.by_mark(mark) == Some(number) {
            return false;
        }
        let adopters = shelf.adopted.entry(mark).or_default();
        if adopters.last() == Some(&number) {
            return false;
        }
        adopters.retain(|other| *other != number);
        adopters.push(number);
        true
    }

    /// The worlds that sent something to the device with this access id.
    pub(crate) fn by_device(&self, access_id: &str) -> Vec<Number> {
        let shelf = self.read();
        shelf.by_device.get(access_id).cloned().unwrap_or_default()
    }

    /// From now on this world may have sent something to this device. False when that is nothing new.
    pub(crate) fn note_device(&self, number: Number, access_id: &str) -> bool {
        let known = |senders: &Vec<Number>| senders.contains(&number);
        if self.read().by_device.get(access_id).is_some_and(known) {
            return false;
        }
        let mut shelf = self.write();
        let senders = shelf.by_device.entry(access_id.to_owned()).or_default();
        let is_new = !known(senders);
        if is_new {
            senders.push(number);
        }
        is_new
    }

    /// Reads what is known of a world.
    pub(crate) fn look<T>(&self, number: Number, look: impl FnOnce(&Known) -> T) -> Option<T> {
        self.read().known(number).map(look)
    }

    /// The world itself, if it is loaded.
    pub(crate) fn loaded(&self, number: Number) -> Option<SharedSlot> {
        self.read().known(number)?.slot.clone()
    }

    /// The loaded worlds that nobody has asked for since `since`, in microseconds of the machine's clock.
    pub(crate) fn idle(&self, since: i64) -> Vec<Number> {
        self.list(0, usize::MAX, |number, known| {
            let slot = known.slot.as_ref()?;
            (slot.used_us() <= since).then_some(number)
        })
    }

    /// Puts a loaded world in its place. `None` when it was removed meanwhile.
    pub(crate) fn put(&self, number: Number, slot: &SharedSlot) -> Option<()> {
        let mut shelf = self.write();
        let known = shelf.worlds.find_mut(number)?;
        known.slot = Some(SharedSlot::clone(slot));
        Some(())
    }

    /// Takes a world out of its place if `may_leave` says so. Nobody can get hold of it meanwhile.
    pub(crate) fn take(
        &self,
        number: Number,
        may_leave: impl FnOnce(&SharedSlot) -> bool,
    ) -> Option<SharedSlot> {
        let mut shelf = self.write();
        let known = shelf.worlds.find_mut(number)?;
        if known.slot.as_ref().is_some_and(may_leave) {
            return known.slot.take();
        }
        None
    }

    /// Nobody else loads or unloads this world while the guard lives.
    pub(crate) fn door(&self, number: Number) -> MutexGuard<'_, ()> {
        let door = &self.doors[number as usize % DOORS];
        door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `pick` makes of each world from number `from` on.
    pub(crate) fn list<T>(
        &self,
        from: Number,
        limit: usize,
        pick: impl Fn(Number, &Known) -> Option<T>,
    ) -> Vec<T> {
        let shelf = self.read();
        let worlds = shelf.worlds.iter_from(from);
        worlds
            .filter_map(|(number, known)| pick(number, known))
            .take(limit)
            .collect()
    }
}

impl Shelf {
    fn known(&self, number: Number) -> Option<&Known> {
        self.worlds.find(number)
    }

    fn position(&self, wanted: impl Fn(&Known) -> bool) -> Option<Number> {
        let mut worlds = self.worlds.iter_from(0);
        let found = worlds.find(|(_, known)| wanted(known));
        found.map(|(number, _)| number)
    }

    fn by_secret(&self, digest: &Digest) -> Option<Number> {
        let same = |key: &Key| key.of(&self.worlds).as_ref() == Some(digest);
        let key = self.by_secret.find(digest.hash(), same)?;
        Some(key.number())
    }

    fn by_mark(&self, mark: u64) -> Option<Number> {
        let same = |number: &Number| self.known(*number).map(Known::mark) == Some(mark);
        self.by_mark.find(spread(mark), same).copied()
    }

    fn add(&mut self, known: Known, named_by_chance: bool) -> Result<Number, Taken> {
        let taken = |other: &Known| other.is_filed_as(known.username());
        if !named_by_chance && self.position(taken).is_some() {
            return Err(Taken::Username);
        }
        let (secrets, mark) = (known.secrets, known.mark());
        let held = |secret| self.by_secret(secret).is_some();
        if secrets[0] == secrets[1] || secrets.iter().any(held) {
            return Err(Taken::Secret);
        }
        if self.by_mark(mark).is_some() {
            return Err(Taken::Seed);
        }
        let number = Number::try_from(self.worlds.len()).map_err(|_| Taken::Username)?;
        if number > LAST {
            return Err(Taken::Username);
        }
        self.worlds.push(known);
        let worlds = &self.worlds;
        for (key, secret) in Key::both(number).into_iter().zip(&secrets) {
            let hash = |key: &Key| key.of(worlds).map_or(0, |secret| secret.hash());
            self.by_secret.insert_unique(secret.hash(), key, hash);
        }
        let hash = |number: &Number| worlds.find(*number).map_or(0, |known| spread(known.mark()));
        self.by_mark.insert_unique(spread(mark), number, hash);
        Ok(number)
    }

    fn remove(&mut self, number: Number) -> Option<Known> {
        let known = self.worlds.remove(number)?;
        for (key, secret) in Key::both(number).into_iter().zip(&known.secrets) {
            let entry = self.by_secret.find_entry(secret.hash(), |own| *own == key);
            if let Ok(entry) = entry {
                entry.remove();
            }
        }
        let hash = spread(known.mark());
        if let Ok(entry) = self.by_mark.find_entry(hash, |own| *own == number) {
            entry.remove();
        }
        let keep_others = |worlds: &mut Vec<Number>| {
            worlds.retain(|other| *other != number);
            !worlds.is_empty()
        };
        self.adopted.retain(|_, adopters| keep_others(adopters));
        self.by_device.retain(|_, senders| keep_others(senders));
        Some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(registry: &Registry, username: &str, key: &str, mark: u64) -> Result<Number, Taken> {
        let secrets = [Digest::of_login(username, "secret"), Digest::of_key(key)];
        let known = Known::new((username, "Acme"), secrets, mark, &Beginning::default());
        registry.add(known, false)
    }

    #[test]
    fn a_world_is_found_by_each_of_its_secrets_and_its_mark() {
        let registry = Registry::default();
        let one = add(&registry, "one", "k-1", 1).unwrap();
        let two = add(&registry, "two", "k-2", 2).unwrap();
        assert_eq!(registry.by_secret(&Digest::of_key("k-2")), Some(two));
        let login = Digest::of_login("one", "secret");
        assert_eq!(registry.by_secret(&login), Some(one));
        assert_eq!(registry.by_secret(&Digest::of_key("k-3")), None);
        assert_eq!(registry.by_mark(2), [two]);
        assert_eq!(registry.by_username("two"), Some(two));
        registry.remove(one);
        assert_eq!(registry.by_secret(&login), None);
        assert_eq!(registry.by_username("two"), Some(two));
    }

    #[test]
    fn names_secrets_and_marks_belong_to_one_world() {
        let registry = Registry::default();
        add(&registry, "one", "k-1", 1).unwrap();
        assert_eq!(add(&registry, "one", "k-2", 2), Err(Taken::Username));
        assert_eq!(add(&registry, "two", "k-1", 2), Err(Taken::Secret));
        assert_eq!(add(&registry, "two", "k-2", 1), Err(Taken::Seed));
    }

    #[test]
    fn an_adopted_mark_leads_to_its_adopter_first() {
        let registry = Registry::default();
        let one = add(&registry, "one", "k-1", 1).unwrap();
        let two = add(&registry, "two", "k-2", 2).unwrap();
        registry.adopt(two, 1);
        registry.adopt(one, 1);
        assert_eq!(registry.by_mark(1), [two, one]);
        registry.remove(two);
        assert_eq!(registry.by_mark(1), [one]);
    }

    #[test]
    fn a_world_that_is_gone_leaves_its_secrets_and_mark_to_others() {
        let registry = Registry::default();
        let numbers: Vec<_> = (0..100)
            .map(|mark| add(&registry, &format!("w{mark}"), &format!("k-{mark}"), mark).unwrap())
            .collect();
        for number in &numbers {
            registry.remove(*number).unwrap();
            assert!(registry.remove(*number).is_none());
        }
        for mark in 0..100 {
            let again = add(&registry, &format!("w{mark}"), &format!("k-{mark}"), mark).unwrap();
            assert!(!numbers.contains(&again), "numbers are never given twice");
            assert_eq!(registry.by_mark(mark), [again]);
        }
    }

    #[test]
    fn a_world_for_which_nothing_was_chosen_is_small() {
        assert_eq!(size_of::<Known>(), 72);
        let secrets = [Digest::of_key("1"), Digest::of_key("2")];
        let plain = Beginning::default();
        let mark = u64::MAX >> 16;
        let random = Known::new(("K_abcdefghijkl", DEFAULT_NAME), secrets, mark, &plain);
        assert_eq!(
            (random.username(), random.name()),
            ("K_abcdefghijkl", DEFAULT_NAME)
        );
        assert_eq!(random.mark(), mark);
        let chosen = Known::new(("someone", "Acme"), secrets, 1, &plain);
        assert_eq!((chosen.username(), chosen.name()), ("someone", "Acme"));
    }
}
