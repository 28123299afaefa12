//! From what a request says about an order to the change that the rules understand.
//!
//! Invariant: everything that needs a read (customer by email, addresses by id) is settled here, so the rules stay
//! without I/O.

use kassa_commerce::Patch;
use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::country::is_country;
use kassa_commerce::customer::Customer;
use kassa_commerce::order::change::{AddressChange, OrderChange};
use kassa_storage::{ChangeSet, Descriptor, Guard, Key, Put, Record};
use serde_json::{Map, Value};

use super::catalogue::typed;
use super::configuration::{refuse, triggered};
use super::{customer, relation, validate};
use crate::error::{GatewayError, Violation};
use crate::shop::graph::{Draft, LinkInput};
use crate::shop::read::Reader;
use crate::shop::resources::order::DESCRIPTOR;

/// Attributes that are not simply written: each is worked out below.
const WORKED_OUT: &[&str] = &[
    "customer_email",
    "customer_password",
    "coupon_code",
    "gift_card_code",
    "gift_card_or_coupon_code",
    "number",
];

/// The change that `draft` asks of `order`; rows made on the way go into `set`.
///
/// # Errors
/// 422 for values, rows and codes that cannot be used, 401 for customers that are not the caller's.
pub(crate) async fn read(
    reader: &mut Reader<'_>,
    draft: &Draft,
    order: &OrderAggregate,
    password_hash: Option<&str>,
    set: &mut ChangeSet,
) -> Result<OrderChange, GatewayError> {
    let mut attributes = attributes(draft)?;
    number(draft, order, &mut attributes, set)?;
    store(reader, draft, order, &mut attributes).await?;
    let customer = customer(reader, draft, order, password_hash, set).await?;
    if adopts(reader, order) {
        attributes.insert("guest".to_owned(), false.into());
    }
    let billing = address(reader, draft, "billing").await?;
    let shipping = address(reader, draft, "shipping").await?;
    Ok(OrderChange {
        attributes,
        customer,
        billing_address: billing,
        shipping_address: shipping,
        payment_method: payment_method(draft),
        nullify_payment_source: nullifies(draft, order)?,
        refresh: [
            "_refresh",
            "_update_taxes",
            "_refresh_prices",
            "_fix_payment_source",
            "_pending",
        ]
        .iter()
        .any(|name| triggered(draft, name)),
    })
}

/// Plain attributes: judged by the descriptor; nulls clear.
fn attributes(draft: &Draft) -> Result<Map<String, Value>, GatewayError> {
    let mut attributes = validate::body(&DESCRIPTOR, draft, Some(&Map::new()))?;
    for (name, value) in &draft.attributes {
        if value.is_null() {
            attributes.insert(name.clone(), Value::Null);
        }
    }
    attributes.retain(|name, _| !WORKED_OUT.contains(&name.as_str()));
    if let Some(Value::String(country)) = attributes.get_mut("shipping_country_code_lock") {
        country.make_ascii_uppercase();
        if !is_country(country) {
            let message = "is not a country code of ISO 3166-1 (two letters)";
            let field = "shipping_country_code_lock";
            let violation = Violation::attribute(field, "inclusion", message);
            return Err(GatewayError::violation(
                violation.with_value(country.as_str().into()),
            ));
        }
    }
    Ok(attributes)
}

/// An order number given by hand is claimed at once.
fn number(
    draft: &Draft,
    order: &OrderAggregate,
    attributes: &mut Map<String, Value>,
    set: &mut ChangeSet,
) -> Result<(), GatewayError> {
    let Some(sent) = draft.attributes.get("number") else {
        return Ok(());
    };
    let wanted = sent.as_str().unwrap_or_default().trim();
    if order.order.number.as_deref() == Some(wanted) {
        return Ok(());
    }
    if wanted.is_empty() || wanted.chars().count() > 64 {
        return Err(refuse("number", "invalid", "must have 1 to 64 characters"));
    }
    let claim = |number: &str| {
        kassa_storage::ClaimKey::new(kassa_commerce::place::CLAIM_ORDER_NUMBER, number)
    };
    let owner = order.order.id.as_str().to_owned();
    if let Some(old) = &order.order.number {
        set.releases.push((claim(old), owner.clone()));
    }
    set.claims.push((claim(wanted), owner));
    attributes.insert("number".to_owned(), wanted.into());
    Ok(())
}

