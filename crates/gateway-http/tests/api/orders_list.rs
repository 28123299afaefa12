//! `GET /api/orders`.

use crate::house::House;

#[tokio::test]
async fn a_guest_may_not_list_orders() {
    let house = House::open().await;
    house
        .guest("EU")
        .await
        .get("/api/orders")
        .await
        .error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn an_integration_lists_filters_and_sorts() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (first, second) = (guest.cart().await, guest.cart().await);
    let integration = house.integration().await;
    let all = integration
        .get("/api/orders?sort=-created_at")
        .await
        .expect(200);
    assert_eq!(all.body["meta"]["record_count"], 2);
    assert_eq!(all.body["meta"]["page_count"], 1);
    assert_eq!(all.body["meta"]["mode"], "test");
    let query = format!("filter%5Bq%5D%5Bid_in%5D={first}%2C{second}&filter[q][id_not_eq]={first}");
    let one = integration
        .get(&format!("/api/orders?{query}"))
        .await
        .expect(200);
    assert_eq!(one.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(one.text_at("/data/0/id"), second);
    let lines = integration
        .get(&format!("/api/line_items?filter[q][order_id_eq]={first}"))
        .await
        .expect(200);
    assert_eq!(lines.body["meta"]["record_count"], 1);
}

#[tokio::test]
async fn pages_have_links() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    for _ in 0..3 {
        guest.cart().await;
    }
    let integration = house.integration().await;
    let page = integration
        .get("/api/orders?page[number]=2&page[size]=1&sort=created_at")
        .await
        .expect(200);
    assert_eq!(page.body["meta"]["page_count"], 3);
    let links = page.body["links"].as_object().unwrap();
    assert_eq!(
        links.keys().collect::<Vec<_>>(),
        ["first", "prev", "next", "last"]
    );
    let next = page.text_at("/links/next");
    let path = next.strip_prefix("https://acme.kassa.test").unwrap();
    let last = integration.get(path).await.expect(200);
    assert!(last.body["links"].get("next").is_none());
}
