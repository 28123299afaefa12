//! What should not have been sent: the documented status and code, and nothing half-done.

use axum::body::Body;
use http::Method;
use kassa_gateway::provision;
use serde_json::{Value, json};

use crate::house::{House, one};

#[tokio::test]
async fn malformed_documents() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    for (body, code, pointer) in [
        ("{", "INVALID_DATA_FORMAT", ""),
        ("", "INVALID_DATA_FORMAT", ""),
        ("null", "INVALID_DATA_FORMAT", ""),
        ("{}", "PARAM_MISSING", "/data"),
        (r#"{"data":{"type":"skus"}}"#, "TYPE_MISMATCH", "/data/type"),
        (
            r#"{"data":{"type":"orders","id":"mine"}}"#,
            "PARAM_NOT_ALLOWED",
            "/data/id",
        ),
        (
            r#"{"data":{"type":"orders","attributes":{"colour":"red"}}}"#,
            "INVALID_FIELD",
            "/data/attributes/colour",
        ),
        (
            r#"{"data":{"type":"orders","attributes":{"status":"placed"}}}"#,
            "PARAM_NOT_ALLOWED",
            "/data/attributes/status",
        ),
        (
            r#"{"data":{"type":"orders","attributes":{"guest":"yes"}}}"#,
            "INVALID_FIELD_VALUE",
            "/data/attributes/guest",
        ),
        (
            r#"{"data":{"type":"orders","attributes":{"metadata":[]}}}"#,
            "INVALID_FIELD_VALUE",
            "/data/attributes/metadata",
        ),
        (
            r#"{"data":{"type":"orders","relationships":{"market":{"data":{"type":"skus","id":"a"}}}}}"#,
            "TYPE_MISMATCH",
            "/data/relationships/market/data",
        ),
        (
            r#"{"data":{"type":"orders","relationships":{"market":{"id":"a"}}}}"#,
            "INVALID_LINKS_OBJECT",
            "/data/relationships/market",
        ),
    ] {
        let request = guest
            .request(Method::POST, "/api/orders")
            .body(Body::from(body))
            .unwrap();
        let answer = house.send(request).await;
        let error = answer.error(400, code);
        assert_eq!(error["source"]["pointer"], pointer, "{body}");
    }
}

#[tokio::test]
async fn malformed_queries() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    for (query, code, parameter) in [
        ("include=nothing", "INVALID_INCLUDE", "include"),
        ("include=prices..sku", "INVALID_INCLUDE", "include"),
        ("fields[skus]=colour", "INVALID_FIELD", "fields[skus]"),
        ("fields[colours]=red", "INVALID_FIELD", "fields[colours]"),
        ("fields=code", "INVALID_FIELD_FORMAT", "fields"),
        ("sort=inventory", "INVALID_SORT_CRITERIA", "sort"),
        ("page[size]=26", "INVALID_PAGE_VALUE", "page[size]"),
        ("page[number]=0", "INVALID_PAGE_VALUE", "page[number]"),
        ("page[cursor]=x", "INVALID_PAGE_OBJECT", "page[cursor]"),
        ("filter[code]=x", "INVALID_FILTERS_SYNTAX", "filter[code]"),
        (
            "filter[q][code_like]=x",
            "INVALID_FILTERS_SYNTAX",
            "filter[q][code_like]",
        ),
        (
            "filter[q][inventory_eq]=x",
            "FILTER_NOT_ALLOWED",
            "filter[q][inventory_eq]",
        ),
        (
            "filter[q][created_at_gt]=soon",
            "INVALID_FILTER_VALUE",
            "filter[q][created_at_gt]",
        ),
        ("limit=10", "PARAM_NOT_ALLOWED", "limit"),
    ] {
        let answer = guest.get(&format!("/api/skus?{query}")).await;
        let error = answer.error(400, code);
        assert_eq!(error["source"]["parameter"], parameter, "{query}");
    }
}

#[tokio::test]
async fn an_id_in_the_document_must_be_the_one_in_the_url() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    for (data, code) in [
        (
            json!({"type": "orders", "id": "another"}),
            "KEY_NOT_INCLUDED_IN_URL",
        ),
        (json!({"type": "orders"}), "PARAM_MISSING"),
    ] {
        let body = Some(json!({"data": data}));
        let answer = guest
            .call(Method::PATCH, &format!("/api/orders/{order}"), body)
            .await;
        answer.error(400, code);
    }
}

#[tokio::test]
async fn amounts_and_quantities_out_of_bounds() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest
        .create("orders", json!({}), json!({}))
        .await
        .expect(201)
        .id();
    let sku = &house.access.skus[0];
    let overflow: Value = serde_json::from_str("99999999999999999999").unwrap();
    for (quantity, status, code) in [
        (json!("2"), 400, "INVALID_FIELD_VALUE"),
        (json!(1.5), 400, "INVALID_FIELD_VALUE"),
        (overflow, 400, "INVALID_FIELD_VALUE"),
        (json!(-1), 422, "VALIDATION_ERROR"),
        (json!(i64::MAX), 422, "VALIDATION_ERROR"),
        (Value::Null, 422, "VALIDATION_ERROR"),
    ] {
        let answer = guest
            .create(
                "line_items",
                json!({"sku_code": sku, "quantity": quantity}),
                json!({"order": one("orders", &order)}),
            )
            .await;
        let error = answer.error(status, code);
        assert_eq!(error["source"]["pointer"], "/data/attributes/quantity");
    }
    let lines = guest
        .get(&format!("/api/orders/{order}/line_items"))
        .await
        .expect(200);
    assert_eq!(lines.body["meta"]["record_count"], 0, "nothing half-done");
}

