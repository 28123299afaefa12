//! A shop in one market with a digital SKU, ready for coupons, gift cards and the like; and the steps to a placed order.

use kassa_gateway::{Caller, GatewayError};
use kassa_storage::Record;
use serde_json::{Value, json};

use crate::world::World;

/// What the digital SKU costs.
pub const PRICE: i64 = 1000;

/// Its code.
pub const COURSE: &str = "COURSE-01";

pub struct Till {
    pub world: World,
    pub back: Caller,
    pub guest: Caller,
    pub market: Value,
    pub price: Value,
    pub sku: Value,
    address: Value,
}

/// An attribute set with more of them.
pub fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("attributes are an object")
    };
    body.as_object_mut().unwrap().extend(more);
    body
}

impl Till {
    pub async fn open() -> Self {
        let world = World::new().await;
        let back = world.integration().await;
        let guest = world.guest("EU").await;
        let markets = world.list(&back, "markets").await.unwrap().primary;
        let market = markets
            .iter()
            .find(|own| own.text("code") == Some("EU"))
            .unwrap();
        let list = json!(["price_lists", market.text("price_list_id").unwrap()]);
        let categories = world
            .list(&back, "shipping_categories")
            .await
            .unwrap()
            .primary;
        let category = json!(["shipping_categories", categories[0].key.id]);
        let sku = json!({
            "code": COURSE, "name": "A course", "do_not_ship": true, "do_not_track": true,
            "shipping_category": category,
        });
        let sku = world.post(&back, "skus", sku).await.unwrap();
        let sku = json!(["skus", sku.key.id]);
        let price = json!({"amount_cents": PRICE, "price_list": list, "sku": sku});
        let price = world.post(&back, "prices", price).await.unwrap();
        let address = json!({
            "first_name": "Ada", "last_name": "Example", "line_1": "Main Street 1", "city": "Berlin",
            "zip_code": "10115", "country_code": "DE", "phone": "+4930123456",
        });
        let address = world.post(&guest, "addresses", address).await.unwrap();
        Self {
            market: json!(["markets", market.key.id]),
            price: json!(["prices", price.key.id]),
            address: json!(["addresses", address.key.id]),
            world,
            back,
            guest,
            sku,
        }
    }

    pub async fn post(&self, kind: &str, body: Value) -> Record {
        self.world.post(&self.back, kind, body).await.unwrap()
    }

    pub async fn patch(&self, kind: &str, id: &str, body: Value) -> Result<Record, GatewayError> {
        self.world.patch(&self.back, kind, id, body).await
    }

    pub async fn get(&self, kind: &str, id: &str) -> Record {
        self.world.get(&self.back, kind, id).await.unwrap()
    }

    /// A promotion of this market that holds now.
    pub async fn promotion(&self, kind: &str, more: Value) -> Value {
        let body = json!({
            "name": "A promotion", "market": self.market,
            "starts_at": "2026-01-01T00:00:00.000Z", "expires_at": "2027-01-01T00:00:00.000Z",
        });
        let made = self.post(kind, with(body, more)).await;
        json!([kind, made.key.id])
    }

    /// A coupon that unlocks a promotion.
    pub async fn coupon(&self, promotion: &Value, code: &str, more: Value) -> String {
        let rule = json!({"promotion": promotion});
        let rule = self.post("coupon_codes_promotion_rules", rule).await;
        let rule = json!(["coupon_codes_promotion_rules", rule.key.id]);
        let coupon = json!({"code": code, "promotion_rule": rule});
        self.post("coupons", with(coupon, more)).await.key.id
    }

    /// A gift card that can be used.
    pub async fn gift_card(&self, code: &str, balance: i64, more: Value) -> String {
        let card = json!({"code": code, "balance_cents": balance, "market": self.market});
        let id = self.post("gift_cards", with(card, more)).await.key.id;
        let usable = json!({"_purchase": true, "_activate": true});
        self.patch("gift_cards", &id, usable).await.unwrap();
        id
    }

    /// An empty order that may be placed once something is in it and nothing is left to pay.
    pub async fn order(&self, email: &str) -> String {
        let order = json!({"customer_email": email, "billing_address": self.address});
        let order = self.world.post(&self.guest, "orders", order).await.unwrap();
        order.key.id
    }

    /// The same with one course in it.
    pub async fn cart(&self, email: &str) -> String {
        let order = self.order(email).await;
        let line = self.world.line(&self.guest, &order, COURSE, 1).await;
        line.unwrap();
        order
    }

    /// The guest changes the order.
    pub async fn change(&self, order: &str, body: Value) -> Result<Record, GatewayError> {
        self.world.patch(&self.guest, "orders", order, body).await
    }

    pub async fn place(&self, order: &str) -> Result<Record, GatewayError> {
        self.change(order, json!({"_place": true})).await
    }
}
