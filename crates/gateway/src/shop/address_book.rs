//! Saves an order's addresses to the customer's address book.
//!
//! Invariant: an address that is in the book already is not saved twice: it is recognised by the entry's id that
//! front ends keep in `reference`, or by its name line.

use kassa_storage::{Guard, Key, Put, Record};
use serde_json::{Map, Value, json};

use super::resources::customer_address::DESCRIPTOR;
use super::unique;
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::shop::read::{Reader, rows};

/// Which of an order's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Billing,
    Shipping,
}

/// Copies an address of `order_id` into its customer's book.
pub(crate) async fn save(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    which: Which,
) -> Result<(), GatewayError> {
    let field = match which {
        Which::Billing => "billing_address_id",
        Which::Shipping => "shipping_address_id",
    };
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        let order = reader
            .row(&super::resources::order::DESCRIPTOR, order_id)
            .await?;
        let customer = customer_of(&mut reader, &order).await?;
        let id = order.text(field).unwrap_or_default();
        let Some(address) = reader.snapshot.record(&Key::new("addresses", id)).await? else {
            let name = field.trim_end_matches("_id");
            return Err(GatewayError::violation(Violation::relationship(
                name,
                "blank",
                "can't be blank",
            )));
        };
        if known(&mut reader, &customer, &address).await? {
            return Ok(());
        }
        drop(reader);
        let set = entry(gateway, caller, &customer, address);
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// The order's customer, who has to be the one who is logged in.
async fn customer_of(reader: &mut Reader<'_>, order: &Record) -> Result<Record, GatewayError> {
    let blank = || {
        GatewayError::violation(Violation::relationship(
            "customer",
            "blank",
            "can't be blank",
        ))
    };
    let id = order.text("customer_id").ok_or_else(blank)?;
    if !reader.caller.is_integration() && reader.caller.customer_id.as_deref() != Some(id) {
        return Err(GatewayError::Denied(
            "only a logged-in customer has an address book".to_owned(),
        ));
    }
    reader
        .snapshot
        .record(&Key::new("customers", id))
        .await?
        .ok_or_else(blank)
}

/// Whether the book holds this address already.
async fn known(
    reader: &mut Reader<'_>,
    customer: &Record,
    address: &Record,
) -> Result<bool, GatewayError> {
    let ids = [customer.key.id.clone()];
    let entries = reader
        .snapshot
        .inverse(&["customer_addresses"], "customer", &ids, 1000)
        .await?;
    let reference = address.text("reference");
    if entries
        .iter()
        .any(|entry| Some(entry.key.id.as_str()) == reference)
    {
        return Ok(true);
    }
    let book = rows::address_book(reader.snapshot.as_mut(), &customer.key.id).await?;
    let keys: Vec<Key> = book
        .into_iter()
        .map(|id| Key::new("addresses", id))
        .collect();
    let addresses = reader.snapshot.records(&keys).await?;
    Ok(addresses
        .iter()
        .any(|other| other.text("name") == address.text("name")))
}

/// A copy of the address, the customer's own, and its entry.
fn entry(
    gateway: &Gateway,
    caller: &Caller,
    customer: &Record,
    address: Record,
) -> kassa_storage::ChangeSet {
    let now_us = gateway.now_us(&caller.realm);
    let owner = Some(customer.key.id.clone());
    let mut copy = Record::root(
        Key::new("addresses", gateway.new_id()),
        address.body,
        now_us,
    );
    copy.owner.clone_from(&owner);
    let mut body = Map::new();
    body.insert("customer_email".to_owned(), json!(customer.text("email")));
    body.insert(
        "customer_id".to_owned(),
        Value::from(customer.key.id.clone()),
    );
    body.insert("address_id".to_owned(), Value::from(copy.key.id.clone()));
    let key = Key::new("customer_addresses", gateway.new_id());
    let mut set = gateway.change_set(&caller.realm);
    set.claims.extend(unique::claims(&DESCRIPTOR, &key, &body));
    set.checks.push((customer.key.clone(), customer.version));
    let mut entry = Record::root(key, body, now_us);
    entry.owner = owner;
    for record in [copy, entry] {
        set.puts.push(Put {
            record,
            guard: Guard::New,
        });
    }
    set
}
