//! The cross-tenant matrix: every route of the registry, walked by its owner and by everybody who is not.
//!
//! The same rows are asked for by the back office and the customer they belong to, who get them, and by foreign
//! organizations, the other mode, a foreign market, a foreign customer, guests and wrong roles, who are refused and
//! read none of the markers that the rows carry: not in answers, includes or related routes, and not by counting.

mod planted;
mod policy;
mod walk;

use std::collections::BTreeSet;

use http::{Method, Request, header};
use kassa_gateway::provision::{self, ApplicationPlan};
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{ApplicationKind, Role};
use serde_json::json;

use self::planted::{Planted, kinds};
use self::policy::{SIGHTS, Sight};
use self::walk::Walker;
use crate::house::{House, JSON_API, Visitor, german_address, one};

const ALL: &[Sight] = &[
    Sight::Back,
    Sight::Shared,
    Sight::Market,
    Sight::Own,
    Sight::Order,
];
const OF_THE_CUSTOMER: &[Sight] = &[Sight::Shared, Sight::Market, Sight::Own, Sight::Order];
const OF_THE_MARKET: &[Sight] = &[Sight::Shared, Sight::Market];
const OF_ANOTHER_MARKET: &[Sight] = &[Sight::Shared];
const NOTHING: &[Sight] = &[];

/// A market of its own, with nothing in it.
async fn market(back: &Visitor<'_>) -> String {
    let address = back.create("addresses", german_address(), json!({})).await;
    let address = address.expect(201).id();
    let merchant = back.create(
        "merchants",
        json!({"name": "Other"}),
        json!({"address": one("addresses", &address)}),
    );
    let merchant = merchant.await.expect(201).id();
    let list = json!({"name": "Other", "currency_code": "EUR"});
    let list = back.create("price_lists", list, json!({})).await;
    let list = list.expect(201).id();
    let model = back.create("inventory_models", json!({"name": "Other"}), json!({}));
    let model = model.await.expect(201).id();
    let market = back.create(
        "markets",
        json!({"name": "Other", "code": "OTHER"}),
        json!({
            "merchant": one("merchants", &merchant),
            "price_list": one("price_lists", &list),
            "inventory_model": one("inventory_models", &model),
        }),
    );
    market.await.expect(201).id()
}

/// A guest of any sales channel and market.
async fn guest<'a>(house: &'a House, slug: &str, client: &str, market: &str) -> Visitor<'a> {
    let body = json!({
        "grant_type": "client_credentials", "client_id": client, "scope": format!("market:id:{market}"),
    });
    let token = house.ask_token(body).await.expect(200);
    house
        .bearing(&token.text_at("/access_token"))
        .at(&format!("{slug}.kassa.test"))
}

/// Adds an application to an organization.
async fn application(house: &House, slug: &str, kind: ApplicationKind, id: &str, role: Role) {
    let plan = ApplicationPlan {
        name: "Other",
        kind,
        client_id: id,
        client_secret: (kind == ApplicationKind::Integration).then_some("s3cret"),
        role,
        redirect_uri: None,
    };
    provision::application(&house.gateway, slug, true, &plan)
        .await
        .unwrap();
}

/// Somebody who sees less than everything: reads it all, writes and links nothing that is hidden.
async fn stranger(
    name: &'static str,
    visitor: Visitor<'_>,
    sees: &'static [Sight],
    planted: &Planted,
) {
    let mut walker = Walker::new(name, visitor, sees, planted);
    walker.read_everything().await;
    walker.write_nothing().await;
    walker.link_nothing().await;
}

#[test]
fn every_type_has_a_row_and_every_row_a_type() {
    let served: BTreeSet<&str> = registry().0.iter().map(|kind| kind.kind).collect();
    let rows: BTreeSet<&str> = SIGHTS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(served, rows);
}

