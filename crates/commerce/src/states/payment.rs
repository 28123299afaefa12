//! Which payment status follows from what was authorized, captured, refunded and given up; and which events lead from
//! one to another.
//!
//! The status is always worked out from the sums, by [`PAYMENT_STATUSES`]. [`PAYMENT_EVENTS`] is what follows from
//! that table; a test walks all sums and holds the two together.

use crate::states::PaymentStatus;

/// How much of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Share {
    /// There is no whole: nothing is to be paid, and nothing was authorized.
    Needless,
    /// Nothing.
    Nothing,
    /// Some of it.
    Part,
    /// All of it.
    All,
}

/// The sums of an order, each as a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shares {
    /// Of what is to be paid.
    pub authorized: Share,
    /// Of what was authorized.
    pub captured: Share,
    /// Of what was captured.
    pub refunded: Share,
    /// Of what was authorized.
    pub given_up: Share,
    /// Captured and given up are all that was authorized: nothing is open.
    pub settled: bool,
}

/// What has to hold for a status; unset = whatever.
#[derive(Debug, Clone, Copy)]
pub struct PaymentRule {
    /// Of what is to be paid.
    pub authorized: Option<Share>,
    /// Of what was authorized.
    pub captured: Option<Share>,
    /// Of what was captured.
    pub refunded: Option<Share>,
    /// Of what was authorized.
    pub given_up: Option<Share>,
    /// Nothing is open.
    pub settled: Option<bool>,
    /// The status then.
    pub status: PaymentStatus,
}

const ANY: PaymentRule = PaymentRule {
    authorized: None,
    captured: None,
    refunded: None,
    given_up: None,
    settled: None,
    status: PaymentStatus::PartiallyRefunded,
};

const UNCAPTURED: PaymentRule = PaymentRule {
    captured: Some(Share::Nothing),
    ..ANY
};

const UNREFUNDED: PaymentRule = PaymentRule {
    refunded: Some(Share::Nothing),
    ..ANY
};

/// The first rule that holds says the status; the last always holds.
pub static PAYMENT_STATUSES: &[PaymentRule] = &[
    PaymentRule {
        authorized: Some(Share::Needless),
        status: PaymentStatus::Free,
        ..ANY
    },
    PaymentRule {
        authorized: Some(Share::Nothing),
        status: PaymentStatus::Unpaid,
        ..ANY
    },
    PaymentRule {
        authorized: Some(Share::Part),
        given_up: Some(Share::Nothing),
        status: PaymentStatus::PartiallyAuthorized,
        ..UNCAPTURED
    },
    PaymentRule {
        given_up: Some(Share::Nothing),
        status: PaymentStatus::Authorized,
        ..UNCAPTURED
    },
    PaymentRule {
        settled: Some(true),
        status: PaymentStatus::Voided,
        ..UNCAPTURED
    },
    PaymentRule {
        status: PaymentStatus::PartiallyVoided,
        ..UNCAPTURED
    },
    PaymentRule {
        captured: Some(Share::All),
        status: PaymentStatus::Paid,
        ..UNREFUNDED
    },
    PaymentRule {
        given_up: Some(Share::Nothing),
        status: PaymentStatus::PartiallyPaid,
        ..UNREFUNDED
    },
    PaymentRule {
        status: PaymentStatus::PartiallyVoided,
        ..UNREFUNDED
    },
    PaymentRule {
        refunded: Some(Share::All),
        settled: Some(true),
        status: PaymentStatus::Refunded,
        ..ANY
    },
    ANY,
];

impl PaymentRule {
    /// Whether it says the status of these shares.
    pub fn holds(&self, shares: Shares) -> bool {
        let fits = |wanted: Option<Share>, is: Share| wanted.is_none_or(|wanted| wanted == is);
        fits(self.authorized, shares.authorized)
            && fits(self.captured, shares.captured)
            && fits(self.refunded, shares.refunded)
            && fits(self.given_up, shares.given_up)
            && self.settled.is_none_or(|settled| settled == shares.settled)
    }
}

/// What happens to the money of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PaymentEvent {
    /// The gateway guaranteed money.
    Authorize,
    /// Some of what was open was captured.
    CapturePart,
    /// All that was open was captured.
    CaptureRest,
    /// What was open was given up.
    Void,
    /// Some of what was captured went back.
    RefundPart,
    /// All that was captured went back.
    RefundRest,
}

impl PaymentEvent {
    /// Every event, as they are documented.
    pub const ALL: [Self; 6] = [
        Self::Authorize,
        Self::CapturePart,
        Self::CaptureRest,
        Self::Void,
        Self::RefundPart,
        Self::RefundRest,
    ];
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 10] = [
        Self::Unpaid,
        Self::PartiallyAuthorized,
        Self::Authorized,
        Self::PartiallyPaid,
        Self::Paid,
        Self::PartiallyVoided,
        Self::Voided,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Free,
    ];

    /// The status of these shares, by [`PAYMENT_STATUSES`].
    pub fn of(shares: Shares) -> Self {
        let rule = PAYMENT_STATUSES.iter().find(|rule| rule.holds(shares));
        rule.unwrap_or(&ANY).status
    }

    /// Where the event may lead, by [`PAYMENT_EVENTS`]; nowhere when it cannot happen.
    pub fn on(self, event: PaymentEvent) -> impl Iterator<Item = Self> {
        PAYMENT_EVENTS
            .iter()
            .filter(move |(by, from, _)| (*by, *from) == (event, self))
            .map(|(_, _, to)| *to)
    }
}

use PaymentEvent as E;
use PaymentStatus as S;

/// Which event may lead where from which status.
pub static PAYMENT_EVENTS: &[(PaymentEvent, PaymentStatus, PaymentStatus)] = &[
    (E::Authorize, S::Unpaid, S::PartiallyAuthorized),
    (E::Authorize, S::Unpaid, S::Authorized),
    (E::CapturePart, S::PartiallyAuthorized, S::PartiallyPaid),
    (E::CapturePart, S::Authorized, S::PartiallyPaid),
    (E::CapturePart, S::PartiallyPaid, S::PartiallyPaid),
    (E::CapturePart, S::PartiallyRefunded, S::PartiallyRefunded),
    (E::CaptureRest, S::PartiallyAuthorized, S::Paid),
    (E::CaptureRest, S::Authorized, S::Paid),
    (E::CaptureRest, S::PartiallyPaid, S::Paid),
    (E::CaptureRest, S::PartiallyRefunded, S::PartiallyRefunded),
    (E::Void, S::PartiallyAuthorized, S::Voided),
    (E::Void, S::Authorized, S::Voided),
    (E::Void, S::PartiallyPaid, S::PartiallyVoided),
    (E::Void, S::PartiallyRefunded, S::PartiallyRefunded),
    (E::Void, S::PartiallyRefunded, S::Refunded),
    (E::RefundPart, S::PartiallyPaid, S::PartiallyRefunded),
    (E::RefundPart, S::Paid, S::PartiallyRefunded),
    (E::RefundPart, S::PartiallyVoided, S::PartiallyRefunded),
    (E::RefundPart, S::PartiallyRefunded, S::PartiallyRefunded),
    (E::RefundRest, S::PartiallyPaid, S::PartiallyRefunded),
    (E::RefundRest, S::Paid, S::Refunded),
    (E::RefundRest, S::PartiallyVoided, S::Refunded),
    (E::RefundRest, S::PartiallyRefunded, S::PartiallyRefunded),
    (E::RefundRest, S::PartiallyRefunded, S::Refunded),
];
