//! Subscriptions without a shop around them: when they run, how they move, and what a copy is worth.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kassa_commerce::cart::CartContext;
use kassa_commerce::catalogue::{SubscriptionModel, SubscriptionStrategy};
use kassa_commerce::error::SubscriptionError;
use kassa_commerce::line_item::change::NewLineItem;
use kassa_commerce::order_copy::{self, Blueprint, COPIED_FROM, CopyOptions, Lines, SUBSCRIBED_BY};
use kassa_commerce::order_subscription::{
    Due, NewSubscription, OrderSubscription, RunEnd, items_of, of_order,
};
use kassa_commerce::states::{SUBSCRIPTION_TRIGGERS, SubscriptionStatus, SubscriptionTrigger};
use kassa_commerce::{CommerceError, Frequency, OrderAggregate, testing};
use kassa_money::MinorUnits;
use serde_json::json;

use crate::shop::Shop;

/// The tables as people read them.
const DOCUMENT: &str = include_str!("../../../../docs/subscriptions.md");

fn at(text: &str) -> Timestamp {
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => format!("{text}Z"),
    };
    whole.parse().unwrap()
}

/// The first runs of a series.
fn runs(frequency: &str, anchor: &str, count: usize) -> Vec<Timestamp> {
    let frequency = Frequency::parse(frequency).unwrap();
    let anchor = at(anchor);
    let mut found = Vec::new();
    let mut moment = anchor;
    while found.len() < count {
        moment = frequency.next_after(anchor, moment).unwrap();
        found.push(moment);
    }
    found
}

#[test]
fn each_frequency_runs_when_the_table_says() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "hourly",
            "2026-03-29T00:30:00",
            &[
                "2026-03-29T01:30:00",
                "2026-03-29T02:30:00",
                "2026-03-29T03:30:00",
            ],
        ),
        // The clocks of Europe change in these nights: nothing moves.
        (
            "daily",
            "2026-03-28T01:30:00",
            &["2026-03-29T01:30:00", "2026-03-30T01:30:00"],
        ),
        (
            "daily",
            "2026-10-24T01:30:00",
            &["2026-10-25T01:30:00", "2026-10-26T01:30:00"],
        ),
        (
            "weekly",
            "2026-03-25T01:30:00",
            &["2026-04-01T01:30:00", "2026-04-08T01:30:00"],
        ),
        (
            "monthly",
            "2026-01-31",
            &["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
        ),
        ("monthly", "2028-01-30", &["2028-02-29", "2028-03-30"]),
        (
            "monthly",
            "2026-03-15T02:15:00",
            &["2026-04-15T02:15:00", "2026-05-15T02:15:00"],
        ),
        (
            "two-month",
            "2026-12-31",
            &["2027-02-28", "2027-04-30", "2027-06-30", "2027-08-31"],
        ),
        ("three-month", "2026-11-30", &["2027-02-28", "2027-05-30"]),
        (
            "four-month",
            "2026-10-31",
            &["2027-02-28", "2027-06-30", "2027-10-31"],
        ),
        ("six-month", "2026-08-31", &["2027-02-28", "2027-08-31"]),
        (
            "yearly",
            "2028-02-29",
            &["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
        ),
        ("0 5 * * *", "2026-01-01T05:00:00", &["2026-01-02T05:00:00"]),
        (
            "30 */12 * * *",
            "2026-01-01",
            &["2026-01-01T00:30:00", "2026-01-01T12:30:00"],
        ),
        (
            "0 9 1,15 * *",
            "2026-01-10",
            &["2026-01-15T09:00:00", "2026-02-01T09:00:00"],
        ),
        (
            "0 9 * * MON-FRI",
            "2026-01-02T10:00:00",
            &["2026-01-05T09:00:00"],
        ),
        (
            "0 9 * * 7",
            "2026-01-01",
            &["2026-01-04T09:00:00", "2026-01-11T09:00:00"],
        ),
        // Either kind of day suffices where both are restricted.
        (
            "0 0 13 * FRI",
            "2026-03-10",
            &["2026-03-13", "2026-03-20", "2026-03-27"],
        ),
        ("0 0 29 FEB *", "2026-01-01", &["2028-02-29", "2032-02-29"]),
        ("0 0 31 * *", "2026-01-31", &["2026-03-31", "2026-05-31"]),
    ];
    for (frequency, anchor, expected) in table {
        let expected: Vec<Timestamp> = expected.iter().map(|text| at(text)).collect();
        assert_eq!(
            runs(frequency, anchor, expected.len()),
            expected,
            "{frequency} from {anchor}"
        );
    }
}

