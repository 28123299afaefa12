//! The bodies to try with an operation: what it is for, what its documented refusals need, and what is wrong.

use serde_json::{Value, json};

use super::super::document::Operation;
use super::situations::Subject;

/// Each is tried; `None` is a call without a body.
pub fn of(operation: &Operation, subject: &Subject) -> Vec<Option<Value>> {
    if !operation.takes_body {
        return vec![None];
    }
    let mut bodies = specific(operation, subject);
    bodies.extend(bodies.first().map(decorated));
    bodies.push(json!({}));
    bodies.into_iter().map(Some).collect()
}

/// The same with what Klarna tolerates and never shows again: members that nobody knows, and nulls.
fn decorated(body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let mut members: serde_json::Map<String, Value> = members
                .iter()
                .map(|(name, member)| (name.clone(), decorated(member)))
                .collect();
            members.insert("unheard_of".to_owned(), json!({"by": "any document"}));
            for name in [
                "image_url",
                "return_shipping_company",
                "title",
                "merchant_data",
                "description",
            ] {
                members.entry(name).or_insert(Value::Null);
            }
            members.into()
        }
        Value::Array(items) => items.iter().map(decorated).collect(),
        other => other.clone(),
    }
}

fn specific(operation: &Operation, subject: &Subject) -> Vec<Value> {
    let order_path = operation
        .path
        .strip_prefix("/ordermanagement/v1/orders/{order_id}");
    if let Some(rest) = order_path {
        return on_order(rest);
    }
    match operation.path.as_str() {
        "/payments/v1/sessions" => vec![
            subject.cart.clone(),
            everything(),
            with(&subject.cart, "order_amount", 1),
        ],
        "/payments/v1/sessions/{session_id}" => vec![
            json!({"merchant_reference1": "A-1"}),
            everything(),
            json!({"order_amount": 1}),
        ],
        "/payments/v1/authorizations/{authorizationToken}/order" => vec![
            subject.cart.clone(),
            other_lines(&subject.cart),
            with(&subject.cart, "auto_capture", true),
            with(&subject.cart, "order_amount", 1),
        ],
        "/payments/v1/authorizations/{authorizationToken}/customer-token" => {
            let token = json!({
                "purchase_country": subject.cart["purchase_country"],
                "purchase_currency": subject.cart["purchase_currency"],
                "locale": subject.cart["locale"],
                "intended_use": "SUBSCRIPTION",
                "description": "Coffee every month",
            });
            let elsewhere =
                json!({"given_name": "Bob", "street_address": "Storgatan 99", "country": "SE"});
            vec![
                token.clone(),
                with(&token, "billing_address", elsewhere),
                with(&token, "description", "Tea every month"),
                with(&token, "locale", "xx-XX"),
            ]
        }
        "/customer-token/v1/tokens/{customerToken}/order" => {
            let order = token_order();
            let confirmed = with(
                &order,
                "merchant_urls",
                json!({"confirmation": "https://shop.example.com/thanks"}),
            );
            vec![
                confirmed.clone(),
                with(&confirmed, "auto_capture", true),
                order.clone(),
                with(&confirmed, "purchase_currency", "EUR"),
                with(&order, "order_amount", 1),
            ]
        }
        "/customer-token/v1/tokens/{customerToken}/status" => {
            vec![json!({"status": "CANCELLED"}), json!({"status": "ACTIVE"})]
        }
        "/hpp/v1/sessions" => hosted_sessions(subject),
        "/hpp/v1/sessions/{session_id}/distribution" => vec![
            json!({"method": "email", "contact_information": {"email": "customer@example.com"}}),
            json!({"method": "sms", "contact_information": {"phone": "0701740615", "phone_country": "SE"}}),
            json!({"method": "token", "contact_information": {"access_id": "278352"}}),
            json!({"method": "email", "contact_information": {}}),
        ],
        _ => Vec::new(),
    }
}

