//! The address book: ties an address to a customer, whose own it becomes.

use kassa_storage::{Guard, Put};

use super::configuration::Change;
use super::customer;
use crate::error::{GatewayError, Violation};
use crate::shop::read::Reader;
use crate::shop::validate::blank;

/// Completes and judges an entry of the address book.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    if change.text("customer_id").is_none() {
        find_customer(change, reader).await?;
    }
    let own = change.text("customer_id").map(ToOwned::to_owned);
    if !change.caller.is_integration() && own != change.caller.customer_id {
        return Err(GatewayError::Denied(
            "the address book of somebody else".to_owned(),
        ));
    }
    if let Some(customer) = change.row("customers") {
        let email = customer.text("email").unwrap_or_default().to_owned();
        change.set_field("customer_email", email);
    }
    change.owner.clone_from(&own);
    let Some(address) = change.row("addresses").cloned() else {
        return Ok(());
    };
    if address.owner == own {
        return Ok(());
    }
    if address.owner.is_some() {
        let violation = Violation::relationship("address", "taken", "belongs to another customer");
        return Err(GatewayError::violation(violation));
    }
    let guard = Guard::At(address.version);
    let record = kassa_storage::Record {
        owner: own,
        updated_at: change.now_us,
        ..address
    };
    change.set.puts.push(Put { record, guard });
    Ok(())
}

/// The customer by the email that was sent, or the one who is logged in.
async fn find_customer(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let id = match (
        change.caller.customer_id.clone(),
        change.text("customer_email"),
    ) {
        (Some(own), _) => Some(own),
        (None, Some(text)) => {
            let email = customer::email("customer_email", text)?;
            reader
                .snapshot
                .claim(&customer::email_claim(&email))
                .await?
        }
        (None, None) => return Err(GatewayError::violation(blank("customer_email"))),
    };
    let found = match &id {
        Some(id) => reader.snapshot.record(&customer::key(id)).await?,
        None => None,
    };
    let Some(found) = found else {
        let violation = Violation::attribute("customer_email", "invalid", "is no customer's");
        return Err(GatewayError::violation(violation));
    };
    change.set_field("customer_id", found.key.id.clone());
    change.rows.push(found);
    Ok(())
}
