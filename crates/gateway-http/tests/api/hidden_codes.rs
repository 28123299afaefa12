//! Codes that are worth money: of gift cards and coupons that nobody typed whole, by every path that the registry has.
//!
//! The paths are generated from the relationships of all types, so a new one is walked without being named here.

use std::collections::BTreeSet;

use kassa_gateway::shop::resources::registry;
use kassa_storage::Descriptor;
use kassa_storage::descriptor::Relationship;
use serde_json::json;

use crate::house::{House, Visitor, one};

/// Types whose rows carry such a code.
const HOLDERS: [&str; 2] = ["gift_cards", "coupons"];

/// What no shopper typed: in the codes of all of them.
const SECRET: &str = "ZQXSECRET";

/// How a card is found that was typed by its first characters only.
const TYPED: &str = "USEDCARD";

/// Levels of an include path, and of a filter.
const LEVELS: usize = 4;
const CROSSINGS: usize = 3;

/// A house with codes in it.
struct Codes {
    /// Rows to begin at.
    rows: Vec<(&'static Descriptor, String)>,
}

/// The served types that a relationship leads to, abstract ones with what they stand for.
fn targets(link: &Relationship) -> Vec<&'static Descriptor> {
    let served = link.to.iter().filter_map(|kind| registry().find(kind));
    served
        .flat_map(|kind| {
            let concrete = kind
                .concrete
                .iter()
                .filter_map(|kind| registry().find(kind));
            std::iter::once(kind).chain(concrete)
        })
        .collect()
}

/// Paths over relationships that `follows` allows, from `kind` to a holder, at most `levels` long.
fn paths(
    kind: &'static Descriptor,
    levels: usize,
    follows: &impl Fn(&Relationship) -> bool,
) -> BTreeSet<Vec<&'static str>> {
    let mut found = BTreeSet::new();
    if levels == 0 {
        return found;
    }
    for link in kind.relationships.iter().filter(|link| follows(link)) {
        for target in targets(link) {
            if HOLDERS.contains(&target.kind) {
                found.insert(vec![link.name]);
            }
            for mut rest in paths(target, levels - 1, follows) {
                rest.insert(0, link.name);
                found.insert(rest);
            }
        }
    }
    found
}

/// The include paths from `kind`, as few values of `include` as fit an address.
fn includes(kind: &'static Descriptor) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for path in paths(kind, LEVELS, &|link: &Relationship| link.include) {
        let path = path.join(".");
        match values.last_mut() {
            Some(value) if value.len() + path.len() < 4_000 => {
                value.push(',');
                value.push_str(&path);
            }
            _ => values.push(path),
        }
    }
    values
}

impl Codes {
    /// A customer's order and a guest's, each bought with a card found by its first characters and a coupon that is one of
    /// two, and with a card bought in it; both placed.
    async fn in_house(house: &House) -> Self {
        let back = house.integration().await;
        let market = &house.access.markets["EU"];
        let promotion = back.create(
            "percentage_discount_promotions",
            json!({
                "name": "Ten", "percentage": 10,
                "starts_at": "2026-01-01T00:00:00.000Z", "expires_at": "2027-01-01T00:00:00.000Z",
            }),
            json!({"market": one("markets", market)}),
        );
        let promotion = promotion.await.expect(201).id();
        let rule = back.create(
            "coupon_codes_promotion_rules",
            json!({}),
            json!({"promotion": one("percentage_discount_promotions", &promotion)}),
        );
        let rule = rule.await.expect(201).id();
        for code in ["TYPED-COUPON".to_owned(), format!("COUPON-{SECRET}")] {
            let links = json!({"promotion_rule": one("coupon_codes_promotion_rules", &rule)});
            back.create("coupons", json!({"code": code}), links)
                .await
                .expect(201);
        }
        for (index, visitor) in [house.guest("EU").await, house.customer().await]
            .iter()
            .enumerate()
        {
            let typed = format!("{TYPED}{index}");
            let code = format!("{typed}-{SECRET}");
            let links = json!({"market": one("markets", market)});
            let facts = json!({
                "code": code, "balance_cents": 10_000_000, "recipient_email": format!("{SECRET}@example.com"),
                "metadata": {"note": SECRET},
            });
            let used = back.create("gift_cards", facts, links.clone()).await;
            let place = format!("gift_cards/{}", used.expect(201).id());
            let usable = json!({"_purchase": true, "_activate": true});
            back.update(&place, usable, json!({})).await.expect(200);
            let email = &house.access.customer_email;
            let (order, _) = visitor.checkout_as(email).await;
            let facts = json!({"code": format!("BOUGHT{index}-{SECRET}"), "balance_cents": 500});
            let bought = visitor.create("gift_cards", facts, links).await;
            let links = json!({
                "order": one("orders", &order),
                "item": one("gift_cards", &bought.expect(201).id()),
            });
            visitor
                .create("line_items", json!({"quantity": 1}), links)
                .await
                .expect(201);
            let codes = json!({"gift_card_code": typed, "coupon_code": "TYPED-COUPON"});
            let place = format!("orders/{order}");
            visitor.update(&place, codes, json!({})).await.expect(200);
            visitor.place(&order).await;
        }
        Self {
            rows: rows(&back).await,
        }
    }

