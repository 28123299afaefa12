//! The recorded acceptance path of the hosted checkout, call by call, as a guest.
//!
//! Each step sends what the unmodified application sends and asserts what it depends on.

use serde_json::{Value, json};

use crate::house::{Answer, House, Visitor, german_address, klarna_method, one};

const I0: &str = "line_items,line_items.item,customer";
const I1: &str = "shipping_address,billing_address,shipments,shipments.shipping_method,shipments.available_shipping_methods,payment_method,payment_source,customer,customer.customer_addresses,customer.customer_addresses.address,line_items";
const I2: &str = "available_payment_methods,payment_source,payment_method,line_items.line_item_options.sku_option,line_items.item,shipping_address,billing_address,shipments.available_shipping_methods,shipments.stock_line_items.line_item,shipments.shipping_method,shipments.stock_transfers.line_item,shipments.stock_location";
const I3: &str = "available_customer_payment_sources.payment_source,available_customer_payment_sources.payment_method,available_payment_methods,payment_source,payment_method,line_items.line_item_options.sku_option,line_items.item,shipping_address,billing_address,shipments.available_shipping_methods,shipments.stock_line_items.line_item,shipments.shipping_method,shipments.stock_transfers.line_item,shipments.stock_location";
const I4: &str = "available_payment_methods,payment_source,payment_method,line_items.line_item_options.sku_option,line_items.item";

const ORGANIZATION_FIELDS: &str = "fields[organizations]=id,logo_url,name,primary_color,favicon_url,gtm_id,gtm_id_test,support_email,support_phone,config";
const STEP_2_FIELDS: &str = "fields[orders]=id,autorefresh,status,number,guest,token,language_code,terms_url,privacy_url,line_items,expires_at,expiration_info,customer,payment_status&fields[line_items]=item_type,item";
const STEP_3_FIELDS: &str = "fields[orders]=id,number,coupon_code,currency_code,shipping_amount_float,total_tax_amount_float,guest,shipping_country_code_lock,customer_email,status,return_url,cart_url,tax_included,requires_billing_info,total_amount_with_taxes_float,language_code,subscription_created_at,shipping_address,billing_address,shipments,payment_method,payment_source,customer,line_items,payment_status&fields[shipments]=shipping_method,available_shipping_methods&fields[customers]=customer_addresses&fields[customer_addresses]=address&fields[line_items]=frequency";

/// The client sends brackets and commas percent-encoded.
fn encoded(query: &str) -> String {
    query
        .replace('[', "%5B")
        .replace(']', "%5D")
        .replace(',', "%2C")
}

struct Checkout<'a> {
    guest: Visitor<'a>,
    order: String,
}

impl Checkout<'_> {
    async fn order(&self, include: &str) -> Answer {
        let query = encoded(&format!("include={include}"));
        self.guest
            .get(&format!("/api/orders/{}?{query}", self.order))
            .await
            .expect(200)
    }

    async fn patch(&self, attributes: Value, relationships: Value) -> Answer {
        let place = format!("orders/{}?include={}", self.order, encoded(I2));
        self.guest
            .update(&place, attributes, relationships)
            .await
            .expect(200)
    }
}

#[tokio::test]
async fn from_the_checkout_link_to_the_thank_you_page() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let checkout = Checkout { guest, order };
    open(&checkout).await;
    let shipment = customer(&checkout).await;
    delivery(&checkout, &shipment).await;
    let source = payment(&checkout).await;
    place(&checkout, &source).await;
    done(&checkout).await;
}

