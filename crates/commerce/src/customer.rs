//! Customers: a root of their own. An order reads the status and, at placing, moves it on.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default};
use crate::ids::CustomerId;

/// How well the shop knows a customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStatus {
    /// Never bought.
    #[default]
    Prospect,
    /// Bought once.
    Acquired,
    /// Bought more than once.
    Repeat,
}

impl CustomerStatus {
    /// The status after one more placed order.
    pub fn after_order(self) -> Self {
        match self {
            Self::Prospect => Self::Acquired,
            Self::Acquired | Self::Repeat => Self::Repeat,
        }
    }
}

/// Who buys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: CustomerId,
    /// E-mail.
    pub email: String,
    /// How well the shop knows them.
    pub status: CustomerStatus,
    /// Signed up with a password.
    #[serde(deserialize_with = "null_is_default")]
    pub has_password: bool,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Customer, "customers");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_advance_with_orders() {
        assert_eq!(
            CustomerStatus::Prospect.after_order(),
            CustomerStatus::Acquired
        );
        assert_eq!(
            CustomerStatus::Acquired.after_order(),
            CustomerStatus::Repeat
        );
        assert_eq!(CustomerStatus::Repeat.after_order(), CustomerStatus::Repeat);
    }
}
