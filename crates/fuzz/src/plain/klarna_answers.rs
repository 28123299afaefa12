//! What Klarna answers and calls back with: bytes from outside like any others.
//!
//! Invariant: an answer is a status on the first line and the body below it. A lost or unreadable answer to a call with
//! an effect is never read as "did not happen".

use std::fmt::Debug;

use kassa_klarna_api::{
    AuthorizationCallback, FraudNotification, KlarnaError, KlarnaReply, Operation, reply,
};
use kassa_klarna_client::redaction::redacted;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::input::{split_line, texts};
use crate::parser::parsers;
use crate::signal;

/// A recorded body of Klarna's, from the fixtures of its wire.
macro_rules! recorded {
    ($status:literal, $file:literal) => {
        concat!(
            $status,
            "\n",
            include_str!(concat!("../../../klarna-api/tests/fixtures/", $file))
        )
    };
}

const REFUSAL: &str = recorded!("400", "error_bad_value.json");
const EDGE: &str = "503\n<html><body>503</body></html>";

parsers! {
    answer_session_created "Klarna's answer to a new session" =>
        |data| read(data, Operation::CreateSession, reply::decode_session_created),
        texts([recorded!("200", "session_created.json"), REFUSAL, EDGE]);
    answer_session_updated "Klarna's answer to a session update" =>
        |data| read(data, Operation::UpdateSession, reply::decode_session_updated), texts(["204\n", REFUSAL, EDGE]);
    answer_session "a session of Klarna's" =>
        |data| read(data, Operation::ReadSession, reply::decode_session),
        texts([recorded!("200", "session_read.json"), REFUSAL, EDGE]);
    answer_placed_order "Klarna's answer to placing an order" =>
        |data| read(data, Operation::PlaceOrder, reply::decode_placed_order),
        texts([recorded!("200", "placed_order.json"), REFUSAL, EDGE]);
    answer_token_order "Klarna's answer to an order with a customer token" =>
        |data| read(data, Operation::PlaceTokenOrder, reply::decode_token_order),
        texts([recorded!("200", "placed_order.json"), REFUSAL, EDGE, "409\n{\"error_code\":\"CONFLICT\"}"]);
    answer_customer_token_created "Klarna's answer to a new customer token" =>
        |data| read(data, Operation::CreateCustomerToken, reply::decode_customer_token_created),
        texts([recorded!("200", "customer_token_created.json"), REFUSAL, EDGE]);
    answer_customer_token "a customer token of Klarna's" =>
        |data| read(data, Operation::ReadCustomerToken, reply::decode_customer_token),
        texts(["200\n{\"status\":\"ACTIVE\",\"payment_method_type\":\"INVOICE\"}", REFUSAL, EDGE]);
    answer_order "an order of Klarna's" =>
        |data| read(data, Operation::ReadOrder, reply::decode_order),
        texts([recorded!("200", "order.json"), REFUSAL, EDGE]);
    answer_capture "a capture of Klarna's" =>
        |data| read(data, Operation::ReadCapture, reply::decode_capture),
        texts(["200\n{\"capture_id\":\"c\",\"captured_amount\":100,\"refunded_amount\":0}", REFUSAL, EDGE]);
    answer_refund "a refund of Klarna's" =>
        |data| read(data, Operation::ReadRefund, reply::decode_refund),
        texts(["200\n{\"refund_id\":\"r\",\"refunded_amount\":100}", REFUSAL, EDGE]);
    answer_capture_created "Klarna's answer to a capture" =>
        |data| read(data, Operation::Capture, reply::decode_capture_created),
        texts(["201 capture-id=4ba29b50-be7b-44f5-a492-113e6a865e22\n", "201 location=/a/b\n", REFUSAL, EDGE]);
    answer_refund_created "Klarna's answer to a refund" =>
        |data| read(data, Operation::Refund, reply::decode_refund_created),
        texts(["201 refund-id=4ba29b50-be7b-44f5-a492-113e6a865e22\n", "201 location=\n", REFUSAL, EDGE]);
    answer_accepted "Klarna's answer to cancel, release, extend, acknowledge" =>
        |data| read(data, Operation::CancelOrder, |answer| reply::decode_accepted(Operation::CancelOrder, answer)),
        texts(["204\n", REFUSAL, EDGE, "409\n{\"error_code\":\"CONFLICT\"}"]);
    callback_authorization "Klarna's callback about an approval" =>
        |data| called_back::<AuthorizationCallback>(data), texts([r#"{"authorization_token":"0b1d9815","session_id":"s"}"#]);
    callback_fraud "Klarna's callback about a fraud decision" =>
        |data| called_back::<FraudNotification>(data),
        texts([include_str!("../../../klarna-api/tests/fixtures/fraud_notification.json")]);
    logged_body "a body on its way into the log" => logged, texts([recorded!("200", "order.json"), "<html>", "{\"email\":1}"]);
}

/// `STATUS name=value ...`, then the body.
fn answer(data: &[u8]) -> KlarnaReply {
    let (line, body) = split_line(data);
    let line = String::from_utf8_lossy(line).into_owned();
    let mut words = line.split(' ');
    let status = words.next().and_then(|word| word.parse().ok());
    let headers = words.filter_map(|word| word.split_once('='));
    KlarnaReply {
        status: status.unwrap_or(200),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: body.to_vec(),
    }
}

fn read<T>(
    data: &[u8],
    operation: Operation,
    decode: impl Fn(&KlarnaReply) -> Result<T, KlarnaError>,
) where
    T: Serialize + PartialEq + Debug,
{
    let answer = answer(data);
    match decode(&answer) {
        Ok(value) => {
            assert!(answer.is_success(), "status {} was taken", answer.status);
            again(&answer, &value, &decode);
            signal::taken();
        }
        Err(error) => {
            let refused = matches!(error, KlarnaError::Refused { .. });
            let clear = (300..500).contains(&answer.status) || answer.status < 200;
            assert!(
                !refused || clear || !operation.has_effect(),
                "{error:?} says it did not happen"
            );
            signal::saw(signal::words(&error.to_string()));
        }
    }
}

/// An answer with what was read of it, written as Klarna would, is read as the same.
fn again<T>(
    answer: &KlarnaReply,
    value: &T,
    decode: &impl Fn(&KlarnaReply) -> Result<T, KlarnaError>,
) where
    T: Serialize + PartialEq + Debug,
{
    let written = KlarnaReply {
        body: serde_json::to_vec(value).expect("plain data becomes JSON"),
        ..answer.clone()
    };
    match decode(&written) {
        Ok(again) => assert_eq!(&again, value),
        Err(error) => panic!("{error:?} for what was read before: {value:?}"),
    }
}

fn called_back<T>(data: &[u8])
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    if let Ok(callback) = serde_json::from_slice::<T>(data) {
        let text = serde_json::to_string(&callback).expect("plain data becomes JSON");
        assert_eq!(serde_json::from_str::<T>(&text).ok(), Some(callback));
        signal::taken();
    }
}

/// Whatever a body holds, its e-mail addresses stay out of the log.
fn logged(data: &[u8]) {
    let Some(shown) = redacted(data) else {
        return assert!(data.is_empty());
    };
    let hidden = |value: &serde_json::Value| value.is_null() || value == "[hidden]";
    assert!(shown.get("email").is_none_or(hidden), "{shown}");
    signal::saw(shown.is_object());
    signal::taken();
}
