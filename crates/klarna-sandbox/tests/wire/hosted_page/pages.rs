//! The pages behind `redirect_url`, `qr_code_url` and `standalone_url`, as a browser asks for them: without credentials.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::{Page, act, cart_of, page, page_for};
use crate::desk::{Answer, Desk, cart};

/// The path of one of the addresses that creating a page answered.
pub(super) fn path(page: &Page, member: &str) -> String {
    path_of(page.created[member].as_str().unwrap())
}

pub(super) fn staff_path(page: &Page) -> String {
    path_of(
        page.created["distribution_module"]["standalone_url"]
            .as_str()
            .unwrap(),
    )
}

pub(super) fn path_of(address: &str) -> String {
    let rest = address.strip_prefix("http://sandbox.test").unwrap();
    rest.split('?').next().unwrap().to_owned()
}

pub(super) async fn browse(desk: &Desk, method: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path);
    desk.send(request.body(Body::empty()).unwrap()).await
}

pub(super) async fn submit(desk: &Desk, path: &str, form: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    desk.send(request.body(Body::from(form.to_owned())).unwrap())
        .await
}

/// Opens the page and presses its buy button; gives the address of the flow's API.
pub(super) async fn begin(desk: &Desk, page: &Page, form: &str) -> String {
    let home = path(page, "redirect_url");
    assert_eq!(browse(desk, "GET", &home).await.status, 200);
    let pressed = submit(desk, &format!("{home}/pay"), form).await;
    assert_eq!(pressed.status, 303, "{}", pressed.text);
    let flow = pressed.header("location");
    assert_eq!(browse(desk, "GET", &flow).await.status, 200);
    flow.replace("/kp/flow/", "/kp/api/flows/")
}

pub(super) async fn step(desk: &Desk, flow: &str, entry: Value) -> Value {
    let answer = desk.post(&format!("{flow}/steps"), &entry).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// From the phone to the confirmation.
pub(super) async fn walk(desk: &Desk, flow: &str, phone: &str) -> Value {
    step(desk, flow, json!({"step": "phone", "phone": phone})).await;
    step(desk, flow, json!({"step": "code", "code": "123456"})).await;
    let shown = step(desk, flow, json!({"step": "plan", "way": "pay_later"})).await;
    assert_eq!(shown["step"], "confirm");
    assert_eq!(shown["leave_to"], Value::Null);
    step(desk, flow, json!({"step": "confirm"})).await
}

async fn status(desk: &Desk, page: &Page) -> String {
    desk.get(&page.path()).await.member("status")
}

fn urls() -> Value {
    let url = |name: &str| {
        format!("https://example.com/{name}?sid={{{{session_id}}}}&t={{{{authorization_token}}}}")
    };
    json!({"merchant_urls": {"success": url("success"), "cancel": url("cancel"), "back": url("back"),
        "failure": url("failure"), "error": url("error")}})
}

#[tokio::test]
async fn opening_the_page_shows_the_purchase_and_puts_it_in_progress() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let home = path(&page, "redirect_url");
    assert_eq!(browse(&desk, "HEAD", &home).await.status, 200);
    assert_eq!(status(&desk, &page).await, "WAITING");
    let shown = browse(&desk, "GET", &home).await;
    assert_eq!(shown.status, 200);
    assert_eq!(status(&desk, &page).await, "IN_PROGRESS");
    for part in [
        "<html lang=\"sv\">",
        "<h1 id=\"heading\">Slutför ditt köp</h1>",
        "Betalning till Acme",
        "244,00\u{a0}SEK",
        "2 × Mug",
        ">Köp</button>",
        "Tillbaka till butiken",
    ] {
        assert!(shown.text.contains(part), "{part} is not in {}", shown.text);
    }
    assert_eq!(
        shown.header("content-security-policy"),
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(shown.header("cache-control"), "no-store");
    assert!(!shown.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn options_change_the_page() {
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"categories": ["pay_now", "pay_later", "pay_over_time"]}),
    )
    .await;
    let options = json!({"options": {
        "page_title": "Rent <a> boat & go",
        "purchase_type": "RENT",
        "logo_url": "https://logo.example.com/logo.png",
        "background_images": [{"url": "https://images.example.com/large,1.jpg", "width": 1920},
            {"url": "https://images.example.com/small.jpg", "width": 640}],
        "show_subtotal_detail": "HIDE",
        "payment_method_categories": ["PAY_NOW", "PAY_LATER"],
    }});
    let page = page(&desk, options).await;
    let shown = browse(&desk, "GET", &path(&page, "redirect_url")).await;
    for part in [
        "Rent &#60;a&#62; boat &#38; go</h1>",
        ">Hyr</button>",
        "src=\"https://logo.example.com/logo.png\" alt=\"Acme\"",
        "src=\"https://images.example.com/small.jpg\" srcset=\"https://images.example.com/small.jpg 640w, \
         https://images.example.com/large%2C1.jpg 1920w\"",
        "value=\"pay_now\" checked",
        "value=\"pay_later\">",
    ] {
        assert!(shown.text.contains(part), "{part} is not in {}", shown.text);
    }
    assert!(!shown.text.contains("Mug"), "the lines are hidden");
    assert!(!shown.text.contains("pay_over_time"));
    let policy = shown.header("content-security-policy");
    assert!(
        policy.contains("img-src 'self' https://images.example.com https://logo.example.com;"),
        "{policy}"
    );
}

