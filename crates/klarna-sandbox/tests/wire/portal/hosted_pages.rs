//! Hosted pages in the portal: listed, found by any id, with what their merchants were told, and taken away.

use serde_json::json;

use super::browser::Browser;
use crate::desk::{Desk, cart};
use crate::hosted_page::{Page, act, page, page_for};
use crate::merchant::Merchant;

async fn status(desk: &Desk, page: &Page) -> String {
    desk.get(&page.path()).await.member("status")
}

fn address(page: &Page) -> String {
    format!("/portal/hosted-pages/{}", page.id())
}

#[tokio::test]
async fn the_list_shows_each_page_with_its_status_the_last_changed_first() {
    let desk = Desk::new();
    let browser = Browser::sign_in(&desk).await;
    let empty = browser.page("/portal/hosted-pages").await;
    assert!(empty.contains("There is no hosted page."), "{empty}");
    let first = page(&desk, json!({})).await;
    desk.advance(1).await;
    let second = page(&desk, json!({})).await;
    desk.advance(1).await;
    act(&desk, &first, json!({"action": "decline"})).await;
    let list = browser.page("/portal/hosted-pages").await;
    let place = |text: &str| {
        list.find(text)
            .unwrap_or_else(|| panic!("{text} in {list}"))
    };
    assert!(place(&address(&first)) < place(&address(&second)));
    assert!(place("FAILED") < place("WAITING"));
}

#[tokio::test]
async fn a_page_is_found_by_every_id_around_it() {
    let desk = Desk::new();
    let options = json!({"options": {"place_order_mode": "PLACE_ORDER"}});
    let page = page_for(&desk, &cart(), options).await;
    let paid = act(&desk, &page, json!({"action": "approve"})).await.json();
    let order = paid["session"]["order_id"].as_str().unwrap().to_owned();
    let last_part = |member: &str| {
        let url = page.created[member].as_str().unwrap();
        url.rsplit('/').next().unwrap().to_owned()
    };
    let browser = Browser::sign_in(&desk).await;
    for id in [page.id().to_owned(), last_part("redirect_url"), order] {
        let found = browser.page(&format!("/portal/logs?q={id}")).await;
        assert!(found.contains(&address(&page)), "{id}: {found}");
    }
    let other = browser.page("/portal/logs?q=no-such-id").await;
    assert!(!other.contains("/portal/hosted-pages/"), "{other}");
}

#[tokio::test]
async fn a_pages_own_page_shows_what_its_merchant_was_told_and_can_tell_it_again() {
    let (merchant, url) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let page = page(&desk, json!({"merchant_urls": {"status_update": url}})).await;
    let browser = Browser::sign_in(&desk).await;
    let shown = browser.page(&address(&page)).await;
    assert!(shown.contains("Its merchant was told nothing"), "{shown}");
    act(&desk, &page, json!({"action": "open"})).await;
    desk.sandbox.tick().await;
    let shown = browser.page(&address(&page)).await;
    assert!(shown.contains("status_update: delivered"), "{shown}");
    assert!(shown.contains("answered 200"), "{shown}");
    browser.done("/portal/deliveries/1/replay", &[]).await;
    assert_eq!(merchant.heard().len(), 2);
}

#[tokio::test]
async fn a_page_is_disabled_by_a_button_until_it_is_over() {
    let desk = Desk::new();
    let open = page(&desk, json!({})).await;
    let browser = Browser::sign_in(&desk).await;
    let disable = |page: &Page| format!("{}/disable", address(page));
    assert!(
        browser
            .page(&address(&open))
            .await
            .contains(&disable(&open))
    );
    browser.done(&disable(&open), &[]).await;
    assert_eq!(status(&desk, &open).await, "DISABLED");
    assert!(
        !browser
            .page(&address(&open))
            .await
            .contains(&disable(&open))
    );
    let paid = page(&desk, json!({})).await;
    act(&desk, &paid, json!({"action": "approve"})).await;
    let refused = browser.act(&disable(&paid), &[]).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.text.contains("already been completed"),
        "{}",
        refused.text
    );
    let missing = browser
        .act("/portal/hosted-pages/unknown/disable", &[])
        .await;
    assert_eq!(missing.status, 404);
}
