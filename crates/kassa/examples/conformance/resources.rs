//! Our resource tables against the published facts of the commerce API.
//!
//! A type that is served must be served whole: each of its attributes, triggers and relationships,
//! with the same flags. What is not served yet is counted, so that the gap is a number.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use kassa_storage::Registry;
use kassa_storage::descriptor::{
    Attribute, AttributeSource, AttributeType, Descriptor, Relationship, Required, Trigger,
};
use serde_json::{Map, Value};

use super::Report;

/// Attributes every resource has and no table lists: the engine writes them itself. A `type` among
/// the attributes is the document's own `type` member.
const IMPLIED: &[&str] = &["id", "type", "created_at", "updated_at"];

/// Relationships that only rules of promotions and price lists read: they name the caller's token,
/// not a record, and come with those rules.
const OF_RULES: &[&str] = &["jwt_customer", "jwt_markets", "jwt_stock_locations"];

/// Abstract types that have no path of their own here, and the served types whose rows they stand for.
const UNSERVED_ABSTRACT: &[(&str, &[&str])] = &[
    (
        "price_tiers",
        &["price_volume_tiers", "price_frequency_tiers"],
    ),
    ("shipping_method_tiers", &["shipping_weight_tiers"]),
];

type Facts = Map<String, Value>;

/// Compares every served type with the data file.
pub fn check(facts: &Value, registry: Registry, report: &mut Report) -> Result<()> {
    let published = facts["resources"]
        .as_object()
        .context("the data file has no `resources`")?;
    let served: BTreeSet<&str> = registry.0.iter().map(|table| table.kind).collect();
    let mut counts = [0_usize; 3];
    for table in registry.0.iter().copied() {
        let Some(facts) = published.get(table.kind) else {
            report.contradiction(format!("{}: not a published type", table.kind));
            continue;
        };
        let mut comparison = Comparison {
            table,
            served: &served,
            registry,
            report: &mut *report,
        };
        comparison.type_itself(facts);
        counts[0] += comparison.attributes(object(facts, "attributes")?);
        counts[1] += comparison.triggers(object(facts, "triggers")?);
        counts[2] += comparison.relationships(object(facts, "relationships")?);
    }
    let totals = ["attributes", "triggers", "relationships"].map(|name| {
        let all = published.values();
        all.filter_map(|facts| facts[name].as_object())
            .map(Map::len)
            .sum::<usize>()
    });
    report.count("resource types", served.len(), published.len());
    report.count("attributes", counts[0], totals[0]);
    report.count("triggers", counts[1], totals[1]);
    report.count("relationships", counts[2], totals[2]);
    Ok(())
}

fn object<'a>(facts: &'a Value, name: &str) -> Result<&'a Facts> {
    facts[name]
        .as_object()
        .with_context(|| format!("a type without `{name}`"))
}

struct Comparison<'a> {
    table: &'static Descriptor,
    served: &'a BTreeSet<&'a str>,
    registry: Registry,
    report: &'a mut Report,
}

