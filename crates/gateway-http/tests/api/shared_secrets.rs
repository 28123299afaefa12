//! `shared_secret` of markets and shipping methods.

use crate::house::House;

#[tokio::test]
async fn markets_and_shipping_methods_have_a_secret() {
    let house = House::open().await;
    let office = house.integration().await;
    for path in ["/api/markets", "/api/shipping_methods"] {
        let answer = office.get(path).await.expect(200);
        let mut secrets = Vec::new();
        for row in answer.body["data"].as_array().unwrap() {
            let secret = row["attributes"]["shared_secret"].as_str().unwrap();
            assert!(
                secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{path}: {secret}"
            );
            secrets.push(secret.to_owned());
        }
        let count = secrets.len();
        secrets.sort();
        secrets.dedup();
        assert_eq!(secrets.len(), count, "{path}: each has one of its own");
    }
}
