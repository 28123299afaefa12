//! The order record: attributes under their API names. What they mean together is decided in `cart`, `place`, `capture`.
//!
//! Amounts are minor units of `currency_code`; the float and formatted companions are made by the renderer.

pub mod change;

use jiff::Timestamp;
use kassa_money::{Currency, DecimalRate, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, null_is_true, on, time};
use crate::catalogue::Taxability;
use crate::ids::{AddressId, CustomerId, MarketId, OrderId, PaymentMethodId};
use crate::reservation::Reservation;
use crate::states::{FulfillmentEvent, FulfillmentStatus, OrderStatus, PaymentStatus};

/// One order, cart or purchase. Its lines and the other parts stand beside it in the aggregate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: OrderId,
    /// Given at placing, or by an integration before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Recompute on every change.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub autorefresh: bool,
    /// Place in the background.
    #[serde(deserialize_with = "null_is_default")]
    pub place_async: bool,
    /// Where it stands.
    pub status: OrderStatus,
    /// Where its money stands.
    pub payment_status: PaymentStatus,
    /// Where its goods stand.
    pub fulfillment_status: FulfillmentStatus,
    /// Bought without signing in.
    #[serde(deserialize_with = "null_is_default")]
    pub guest: bool,
    /// Lines, addresses and payment may change.
    pub editable: bool,
    /// E-mail of the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<String>,
    /// `new` or `returning`, set at placing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_type: Option<String>,
    /// Language of the shopper, `en` when unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// Currency of the market's price list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Prices contain tax; from the price list.
    pub tax_included: bool,
    /// Rate of the rule that applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<DecimalRate>,
    /// Shipping bears tax; unset = the tax rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freight_taxable: Option<bool>,
    /// Payment cost bears tax; unset = the tax rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_taxable: Option<bool>,
    /// Adjustments bear tax; unset = the tax rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjustment_taxable: Option<bool>,
    /// Bought gift cards bear tax; unset = the tax rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift_card_taxable: Option<bool>,
    /// The billing address must carry billing information.
    pub requires_billing_info: bool,
    /// Country that decides tax and payment: of the shipping address, else of the billing address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// The only country the order ships to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_country_code_lock: Option<String>,
    /// Coupon as typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon_code: Option<String>,
    /// Gift card as typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift_card_code: Option<String>,
    /// Σ goods.
    pub subtotal_amount_cents: MinorUnits,
    /// Σ shipments.
    pub shipping_amount_cents: MinorUnits,
    /// Cost of the payment method.
    pub payment_method_amount_cents: MinorUnits,
    /// Σ promotions, never above zero.
    pub discount_amount_cents: MinorUnits,
    /// Σ adjustments, either sign.
    pub adjustment_amount_cents: MinorUnits,
    /// Used gift card, never above zero.
    pub gift_card_amount_cents: MinorUnits,
    /// Σ of the four taxes below.
    pub total_tax_amount_cents: MinorUnits,
    /// Tax of the goods.
    pub subtotal_tax_amount_cents: MinorUnits,
    /// Tax of shipping.
    pub shipping_tax_amount_cents: MinorUnits,
    /// Tax of the payment cost.
    pub payment_method_tax_amount_cents: MinorUnits,
    /// Tax of the adjustments.
    pub adjustment_tax_amount_cents: MinorUnits,
    /// Sum of all lines.
    pub total_amount_cents: MinorUnits,
    /// Σ of the four taxable amounts below.
    pub total_taxable_amount_cents: MinorUnits,
    /// Goods without their tax.
    pub subtotal_taxable_amount_cents: MinorUnits,
    /// Shipping without its tax.
    pub shipping_taxable_amount_cents: MinorUnits,
    /// Payment cost without its tax.
    pub payment_method_taxable_amount_cents: MinorUnits,
    /// Adjustments without their tax.
    pub adjustment_taxable_amount_cents: MinorUnits,
    /// What is to be paid.
    pub total_amount_with_taxes_cents: MinorUnits,
    /// Fees; always zero today.
    pub fees_amount_cents: MinorUnits,
    /// Duty; always zero today.
    pub duty_amount_cents: MinorUnits,
    /// What was to be paid when it was placed: the ceiling of later edits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_total_amount_cents: Option<MinorUnits>,
    /// Σ quantities of goods.
    pub skus_count: i64,
    /// Number of options on lines.
    pub line_item_options_count: i64,
    /// Number of shipments.
    pub shipments_count: i64,
    /// Number of tax calculations made.
    pub tax_calculations_count: i64,
    /// Type and category of the payment, for wallets and renewals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_source_details: Option<Value>,
    /// Secret that opens the order's pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When it was bought.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// When the shop accepted it.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Timestamp>,
    /// When it was given up.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// When `payment_status` last changed.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub payment_updated_at: Option<Timestamp>,
    /// When `fulfillment_status` last changed.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub fulfillment_updated_at: Option<Timestamp>,
    /// When it was last recomputed.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<Timestamp>,
    /// When it was put away.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// When an unfinished order runs out.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Market it is sold in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// Who buys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// Where the bill goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address_id: Option<AddressId>,
    /// Where the goods go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address_id: Option<AddressId>,
    /// Chosen way to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<PaymentMethodId>,
    /// The payment source in the aggregate; kept equal to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_source_id: Option<String>,
    /// Its resource type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_source_type: Option<String>,
    /// The operation that is placing the order. Not part of the API, like the fields below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_operation_id: Option<String>,
    /// What the tax rule says that applied last; `None` where no rule covers the destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_taxability: Option<Taxability>,
    /// What placing took out of shared counters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<Reservation>,
    /// Everything this version does not interpret (`metadata`, `reference`, `cart_url` …).
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Order, "orders");

impl Order {
    /// A new, empty cart in a market.
    pub fn new(id: OrderId, market_id: MarketId, token: String) -> Self {
        Self {
            id,
            autorefresh: true,
            editable: true,
            language_code: Some("en".to_owned()),
            market_id: Some(market_id),
            token: Some(token),
            ..Self::default()
        }
    }

    /// What the shopper has to pay: `total_amount_with_taxes`.
    pub fn payable(&self) -> MinorUnits {
        self.total_amount_with_taxes_cents
    }

    /// What bears tax besides goods: what the order says itself, else what the rule that applied last says.
    pub fn taxability(&self) -> Taxability {
        let rule = self.rule_taxability.unwrap_or_default();
        Taxability {
            freight_taxable: self.freight_taxable.unwrap_or(rule.freight_taxable),
            payment_method_taxable: self
                .payment_method_taxable
                .unwrap_or(rule.payment_method_taxable),
            adjustment_taxable: self.adjustment_taxable.unwrap_or(rule.adjustment_taxable),
            gift_card_taxable: self.gift_card_taxable.unwrap_or(rule.gift_card_taxable),
        }
    }

    /// Sets the payment status and its time, when it differs.
    pub(crate) fn set_payment_status(&mut self, status: PaymentStatus, now: Timestamp) {
        if self.payment_status != status {
            self.payment_status = status;
            self.payment_updated_at = Some(now);
        }
    }

    /// Moves the fulfilment on, and its time when that changes anything.
    pub fn fulfil(&mut self, event: FulfillmentEvent, now: Timestamp) {
        let status = self.fulfillment_status.on(event);
        if self.fulfillment_status != status {
            self.fulfillment_status = status;
            self.fulfillment_updated_at = Some(now);
        }
    }
}