#[tokio::test]
async fn missing_attributes_are_blank() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let answer = guest
        .create("addresses", json!({"first_name": "Mock"}), json!({}))
        .await;
    assert_eq!(answer.status, 422);
    let errors = answer.body["errors"].as_array().unwrap();
    let pointers: Vec<&str> = errors
        .iter()
        .filter_map(|error| error["source"]["pointer"].as_str())
        .collect();
    for name in ["line_1", "city", "country_code", "phone"] {
        assert!(
            pointers.contains(&format!("/data/attributes/{name}").as_str()),
            "{name}: {pointers:?}"
        );
    }
    assert_eq!(errors[0]["meta"]["error"], "blank");
}

#[tokio::test]
async fn a_negative_price() {
    let house = House::open().await;
    let integration = house.integration().await;
    let lists = integration
        .get("/api/price_lists?filter[q][currency_code_eq]=EUR")
        .await
        .expect(200);
    let list = lists.text_at("/data/0/id");
    let skus = integration.get("/api/skus").await.expect(200);
    let sku = skus.text_at("/data/0/id");
    let answer = integration
        .create(
            "prices",
            json!({"amount_cents": -100}),
            json!({"price_list": one("price_lists", &list), "sku": one("skus", &sku)}),
        )
        .await;
    answer.error(422, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_spent_or_foreign_token() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (first, first_source) = guest.approved().await;
    let token = guest
        .get(&format!("/api/klarna_payments/{first_source}"))
        .await
        .expect(200)
        .text_at("/data/attributes/auth_token");
    guest
        .update(
            &format!("orders/{first}"),
            json!({"_place": true}),
            json!({}),
        )
        .await
        .expect(200);
    let (second, second_source) = guest.checkout().await;
    let taken = guest
        .update(
            &format!("klarna_payments/{second_source}"),
            json!({"auth_token": token}),
            json!({}),
        )
        .await;
    if taken.status == 200 {
        let answer = guest
            .update(
                &format!("orders/{second}"),
                json!({"_place": true}),
                json!({}),
            )
            .await;
        answer.error(422, "VALIDATION_ERROR");
    } else {
        taken.error(422, "VALIDATION_ERROR");
    }
    let still = guest
        .get(&format!("/api/orders/{second}"))
        .await
        .expect(200);
    assert_eq!(still.attribute("status"), "pending");
}

#[tokio::test]
async fn other_payment_sources_name_the_way_out() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let answer = guest.create("stripe_payments", json!({}), json!({})).await;
    assert!(answer.text.contains("external_payments"), "{}", answer.text);
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn another_organization_and_the_other_mode_see_nothing() {
    let house = House::open().await;
    let order = house.guest("EU").await.cart().await;
    for (slug, test) in [("other", true), ("acme-live", false)] {
        let (id, secret) = (format!("{slug}-client"), format!("{slug}-secret"));
        provision::organization(&house.gateway, slug, test, &id, &secret)
            .await
            .unwrap();
        let stranger = house.integration_of(slug, &id, &secret).await;
        stranger
            .get(&format!("/api/orders/{order}"))
            .await
            .error(404, "RECORD_NOT_FOUND");
        stranger
            .update(
                &format!("orders/{order}"),
                json!({"metadata": {"mine": true}}),
                json!({}),
            )
            .await
            .error(404, "RECORD_NOT_FOUND");
        stranger
            .delete(&format!("/api/orders/{order}"))
            .await
            .error(404, "RECORD_NOT_FOUND");
        let orders = stranger.get("/api/orders").await.expect(200);
        assert_eq!(orders.body["meta"]["record_count"], 0);
        assert_eq!(
            orders.body["meta"]["mode"],
            if test { "test" } else { "live" }
        );
    }
}

#[tokio::test]
async fn a_customers_order_is_not_a_strangers() {
    let house = House::open().await;
    let customer = house.customer().await;
    let order = customer.cart().await;
    let guest = house.guest("EU").await;
    let seen = guest.get(&format!("/api/orders/{order}")).await;
    assert!(matches!(seen.status.as_u16(), 401 | 404), "{}", seen.text);
}

#[tokio::test]
async fn klarna_out_of_reach_is_422_and_changes_nothing() {
    let house = House::without_klarna().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let methods = guest
        .get(&format!(
            "/api/orders/{order}?include=available_payment_methods"
        ))
        .await
        .expect(200);
    let method = crate::house::klarna_method(&methods);
    guest
        .update(
            &format!("orders/{order}"),
            json!({"customer_email": "customer@email.de"}),
            json!({"payment_method": one("payment_methods", &method)}),
        )
        .await
        .expect(200);
    let answer = guest
        .create(
            "klarna_payments",
            json!({}),
            json!({"order": one("orders", &order)}),
        )
        .await;
    answer.error(422, "VALIDATION_ERROR");
    let after = guest
        .get(&format!("/api/orders/{order}?include=payment_source"))
        .await
        .expect(200);
    assert_eq!(after.linkage("payment_source"), Some(&Value::Null));
}

#[tokio::test]
async fn a_payment_method_in_another_currency() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let integration = house.integration().await;
    let dollars = integration
        .get("/api/payment_methods?filter[q][currency_code_eq]=USD")
        .await
        .expect(200)
        .text_at("/data/0/id");
    let answer = guest
        .update(
            &format!("orders/{order}"),
            json!({}),
            json!({"payment_method": one("payment_methods", &dollars)}),
        )
        .await;
    let error = answer.error(422, "VALIDATION_ERROR");
    assert_eq!(
        error["source"]["pointer"],
        "/data/relationships/payment_method"
    );
}