#[tokio::test]
async fn the_shopper_walks_the_flow_to_the_success_url() {
    let desk = Desk::new();
    let page = page(&desk, urls()).await;
    let flow = begin(&desk, &page, "").await;
    let ended = walk(&desk, &flow, "+46701740615").await;
    assert_eq!(
        (&ended["step"], &ended["status"]),
        (&json!("done"), &json!("closed"))
    );
    let read = desk.get(&page.path()).await.json();
    assert_eq!(read["status"], "COMPLETED");
    let token = read["authorization_token"].as_str().unwrap();
    assert_eq!(
        ended["leave_to"],
        format!("https://example.com/success?sid={}&t={token}", page.id())
    );
    assert!(
        !ended
            .to_string()
            .replace(ended["leave_to"].as_str().unwrap(), "")
            .contains(token)
    );
    assert_eq!(desk.place(token, &cart()).await.status, 200);
    let again = browse(&desk, "GET", &path(&page, "redirect_url")).await;
    assert_eq!(again.status, 200);
    assert!(again.text.contains("Betalningen är klar"));
    let pressed = submit(&desk, &format!("{}/pay", path(&page, "redirect_url")), "").await;
    assert_eq!(pressed.status, 303);
    assert_eq!(status(&desk, &page).await, "COMPLETED");
}

#[tokio::test]
async fn the_chosen_category_limits_the_ways_to_pay() {
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"categories": ["pay_now", "pay_later", "pay_over_time"]}),
    )
    .await;
    let options = json!({"options": {"payment_method_categories": ["PAY_NOW", "PAY_LATER"]}});
    let page = page(&desk, options).await;
    for (form, ways) in [
        ("category=pay_later", json!(["pay_later"])),
        ("", json!(["pay_now", "pay_later"])),
    ] {
        let flow = begin(&desk, &page, form).await;
        assert_eq!(desk.get(&flow).await.json()["ways"], ways, "{form}");
    }
}

#[tokio::test]
async fn closing_the_flow_leaves_the_page() {
    let desk = Desk::new();
    for (channel, expected, name) in [
        ("ECOMMERCE", "BACK", "back"),
        ("IN_STORE", "CANCELLED", "cancel"),
    ] {
        let page = page_for(&desk, &cart_of(channel), urls()).await;
        let flow = begin(&desk, &page, "").await;
        step(
            &desk,
            &flow,
            json!({"step": "phone", "phone": "+46701740615"}),
        )
        .await;
        let left = desk
            .post(&format!("{flow}/cancel"), &json!({}))
            .await
            .json();
        assert_eq!(left["result"]["approved"], false);
        assert_eq!(
            left["leave_to"],
            format!("https://example.com/{name}?sid={}&t=", page.id())
        );
        assert_eq!(status(&desk, &page).await, expected);
    }
}

