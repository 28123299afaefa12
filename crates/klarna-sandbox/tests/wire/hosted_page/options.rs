//! What a profile gives to a page, and where a declined shopper goes when there are other categories.

use serde_json::{Value, json};

use super::pages::{begin, browse, path, step, walk};
use super::{Page, create, page_for, status_after};
use crate::desk::{Desk, cart};

/// A world whose sessions offer two categories, and a page that shows one of them.
async fn page_of_one_category(desk: &Desk, options: &Value) -> Page {
    desk.switch(json!({"categories": ["pay_now", "pay_later"]}))
        .await;
    let mut all = json!({"payment_method_category": "PAY_LATER"});
    for (name, value) in options.as_object().unwrap() {
        all[name] = value.clone();
    }
    page_for(desk, &cart(), json!({"options": all})).await
}

#[tokio::test]
async fn a_profile_gives_the_options_that_were_not_sent() {
    let desk = Desk::new();
    let profile = json!({"page_title": "The shop's own title", "purchase_type": "BOOK"});
    desk.switch(json!({"hosted_page_profiles": {"87ab3565": profile}}))
        .await;
    let rest = |options: Value| json!({"profile_id": "87ab3565", "options": options});
    let plain = page_for(&desk, &cart(), rest(json!({}))).await;
    let shown = browse(&desk, "GET", &path(&plain, "redirect_url")).await;
    assert!(
        shown.text.contains("The shop&#39;s own title"),
        "{}",
        shown.text
    );
    assert!(shown.text.contains("Boka"), "{}", shown.text);
    let own = page_for(&desk, &cart(), rest(json!({"page_title": "Another"}))).await;
    let shown = browse(&desk, "GET", &path(&own, "redirect_url")).await;
    assert!(shown.text.contains("Another") && shown.text.contains("Boka"));
}

#[tokio::test]
async fn categories_that_are_sent_take_the_place_of_the_profiles() {
    let desk = Desk::new();
    desk.switch(json!({
        "categories": ["pay_now", "pay_later"],
        "hosted_page_profiles": {"one": {"payment_method_categories": ["pay_now", "pay_later"]}},
    }))
    .await;
    let session = desk.session(&cart()).await;
    let rest = json!({"profile_id": "one", "options": {"payment_method_category": "PAY_LATER"}});
    assert_eq!(create(&desk, &session, rest).await.status, 201);
}

#[tokio::test]
async fn a_profile_that_no_page_could_have_is_refused() {
    let desk = Desk::new();
    for wrong in [
        json!({"one": {"purchase_type": "STEAL"}}),
        json!({"one": {"unknown_option": true}}),
        json!({"one": "PLACE_ORDER"}),
    ] {
        let settings = json!({"hosted_page_profiles": wrong});
        let (status, _, message) = desk
            .call("PATCH", "/sandbox/v1/settings", &settings)
            .await
            .error();
        assert_eq!(status, 400);
        assert!(message.contains("hosted_page_profiles"), "{message}");
    }
}

#[tokio::test]
async fn without_fallback_a_declined_shopper_goes_to_the_failure() {
    let desk = Desk::new();
    for options in [json!({}), json!({"payment_fallback": false})] {
        let page = page_of_one_category(&desk, &options).await;
        assert_eq!(status_after(&desk, &page, "decline").await, "FAILED");
    }
    let all = page_for(
        &desk,
        &cart(),
        json!({"options": {"payment_fallback": true}}),
    )
    .await;
    assert_eq!(
        status_after(&desk, &all, "decline").await,
        "FAILED",
        "nothing was left out"
    );
}

#[tokio::test]
async fn the_fallback_offers_the_other_categories_before_the_payment_fails() {
    let desk = Desk::new();
    let page = page_of_one_category(&desk, &json!({"payment_fallback": true})).await;
    assert_eq!(status_after(&desk, &page, "decline").await, "IN_PROGRESS");
    assert_eq!(status_after(&desk, &page, "decline").await, "FAILED");
    let paid = page_of_one_category(&desk, &json!({"payment_fallback": true})).await;
    assert_eq!(status_after(&desk, &paid, "decline").await, "IN_PROGRESS");
    assert_eq!(status_after(&desk, &paid, "approve").await, "COMPLETED");
}

#[tokio::test]
async fn a_shopper_who_falls_back_returns_to_the_page_and_sees_what_is_left() {
    let desk = Desk::new();
    let page = page_of_one_category(&desk, &json!({"payment_fallback": true})).await;
    let flow = begin(&desk, &page, "").await;
    let declined = walk(&desk, &flow, "+46701740620").await;
    assert_eq!(declined["step"], "declined");
    let ended = step(&desk, &flow, json!({"step": "dismiss"})).await;
    let left = ended["leave_to"].as_str().unwrap();
    let home = path(&page, "redirect_url");
    let back = browse(&desk, "GET", left).await;
    assert_eq!((back.status, back.header("location")), (303, home.clone()));
    let shown = browse(&desk, "GET", &home).await.text;
    assert!(shown.contains("class=\"notice failed\""), "{shown}");
    // What was declined is not offered again.
    let flow = begin(&desk, &page, "").await;
    let offered = desk.get(&flow).await.json()["ways"].clone();
    assert_eq!(offered, json!(["pay_now"]));
}
