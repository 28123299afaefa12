//! The descriptors as a page of the documents.

use std::fmt::Write as _;

use kassa_storage::descriptor::{Attribute, AttributeSource, Relationship, Required, Trigger};
use kassa_storage::{Descriptor, Registry};

use super::{type_name, verbs};

/// What stands above the tables.
const HEAD: &str = "\
# Resources

Every type that the commerce API serves, made from the descriptors by `cargo xtask resources --page`; not written by hand.
What the rules of roles, orders and payments are is in [shop.md](shop.md) and [payments.md](payments.md).

Flags of an attribute: `r` in answers, `c` taken by POST, `u` taken by PATCH, `f` filtered by, `s` sorted by, `!` never null,
`*` needed by POST, `^` for integrations only. Flags of a relationship: `c` and `u` as above, `f` filters may cross it, `s`
sorted by its id, `*` needed by POST; every one can be included. `*_float` and `formatted_*` companions of an amount are left out.
";

/// The page about every type in `registry`, in Markdown.
#[must_use]
pub fn page(registry: Registry) -> String {
    let mut out = HEAD.to_owned();
    for descriptor in registry.0 {
        of(&mut out, descriptor);
    }
    out
}

fn of(out: &mut String, descriptor: &Descriptor) {
    let path = if descriptor.singleton {
        descriptor.singular
    } else {
        descriptor.kind
    };
    line(out, &format!("\n## {}\n", descriptor.kind));
    line(
        out,
        &format!("`/api/{path}`: {}.", verbs(descriptor.verbs).join(", ")),
    );
    if !descriptor.concrete.is_empty() {
        let rows = quoted(descriptor.concrete);
        line(out, &format!("\nAbstract: its rows are {rows}."));
    }
    let own: Vec<&Attribute> = descriptor
        .attributes
        .iter()
        .filter(|found| !matches!(found.source, AttributeSource::DerivedMoney(_)))
        .collect();
    line(out, "\n| attribute | type | flags | |\n|---|---|---|---|");
    for found in own {
        attribute(out, found);
    }
    if !descriptor.triggers.is_empty() {
        let names: Vec<String> = descriptor.triggers.iter().map(trigger).collect();
        line(out, &format!("\nTriggers: {}.", names.join(", ")));
    }
    if !descriptor.relationships.is_empty() {
        line(out, "\n| relationship | leads to | flags |\n|---|---|---|");
        for found in descriptor.relationships {
            relationship(out, found);
        }
    }
}

fn attribute(out: &mut String, found: &Attribute) {
    let flags = [
        (found.read, 'r'),
        (found.create, 'c'),
        (found.update, 'u'),
        (found.filter, 'f'),
        (found.sort, 's'),
        (!found.nullable, '!'),
        (found.required == Required::Yes, '*'),
        (found.restricted, '^'),
    ];
    let mut notes = Vec::new();
    if !found.values.is_empty() {
        notes.push(format!("one of {}", quoted(found.values)));
    }
    if let Some(default) = found.default {
        notes.push(format!("default `{default}`"));
    }
    if let Required::If(condition) = found.required {
        notes.push(format!("needed if {condition}"));
    }
    let (name, ty) = (found.name, type_name(found.ty));
    let cells = format!(
        "| `{name}` | {ty} | {} | {} |",
        set(&flags),
        notes.join("; ")
    );
    line(out, &cells);
}

fn trigger(found: &Trigger) -> String {
    let flags = set(&[
        (found.create, 'c'),
        (found.update, 'u'),
        (found.restricted, '^'),
    ]);
    format!("`{}` {} {flags}", found.name, type_name(found.ty))
}

fn relationship(out: &mut String, found: &Relationship) {
    let flags = [
        (found.create, 'c'),
        (found.update, 'u'),
        (found.filter, 'f'),
        (found.sort, 's'),
        (found.required, '*'),
    ];
    let number = if found.many { "many of" } else { "one of" };
    let cells = format!(
        "| `{}` | {number} {} | {} |",
        found.name,
        quoted(found.to),
        set(&flags)
    );
    line(out, &cells);
}

fn set(flags: &[(bool, char)]) -> String {
    let letters = flags.iter().filter(|(set, _)| *set);
    letters.map(|(_, letter)| *letter).collect()
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", text.trim_end_matches(' '));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::resources::registry;

    #[test]
    fn the_page_in_the_documents_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/resources.md");
        let kept = std::fs::read_to_string(path).unwrap();
        assert!(
            kept == page(registry()),
            "docs/resources.md is not what the descriptors say: cargo xtask resources --page"
        );
    }
}
