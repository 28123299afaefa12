//! One row of every type that belongs to market EU and to one customer, with a marker in its texts.
//!
//! What a shop's own story makes is real: a placed order of the customer, its parts, and the market's catalogue. Of types
//! that it does not touch, a row is written that points to them.

use std::collections::BTreeMap;

use kassa_gateway::shop::resources::registry;
use kassa_storage::descriptor::{AttributeSource, AttributeType, Relationship, RelationshipSource};
use kassa_storage::{Descriptor, Guard, Key, Put, Realm, Record, Scope};
use serde_json::{Map, Value, json};

use super::policy::{Sight, sight};
use crate::house::House;

/// What is written into the texts of rows that one sight sees; nobody else may ever read it.
pub fn marker(sight: Sight) -> &'static str {
    match sight {
        Sight::Back => "zqxback",
        Sight::Shared => "zqxshared",
        Sight::Market => "zqxmarket",
        Sight::Own => "zqxown",
        Sight::Order => "zqxorder",
    }
}

/// Ids of the planted rows, by type.
pub struct Planted {
    pub ids: BTreeMap<&'static str, String>,
    pub realm: Realm,
}

/// Types that have rows of their own and an id in their path.
pub fn kinds() -> impl Iterator<Item = &'static Descriptor> {
    registry().0.iter().copied().filter(|kind| !kind.singleton)
}

fn stored(kind: &Descriptor) -> impl Iterator<Item = &'static Relationship> {
    kind.relationships
        .iter()
        .filter(|link| link.source == RelationshipSource::Stored && !link.many)
}

