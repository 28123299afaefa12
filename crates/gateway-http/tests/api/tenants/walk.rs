//! One visitor goes through every door, and what it gets is compared with what it may see.

use std::collections::BTreeSet;

use http::Method;
use kassa_gateway::shop::resources::registry;
use kassa_storage::Descriptor;
use kassa_storage::descriptor::{Relationship, RelationshipSource};
use serde_json::{Map, Value, json};

use super::planted::{Planted, kinds, marker};
use super::policy::{Sight, sight};
use crate::house::{Answer, Visitor};

const SIGHTS: [Sight; 5] = [
    Sight::Back,
    Sight::Shared,
    Sight::Market,
    Sight::Own,
    Sight::Order,
];

/// Somebody, and what they may see.
pub struct Walker<'a> {
    pub name: &'static str,
    pub visitor: Visitor<'a>,
    pub sees: &'static [Sight],
    pub planted: &'a Planted,
    /// Paths that were walked, as the description writes them.
    pub walked: BTreeSet<String>,
}

impl<'a> Walker<'a> {
    pub fn new(
        name: &'static str,
        visitor: Visitor<'a>,
        sees: &'static [Sight],
        planted: &'a Planted,
    ) -> Self {
        Self {
            name,
            visitor,
            sees,
            planted,
            walked: BTreeSet::new(),
        }
    }

    fn sees(&self, kind: &str) -> bool {
        self.sees.contains(&sight(kind))
    }

