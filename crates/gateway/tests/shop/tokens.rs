//! Tokens: who gets one, what it says, how long it lives.

use kassa_gateway::{GatewayError, RevokeRequest, TokenRequest};
use serde_json::Value;

use crate::world::World;

fn code<T: std::fmt::Debug>(result: Result<T, GatewayError>) -> &'static str {
    match result {
        Err(GatewayError::OAuth { code, .. }) => code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn sales_channel(world: &World, scope: &str) -> TokenRequest {
    TokenRequest {
        grant_type: "client_credentials".to_owned(),
        client_id: world.access.sales_channel_id.clone(),
        scope: Some(scope.to_owned()),
        ..TokenRequest::default()
    }
}

fn password(world: &World, password: &str) -> TokenRequest {
    TokenRequest {
        grant_type: "password".to_owned(),
        username: Some(world.access.customer_email.to_uppercase()),
        password: Some(password.to_owned()),
        ..sales_channel(world, "market:code:EU")
    }
}

fn claims(token: &str) -> (Value, Value) {
    use base64::Engine as _;
    let decode = |part: &str| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let mut parts = token.split('.');
    (decode(parts.next().unwrap()), decode(parts.next().unwrap()))
}

#[tokio::test]
async fn a_sales_channel_names_its_market_by_id_or_code() {
    let world = World::new().await;
    let id = world.access.markets["EU"].clone();
    let by_code = world
        .token(sales_channel(&world, "market:code:EU"))
        .await
        .unwrap();
    let by_id = world
        .token(sales_channel(&world, &format!("market:id:{id}")))
        .await
        .unwrap();
    for token in [by_code, by_id] {
        assert_eq!((token.token_type, token.expires_in), ("Bearer", 4 * 3600));
        assert!(token.refresh_token.is_none() && token.owner_id.is_none());
        let (header, claims) = claims(&token.access_token);
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&"RS512".into(), &"JWT".into())
        );
        assert_eq!(claims["market"]["id"][0], id.as_str());
        assert_eq!(claims["organization"]["slug"], "acme");
        assert_eq!(claims["application"]["kind"], "sales_channel");
        assert_eq!(claims["application"]["public"], true);
        assert_eq!(claims["iss"], "https://auth.example.com");
        assert_eq!((&claims["test"], claims.get("owner")), (&true.into(), None));
        let jwks = world.gateway.jwks().await.unwrap();
        assert_eq!(jwks["keys"][0]["kid"], header["kid"]);
    }
}

#[tokio::test]
async fn an_unknown_scope_is_refused() {
    let world = World::new().await;
    for scope in [
        "market:code:XX",
        "market:id:nowhere",
        "market:1234",
        "store:id:x",
        "",
        "market:all",
    ] {
        assert_eq!(
            code(world.token(sales_channel(&world, scope)).await),
            "invalid_scope",
            "{scope}"
        );
    }
}

#[tokio::test]
async fn an_integration_needs_its_secret() {
    let world = World::new().await;
    let request = |secret: Option<&str>| TokenRequest {
        grant_type: "client_credentials".to_owned(),
        client_id: world.access.integration_id.clone(),
        client_secret: secret.map(ToOwned::to_owned),
        scope: Some("market:all".to_owned()),
        ..TokenRequest::default()
    };
    assert_eq!(code(world.token(request(None)).await), "invalid_client");
    assert_eq!(
        code(world.token(request(Some("wrong"))).await),
        "invalid_client"
    );
    let token = world
        .token(request(Some(&world.access.integration_secret)))
        .await
        .unwrap();
    assert_eq!(token.expires_in, 2 * 3600);
    let unknown = TokenRequest {
        client_id: "nobody".to_owned(),
        ..request(None)
    };
    assert_eq!(code(world.token(unknown).await), "invalid_client");
    let other = TokenRequest {
        grant_type: "magic".to_owned(),
        ..sales_channel(&world, "market:code:EU")
    };
    assert_eq!(code(world.token(other).await), "unsupported_grant_type");
}