#[test]
fn what_is_no_frequency_is_refused() {
    let refused = [
        "",
        "fortnightly",
        "Monthly",
        "* * * * *",
        "*/5 * * * *",
        "0,30 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 0 * *",
        "0 0 * * * *",
        "0 5-1 * * *",
        "0 */0 * * *",
        "0 x * * *",
        "0 -1 * * *",
        "@daily",
    ];
    for text in refused {
        let frequency = text.to_owned();
        assert_eq!(
            Frequency::parse(text),
            Err(SubscriptionError::FrequencyInvalid { frequency }),
        );
    }
}

#[test]
fn a_series_begins_with_its_anchor_and_never_repeats_a_run() {
    for frequency in ["hourly", "weekly", "monthly", "six-month", "0 6 * * 1"] {
        let known = Frequency::parse(frequency).unwrap();
        let anchor = at("2026-01-31T06:00:00");
        let first = known.next_after(anchor, at("2025-01-01")).unwrap();
        assert!(first >= anchor, "{frequency}");
        let series = runs(frequency, "2026-01-31T06:00:00", 50);
        let distinct: BTreeSet<_> = series.iter().collect();
        assert_eq!(distinct.len(), 50, "{frequency}");
        // Asked at any moment in between, the next one is the same.
        for pair in series.windows(2) {
            let between = (pair[0].as_second() + pair[1].as_second()) / 2;
            let between = Timestamp::from_second(between).unwrap();
            assert_eq!(
                known.next_after(anchor, between),
                Some(pair[1]),
                "{frequency}"
            );
        }
    }
}

#[test]
fn every_cell_of_the_subscription_table_is_carried_out_or_refused_and_documented() {
    let names = [
        "`_activate`",
        "`_deactivate`",
        "a run is due",
        "the run ended",
        "`expires_at` came",
        "`_cancel`",
    ];
    let mut listed = 0;
    for (trigger, name) in SubscriptionTrigger::ALL.into_iter().zip(names) {
        let cells = SubscriptionStatus::ALL
            .into_iter()
            .map(|from| match from.on(trigger) {
                Ok(to) => {
                    assert!(SUBSCRIPTION_TRIGGERS.contains(&(trigger, from, to)));
                    listed += 1;
                    to.word()
                }
                Err(error) => {
                    let to = trigger.target();
                    assert_eq!(error, SubscriptionError::Transition { from, to });
                    "–"
                }
            });
        let line = format!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
        assert!(
            DOCUMENT.contains(&line),
            "docs/subscriptions.md lacks: {line}"
        );
    }
    assert_eq!(listed, SUBSCRIPTION_TRIGGERS.len(), "a row is listed twice");
}

/// A monthly subscription whose source order was placed on the 31st of January.
fn monthly() -> OrderSubscription {
    let mut subscription = OrderSubscription {
        frequency: "monthly".to_owned(),
        ..OrderSubscription::default()
    };
    let placed_at = at("2026-01-31");
    subscription
        .activate_by_source(placed_at, placed_at)
        .unwrap();
    subscription
}

/// Runs everything that is due, as somebody who looks at `now` does.
fn catch_up(subscription: &mut OrderSubscription, now: Timestamp) -> Vec<(i64, Timestamp)> {
    let mut runs = Vec::new();
    while let Due::Run(due_at) = subscription.due(now) {
        subscription.begin_run("copy", due_at, now).unwrap();
        assert_eq!(subscription.due(now), Due::Running);
        runs.push((subscription.period, due_at));
        subscription.end_run(RunEnd::Succeeded).unwrap();
    }
    runs
}

#[test]
fn the_source_order_is_the_first_run() {
    let subscription = monthly();
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!((subscription.occurrencies, subscription.period), (1, 0));
    assert_eq!(subscription.last_run_at, Some(at("2026-01-31")));
    assert_eq!(subscription.next_run_at, Some(at("2026-02-28")));
    assert_eq!(
        subscription.due(at("2026-02-27T23:59:59")),
        Due::Alert(at("2026-02-28"))
    );
    assert_eq!(
        subscription.due(at("2026-02-28")),
        Due::Run(at("2026-02-28"))
    );
}

#[test]
fn missed_periods_are_caught_up_one_by_one() {
    let mut subscription = monthly();
    let runs = catch_up(&mut subscription, at("2026-05-01"));
    let dates = ["2026-02-28", "2026-03-31", "2026-04-30"];
    let expected: Vec<_> = (1..).zip(dates.map(at)).collect();
    assert_eq!(runs, expected);
    assert_eq!(subscription.next_run_at, Some(at("2026-05-31")));
    assert_eq!(subscription.occurrencies, 4);
    assert_eq!(catch_up(&mut subscription, at("2026-05-01")), []);
}

