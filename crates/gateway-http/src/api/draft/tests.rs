//! Drafts: what is told apart, and what each fault is called.

use kassa_gateway::shop::resources::registry;
use serde_json::json;

use super::*;

fn of(kind: &str, id: Option<&str>, data: serde_json::Value) -> Result<Draft, Fault> {
    let body = json!({ "data": data }).to_string();
    let document = RequestDocument::parse(body.as_bytes())?;
    draft(document, registry().find(kind).unwrap(), id)
}

#[test]
fn attributes_triggers_and_relationships_are_told_apart() {
    let draft = of(
        "orders",
        Some("aBc"),
        json!({"type": "orders", "id": "aBc",
            "attributes": {"customer_email": "a@example.com", "_place": 1},
            "relationships": {"billing_address": {"data": {"type": "addresses", "id": "x"}}}}),
    )
    .unwrap();
    assert_eq!(draft.attributes["customer_email"], "a@example.com");
    assert_eq!(draft.triggers["_place"], true);
    assert_eq!(
        draft.relationships["billing_address"],
        LinkInput::One(Some(("addresses".into(), "x".into())))
    );
}

#[test]
fn faults_have_published_codes() {
    for (kind, id, data, code) in [
        ("orders", None, json!({"type": "skus"}), "TYPE_MISMATCH"),
        (
            "orders",
            Some("a"),
            json!({"type": "orders", "id": "b"}),
            "KEY_NOT_INCLUDED_IN_URL",
        ),
        (
            "orders",
            Some("a"),
            json!({"type": "orders"}),
            "PARAM_MISSING",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "id": "b"}),
            "PARAM_NOT_ALLOWED",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "attributes": {"nothing": 1}}),
            "INVALID_FIELD",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "attributes": {"status": "placed"}}),
            "PARAM_NOT_ALLOWED",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "attributes": {"_place": true}}),
            "PARAM_NOT_ALLOWED",
        ),
        (
            "line_items",
            None,
            json!({"type": "line_items", "attributes": {"quantity": "two"}}),
            "INVALID_FIELD_VALUE",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "attributes": {"expires_at": "soon"}}),
            "INVALID_FIELD_FORMAT",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "relationships": {"nothing": {"data": null}}}),
            "INVALID_FIELD",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "relationships": {"line_items": {"data": []}}}),
            "PARAM_NOT_ALLOWED",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "relationships": {"market": {"data": {"type": "skus", "id": "x"}}}}),
            "TYPE_MISMATCH",
        ),
        (
            "orders",
            None,
            json!({"type": "orders", "relationships": {"market": {"data": []}}}),
            "INVALID_LINKS_OBJECT",
        ),
    ] {
        let text = data.to_string();
        assert_eq!(of(kind, id, data).unwrap_err().code, code, "{text}");
    }
}

#[test]
fn a_misfit_says_what_was_sent_but_never_a_secret() {
    for (kind, attributes, detail) in [
        (
            "line_items",
            json!({"quantity": "two"}),
            r#"quantity is "two"; it must be a whole number"#,
        ),
        (
            "orders",
            json!({"metadata": [1]}),
            "metadata is a list; it must be an object",
        ),
        (
            "orders",
            json!({"expires_at": "s".repeat(50)}),
            &format!(
                "expires_at is \"{}\" and more; it must be an ISO 8601 date and time such as 2018-01-01T12:00:00.000Z",
                "s".repeat(40)
            ),
        ),
        (
            "customers",
            json!({"password": 12_345_678}),
            "password is no text; it must be text",
        ),
    ] {
        let fault = of(kind, None, json!({"type": kind, "attributes": attributes})).unwrap_err();
        assert_eq!(fault.detail, detail);
    }
}
