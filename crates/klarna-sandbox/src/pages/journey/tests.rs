//! The order of the screens, and that nothing but the world's answer ends a purchase well.

use serde_json::{Value, json};

use super::*;

fn flow(data: &Value, country: &str, categories: &[&str]) -> Flow {
    let view = View {
        merchant_name: "Shop".to_owned(),
        locale: "en-GB".to_owned(),
        country: country.to_owned(),
        currency: "EUR".to_owned(),
        order_amount: 10_000,
    };
    let categories: Vec<String> = categories.iter().map(|name| (*name).to_owned()).collect();
    Flow::new(
        "session".to_owned(),
        view,
        data.as_object().cloned().unwrap_or_default(),
        &categories,
        true,
    )
}

fn enter(flow: &mut Flow, entry: Value) -> Progress {
    let entry = serde_json::from_value(entry).unwrap();
    flow.advance(&entry)
}

fn approved() -> Ending {
    Ending {
        result: json!({"approved": true, "show_form": true, "authorization_token": "t"}),
        reason: "approved",
    }
}

fn declined() -> Ending {
    Ending {
        result: json!({"approved": false, "show_form": false}),
        reason: "declined",
    }
}

fn at_confirm(data: &Value) -> Flow {
    let mut flow = flow(data, "DE", &["klarna"]);
    enter(
        &mut flow,
        json!({"step": "phone", "phone": "+49017614284340"}),
    );
    enter(&mut flow, json!({"step": "code", "code": "123456"}));
    if flow.step == Step::Details {
        enter(
            &mut flow,
            json!({"step": "details", "given_name": "Mock", "family_name": "Mock", "email": "customer+new_user@email.de",
                "street_address": "Neue Schönhauser Str. 2", "postal_code": "10178", "city": "Berlin",
                "date_of_birth": "1970-07-10", "terms": true}),
        );
    }
    enter(&mut flow, json!({"step": "plan", "way": "pay_later"}));
    assert_eq!(flow.step, Step::Confirm);
    flow
}

#[test]
fn phone_code_plan_and_confirm_are_the_short_way() {
    let mut flow = at_confirm(&json!({}));
    assert_eq!(
        enter(&mut flow, json!({"step": "confirm"})),
        Progress::Decide
    );
    assert_eq!(flow.ending(), None);
    flow.decide(approved());
    assert_eq!(flow.step, Step::Done);
    assert_eq!(flow.ending(), Some(&approved()));
    assert_eq!(flow.data["billing_address"]["phone"], "+49017614284340");
}

#[test]
fn six_nines_are_the_wrong_code_and_any_other_six_digits_are_right() {
    let mut flow = flow(&json!({}), "DE", &[]);
    enter(
        &mut flow,
        json!({"step": "phone", "phone": "+491711234567"}),
    );
    assert_eq!(
        enter(&mut flow, json!({"step": "code", "code": "999999"})),
        refused("code", "wrong_code")
    );
    assert_eq!(
        enter(&mut flow, json!({"step": "code", "code": "12345"})),
        refused("code", "code")
    );
    assert_eq!(flow.step, Step::Code);
    enter(&mut flow, json!({"step": "code", "code": "000000"}));
    assert_eq!(flow.step, Step::Plan);
}

#[test]
fn an_unknown_phone_goes_on_and_a_malformed_one_stays() {
    let mut flow = flow(&json!({}), "IT", &[]);
    assert_eq!(
        enter(&mut flow, json!({"step": "phone", "phone": "call me"})),
        refused("phone", "phone")
    );
    assert_eq!(
        enter(
            &mut flow,
            json!({"step": "phone", "phone": "+393282243727"})
        ),
        Progress::Shown
    );
    assert_eq!(flow.step, Step::Code);
}

#[test]
fn new_shoppers_give_their_details_first() {
    for email in [
        "customer+new_user@email.de",
        "someone+require_signup@example.com",
    ] {
        let mut flow = at_confirm(&json!({"billing_address": {"email": email}}));
        assert_eq!(flow.data["customer"]["date_of_birth"], "1970-07-10");
        enter(&mut flow, json!({"step": "confirm"}));
        flow.decide(approved());
        assert_eq!(flow.step, Step::OfferFast);
        enter(&mut flow, json!({"step": "offer_fast", "accepted": false}));
        assert_eq!(flow.step, Step::Done);
    }
}

