//! What is served against what is published: every type, verb, attribute, trigger, relationship and flag.
//!
//! Invariant: a difference is told once, with the place it is at; whether it is accepted is not decided here.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What is compared of an attribute, a trigger or a relationship.
const FLAGS: &[&str] = &[
    "type",
    "read",
    "create",
    "update",
    "filter",
    "sort",
    "nullable",
    "integration_only",
    "derived_money",
    "required_on_create",
    "enum",
    "default",
    "cardinality",
    "include",
];

/// Abstract types that have no path of their own here, and the served types whose rows they stand for.
const UNSERVED_ABSTRACT: &[(&str, &[&str])] = &[
    (
        "price_tiers",
        &["price_volume_tiers", "price_frequency_tiers"],
    ),
    ("shipping_method_tiers", &["shipping_weight_tiers"]),
];

/// One thing in which the served types are not as published.
pub(super) struct Difference {
    /// The type.
    pub(super) kind: String,
    /// `attributes`, `triggers` or `relationships`; empty for the type itself.
    pub(super) part: &'static str,
    /// The attribute, trigger or relationship; empty for the type itself.
    pub(super) name: String,
    /// The flag, or `missing`, or `not published`.
    pub(super) what: String,
    /// Ours and the published, in words.
    pub(super) detail: String,
    /// The types that the relationship is published to lead to.
    pub(super) targets: Vec<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            kind,
            name,
            what,
            detail,
            ..
        } = self;
        let dot = if name.is_empty() { "" } else { "." };
        write!(out, "{kind}{dot}{name} {what}{detail}")
    }
}

/// Everything in which the served types are not as published.
pub(super) fn differences(
    served: &Map<String, Value>,
    published: &Map<String, Value>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for (kind, ours) in served {
        let mut comparison = Comparison {
            served,
            kind,
            part: "",
            found: &mut found,
        };
        match published.get(kind) {
            Some(theirs) => comparison.of_type(ours, theirs),
            None => comparison.tell("", "not published", String::new(), &Value::Null),
        }
    }
    found
}

struct Comparison<'a> {
    served: &'a Map<String, Value>,
    kind: &'a str,
    part: &'static str,
    found: &'a mut Vec<Difference>,
}

