//! Payments: every effect on Klarna, recorded before it is tried and closed with what became of it.
//!
//! Each use case is a file: it decides on a snapshot, writes the intent, calls, and folds the outcome in. What cannot
//! be established at once is left to the finisher. Invariant: money is neither lost nor doubled, whatever is cut,
//! killed or answered twice.

pub mod approvals;
pub mod callback;
mod callback_urls;
mod callout;
pub mod capture;
mod carry_out;
pub mod credentials;
pub(crate) mod customer_token;
mod deadline;
mod drive;
mod exchange;
mod external_payment;
mod fault;
mod finish;
mod fraud;
mod klarna_payment;
mod ledger;
mod operation;
pub mod order_edit;
pub mod payment_source;
pub mod person;
pub mod place;
pub mod reconcile;
pub mod refund;
mod refusal;
pub(crate) mod release;
mod running;
mod settle;
pub mod transaction;
mod verdict;
pub mod void;
mod wire_transfer;

use kassa_storage::{Realm, Timer};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::jobs::After;

pub use credentials::seal_credentials;
pub use operation::{FINISH, FINISH_AFTER_SECONDS};
pub(crate) use running::Running;

/// Runs one timer of this room.
pub(crate) async fn run_timer(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    match timer.kind.as_str() {
        FINISH => finish::finish(gateway, realm, timer).await,
        callback::AUTO_PLACE => Box::pin(callback::auto_place(gateway, realm, timer)).await,
        capture::AUTO_CAPTURE => capture::auto_capture(gateway, realm, timer).await,
        void::VOID_REJECTED => void::void_rejected(gateway, realm, timer).await,
        reconcile::books::NIGHTLY => reconcile::books::nightly(gateway, realm, timer).await,
        release::RELEASE_REMAINDER => release::release_remainder(gateway, realm, timer).await,
        deadline::CAPTURE_BY => deadline::capture_by(gateway, realm, timer).await,
        unknown => {
            tracing::warn!(kind = unknown, subject = %timer.subject, "no handler for this timer");
            Ok(After::Done)
        }
    }
}