#[tokio::test]
async fn a_declined_shopper_reads_it_goes_to_the_failure_url_and_may_return() {
    let desk = Desk::new();
    let page = page(&desk, urls()).await;
    let flow = begin(&desk, &page, "").await;
    let declined = walk(&desk, &flow, "+46701740620").await;
    assert_eq!(declined["step"], "declined");
    assert_eq!(status(&desk, &page).await, "FAILED");
    let ended = step(&desk, &flow, json!({"step": "dismiss"})).await;
    assert_eq!(
        ended["leave_to"],
        format!("https://example.com/failure?sid={}&t=", page.id())
    );
    let home = path(&page, "redirect_url");
    let left = browse(&desk, "GET", &format!("{home}/left")).await;
    assert!(left.text.contains("Försök igen"), "{}", left.text);
    let flow = begin(&desk, &page, "").await;
    assert_eq!(walk(&desk, &flow, "+46701740615").await["step"], "done");
    assert_eq!(status(&desk, &page).await, "COMPLETED");
}

#[tokio::test]
async fn going_back_takes_one_press_and_cancelling_a_question() {
    let desk = Desk::new();
    let online = page(&desk, urls()).await;
    let home = path(&online, "redirect_url");
    let shown = browse(&desk, "GET", &home).await;
    assert!(shown.text.contains("id=\"hpp-back\""));
    let left = submit(&desk, &format!("{home}/leave"), "").await;
    assert_eq!(left.status, 303);
    assert!(
        left.header("location")
            .starts_with("https://example.com/back?")
    );
    assert_eq!(status(&desk, &online).await, "BACK");

    let store = page_for(&desk, &cart_of("IN_STORE"), urls()).await;
    let home = path(&store, "redirect_url");
    let shown = browse(&desk, "GET", &home).await;
    assert!(shown.text.contains("id=\"hpp-cancel\""));
    let question = browse(&desk, "GET", &format!("{home}/leave")).await;
    assert!(question.text.contains("Vill du avbryta betalningen?"));
    assert_eq!(status(&desk, &store).await, "IN_PROGRESS");
    let left = submit(&desk, &format!("{home}/leave"), "").await;
    assert!(
        left.header("location")
            .starts_with("https://example.com/cancel?")
    );
    assert_eq!(status(&desk, &store).await, "CANCELLED");
}

#[tokio::test]
async fn without_an_address_of_the_merchant_a_page_of_ours_tells_how_it_went() {
    let desk = Desk::new();
    let one = page(&desk, json!({})).await;
    let home = path(&one, "redirect_url");
    let left = submit(&desk, &format!("{home}/leave"), "").await;
    assert_eq!(left.header("location"), format!("{home}/left"));
    let told = browse(&desk, "GET", &format!("{home}/left")).await;
    assert!(told.text.contains("Du har lämnat betalningen"));
    assert_eq!(
        status(&desk, &one).await,
        "BACK",
        "reading this opens nothing"
    );
    let flow = begin(&desk, &one, "").await;
    let ended = walk(&desk, &flow, "+46701740615").await;
    assert_eq!(ended["leave_to"], format!("{home}/left"));
    let told = browse(&desk, "GET", &format!("{home}/left")).await;
    assert!(told.text.contains("Betalningen är klar"));
}

#[tokio::test]
async fn a_disabled_page_says_so_and_stops_the_shopper_in_the_middle() {
    let desk = Desk::new();
    let page = page(&desk, urls()).await;
    let flow = begin(&desk, &page, "").await;
    desk.call("DELETE", &page.path(), &Value::Null).await;
    let entry = json!({"step": "phone", "phone": "+46701740615"});
    let answer = desk.post(&format!("{flow}/steps"), &entry).await;
    assert_eq!(answer.status, 404);
    let home = path(&page, "redirect_url");
    let told = browse(&desk, "GET", &home).await;
    assert_eq!(told.status, 410);
    assert!(told.text.contains("Betalningen är inte längre tillgänglig"));
    assert_eq!(submit(&desk, &format!("{home}/pay"), "").await.status, 404);
    assert_eq!(
        submit(&desk, &format!("{home}/leave"), "").await.status,
        404
    );
}