    /// Asks for every row with everything that leads to a holder, and for what its relationships lead to; answers how many
    /// gift cards came along, and what of it shows a secret.
    async fn read(&self, visitor: &Visitor<'_>) -> (usize, BTreeSet<String>) {
        let mut cards = 0;
        let mut told = BTreeSet::new();
        for (kind, id) in self.rows.iter().map(|(kind, id)| (*kind, id)) {
            let row = format!("/api/{}/{id}", kind.kind);
            if visitor.get(&row).await.status != 200 {
                continue;
            }
            let mut asked: Vec<String> = includes(kind)
                .iter()
                .map(|value| format!("{row}?include={value}"))
                .collect();
            for link in kind.relationships {
                let Some(first) = targets(link).first().copied() else {
                    continue;
                };
                asked.push(format!("{row}/{}", link.name));
                let below = includes(first);
                asked.extend(
                    below
                        .iter()
                        .map(|value| format!("{row}/{}?include={value}", link.name)),
                );
            }
            for path in asked {
                let answer = visitor.get(&path).await;
                let related = !path.starts_with(&format!("{row}?"));
                let fine = answer.status == 200 || (related && answer.status.is_client_error());
                assert!(fine, "{path}: {}", answer.text);
                cards += answer.included("gift_cards").len();
                if answer.text.contains(SECRET) {
                    told.insert(path);
                }
            }
        }
        (cards, told)
    }

    /// Lists by a part of the codes, and by what none has; answers the filters whose answers differ.
    async fn search(&self, visitor: &Visitor<'_>) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        let kinds: BTreeSet<&str> = self.rows.iter().map(|(kind, _)| kind.kind).collect();
        for kind in kinds.into_iter().filter_map(|kind| registry().find(kind)) {
            for path in paths(kind, CROSSINGS, &|link: &Relationship| link.filter) {
                let name = format!("{}_code_cont", path.join("_"));
                let mut counts = Vec::new();
                for values in [SECRET, "ZQXNOTHING"] {
                    let list = format!("/api/{}?filter[q][{name}]={values}", kind.kind);
                    let answer = visitor.get(&list).await;
                    let refused = matches!(answer.status.as_u16(), 400 | 401 | 405);
                    assert!(refused || answer.status == 200, "{list}: {}", answer.text);
                    counts.push((answer.status, answer.body["meta"]["record_count"].clone()));
                }
                if counts[0] != counts[1] {
                    told.insert(format!("{} by {name}", kind.kind));
                }
            }
        }
        told
    }
}

/// The newest rows that a back office lists, five of each type.
async fn rows(back: &Visitor<'_>) -> Vec<(&'static Descriptor, String)> {
    let mut rows = Vec::new();
    for kind in registry().0.iter().filter(|kind| kind.verbs.list) {
        let list = format!("/api/{}?page[size]=5&sort=-created_at", kind.kind);
        let list = back.get(&list).await.expect(200);
        let ids = list.body["data"].as_array().unwrap().iter();
        rows.extend(ids.filter_map(|row| Some((*kind, row["id"].as_str()?.to_owned()))));
    }
    rows
}

#[tokio::test]
async fn no_path_shows_a_shopper_a_code_that_nobody_typed() {
    let house = House::open().await;
    let codes = Codes::in_house(&house).await;
    let (cards, told) = codes.read(&house.integration().await).await;
    assert!(cards > 0, "no path leads to a gift card");
    assert!(!told.is_empty(), "a back office sees codes");
    for (name, visitor) in [
        ("guest", house.guest("EU").await),
        ("customer", house.customer().await),
    ] {
        let (cards, told) = codes.read(&visitor).await;
        assert!(cards > 0, "a {name} sees the card of an order");
        assert_eq!(told, BTreeSet::new(), "a {name} reads codes");
    }
}

#[tokio::test]
async fn no_filter_tells_a_shopper_what_is_in_a_code() {
    let house = House::open().await;
    let codes = Codes::in_house(&house).await;
    let told = codes.search(&house.integration().await).await;
    assert!(!told.is_empty(), "a back office finds orders by codes");
    for (name, visitor) in [
        ("guest", house.guest("EU").await),
        ("customer", house.customer().await),
    ] {
        let told = codes.search(&visitor).await;
        assert_eq!(told, BTreeSet::new(), "a {name} guesses codes");
    }
}

#[tokio::test]
async fn a_card_that_is_being_bought_is_its_buyers() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let market = json!({"market": one("markets", &house.access.markets["EU"])});
    let facts = json!({"code": "STILL-A-DRAFT", "balance_cents": 500});
    let card = guest.create("gift_cards", facts, market).await.expect(201);
    assert_eq!(card.attribute("code"), "STILL-A-DRAFT");
    let place = format!("gift_cards/{}", card.id());
    let path = format!("/api/{place}");
    let seen = guest.get(&path).await.expect(200);
    assert_eq!(seen.attribute("code"), "STILL-A-DRAFT");
    let back = house.integration().await;
    back.update(&place, json!({"_purchase": true}), json!({}))
        .await
        .expect(200);
    guest.get(&path).await.error(401, "UNAUTHORIZED");
    let known = back.get(&path).await.expect(200);
    assert_eq!(known.attribute("code"), "STILL-A-DRAFT");
}