fn on_order(rest: &str) -> Vec<Value> {
    let shipment = json!({"shipping_company": "Post", "shipping_method": "Home", "tracking_number": "63456415674545679874",
        "tracking_uri": "https://shipping.example.com/1", "return_shipping_company": "Post",
        "return_tracking_number": "1", "return_tracking_uri": "https://shipping.example.com/2"});
    match rest {
        "/authorization" => vec![
            json!({"order_amount": 24_400, "order_lines": []}),
            json!({"order_amount": 20_000, "description": "One mug less", "order_lines": [line("MUG", 20_000)]}),
            json!({"order_amount": 90_000}),
            json!({"order_amount": 1}),
            json!({"order_amount": -1}),
        ],
        "/captures" => vec![
            json!({"captured_amount": 1000, "description": "A part", "reference": "P-1", "shipping_delay": 0,
                "order_lines": [line("MUG", 1000)], "shipping_info": [shipment]}),
            json!({"captured_amount": 24_400}),
            json!({"captured_amount": 200_000}),
            json!({"captured_amount": 0}),
            json!({"captured_amount": "many"}),
        ],
        "/captures/{capture_id}/extend-due-date" => vec![
            json!({"number_of_days": 14}),
            json!({"number_of_days": 30}),
            json!({"number_of_days": 7}),
            json!({"number_of_days": 3}),
        ],
        "/captures/{capture_id}/shipping-info" | "/shipping-info" => {
            vec![
                json!({"shipping_info": [shipment]}),
                json!({"shipping_info": [{"shipping_method": "Balloon"}]}),
            ]
        }
        "/customer-details" => vec![
            json!({"shipping_address": {"given_name": "Bob", "street_address": "Storgatan 1", "city": "Uppsala",
                "postal_code": "75310", "country": "SE"}}),
            json!({"billing_address": {"given_name": "Bob"}}),
            json!({"shipping_address": {"postal_code": "12345678901"}}),
        ],
        "/merchant-references" => vec![
            json!({"merchant_reference1": "A-1", "merchant_reference2": "B-2"}),
            json!({"merchant_reference1": "x".repeat(256)}),
        ],
        "/refunds" => vec![
            json!({"refunded_amount": 500, "description": "Came back", "reference": "R-1", "order_lines": [line("MUG", 500)]}),
            json!({"refunded_amount": 200_000}),
            json!({"refunded_amount": 0}),
            json!({"refunded_amount": -5}),
        ],
        _ => Vec::new(),
    }
}

fn hosted_sessions(subject: &Subject) -> Vec<Value> {
    let plain = json!({"payment_session_url": subject.payment_session_url});
    let urls: Value = [
        "success",
        "cancel",
        "back",
        "failure",
        "error",
        "status_update",
    ]
    .iter()
    .map(|name| {
        (
            (*name).to_owned(),
            json!(format!("http://127.0.0.1:9/{name}?id={{{{session_id}}}}")),
        )
    })
    .collect::<serde_json::Map<_, _>>()
    .into();
    let mut both = with(
        &plain,
        "options",
        json!({"payment_method_category": "KLARNA"}),
    );
    both["options"]["payment_method_categories"] = json!(["KLARNA"]);
    let mut full = with(&plain, "merchant_urls", urls);
    full["options"] = json!({"place_order_mode": "PLACE_ORDER", "purchase_type": "BUY", "page_title": "Mugs",
        "payment_method_categories": ["KLARNA"], "show_subtotal_detail": "HIDE",
        "logo_url": "https://shop.example.com/logo.png",
        "background_images": [{"url": "https://shop.example.com/b.jpg", "width": 1920}]});
    vec![
        plain,
        full,
        both,
        json!({"payment_session_url": "https://example.com/elsewhere"}),
    ]
}

/// A line of one piece at 25 %, tax included.
fn line(reference: &str, total: i64) -> Value {
    json!({"type": "physical", "reference": reference, "name": "Mug", "quantity": 1, "unit_price": total,
        "tax_rate": 2500, "total_amount": total, "total_tax_amount": total / 5})
}

