//! The bodies of Klarna calls, made from an order. All lines come from [`basket`], so they agree with each other.

use kassa_klarna_api as klarna;
use kassa_klarna_api::{
    CreateOrderRequest, CustomerTokenCreateRequest, CustomerTokenOrderRequest, MerchantUrls,
    Session,
};

use crate::address::Address;
use crate::aggregate::{OrderAggregate, Parties};
use crate::error::CommerceError;
use crate::klarna_payment::lines::basket;

/// What a placed order carries beside the basket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlaceContext {
    /// `merchant_reference1`: the order's number.
    pub order_number: String,
    /// Addresses that Klarna calls. References and URLs may differ from the session's.
    pub urls: MerchantUrls,
}

/// The session of an order. No personal data: the shopper gives it to Klarna, or the order brings it at placing.
///
/// # Errors
/// Those of [`basket`].
pub fn session_request(
    aggregate: &OrderAggregate,
    urls: MerchantUrls,
) -> Result<Session, CommerceError> {
    let has_urls = urls != MerchantUrls::default();
    Ok(Session {
        intent: Some(intent(aggregate).to_owned()),
        merchant_urls: has_urls.then_some(urls),
        merchant_reference2: Some(aggregate.order.id.as_str().to_owned()),
        ..update_request(aggregate)?
    })
}

/// What brings an existing session up to date with the order.
///
/// # Errors
/// Those of [`basket`].
pub fn update_request(aggregate: &OrderAggregate) -> Result<Session, CommerceError> {
    let basket = basket(aggregate)?;
    Ok(Session {
        purchase_country: Some(basket.country.code.to_owned()),
        purchase_currency: Some(basket.currency.code().to_owned()),
        locale: Some(basket.locale.to_owned()),
        order_amount: Some(basket.order_amount.minor()),
        order_tax_amount: Some(basket.order_tax_amount.minor()),
        order_lines: basket.order_lines,
        ..Session::default()
    })
}

/// The order that an approval becomes.
///
/// # Errors
/// Those of [`basket`].
pub fn order_request(
    aggregate: &OrderAggregate,
    parties: &Parties,
    context: PlaceContext,
) -> Result<CreateOrderRequest, CommerceError> {
    let basket = basket(aggregate)?;
    let email = aggregate.order.customer_email.as_deref();
    let has_urls = context.urls != MerchantUrls::default();
    Ok(CreateOrderRequest {
        purchase_country: basket.country.code.to_owned(),
        purchase_currency: basket.currency.code().to_owned(),
        locale: Some(basket.locale.to_owned()),
        order_amount: basket.order_amount.minor(),
        order_tax_amount: Some(basket.order_tax_amount.minor()),
        order_lines: basket.order_lines,
        billing_address: parties
            .billing_address
            .as_ref()
            .map(|from| address(from, email)),
        shipping_address: parties
            .shipping_address
            .as_ref()
            .map(|from| address(from, email)),
        merchant_urls: has_urls.then_some(context.urls),
        merchant_reference1: Some(context.order_number),
        merchant_reference2: Some(aggregate.order.id.as_str().to_owned()),
        ..CreateOrderRequest::default()
    })
}

/// The customer token that an approval can become too.
///
/// # Errors
/// Those of [`basket`].
pub fn customer_token_request(
    aggregate: &OrderAggregate,
    parties: &Parties,
    description: &str,
) -> Result<CustomerTokenCreateRequest, CommerceError> {
    let basket = basket(aggregate)?;
    let email = aggregate.order.customer_email.as_deref();
    Ok(CustomerTokenCreateRequest {
        purchase_country: basket.country.code.to_owned(),
        purchase_currency: basket.currency.code().to_owned(),
        locale: basket.locale.to_owned(),
        intended_use: "SUBSCRIPTION".to_owned(),
        description: description
            .chars()
            .take(klarna::limits::SHORT_TEXT)
            .collect(),
        billing_address: parties
            .billing_address
            .as_ref()
            .map(|from| address(from, email)),
        customer: None,
    })
}

/// The order that a customer token pays, without a shopper. `operation_id` is how it is found again at Klarna.
///
/// # Errors
/// Those of [`basket`], and amounts outside what that call takes (1 to a lower ceiling).
pub fn token_order_request(
    aggregate: &OrderAggregate,
    parties: &Parties,
    context: PlaceContext,
    operation_id: &str,
) -> Result<CustomerTokenOrderRequest, CommerceError> {
    let basket = basket(aggregate)?;
    if !basket.order_amount.is_positive() {
        return Err(CommerceError::AmountNotPositive {
            requested: basket.order_amount,
        });
    }
    if basket.order_amount.minor() > klarna::limits::CUSTOMER_TOKEN_AMOUNT {
        let most = klarna::limits::CUSTOMER_TOKEN_AMOUNT;
        return Err(CommerceError::AmountNotServed {
            amount: basket.order_amount,
            most,
        });
    }
    let email = aggregate.order.customer_email.as_deref();
    // Klarna wants `confirmation` whenever the object is there at all.
    let urls = Some(context.urls).filter(|urls| urls.confirmation.is_some());
    Ok(CustomerTokenOrderRequest {
        purchase_currency: basket.currency.code().to_owned(),
        locale: Some(basket.locale.to_owned()),
        order_amount: basket.order_amount.minor(),
        order_tax_amount: basket.order_tax_amount.minor(),
        order_lines: basket.order_lines,
        shipping_address: parties
            .shipping_address
            .as_ref()
            .map(|from| address(from, email)),
        merchant_urls: urls,
        merchant_reference1: Some(context.order_number),
        merchant_reference2: Some(operation_id.to_owned()),
        ..CustomerTokenOrderRequest::default()
    })
}

/// An address in Klarna's words, cut to the limits of the Payments API.
pub(crate) fn address(from: &Address, email: Option<&str>) -> klarna::Address {
    klarna::Address {
        given_name: text(&from.first_name, 99),
        family_name: text(&from.last_name, 99),
        organization_name: if from.business {
            text(&from.company, 99)
        } else {
            None
        },
        street_address: text(&from.line_1, 99),
        street_address2: text(&from.line_2, 99),
        postal_code: text(&from.zip_code, 10),
        city: text(&from.city, 99),
        region: text(&from.state_code, 99),
        country: Some(from.country()).filter(|country| !country.is_empty()),
        email: text(&from.email, 99).or_else(|| email.map(str::to_owned)),
        phone: text(&from.phone, 99),
        ..klarna::Address::default()
    }
}

fn text(value: &Option<String>, most: usize) -> Option<String> {
    value
        .as_deref()
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(|value| value.chars().take(most).collect())
}

/// A customer token is asked for when a line recurs. Guests have no wallet to keep it in.
fn intent(aggregate: &OrderAggregate) -> &'static str {
    let recurs = aggregate.goods().any(|line| {
        line.frequency
            .as_deref()
            .is_some_and(|frequency| !frequency.is_empty())
    });
    if recurs && !aggregate.order.guest {
        "buy_and_tokenize"
    } else {
        "buy"
    }
}
