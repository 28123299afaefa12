//! What the parts behind each `+` of a test shopper's e-mail address ask for, and where they are published.
//!
//! Source: docs.klarna.com, sample customer data and its page on disputes. Invariant: a tag outside its markets means
//! nothing, as a misspelled one does; the rules read this table and nothing else.

use std::ops::RangeInclusive;

use serde::Serialize;

use super::super::dispute::DisputeReason;
use super::payment::WRONG_CODE;

/// One published tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// The tag as printed; `NN` stands for two digits of minutes.
    pub tag: &'static str,
    /// What it leads to.
    pub meaning: Meaning,
    /// The countries where it is published; empty for all.
    pub markets: &'static [&'static str],
}

/// What a tag leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Refused at the end of the journey, with the reason that the tag names, if it names one.
    Declined,
    /// Refused before the form is shown.
    NotOffered,
    /// Has to sign up first.
    SignsUp,
    /// Has to pass a challenge, and is approved then.
    Challenged(Challenge),
    /// Approved; the fraud check stays open for some minutes and then accepts or rejects.
    Pending {
        /// How it ends.
        accept: bool,
    },
    /// Approved; disputes what is captured.
    Disputes(DisputeReason),
}

/// A step-up challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Challenge {
    /// Photographs of a document.
    IdScan,
    /// Logging in to a bank.
    BankLogin,
    /// A code sent by e-mail.
    OtpEmail,
    /// A code sent to the phone.
    OtpPhone,
    /// The security code of the card.
    CvvEntry,
    /// The Finnish banks' identification.
    BankIdFi,
    /// A Danish bank account overview.
    Monthio,
}

impl Challenge {
    /// How the challenge is written in the tag and in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IdScan => "id_scan",
            Self::BankLogin => "bank_login",
            Self::OtpEmail => "otp_email",
            Self::OtpPhone => "otp_phone",
            Self::CvvEntry => "cvv_entry",
            Self::BankIdFi => "bank_id_fi",
            Self::Monthio => "monthio",
        }
    }

    /// How many digits the shopper types, where it is something to type.
    #[must_use]
    pub fn digits(self) -> Option<RangeInclusive<usize>> {
        match self {
            Self::OtpEmail | Self::OtpPhone => Some(6..=6),
            Self::CvvEntry => Some(3..=4),
            Self::IdScan | Self::BankLogin | Self::BankIdFi | Self::Monthio => None,
        }
    }

    /// Judges what the shopper did: `success` and `rejected` end every challenge, digits those that ask for digits.
    pub(crate) fn judge(self, answer: &str) -> Verdict {
        let answer = answer.trim();
        let is_code = self.digits().is_some_and(|digits| {
            digits.contains(&answer.len()) && answer.bytes().all(|byte| byte.is_ascii_digit())
        });
        match answer {
            "success" => Verdict::Passed,
            "rejected" => Verdict::Failed,
            WRONG_CODE => Verdict::Wrong,
            _ if is_code => Verdict::Passed,
            _ => Verdict::Wrong,
        }
    }
}

/// What an answer to a challenge leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The purchase goes on.
    Passed,
    /// The purchase is declined.
    Failed,
    /// The shopper may try again.
    Wrong,
}

const ALL: &[&str] = &[];
const AMERICA: &[&str] = &["US", "CA"];
const PENDING: &[&str] = &["US", "GB"];

const fn pattern(tag: &'static str, meaning: Meaning, markets: &'static [&'static str]) -> Pattern {
    Pattern {
        tag,
        meaning,
        markets,
    }
}

const fn reason(tag: &'static str) -> Pattern {
    pattern(tag, Meaning::Declined, AMERICA)
}

const fn disputes(tag: &'static str, reason: DisputeReason) -> Pattern {
    pattern(tag, Meaning::Disputes(reason), ALL)
}

const fn challenge(
    tag: &'static str,
    challenge: Challenge,
    markets: &'static [&'static str],
) -> Pattern {
    pattern(tag, Meaning::Challenged(challenge), markets)
}

/// Every published tag.
pub const PATTERNS: [Pattern; 35] = [
    pattern("denied", Meaning::Declined, ALL),
    pattern("red", Meaning::NotOffered, ALL),
    pattern("new_user", Meaning::SignsUp, ALL),
    pattern("require_signup", Meaning::SignsUp, ALL),
    pattern("pend-accept-NN", Meaning::Pending { accept: true }, PENDING),
    pattern(
        "pend-reject-NN",
        Meaning::Pending { accept: false },
        PENDING,
    ),
    reason("reject_reason_other"),
    reason("reject_reason_could_not_establish_identity"),
    reason("reject_reason_credit_limit_exceeded"),
    reason("reject_reason_customer_not_fulfilling_previous_engagements"),
    reason("reject_reason_external_hard_reject"),
    reason("reject_reason_high_risk"),
    reason("reject_reason_legal_restraints"),
    reason("reject_reason_technical_error"),
    reason("reject_reason_internal_block"),
    reason("reject_reason_low_credit_rating"),
    reason("reject_reason_under_age"),
    reason("reject_reason_denied"),
    challenge("auth_id_scan", Challenge::IdScan, ALL),
    challenge("auth_bank_login", Challenge::BankLogin, PENDING),
    challenge("auth_otp_email", Challenge::OtpEmail, ALL),
    challenge("auth_otp_phone", Challenge::OtpPhone, ALL),
    challenge("auth_cvv_entry", Challenge::CvvEntry, &["US"]),
    challenge("auth_bank_id_fi", Challenge::BankIdFi, &["FI"]),
    challenge("auth_monthio", Challenge::Monthio, &["DK"]),
    disputes("disputed-return", DisputeReason::Return),
    disputes(
        "disputed-goods_not_received",
        DisputeReason::GoodsNotReceived,
    ),
    disputes("disputed-already_paid", DisputeReason::AlreadyPaid),
    disputes("disputed-faulty_goods", DisputeReason::FaultyGoods),
    disputes(
        "disputed-incorrect_invoice",
        DisputeReason::IncorrectInvoice,
    ),
    disputes(
        "disputed-unauthorized_purchase",
        DisputeReason::UnauthorizedPurchase,
    ),
    disputes("disputed-non_compliance", DisputeReason::NonCompliance),
    disputes(
        "disputed-non_guaranteed_payment_program",
        DisputeReason::NonGuaranteedPaymentProgram,
    ),
    disputes(
        "disputed-return_not_possible",
        DisputeReason::ReturnNotPossible,
    ),
    disputes("disputed-high_risk_order", DisputeReason::HighRiskOrder),
];

impl Pattern {
    /// Whether the tag means something in a country.
    #[must_use]
    pub fn counts_in(&self, country: &str) -> bool {
        self.markets.is_empty() || self.markets.contains(&country)
    }

    /// The reason of a decline that names one.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.tag.strip_prefix("reject_reason_")
    }

    /// Whether `tag` is this one; the minutes of a pending shopper where there are any.
    #[must_use]
    pub fn matches(&self, tag: &str) -> Option<u16> {
        let Some(stem) = self.tag.strip_suffix("NN") else {
            return (self.tag == tag).then_some(0);
        };
        let minutes = tag.strip_prefix(stem)?;
        let two_digits = minutes.len() == 2 && minutes.bytes().all(|byte| byte.is_ascii_digit());
        if two_digits {
            minutes.parse().ok()
        } else {
            None
        }
    }
}
