//! Follows `include`: level by level, each level with at most one query per kind of relationship.
//!
//! Invariant: every requested path ends up in the linkage of every record it applies to, empty ones too, because
//! clients tell `null` from absent.

use std::collections::{BTreeMap, HashMap, HashSet};

use kassa_storage::{Descriptor, Key, Record, Relationship, RelationshipSource};

use super::Reader;
use super::redact;
use crate::error::GatewayError;
use crate::shop::graph::{Graph, IncludeTree, Linkage};
use crate::shop::resources::registry;

/// Levels that an include path may have. Source: commerce-api, section a; the checkout uses three.
const LEVELS: usize = 4;

/// Rows that one relationship may bring in. Ours: beyond this a page of the related route is the way.
pub(super) const ROWS: u64 = 5_000;

/// One relationship to follow on this level.
struct Step<'a> {
    kind: &'static str,
    relationship: &'static Relationship,
    below: &'a IncludeTree,
    sources: Vec<Key>,
}

/// Refuses include paths that no descriptor knows, before any row is read.
///
/// # Errors
/// 400 `INVALID_INCLUDE` naming the path.
pub(crate) fn check(
    descriptor: &'static Descriptor,
    tree: &IncludeTree,
) -> Result<(), GatewayError> {
    check_level(&concrete(descriptor), tree, &mut Vec::new())
}

