//! Distribution: the link to a page, sent to where the shopper can be reached.
//!
//! Invariant: an address is judged at once and a refused one sends nothing; whatever is sent lands in the outbox of the
//! world. Codes are those of the guide on distribution; see `docs/klarna/hosted-payment-page.md#distribution`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::fields::{self, object, text};
use super::super::market::{self, Market};
use super::super::outbox::{Channel, Message};
use super::super::reply::{Outcome, Reply, bad_request};
use super::super::{World, contact, ids, schema};
use super::{HostedPage, PageStatus, constraint_violation, message, refuse};

/// Short codes that are connected to a shopper's device: those of the specification.
const SHORT_CODES: [&str; 2] = ["467521087419", "278352"];

/// Where a link goes.
struct Address {
    channel: Channel,
    to: String,
    phone_country: Option<String>,
}

impl World {
    pub(super) fn distribute_hosted_page(
        &mut self,
        id: &str,
        body: &Value,
        now: Timestamp,
    ) -> Outcome {
        let page = self.hosted_page(id, now)?;
        let sent = body.as_object().ok_or_else(bad_request)?;
        refuse(&fields::check(sent, schema::DISTRIBUTE_HOSTED_PAGE))?;
        still_open(page)?;
        let session = self
            .session(&page.payment_session, now)
            .map_err(|_| Reply::error(404, "NOT_FOUND", "Payment session has expired"))?;
        let cart = session.body.members();
        let country = text(&cart, "purchase_country").and_then(market::of_country);
        let address = address(sent, country)?;
        let locale = text(&cart, "locale").unwrap_or("en-US");
        let link = page.page_url();
        let (subject, text) = message::invitation(locale, &self.merchant_name, &link);
        let reached_at = reached_at(&address);
        self.outbox.send(Message {
            id: 0,
            sent_at: now,
            channel: address.channel,
            to: address.to,
            phone_country: address.phone_country,
            session_id: id.to_owned(),
            subject,
            text,
            link,
        });
        if let Some(page) = self.hosted_pages.find_mut(id) {
            fields::merge(&mut page.reached_at, &reached_at);
        }
        Ok(Reply::empty(self.settings.distribution_status))
    }
}

/// A page that nobody can pay on any more is given to nobody.
pub(super) fn still_open(page: &HostedPage) -> Result<(), Reply> {
    let message = match page.status {
        PageStatus::Disabled => "HPP session has been disabled",
        PageStatus::Completed => "HPP session has already been completed",
        PageStatus::Cancelled => "HPP session has been cancelled",
        _ => return Ok(()),
    };
    Err(Reply::error(400, "BAD_REQUEST", message))
}

/// The address that the method asks for, judged.
fn address(sent: &Map<String, Value>, home: Option<&Market>) -> Result<Address, Reply> {
    let empty = Map::new();
    let contact = object(sent, "contact_information").unwrap_or(&empty);
    let method = text(sent, "method").unwrap_or_default();
    let needed = |name: &str| {
        let value = text(contact, name)
            .map(str::trim)
            .filter(|value| !value.is_empty());
        value.map(str::to_owned).ok_or_else(|| {
            let message = format!("contact_information.{name} must not be null");
            Reply::error(400, "MISSING_CONTACT_DATA", message)
        })
    };
    let invalid = |name: &str| {
        Err(constraint_violation(vec![format!(
            "contact_information.{name} is invalid"
        )]))
    };
    if method.eq_ignore_ascii_case("email") {
        let to = needed("email")?;
        if !contact::is_email(&to) {
            return invalid("email");
        }
        return Ok(Address {
            channel: Channel::Email,
            to,
            phone_country: None,
        });
    }
    if method.eq_ignore_ascii_case("sms") {
        let to = needed("phone")?;
        let country = needed("phone_country")?.to_uppercase();
        if !contact::is_phone(&to) {
            return invalid("phone");
        }
        let region = market::of_country(&country).map(Market::region);
        if region.is_none() || region != home.map(Market::region) {
            let message = format!("Phone numbers of {country} are not supported");
            return Err(Reply::error(400, "UNSUPPORTED_COUNTRY", message));
        }
        return Ok(Address {
            channel: Channel::Sms,
            to,
            phone_country: Some(country),
        });
    }
    let to = needed("access_id")?;
    if !is_access_id(&to) {
        return Err(Reply::error(404, "NOT_FOUND", "Access token not found"));
    }
    Ok(Address {
        channel: Channel::Token,
        to,
        phone_country: None,
    })
}

/// Whether a shopper's device can have this access id: a UUID, with or without `klarna:`, or one of the short codes.
pub(crate) fn is_access_id(text: &str) -> bool {
    let uuid = text.strip_prefix("klarna:").unwrap_or(text);
    ids::is_uuid(uuid) || SHORT_CODES.contains(&text)
}

/// What the shopper need not type, because the link reached them there.
fn reached_at(address: &Address) -> Map<String, Value> {
    let name = match address.channel {
        Channel::Email => "email",
        Channel::Sms => "phone",
        Channel::Token => return Map::new(),
    };
    Map::from_iter([(name.to_owned(), address.to.clone().into())])
}