impl Planted {
    /// Plants in the organization of the house.
    pub async fn in_house(house: &House) -> Self {
        let customer = house.customer().await;
        let (order, source) = customer.checkout_as(&house.access.customer_email).await;
        customer.record_approval(&source).await;
        customer.place(&order).await;
        let back = house.integration().await;
        for trigger in ["_approve", "_capture"] {
            let attributes = json!({trigger: true});
            back.update(&format!("orders/{order}"), attributes, json!({}))
                .await;
        }
        let path = format!("/api/orders/{order}?include=customer");
        let me = back.get(&path).await.expect(200);
        let realm = Realm::new(&me.text_at("/meta/organization_id"), true);
        let mut planted = Self {
            ids: BTreeMap::from([
                ("orders", order),
                ("markets", house.access.markets["EU"].clone()),
                (
                    "customers",
                    me.included("customers")[0]["id"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                ),
            ]),
            realm,
        };
        // The order is followed first: its address is the customer's.
        let anchors = ["customers", "markets", "orders"];
        planted.follow(house, &anchors).await;
        planted.find(house).await;
        planted.write(house).await;
        planted.mark(house).await;
        planted
    }

    pub async fn record(&self, house: &House, key: &Key) -> Option<Record> {
        let scope = Scope::realm(self.realm.clone());
        let mut snapshot = house.gateway.snapshot(&scope).await.unwrap();
        snapshot.record(key).await.unwrap()
    }

    /// The planted rows.
    pub fn keys(&self) -> Vec<Key> {
        let concrete = |kind: &&str| registry().find(kind).unwrap().concrete.is_empty();
        let rows = self.ids.iter().filter(|(kind, _)| concrete(kind));
        rows.map(|(kind, id)| Key::new(*kind, id.clone())).collect()
    }

    /// Takes what rows of these types point to.
    async fn follow(&mut self, house: &House, kinds: &[&'static str]) {
        let mut open = kinds.to_vec();
        while let Some(kind) = open.pop() {
            let key = Key::new(kind, self.ids[kind].clone());
            let row = self.record(house, &key).await.unwrap();
            for link in stored(registry().find(kind).unwrap()) {
                let [to] = link.to else { continue };
                let Some(id) = row.text(&format!("{}_id", link.name)) else {
                    continue;
                };
                if registry().find(to).is_some() && !self.ids.contains_key(to) {
                    self.ids.insert(to, id.to_owned());
                    open.push(to);
                }
            }
        }
    }

    /// Finds rows that point to what is known, until nothing new is found.
    async fn find(&mut self, house: &House) {
        let back = house.integration().await;
        loop {
            let before = self.ids.len();
            for kind in kinds().filter(|kind| kind.concrete.is_empty() && kind.verbs.list) {
                if self.ids.contains_key(kind.kind) {
                    continue;
                }
                // What has a market is the market's; other ties may be shared with others.
                let of_market = kind.relationship("market").is_some();
                for link in stored(kind).filter(|link| !of_market || link.name == "market") {
                    let Some(id) = link.to.iter().find_map(|to| self.ids.get(to)) else {
                        continue;
                    };
                    let path = format!("/api/{}?filter[q][{}_id_eq]={id}", kind.kind, link.name);
                    let found = back.get(&path).await;
                    if let Some(id) = found.body["data"][0]["id"].as_str() {
                        self.ids.insert(kind.kind, id.to_owned());
                        self.follow(house, &[kind.kind]).await;
                        break;
                    }
                }
            }
            if self.ids.len() == before {
                return;
            }
        }
    }

    /// Writes a row of every type that has none yet.
    async fn write(&mut self, house: &House) {
        let missing: Vec<_> = kinds()
            .filter(|kind| kind.concrete.is_empty() && !self.ids.contains_key(kind.kind))
            .collect();
        for (index, kind) in missing.iter().enumerate() {
            let letter = char::from(b'a' + u8::try_from(index % 26).unwrap());
            let other = char::from(b'a' + u8::try_from(index / 26).unwrap());
            self.ids
                .insert(kind.kind, format!("Planted{other}{letter}X"));
        }
        for kind in missing {
            let key = Key::new(kind.kind, self.ids[kind.kind].clone());
            let mut record = Record::root(key, self.body(kind), 0);
            record.owner = record.text("customer_id").map(ToOwned::to_owned);
            let root = kind
                .root
                .and_then(|name| record.text(&format!("{name}_id")));
            if let (Some(name), Some(root)) = (kind.root, root) {
                let to = Key::new(kind.relationship(name).unwrap().to[0], root);
                record.root = self.record(house, &to).await.unwrap().root;
            }
            self.put(house, record).await;
        }
        let organization = Key::new("organizations", self.realm.organization());
        self.ids.insert("organizations", organization.id);
        // An abstract type is asked for by the id of one of its concrete rows.
        for kind in kinds().filter(|kind| !kind.concrete.is_empty()) {
            let first = kind.concrete.iter().find_map(|kind| self.ids.get(kind));
            self.ids.insert(kind.kind, first.unwrap().clone());
        }
    }

    /// Values for every attribute and link that a row of `kind` may have.
    pub fn body(&self, kind: &'static Descriptor) -> Map<String, Value> {
        let marker = marker(sight(kind.kind));
        let mut body = Map::new();
        for attribute in kind.attributes {
            let name = attribute.name;
            if attribute.source != AttributeSource::Stored || name.ends_with("_at") {
                continue;
            }
            let value = match attribute.ty {
                AttributeType::String => match attribute.values.last() {
                    // What has come to its end: a gift card that is still being bought is its buyer's.
                    Some(last) => json!(last),
                    None if name == "currency_code" => json!("EUR"),
                    None if name.ends_with("_regex") => continue,
                    None => json!(format!("{marker} {name}")),
                },
                AttributeType::Integer | AttributeType::Float => json!(1),
                AttributeType::Object => json!({"marker": marker}),
                _ => continue,
            };
            body.insert(name.to_owned(), value);
        }
        for link in stored(kind) {
            let Some((to, id)) = link.to.iter().find_map(|to| Some((to, self.ids.get(to)?))) else {
                continue;
            };
            body.insert(format!("{}_id", link.name), json!(id));
            if link.to.len() > 1 {
                body.insert(format!("{}_type", link.name), json!(to));
            }
        }
        body
    }

    /// Writes the marker into what every type has.
    async fn mark(&self, house: &House) {
        for key in self.keys() {
            let mut record = self.record(house, &key).await.unwrap();
            let marker = marker(sight(&key.kind));
            for name in ["reference", "reference_origin"] {
                record.body.insert(name.to_owned(), json!(marker));
            }
            record
                .body
                .insert("metadata".to_owned(), json!({"marker": marker}));
            self.put(house, record).await;
        }
    }

    /// Writes a record as it is; the version of its root moves.
    async fn put(&self, house: &House, record: Record) {
        let mut set = house.gateway.change_set(&self.realm);
        if record.root == record.key {
            let guard = match self.record(house, &record.key).await {
                Some(known) => Guard::At(known.version),
                None => Guard::New,
            };
            set.puts.push(Put { record, guard });
        } else {
            let root = self.record(house, &record.root).await.unwrap();
            let guard = Guard::At(root.version);
            set.puts.push(Put {
                record: root,
                guard,
            });
            let guard = Guard::ByRoot;
            set.puts.push(Put { record, guard });
        }
        house.gateway.commit_once(set).await.unwrap();
    }
}