#[tokio::test]
async fn the_back_office_reads_everything_through_every_described_route() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    let back = house.integration().await;
    let mut walker = Walker::new("owner", back, ALL, &planted);
    walker.read_everything().await;
    for kind in kinds().filter(|kind| kind.verbs.list) {
        let id = &planted.ids[kind.kind];
        let path = format!("/api/{}?filter[q][id_eq]={id}", kind.kind);
        let found = walker.visitor.get(&path).await.expect(200);
        assert_eq!(found.body["meta"]["record_count"], 1, "{path}");
    }
    let described = house
        .send(
            Request::get("/openapi.json")
                .body(axum::body::Body::empty())
                .unwrap(),
        )
        .await;
    let paths = described.body["paths"].as_object().unwrap();
    let described: BTreeSet<&String> = paths
        .keys()
        .filter(|path| path.starts_with("/api/"))
        .collect();
    let walked: BTreeSet<&String> = walker.walked.iter().collect();
    assert_eq!(described, walked);
}

#[tokio::test]
async fn a_customer_sees_the_market_and_what_is_their_own() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    let customer = house.customer().await;
    let mut walker = Walker::new("customer", customer, OF_THE_CUSTOMER, &planted);
    walker.read_everything().await;
    walker.link_nothing().await;
}

#[tokio::test]
async fn a_guest_sees_the_market_alone() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    let guest = house.guest("EU").await;
    stranger("guest", guest, OF_THE_MARKET, &planted).await;
}

#[tokio::test]
async fn another_customer_sees_the_market_alone() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    let (email, password) = ("other@example.com", "another password");
    let person = json!({"email": email, "password": password});
    let guest = house.guest("EU").await;
    guest
        .create("customers", person, json!({}))
        .await
        .expect(201);
    let login = house.ask_token(json!({
        "grant_type": "password", "client_id": house.access.sales_channel_id, "scope": "market:code:EU",
        "username": email, "password": password,
    }));
    let token = login.await.expect(200).text_at("/access_token");
    stranger(
        "other customer",
        house.bearing(&token),
        OF_THE_MARKET,
        &planted,
    )
    .await;
}

#[tokio::test]
async fn a_guest_of_another_market_sees_neither() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    let other = market(&house.integration().await).await;
    let guest = guest(&house, "acme", &house.access.sales_channel_id, &other).await;
    stranger(
        "guest of another market",
        guest,
        OF_ANOTHER_MARKET,
        &planted,
    )
    .await;
}

#[tokio::test]
async fn the_same_customer_in_another_market_sees_neither() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    let other = market(&house.integration().await).await;
    let login = house.ask_token(json!({
        "grant_type": "password", "client_id": house.access.sales_channel_id,
        "scope": format!("market:id:{other}"),
        "username": house.access.customer_email, "password": house.access.customer_password,
    }));
    let token = login.await.expect(200).text_at("/access_token");
    let customer = house.bearing(&token);
    let order = &planted.ids["orders"];
    let seen = customer.get(&format!("/api/orders/{order}")).await;
    seen.error(401, "UNAUTHORIZED");
    let market = &planted.ids["markets"];
    let seen = customer.get(&format!("/api/markets/{market}")).await;
    seen.error(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn another_organization_sees_nothing() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    provision::organization(&house.gateway, "other", true, "other-back", "s3cret")
        .await
        .unwrap();
    let back = || house.integration_of("other", "other-back", "s3cret");
    stranger("other back office", back().await, NOTHING, &planted).await;
    let own = market(&back().await).await;
    let kind = ApplicationKind::SalesChannel;
    application(&house, "other", kind, "other-shop", Role::Admin).await;
    let guest = guest(&house, "other", "other-shop", &own).await;
    stranger("other guest", guest, NOTHING, &planted).await;
}

#[tokio::test]
async fn live_mode_sees_nothing_of_test_mode() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    provision::organization(&house.gateway, "acme-live", false, "live-back", "s3cret")
        .await
        .unwrap();
    let back = house.integration_of("acme-live", "live-back", "s3cret");
    stranger("live back office", back.await, NOTHING, &planted).await;
}

#[tokio::test]
async fn a_back_office_that_only_reads_writes_nothing() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    let kind = ApplicationKind::Integration;
    application(&house, "acme", kind, "reader", Role::ReadOnly).await;
    let reader = house.integration_of("acme", "reader", "s3cret").await;
    let mut walker = Walker::new("reader", reader, ALL, &planted);
    walker.read_everything().await;
    walker.write_nothing().await;
}

