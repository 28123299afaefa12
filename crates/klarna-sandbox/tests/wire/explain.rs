//! `explain`: why a category is not offered, why a call is not allowed, why a cart was refused.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

async fn why(desk: &Desk, question: &str) -> Value {
    let answer = desk.get(&format!("/sandbox/v1/explain?{question}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn examined(desk: &Desk, call: &str, body: &Value) -> Value {
    let path = format!("/sandbox/v1/explain?call={call}");
    let answer = desk.post(&path, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn category<'a>(explained: &'a Value, identifier: &str) -> &'a Value {
    let categories = explained["payment_method_categories"].as_array().unwrap();
    let mut found = categories
        .iter()
        .filter(|category| category["identifier"] == identifier);
    found
        .next()
        .unwrap_or_else(|| panic!("no {identifier} in {explained}"))
}

fn correlation_id(answer: &Answer) -> String {
    answer.header("klarna-correlation-id")
}

/// A cart with the tax computed on the price as if it were without tax.
fn net_taxed() -> Value {
    let mut body = cart();
    body["order_lines"][0]["total_tax_amount"] = json!(4875);
    body
}

#[tokio::test]
async fn a_session_tells_which_categories_it_offers_and_why_not_the_others() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let explained = why(&desk, &format!("session_id={session}")).await;
    assert_eq!(category(&explained, "klarna")["says"], "offered");
    let later = category(&explained, "pay_later");
    assert_eq!(
        (&later["enabled"], &later["offered"]),
        (&json!(false), &json!(false))
    );
    let methods = category(&explained, "klarna")["methods"]
        .as_array()
        .unwrap();
    let parts = methods
        .iter()
        .find(|method| method["method"] == "pay_over_time")
        .unwrap();
    assert_eq!(parts["obstacle"], "below_minimum");
    assert_eq!(parts["limits"]["minimum"], 35_000);

    let changed = desk
        .call(
            "PATCH",
            "/sandbox/v1/settings",
            &json!({"categories": ["pay_over_time", "pay_now"]}),
        )
        .await;
    assert_eq!(changed.status, 200);
    let explained = why(&desk, &format!("session_id={session}")).await;
    let parts = category(&explained, "pay_over_time");
    assert_eq!(parts["offered"], false);
    assert_eq!(
        parts["says"],
        "pay_over_time begins at 35000 (minor units of SEK) in SE"
    );
    let offered: Vec<_> = explained["payment_method_categories"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|category| category["offered"] == true)
        .map(|category| category["identifier"].clone())
        .collect();
    let read = desk
        .get(&format!("/payments/v1/sessions/{session}"))
        .await
        .json();
    let listed: Vec<_> = read["payment_method_categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|category| category["identifier"].clone())
        .collect();
    assert_eq!(offered, listed);
}

#[tokio::test]
async fn a_session_tells_what_it_waits_for() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let question = format!("session_id={session}");
    let state = |explained: &Value| {
        explained["state"]
            .as_str()
            .unwrap()
            .split(':')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(state(&why(&desk, &question).await), "open");
    let token = desk.approve(&session).await;
    let approved = why(&desk, &question).await;
    assert_eq!(state(&approved), "approved");
    assert_eq!(
        approved["approval"]["place_order"],
        json!({"allowed": true})
    );
    assert_eq!(desk.place(&token, &cart()).await.status, 200);
    assert_eq!(state(&why(&desk, &question).await), "complete");
    let other = desk.session(&cart()).await;
    desk.advance(48 * 3600).await;
    assert_eq!(
        state(&why(&desk, &format!("session_id={other}")).await),
        "expired"
    );
}

#[tokio::test]
async fn an_order_tells_which_calls_can_follow_and_the_refusal_of_the_others() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let explained = why(&desk, &format!("order_id={order}")).await;
    let action = |name: &str| {
        let actions = explained["actions"].as_array().unwrap();
        actions
            .iter()
            .find(|action| action["operation"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(action("capture")["allowed"], true);
    assert_eq!(action("refund")["allowed"], false);
    let refund = desk
        .post(
            &format!("/ordermanagement/v1/orders/{order}/refunds"),
            &json!({"refunded_amount": 100}),
        )
        .await;
    let (status, code, message) = refund.error();
    assert_eq!(
        action("refund")["refusal"],
        json!({"status": status, "error_code": code, "error_messages": [message]})
    );
    assert_eq!(explained["disputes"], json!([]));
    let asked = why(
        &desk,
        &format!("correlation_id={}", correlation_id(&refund)),
    )
    .await;
    assert_eq!(asked["request"]["operation"], "refund");
    assert_eq!(asked["order"]["actions"], explained["actions"]);
}

#[tokio::test]
async fn a_token_tells_why_it_is_an_invalid_one() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let first = desk.approve(&session).await;
    let second = desk.approve(&session).await;
    let explained = why(&desk, &format!("token={first}")).await;
    assert_eq!(
        explained["why_not"],
        "a newer approval of the session has taken its place"
    );
    assert_eq!(
        explained["place_order"]["refusal"]["error_messages"],
        json!(["Invalid authorization token"])
    );
    assert_eq!(
        why(&desk, &format!("token={second}")).await["why_not"],
        Value::Null
    );
    desk.advance(3600).await;
    assert_eq!(
        why(&desk, &format!("token={second}")).await["why_not"],
        "it is older than 60 minutes"
    );

    let third = desk.approve(&session).await;
    let given_back = desk
        .call(
            "DELETE",
            &format!("/payments/v1/authorizations/{third}"),
            &Value::Null,
        )
        .await;
    assert_eq!(given_back.status, 204);
    assert_eq!(
        why(&desk, &format!("token={third}")).await["why_not"],
        "it was given back"
    );

    let fourth = desk.approve(&session).await;
    let mut changed = cart();
    changed["order_lines"][0]["name"] = json!("Cup");
    assert_eq!(desk.place(&fourth, &changed).await.status, 409);
    let spoiled = why(&desk, &format!("token={fourth}")).await;
    assert_eq!(
        spoiled["why_not"],
        "an order was refused with it, and the error sticks; approve again"
    );
    assert_eq!(spoiled["place_order"]["refusal"]["status"], 409);

    let fifth = desk.approve(&session).await;
    let order = desk.place(&fifth, &cart()).await.member("order_id");
    let placed = why(&desk, &format!("token={fifth}")).await;
    assert_eq!(
        (&placed["order_id"], &placed["place_order"]["allowed"]),
        (&json!(order), &json!(false))
    );
    assert_eq!(
        placed["create_customer_token"]["refusal"]["error_code"],
        "INVALID_OPERATION"
    );
    desk.advance(48 * 3600).await;
    assert_eq!(
        why(&desk, &format!("token={fifth}")).await["why_not"],
        "its session has expired"
    );
}

#[tokio::test]
async fn a_customer_token_tells_whether_it_can_be_charged() {
    let desk = Desk::new();
    let mut body = cart();
    body["intent"] = json!("tokenize");
    let session = desk.session(&body).await;
    let token = desk.approve(&session).await;
    let made = desk.post(&format!("/payments/v1/authorizations/{token}/customer-token"), &json!({"purchase_country": "SE",
        "purchase_currency": "SEK", "locale": "sv-SE", "intended_use": "SUBSCRIPTION", "description": "Tea"})).await;
    let customer = made.member("token_id");
    let explained = why(&desk, &format!("token={customer}")).await;
    assert_eq!(
        (&explained["kind"], &explained["charge"]),
        (&json!("customer_token"), &json!({"allowed": true}))
    );
    let path = format!("/customer-token/v1/tokens/{customer}/status");
    assert_eq!(
        desk.call("PATCH", &path, &json!({"status": "CANCELLED"}))
            .await
            .status,
        202
    );
    desk.advance(60).await;
    let explained = why(&desk, &format!("token={customer}")).await;
    assert_eq!(
        explained["charge"]["refusal"]["error_code"],
        "TOKEN_CANCELED"
    );
}

#[tokio::test]
async fn a_refused_cart_is_explained_by_its_correlation_id() {
    let desk = Desk::new();
    let refused = desk.post("/payments/v1/sessions", &net_taxed()).await;
    assert_eq!(refused.status, 400);
    let explained = why(
        &desk,
        &format!("correlation_id={}", correlation_id(&refused)),
    )
    .await;
    assert_eq!(explained["request"]["status"], 400);
    let finding = &explained["cart"]["findings"][0];
    assert_eq!(finding["path"], "order_lines[0].total_tax_amount");
    assert_eq!(
        (&finding["line"], &finding["line_name"]),
        (&json!(0), &json!("MUG"))
    );
    assert_eq!(
        (&finding["sent"], &finding["expected"]),
        (&json!(4875), &json!({"at_least": 3899, "at_most": 3901}))
    );
    assert_eq!(finding["causes"][0]["code"], "tax_on_net");
    assert_eq!(
        explained["cart"]["refusal"]["error_messages"],
        json!(["Bad value: order_lines[0].total_tax_amount"])
    );
}

#[tokio::test]
async fn a_refused_update_is_explained_over_the_session_that_it_was_meant_for() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let refused = desk
        .post(
            &format!("/payments/v1/sessions/{session}"),
            &json!({"order_amount": 24_400 + 4880}),
        )
        .await;
    assert_eq!(refused.status, 400);
    let explained = why(
        &desk,
        &format!("correlation_id={}", correlation_id(&refused)),
    )
    .await;
    let finding = &explained["cart"]["findings"][0];
    assert_eq!(
        (&finding["path"], &finding["expected"]),
        (&json!("order_amount"), &json!(24_400))
    );
    assert_eq!(finding["causes"][0]["code"], "tax_added_twice");
}

#[tokio::test]
async fn an_order_that_does_not_match_is_explained_field_by_field_without_peoples_data() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    let mut body = cart();
    body["order_lines"][1]["name"] = json!("Post");
    body["billing_address"]["given_name"] = json!("Mallory");
    let refused = desk.place(&token, &body).await;
    assert_eq!(refused.status, 409);
    let answer = desk
        .get(&format!(
            "/sandbox/v1/explain?correlation_id={}",
            correlation_id(&refused)
        ))
        .await;
    assert!(
        !answer.text.contains("Mallory") && !answer.text.contains("Alice"),
        "{}",
        answer.text
    );
    assert_eq!(
        answer.json()["mismatches"],
        json!([
            {"path": "order_lines[1].name", "sent": "Post", "authorized": "Shipping"},
            {"path": "billing_address.given_name", "sent": "***", "authorized": "***"},
        ])
    );
}

#[tokio::test]
async fn a_cart_is_examined_without_creating_anything() {
    let desk = Desk::new();
    let before = desk.get("/sandbox/v1/journal").await.text;
    let sound = examined(&desk, "create_session", &cart()).await;
    assert_eq!(
        (&sound["accepted"], &sound["findings"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(category(&sound, "klarna")["offered"], true);
    let wrong = examined(&desk, "create_session", &net_taxed()).await;
    assert_eq!(wrong["accepted"], false);
    assert_eq!(wrong["findings"][0]["causes"][0]["code"], "tax_on_net");
    assert_eq!(desk.get("/sandbox/v1/journal").await.text, before);
}

#[tokio::test]
async fn the_doctor_knows_the_calls_apart() {
    let desk = Desk::new();
    let mut body = cart();
    body["order_lines"][0]["type"] = json!("merchandise");
    assert_eq!(
        examined(&desk, "create_session", &body).await["accepted"],
        true
    );
    assert_eq!(
        examined(&desk, "place_order", &body).await["accepted"],
        true
    );
    let token = examined(&desk, "token_order", &body).await;
    assert_eq!(token["findings"][0]["path"], "order_lines[0].type");
    assert_eq!(token["findings"][0]["causes"][0]["code"], "unknown_word");
}

#[tokio::test]
async fn whatever_the_doctor_says_is_what_creating_a_session_answers() {
    let desk = Desk::new();
    let mut carts = vec![
        cart(),
        net_taxed(),
        json!({}),
        json!([]),
        json!({"purchase_country": "SE"}),
    ];
    for (name, value) in [
        ("purchase_currency", json!("EUR")),
        ("locale", json!("de-DE")),
        ("order_amount", json!("24400")),
        ("order_amount", json!(24_399)),
        ("order_tax_amount", json!(0)),
        ("order_lines", json!([])),
        ("intent", json!("give")),
    ] {
        let mut body = cart();
        body[name] = value;
        carts.push(body);
    }
    for body in carts {
        let said = examined(&desk, "create_session", &body).await;
        let answered = desk.post("/payments/v1/sessions", &body).await;
        assert_eq!(said["accepted"], answered.status == 200, "{body}");
        if answered.status != 200 {
            let error = answered.json();
            assert_eq!(said["refusal"]["status"], answered.status);
            assert_eq!(
                said["refusal"]["error_messages"], error["error_messages"],
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_setting_asks_for_is_explained_too() {
    let desk = Desk::new();
    let on = json!({"require_subscription": true});
    assert_eq!(
        desk.call("PATCH", "/sandbox/v1/settings", &on).await.status,
        200
    );
    let mut body = cart();
    body["intent"] = json!("tokenize");
    let said = examined(&desk, "create_session", &body).await;
    assert_eq!(
        said["findings"][0]["causes"][0]["code"],
        "subscription_missing"
    );
    let answered = desk.post("/payments/v1/sessions", &body).await.json();
    assert_eq!(
        said["refusal"]["error_messages"],
        answered["error_messages"]
    );
    body["intent"] = json!("buy");
    body["step_up_id"] = json!("unknown");
    let said = examined(&desk, "create_session", &body).await;
    assert_eq!(said["findings"][0]["causes"][0]["code"], "step_up");
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_refused() {
    let desk = Desk::new();
    for question in ["", "session_id=a&order_id=b"] {
        let answer = desk.get(&format!("/sandbox/v1/explain?{question}")).await;
        assert_eq!(answer.error().0, 400);
    }
    for question in ["session_id=a", "order_id=b", "token=c", "correlation_id=d"] {
        let answer = desk.get(&format!("/sandbox/v1/explain?{question}")).await;
        assert_eq!(answer.status, 404, "{question}");
    }
    assert_eq!(
        desk.post("/sandbox/v1/explain?call=dance", &cart())
            .await
            .error()
            .2,
        "Bad value: call"
    );
}
