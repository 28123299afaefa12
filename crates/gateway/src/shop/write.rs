//! Writing resources: the door that POST, PATCH and DELETE come through.
//!
//! Invariant: role rules come first, then the noun's own rules; the answer is read again after the commit.

use kassa_storage::{Descriptor, Key};

use super::{
    configuration, line_item, order_write, shipment, stock, stock_reservation, stock_transfer,
};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::payments;
use crate::shop::graph::{Draft, Graph, Selection};
use crate::shop::read::{Reader, include};
use crate::shop::role::{self, Verb};

impl Gateway {
    /// Creates a resource and answers it.
    ///
    /// # Errors
    /// [`GatewayError::Invalid`] when rules are broken, [`GatewayError::Denied`] when the role may not.
    pub async fn create(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        draft: Draft,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        role::permit(caller, descriptor, Verb::Create)?;
        role::permit_fields(caller, descriptor, &draft)?;
        include::check(descriptor, &selection.include)?;
        let key = match descriptor.kind {
            "orders" => order_write::create(self, caller, &draft).await?,
            "line_items" => line_item::create(self, caller, &draft).await?,
            "line_item_options" => line_item::create_option(self, caller, &draft).await?,
            "klarna_payments" | "wire_transfers" | "external_payments" => {
                let mut reader = Reader::open(self, caller).await?;
                let order_id = line_item::required(&draft, "order")?;
                line_item::ensure_order(&mut reader, &order_id, "order").await?;
                drop(reader);
                payments::payment_source::create_source(self, caller, descriptor.kind, &draft)
                    .await?
            }
            "shipments" | "stock_line_items" => return Err(follows(descriptor)),
            _ => configuration::create(self, caller, descriptor, &draft).await?,
        };
        self.answer(caller, &key, selection).await
    }

    /// Changes a resource, runs its triggers, and answers it.
    ///
    /// # Errors
    /// As [`Gateway::create`], and [`GatewayError::NotFound`].
    pub async fn update(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
        draft: Draft,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        role::permit(caller, descriptor, Verb::Update)?;
        role::permit_fields(caller, descriptor, &draft)?;
        include::check(descriptor, &selection.include)?;
        let key = match descriptor.kind {
            "orders" => Box::pin(order_write::update(self, caller, id, &draft)).await?,
            "line_items" => line_item::update(self, caller, id, &draft).await?,
            "line_item_options" => line_item::update_option(self, caller, id, &draft).await?,
            "shipments" => shipment::update(self, caller, id, &draft).await?,
            "klarna_payments" | "wire_transfers" | "external_payments" => {
                self.seen(caller, descriptor, id).await?;
                payments::payment_source::update_source(self, caller, descriptor.kind, id, &draft)
                    .await?;
                Key::new(descriptor.kind, id)
            }
            "authorizations" | "captures" | "voids" | "refunds" => {
                self.seen(caller, descriptor, id).await?;
                let work = payments::transaction::update(self, caller, descriptor.kind, id, &draft);
                Box::pin(work).await?;
                Key::new(descriptor.kind, id)
            }
            "stock_line_items" => stock::update_line(self, caller, id, &draft).await?,
            "stock_transfers" => stock_transfer::update(self, caller, id, &draft).await?,
            "stock_reservations" => stock_reservation::update(self, caller, id, &draft).await?,
            _ => configuration::update(self, caller, descriptor, id, &draft).await?,
        };
        self.answer(caller, &key, selection).await
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// [`GatewayError::Locked`] when others refer to it, [`GatewayError::NotFound`], [`GatewayError::Denied`].
    pub async fn delete(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
    ) -> Result<(), GatewayError> {
        role::permit(caller, descriptor, Verb::Delete)?;
        match descriptor.kind {
            "orders" => order_write::delete(self, caller, id).await,
            "line_items" => line_item::delete(self, caller, id).await,
            "line_item_options" => line_item::delete_option(self, caller, id).await,
            "klarna_payments" | "wire_transfers" | "external_payments" => {
                self.seen(caller, descriptor, id).await?;
                payments::payment_source::delete_source(self, caller, descriptor.kind, id).await
            }
            "shipments" | "stock_line_items" => {
                self.seen(caller, descriptor, id).await?;
                Err(follows(descriptor))
            }
            "stock_transfers" => stock_transfer::delete(self, caller, id).await,
            "stock_reservations" => stock_reservation::delete(self, caller, id).await,
            _ => configuration::delete(self, caller, descriptor, id).await,
        }
    }

    /// Whether the caller may see the row at all.
    async fn seen(
        &self,
        caller: &Caller,
        descriptor: &'static Descriptor,
        id: &str,
    ) -> Result<(), GatewayError> {
        Reader::open(self, caller)
            .await?
            .row(descriptor, id)
            .await
            .map(|_| ())
    }

    /// The written resource as it is now. Whoever wrote it may see it, whatever the rules of reading are.
    async fn answer(
        &self,
        caller: &Caller,
        key: &Key,
        selection: &Selection,
    ) -> Result<Graph, GatewayError> {
        let mut reader = Reader::open(self, caller).await?;
        let record = reader.snapshot.record(key).await?;
        let record =
            record.ok_or_else(|| GatewayError::not_found(key.kind.as_ref(), key.id.as_str()))?;
        reader.answer(Some(record), selection).await
    }
}

/// Rows that the order makes by itself.
pub(super) fn follows(descriptor: &Descriptor) -> GatewayError {
    GatewayError::Locked(format!(
        "{} follow from their order and are not written by hand",
        descriptor.kind
    ))
}
