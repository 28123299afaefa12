//! Bodies of Klarna's API that the sandbox takes, and some that it refuses for what they say.
//!
//! Invariant: all is made up; addresses are of `example.com`.

use serde_json::{Value, json};

use crate::input::texts;

/// A Swedish cart: two mugs, shipping, 25 %.
pub(super) fn cart(intent: &str) -> Value {
    let mut cart = json!({
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "intent": intent,
        "order_amount": 24_400, "order_tax_amount": 4880,
        "order_lines": [
            {"type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 10_000,
             "tax_rate": 2500, "total_discount_amount": 500, "total_amount": 19_500, "total_tax_amount": 3900},
            {"type": "shipping_fee", "reference": "SHIP", "name": "Shipping", "quantity": 1, "unit_price": 4900,
             "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980}
        ],
        "billing_address": address(),
    });
    if intent.contains("tokenize") {
        cart["order_lines"][0]["subscription"] =
            json!({"name": "Mugs", "interval": "MONTH", "interval_count": 1});
    }
    cart
}

fn address() -> Value {
    json!({"given_name": "Alice", "family_name": "Test", "email": "alice@example.com", "title": "Ms",
        "street_address": "Storgatan 2", "street_address2": "2 tr", "postal_code": "11148", "city": "Stockholm",
        "region": "AB", "country": "SE", "phone": "+46701740615"})
}

fn american_cart() -> Value {
    json!({
        "purchase_country": "US", "purchase_currency": "USD", "locale": "en-US",
        "order_amount": 24_400, "order_tax_amount": 4400,
        "order_lines": [
            {"type": "physical", "name": "Mug", "quantity": 2, "unit_price": 10_000, "tax_rate": 0,
             "total_amount": 20_000, "total_tax_amount": 0},
            {"type": "sales_tax", "name": "Sales Tax", "quantity": 1, "unit_price": 4400, "tax_rate": 0,
             "total_amount": 4400, "total_tax_amount": 0}
        ]
    })
}

/// A session with every field that is known.
fn everything() -> Value {
    let mut all = cart("buy_and_tokenize");
    let more = json!({
        "acquiring_channel": "ECOMMERCE",
        "attachment": {"content_type": "application/vnd.klarna.internal.emd-v2+json", "body": "{\"a\":[{\"b\":1}]}"},
        "custom_payment_method_ids": ["promo"],
        "customer": {"date_of_birth": "1941-03-21", "gender": "female", "title": "Ms", "type": "person",
            "last_four_ssn": "1234", "national_identification_number": "194103219202", "vat_id": "1",
            "organization_registration_id": "002031-0132", "organization_entity_type": "OTHER"},
        "design": "plain", "merchant_data": "{\"pass\":\"through\"}", "merchant_reference1": "ON-4711",
        "merchant_reference2": "hdt53h",
        "merchant_urls": {"confirmation": "https://shop.example.com/thanks?sid={session.id}",
            "notification": "https://shop.example.com/pending", "push": "https://shop.example.com/push/{order.id}",
            "authorization": "https://shop.example.com/approved"},
        "options": {"color_border": "#FF9900", "color_text": "#FF9900", "radius_border": "5px"},
        "shipping_address": address(),
    });
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    let line = &mut all["order_lines"][0];
    line["image_url"] = json!("https://shop.example.com/mug.png");
    line["product_url"] = json!("https://shop.example.com/mug");
    line["merchant_data"] = json!("{}");
    line["quantity_unit"] = json!("pcs");
    line["product_identifiers"] = json!({"brand": "Mugs", "category_path": "Home > Mugs", "color": "white",
        "size": "M", "global_trade_item_number": "735858293167", "manufacturer_part_number": "B1"});
    all
}

pub(super) fn sessions() -> Vec<Value> {
    vec![
        cart("buy"),
        cart("tokenize"),
        american_cart(),
        everything(),
        json!({"order_amount": 1}),
    ]
}

pub(super) fn session_updates() -> Vec<Value> {
    vec![
        json!({"merchant_reference1": "A-1"}),
        everything(),
        cart("buy"),
        json!({"order_amount": 1}),
    ]
}

pub(super) fn orders() -> Vec<Value> {
    let mut captured = cart("buy");
    captured["auto_capture"] = json!(true);
    vec![cart("buy"), captured, everything()]
}

/// What a customer token is made from.
pub(super) fn customer_token() -> Value {
    json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "intended_use": "SUBSCRIPTION", "description": "Coffee every month"})
}