#[test]
fn what_passes_during_a_pause_is_not_caught_up() {
    let mut subscription = monthly();
    subscription.deactivate().unwrap();
    assert_eq!(subscription.due(at("2026-06-15")), Due::Nothing);
    subscription.activate(at("2026-06-15")).unwrap();
    assert_eq!(subscription.next_run_at, Some(at("2026-06-30")));
    let mut short = monthly();
    short.deactivate().unwrap();
    short.activate(at("2026-02-10")).unwrap();
    assert_eq!(
        short.next_run_at,
        Some(at("2026-02-28")),
        "nothing was missed"
    );
}

#[test]
fn nothing_runs_at_or_after_the_end() {
    let mut subscription = monthly();
    subscription.expires_at = Some(at("2026-03-31"));
    assert_eq!(subscription.wakes_at(), Some(at("2026-02-27T23:00:00")));
    let late = at("2026-12-01");
    assert_eq!(catch_up(&mut subscription, late), [(1, at("2026-02-28"))]);
    assert_eq!(subscription.wakes_at(), Some(at("2026-03-31")));
    assert_eq!(subscription.due(late), Due::Expired);
    subscription.expire().unwrap();
    assert_eq!(subscription.status, SubscriptionStatus::Inactive);
    let refused = subscription.activate(late);
    assert!(matches!(refused, Err(SubscriptionError::NotAfter { .. })));
    subscription.expires_at = None;
    subscription.activate(late).unwrap();
    assert_eq!(subscription.next_run_at, Some(at("2026-12-31")));
}

#[test]
fn a_run_that_is_paused_or_cancelled_in_its_middle_ends_there() {
    for cancelled in [false, true] {
        let mut subscription = monthly();
        let due_at = at("2026-02-28");
        subscription.begin_run("copy", due_at, due_at).unwrap();
        assert_eq!(subscription.run_key(), "/1");
        if cancelled {
            subscription.cancel().unwrap();
        } else {
            subscription.deactivate().unwrap();
        }
        assert_eq!(subscription.due(due_at), Due::Running);
        subscription.end_run(RunEnd::Succeeded).unwrap();
        let expected = if cancelled {
            SubscriptionStatus::Cancelled
        } else {
            SubscriptionStatus::Inactive
        };
        assert_eq!(subscription.status, expected);
        assert_eq!(subscription.due(at("2027-01-01")), Due::Nothing);
    }
}

#[test]
fn failed_runs_are_counted_and_the_next_period_comes() {
    let mut subscription = monthly();
    let due_at = at("2026-02-28");
    subscription.begin_run("copy", due_at, due_at).unwrap();
    subscription.end_run(RunEnd::Failed).unwrap();
    assert_eq!(
        (subscription.errors_count, subscription.occurrencies),
        (1, 1)
    );
    assert_eq!(subscription.succeeded_on_last_run, Some(false));
    assert_eq!(subscription.next_run_at, Some(at("2026-03-31")));
}

#[test]
fn a_new_rhythm_begins_after_the_run_that_is_planned() {
    let before = monthly();
    let mut after = before.clone();
    after.frequency = "weekly".to_owned();
    let now = at("2026-02-10");
    after.written(Some(&before), None, now).unwrap();
    let runs = catch_up(&mut after, at("2026-03-10"));
    let dates: Vec<_> = runs.into_iter().map(|(_, due_at)| due_at).collect();
    assert_eq!(dates, [at("2026-02-28"), at("2026-03-07")]);
    let before = after.clone();
    after.next_run_at = Some(at("2026-04-01"));
    after
        .written(Some(&before), None, at("2026-03-10"))
        .unwrap();
    let runs = catch_up(&mut after, at("2026-04-09"));
    let dates: Vec<_> = runs.into_iter().map(|(_, due_at)| due_at).collect();
    assert_eq!(dates, [at("2026-04-01"), at("2026-04-08")]);
}