/// Rows 1 to 5.
async fn open(checkout: &Checkout<'_>) {
    let guest = &checkout.guest;
    let organization = guest
        .get(&format!(
            "/api/organization?{}",
            encoded(ORGANIZATION_FIELDS)
        ))
        .await
        .expect(200);
    assert_eq!(organization.body["data"]["type"], "organizations");
    let attributes = organization.body["data"]["attributes"].as_object().unwrap();
    assert!(attributes.contains_key("config") && !attributes.contains_key("slug"));

    let place = format!("/api/orders/{}", checkout.order);
    let query = encoded(&format!("include={I0}&{STEP_2_FIELDS}"));
    let second = guest.get(&format!("{place}?{query}")).await.expect(200);
    assert_eq!(second.attribute("autorefresh"), true);
    assert_eq!(second.attribute("status"), "draft");
    assert_eq!(second.attribute("guest"), true);
    assert_eq!(second.linkage("customer"), Some(&Value::Null));
    let lines = second.included("line_items");
    assert_eq!(lines[0]["attributes"], json!({"item_type": "skus"}));
    assert_eq!(lines[0]["relationships"]["item"]["data"]["type"], "skus");
    let sku = second.included("skus")[0];
    assert_ne!(sku["attributes"]["do_not_ship"], true);
    assert!(
        sku["attributes"]["inventory"]["quantity"].as_i64() >= Some(10),
        "{sku}"
    );

    let query = encoded(&format!("include={I1}&{STEP_3_FIELDS}"));
    let third = guest.get(&format!("{place}?{query}")).await.expect(200);
    assert_eq!(third.linkage("payment_source"), Some(&Value::Null));
    assert_eq!(
        third.linkage("shipments"),
        Some(&json!([])),
        "empty until a shipping address exists"
    );
    assert!(third.attribute("total_amount_with_taxes_float").is_f64());
    assert!(
        third.body["data"]["relationships"].get("market").is_none(),
        "not among the fields"
    );

    guest
        .get(&format!(
            "/api/organization?{}",
            encoded("fields[organizations]=id,config")
        ))
        .await
        .expect(200);
    let fifth = checkout.order(I2).await;
    assert!(
        fifth
            .attribute("formatted_total_amount_with_taxes")
            .is_string()
    );
}

/// Rows 6 to 8; answers the shipment.
async fn customer(checkout: &Checkout<'_>) -> String {
    let address = checkout
        .guest
        .create("addresses", german_address(), json!({}))
        .await
        .expect(201)
        .id();
    let seventh = checkout
        .patch(
            json!({"customer_email": "customer@email.de", "_shipping_address_same_as_billing": true}),
            json!({"billing_address": one("addresses", &address)}),
        )
        .await;
    assert_eq!(seventh.attribute("status"), "pending");
    let eighth = checkout.order(I2).await;
    let shipments = eighth.included("shipments");
    assert_eq!(shipments.len(), 1);
    let relationships = &shipments[0]["relationships"];
    assert!(relationships["stock_location"]["data"]["id"].is_string());
    let available = relationships["available_shipping_methods"]["data"]
        .as_array()
        .unwrap();
    assert!(!available.is_empty());
    for method in eighth.included("shipping_methods") {
        assert!(
            method["attributes"]["formatted_price_amount_for_shipment"].is_string(),
            "{method}"
        );
    }
    shipments[0]["id"].as_str().unwrap().to_owned()
}

/// Rows 9 to 11.
async fn delivery(checkout: &Checkout<'_>, shipment: &str) {
    let guest = &checkout.guest;
    let query = encoded("include=shipping_method,stock_location&page[number]=1");
    let lead_times = guest
        .get(&format!("/api/delivery_lead_times?{query}"))
        .await
        .expect(200);
    assert!(lead_times.body["meta"]["record_count"].is_u64());
    let eighth = checkout.order(I2).await;
    let express = eighth
        .included("shipping_methods")
        .into_iter()
        .max_by_key(|method| method["attributes"]["price_amount_cents"].as_i64())
        .map(|method| method["id"].as_str().unwrap().to_owned())
        .unwrap();
    guest
        .update(
            &format!("shipments/{shipment}"),
            json!({}),
            json!({"shipping_method": one("shipping_methods", &express)}),
        )
        .await
        .expect(200);
    let eleventh = checkout.order(I2).await;
    assert!(eleventh.attribute("shipping_amount_cents").as_i64() > Some(0));
}

/// Rows 12 to 15; answers the payment source.
async fn payment(checkout: &Checkout<'_>) -> String {
    let before = checkout.order(I2).await;
    let method = klarna_method(&before);
    let twelfth = checkout
        .patch(
            json!({}),
            json!({"payment_method": one("payment_methods", &method)}),
        )
        .await;
    assert_eq!(twelfth.linkage("payment_source"), Some(&Value::Null));
    checkout.order(I2).await;
    let source = checkout
        .guest
        .create(
            "klarna_payments",
            json!({}),
            json!({"order": one("orders", &checkout.order)}),
        )
        .await
        .expect(201);
    assert!(source.attribute("client_token").is_string());
    assert!(source.attribute("payment_methods")[0]["identifier"].is_string());
    let fifteenth = checkout.order(I2).await;
    assert_eq!(
        fifteenth.linkage("payment_source"),
        Some(&json!({"type": "klarna_payments", "id": source.id()}))
    );
    source.id()
}

