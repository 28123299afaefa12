//! Creating a page: what the merchant sends, over what its profile says, and the addresses in the answer.
//!
//! Invariant: a page is made of options that were judged, whether they were sent or are the profile's; enumerations are in
//! upper case from here on.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde_json::{Map, Value, json};

use super::super::fields::{self, list, object, text};
use super::super::reply::{Outcome, Reply, bad_request};
use super::super::session::session_completed;
use super::super::{World, ids, schema, time};
use super::{HEAD_START, HostedPage, PageStatus, constraint_violation, links, refuse};

/// Options whose values are enumerations, kept in upper case.
const ENUMERATIONS: [&str; 4] = [
    "place_order_mode",
    "payment_method_category",
    "purchase_type",
    "show_subtotal_detail",
];
/// Of these two only one is given.
const CATEGORY_OPTIONS: [&str; 2] = ["payment_method_category", "payment_method_categories"];

impl HostedPage {
    /// `SessionCreationResponseV1`.
    fn created(&self) -> Value {
        json!({
            "session_id": self.id,
            "session_url": self.api_url(""),
            "redirect_url": self.page_url(),
            "qr_code_url": self.qr_code_url(),
            "distribution_url": self.api_url("/distribution"),
            "manual_identification_check_url": self.api_url("/manual-id-check"),
            "expires_at": time::wire(self.expires_at),
            "distribution_module": self.distribution_module(),
        })
    }
}

impl World {
    pub(super) fn create_hosted_page(
        &mut self,
        body: &Value,
        public_url: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let sent = body.as_object().ok_or_else(bad_request)?;
        refuse(&fields::check(sent, schema::CREATE_HOSTED_PAGE))?;
        let url = text(sent, "payment_session_url").unwrap_or_default();
        let payment_session = links::payment_session(url)
            .ok_or_else(|| constraint_violation(vec!["payment_session_url is invalid".into()]))?;
        let expired = || Reply::error(404, "NOT_FOUND", "Payment session has expired");
        let session = self.session(payment_session, now).map_err(|_| expired())?;
        if session.completed {
            return Err(session_completed());
        }
        let expires_at = time::before(session.expires_at, HEAD_START);
        if now >= expires_at {
            return Err(expired());
        }
        let mut body = fields::known(sent, schema::CREATE_HOSTED_PAGE);
        body.remove("payment_session_url");
        let mut options = self.options_of_page(&body);
        settle_options(&mut options, &self.page_categories(payment_session, now))?;
        body.insert("options".to_owned(), options.into());
        self.hosted_pages.forget_ended(now);
        let page = HostedPage {
            id: ids::marked(self.mark(), entropy, 4),
            code: self.new_page_code(entropy),
            distribution_id: ids::marked(self.mark(), entropy, 4),
            payment_session: payment_session.to_owned(),
            public_url: public_url.to_owned(),
            body,
            status: PageStatus::Waiting,
            updated_at: now,
            expires_at,
            reached_at: Map::new(),
            proof: None,
            identification: None,
            fell_back: false,
        };
        let answer = page.created();
        self.hosted_pages.add(page);
        Ok(Reply::json(201, answer))
    }

    /// The options of a creation over those of the profile that it names. A profile that was not made has none.
    fn options_of_page(&self, body: &Map<String, Value>) -> Map<String, Value> {
        let profiles = &self.settings.hosted_page_profiles;
        let profile = text(body, "profile_id").and_then(|id| profiles.get(id));
        let mut options = profile.cloned().unwrap_or_default();
        let sent = object(body, "options").cloned().unwrap_or_default();
        // Either of the two says all about categories.
        if CATEGORY_OPTIONS.iter().any(|name| sent.contains_key(*name)) {
            options.retain(|name, _| !CATEGORY_OPTIONS.contains(&name.as_str()));
        }
        options.extend(sent);
        options
    }

    /// The categories that a payment session offers.
    pub(super) fn page_categories(&self, payment_session: &str, now: Timestamp) -> Vec<String> {
        self.session_view(payment_session, now)
            .map(|session| session.categories)
            .unwrap_or_default()
    }

    /// A short code that no page of this world has yet.
    fn new_page_code(&self, entropy: &dyn Entropy) -> String {
        let mut code = ids::page_code(self.mark(), entropy);
        while self.hosted_pages.of_code(&code).is_some() {
            code = ids::page_code(self.mark(), entropy);
        }
        code
    }
}

/// Upper case for enumerations; the categories are one of the two members, and all of them offered by the session.
fn settle_options(options: &mut Map<String, Value>, offered: &[String]) -> Result<(), Reply> {
    let offers = |category: &str| {
        schema::is_category(category)
            && offered.iter().any(|own| own.eq_ignore_ascii_case(category))
    };
    for name in ENUMERATIONS {
        if let Some(value) = text(options, name).map(str::to_uppercase) {
            options.insert(name.to_owned(), value.into());
        }
    }
    let one = options.contains_key("payment_method_category");
    let several = list(options, "payment_method_categories");
    if one && !several.is_empty() {
        return Err(constraint_violation(vec![
            "options.payment_method_category and options.payment_method_categories exclude each other"
                .to_owned(),
        ]));
    }
    let mut categories = Vec::new();
    for (index, category) in several.iter().filter_map(Value::as_str).enumerate() {
        if !offers(category) {
            let path = format!("options.payment_method_categories[{index}]");
            return Err(constraint_violation(vec![format!("{path} is invalid")]));
        }
        categories.push(Value::from(category.to_uppercase()));
    }
    if let Some(category) = text(options, "payment_method_category")
        && !offers(category)
    {
        return Err(constraint_violation(vec![
            "options.payment_method_category is invalid".to_owned(),
        ]));
    }
    options.remove("payment_method_categories");
    if !categories.is_empty() {
        options.insert("payment_method_categories".to_owned(), categories.into());
    }
    Ok(())
}