#[test]
fn what_makes_no_sense_is_refused_by_its_field() {
    let now = at("2026-02-10");
    let offered = ["monthly".to_owned()];
    let before = monthly();
    type Change = fn(&mut OrderSubscription);
    let table: &[(Change, &str)] = &[
        (|own| own.frequency = "fortnightly".into(), "frequency"),
        (|own| own.frequency = "weekly".into(), "frequency"),
        (|own| own.renewal_alert_period = 0, "renewal_alert_period"),
        (|own| own.renewal_alert_period = 721, "renewal_alert_period"),
        (|own| own.expires_at = own.starts_at, "expires_at"),
        (
            |own| own.next_run_at = Some(at("2026-02-10")),
            "next_run_at",
        ),
        (|own| own.next_run_at = None, "next_run_at"),
    ];
    for (change, field) in table {
        let mut after = before.clone();
        change(&mut after);
        let refused = after
            .written(Some(&before), Some(&offered), now)
            .unwrap_err();
        let told = CommerceError::from(refused).field();
        assert_eq!(format!("{told:?}"), format!("Attribute({field:?})"));
    }
    let mut new = OrderSubscription {
        frequency: "monthly".into(),
        activate_by_source_order: false,
        ..OrderSubscription::default()
    };
    assert_eq!(
        new.written(None, None, now),
        Err(SubscriptionError::StartMissing)
    );
    new.starts_at = Some(at("2026-03-01"));
    new.written(None, None, now).unwrap();
    new.activate(now).unwrap();
    assert_eq!(
        new.next_run_at,
        Some(at("2026-03-01")),
        "the first run is the start"
    );
}

#[test]
fn people_are_reminded_once_of_each_run() {
    let mut subscription = monthly();
    subscription.renewal_alert_period = 48;
    assert_eq!(subscription.wakes_at(), Some(at("2026-02-26")));
    let next = at("2026-02-28");
    assert_eq!(subscription.due(at("2026-02-26")), Due::Alert(next));
    subscription.alerted_for = Some(next);
    assert_eq!(subscription.due(at("2026-02-26")), Due::Wait(next));
    let mut hourly = OrderSubscription {
        frequency: "hourly".into(),
        ..OrderSubscription::default()
    };
    hourly.activate_by_source(next, next).unwrap();
    assert_eq!(
        hourly.due(next),
        Due::Wait(at("2026-02-28T01:00:00")),
        "no time for a notice"
    );
}

/// A placed order with two rhythms: shirts every month, e-books every week and every month.
fn recurring(shop: &mut Shop) -> OrderAggregate {
    let mut cart = testing::empty_order();
    for (code, frequency) in [
        ("SHIRT", "monthly"),
        ("EBOOK", "weekly"),
        ("EBOOK", "monthly"),
    ] {
        let line = NewLineItem {
            sku_code: Some(code.into()),
            quantity: 2,
            frequency: Some(frequency.into()),
            ..NewLineItem::default()
        };
        cart = shop.add_line(cart, line).unwrap();
    }
    let cart = shop.ship(cart);
    let cart = shop.pay_by_wire(cart);
    let intent = shop.intent(cart);
    let answer = kassa_commerce::place::PlaceAnswer::NothingAsked;
    let mut order = shop.finish(intent.aggregate, answer).aggregate;
    order.order.guest = false;
    order
}

#[test]
fn an_order_makes_subscriptions_by_the_strategy_of_the_model() {
    let mut shop = Shop::german();
    let order = recurring(&mut shop);
    let told = |made: Vec<NewSubscription>| -> Vec<(String, usize, SubscriptionStatus)> {
        let rows = made.into_iter();
        rows.map(|own| {
            let subscription = own.subscription;
            (subscription.frequency, own.items.len(), subscription.status)
        })
        .collect()
    };
    let mut model = SubscriptionModel::default();
    let now = testing::moment();
    let by_frequency = of_order(&order, &model, now, &mut shop.ids).unwrap();
    let active = SubscriptionStatus::Active;
    assert_eq!(
        told(by_frequency),
        [
            ("monthly".to_owned(), 2, active),
            ("weekly".to_owned(), 1, active)
        ]
    );
    model.strategy = SubscriptionStrategy::ByLineItems;
    model.auto_activate = false;
    let by_line = told(of_order(&order, &model, now, &mut shop.ids).unwrap());
    assert_eq!(by_line.len(), 3);
    assert!(
        by_line
            .iter()
            .all(|(_, items, status)| *items == 1 && *status == SubscriptionStatus::Draft)
    );
}

#[test]
fn guests_and_orders_without_a_rhythm_make_none() {
    let mut shop = Shop::german();
    let model = SubscriptionModel::default();
    let now = testing::moment();
    let mut order = recurring(&mut shop);
    order.order.guest = true;
    let refused = of_order(&order, &model, now, &mut shop.ids);
    assert_eq!(refused, Err(SubscriptionError::Guest));
    order.order.guest = false;
    for line in &mut order.line_items {
        line.frequency = None;
    }
    let refused = of_order(&order, &model, now, &mut shop.ids);
    assert_eq!(refused, Err(SubscriptionError::NothingRecurs));
}