/// The store of an order, of the order's own market: the one in the caller's scope from the start, or one that a back
/// office names.
async fn store(
    reader: &mut Reader<'_>,
    draft: &Draft,
    order: &OrderAggregate,
    attributes: &mut Map<String, Value>,
) -> Result<(), GatewayError> {
    let scope = reader.caller.store_id.clone();
    let is_new = order.order.currency_code.is_none();
    let named = match draft.relationships.get("store") {
        Some(LinkInput::One(Some((_, id)))) => id.clone(),
        Some(_) => {
            attributes.insert("store_id".to_owned(), Value::Null);
            return Ok(());
        }
        None => match scope.clone() {
            Some(id) if is_new => id,
            _ => return Ok(()),
        },
    };
    let invalid = |message: &str| {
        let violation = Violation::relationship("store", "invalid", message);
        GatewayError::violation(violation.with_value(named.as_str().into()))
    };
    if !reader.caller.is_integration() && scope.as_deref() != Some(named.as_str()) {
        return Err(invalid("is not in this token's scope"));
    }
    let row = linked(reader, "store", &named).await?;
    let market = order.order.market_id.as_ref().map(|id| id.as_str());
    if row.text("market_id") != market {
        return Err(invalid("belongs to another market"));
    }
    attributes.insert("store_id".to_owned(), named.into());
    Ok(())
}

/// Whether a logged-in customer takes a guest's open order over.
fn adopts(reader: &Reader<'_>, order: &OrderAggregate) -> bool {
    reader.caller.customer_id.is_some() && order.order.guest && order.order.status.editable()
}

async fn customer(
    reader: &mut Reader<'_>,
    draft: &Draft,
    order: &OrderAggregate,
    password_hash: Option<&str>,
    set: &mut ChangeSet,
) -> Result<Patch<Customer>, GatewayError> {
    let own = reader.caller.customer_id.clone();
    let named = match draft.relationships.get("customer") {
        None => None,
        Some(LinkInput::One(Some((_, id)))) => {
            let record = linked(reader, "customer", id).await?;
            Some(record)
        }
        Some(_) => return Ok(Patch::Clear),
    };
    if let Some(record) = named {
        return Ok(Patch::Set(typed(&record)?));
    }
    match draft.attributes.get("customer_email") {
        Some(Value::String(text)) if !text.trim().is_empty() => {
            let email = customer::email("customer_email", text)?;
            let found = by_email(reader, &email, order, password_hash, set).await?;
            if own.is_some() && own.as_deref() != Some(found.id.as_str()) {
                let message = "customer_email is not the logged-in customer's".to_owned();
                return Err(GatewayError::Denied(message));
            }
            Ok(Patch::Set(found))
        }
        Some(_) => Ok(Patch::Clear),
        None => match own {
            Some(id)
                if order
                    .order
                    .customer_id
                    .as_ref()
                    .is_none_or(|set| set.as_str() != id) =>
            {
                let record = linked(reader, "customer", &id).await?;
                Ok(Patch::Set(typed(&record)?))
            }
            _ => Ok(Patch::Keep),
        },
    }
}

/// The customer of an email, made now if there is none.
async fn by_email(
    reader: &mut Reader<'_>,
    email: &str,
    order: &OrderAggregate,
    password_hash: Option<&str>,
    set: &mut ChangeSet,
) -> Result<Customer, GatewayError> {
    let claim = customer::email_claim(email);
    let known = match reader.snapshot.claim(&claim).await? {
        Some(id) => reader.snapshot.record(&customer::key(&id)).await?,
        None => None,
    };
    let now_us = reader.gateway.now_us(&reader.caller.realm);
    let Some(known) = known else {
        let key = customer::key(&reader.gateway.new_id());
        let mut record = Record::root(key, customer::new_body(email, password_hash), now_us);
        record.owner = Some(record.key.id.clone());
        let made = typed(&record)?;
        set.claims.push((claim, record.key.id.clone()));
        set.puts.push(Put {
            record,
            guard: Guard::New,
        });
        return Ok(made);
    };
    if let Some(hash) = password_hash {
        sign_up(reader, &known, order, hash, set).await?;
    }
    typed(&known)
}

