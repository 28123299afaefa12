//! What an external gateway answers: `{"success": …, "data": {…}, "error": {code, message}}`.
//!
//! Only a 2xx whose body says yes is a yes. A body that says no is a no, whatever its status below 500. Everything else
//! leaves open what happened, except a 4xx to a call that cannot have been made before.

use kassa_outbound::{Answer, CallFailure};
use serde::Deserialize;
use serde_json::Value;

use crate::payments::fault::CalloutError;

/// A yes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Heard {
    /// What the gateway knows the transaction by.
    pub transaction_token: Option<String>,
    /// How much it moved, where it says so.
    pub amount_cents: Option<i64>,
    /// What it knows the payment by from now on.
    pub payment_source_token: Option<String>,
    /// What later orders are paid with, as the answer for a token.
    pub customer_token: Option<String>,
    /// What it calls the outcome.
    pub error: Option<Said>,
    /// To be kept with the transaction.
    pub metadata: Option<Value>,
}

/// A code and its words.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    /// Text, or a number.
    pub code: Option<Value>,
    /// For people.
    pub message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Body {
    success: bool,
    #[serde(default)]
    data: Option<Heard>,
    #[serde(default)]
    error: Option<Said>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Yes(Box<Heard>),
    No(CalloutError),
    /// Turned away with this status, unread: no effect of this call, and nothing about an earlier one.
    Door(CalloutError),
    /// It did not leave.
    NotSent(String),
    /// Nobody knows.
    Unknown(String),
}

impl End {
    /// Whether the gateway works: it gave an answer that can be understood.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Yes(_) | Self::No(_))
    }
}

/// Statuses below 500 that say nothing about the call: too slow, another one under way, not now.
const UNDECIDED: [u16; 3] = [408, 409, 425];

/// What the end of a call means.
pub(super) fn read(sent: Result<Answer, CallFailure>) -> End {
    let answer = match sent {
        Ok(answer) => answer,
        Err(failure) if failure.proves_nothing_happened() => {
            return End::NotSent(failure.to_string());
        }
        Err(failure) => return End::Unknown(failure.to_string()),
    };
    let status = answer.status;
    let body: Option<Body> = Some(&answer.body)
        .filter(|_| answer.whole)
        .and_then(|bytes| serde_json::from_slice(bytes).ok());
    match body {
        Some(body) if answer.is_success() && body.success => {
            End::Yes(Box::new(body.data.unwrap_or_default()))
        }
        Some(body) if status < 500 && !body.success => End::No(refused(status, body)),
        _ if (400..500).contains(&status) && !UNDECIDED.contains(&status) => {
            End::Door(CalloutError::Refused {
                status,
                code: format!("HTTP_{status}"),
                message: answer.reason.to_owned(),
            })
        }
        _ => End::Unknown(format!("it answered {status} without a readable outcome")),
    }
}

fn refused(status: u16, body: Body) -> CalloutError {
    let within = body.data.and_then(|data| data.error);
    let said = within.or(body.error).unwrap_or_default();
    CalloutError::Refused {
        status,
        code: said.word().unwrap_or_else(|| "DECLINED".to_owned()),
        message: said.message.unwrap_or_else(|| "declined".to_owned()),
    }
}

impl Said {
    /// The code as text.
    pub(crate) fn word(&self) -> Option<String> {
        match self.code.as_ref()? {
            Value::String(code) if !code.is_empty() => Some(code.clone()),
            Value::Number(code) => Some(code.to_string()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> End {
        read(Ok(Answer {
            status,
            reason: "",
            body: body.as_bytes().to_vec().into(),
            whole: true,
        }))
    }

    #[test]
    fn only_a_clear_yes_is_one() {
        let yes = r#"{"success":true,"data":{"transaction_token":"t","amount_cents":5}}"#;
        let End::Yes(heard) = answered(200, yes) else {
            panic!("a yes");
        };
        assert_eq!(heard.transaction_token.as_deref(), Some("t"));
        assert_eq!(heard.amount_cents, Some(5));
        assert!(matches!(answered(201, r#"{"success":true}"#), End::Yes(_)));
        for (status, body) in [
            (200, ""),
            (200, "{}"),
            (200, r#"{"success":"true"}"#),
            (200, r#"{"success":true,"data":{"amount_cents":"5"}}"#),
            (500, r#"{"success":true}"#),
            (500, r#"{"success":false}"#),
            (302, ""),
            (409, ""),
            (408, ""),
        ] {
            let end = answered(status, body);
            assert!(matches!(end, End::Unknown(_)), "{status} {body}: {end:?}");
        }
    }

    #[test]
    fn a_no_is_told_in_the_gateways_words_wherever_they_stand() {
        for (status, body) in [
            (
                200,
                r#"{"success":false,"data":{"error":{"code":"51","message":"no funds"}}}"#,
            ),
            (
                402,
                r#"{"success":false,"error":{"code":51,"message":"no funds"}}"#,
            ),
        ] {
            let expected = CalloutError::Refused {
                status,
                code: "51".to_owned(),
                message: "no funds".to_owned(),
            };
            assert_eq!(answered(status, body), End::No(expected), "{body}");
        }
        assert!(matches!(answered(422, r#"{"success":false}"#), End::No(_)));
        assert!(matches!(answered(404, "<html>"), End::Door(_)));
        assert!(matches!(answered(400, r#"{"success":true}"#), End::Door(_)));
    }

    #[test]
    fn what_did_not_leave_is_not_unknown() {
        let refused = read(Err(CallFailure::NotSent("refused".to_owned())));
        assert_eq!(refused, End::NotSent("no connection: refused".to_owned()));
        let broken = read(Err(CallFailure::Broken("reset".to_owned())));
        assert!(matches!(broken, End::Unknown(_)));
    }
}
