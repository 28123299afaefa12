//! The descriptors as TypeScript declarations: one interface for what is answered, one for what POST takes, one for
//! what PATCH takes.
//!
//! Invariant: an attribute is optional exactly where an answer may leave it out or a request may; a type that is not
//! served is named in a relationship and has no interface.

use std::fmt::Write as _;

use kassa_storage::descriptor::{Attribute, AttributeType, Relationship, Required};
use kassa_storage::{Descriptor, Registry};

/// What stands above the declarations.
const HEAD: &str = "\
// The resources of Kassa's commerce API. Made from the descriptors by `cargo xtask typings`; not written by hand.

/** A row that a relationship names. */
export interface Identifier<Type extends string = string> { readonly type: Type; readonly id: string }
";

/// Declarations of every type in `registry`.
#[must_use]
pub fn typings(registry: Registry) -> String {
    let mut out = HEAD.to_owned();
    for descriptor in registry.0 {
        answered(&mut out, registry, descriptor);
        if descriptor.verbs.create {
            taken(&mut out, descriptor, true);
        }
        if descriptor.verbs.update {
            taken(&mut out, descriptor, false);
        }
    }
    let kinds: Vec<String> = registry
        .0
        .iter()
        .map(|descriptor| format!("  {}: {}", descriptor.kind, name_of(descriptor)))
        .collect();
    line(&mut out, "\n/** Every type by its name. */");
    line(&mut out, "export interface Resources {");
    line(&mut out, &kinds.join("\n"));
    line(&mut out, "}");
    out
}

fn answered(out: &mut String, registry: Registry, descriptor: &Descriptor) {
    line(out, &format!("\n/** One of `{}`. */", descriptor.kind));
    line(out, &format!("export interface {} {{", name_of(descriptor)));
    line(out, &format!("  readonly type: {}", kinds_of(descriptor)));
    line(out, "  readonly id: string");
    for attribute in descriptor.attributes.iter().filter(|found| found.read) {
        let null = if attribute.nullable { " | null" } else { "" };
        let ty = type_of(attribute);
        line(out, &format!("  {}?: {ty}{null}", attribute.name));
    }
    for relationship in descriptor.relationships {
        let ty = leads_to(registry, relationship);
        line(out, &format!("  {}?: {ty}", relationship.name));
    }
    line(out, "}");
}

fn taken(out: &mut String, descriptor: &Descriptor, creating: bool) {
    let form = if creating { "Create" } else { "Update" };
    let name = name_of(descriptor);
    line(out, &format!("\nexport interface {name}{form} {{"));
    if !creating {
        line(out, "  readonly id: string");
    }
    let taken = |create: bool, update: bool| if creating { create } else { update };
    for attribute in descriptor.attributes {
        if taken(attribute.create, attribute.update) {
            let must = creating && attribute.required == Required::Yes;
            let mark = if must { "" } else { "?" };
            let null = if must { "" } else { " | null" };
            let ty = type_of(attribute);
            line(out, &format!("  {}{mark}: {ty}{null}", attribute.name));
        }
    }
    for trigger in descriptor.triggers {
        if taken(trigger.create, trigger.update) {
            let ty = plain(trigger.ty);
            line(out, &format!("  {}?: {ty}", trigger.name));
        }
    }
    for relationship in descriptor.relationships {
        if taken(relationship.create, relationship.update) {
            let mark = if creating && relationship.required {
                ""
            } else {
                "?"
            };
            let to = union(relationship.to);
            let ty = if relationship.many {
                format!("Array<Identifier<{to}>>")
            } else {
                format!("Identifier<{to}> | null")
            };
            line(out, &format!("  {}{mark}: {ty}", relationship.name));
        }
    }
    line(out, "}");
}

/// What an included relationship becomes.
fn leads_to(registry: Registry, relationship: &Relationship) -> String {
    let mut names: Vec<String> = relationship
        .to
        .iter()
        .map(|kind| match registry.find(kind) {
            Some(target) => name_of(target),
            None => format!("Identifier<'{kind}'>"),
        })
        .collect();
    names.dedup();
    let names = names.join(" | ");
    if relationship.many {
        format!("Array<{names}>")
    } else {
        format!("{names} | null")
    }
}

/// The `type` of a row: that of a concrete type for a row of an abstract one.
fn kinds_of(descriptor: &Descriptor) -> String {
    if descriptor.concrete.is_empty() {
        union(&[descriptor.kind])
    } else {
        union(descriptor.concrete)
    }
}

fn union(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    quoted.join(" | ")
}

fn type_of(attribute: &Attribute) -> String {
    if attribute.values.is_empty() {
        plain(attribute.ty).to_owned()
    } else {
        union(attribute.values)
    }
}

fn plain(ty: AttributeType) -> &'static str {
    match ty {
        AttributeType::String | AttributeType::Datetime => "string",
        AttributeType::Integer | AttributeType::Float => "number",
        AttributeType::Boolean => "boolean",
        AttributeType::Object => "Record<string, unknown>",
        AttributeType::Array => "unknown[]",
    }
}

/// `KlarnaPayment` for `klarna_payments`.
fn name_of(descriptor: &Descriptor) -> String {
    let words = descriptor.singular.split('_');
    words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect()
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::resources::registry;

    #[test]
    fn requests_must_carry_what_is_required_and_answers_may_be_cut_to_fields() {
        let text = typings(registry());
        let part = |name: &str| {
            let start = text.find(&format!("export interface {name} {{")).unwrap();
            let rest = &text[start..];
            &rest[..rest.find("\n}").unwrap()]
        };
        let create = part("SkuCreate");
        assert!(create.contains("\n  code: string\n"), "{create}");
        assert!(create.contains("  shipping_category: Identifier<'shipping_categories'> | null"));
        assert!(!create.contains("inventory"));
        let sku = part("Sku");
        assert!(sku.contains("\n  code?: string\n"), "{sku}");
        assert!(sku.contains("\n  prices?: Array<Price>\n"));
        assert!(
            part("Transaction")
                .contains("type: 'authorizations' | 'captures' | 'voids' | 'refunds'")
        );
        assert!(part("OrderUpdate").contains("\n  _place?: boolean\n"));
        assert!(!text.contains("interface TransactionCreate"));
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