/// Gives a customer without a password one. Only for somebody whose only order is this one: whoever types an email
/// must not come to another person's orders and addresses by it.
async fn sign_up(
    reader: &mut Reader<'_>,
    known: &Record,
    order: &OrderAggregate,
    hash: &str,
    set: &mut ChangeSet,
) -> Result<(), GatewayError> {
    let id = [known.key.id.clone()];
    let orders = reader
        .snapshot
        .inverse(&["orders"], "customer", &id, 2)
        .await?;
    let book = reader
        .snapshot
        .inverse(&["customer_addresses"], "customer", &id, 1)
        .await?;
    let foreign = orders
        .iter()
        .any(|other| other.key.id != order.order.id.as_str());
    if known.text("password_hash").is_some() || foreign || !book.is_empty() {
        return Err(refuse(
            "customer_password",
            "taken",
            "the customer is known already: log in",
        ));
    }
    let mut record = known.clone();
    record.body.insert("password_hash".to_owned(), hash.into());
    record.body.insert("has_password".to_owned(), true.into());
    record.updated_at = reader.gateway.now_us(&reader.caller.realm);
    set.puts.push(Put {
        guard: Guard::At(known.version),
        record,
    });
    Ok(())
}

/// What happens to the `billing` or the `shipping` address.
async fn address(
    reader: &mut Reader<'_>,
    draft: &Draft,
    which: &str,
) -> Result<AddressChange, GatewayError> {
    let other = if which == "billing" {
        "shipping"
    } else {
        "billing"
    };
    let clone = format!("_{which}_address_clone_id");
    if let Some(id) = draft.triggers.get(&clone).and_then(Value::as_str) {
        let record = cloned_from(reader, &clone, id).await?;
        return Ok(AddressChange::Clone(typed(&record)?));
    }
    if triggered(draft, &format!("_{which}_address_same_as_{other}")) {
        return Ok(AddressChange::SameAsOther);
    }
    let name = format!("{which}_address");
    match draft.relationships.get(&name) {
        None => Ok(AddressChange::Keep),
        Some(LinkInput::One(Some((_, id)))) => {
            let record = linked(reader, &name, id).await?;
            let address = typed(&record)?;
            // An address of the book is copied: editing the book must not edit what was sold.
            let of_book = record.owner.is_some();
            Ok(if of_book {
                AddressChange::Clone(address)
            } else {
                AddressChange::Use(address)
            })
        }
        Some(_) => Ok(AddressChange::Clear),
    }
}

/// The address to copy: named by its own id, or by the id of an entry of the address book.
async fn cloned_from(
    reader: &mut Reader<'_>,
    trigger: &str,
    id: &str,
) -> Result<Record, GatewayError> {
    let keys = [
        Key::new("addresses", id),
        Key::new("customer_addresses", id),
    ];
    let mut found = reader.snapshot.records(&keys).await?.into_iter().next();
    if let Some(entry) = found
        .clone()
        .filter(|record| record.key.kind == "customer_addresses")
    {
        let address = Key::new("addresses", entry.text("address_id").unwrap_or_default());
        found = reader.snapshot.record(&address).await?;
    }
    match found {
        Some(record) if reader.judge(&record).await? => Ok(record),
        _ => Err(refuse(trigger, "invalid", "names no address")),
    }
}

/// The row that an order's relationship shall lead to.
async fn linked(reader: &mut Reader<'_>, name: &str, id: &str) -> Result<Record, GatewayError> {
    let descriptor: &Descriptor = &DESCRIPTOR;
    let relationship = descriptor
        .relationship(name)
        .ok_or_else(|| GatewayError::Internal(format!("orders have no {name}")))?;
    let kind = relationship.to.first().copied().unwrap_or_default();
    relation::find(reader, relationship, kind, id)
        .await?
        .map_err(GatewayError::violation)
}

fn payment_method(draft: &Draft) -> Patch<kassa_commerce::ids::PaymentMethodId> {
    match draft.relationships.get("payment_method") {
        None => Patch::Keep,
        Some(LinkInput::One(Some((_, id)))) => Patch::Set(id.as_str().into()),
        Some(_) => Patch::Clear,
    }
}

/// `_nullify_payment_source`, or its relationship set to null; a source is made through its own resource.
fn nullifies(draft: &Draft, order: &OrderAggregate) -> Result<bool, GatewayError> {
    if triggered(draft, "_nullify_payment_source") {
        return Ok(true);
    }
    match draft.relationships.get("payment_source") {
        None => Ok(false),
        Some(LinkInput::One(None)) => Ok(true),
        Some(LinkInput::One(Some((_, id))))
            if order.order.payment_source_id.as_ref() == Some(id) =>
        {
            Ok(false)
        }
        Some(_) => Err(GatewayError::violation(Violation::relationship(
            "payment_source",
            "invalid",
            "is not a payment source of this order",
        ))),
    }
}
