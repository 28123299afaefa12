//! Steps that many tests take on their way.

use kassa_commerce::cart::{self, CartContext};
use kassa_commerce::klarna_payment::{self, KlarnaPayment, SourceUpdate};
use kassa_commerce::line_item::change::{self, NewLineItem};
use kassa_commerce::order::change::{self as order_change, OrderChange};
use kassa_commerce::payment_source::{self, PaymentSource};
use kassa_commerce::place::{
    self, FinishContext, PlaceAnswer, PlaceInput, PlaceIntent, Placed, Placing,
};
use kassa_commerce::shipment::change::choose_shipping_method;
use kassa_commerce::testing;
use kassa_commerce::wire_transfer::WireTransfer;
use kassa_commerce::{Catalogue, CommerceError, OrderAggregate, Parties, Patch};
use kassa_klarna_api::{
    ClientToken, CreateOrderResponse, FraudStatus, MerchantUrls, SessionCreated,
};

/// A shop with one customer.
pub struct Shop {
    pub catalogue: Catalogue,
    pub parties: Parties,
    pub ids: Box<dyn FnMut() -> String>,
}

impl Shop {
    pub fn new(country: &str, currency: &str, tax_included: bool) -> Self {
        Self {
            catalogue: testing::catalogue(currency, tax_included),
            parties: testing::parties(country),
            ids: Box::new(testing::ids()),
        }
    }

    pub fn german() -> Self {
        Self::new("DE", "EUR", true)
    }

    pub fn add(
        &mut self,
        cart: OrderAggregate,
        code: &str,
        quantity: i64,
    ) -> Result<OrderAggregate, CommerceError> {
        self.add_line(
            cart,
            NewLineItem {
                sku_code: Some(code.into()),
                quantity,
                ..NewLineItem::default()
            },
        )
    }

    pub fn add_line(
        &mut self,
        cart: OrderAggregate,
        new: NewLineItem,
    ) -> Result<OrderAggregate, CommerceError> {
        let context = CartContext {
            parties: &self.parties,
            catalogue: &self.catalogue,
            now: testing::moment(),
        };
        change::add(cart, new, &context, &mut self.ids).map(|(refreshed, _)| refreshed.aggregate)
    }

    pub fn refresh(&mut self, cart: OrderAggregate) -> cart::Refreshed {
        let context = CartContext {
            parties: &self.parties,
            catalogue: &self.catalogue,
            now: testing::moment(),
        };
        cart::refresh(cart, &context, &mut self.ids).unwrap()
    }

    pub fn change(
        &mut self,
        cart: OrderAggregate,
        change: OrderChange,
    ) -> Result<order_change::OrderChanged, CommerceError> {
        let context = CartContext {
            parties: &self.parties,
            catalogue: &self.catalogue,
            now: testing::moment(),
        };
        order_change::update(cart, change, &context, &mut self.ids)
    }

    /// A cart with two shirts and an e-book, shipping chosen, to be paid by `method`.
    pub fn cart(&mut self, method: &str) -> OrderAggregate {
        let cart = self.add(testing::empty_order(), "SHIRT", 2).unwrap();
        let cart = self.add(cart, "EBOOK", 1).unwrap();
        let cart = self.ship(cart);
        let payment_method = Patch::Set(method.into());
        self.change(
            cart,
            OrderChange {
                payment_method,
                ..OrderChange::default()
            },
        )
        .unwrap()
        .refreshed
        .aggregate
    }

    pub fn ship(&mut self, cart: OrderAggregate) -> OrderAggregate {
        let id = cart.shipments[0].id.clone();
        let context = CartContext {
            parties: &self.parties,
            catalogue: &self.catalogue,
            now: testing::moment(),
        };
        choose_shipping_method(
            cart,
            &id,
            Patch::Set("standard".into()),
            &context,
            &mut self.ids,
        )
        .unwrap()
        .aggregate
    }

