//! What the merchant's account forbids, before any rule about the request is asked.
//!
//! Invariant: every account of a new world may do everything; each refusal needs a switch. A refusal by the account
//! changes nothing and sticks to nothing: with the switch back the same call goes through.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::World;
use super::command::Command;
use super::reply::Reply;

/// What happens to a create-order whose cart is not the authorized one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CartUpdates {
    /// 409, as for accounts without the permission.
    #[default]
    Refused,
    /// A re-authorization, which accepts.
    Accepted,
    /// A re-authorization, which accepts amounts up to the authorized one.
    LowerAccepted,
    /// A re-authorization, which declines.
    Declined,
}

impl CartUpdates {
    /// What a re-authorization of `amount` says where `authorized` was approved; `None` where none is made.
    pub(super) fn reauthorizes(self, authorized: i64, amount: i64) -> Option<bool> {
        match self {
            Self::Refused => None,
            Self::Accepted => Some(true),
            Self::LowerAccepted => Some(amount <= authorized),
            Self::Declined => Some(false),
        }
    }
}

impl World {
    /// Why the account cannot make this call, if it cannot.
    pub(super) fn account_refusal(&self, command: &Command) -> Option<Reply> {
        let names = |list: &[String]| list.iter().any(|name| name == command.operation());
        if !self.settings.merchant_active && sells(command) {
            return Some(Reply::errors(403, "MERCHANT_INACTIVE", Vec::new()));
        }
        if names(&self.settings.disabled_operations) {
            let code = match command {
                Command::Manage { call, .. } => call.rule().code,
                _ => "INVALID_OPERATION",
            };
            return Some(Reply::errors(403, code, Vec::new()));
        }
        if names(&self.settings.denied_operations) {
            return Some(Reply::errors(403, "PERMISSION_DENIED", Vec::new()));
        }
        None
    }

    /// Refuses `auto_capture` to an account that may not use it.
    pub(super) fn check_auto_capture(&self, body: &Map<String, Value>) -> Result<(), Reply> {
        let asked = body.get("auto_capture") == Some(&Value::Bool(true));
        if asked && !self.settings.auto_capture_permitted {
            let message = "Auto capture is not permitted";
            return Err(Reply::error(403, "PERMISSION_DENIED", message));
        }
        Ok(())
    }
}

/// Whether an account has to be active for the call. Orders that exist can still be managed.
fn sells(command: &Command) -> bool {
    matches!(
        command,
        Command::CreateSession { .. }
            | Command::UpdateSession { .. }
            | Command::ReadSession { .. }
            | Command::PlaceOrder { .. }
            | Command::CreateCustomerToken { .. }
            | Command::CancelAuthorization { .. }
            | Command::ReadCustomerToken { .. }
            | Command::ChangeTokenStatus { .. }
            | Command::OrderWithToken { .. }
            | Command::CreateHostedPage { .. }
            | Command::ReadHostedPage { .. }
            | Command::DisableHostedPage { .. }
            | Command::DistributeHostedPage { .. }
            | Command::GenerateDistributionModule { .. }
            | Command::ReadIdentification { .. }
            | Command::CheckIdentification { .. }
    )
}