/// A copy of `source` in `shop`.
fn copy(
    shop: &mut Shop,
    source: &OrderAggregate,
    lines: Lines<'_>,
    options: CopyOptions,
) -> Result<OrderAggregate, CommerceError> {
    let subscription = "subscription".into();
    let blueprint = Blueprint {
        source,
        lines,
        payment_method: None,
        subscription: matches!(lines, Lines::Items(..)).then_some(&subscription),
        options,
    };
    let context = CartContext {
        parties: &shop.parties,
        catalogue: &shop.catalogue,
        now: testing::moment(),
    };
    order_copy::build(
        "target".into(),
        "token".into(),
        &blueprint,
        &context,
        &mut shop.ids,
    )
}

#[test]
fn a_copy_sells_the_same_at_the_price_of_the_day() {
    let mut shop = Shop::german();
    let source = recurring(&mut shop);
    let options = CopyOptions::default();
    let same = copy(&mut shop, &source, Lines::OfSource, options).unwrap();
    assert_eq!(same.order.payable(), source.order.payable());
    assert_eq!(same.order.extra[COPIED_FROM], source.order.id.as_str());
    assert!(!same.order.extra.contains_key(SUBSCRIBED_BY));
    assert_eq!((&same.order.number, same.order.placed_at), (&None, None));
    assert!(same.transactions.is_empty() && same.payment_source.is_none());
    assert_eq!(
        same.shipments[0].shipping_method_id,
        source.shipments[0].shipping_method_id
    );
    for price in &mut shop.catalogue.prices {
        price.amount_cents = price.amount_cents.checked_add(MinorUnits(100)).unwrap();
    }
    let dearer = copy(&mut shop, &source, Lines::OfSource, options).unwrap();
    let more = dearer.order.payable().minor() - source.order.payable().minor();
    assert_eq!(more, 600, "six pieces, one euro each");
}

#[test]
fn a_run_sells_the_items_of_its_subscription() {
    let mut shop = Shop::german();
    let source = recurring(&mut shop);
    let mut items = items_of(&source, &"subscription".into(), &mut shop.ids);
    items.truncate(1);
    items[0].quantity = 5;
    let options = CopyOptions::default();
    let run = copy(&mut shop, &source, Lines::Items(&items, "monthly"), options).unwrap();
    let goods: Vec<_> = run.goods().collect();
    assert_eq!(goods.len(), 1);
    assert_eq!(
        (goods[0].quantity, goods[0].frequency.as_deref()),
        (5, Some("monthly"))
    );
    assert_eq!(run.order.extra[SUBSCRIBED_BY], json!("subscription"));
    assert!(run.order.extra.contains_key("subscription_created_at"));
    items[0].unit_amount_cents = Some(MinorUnits(7));
    items[0].unit_amount_fixed = true;
    let fixed = copy(&mut shop, &source, Lines::Items(&items, "monthly"), options).unwrap();
    assert_eq!(fixed.order.subtotal_amount_cents, MinorUnits(35));
}

#[test]
fn what_cannot_be_sold_any_more_ends_a_copy_or_is_left_out() {
    let mut shop = Shop::german();
    let source = recurring(&mut shop);
    shop.catalogue
        .prices
        .retain(|price| price.sku_code != "EBOOK");
    let mut options = CopyOptions::default();
    let refused = copy(&mut shop, &source, Lines::OfSource, options);
    assert!(matches!(refused, Err(CommerceError::NoPrice { .. })));
    options.skip_errors = true;
    let rest = copy(&mut shop, &source, Lines::OfSource, options).unwrap();
    assert_eq!(rest.goods().count(), 1);
    shop.catalogue.prices.clear();
    let refused = copy(&mut shop, &source, Lines::OfSource, options);
    assert_eq!(refused.unwrap_err(), CommerceError::NothingToBuy);
}

#[test]
fn a_coupon_that_does_not_hold_ends_a_copy_or_is_ignored() {
    let mut shop = Shop::german();
    let mut source = recurring(&mut shop);
    source.order.coupon_code = Some("GONE-2025".into());
    let mut options = CopyOptions::default();
    let plain = copy(&mut shop, &source, Lines::OfSource, options).unwrap();
    assert_eq!(plain.order.coupon_code, None);
    options.apply_promotions = true;
    let refused = copy(&mut shop, &source, Lines::OfSource, options);
    assert_eq!(refused.unwrap_err(), CommerceError::CouponInvalid);
    options.ignore_invalid_coupon = true;
    let ignored = copy(&mut shop, &source, Lines::OfSource, options).unwrap();
    assert_eq!(ignored.order.coupon_code, None);
}