fn check_level(
    kinds: &[&'static Descriptor],
    tree: &IncludeTree,
    path: &mut Vec<String>,
) -> Result<(), GatewayError> {
    for (name, below) in &tree.0 {
        path.push(name.clone());
        let relationships: Vec<_> = kinds
            .iter()
            .filter_map(|kind| kind.relationship(name))
            .filter(|relationship| relationship.include)
            .collect();
        if relationships.is_empty() || path.len() > LEVELS {
            return Err(GatewayError::Malformed {
                code: "INVALID_INCLUDE",
                detail: format!(
                    "{} is not a relationship that can be included here, or the path is longer than {LEVELS}",
                    path.join(".")
                ),
                parameter: Some("include".to_owned()),
                pointer: None,
            });
        }
        let targets: Vec<_> = relationships
            .iter()
            .flat_map(|relationship| relationship.to)
            .filter_map(|kind| registry().find(kind))
            .flat_map(concrete)
            .collect();
        // Types that are not served have no rows; what lies below them is not judged.
        if !targets.is_empty() {
            check_level(&targets, below, path)?;
        }
        path.pop();
    }
    Ok(())
}

/// The types whose rows an abstract type stands for; the type itself otherwise.
pub(crate) fn concrete(descriptor: &'static Descriptor) -> Vec<&'static Descriptor> {
    if descriptor.concrete.is_empty() {
        return vec![descriptor];
    }
    descriptor
        .concrete
        .iter()
        .filter_map(|kind| registry().find(kind))
        .collect()
}

/// The types that rows of a relationship are stored under.
pub(crate) fn target_kinds(relationship: &Relationship) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = relationship
        .to
        .iter()
        .filter_map(|kind| registry().find(kind))
        .flat_map(concrete)
        .map(|descriptor| descriptor.kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// What a stored relationship of `record` points to.
pub(crate) fn stored_targets(record: &Record, relationship: &Relationship) -> Vec<Key> {
    let kind = match relationship.to {
        [only] => Some((*only).to_owned()),
        _ => record
            .text(&format!("{}_type", relationship.name))
            .map(ToOwned::to_owned),
    };
    let Some(kind) = kind else {
        return Vec::new();
    };
    if !relationship.many {
        let id = record.text(&format!("{}_id", relationship.name));
        return id.map(|id| Key::new(kind, id)).into_iter().collect();
    }
    let ids = record.body.get(&format!("{}_ids", relationship.name));
    let ids = ids
        .and_then(|ids| ids.as_array())
        .map(Vec::as_slice)
        .unwrap_or_default();
    ids.iter()
        .filter_map(|id| id.as_str())
        .map(|id| Key::new(kind.clone(), id))
        .collect()
}

impl Reader<'_> {
    /// Fills `graph` with everything that `tree` leads to from its primary records.
    pub(super) async fn expand(
        &mut self,
        graph: &mut Graph,
        tree: &IncludeTree,
    ) -> Result<(), GatewayError> {
        let mut pool: HashMap<Key, Record> = graph
            .primary
            .iter()
            .map(|record| (record.key.clone(), record.clone()))
            .collect();
        let mut seen: HashSet<Key> = pool.keys().cloned().collect();
        let mut reached: Vec<Key> = Vec::new();
        let first: Vec<Key> = graph
            .primary
            .iter()
            .map(|record| record.key.clone())
            .collect();
        let mut frontier: Vec<(Vec<Key>, &IncludeTree)> = vec![(first, tree)];
        while frontier
            .iter()
            .any(|(keys, tree)| !keys.is_empty() && !tree.0.is_empty())
        {
            let steps = plan(&frontier);
            let mut links = self.follow(&steps, &pool).await?;
            self.fetch(&links, &mut pool).await?;
            frontier = Vec::new();
            for (step, found) in steps.iter().zip(&mut links) {
                let hidden = self.hidden(step.kind, found.values().flatten()).await?;
                let mut next = Vec::new();
                for source in &step.sources {
                    let mut targets = found.remove(source).unwrap_or_default();
                    targets.retain(|key| {
                        !hidden.contains(key)
                            && pool
                                .get(key)
                                .is_some_and(|record| self.follows(step.kind, record))
                    });
                    next.extend(targets.iter().cloned());
                    let linkage = if step.relationship.many {
                        Linkage::Many(targets)
                    } else {
                        Linkage::One(targets.into_iter().next())
                    };
                    graph
                        .linkage
                        .insert(source, step.relationship.name, linkage);
                }
                reached.extend(
                    next.iter()
                        .filter(|key| seen.insert((*key).clone()))
                        .cloned(),
                );
                frontier.push((next, step.below));
            }
        }
        graph.included = reached.iter().filter_map(|key| pool.remove(key)).collect();
        Ok(())
    }

    /// Targets of each step, by source: stored ones from the bodies, inverse ones by one query for each pair of
    /// types and relationship, computed ones by their functions.
    async fn follow(
        &mut self,
        steps: &[Step<'_>],
        pool: &HashMap<Key, Record>,
    ) -> Result<Vec<HashMap<Key, Vec<Key>>>, GatewayError> {
        let inverse = self.inverse_rows(steps).await?;
        let mut all = Vec::new();
        for step in steps {
            let sources: Vec<&Record> = step
                .sources
                .iter()
                .filter_map(|key| pool.get(key))
                .collect();
            let found = match step.relationship.source {
                RelationshipSource::Stored => sources
                    .iter()
                    .map(|record| {
                        (
                            record.key.clone(),
                            stored_targets(record, step.relationship),
                        )
                    })
                    .collect(),
                RelationshipSource::Inverse { via } => {
                    let rows = inverse.get(&(via, target_kinds(step.relationship)));
                    pointing_at(step, via, rows.map(Vec::as_slice).unwrap_or_default())
                }
                RelationshipSource::Computed => {
                    self.computed_relationship(step.kind, step.relationship.name, &sources)
                        .await?
                }
            };
            all.push(found);
        }
        Ok(all)
    }

    async fn inverse_rows(
        &mut self,
        steps: &[Step<'_>],
    ) -> Result<HashMap<(&'static str, Vec<&'static str>), Vec<Record>>, GatewayError> {
        let mut wanted: BTreeMap<(&'static str, Vec<&'static str>), Vec<String>> = BTreeMap::new();
        for step in steps {
            if let RelationshipSource::Inverse { via } = step.relationship.source {
                let ids = step.sources.iter().map(|key| key.id.clone());
                wanted
                    .entry((via, target_kinds(step.relationship)))
                    .or_default()
                    .extend(ids);
            }
        }
        let mut rows = HashMap::new();
        for ((via, kinds), mut ids) in wanted {
            ids.sort_unstable();
            ids.dedup();
            let found = if kinds.is_empty() {
                Vec::new()
            } else {
                self.snapshot.inverse(&kinds, via, &ids, ROWS).await?
            };
            for record in &found {
                self.fetched.insert(record.key.clone(), record.clone());
            }
            rows.insert((via, kinds), found);
        }
        Ok(rows)
    }

    /// Reads the rows behind `links` that are not in the pool yet, in one query.
    async fn fetch(
        &mut self,
        links: &[HashMap<Key, Vec<Key>>],
        pool: &mut HashMap<Key, Record>,
    ) -> Result<(), GatewayError> {
        let mut missing: Vec<Key> = Vec::new();
        for key in links.iter().flat_map(HashMap::values).flatten() {
            if pool.contains_key(key) {
                continue;
            }
            match self.fetched.remove(key) {
                Some(record) => {
                    pool.insert(key.clone(), record);
                }
                None => missing.push(key.clone()),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            for record in self.snapshot.records(&missing).await? {
                pool.insert(record.key.clone(), record);
            }
        }
        for key in links.iter().flat_map(HashMap::values).flatten() {
            if let Some(record) = pool.get_mut(key) {
                redact::customer(self.caller, record);
            }
        }
        Ok(())
    }
}

/// The steps of one level; sources of the same relationship and subtree go together.
fn plan<'a>(frontier: &[(Vec<Key>, &'a IncludeTree)]) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'a>> = Vec::new();
    for (keys, tree) in frontier {
        for (name, below) in &tree.0 {
            let mut by_kind: BTreeMap<&'static str, Step<'a>> = BTreeMap::new();
            let mut seen = HashSet::new();
            for key in keys {
                let found = registry().find(&key.kind).and_then(|descriptor| {
                    descriptor
                        .relationship(name)
                        .map(|found| (descriptor.kind, found))
                });
                let Some((kind, relationship)) = found else {
                    continue;
                };
                if !seen.insert(key) {
                    continue;
                }
                by_kind
                    .entry(kind)
                    .or_insert_with(|| Step {
                        kind,
                        relationship,
                        below,
                        sources: Vec::new(),
                    })
                    .sources
                    .push(key.clone());
            }
            steps.extend(by_kind.into_values());
        }
    }
    steps
}

/// Groups the rows of an inverse relationship by what they point to.
fn pointing_at(step: &Step<'_>, via: &str, rows: &[Record]) -> HashMap<Key, Vec<Key>> {
    let sources: HashSet<&Key> = step.sources.iter().collect();
    let kinds = target_kinds(step.relationship);
    let mut found: HashMap<Key, Vec<Key>> = HashMap::new();
    for row in rows
        .iter()
        .filter(|row| kinds.contains(&row.key.kind.as_ref()))
    {
        let Some(back) = registry()
            .find(&row.key.kind)
            .and_then(|kind| kind.relationship(via))
        else {
            continue;
        };
        for target in stored_targets(row, back) {
            let target = Key::new(step.kind, target.id);
            if sources.contains(&target) {
                found.entry(target).or_default().push(row.key.clone());
            }
        }
    }
    found
}
