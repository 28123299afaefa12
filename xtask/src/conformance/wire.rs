//! Klarna's published schemas against our wire types, field by field, read from the sources of both.
//!
//! A field that Klarna publishes and our type does not name would be dropped when a document passes
//! through it, so each is either named or listed here with the step it waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Schema of a document, and the type that carries it.
const PAYMENTS: &[(&str, &str)] = &[
    ("address", "Address"),
    ("asset_urls", "AssetUrls"),
    ("attachment", "Attachment"),
    ("authorized_payment_method", "AuthorizedPaymentMethod"),
    ("create_order_request", "CreateOrderRequest"),
    ("customer", "Customer"),
    (
        "customer_token_creation_request",
        "CustomerTokenCreateRequest",
    ),
    ("customer_token_creation_response", "CustomerTokenCreated"),
    ("merchant_session", "SessionCreated"),
    ("merchant_urls", "MerchantUrls"),
    ("order", "CreateOrderResponse"),
    ("order_line", "OrderLine"),
    ("payment_method_category", "PaymentMethodCategory"),
    ("product_identifiers", "ProductIdentifiers"),
    ("session", "Session"),
    ("session_create", "Session"),
    ("session_read", "Session"),
    ("subscription", "Subscription"),
];

const ORDER_MANAGEMENT: &[(&str, &str)] = &[
    ("Capture", "Capture"),
    ("CaptureObject", "CaptureRequest"),
    ("InitialPaymentMethodDto", "InitialPaymentMethod"),
    ("MerchantOrderDto", "Order"),
    ("ProductIdentifiers", "ProductIdentifiers"),
    ("Refund", "Refund"),
    ("RefundObject", "RefundRequest"),
    ("Update authorization", "UpdateAuthorizationRequest"),
    ("address", "Address"),
    ("customer", "Customer"),
    ("order_line", "OrderLine"),
    ("shipping_info", "ShippingInfo"),
    ("subscription", "Subscription"),
];

const CUSTOMER_TOKEN: &[(&str, &str)] = &[
    ("card_information", "Card"),
    ("customer_token", "CustomerTokenRead"),
    ("customer_token_order", "CustomerTokenOrderRequest"),
    ("direct_debit_information", "DirectDebit"),
    ("order_line", "OrderLine"),
];

/// Each document with the pairs to compare.
type Document = (&'static str, &'static [(&'static str, &'static str)]);

const DOCUMENTS: &[Document] = &[
    ("klarna-payments.openapi.yaml", PAYMENTS),
    ("klarna-order-management.openapi.yaml", ORDER_MANAGEMENT),
    ("klarna-customer-token.openapi.yaml", CUSTOMER_TOKEN),
];

/// Published fields that are left out knowingly: schema, field, why.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    (
        "create_order_request",
        "authorization_token",
        "marked read-only: Klarna ignores it in a request",
    ),
    (
        "create_order_request",
        "payment_method_categories",
        "marked read-only: Klarna ignores it in a request",
    ),
    (
        "create_order_request",
        "status",
        "marked read-only: Klarna ignores it in a request",
    ),
    (
        "customer_token_order",
        "usage",
        "marked read-only: Klarna ignores it in a request",
    ),
];

/// Compares everything; fails when a published field is missing.
pub(super) fn check(root: &Path, specs: &Path) -> Result<()> {
    let types = our_types(root)?;
    let mut fields = 0_usize;
    let mut missing = 0_usize;
    for (file, pairs) in DOCUMENTS {
        let text =
            std::fs::read_to_string(specs.join(file)).with_context(|| format!("read {file}"))?;
        let schemas = schemas(&text);
        for (schema, ours) in *pairs {
            let published = schemas
                .get(*schema)
                .with_context(|| format!("{file} has no schema `{schema}`"))?;
            let fields_of_ours = types
                .get(*ours)
                .with_context(|| format!("klarna-api has no type `{ours}`"))?;
            fields += published.len();
            for field in published.difference(fields_of_ours) {
                if !left_out(schema, field) {
                    missing += 1;
                    println!("error: {file}: {schema}.{field} is not in `{ours}`");
                }
            }
        }
    }
    println!("wire types: {fields} published fields compared, {missing} missing");
    for (schema, field, why) in LEFT_OUT {
        println!("left out: {schema}.{field}: {why}");
    }
    if missing > 0 {
        bail!("{missing} published fields are in no wire type");
    }
    Ok(())
}

fn left_out(schema: &str, field: &str) -> bool {
    LEFT_OUT
        .iter()
        .any(|(of, name, _)| *of == schema && *name == field)
}

/// The properties of each schema. In these documents a schema stands four columns in, its
/// `properties` six, and each property eight, which is all that has to be understood here.
fn schemas(document: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut schemas = BTreeMap::<String, BTreeSet<String>>::new();
    let mut inside = false;
    let mut schema = String::new();
    let mut in_properties = false;
    for line in document.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        let key = line.trim().trim_end_matches(':').trim_matches(['\'', '"']);
        match indent {
            0 => inside = false,
            2 => inside = key == "schemas",
            4 if inside => {
                schema = key.to_owned();
                in_properties = false;
            }
            6 if inside => in_properties = key == "properties",
            8 if inside && in_properties && line.trim_end().ends_with(':') => {
                let properties = schemas.entry(schema.clone()).or_default();
                properties.insert(key.to_owned());
            }
            _ => {}
        }
    }
    schemas
}

/// The fields of every struct of `klarna-api`, as they are called on the wire.
fn our_types(root: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut types = BTreeMap::new();
    for path in workspace::files(root, &["crates/klarna-api/src"], &["rs"])? {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        types.extend(structs(&text).with_context(|| format!("parse {}", path.display()))?);
    }
    Ok(types)
}

fn structs(text: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut types = BTreeMap::new();
    for item in syn::parse_file(text)?.items {
        if let syn::Item::Struct(item) = item {
            let names = item.fields.iter().filter_map(wire_name).collect();
            types.insert(item.ident.to_string(), names);
        }
    }
    Ok(types)
}

fn wire_name(field: &syn::Field) -> Option<String> {
    let mut name = field.ident.as_ref()?.to_string();
    for attribute in &field.attrs {
        if !attribute.path().is_ident("serde") {
            continue;
        }
        // Other keys of the attribute are skipped; what cannot be read has no new name in it.
        let _read = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = meta.value()?.parse::<syn::LitStr>()?.value();
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    Some(name.trim_start_matches("r#").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_by_their_column() {
        let text = "components:\n  schemas:\n    address:\n      type: object\n      properties:\n        city:\n          type: string\n        nested:\n          properties:\n            deep:\n              type: string\n      required:\n        - city\n    other:\n      properties:\n        a:\n          type: string\npaths:\n  /x:\n    get:\n      properties:\n        no:\n";
        let schemas = schemas(text);
        assert_eq!(
            schemas["address"].iter().collect::<Vec<_>>(),
            ["city", "nested"]
        );
        assert_eq!(schemas["other"].len(), 1);
        assert_eq!(schemas.len(), 2);
    }

    #[test]
    fn a_field_goes_by_its_name_on_the_wire() {
        let text = "struct A { #[serde(default, skip_serializing_if = \"Option::is_none\", rename = \"type\")] kind: String, plain: i64 }";
        let types = structs(text).expect("parses");
        assert_eq!(types["A"].iter().collect::<Vec<_>>(), ["plain", "type"]);
    }
}