impl Comparison<'_> {
    fn tell(&mut self, name: &str, what: &str, detail: String, theirs: &Value) {
        let targets = strings(&theirs["targets"]);
        self.found.push(Difference {
            kind: self.kind.to_owned(),
            part: self.part,
            name: name.to_owned(),
            what: what.to_owned(),
            detail,
            targets: targets.into_iter().map(ToOwned::to_owned).collect(),
        });
    }

    fn of_type(&mut self, ours: &Value, theirs: &Value) {
        for name in ["id", "singleton", "verbs"] {
            if let Some(theirs) = theirs.get(name) {
                self.flag("", name, &ours[name], theirs, &Value::Null);
            }
        }
        for part in ["attributes", "triggers", "relationships"] {
            self.part = part;
            let empty = Map::new();
            let (ours, theirs) = (
                ours[part].as_object().unwrap_or(&empty),
                theirs[part].as_object().unwrap_or(&empty),
            );
            for (name, theirs) in theirs {
                match ours.get(name) {
                    Some(ours) => self.member(name, ours, theirs),
                    None => self.tell(name, "missing", String::new(), theirs),
                }
            }
            for name in ours.keys().filter(|name| !theirs.contains_key(*name)) {
                self.tell(name, "not published", String::new(), &Value::Null);
            }
        }
        self.part = "";
    }

    fn member(&mut self, name: &str, ours: &Value, theirs: &Value) {
        for flag in FLAGS {
            let Some(published) = theirs.get(*flag) else {
                continue;
            };
            // Whatever is worked out from an amount is derived, by whichever means.
            let worked_out = *flag == "derived_money" && ours["computed"] == true;
            let own = if worked_out { published } else { &ours[*flag] };
            self.flag(name, flag, own, published, theirs);
        }
        if self.part == "relationships" {
            self.targets(name, ours, theirs);
        }
    }

    fn flag(&mut self, name: &str, flag: &str, ours: &Value, published: &Value, theirs: &Value) {
        // The published condition is told in our words; that there is one is compared.
        let (own, published) = match (ours, published) {
            (Value::Object(_), Value::Object(_)) if flag == "required_on_create" => return,
            (Value::Array(own), Value::Array(published)) => {
                (Value::from(sorted(own)), Value::from(sorted(published)))
            }
            // The default of a decimal number is published as text.
            (Value::Number(own), Value::String(published)) => (
                Value::from(own.to_string()),
                Value::from(published.as_str()),
            ),
            (own, published) => (own.clone(), published.clone()),
        };
        if own != published {
            self.tell(
                name,
                flag,
                format!(": {own}, published {published}"),
                theirs,
            );
        }
    }

    /// A relationship leads to what it is published to lead to, as far as that is served.
    fn targets(&mut self, name: &str, ours: &Value, theirs: &Value) {
        let (own, published) = (strings(&ours["targets"]), strings(&theirs["targets"]));
        let stands_for = |target: &&str| {
            let concrete = |kind: &&str| {
                let served = self.served.get(*kind);
                let unserved = UNSERVED_ABSTRACT.iter().find(|(name, _)| name == kind);
                served.is_some_and(|facts| strings(&facts["concrete"]).contains(target))
                    || unserved.is_some_and(|(_, kinds)| kinds.contains(target))
            };
            published.contains(target) || published.iter().any(concrete)
        };
        let beyond: Vec<&str> = own
            .iter()
            .copied()
            .filter(|kind| !stands_for(kind))
            .collect();
        let short: Vec<&str> = published
            .iter()
            .copied()
            .filter(|kind| self.served.contains_key(*kind) && !own.contains(kind))
            .collect();
        if !beyond.is_empty() || !short.is_empty() {
            let detail = format!(": {beyond:?} not published, {short:?} missing");
            self.tell(name, "targets", detail, theirs);
        }
    }
}

fn sorted(list: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = list.iter().map(Value::to_string).collect();
    texts.sort_unstable();
    texts
}

/// The texts of a list.
pub(super) fn strings(list: &Value) -> BTreeSet<&str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(ours: Value, theirs: Value) -> Vec<String> {
        let found = differences(ours.as_object().unwrap(), theirs.as_object().unwrap());
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_flag_that_differs_is_told() {
        let of = |sort: bool, verbs: Value| json!({"skus": {"verbs": verbs, "attributes": {"code": {"type": "string", "sort": sort}}}});
        assert!(found(of(true, json!(["list"])), of(true, json!(["list"]))).is_empty());
        let differing = found(
            of(true, json!(["list"])),
            of(false, json!(["list", "create"])),
        );
        assert_eq!(differing.len(), 2, "{differing:?}");
        assert!(
            differing
                .iter()
                .any(|text| text.starts_with("skus.code sort: true"))
        );
    }

    #[test]
    fn what_is_missing_and_what_is_our_own_are_told_apart() {
        let of = |name: &str| json!({"skus": {"verbs": [], "attributes": {name: {}}}});
        assert_eq!(
            found(of("color"), of("code")),
            ["skus.code missing", "skus.color not published"]
        );
    }

    #[test]
    fn an_abstract_target_stands_for_its_concrete_types() {
        let of = |targets: Value| {
            json!({
                "promotions": {"concrete": ["free_shipping_promotions"]},
                "free_shipping_promotions": {},
                "coupons": {"relationships": {"promotion": {"targets": targets}}},
            })
        };
        let published = of(json!(["promotions"]));
        assert!(
            found(
                of(json!(["promotions", "free_shipping_promotions"])),
                published.clone()
            )
            .is_empty()
        );
        let differing = found(of(json!(["coupons"])), published);
        assert_eq!(differing.len(), 1, "{differing:?}");
    }
}