    /// The cart with a Klarna session.
    pub fn with_session(&mut self, cart: OrderAggregate) -> OrderAggregate {
        let urls = MerchantUrls::default();
        let decision = klarna_payment::create(
            "source".into(),
            "secret".into(),
            &cart,
            &self.catalogue,
            urls,
        )
        .unwrap();
        let answer = SessionCreated {
            session_id: "session".into(),
            client_token: ClientToken::new("client-token"),
            payment_method_categories: vec![kassa_klarna_api::PaymentMethodCategory {
                identifier: "klarna".into(),
                name: "Pay with Klarna".into(),
                asset_urls: None,
            }],
        };
        let payment = klarna_payment::session_created(decision.payment, &answer, testing::moment());
        payment_source::attach(cart, PaymentSource::Klarna(payment), &self.catalogue)
            .unwrap()
            .aggregate
    }

    /// The cart with the shopper's approval recorded.
    pub fn approved(&mut self, cart: OrderAggregate) -> OrderAggregate {
        let change = SourceUpdate {
            auth_token: Some("auth-token".into()),
            update: false,
        };
        let decision = klarna_payment::update(
            &cart,
            &self.parties,
            &self.catalogue,
            &change,
            testing::moment(),
        )
        .unwrap();
        let mut cart = cart;
        cart.payment_source = Some(PaymentSource::Klarna(decision.payment));
        cart
    }

    /// A cart that only waits for `_place`.
    pub fn ready(&mut self) -> OrderAggregate {
        let cart = self.cart("klarna");
        let cart = self.with_session(cart);
        self.approved(cart)
    }

    /// A cart that only waits for `_place`, by wire transfer.
    pub fn ready_by_wire(&mut self) -> OrderAggregate {
        let cart = self.cart("wire");
        self.pay_by_wire(cart)
    }

    /// The cart with a wire transfer to pay it.
    pub fn pay_by_wire(&mut self, cart: OrderAggregate) -> OrderAggregate {
        let change = OrderChange {
            payment_method: Patch::Set("wire".into()),
            ..OrderChange::default()
        };
        let cart = self.change(cart, change).unwrap().refreshed.aggregate;
        let source = WireTransfer::new("transfer".into(), cart.order.id.clone());
        payment_source::attach(cart, PaymentSource::WireTransfer(source), &self.catalogue)
            .unwrap()
            .aggregate
    }

    pub fn begin(&mut self, cart: OrderAggregate) -> Result<Placing, CommerceError> {
        let context = CartContext {
            parties: &self.parties,
            catalogue: &self.catalogue,
            now: testing::moment(),
        };
        let input = PlaceInput {
            operation_id: "place-1".into(),
            order_number: "1001".into(),
            ..PlaceInput::default()
        };
        place::begin(cart, input, &context, &mut self.ids)
    }

    pub fn intent(&mut self, cart: OrderAggregate) -> PlaceIntent {
        match self.begin(cart).unwrap() {
            Placing::Begin(intent) => *intent,
            other => panic!("{other:?}"),
        }
    }

    pub fn finish(&mut self, order: OrderAggregate, answer: PlaceAnswer) -> Placed {
        let method = order.order.payment_method_id.clone();
        let context = FinishContext {
            customer: self.parties.customer.as_ref(),
            payment_method: method
                .as_ref()
                .and_then(|id| self.catalogue.payment_method(id)),
        };
        place::finish(order, answer, context, testing::moment(), &mut self.ids).unwrap()
    }

    /// An order placed at Klarna with that fraud decision.
    pub fn placed_with(&mut self, fraud: FraudStatus) -> Placed {
        let cart = self.ready();
        let intent = self.intent(cart);
        self.finish(intent.aggregate, PlaceAnswer::Klarna(klarna_answer(fraud)))
    }

    /// An order placed at Klarna.
    pub fn placed(&mut self) -> OrderAggregate {
        self.placed_with(FraudStatus::Accepted).aggregate
    }
}

pub fn klarna_answer(fraud: FraudStatus) -> CreateOrderResponse {
    CreateOrderResponse {
        order_id: "klarna-order".into(),
        redirect_url: None,
        fraud_status: Some(fraud),
        authorized_payment_method: None,
    }
}

pub fn klarna(order: &OrderAggregate) -> &KlarnaPayment {
    order
        .payment_source
        .as_ref()
        .and_then(PaymentSource::klarna)
        .unwrap()
}
