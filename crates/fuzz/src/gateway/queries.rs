//! The query strings of the API, and its paths.
//!
//! Invariant: every type that can be listed is in the seeds with every attribute that it can be filtered and sorted by.

use axum::body::Body;
use http::Method;
use kassa_gateway::shop::resources::registry;
use kassa_storage::Descriptor;
use kassa_storage::descriptor::AttributeType;

use super::documents::is_json_api;
use super::house::with;
use crate::input;
use crate::parser::parsers;

/// Records on a page at most.
const LONGEST_PAGE: usize = 25;

parsers! {
    list_query "GET /api/{}, as `type?query`" => |data| asked(&[b"/api/".as_slice(), data].concat()), lists();
    filter_value "GET /api/orders?filter[q][{}]={}, key and value on a line each" => filter, filters();
    include_query "GET /api/orders/{placed}?include={}" => |data| one_order("include", data), includes();
    fields_query "GET /api/orders/{placed}?fields[orders]={}" => |data| one_order("fields[orders]", data),
        input::texts(["number,status,line_items", "", "number,,x"]);
    sort_query "GET /api/orders?sort={}" =>
        |data| asked(format!("/api/orders?sort={}", input::value(data)).as_bytes()),
        input::texts(["-created_at,number", "", "-", "market.name"]);
    page_query "GET /api/orders?page[number]={}&page[size]={}" => page,
        input::texts(["1\n25", "2\n1", "0\n0", "18446744073709551615\n25", "99999999999999999999\n-1"]);
    related_path "GET /api/orders/{placed}/{}" => related,
        input::texts(["line_items?page[size]=1", "relationships/market", "market?include=merchant", "transactions", "x"]);
    dashboard_search "GET /dashboard?" => |data| shown(&[b"/dashboard?".as_slice(), data].concat()),
        input::texts(["q=customer@example.com&page=1&realm=acme.test", "page=18446744073709551615", "q=%25"]);
    dashboard_order "GET /dashboard/orders/{}" => |data| shown(&[b"/dashboard/orders/".as_slice(), data].concat()),
        input::texts(["x?realm=acme.test", "%00"]);
}

/// Asks as the integration, and as the sales channel.
fn asked(target: &[u8]) {
    with(async |house| {
        let Some(target) = input::uri(&filled(house, target)) else {
            return;
        };
        for whom in ["integration", "guest"] {
            let mut request = house
                .request(Method::GET, "/api")
                .body(Body::empty())
                .expect("a sound request");
            *request.uri_mut() = target.clone();
            house.sign(&mut request, whom);
            let answer = house.send("query", request).await;
            is_json_api(&answer);
            if let Some(page) = answer.document()["data"].as_array() {
                assert!(
                    page.len() <= LONGEST_PAGE,
                    "{} records on a page",
                    page.len()
                );
            }
        }
    });
}

fn filled(house: &super::house::House, target: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(target) {
        Ok(text) => house.filled(text).into_bytes(),
        Err(_) => target.to_vec(),
    }
}

fn filter(data: &[u8]) {
    let (key, value) = input::split_line(data);
    let (key, value) = (input::value(key), input::value(value));
    asked(format!("/api/orders?filter[q][{key}]={value}").as_bytes());
}

fn one_order(parameter: &str, data: &[u8]) {
    let value = input::value(data);
    asked(format!("/api/orders/{{placed}}?{parameter}={value}").as_bytes());
}

fn page(data: &[u8]) {
    let (number, size) = input::split_line(data);
    let (number, size) = (input::value(number), input::value(size));
    asked(format!("/api/orders?page[number]={number}&page[size]={size}").as_bytes());
}

fn related(data: &[u8]) {
    asked(&[b"/api/orders/{placed}/".as_slice(), data].concat());
}

/// A page for people.
fn shown(target: &[u8]) {
    with(async |house| {
        let Some(target) = input::uri(target) else {
            return;
        };
        let mut request = house
            .request(Method::GET, "/dashboard")
            .body(Body::empty())
            .expect("a sound request");
        *request.uri_mut() = target;
        house.send("dashboard", request).await;
    });
}

/// For each type a list by everything it can be listed by.
fn lists() -> Vec<Vec<u8>> {
    input::texts(registry().0.iter().map(|descriptor| {
        let kind = match descriptor.singleton {
            true => descriptor.singular,
            false => descriptor.kind,
        };
        let mut parameters: Vec<String> = descriptor
            .attributes
            .iter()
            .filter(|attribute| attribute.filter && descriptor.verbs.list)
            .map(|attribute| {
                let (predicate, value) = test(attribute.ty);
                format!("filter[q][{}_{predicate}]={value}", attribute.name)
            })
            .collect();
        if let Some(included) = included(descriptor).first() {
            parameters.push(format!("include={included}"));
        }
        if descriptor.verbs.list {
            let sorted = descriptor
                .attributes
                .iter()
                .filter(|attribute| attribute.sort);
            let sorted: Vec<&str> = sorted.map(|attribute| attribute.name).collect();
            parameters.push(format!("sort={}", sorted.join(",-")));
        }
        format!("{kind}?{}", parameters.join("&"))
    }))
}

/// A predicate for the type of an attribute, and a value for it.
fn test(ty: AttributeType) -> (&'static str, &'static str) {
    match ty {
        AttributeType::String => ("not_in", "a,b"),
        AttributeType::Integer | AttributeType::Float => ("gteq", "0"),
        AttributeType::Boolean => ("true", "1"),
        AttributeType::Datetime => ("lt", "2027-01-01T00:00:00Z"),
        AttributeType::Object => ("jcont", "{\"a\":1}"),
        AttributeType::Array => ("null", "false"),
    }
}

fn included(descriptor: &Descriptor) -> Vec<&'static str> {
    let relationships = descriptor.relationships.iter();
    relationships
        .filter(|relationship| relationship.include)
        .map(|relationship| relationship.name)
        .collect()
}

fn includes() -> Vec<Vec<u8>> {
    let orders = registry().find("orders").expect("orders are served");
    let all = included(orders);
    input::texts([
        all.join(","),
        "line_items.item.prices,shipments.stock_line_items,transactions.order".to_owned(),
    ])
}

/// For each attribute of an order every word that a filter can end with.
fn filters() -> Vec<Vec<u8>> {
    const PREDICATES: [&str; 14] = [
        "eq",
        "not_eq",
        "in",
        "matches",
        "cont_any",
        "start",
        "end",
        "present",
        "blank",
        "null",
        "gt",
        "lteq",
        "eq_or_null",
        "jcont",
    ];
    let orders = registry().find("orders").expect("orders are served");
    let filtered = orders
        .attributes
        .iter()
        .filter(|attribute| attribute.filter);
    input::texts(
        filtered
            .zip(PREDICATES.iter().cycle())
            .map(|(attribute, predicate)| {
                format!("{}_{predicate}\n{}", attribute.name, test(attribute.ty).1)
            }),
    )
}
