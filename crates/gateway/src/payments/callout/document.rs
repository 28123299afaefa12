//! What a callout carries: the document of the order that is to be authorized, or of the row that is to be made, with
//! what its gateway has asked to be included.

use kassa_storage::Realm;
use serde_json::Value;

use super::{Asks, Callout, tree};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::payments::customer_token;
use crate::shop::calling::{self, About};
use crate::shop::graph::IncludeTree;

/// The body of `callout`; `include` are paths from the order.
pub(super) async fn write(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
    callout: &Callout,
    include: IncludeTree,
) -> Result<String, GatewayError> {
    let Some(outward) = gateway.outward() else {
        let reason = "this process has no way out, so it cannot ask an external gateway";
        return Err(GatewayError::Unavailable(reason.to_owned()));
    };
    let about = About::Record(callout.about.clone());
    let include = included(callout.asks, include);
    let document = calling::document(gateway, outward, realm, operation_id, about, include).await?;
    let document = document.unwrap_or_default();
    // What pays out of the wallet is its token, which no answer of ours ever shows.
    let token = customer_token::sealed_in(gateway, &callout.payment.extra)?;
    match token.filter(|_| callout.asks == Asks::Authorize) {
        Some(token) => paid_with(&document, callout, &token),
        None => String::from_utf8(document).map_err(|_| unreadable()),
    }
}

/// What the document leads to: the payment source always, and on a transaction what it stands on.
fn included(asks: Asks, of_order: IncludeTree) -> IncludeTree {
    let leaf = IncludeTree::default;
    let mut order = of_order;
    let row = match asks {
        Asks::Authorize => {
            order.0.entry("payment_source".to_owned()).or_default();
            return order;
        }
        Asks::Token => {
            order.0.entry("customer".to_owned()).or_default();
            return tree([("order", order)]);
        }
        Asks::Capture | Asks::Void => "reference_authorization",
        Asks::Refund => "reference_capture",
    };
    tree([("order", order), ("payment_source", leaf()), (row, leaf())])
}

/// The document with `token` in place of what the payment source shows.
fn paid_with(document: &[u8], callout: &Callout, token: &str) -> Result<String, GatewayError> {
    let mut document: Value = serde_json::from_slice(document).map_err(|_| unreadable())?;
    let id = callout.payment.id.as_str();
    let is_it = |resource: &Value| resource["type"] == "external_payments" && resource["id"] == id;
    let mut resources: Vec<&mut Value> = Vec::new();
    for (name, part) in document.as_object_mut().into_iter().flatten() {
        match (name.as_str(), part) {
            ("included", Value::Array(included)) => resources.extend(included),
            ("data", data) => resources.push(data),
            _ => {}
        }
    }
    for resource in resources.into_iter().filter(|resource| is_it(resource)) {
        resource["attributes"]["payment_source_token"] = token.into();
    }
    Ok(document.to_string())
}

fn unreadable() -> GatewayError {
    GatewayError::Internal("the document of a callout cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_lead_to_the_order_with_what_was_asked_for() {
        let asked = || tree([("line_items", IncludeTree::default())]);
        let authorize = included(Asks::Authorize, asked());
        let names: Vec<&String> = authorize.0.keys().collect();
        assert_eq!(names, ["line_items", "payment_source"]);
        let refund = included(Asks::Refund, asked());
        let names: Vec<&String> = refund.0.keys().collect();
        assert_eq!(names, ["order", "payment_source", "reference_capture"]);
        assert_eq!(refund.0["order"], asked());
    }
}