impl Comparison<'_> {
    fn differ<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, ours: T, published: T) {
        if ours != published {
            let kind = self.table.kind;
            self.report.contradiction(format!(
                "{kind}.{what}: published {published:?}, ours {ours:?}"
            ));
        }
    }

    fn type_itself(&mut self, facts: &Value) {
        self.differ(
            "singular",
            self.table.singular,
            facts["id"].as_str().unwrap_or_default(),
        );
        self.differ("singleton", self.table.singleton, flag(facts, "singleton"));
        let verbs = self.table.verbs;
        for (name, ours) in [
            ("list", verbs.list),
            ("retrieve", verbs.retrieve),
            ("create", verbs.create),
            ("update", verbs.update),
            ("delete", verbs.delete),
        ] {
            let published = strings(&facts["verbs"]).contains(name);
            self.differ(&format!("verb {name}"), ours, published);
        }
    }

    fn attributes(&mut self, facts: &Facts) -> usize {
        let mut found = 0;
        for (name, facts) in facts {
            match self.table.attribute(name) {
                Some(ours) => {
                    found += 1;
                    self.attribute(ours, facts);
                }
                None if IMPLIED.contains(&name.as_str()) => found += 1,
                None => self.missing("attribute", name),
            }
        }
        for ours in self.table.attributes {
            if !facts.contains_key(ours.name) {
                self.report
                    .own(format!("{}.{}", self.table.kind, ours.name));
            }
        }
        found
    }

    fn attribute(&mut self, ours: &Attribute, facts: &Value) {
        let name = ours.name;
        self.differ(
            &format!("{name} type"),
            type_name(ours.ty),
            text(facts, "type"),
        );
        for (flag_name, value) in [
            ("read", ours.read),
            ("create", ours.create),
            ("update", ours.update),
            ("filter", ours.filter),
            ("sort", ours.sort),
            ("integration_only", ours.restricted),
        ] {
            self.differ(
                &format!("{name} {flag_name}"),
                value,
                flag(facts, flag_name),
            );
        }
        if let Some(nullable) = facts.get("nullable").and_then(Value::as_bool) {
            self.differ(&format!("{name} nullable"), ours.nullable, nullable);
        }
        self.required(ours, facts);
        if flag(facts, "derived_money") {
            let is_stored = ours.source == AttributeSource::Stored;
            self.differ(&format!("{name} stored"), is_stored, false);
        }
        let ours_values: BTreeSet<&str> = ours.values.iter().copied().collect();
        self.differ(
            &format!("{name} values"),
            ours_values,
            strings(&facts["enum"]),
        );
        if let Some(published) = facts.get("default") {
            let default: Option<Value> = ours
                .default
                .and_then(|json| serde_json::from_str(json).ok());
            // The default of a decimal number is published as text.
            let published = match published {
                Value::String(text) if ours.ty == AttributeType::Float => {
                    serde_json::from_str(text).unwrap_or_else(|_| published.clone())
                }
                published => published.clone(),
            };
            self.differ(&format!("{name} default"), default, Some(published));
        }
    }

    fn required(&mut self, ours: &Attribute, facts: &Value) {
        let published = &facts["required_on_create"];
        let agrees = match ours.required {
            Required::No => !published.as_bool().unwrap_or(published.is_object()),
            Required::Yes => published == &Value::Bool(true),
            Required::If(_) => published.is_object(),
        };
        if !agrees {
            self.report.contradiction(format!(
                "{}.{} required: published {published}, ours {:?}",
                self.table.kind, ours.name, ours.required
            ));
        }
    }

    fn triggers(&mut self, facts: &Facts) -> usize {
        let mut found = 0;
        for (name, facts) in facts {
            // Tagging belongs to the `tags` type, not to each type that may be tagged.
            if !self.served.contains("tags")
                && matches!(name.as_str(), "_add_tags" | "_remove_tags")
            {
                continue;
            }
            let Some(ours) = self.table.trigger(name) else {
                self.missing("trigger", name);
                continue;
            };
            found += 1;
            self.trigger(ours, facts);
        }
        found
    }

    fn trigger(&mut self, ours: &Trigger, facts: &Value) {
        let name = ours.name;
        self.differ(
            &format!("{name} type"),
            type_name(ours.ty),
            text(facts, "type"),
        );
        for (flag_name, value) in [
            ("create", ours.create),
            ("update", ours.update),
            ("integration_only", ours.restricted),
        ] {
            self.differ(
                &format!("{name} {flag_name}"),
                value,
                flag(facts, flag_name),
            );
        }
    }

    fn relationships(&mut self, facts: &Facts) -> usize {
        let mut found = 0;
        for (name, facts) in facts {
            let targets = strings(&facts["targets"]);
            match self.table.relationship(name) {
                Some(ours) => {
                    found += 1;
                    self.relationship(ours, facts, &targets);
                }
                None if OF_RULES.contains(&name.as_str()) => {}
                // A relationship to types that are all still to come comes with them.
                None if targets.is_disjoint(self.served) => {}
                None => self.missing("relationship", name),
            }
        }
        for ours in self.table.relationships {
            if !facts.contains_key(ours.name) {
                self.report
                    .own(format!("{}.{}", self.table.kind, ours.name));
            }
        }
        found
    }

    fn relationship(&mut self, ours: &Relationship, facts: &Value, published: &BTreeSet<&str>) {
        let name = ours.name;
        let many = text(facts, "cardinality") == "to_many";
        self.differ(&format!("{name} to-many"), ours.many, many);
        for (flag_name, value) in [
            ("create", ours.create),
            ("update", ours.update),
            ("include", ours.include),
        ] {
            self.differ(
                &format!("{name} {flag_name}"),
                value,
                flag(facts, flag_name),
            );
        }
        let required = facts["required_on_create"] == Value::Bool(true);
        self.differ(&format!("{name} required"), ours.required, required);
        let kind = self.table.kind;
        for target in ours.to {
            // An abstract target stands for its concrete types.
            let concrete = published.iter().any(|name| {
                let table = self.registry.find(name);
                let unserved = UNSERVED_ABSTRACT
                    .iter()
                    .find(|(unserved, _)| unserved == name);
                table.is_some_and(|table| table.concrete.contains(target))
                    || unserved.is_some_and(|(_, concrete)| concrete.contains(target))
            });
            if !published.contains(target) && !concrete {
                self.report
                    .contradiction(format!("{kind}.{name}: `{target}` is no published target"));
            }
        }
        for target in published.intersection(self.served) {
            if !ours.to.contains(target) {
                self.report
                    .contradiction(format!("{kind}.{name}: `{target}` is missing as a target"));
            }
        }
    }

    fn missing(&mut self, what: &str, name: &str) {
        self.report
            .contradiction(format!("{}: {what} `{name}` is missing", self.table.kind));
    }
}

fn flag(facts: &Value, name: &str) -> bool {
    facts[name].as_bool().unwrap_or(false)
}

fn text<'a>(facts: &'a Value, name: &str) -> &'a str {
    facts[name].as_str().unwrap_or_default()
}

fn strings(list: &Value) -> BTreeSet<&str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect()
}

fn type_name(ty: AttributeType) -> &'static str {
    match ty {
        AttributeType::String => "string",
        AttributeType::Integer => "integer",
        AttributeType::Float => "float",
        AttributeType::Boolean => "boolean",
        AttributeType::Datetime => "datetime",
        AttributeType::Object => "object",
        AttributeType::Array => "array",
    }
}
