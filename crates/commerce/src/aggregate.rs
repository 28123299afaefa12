//! The order with all its parts: the unit that is read in one snapshot and written in one change set.

use kassa_money::Currency;

use crate::address::Address;
use crate::customer::Customer;
use crate::error::CommerceError;
use crate::ids::{AuthorizationId, LineItemId};
use crate::line_item::{ItemType, LineItem};
use crate::line_item_option::LineItemOption;
use crate::order::Order;
use crate::payment_source::PaymentSource;
use crate::shipment::{Shipment, StockLineItem};
use crate::states::OrderStatus;
use crate::stock_reservation::StockReservation;
use crate::stock_transfer::StockTransfer;
use crate::transaction::{Authorization, Capture, Transaction};

/// An order and everything it owns. Lists keep the order in which the parts were made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrderAggregate {
    /// The order itself.
    pub order: Order,
    /// Its lines, goods and derived ones.
    pub line_items: Vec<LineItem>,
    /// Options of its lines.
    pub line_item_options: Vec<LineItemOption>,
    /// Its shipments.
    pub shipments: Vec<Shipment>,
    /// What the shipments take from stock.
    pub stock_line_items: Vec<StockLineItem>,
    /// What has to be brought to where the shipments leave.
    pub stock_transfers: Vec<StockTransfer>,
    /// Stock that nobody else may sell.
    pub stock_reservations: Vec<StockReservation>,
    /// What it is paid with.
    pub payment_source: Option<PaymentSource>,
    /// Its transactions.
    pub transactions: Vec<Transaction>,
}

/// The people and places of an order: roots of their own, handed in by whoever read them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parties {
    /// `order.customer`.
    pub customer: Option<Customer>,
    /// `order.billing_address`.
    pub billing_address: Option<Address>,
    /// `order.shipping_address`.
    pub shipping_address: Option<Address>,
}

impl Parties {
    /// The address that decides country and tax: shipping, else billing.
    pub fn destination(&self) -> Option<&Address> {
        self.shipping_address
            .as_ref()
            .or(self.billing_address.as_ref())
    }
}

/// Something that happened, for webhooks and the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// `<resource>.<event>`, e.g. `orders.place`.
    pub topic: &'static str,
    /// Type of the resource it happened to.
    pub resource_type: &'static str,
    /// Its id.
    pub resource_id: String,
}

impl Event {
    pub(crate) fn new(topic: &'static str, resource_type: &'static str, resource_id: &str) -> Self {
        Self {
            topic,
            resource_type,
            resource_id: resource_id.to_owned(),
        }
    }

    pub(crate) fn order(topic: &'static str, aggregate: &OrderAggregate) -> Self {
        Self::new(topic, "orders", aggregate.order.id.as_str())
    }
}

impl OrderAggregate {
    /// An aggregate around a new order.
    pub fn new(order: Order) -> Self {
        Self {
            order,
            ..Self::default()
        }
    }

    /// `Ok` while lines, addresses and payment may change.
    ///
    /// # Errors
    /// [`CommerceError::OrderBeingPlaced`] or [`CommerceError::OrderNotEditable`].
    pub fn ensure_editable(&self) -> Result<(), CommerceError> {
        match self.order.status {
            OrderStatus::Placing => Err(CommerceError::OrderBeingPlaced),
            status if status.editable() => Ok(()),
            status => Err(CommerceError::OrderNotEditable { status }),
        }
    }

    /// `Ok` while the payment method and the source may change: before placing only.
    ///
    /// # Errors
    /// Those of [`Self::ensure_editable`], and [`CommerceError::PaymentSourceLocked`] for a placed order being edited.
    pub fn ensure_source_open(&self) -> Result<(), CommerceError> {
        self.ensure_editable()?;
        if self.order.status == OrderStatus::Editing {
            return Err(CommerceError::PaymentSourceLocked);
        }
        Ok(())
    }

    /// `Ok` when the order may be deleted: drafts and pending orders only.
    ///
    /// # Errors
    /// [`CommerceError::OrderBeingPlaced`] or [`CommerceError::OrderNotDeletable`].
    pub fn ensure_deletable(&self) -> Result<(), CommerceError> {
        match self.order.status {
            OrderStatus::Draft | OrderStatus::Pending => Ok(()),
            OrderStatus::Placing => Err(CommerceError::OrderBeingPlaced),
            status => Err(CommerceError::OrderNotDeletable { status }),
        }
    }

    /// The line of that id.
    pub fn line(&self, id: &LineItemId) -> Option<&LineItem> {
        self.line_items.iter().find(|line| line.id == *id)
    }

    /// Lines of one type.
    pub fn lines_of(&self, item_type: ItemType) -> impl Iterator<Item = &LineItem> {
        self.line_items
            .iter()
            .filter(move |line| line.item_type == item_type)
    }

    /// Goods: what makes an order worth placing.
    pub fn goods(&self) -> impl Iterator<Item = &LineItem> {
        self.line_items.iter().filter(|line| line.is_goods())
    }

    /// The order's authorizations.
    pub fn authorizations(&self) -> impl Iterator<Item = &Authorization> {
        self.transactions
            .iter()
            .filter_map(|transaction| match transaction {
                Transaction::Authorization(authorization) => Some(authorization),
                _ => None,
            })
    }

    /// The order's captures.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> {
        self.transactions
            .iter()
            .filter_map(|transaction| match transaction {
                Transaction::Capture(capture) => Some(capture),
                _ => None,
            })
    }

    /// The newest authorization that succeeded.
    pub fn authorization(&self) -> Option<&Authorization> {
        self.authorizations()
            .filter(|authorization| authorization.facts.succeeded)
            .last()
    }

    pub(crate) fn authorization_mut(&mut self, id: &AuthorizationId) -> Option<&mut Authorization> {
        self.transactions
            .iter_mut()
            .find_map(|transaction| match transaction {
                Transaction::Authorization(authorization) if authorization.id == *id => {
                    Some(authorization)
                }
                _ => None,
            })
    }

    /// The order's currency.
    ///
    /// # Errors
    /// [`CommerceError::Configuration`] before the first refresh gave it one.
    pub fn currency(&self) -> Result<Currency, CommerceError> {
        self.order
            .currency_code
            .ok_or(CommerceError::Configuration {
                what: "price_lists.currency_code",
            })
    }

    /// `number` of the next transaction of one kind: `<order number>/<letter>/<index>`.
    pub(crate) fn next_transaction_number(&self, resource_type: &str, letter: char) -> String {
        let index = self
            .transactions
            .iter()
            .filter(|row| row.resource_type() == resource_type)
            .count()
            + 1;
        let order = self
            .order
            .number
            .as_deref()
            .unwrap_or(self.order.id.as_str());
        format!("{order}/{letter}/{index}")
    }

    /// Takes the payment source off the order and its two reference fields.
    pub(crate) fn drop_payment_source(&mut self) -> Option<PaymentSource> {
        self.order.payment_source_id = None;
        self.order.payment_source_type = None;
        self.payment_source.take()
    }

    /// Puts a payment source on the order and sets its two reference fields; answers the one it replaces.
    pub fn set_payment_source(&mut self, source: PaymentSource) -> Option<PaymentSource> {
        self.order.payment_source_id = Some(source.id().to_owned());
        self.order.payment_source_type = Some(source.resource_type().to_owned());
        self.payment_source.replace(source)
    }
}