pub(super) fn customer_tokens() -> Vec<Value> {
    let mut elsewhere = customer_token();
    elsewhere["billing_address"] = address();
    elsewhere["customer"] = json!({"date_of_birth": "1941-03-21"});
    vec![customer_token(), elsewhere]
}

pub(super) fn token_statuses() -> Vec<Value> {
    vec![json!({"status": "CANCELLED"}), json!({"status": "ACTIVE"})]
}

pub(super) fn token_orders() -> Vec<Value> {
    let order = json!({"order_amount": 1000, "order_tax_amount": 200, "purchase_currency": "SEK",
        "merchant_reference1": "S-1", "order_lines": [line(1000)]});
    let mut confirmed = order.clone();
    confirmed["merchant_urls"] = json!({"confirmation": "https://shop.example.com/thanks"});
    confirmed["auto_capture"] = json!(true);
    vec![order, confirmed]
}

/// `{payment_session_url}` is filled in by the function.
pub(super) fn hosted_pages() -> Vec<Vec<u8>> {
    let urls = json!({"success": "https://shop.example.com/s?id={{session_id}}",
        "cancel": "https://shop.example.com/c", "back": "https://shop.example.com/b",
        "failure": "https://shop.example.com/f", "error": "https://shop.example.com/e",
        "status_update": "https://shop.example.com/u?id={{session_id}}&order={{order_id}}"});
    let options = json!({"place_order_mode": "PLACE_ORDER", "purchase_type": "BUY", "page_title": "Mugs",
        "payment_method_categories": ["KLARNA"], "show_subtotal_detail": "HIDE",
        "logo_url": "https://shop.example.com/logo.png",
        "background_images": [{"url": "https://shop.example.com/b.jpg", "width": 1920}]});
    let full = json!({"payment_session_url": "{payment_session_url}", "merchant_urls": urls, "options": options});
    texts([
        json!({"payment_session_url": "{payment_session_url}"}).to_string(),
        full.to_string(),
    ])
}

pub(super) fn distributions() -> Vec<Value> {
    vec![
        json!({"method": "email", "contact_information": {"email": "customer@example.com"}}),
        json!({"method": "sms", "contact_information": {"phone": "0701740615", "phone_country": "SE"}}),
        json!({"method": "token", "contact_information": {"access_id": "278352"}}),
    ]
}

pub(super) fn identifications() -> Vec<Value> {
    vec![
        json!({"approved": true}),
        json!({"approved": false, "challenge": "AB12"}),
    ]
}

pub(super) fn authorization_updates() -> Vec<Value> {
    vec![
        json!({"order_amount": 20_000, "description": "One mug less", "order_lines": [line(20_000)]}),
        json!({"order_amount": 24_400, "order_lines": []}),
    ]
}

pub(super) fn customer_details() -> Vec<Value> {
    vec![
        json!({"shipping_address": address()}),
        json!({"billing_address": {"given_name": "Bob"}}),
    ]
}

pub(super) fn references() -> Vec<Value> {
    vec![json!({"merchant_reference1": "A-1", "merchant_reference2": "B-2"})]
}

fn shipment() -> Value {
    json!({"shipping_company": "Post", "shipping_method": "Home", "tracking_number": "63456415674545679874",
        "tracking_uri": "https://shipping.example.com/1", "return_shipping_company": "Post",
        "return_tracking_number": "1", "return_tracking_uri": "https://shipping.example.com/2"})
}

pub(super) fn shipments() -> Vec<Value> {
    vec![json!({"shipping_info": [shipment()]})]
}

pub(super) fn captures() -> Vec<Value> {
    vec![
        json!({"captured_amount": 1000, "description": "A part", "reference": "P-1", "shipping_delay": 0,
            "order_lines": [line(1000)], "shipping_info": [shipment()]}),
        json!({"captured_amount": 19_400}),
    ]
}

pub(super) fn due_dates() -> Vec<Value> {
    vec![json!({"number_of_days": 14}), json!({"number_of_days": 30})]
}

pub(super) fn refunds() -> Vec<Value> {
    vec![
        json!({"refunded_amount": 500, "description": "Came back", "reference": "R-1", "order_lines": [line(500)]}),
        json!({"refunded_amount": 4500}),
    ]
}

/// A line of one piece at 25 %, tax included.
fn line(total: i64) -> Value {
    json!({"type": "physical", "reference": "MUG", "name": "Mug", "quantity": 1, "unit_price": total,
        "tax_rate": 2500, "total_amount": total, "total_tax_amount": total / 5})
}
