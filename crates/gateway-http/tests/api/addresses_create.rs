//! `POST /api/addresses`.

use serde_json::{Value, json};

use crate::house::House;

fn address(country: &str) -> Value {
    json!({
        "first_name": "Anna", "last_name": "Larsson", "line_1": "Example Street 1", "city": "Exampletown",
        "zip_code": "10178", "state_code": "NY", "phone": "+4930000000", "country_code": country,
    })
}

#[tokio::test]
async fn a_country_must_exist() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    for country in ["UK", "XX", "DEU", "1", "Ö"] {
        let answer = guest.create("addresses", address(country), json!({})).await;
        let error = answer.error(422, "VALIDATION_ERROR");
        assert_eq!(error["source"]["pointer"], "/data/attributes/country_code");
        assert_eq!(error["meta"]["error"], "inclusion", "{country}");
    }
    for (sent, shown) in [("de", "DE"), ("GB", "GB"), ("AX", "AX")] {
        let answer = guest
            .create("addresses", address(sent), json!({}))
            .await
            .expect(201);
        assert_eq!(answer.attribute("country_code"), shown);
    }
}

#[tokio::test]
async fn an_order_is_locked_to_a_country_that_exists() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let place = format!("orders/{order}");
    let lock = |country: &str| json!({"shipping_country_code_lock": country});
    let refused = guest.update(&place, lock("EU"), json!({})).await;
    let error = refused.error(422, "VALIDATION_ERROR");
    assert_eq!(
        error["source"]["pointer"],
        "/data/attributes/shipping_country_code_lock"
    );
    assert_eq!(error["meta"]["error"], "inclusion");
    guest
        .update(&place, lock("de"), json!({}))
        .await
        .expect(200);
}