#[tokio::test]
async fn a_client_of_another_organization_is_unknown_on_this_host() {
    let world = World::new().await;
    let request = sales_channel(&world, "market:code:EU");
    assert!(
        world
            .gateway
            .issue(request.clone(), Some("ACME"))
            .await
            .is_ok()
    );
    assert_eq!(
        code(world.gateway.issue(request, Some("other")).await),
        "invalid_client"
    );
}

#[tokio::test]
async fn a_token_is_handed_out_again_until_fifteen_minutes_before_its_end() {
    let world = World::new().await;
    let request = sales_channel(&world, "market:code:EU");
    let first = world.token(request.clone()).await.unwrap();
    world.machine.advance(3 * 3600);
    let same = world.token(request.clone()).await.unwrap();
    assert_eq!(
        (same.access_token.as_str(), same.expires_in),
        (first.access_token.as_str(), 3600)
    );
    world.machine.advance(50 * 60);
    let next = world.token(request).await.unwrap();
    assert_ne!(next.access_token, first.access_token);
    assert!(
        world
            .gateway
            .verify(&first.access_token, String::new())
            .await
            .is_ok()
    );
    world.machine.advance(11 * 60);
    let expired = world
        .gateway
        .verify(&first.access_token, String::new())
        .await;
    assert!(matches!(expired, Err(GatewayError::InvalidToken(_))));
    assert!(
        world
            .gateway
            .verify(&next.access_token, String::new())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_customer_logs_in_with_email_and_password() {
    let world = World::new().await;
    let token = world
        .token(password(&world, &world.access.customer_password))
        .await
        .unwrap();
    assert_eq!(token.owner_type, Some("customer"));
    let (_, claims) = claims(&token.access_token);
    assert_eq!(claims["owner"]["type"], "Customer");
    assert_eq!(claims["owner"]["id"].as_str(), token.owner_id.as_deref());
    let caller = world.caller(&token).await;
    assert_eq!(caller.customer_id, token.owner_id);
    assert_eq!(
        code(world.token(password(&world, "wrong")).await),
        "invalid_grant"
    );
    let mut nobody = password(&world, "wrong");
    nobody.username = Some("nobody@example.com".to_owned());
    assert_eq!(code(world.token(nobody).await), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_lives_two_weeks() {
    let world = World::new().await;
    let first = world
        .token(password(&world, &world.access.customer_password))
        .await
        .unwrap();
    let refresh = |token: &str| TokenRequest {
        grant_type: "refresh_token".to_owned(),
        client_id: world.access.sales_channel_id.clone(),
        refresh_token: Some(token.to_owned()),
        ..TokenRequest::default()
    };
    let old = first.refresh_token.unwrap();
    let second = world.token(refresh(&old)).await.unwrap();
    assert_eq!(second.owner_id, first.owner_id);
    assert_eq!(code(world.token(refresh(&old)).await), "invalid_grant");
    let newer = second.refresh_token.unwrap();
    world.machine.advance(14 * 24 * 3600 + 1);
    assert_eq!(code(world.token(refresh(&newer)).await), "invalid_grant");
}

#[tokio::test]
async fn a_revoked_token_opens_nothing() {
    let world = World::new().await;
    let token = world
        .token(sales_channel(&world, "market:code:EU"))
        .await
        .unwrap();
    let revoke = RevokeRequest {
        client_id: Some(world.access.integration_id.clone()),
        token: token.access_token.clone(),
        ..RevokeRequest::default()
    };
    assert_eq!(
        code(world.gateway.revoke(revoke.clone()).await),
        "invalid_client"
    );
    let own = RevokeRequest {
        client_id: Some(world.access.sales_channel_id.clone()),
        ..revoke
    };
    world.gateway.revoke(own).await.unwrap();
    let verified = world
        .gateway
        .verify(&token.access_token, String::new())
        .await;
    assert!(matches!(verified, Err(GatewayError::InvalidToken(_))));
    let next = world
        .token(sales_channel(&world, "market:code:EU"))
        .await
        .unwrap();
    assert_ne!(next.access_token, token.access_token);
}

#[tokio::test]
async fn nonsense_is_no_token() {
    let world = World::new().await;
    for bearer in ["", "a.b", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let verified = world.gateway.verify(bearer, String::new()).await;
        assert!(
            matches!(verified, Err(GatewayError::InvalidToken(_))),
            "{bearer}"
        );
    }
}
