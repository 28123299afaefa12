//! What the shop's staff does: looks at a document, by the API or on the page, and gets another distribution module.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::pages::{browse, path, path_of, staff_path, submit};
use super::{Page, act, cart_of, page, page_for, status_after};
use crate::desk::{Answer, Desk};

/// A page at a counter whose shopper is to show a document, and the code that shopper and staff compare.
async fn asked_for_a_document(desk: &Desk) -> (Page, String) {
    let page = page_for(desk, &cart_of("IN_STORE"), json!({})).await;
    assert_eq!(
        status_after(desk, &page, "manual_id_check").await,
        "MANUAL_ID_CHECK"
    );
    let check = desk.get(&check_path(&page)).await;
    assert_eq!(check.status, 200, "{}", check.text);
    let challenge = check.member("challenge");
    (page, challenge)
}

fn check_path(page: &Page) -> String {
    path(page, "manual_identification_check_url")
}

async fn generated(desk: &Desk, page: &Page) -> Answer {
    let module = &page.created["distribution_module"];
    let path = path_of(module["generation_url"].as_str().unwrap());
    desk.call("POST", &path, &Value::Null).await
}

#[tokio::test]
async fn staff_reads_the_check_and_decides_about_it() {
    let desk = Desk::new();
    for (approved, expected) in [(true, "COMPLETED"), (false, "FAILED")] {
        let (page, challenge) = asked_for_a_document(&desk).await;
        let read = desk.get(&page.path()).await.json();
        let check = desk.get(&check_path(&page)).await.json();
        assert_eq!(read["manual_identification"], check);
        let decision = json!({"approved": approved, "challenge": challenge.to_lowercase()});
        let answer = desk.post(&check_path(&page), &decision).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.member("status"), expected);
        assert_eq!(answer.json(), desk.get(&page.path()).await.json());
    }
}

#[tokio::test]
async fn a_check_that_nobody_asked_for_or_another_code_is_refused() {
    let desk = Desk::new();
    let open = page(&desk, json!({})).await;
    for answer in [
        desk.get(&check_path(&open)).await,
        desk.post(&check_path(&open), &json!({"approved": true}))
            .await,
    ] {
        let (status, code, message) = answer.error();
        assert_eq!((status, code.as_str()), (400, "BAD_REQUEST"));
        assert!(message.contains("not waiting"), "{message}");
    }
    let (page, challenge) = asked_for_a_document(&desk).await;
    let other = format!("{challenge}0");
    for (decision, message) in [
        (json!({}), "approved must not be null"),
        (json!({"approved": "yes"}), "approved is invalid"),
        (
            json!({"approved": true, "challenge": other}),
            "challenge is invalid",
        ),
    ] {
        let (status, code, told) = desk.post(&check_path(&page), &decision).await.error();
        assert_eq!((status, code.as_str()), (400, "CONSTRAINT_VIOLATION"));
        assert_eq!(told, message);
    }
    assert_eq!(
        desk.get(&page.path()).await.member("status"),
        "MANUAL_ID_CHECK"
    );
    act(&desk, &page, json!({"action": "cancel"})).await;
    let late = desk
        .post(&check_path(&page), &json!({"approved": true}))
        .await;
    assert_eq!(late.status, 400, "a check that is over is decided no more");
}

#[tokio::test]
async fn staff_decides_on_the_page_of_the_distribution_module() {
    let desk = Desk::new();
    for (approved, expected) in [("true", "COMPLETED"), ("false", "FAILED")] {
        let (page, challenge) = asked_for_a_document(&desk).await;
        let staff = staff_path(&page);
        let shown = browse(&desk, "GET", &staff).await;
        assert!(
            shown.text.contains(&format!(">{challenge}</p>")),
            "{}",
            shown.text
        );
        assert!(
            shown.text.contains("id=\"hpp-identified\">Alice"),
            "{}",
            shown.text
        );
        let form = format!("approved={approved}&challenge={challenge}");
        let decided = submit(&desk, &format!("{staff}/identification"), &form).await;
        assert_eq!(
            (decided.status, decided.header("location")),
            (303, staff.clone())
        );
        assert_eq!(desk.get(&page.path()).await.member("status"), expected);
        let after = browse(&desk, "GET", &staff).await;
        assert!(!after.text.contains("hpp-identified"), "{}", after.text);
    }
}

#[tokio::test]
async fn the_token_of_a_module_names_its_page_and_is_not_signed() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let module = &page.created["distribution_module"];
    let token = module["token"].as_str().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!((parts.len(), parts[2]), (3, ""));
    assert_eq!(read(parts[0]), json!({"alg": "none"}));
    let claims = read(parts[1]);
    assert_eq!(claims["iframe_url"], module["standalone_url"]);
    assert_eq!(claims["iframe_origin"], "http://sandbox.test");
    let id = claims["session_id"].as_str().unwrap();
    assert!(staff_path(&page).ends_with(id));
}

#[tokio::test]
async fn generating_a_module_takes_the_one_before_away() {
    let desk = Desk::new();
    let page = page(&desk, json!({})).await;
    let first = page.created["distribution_module"].clone();
    let answer = generated(&desk, &page).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let second = answer.json();
    assert_eq!(second["generation_url"], first["generation_url"]);
    assert_ne!(second["token"], first["token"]);
    let of = |module: &Value| path_of(module["standalone_url"].as_str().unwrap());
    assert_eq!(browse(&desk, "GET", &of(&first)).await.status, 404);
    assert_eq!(browse(&desk, "GET", &of(&second)).await.status, 200);
    desk.call("DELETE", &page.path(), &Value::Null).await;
    let (status, _, message) = generated(&desk, &page).await.error();
    assert_eq!(
        (status, message.as_str()),
        (400, "HPP session has been disabled")
    );
}
