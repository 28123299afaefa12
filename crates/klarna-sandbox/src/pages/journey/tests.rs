//! The order of the screens, and that nothing but the world's answer ends a purchase well.

use serde_json::{Value, json};

use super::*;

fn flow(data: &Value, country: &str, categories: &[&str]) -> Flow {
    flow_offering(&METHODS, data, country, categories)
}

fn flow_offering(offered: &[Method], data: &Value, country: &str, categories: &[&str]) -> Flow {
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
        offered,
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
    flow.view.country = "US".to_owned();
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
        json!(METHODS)
    );
    assert_eq!(flow(&json!({}), "DE", &[]).shown()["ways"], json!(METHODS));
    let one = flow(&json!({}), "DE", &["pay_over_time"]);
    assert_eq!(one.shown()["ways"], json!(["pay_over_time"]));
    assert_eq!(one.way, Method::PayOverTime);
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

#[test]
fn only_what_the_session_offers_can_be_chosen() {
    let offered = [Method::PayNow, Method::PayOverTime];
    let mut flow = flow_offering(&offered, &json!({}), "IE", &["klarna"]);
    assert_eq!(flow.shown()["ways"], json!(["pay_now", "pay_over_time"]));
    assert_eq!(flow.way, Method::PayNow);
    to_plan(&mut flow);
    assert_eq!(
        enter(&mut flow, json!({"step": "plan", "way": "pay_later"})),
        refused("way", "required")
    );
    assert_eq!(flow.step, Step::Plan);
}

fn to_plan(flow: &mut Flow) {
    enter(flow, json!({"step": "phone", "phone": "+491711234567"}));
    enter(flow, json!({"step": "code", "code": "123456"}));
    assert_eq!(flow.step, Step::Plan);
}

#[test]
fn a_direct_debit_asks_for_an_account_in_its_form() {
    for (country, kind, number) in [
        ("DE", "iban", "DE11 5205 1373 5120 7101 31"),
        ("SE", "national_identification_number", "19770111-6050"),
    ] {
        let mut flow = flow(&json!({}), country, &["direct_debit"]);
        to_plan(&mut flow);
        enter(&mut flow, json!({"step": "plan", "way": "direct_debit"}));
        assert_eq!(flow.shown()["account"], kind);
        for wrong in [
            "",
            "12345",
            "1152 0513 7351 2071 0131 00",
            "DE11/5205137351207101",
        ] {
            assert_eq!(
                enter(&mut flow, json!({"step": "account", "number": wrong})),
                refused("number", "account"),
                "{wrong}"
            );
        }
        enter(&mut flow, json!({"step": "account", "number": number}));
        assert_eq!(flow.step, Step::Confirm);
        assert_eq!(flow.payment_method(), "direct_debit");
    }
}

#[test]
fn the_test_bank_takes_whatever_is_typed() {
    let mut flow = flow(&json!({}), "DE", &["direct_bank_transfer"]);
    to_plan(&mut flow);
    enter(
        &mut flow,
        json!({"step": "plan", "way": "direct_bank_transfer"}),
    );
    assert_eq!(flow.shown()["bank"], "Demo Bank");
    assert_eq!(
        enter(
            &mut flow,
            json!({"step": "bank", "login": "me", "pin": " ", "tan": "1"})
        ),
        refused("pin", "required")
    );
    enter(
        &mut flow,
        json!({"step": "bank", "login": "me", "pin": "1", "tan": "1"}),
    );
    assert_eq!(flow.step, Step::Confirm);
    assert_eq!(flow.payment_method(), "direct_bank_transfer");
}

fn challenged(error: Option<&str>) -> Ending {
    let mut result =
        json!({"approved": false, "show_form": true, "challenge": {"type": "otp_email"}});
    if let Some(error) = error {
        result["challenge"]["error"] = error.into();
    }
    Ending {
        result,
        reason: "challenge",
    }
}

#[test]
fn a_challenge_stands_between_confirm_and_the_end_until_it_is_answered() {
    let mut flow = at_confirm(&json!({}));
    enter(&mut flow, json!({"step": "confirm"}));
    flow.decide(challenged(None));
    assert_eq!(flow.step, Step::Proof);
    assert_eq!(flow.shown()["challenge"], "otp_email");
    assert_eq!(
        enter(&mut flow, json!({"step": "step_up", "answer": "999999"})),
        Progress::Decide
    );
    assert_eq!(flow.challenge.as_deref(), Some("999999"));
    flow.decide(challenged(Some("wrong_answer")));
    assert_eq!(
        (flow.step, flow.notice),
        (Step::Proof, Some("wrong_answer"))
    );
    assert_eq!(flow.ending(), None);
    assert_eq!(flow.leave().reason, "cancelled");
    flow.decide(approved());
    assert_eq!(flow.step, Step::Done);
}
