//! What the client repeats and what it never repeats, over a scripted transport.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use kassa_environment::{SeededEntropy, SystemClock};
use kassa_klarna_api::{
    AuthorizationToken, CreateOrderRequest, CustomerTokenCreateRequest, KlarnaError,
    PreparedRequest, RefundRequest,
};
use kassa_klarna_client::{
    CallLimits, Credentials, HttpKlarna, Klarna, KlarnaEndpoint, Transport, TransportError,
};

type Script = Vec<Result<Response<Bytes>, TransportError>>;
type Seen = Arc<Mutex<Vec<Request<Bytes>>>>;

fn scripted(script: Script) -> (HttpKlarna, Seen) {
    let seen = Seen::default();
    let answers = Arc::new(Mutex::new(VecDeque::from(script)));
    let log = seen.clone();
    let transport = Transport::new(tower::service_fn(move |request: Request<Bytes>| {
        log.lock().expect("not poisoned").push(request);
        let answer = answers.lock().expect("not poisoned").pop_front();
        async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        }
    }));
    let limits = CallLimits {
        total: Duration::from_millis(600),
        attempts: 3,
        first_wait: Duration::from_millis(1),
    };
    let klarna = HttpKlarna::new(
        transport,
        Arc::new(SystemClock),
        Arc::new(SeededEntropy::new(1)),
        limits,
    );
    (klarna, seen)
}

fn endpoint() -> KlarnaEndpoint {
    KlarnaEndpoint {
        base_url: "http://klarna.example.com/".to_owned(),
        credentials: Credentials::Pair {
            username: "PK1".to_owned(),
            password: kassa_klarna_api::ApiPassword::new("secret"),
        },
    }
}

fn answer(status: u16) -> Result<Response<Bytes>, TransportError> {
    Ok(Response::builder()
        .status(status)
        .body(Bytes::new())
        .expect("a response"))
}

fn broken() -> Result<Response<Bytes>, TransportError> {
    Err(TransportError::Broken("cut".to_owned()))
}

fn refund() -> PreparedRequest {
    PreparedRequest::refund("order-1", &RefundRequest::default(), "key-1")
}

fn customer_token() -> PreparedRequest {
    PreparedRequest::create_customer_token(
        &AuthorizationToken::new("t"),
        &CustomerTokenCreateRequest::default(),
    )
}

#[tokio::test]
async fn a_call_with_a_key_is_repeated_with_the_same_key_and_bytes() {
    let (klarna, seen) = scripted(vec![broken(), answer(503), answer(201)]);
    let reply = klarna.send(&endpoint(), &refund()).await.unwrap();
    assert_eq!(reply.status, 201);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for request in seen.iter() {
        assert_eq!(request.headers()["klarna-idempotency-key"], "key-1");
        assert_eq!(request.headers()["authorization"], "Basic UEsxOnNlY3JldA==");
        assert_eq!(
            request.uri(),
            "http://klarna.example.com/ordermanagement/v1/orders/order-1/refunds"
        );
        assert_eq!(request.body(), seen[0].body());
    }
}

#[tokio::test]
async fn placing_repeats_the_identical_body_for_the_same_token() {
    let (klarna, seen) = scripted(vec![answer(500), answer(200)]);
    let request = PreparedRequest::place_order(
        &AuthorizationToken::new("t"),
        &CreateOrderRequest::default(),
    );
    assert_eq!(
        klarna.send(&endpoint(), &request).await.unwrap().status,
        200
    );
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].body(), seen[1].body());
    assert!(!seen[0].headers().contains_key("klarna-idempotency-key"));
}

#[tokio::test]
async fn an_effect_without_a_key_is_sent_once_when_its_outcome_is_unknown() {
    let (klarna, seen) = scripted(vec![broken(), answer(200)]);
    let error = klarna
        .send(&endpoint(), &customer_token())
        .await
        .unwrap_err();
    assert!(matches!(error, KlarnaError::OutcomeUnknown { .. }));
    assert_eq!(seen.lock().unwrap().len(), 1);
    let (klarna, seen) = scripted(vec![answer(500), answer(200)]);
    assert_eq!(
        klarna
            .send(&endpoint(), &customer_token())
            .await
            .unwrap()
            .status,
        500
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_never_left_and_what_the_rate_limit_refused_is_repeated_for_any_call() {
    let not_sent = Err(TransportError::NotSent("refused".to_owned()));
    let (klarna, seen) = scripted(vec![not_sent, answer(429), answer(200)]);
    assert_eq!(
        klarna
            .send(&endpoint(), &customer_token())
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_clear_end_after_an_unclear_one_says_so() {
    let not_sent = || Err(TransportError::NotSent("refused".to_owned()));
    let (klarna, _) = scripted(vec![broken(), not_sent(), not_sent()]);
    let error = klarna.send(&endpoint(), &refund()).await.unwrap_err();
    assert!(matches!(error, KlarnaError::OutcomeUnknown { .. }));
    let (klarna, _) = scripted(vec![answer(500), answer(403)]);
    let reply = klarna.send(&endpoint(), &refund()).await.unwrap();
    assert!(reply.header("kassa-earlier-attempt-unknown").is_some());
    let (klarna, _) = scripted(vec![not_sent(), answer(403)]);
    let reply = klarna.send(&endpoint(), &refund()).await.unwrap();
    assert!(reply.header("kassa-earlier-attempt-unknown").is_none());
}

#[tokio::test]
async fn silence_ends_at_the_limit_and_is_an_unknown_outcome() {
    let (klarna, seen) = scripted(Vec::new());
    let error = klarna.send(&endpoint(), &refund()).await.unwrap_err();
    assert!(matches!(
        error,
        KlarnaError::OutcomeUnknown { status: None, .. }
    ));
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (klarna, seen) = scripted(vec![answer(302)]);
    assert_eq!(
        klarna.send(&endpoint(), &refund()).await.unwrap().status,
        302
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_closed_port_is_not_sent() {
    let klarna = HttpKlarna::over_sockets(Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)));
    let endpoint = KlarnaEndpoint {
        base_url: "http://127.0.0.1:1".to_owned(),
        ..endpoint()
    };
    let error = klarna.send(&endpoint, &refund()).await.unwrap_err();
    assert!(matches!(error, KlarnaError::NotSent { .. }));
}
