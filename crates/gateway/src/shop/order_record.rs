//! How an order's aggregate becomes records and back.
//!
//! Invariant: every part is a record of its own below the order; what is written here reads back as it was.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::body::Entity;
use kassa_commerce::external_payment::ExternalPayment;
use kassa_commerce::klarna_payment::KlarnaPayment;
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::transaction::{Authorization, Capture, Refund, Transaction, Void};
use kassa_commerce::wire_transfer::WireTransfer;
use kassa_storage::{Key, Record};
use serde_json::{Map, Value};

use crate::error::GatewayError;
use crate::shop::catalogue::typed;

/// The aggregate out of its records; `None` without the order itself.
pub(super) fn assemble(
    records: &[Record],
    key: &Key,
) -> Result<Option<OrderAggregate>, GatewayError> {
    let Some(root) = records.iter().find(|record| record.key == *key) else {
        return Ok(None);
    };
    let mut aggregate = OrderAggregate::new(typed(root)?);
    let source = aggregate.order.payment_source_id.clone();
    let is_source = |record: &Record| source.as_deref() == Some(record.key.id.as_str());
    for record in records {
        match record.key.kind.as_ref() {
            "line_items" => aggregate.line_items.push(typed(record)?),
            "line_item_options" => aggregate.line_item_options.push(typed(record)?),
            "shipments" => aggregate.shipments.push(typed(record)?),
            "stock_line_items" => aggregate.stock_line_items.push(typed(record)?),
            "stock_transfers" => aggregate.stock_transfers.push(typed(record)?),
            "stock_reservations" => aggregate.stock_reservations.push(typed(record)?),
            "klarna_payments" if is_source(record) => {
                let payment: KlarnaPayment = typed(record)?;
                aggregate.payment_source = Some(PaymentSource::Klarna(payment));
            }
            "wire_transfers" if is_source(record) => {
                let transfer: WireTransfer = typed(record)?;
                aggregate.payment_source = Some(PaymentSource::WireTransfer(transfer));
            }
            "external_payments" if is_source(record) => {
                let payment: ExternalPayment = typed(record)?;
                aggregate.payment_source = Some(PaymentSource::External(payment));
            }
            "authorizations" => {
                let row: Authorization = typed(record)?;
                aggregate.transactions.push(Transaction::Authorization(row));
            }
            "captures" => {
                let row: Capture = typed(record)?;
                aggregate.transactions.push(Transaction::Capture(row));
            }
            "voids" => {
                let row: Void = typed(record)?;
                aggregate.transactions.push(Transaction::Void(row));
            }
            "refunds" => {
                let row: Refund = typed(record)?;
                aggregate.transactions.push(Transaction::Refund(row));
            }
            _ => {}
        }
    }
    Ok(Some(aggregate))
}

/// Types whose records follow from the aggregate.
pub(super) fn is_part(key: &Key) -> bool {
    matches!(
        key.kind.as_ref(),
        "line_items"
            | "line_item_options"
            | "shipments"
            | "stock_line_items"
            | "stock_transfers"
            | "stock_reservations"
            | "klarna_payments"
            | "wire_transfers"
            | "external_payments"
            | "authorizations"
            | "captures"
            | "voids"
            | "refunds"
    )
}

/// Every record of an aggregate: the order first.
pub(super) fn bodies(aggregate: &OrderAggregate) -> Vec<(Key, Map<String, Value>)> {
    fn body<T: Entity>(entity: &T) -> (Key, Map<String, Value>) {
        (Key::new(T::TYPE, entity.id()), entity.to_body())
    }
    let mut all = vec![body(&aggregate.order)];
    all.extend(aggregate.line_items.iter().map(body));
    all.extend(aggregate.line_item_options.iter().map(body));
    all.extend(aggregate.shipments.iter().map(body));
    all.extend(aggregate.stock_line_items.iter().map(body));
    all.extend(aggregate.stock_transfers.iter().map(body));
    all.extend(aggregate.stock_reservations.iter().map(body));
    match &aggregate.payment_source {
        Some(PaymentSource::Klarna(payment)) => all.push(body(payment)),
        Some(PaymentSource::WireTransfer(transfer)) => all.push(body(transfer)),
        Some(PaymentSource::External(payment)) => all.push(body(payment)),
        None => {}
    }
    for transaction in &aggregate.transactions {
        let key = Key::new(transaction.resource_type(), transaction.id());
        all.push((key, transaction.to_body()));
    }
    all
}
