//! Distribution into the outbox.

use serde_json::{Value, json};

use super::{Page, act, cart_of, page, page_for, status_after};
use crate::desk::{Answer, Desk};

async fn distribute(desk: &Desk, page: &Page, method: &str, contact: Value) -> Answer {
    let body =
        json!({"method": method, "contact_information": contact, "template": "INSTORE_PURCHASE"});
    desk.post(&format!("{}/distribution", page.path()), &body)
        .await
}

async fn outbox(desk: &Desk) -> Vec<Value> {
    let answer = desk.get("/sandbox/v1/outbox").await.json();
    answer["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn email_sms_and_the_scanned_code_land_in_the_outbox() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    for (method, contact) in [
        ("email", json!({"email": "alice@example.com"})),
        (
            "sms",
            json!({"phone": "070 174 06 15", "phone_country": "se"}),
        ),
        ("token", json!({"access_id": "278352"})),
        ("token", json!({"access_id": "467521087419"})),
        (
            "token",
            json!({"access_id": "klarna:09f4a78d-d096-47d4-a0f6-abcf680c70fe"}),
        ),
    ] {
        let answer = distribute(&desk, &page, method, contact).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        desk.advance(1).await;
    }
    let messages = outbox(&desk).await;
    assert_eq!(messages.len(), 5);
    let email = &messages[4];
    assert_eq!(
        (&email["channel"], &email["to"]),
        (&json!("email"), &json!("alice@example.com"))
    );
    assert_eq!(email["sent_at"], "2026-03-02T09:30:00Z");
    assert_eq!(email["link"], page.created["redirect_url"]);
    assert_eq!(email["subject"], "Din betalning till Acme");
    let link = email["link"].as_str().unwrap();
    assert!(email["text"].as_str().unwrap().contains(link));
    assert_eq!(
        (&messages[3]["channel"], &messages[3]["phone_country"]),
        (&json!("sms"), &json!("SE"))
    );
    assert_eq!(messages[0]["channel"], "token");
}

#[tokio::test]
async fn the_outbox_is_read_by_session_and_emptied_by_a_reset() {
    let desk = Desk::new();
    let contact = json!({"email": "alice@example.com"});
    let one = page(&desk, json!({})).await;
    let two = page(&desk, json!({})).await;
    for page in [&one, &two, &two] {
        distribute(&desk, page, "email", contact.clone()).await;
    }
    let path = format!("/sandbox/v1/outbox?session_id={}", two.id());
    assert_eq!(
        desk.get(&path).await.json()["messages"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let limited = desk.get("/sandbox/v1/outbox?limit=1").await.json();
    assert_eq!(limited["messages"].as_array().unwrap().len(), 1);
    desk.post("/sandbox/v1/reset", &Value::Null).await;
    assert_eq!(outbox(&desk).await.len(), 0);
}

#[tokio::test]
async fn a_bad_address_is_refused_at_once_and_sends_nothing() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    for (method, contact, code, message) in [
        (
            "email",
            json!({"email": "nobody"}),
            "CONSTRAINT_VIOLATION",
            "contact_information.email is invalid",
        ),
        (
            "email",
            json!({"phone": "0701740615"}),
            "MISSING_CONTACT_DATA",
            "contact_information.email must not be null",
        ),
        (
            "sms",
            json!({"phone": "0701740615"}),
            "MISSING_CONTACT_DATA",
            "contact_information.phone_country must not be null",
        ),
        (
            "sms",
            json!({"phone": "12", "phone_country": "SE"}),
            "CONSTRAINT_VIOLATION",
            "contact_information.phone is invalid",
        ),
        (
            "sms",
            json!({"phone": "5551234567", "phone_country": "US"}),
            "UNSUPPORTED_COUNTRY",
            "Phone numbers of US are not supported",
        ),
        (
            "token",
            json!({}),
            "MISSING_CONTACT_DATA",
            "contact_information.access_id must not be null",
        ),
        (
            "pigeon",
            json!({}),
            "CONSTRAINT_VIOLATION",
            "method is invalid",
        ),
    ] {
        let answer = distribute(&desk, &page, method, contact).await;
        assert_eq!(answer.error(), (400, code.to_owned(), message.to_owned()));
    }
    let path = format!("{}/distribution", page.path());
    let answer = desk.post(&path, &json!({})).await.json();
    assert_eq!(
        answer["error_messages"],
        json!([
            "method must not be null",
            "contact_information must not be null"
        ])
    );
    assert_eq!(outbox(&desk).await.len(), 0);
}

#[tokio::test]
async fn an_access_id_that_nobody_scanned_is_404() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let answer = distribute(&desk, &page, "token", json!({"access_id": "000000"})).await;
    assert_eq!(
        answer.error(),
        (
            404,
            "NOT_FOUND".to_owned(),
            "Access token not found".to_owned()
        )
    );
}

#[tokio::test]
async fn a_page_that_is_over_is_not_distributed() {
    let desk = Desk::new();
    let contact = json!({"email": "alice@example.com"});
    let disabled = page(&desk, json!({})).await;
    desk.call("DELETE", &disabled.path(), &Value::Null).await;
    let answer = distribute(&desk, &disabled, "email", contact.clone()).await;
    assert_eq!(
        answer.error(),
        (
            400,
            "BAD_REQUEST".to_owned(),
            "HPP session has been disabled".to_owned()
        )
    );
    let paid = page(&desk, json!({})).await;
    status_after(&desk, &paid, "approve").await;
    let answer = distribute(&desk, &paid, "email", contact.clone()).await;
    assert_eq!(answer.status, 400);
    let cancelled = page_for(&desk, &cart_of("TELESALES"), json!({})).await;
    act(&desk, &cancelled, json!({"action": "cancel"})).await;
    let answer = distribute(&desk, &cancelled, "email", contact).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_fault_rule_plays_the_distribution_that_failed_inside() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let rule =
        json!({"operation": "distribute_hosted_page", "kind": "status_before", "status": 503});
    desk.post("/sandbox/v1/faults", &rule).await;
    let contact = json!({"email": "alice@example.com"});
    let answer = distribute(&desk, &page, "email", contact.clone()).await;
    assert_eq!(
        (answer.status, answer.member("error_code").as_str()),
        (503, "TEMPORARILY_UNAVAILABLE")
    );
    assert_eq!(distribute(&desk, &page, "email", contact).await.status, 204);
    assert_eq!(outbox(&desk).await.len(), 1);
}

#[tokio::test]
async fn a_link_that_was_sent_is_204_or_by_a_switch_201() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let contact = json!({"email": "alice@example.com"});
    let sent = distribute(&desk, &page, "email", contact.clone()).await;
    assert_eq!((sent.status, sent.text.as_str()), (204, ""));
    desk.switch(json!({"distribution_status": 201})).await;
    let sent = distribute(&desk, &page, "email", contact).await;
    assert_eq!((sent.status, sent.text.as_str()), (201, ""));
    let wrong = json!({"distribution_status": 200});
    let refused = desk.call("PATCH", "/sandbox/v1/settings", &wrong).await;
    assert_eq!(
        refused.status, 400,
        "the specification has no other success"
    );
}
