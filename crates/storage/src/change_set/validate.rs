//! What a change set must satisfy before any driver looks at the database.
//!
//! Invariant: a set that passes names every child's root among its own puts or deletes, so the version of the root
//! guards the child; a set that fails is a programming error and is refused as malformed.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::{ChangeSet, Guard};
use crate::record::Key;

impl ChangeSet {
    /// Checks the set against itself.
    ///
    /// # Errors
    /// What is wrong, in words for a developer.
    pub fn validate(&self) -> Result<(), String> {
        if self.id.is_empty() {
            return Err("a change set needs an id".to_owned());
        }
        if !self.realm.is_well_formed() {
            return Err(format!("{:?} is not a realm", self.realm.as_str()));
        }
        let roots = self.written_roots()?;
        self.check_children(&roots)?;
        self.check_parts()
    }

    /// Keys of the roots put or deleted here, each written once.
    fn written_roots(&self) -> Result<HashSet<&Key>, String> {
        let mut seen = HashSet::new();
        let mut roots = HashSet::new();
        for put in &self.puts {
            let record = &put.record;
            if record.key.id.is_empty() || record.key.kind.is_empty() {
                return Err(format!("a record needs a type and an id: {:?}", record.key));
            }
            if !seen.insert(&record.key) {
                return Err(format!("{:?} is written twice", record.key));
            }
            if record.is_root() {
                if put.guard == Guard::ByRoot {
                    return Err(format!("the root {:?} is its own guard", record.key));
                }
                roots.insert(&record.key);
            } else if matches!(put.guard, Guard::At(_)) {
                return Err(format!("the child {:?} has no version", record.key));
            }
        }
        for (key, guard) in &self.deletes {
            if !seen.insert(key) {
                return Err(format!("{key:?} is written twice"));
            }
            match guard {
                Guard::New => return Err(format!("{key:?} cannot be deleted as new")),
                Guard::At(_) => {
                    roots.insert(key);
                }
                Guard::ByRoot => {}
            }
        }
        Ok(roots)
    }

    fn check_children(&self, roots: &HashSet<&Key>) -> Result<(), String> {
        for put in &self.puts {
            let record = &put.record;
            if record.is_root() {
                continue;
            }
            if !roots.contains(&record.root) {
                return Err(format!(
                    "the child {:?} is written without its root {:?}",
                    record.key, record.root
                ));
            }
            let root_goes = self.deletes.iter().any(|(key, _)| *key == record.root);
            if root_goes {
                return Err(format!("{:?} outlives its root", record.key));
            }
        }
        let orphan = self
            .deletes
            .iter()
            .find(|(_, guard)| *guard == Guard::ByRoot && roots.is_empty());
        orphan.map_or(Ok(()), |(key, _)| {
            Err(format!("the child {key:?} is deleted without its root"))
        })
    }

    fn check_parts(&self) -> Result<(), String> {
        if let Some(change) = self.counters.iter().find(|change| change.min > change.max) {
            return Err(format!("counter {} has empty bounds", change.name));
        }
        let mut claimed = HashSet::new();
        for (claim, owner) in &self.claims {
            if owner.is_empty() || claim.value.is_empty() {
                return Err(format!("{claim:?} needs a value and an owner"));
            }
            if !claimed.insert(claim) {
                return Err(format!("{claim:?} is claimed twice"));
            }
        }
        let mut operations = HashSet::new();
        match self
            .operations
            .iter()
            .find(|operation| !operations.insert(&operation.id))
        {
            Some(operation) => Err(format!("operation {} is written twice", operation.id)),
            None => Ok(()),
        }
    }
}