#[tokio::test]
async fn without_a_token_no_route_answers() {
    let house = House::open().await;
    let planted = Planted::in_house(&house).await;
    for kind in kinds() {
        let id = &planted.ids[kind.kind];
        let base = format!("/api/{}", kind.kind);
        let mut doors = vec![
            (Method::GET, base.clone()),
            (Method::POST, base.clone()),
            (Method::GET, format!("{base}/{id}")),
            (Method::PATCH, format!("{base}/{id}")),
            (Method::DELETE, format!("{base}/{id}")),
        ];
        for link in kind.relationships {
            doors.push((Method::GET, format!("{base}/{id}/{}", link.name)));
        }
        for (method, path) in doors {
            let request = Request::builder()
                .method(method)
                .uri(&path)
                .header(header::HOST, "acme.kassa.test")
                .header(header::ACCEPT, JSON_API)
                .body(axum::body::Body::empty())
                .unwrap();
            house.send(request).await.error(401, "INVALID_TOKEN");
        }
    }
}

#[tokio::test]
async fn the_address_of_a_stock_location_is_shown_beside_it_and_not_a_shoppers_to_change() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let places = guest.get("/api/stock_locations?include=address").await;
    let places = places.expect(200);
    let address = places.included("addresses")[0]["id"].as_str().unwrap();
    let path = format!("/api/addresses/{address}");
    guest.get(&path).await.error(401, "UNAUTHORIZED");
    guest.delete(&path).await.error(401, "UNAUTHORIZED");
    let stolen = guest.update(&path[5..], json!({"line_1": "Elsewhere 1"}), json!({}));
    stolen.await.error(401, "UNAUTHORIZED");
    let own = guest.create("addresses", german_address(), json!({})).await;
    let own = format!("/api/addresses/{}", own.expect(201).id());
    house.guest("EU").await.get(&own).await.expect(200);
}

#[tokio::test]
async fn somebody_elses_customer_is_an_email_and_no_more() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, _) = guest.checkout_as(&house.access.customer_email).await;
    let back = house.integration().await;
    let found = back.get("/api/customers").await.expect(200);
    let place = format!("customers/{}", found.text_at("/data/0/id"));
    let note = json!({"metadata": {"note": "zqxown"}});
    back.update(&place, note, json!({})).await.expect(200);
    let (email, password) = ("other@example.com", "another password");
    let person = json!({"email": email, "password": password});
    guest
        .create("customers", person, json!({}))
        .await
        .expect(201);
    let login = house.ask_token(json!({
        "grant_type": "password", "client_id": house.access.sales_channel_id, "scope": "market:code:EU",
        "username": email, "password": password,
    }));
    let token = login.await.expect(200).text_at("/access_token");
    // A guest's open order may be looked at, to adopt it.
    for visitor in [&guest, &house.bearing(&token)] {
        for path in [
            format!("/api/orders/{order}?include=customer"),
            format!("/api/orders/{order}/customer"),
        ] {
            let answer = visitor.get(&path).await.expect(200);
            assert!(!answer.text.contains("zqxown"), "{path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_count_tells_no_price_of_another_market() {
    let house = House::open().await;
    let back = house.integration().await;
    let list = back
        .create(
            "price_lists",
            json!({"name": "Secret", "currency_code": "EUR"}),
            json!({}),
        )
        .await
        .expect(201)
        .id();
    let sku = house.access.skus[0].clone();
    back.create(
        "prices",
        json!({"sku_code": sku, "amount_cents": 123_457}),
        json!({"price_list": one("price_lists", &list)}),
    )
    .await
    .expect(201);
    let path = "/api/skus?filter[q][prices_amount_cents_eq]=123457";
    let known = back.get(path).await.expect(200);
    assert_eq!(known.body["meta"]["record_count"], 1);
    let guest = house.guest("EU").await;
    let counted = guest.get(path).await.expect(200);
    assert_eq!(counted.body["meta"]["record_count"], 0);
    let theirs = guest
        .get("/api/skus?filter[q][prices_amount_cents_gt]=0")
        .await;
    let all = guest.get("/api/skus").await.expect(200);
    assert_eq!(
        theirs.expect(200).body["meta"]["record_count"],
        all.body["meta"]["record_count"]
    );
    guest
        .get("/api/markets?filter[q][merchant_name_start]=A")
        .await
        .error(401, "UNAUTHORIZED");
}