#[test]
fn details_with_mistakes_name_their_fields() {
    let mut flow = flow(
        &json!({"billing_address": {"email": "a+new_user@example.com"}}),
        "DE",
        &[],
    );
    enter(
        &mut flow,
        json!({"step": "phone", "phone": "+491711234567"}),
    );
    enter(&mut flow, json!({"step": "code", "code": "123456"}));
    let progress = enter(
        &mut flow,
        json!({"step": "details", "given_name": "", "family_name": "Mock", "email": "nobody", "street_address": "Weg 1",
            "postal_code": "10178", "city": "Berlin", "date_of_birth": "10.07.1970", "terms": false}),
    );
    let Progress::Refused(errors) = progress else {
        panic!("accepted");
    };
    let expected = [
        ("date_of_birth", "date"),
        ("email", "email"),
        ("given_name", "required"),
        ("terms", "terms"),
    ];
    assert_eq!(errors.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_decline_is_shown_before_it_ends_the_flow() {
    let mut flow = at_confirm(
        &json!({"billing_address": {"email": "customer+reject_reason_high_risk@email.us"}}),
    );
    enter(&mut flow, json!({"step": "confirm"}));
    flow.decide(declined());
    assert_eq!(flow.step, Step::Declined);
    assert_eq!(flow.ending(), None);
    assert_eq!(flow.shown()["decline_reason"], "high_risk");
    enter(&mut flow, json!({"step": "dismiss"}));
    assert_eq!(flow.ending(), Some(&declined()));
}

#[test]
fn a_closed_window_is_a_cancel_only_when_nothing_was_decided() {
    let mut open = at_confirm(&json!({}));
    assert_eq!(
        open.leave().result,
        json!({"approved": false, "show_form": true})
    );

    let mut decided = at_confirm(&json!({}));
    decided.decide(approved());
    assert_eq!(decided.leave(), &approved());

    let mut refused = at_confirm(&json!({}));
    refused.decide(declined());
    assert_eq!(refused.leave(), &declined());
}

#[test]
fn the_categories_of_the_call_choose_the_ways_to_pay() {
    assert_eq!(
        flow(&json!({}), "DE", &["klarna"]).shown()["ways"],
        json!(WAYS)
    );
    assert_eq!(flow(&json!({}), "DE", &[]).shown()["ways"], json!(WAYS));
    let one = flow(&json!({}), "DE", &["pay_over_time"]);
    assert_eq!(one.shown()["ways"], json!(["pay_over_time"]));
    assert_eq!(one.way, "pay_over_time");
}

#[test]
fn a_card_that_the_bank_refuses_comes_back_to_the_card() {
    let mut flow = flow(&json!({}), "DE", &["pay_now"]);
    enter(
        &mut flow,
        json!({"step": "phone", "phone": "+491711234567"}),
    );
    enter(&mut flow, json!({"step": "code", "code": "123456"}));
    enter(&mut flow, json!({"step": "plan", "way": "pay_now"}));
    let card = json!({"step": "card", "number": "4687 3888 8888 8881", "expire": "12/28", "security": "123"});
    enter(&mut flow, card.clone());
    assert_eq!(flow.step, Step::Challenge);
    enter(
        &mut flow,
        json!({"step": "challenge", "outcome": "rejected"}),
    );
    assert_eq!((flow.step, flow.notice), (Step::Card, Some("refused")));
    enter(&mut flow, card);
    enter(
        &mut flow,
        json!({"step": "challenge", "outcome": "success"}),
    );
    assert_eq!(flow.step, Step::Confirm);
}

#[test]
fn an_entry_for_another_screen_changes_nothing() {
    let mut flow = flow(&json!({}), "DE", &[]);
    assert_eq!(
        enter(&mut flow, json!({"step": "confirm"})),
        Progress::Shown
    );
    assert_eq!(enter(&mut flow, json!({"step": "eid"})), Progress::Shown);
    assert_eq!(flow.step, Step::Phone);
}

#[test]
fn the_national_id_replaces_the_code_in_the_nordic_countries() {
    for country in ["SE", "NO", "DK", "FI"] {
        let mut flow = flow(&json!({}), country, &[]);
        enter(&mut flow, json!({"step": "eid"}));
        assert_eq!(flow.step, Step::Plan, "{country}");
    }
}