/// Rows 16 to 23.
async fn place(checkout: &Checkout<'_>, source: &str) {
    let guest = &checkout.guest;
    let query =
        encoded("include=payment_source&fields[orders]=status,payment_status,payment_source");
    let seventeenth = guest
        .get(&format!("/api/orders/{}?{query}", checkout.order))
        .await
        .expect(200);
    assert_eq!(seventeenth.attribute("status"), "pending");
    let payment = guest
        .get(&format!("/api/klarna_payments/{source}"))
        .await
        .expect(200);
    assert_eq!(payment.attribute("mismatched_amounts"), false);
    let before = checkout.order(I2).await;
    let total = before.attribute("total_amount_with_taxes_cents").clone();

    let token = guest.approve(source).await;
    let twentieth = guest
        .update(
            &format!("klarna_payments/{source}"),
            json!({"auth_token": token}),
            json!({}),
        )
        .await
        .expect(200);
    assert_eq!(twentieth.attribute("auth_token"), &json!(token));
    assert!(twentieth.attribute("payment_instrument").is_object());
    let after = checkout.order(I2).await;
    assert_eq!(after.attribute("total_amount_with_taxes_cents"), &total);
    assert!(
        after
            .linkage("payment_source")
            .is_some_and(Value::is_object)
    );

    let last_look = guest
        .get(&format!("/api/orders/{}", checkout.order))
        .await
        .expect(200);
    assert_eq!(last_look.attribute("status"), "pending");
    let placed = checkout.patch(json!({"_place": true}), json!({})).await;
    assert_eq!(placed.attribute("status"), "placed");
    assert_eq!(placed.attribute("payment_status"), "authorized");
}

/// Row 24: a guest token still reads the placed order.
async fn done(checkout: &Checkout<'_>) {
    let thanks = checkout.order(I4).await;
    assert_eq!(thanks.attribute("status"), "placed");
    let source = thanks.included("klarna_payments")[0];
    assert!(source["attributes"]["auth_token"].is_string());
    assert!(source["attributes"]["payment_instrument"].is_object());
}

/// The rows that only a logged-in customer's checkout has: 2b, the address book, 22b and 23b.
#[tokio::test]
async fn a_customer_adopts_a_guest_order_and_keeps_the_payment() {
    let house = House::open().await;
    let order = house.guest("EU").await.cart().await;
    let checkout = Checkout {
        guest: house.customer().await,
        order,
    };
    let customer = &checkout.guest;
    let place = format!("orders/{}", checkout.order);
    let adopted = customer
        .update(
            &place,
            json!({"_refresh": true}),
            json!({"payment_method": {"data": null}}),
        )
        .await
        .expect(200);
    assert_eq!(adopted.attribute("guest"), false);
    checkout.order(I3).await;

    let address = customer
        .create("addresses", german_address(), json!({}))
        .await
        .expect(201)
        .id();
    let seventh = customer
        .update(
            &format!("{place}?include={}", encoded(I3)),
            json!({"customer_email": house.access.customer_email, "_shipping_address_same_as_billing": true}),
            json!({"billing_address": one("addresses", &address)}),
        )
        .await
        .expect(200);
    let shipment = seventh.included("shipments")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    delivery(&checkout, &shipment).await;
    let source = payment(&checkout).await;
    let token = customer.approve(&source).await;
    customer
        .update(
            &format!("klarna_payments/{source}"),
            json!({"auth_token": token}),
            json!({}),
        )
        .await
        .expect(200);
    for save in [
        "_save_billing_address_to_customer_address_book",
        "_save_shipping_address_to_customer_address_book",
    ] {
        customer
            .update(&place, json!({save: true}), json!({}))
            .await
            .expect(200);
    }
    let placed = checkout.patch(json!({"_place": true}), json!({})).await;
    assert_eq!(placed.attribute("status"), "placed");

    let book = customer
        .get("/api/customer_addresses?include=address&page[size]=10&page[number]=1")
        .await
        .expect(200);
    assert!(!book.included("addresses").is_empty(), "{}", book.text);
    let own = customer.get("/api/orders").await.expect(200);
    assert_eq!(own.body["meta"]["record_count"], 1);
}
