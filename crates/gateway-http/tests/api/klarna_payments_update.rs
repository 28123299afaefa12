//! `PATCH /api/klarna_payments/:id`, as the guide shows it.

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn the_authorization_token_as_the_guide_shows_it() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (_, source) = guest.checkout().await;
    let token = guest.approve(&source).await;
    let answer = guest
        .update(
            &format!("klarna_payments/{source}"),
            json!({"auth_token": token}),
            json!({}),
        )
        .await
        .expect(200);
    insta::assert_json_snapshot!(answer.body);
    let attributes = &answer.body["data"]["attributes"];
    assert_eq!(attributes["auth_token"], json!(token));
    let envelope = &attributes["payment_request_data"];
    assert_eq!(envelope["client_token"], attributes["client_token"]);
    assert_eq!(envelope["session_id"], attributes["session_id"]);
    assert_eq!(
        envelope["payment_method_categories"],
        attributes["payment_methods"]
    );
    assert_eq!(attributes["payment_response"], json!({}));
    assert_eq!(answer.body["meta"], answer.body["data"]["meta"]);
}

#[tokio::test]
async fn a_blank_token_is_refused() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (_, source) = guest.checkout().await;
    let answer = guest
        .update(
            &format!("klarna_payments/{source}"),
            json!({"auth_token": ""}),
            json!({}),
        )
        .await;
    let error = answer.error(422, "VALIDATION_ERROR");
    assert_eq!(error["source"]["pointer"], "/data/attributes/auth_token");
}