#[tokio::test]
async fn an_unknown_code_and_a_page_that_is_over_look_the_same() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let home = path(&page, "redirect_url");
    desk.advance(47 * 3600).await;
    let mut texts = Vec::new();
    for path in [home.as_str(), "/hpp/payments/0000000"] {
        let told = browse(&desk, "GET", path).await;
        assert_eq!(told.status, 404);
        texts.push(told.text);
    }
    assert_eq!(texts[0], texts[1]);
    for path in [
        format!("{home}/left"),
        format!("{home}/leave"),
        path(&page, "qr_code_url"),
        staff_path(&page),
    ] {
        assert_eq!(browse(&desk, "GET", &path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_payment_that_went_through_elsewhere_goes_to_the_error_url() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let created = super::create(&desk, &session, urls()).await.json();
    let page = Page { created };
    let token = desk.approve(&session).await;
    desk.place(&token, &cart()).await;
    let sent = browse(&desk, "GET", &path(&page, "redirect_url")).await;
    assert_eq!(sent.status, 303);
    assert!(
        sent.header("location")
            .starts_with("https://example.com/error?")
    );
    assert_eq!(status(&desk, &page).await, "ERROR");
}

#[tokio::test]
async fn a_document_at_the_counter_holds_the_flow_until_staff_decides() {
    let desk = Desk::new();
    let mut body = cart_of("IN_STORE");
    body["billing_address"]["email"] = json!("customer+manual_id_check@email.se");
    let page = page_for(&desk, &body, urls()).await;
    let flow = begin(&desk, &page, "").await;
    let held = walk(&desk, &flow, "+46701740615").await;
    assert_eq!(held["status"], "closed");
    let left = held["leave_to"].as_str().unwrap();
    let told = browse(&desk, "GET", left).await;
    let read = desk.get(&page.path()).await.json();
    let challenge = read["manual_identification"]["challenge"].as_str().unwrap();
    assert!(
        told.text.contains(&format!(">{challenge}</p>")),
        "{}",
        told.text
    );
    act(&desk, &page, json!({"action": "approve"})).await;
    let told = browse(&desk, "GET", &path(&page, "redirect_url")).await;
    assert!(told.text.contains("Betalningen är klar"));
    assert!(told.text.contains("https://example.com/success?"));
}

#[tokio::test]
async fn the_code_is_a_picture_of_the_pages_address() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let picture = browse(&desk, "GET", &path(&page, "qr_code_url")).await;
    assert_eq!(picture.status, 200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.text.starts_with("<svg "));
    let other = super::page(&desk, json!({})).await;
    let other = browse(&desk, "GET", &path(&other, "qr_code_url")).await;
    assert_ne!(picture.text, other.text);
    assert_eq!(status(&desk, &page).await, "WAITING");
}

#[tokio::test]
async fn staff_sends_the_link_and_the_shopper_need_not_type_the_phone() {
    let desk = Desk::new();
    let mut body = cart();
    body["billing_address"] = json!({"country": "SE"});
    let page = page_for(&desk, &body, json!({})).await;
    let staff = staff_path(&page);
    let shown = browse(&desk, "GET", &staff).await;
    assert!(shown.text.contains("Skicka betallänken"), "{}", shown.text);
    assert!(shown.text.contains(&path(&page, "qr_code_url")));
    let form = "method=sms&phone=%2B46701740615&phone_country=SE";
    let sent = submit(&desk, &staff, form).await;
    assert_eq!(sent.status, 200);
    assert!(sent.text.contains("role=\"status\""));
    let messages = desk.get("/sandbox/v1/outbox").await.json();
    let link = messages["messages"][0]["link"].as_str().unwrap();
    assert_eq!(path_of(link), path(&page, "redirect_url"));
    let refused = submit(&desk, &staff, "method=email&email=nobody").await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text
            .contains("contact_information.email is invalid")
    );
    let flow = begin(&desk, &page, "").await;
    let prefill = desk.get(&flow).await.json()["prefill"].clone();
    assert_eq!(prefill["phone"], "+46701740615");
}

#[tokio::test]
async fn the_device_that_scanned_the_shops_code_waits_until_a_payment_is_sent_to_it() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let device = "/hpp/devices/278352";
    let waits = browse(&desk, "GET", device).await;
    assert_eq!(waits.status, 200);
    assert!(waits.text.contains(">278352</p>"), "{}", waits.text);
    let contact = json!({"method": "token", "contact_information": {"access_id": "278352"}});
    desk.post(&format!("{}/distribution", page.path()), &contact)
        .await;
    let sent = browse(&desk, "GET", device).await;
    assert_eq!(
        (sent.status, sent.header("location")),
        (
            303,
            page.created["redirect_url"].as_str().unwrap().to_owned()
        )
    );
    act(&desk, &page, json!({"action": "approve"})).await;
    assert_eq!(
        browse(&desk, "GET", device).await.status,
        200,
        "a paid page is sent to nobody"
    );
    assert_eq!(
        browse(&desk, "GET", "/hpp/devices/000000").await.status,
        404
    );
}