    /// Sends a request and looks for texts that are not for this visitor.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let shown = format!("{}: {method} {path} {body:?}", self.name);
        let answer = self.visitor.call(method, path, body).await;
        assert!(!answer.status.is_server_error(), "{shown}: {}", answer.text);
        for hidden in SIGHTS.iter().filter(|sight| !self.sees.contains(sight)) {
            let leaked = answer.text.contains(marker(*hidden));
            assert!(!leaked, "{shown} shows {hidden:?}: {}", answer.text);
        }
        answer
    }

    /// Every route that reads.
    pub async fn read_everything(&mut self) {
        for singleton in registry().0.iter().filter(|kind| kind.singleton) {
            self.walked.insert(format!("/api/{}", singleton.singular));
            let path = format!("/api/{}", singleton.singular);
            let answer = self.ask(Method::GET, &path, None).await;
            assert_eq!(answer.status, 200, "{} {path}", self.name);
        }
        for kind in kinds() {
            self.read_one(kind).await;
            self.list(kind).await;
            self.search(kind).await;
        }
    }

    /// `/api/<type>/<id>` and both routes of every relationship.
    async fn read_one(&mut self, kind: &'static Descriptor) {
        let id = self.planted.ids[kind.kind].clone();
        self.walked.insert(format!("/api/{}/{{id}}", kind.kind));
        let mut paths = vec![format!("/api/{}/{id}", kind.kind)];
        for link in kind.relationships {
            let template = format!("/api/{}/{{id}}/{}", kind.kind, link.name);
            self.walked.insert(template);
            paths.push(format!("/api/{}/{id}/{}", kind.kind, link.name));
            paths.push(format!(
                "/api/{}/{id}/relationships/{}",
                kind.kind, link.name
            ));
            if link.include {
                paths.push(format!("/api/{}/{id}?include={}", kind.kind, link.name));
            }
        }
        for path in paths {
            let answer = self.ask(Method::GET, &path, None).await;
            let status = answer.status.as_u16();
            let fine = if !kind.verbs.retrieve {
                matches!(status, 401 | 404 | 405)
            } else if self.sees(kind.kind) {
                status == 200
            } else {
                matches!(status, 401 | 404)
            };
            assert!(fine, "{} {path}: {}", self.name, answer.text);
        }
    }

    /// `/api/<type>`, as it is and with everything that may ride along.
    async fn list(&mut self, kind: &'static Descriptor) {
        self.walked.insert(format!("/api/{}", kind.kind));
        let path = format!("/api/{}", kind.kind);
        let includes = kind.relationships.iter().filter(|link| link.include);
        let queries = std::iter::once("page[size]=25&sort=-created_at".to_owned())
            .chain(includes.map(|link| format!("page[size]=25&include={}", link.name)));
        for query in queries {
            let answer = self
                .ask(Method::GET, &format!("{path}?{query}"), None)
                .await;
            let fine = matches!(answer.status.as_u16(), 200 | 401 | 405);
            assert!(fine, "{} {path}?{query}: {}", self.name, answer.text);
        }
    }

    /// Counts answer no question about rows that are not seen.
    async fn search(&self, kind: &'static Descriptor) {
        let id = &self.planted.ids[kind.kind];
        let own = marker(sight(kind.kind));
        let mut filters = vec![
            (format!("id_eq={id}"), kind.kind),
            (format!("reference_eq={own}"), kind.kind),
            (format!("reference_start={own}"), kind.kind),
        ];
        for (link, to) in crossings(kind) {
            let theirs = marker(sight(to));
            filters.push((format!("{}_reference_eq={theirs}", link.name), to));
            if link.many {
                filters.push((format!("{}_id_eq={}", link.name, self.planted.ids[to]), to));
            }
        }
        for (filter, about) in filters {
            if self.sees(about) {
                continue;
            }
            let path = format!(
                "/api/{}?filter[q][{}",
                kind.kind,
                filter.replacen('=', "]=", 1)
            );
            // The links of the answer repeat what was asked for, so what it found is what may tell.
            let answer = self.visitor.get(&path).await;
            let found = &answer.body["data"];
            let none = answer.body["meta"]["record_count"] == 0 && *found == json!([]);
            let refused = matches!(answer.status.as_u16(), 400 | 401 | 405);
            assert!(refused || none, "{} {path}: {}", self.name, answer.text);
        }
    }

    /// Every route that writes, on rows that this visitor may not write; nothing changes.
    pub async fn write_nothing(&mut self) {
        let before = self.everything().await;
        for kind in kinds() {
            let id = &self.planted.ids[kind.kind];
            let path = format!("/api/{}/{id}", kind.kind);
            let data =
                json!({"type": kind.kind, "id": id, "attributes": {"metadata": {"stolen": true}}});
            for (method, body) in [
                (Method::PATCH, Some(json!({"data": data}))),
                (Method::DELETE, None),
            ] {
                let answer = self.ask(method.clone(), &path, body).await;
                let fine = matches!(answer.status.as_u16(), 401 | 404 | 405);
                assert!(fine, "{} {method} {path}: {}", self.name, answer.text);
            }
        }
        let after = self.everything().await;
        assert_eq!(before, after, "{} changed something", self.name);
    }

    /// New rows may not point to rows that this visitor does not see.
    pub async fn link_nothing(&self) {
        for kind in kinds().filter(|kind| kind.verbs.create) {
            let attributes: Map<String, Value> = self
                .planted
                .body(kind)
                .into_iter()
                .filter(|(name, _)| kind.attribute(name).is_some_and(|known| known.create))
                .map(|(name, value)| match value {
                    Value::String(text) => (name, json!(text.replace("zqx", "mine "))),
                    other => (name, other),
                })
                .collect();
            for link in kind.relationships.iter().filter(|link| link.create) {
                let Some((to, id)) = self.hidden_target(link) else {
                    continue;
                };
                let target = json!({"type": to, "id": id});
                let target = if link.many { json!([target]) } else { target };
                let body = json!({"data": {
                    "type": kind.kind,
                    "attributes": attributes,
                    "relationships": {link.name: {"data": target}},
                }});
                let path = format!("/api/{}", kind.kind);
                let answer = self.ask(Method::POST, &path, Some(body)).await;
                assert!(
                    answer.status.is_client_error(),
                    "{} {path} with {}: {}",
                    self.name,
                    link.name,
                    answer.text
                );
            }
        }
    }

    fn hidden_target(&self, link: &Relationship) -> Option<(&'static str, &str)> {
        link.to
            .iter()
            .filter(|to| registry().find(to).is_some() && !self.sees(to))
            .find_map(|to| Some((*to, self.planted.ids.get(to)?.as_str())))
    }

    async fn everything(&self) -> Vec<Option<Map<String, Value>>> {
        let mut rows = Vec::new();
        for key in self.planted.keys() {
            let row = self.planted.record(self.visitor.house, &key).await;
            rows.push(row.map(|row| row.body));
        }
        rows
    }
}

/// Relationships that a filter may cross to one type.
fn crossings(
    kind: &'static Descriptor,
) -> impl Iterator<Item = (&'static Relationship, &'static str)> {
    kind.relationships.iter().filter_map(|link| {
        let [to] = link.to else { return None };
        let served = registry().find(to).is_some();
        (served && link.source != RelationshipSource::Computed).then_some((link, *to))
    })
}
