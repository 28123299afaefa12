//! The table of functions is whole, and every function holds over its seeds and what comes of them.

use std::collections::BTreeSet;

use kassa_environment::SystemClock;
use kassa_fuzz::runner::{Budget, Plan, Report, failure_text, smoke};
use kassa_fuzz::{Parser, all, find};
use kassa_gateway::shop::resources::registry;
use kassa_klarna_sandbox::OPERATIONS;

/// Inputs that are made for each function: enough to meet every kind of mutation, and a matter of seconds.
const INPUTS: u64 = 20;

/// Functions whose seeds are all refused: what they would name is not there, is never believed, or takes more than a
/// descriptor says.
const REFUSED: &[&str] = &[
    "bundles",
    "cancel",
    "captures",
    "content_type",
    "coupon_codes_promotion_rules",
    "coupons",
    "dashboard_order",
    "delivery_id",
    "delivery_lead_times",
    "external_payments",
    "fault_rule_id",
    "fixed_amount_promotions",
    "free_shipping_promotions",
    "inventory_stock_locations",
    "klarna_authorization",
    "klarna_notification",
    "klarna_path",
    "klarna_ticket",
    "line_item_options",
    "order_amount_promotion_rules",
    "order_redirect",
    "order_subscription_items",
    "order_subscriptions",
    "parcels",
    "percentage_discount_promotions",
    "portal_order_page",
    "portal_session_page",
    "prices",
    "read_identification",
    "recurring_order_copies",
    "refunds",
    "sandbox_order_id",
    "sku_list_items",
    "sku_list_promotion_rules",
    "stock_line_items",
    "stock_reservations",
    "stock_transfers",
    "subscription_models",
    "voids",
    "webhooks",
    "widget_asset",
    "wire_transfers",
    "world_name",
];

#[test]
fn every_operation_of_the_sandbox_has_a_function() {
    for operation in OPERATIONS {
        let parser = find(operation);
        assert!(
            parser.is_some(),
            "no fuzz function for the operation {operation}"
        );
    }
}

#[test]
fn every_type_that_can_be_written_has_a_function() {
    for descriptor in registry().0 {
        if descriptor.verbs.create || descriptor.verbs.update {
            let kind = descriptor.kind;
            assert!(
                find(kind).is_some(),
                "no fuzz function for documents of {kind}"
            );
        }
    }
}

#[test]
fn every_type_is_in_the_seeds_of_lists() {
    let seeds: Vec<Vec<u8>> = find("list_query").map(|parser| (parser.seeds)()).unwrap();
    let lists: BTreeSet<String> = seeds
        .into_iter()
        .map(|seed| String::from_utf8(seed).unwrap())
        .filter_map(|seed| seed.split_once('?').map(|(kind, _)| kind.to_owned()))
        .collect();
    for descriptor in registry().0 {
        let served = if descriptor.singleton {
            descriptor.singular
        } else {
            descriptor.kind
        };
        assert!(lists.contains(served), "no list of {served}");
    }
}

#[test]
fn names_are_unique_and_each_is_a_target_of_cargo_fuzz() {
    let names: BTreeSet<&str> = all().map(|parser| parser.name).collect();
    assert_eq!(names.len(), all().count(), "two functions have one name");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/Cargo.toml");
    let manifest: toml::Table =
        toml::from_str(&std::fs::read_to_string(manifest).unwrap()).unwrap();
    let targets: BTreeSet<&str> = manifest["bin"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["name"].as_str().unwrap())
        .filter(|name| *name != "every")
        .collect();
    assert_eq!(targets, names, "fuzz/Cargo.toml and the table differ");
}

#[test]
fn every_function_holds_over_its_seeds_and_what_comes_of_them() {
    let parsers: Vec<&Parser> = all().collect();
    let plan = Plan {
        seed: 2026,
        budget: Budget::Inputs(INPUTS),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let reports = smoke(&parsers, &plan, &SystemClock, &|_| {});
    let failures: Vec<String> = reports
        .iter()
        .filter_map(|report| failure_text(report, report.name.as_ref()))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    let without_seeds = names(&reports, |report| report.seeds == 0);
    assert!(without_seeds.is_empty(), "no seeds: {without_seeds:?}");
    let refused = names(&reports, |report| {
        report.taken == 0 && !REFUSED.contains(&report.name)
    });
    assert!(refused.is_empty(), "every input was refused: {refused:?}");
}

fn names(reports: &[Report], which: impl Fn(&Report) -> bool) -> Vec<&'static str> {
    let found = reports.iter().filter(|report| which(report));
    found.map(|report| report.name).collect()
}
