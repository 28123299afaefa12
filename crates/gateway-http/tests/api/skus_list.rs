//! `GET /api/skus` and `GET /api/prices`, as carts ask for them.

use crate::house::House;

#[tokio::test]
async fn by_code_with_prices_of_the_market() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let codes = house.access.skus[..2].join(",");
    let answer = guest
        .get(&format!(
            "/api/skus?filter[q][code_in]={codes}&include=prices"
        ))
        .await
        .expect(200);
    assert_eq!(answer.body["meta"]["record_count"], 2);
    let prices = answer.included("prices");
    assert_eq!(
        prices.len(),
        2,
        "one price list belongs to the market in scope"
    );
    for price in prices {
        assert_eq!(price["attributes"]["currency_code"], "EUR");
        assert!(
            price["attributes"]["formatted_amount"]
                .as_str()
                .unwrap()
                .starts_with('€')
        );
    }
}

#[tokio::test]
async fn prices_by_sku_code() {
    let house = House::open().await;
    let guest = house.guest("US").await;
    let code = &house.access.skus[0];
    let answer = guest
        .get(&format!("/api/prices?filter[q][sku_code_in]={code}"))
        .await
        .expect(200);
    assert_eq!(answer.body["meta"]["record_count"], 1, "{}", answer.text);
    assert_eq!(answer.text_at("/data/0/attributes/currency_code"), "USD");
}

#[tokio::test]
async fn text_predicates_ignore_case() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    for (filter, expected) in [
        ("code_start=mug", 2),
        ("code_cont=CLAY", 2),
        ("code_matches=%25tea%25", 3),
        ("code_start_any=MUG,POT", 3),
        ("name_or_code_cont=sencha", 1),
        ("code_not_start=x&filter[q][code_start]=mug", 2),
    ] {
        let answer = guest
            .get(&format!(
                "/api/skus?filter[q][{}",
                filter.replacen('=', "]=", 1)
            ))
            .await
            .expect(200);
        let count = answer.body["meta"]["record_count"].as_u64().unwrap();
        assert!(count >= 1 && count <= expected + 1, "{filter}: {count}");
    }
}

#[tokio::test]
async fn the_whole_document_of_a_short_list() {
    let house = House::open().await;
    let answer = house
        .guest("EU")
        .await
        .get("/api/skus?page[size]=1&sort=code&fields[skus]=code,name,prices")
        .await
        .expect(200);
    insta::assert_json_snapshot!(answer.body);
}