/// A Swedish cart: two mugs, shipping, 25 %.
pub fn cart(intent: &str) -> Value {
    let mut cart = json!({
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "intent": intent,
        "order_amount": 24_400, "order_tax_amount": 4880,
        "order_lines": [
            {"type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 10_000,
             "tax_rate": 2500, "total_discount_amount": 500, "total_amount": 19_500, "total_tax_amount": 3900},
            {"type": "shipping_fee", "reference": "SHIP", "name": "Shipping", "quantity": 1, "unit_price": 4900,
             "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980}
        ],
        "billing_address": {"given_name": "Alice", "family_name": "Test", "email": "customer@email.se",
            "street_address": "Storgatan 2", "postal_code": "11148", "city": "Stockholm", "country": "SE",
            "phone": "+46701740615"}
    });
    if intent.contains("tokenize") {
        cart["order_lines"][0]["subscription"] =
            json!({"name": "Mugs", "interval": "MONTH", "interval_count": 1});
    }
    cart
}

/// An American cart: net prices and the tax as a line of its own.
pub fn american_cart() -> Value {
    json!({
        "purchase_country": "US", "purchase_currency": "USD", "locale": "en-US",
        "order_amount": 24_400, "order_tax_amount": 4400,
        "order_lines": [
            {"type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 10_000,
             "tax_rate": 0, "total_amount": 20_000, "total_tax_amount": 0},
            {"type": "sales_tax", "name": "Sales Tax", "quantity": 1, "unit_price": 4400, "tax_rate": 0,
             "total_amount": 4400, "total_tax_amount": 0}
        ]
    })
}

/// A session body with every field that the document knows in a request.
pub fn everything() -> Value {
    let mut all = cart("buy");
    let more = json!({
        "acquiring_channel": "ECOMMERCE",
        "attachment": {"content_type": "application/vnd.klarna.internal.emd-v2+json",
            "body": "{\"customer_account_info\":[{\"unique_account_identifier\":\"test@example.com\"}]}"},
        "custom_payment_method_ids": ["promo"],
        "customer": {"date_of_birth": "1941-03-21", "gender": "female", "title": "Ms", "type": "person",
            "last_four_ssn": "1234", "national_identification_number": "194103219202", "vat_id": "1",
            "organization_registration_id": "002031-0132", "organization_entity_type": "OTHER"},
        "design": "plain", "merchant_data": "{\"pass\":\"through\"}",
        "merchant_reference1": "ON-4711", "merchant_reference2": "hdt53h",
        "merchant_urls": {"confirmation": "https://shop.example.com/thanks?sid={session.id}",
            "notification": "https://shop.example.com/pending"},
        "options": {"color_border": "#FF9900", "color_border_selected": "#FF9900", "color_details": "#FF9900",
            "color_text": "#FF9900", "radius_border": "5px"},
        "shipping_address": {"attention": "Desk", "city": "Stockholm", "country": "SE", "email": "customer@email.se",
            "family_name": "Test", "given_name": "Alice", "organization_name": "Mugs", "phone": "+46701740615",
            "postal_code": "11148", "region": "AB", "street_address": "Storgatan 2", "street_address2": "2 tr",
            "title": "Ms"},
    });
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    all["order_lines"][0]["image_url"] = json!("https://shop.example.com/mug.png");
    all["order_lines"][0]["product_url"] = json!("https://shop.example.com/mug");
    all["order_lines"][0]["merchant_data"] = json!("{}");
    all["order_lines"][0]["quantity_unit"] = json!("pcs");
    all["order_lines"][0]["product_identifiers"] = json!({"brand": "Mugs", "category_path": "Home > Mugs",
        "color": "white", "size": "M", "global_trade_item_number": "735858293167", "manufacturer_part_number": "B1"});
    all
}

fn token_order() -> Value {
    json!({"order_amount": 1000, "order_tax_amount": 200, "purchase_currency": "SEK", "merchant_reference1": "S-1",
        "order_lines": [line("MUG", 1000)]})
}

/// The same sums over other goods: what an order must not be placed with.
fn other_lines(cart: &Value) -> Value {
    let mut other = cart.clone();
    other["order_lines"][0]["name"] = json!("Plate");
    other
}

fn with(body: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    body[name] = value.into();
    body
}
